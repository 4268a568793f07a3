"""What measuring a clause will take, before anything is asked."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.asking import recorded_replies, recorded_samples
from pytest_behavior_contract.ask.jury import Jury
from pytest_behavior_contract.ask.prices import (
    CHARACTERS_PER_TOKEN,
    UNCAPPED_OUTPUT_TOKENS,
    USUAL_OUTPUT_TOKENS,
    Prices,
    output_cap,
)
from pytest_behavior_contract.ask.sampling import Schedule, Unit, Walk
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.errors import BehaviorContractError, NotExpressible
from pytest_behavior_contract.exchange import Question, Reply, Request, Sample
from pytest_behavior_contract.judge.at_endpoint import at_endpoint
from pytest_behavior_contract.judge.decide import ClauseJudge
from pytest_behavior_contract.judge.panel import Panel
from pytest_behavior_contract.judge.rubrics import TRIES

GUESSED_LATENCY_SECONDS = 2.0
"""How long a reply is taken to take where none is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Calls and US dollars, likely and at most; money is None where the price is not known."""

    calls: int = 0
    most_calls: int = 0
    usd: float | None = 0.0
    most_usd: float | None = 0.0
    latency_seconds: float = 0.0
    """Median of what is on record; 0 where nothing is."""
    uncapped: int = 0
    """How many of the calls set no limit of output tokens, so that `most_usd` rests on a guess."""

    def __add__(self, other: Forecast) -> Forecast:
        known = [seconds for seconds in (self.latency_seconds, other.latency_seconds) if seconds]
        return Forecast(
            calls=self.calls + other.calls,
            most_calls=self.most_calls + other.most_calls,
            usd=_sum(self.usd, other.usd),
            most_usd=_sum(self.most_usd, other.most_usd),
            latency_seconds=median(known) if known else 0.0,
            uncapped=self.uncapped + other.uncapped,
        )

    def seconds(self, places: int, requests_per_minute: float) -> float:
        """About how long the likely calls take, so many at a time."""
        latency = self.latency_seconds or GUESSED_LATENCY_SECONDS
        at_once = -(-self.calls // max(1, places)) * latency
        return max(at_once, self.calls * 60 / requests_per_minute if requests_per_minute else 0.0)


def forecast(clause: Clause, asker: Asker, alpha: float) -> Forecast:
    """What is still to be asked of a clause: likely, to show that all is well; at most, up to its cap."""
    try:
        ahead = _ahead(clause, asker, alpha, Jury(clause, asker))
        likely, most = (list(_requests(units, clause, asker)) for units in (ahead.likely, ahead.most))
        return _of(likely, most, asker.prices, ahead.latencies)
    except BehaviorContractError:
        # What is wrong with it is said where it is measured.
        return Forecast()


def forecast_judges(
    clause: Clause, asker: Asker, alpha: float, planned: set[tuple[Path, str]] | None = None
) -> dict[str, Forecast]:
    """What is still to be asked about the replies of an endpoint, by judge; one may need several tries each time.

    Labelled examples are judged once for all endpoints and twins: `planned` has those that are counted already.
    """
    jury = Jury(clause, asker)
    if not jury.names:
        return {}
    try:
        examples = _example_questions(clause, jury, set() if planned is None else planned)
        ahead = _ahead(clause, asker, alpha, jury)
        usual, longest = (
            [question for unit in units for question in _unit_questions(unit, clause, asker, jury, most=most)]
            for units, most in ((ahead.likely, False), (ahead.most, True))
        )
        found: dict[str, Forecast] = {}
        for name in jury.names:
            judge = jury.judge(name)
            asked, at_most = (
                [judge.spelled(one.prompt) for one in [*examples, *listed] if one.judge == name]
                for listed in (usual, [*(longest * TRIES), *(examples * (TRIES - 1))])
            )
            known = found.get(judge.endpoint.name, Forecast())
            found[judge.endpoint.name] = known + _of(asked, at_most, judge.prices, [])
        return found
    except BehaviorContractError:
        return {}


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The units of a clause that are not on record."""

    likely: list[Unit]
    most: list[Unit]
    latencies: list[float]


def _ahead(clause: Clause, asker: Asker, alpha: float, jury: Jury) -> _Ahead:
    judge = ClauseJudge(at_endpoint(clause, asker.endpoint), asker.endpoint.name, alpha, in_batches=asker.in_batches)
    walk = Walk(clause, judge)
    taken = dict.fromkeys(judge.parts(), 0)
    latencies: list[float] = []
    missing: Counter[str] = Counter()
    while not missing and (batch := walk.batch()):
        for unit in batch:
            samples = recorded_samples(unit, clause, asker, jury, Tally())
            if samples is None or missing:
                # From here on the whole batch is asked, whatever would be clear by then.
                missing[unit.part] += 1
            else:
                latencies += [s.reply.exchange.latency_seconds for s in samples if s.reply and s.reply.exchange]
                taken[unit.part] += 1
                if not walk.take(unit, samples):
                    break
    if not missing:
        return _Ahead([], [], [])
    likely = [
        unit
        for part, number in taken.items()
        for unit in _rest(clause, part, number, number + max(missing[part], judge.likely(part)))
    ]
    most = [unit for part, number in taken.items() for unit in _rest(clause, part, number, judge.planned(part))]
    return _Ahead(likely, most, latencies)


def _example_questions(clause: Clause, jury: Jury, planned: set[tuple[Path, str]]) -> list[Question]:
    """What the judges are still to be asked about labelled examples that nobody has planned for."""
    samples, cases = Panel(clause, jury).examples()
    _, wanted = jury.on_record(samples, cases, Tally())
    new = {jury.place(one): one.question for one in wanted}
    found = [question for place, question in new.items() if place not in planned]
    planned.update(new)
    return found


def _unit_questions(unit: Unit, clause: Clause, asker: Asker, jury: Jury, *, most: bool) -> list[Question]:
    """What is asked first about the replies to a unit; for a reply that is not known another stands."""
    samples: list[Sample] = []
    for case in unit.cases:
        one = dataclasses.replace(unit, cases=(case,))
        tokens = USUAL_OUTPUT_TOKENS
        if most:
            tokens = output_cap(asker.request(case.prompt).body) or UNCAPPED_OUTPUT_TOKENS
        stand_in = Reply(text=f"{case.id} ".ljust(tokens * CHARACTERS_PER_TOKEN, "."))
        samples += recorded_replies(one, clause, asker) or [Sample(case=case.id, k=unit.k, reply=stand_in)]
    _, wanted = jury.on_record(tuple(samples), unit.cases, Tally())
    return [one.question for one in wanted]


def _rest(clause: Clause, part: str, taken: int, until: int) -> Iterable[Unit]:
    schedule = Schedule(clause, part)
    return (schedule.unit(position) for position in range(taken, until)) if len(schedule) else ()


def _requests(units: Iterable[Unit], clause: Clause, asker: Asker) -> Iterable[Request]:
    """The requests among some units that are not on record."""
    for unit in units:
        for case in unit.cases:
            try:
                request = asker.request(case.prompt)
            except NotExpressible:
                continue  # that is a finding, and costs nothing
            if asker.recorded(asker.tape(clause, case), request, case.sample(unit.k)) is None:
                yield request
            if case.follow is not None and recorded_replies(unit, clause, asker) is None:
                # What the second one holds is known only after the first; it costs about as much.
                yield request


def _of(likely: list[Request], most: list[Request], prices: Prices, latencies: list[float]) -> Forecast:
    known: dict[int, tuple[float | None, float | None]] = {}

    def price(request: Request) -> tuple[float | None, float | None]:
        if id(request) not in known:
            known[id(request)] = (prices.expected(request), prices.at_most(request))
        return known[id(request)]

    usd: float | None = 0.0
    for request in likely:
        usd = _sum(usd, price(request)[0])
    most_usd: float | None = 0.0
    for request in most:
        most_usd = _sum(most_usd, price(request)[1])
    return Forecast(
        calls=len(likely),
        most_calls=len(most),
        usd=usd,
        most_usd=most_usd,
        latency_seconds=median(latencies) if latencies else 0.0,
        uncapped=sum(not prices.capped(request) for request in most),
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
