"""What measuring a clause will take, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from pytest_behavior_contract.ask.asker import Asker
from pytest_behavior_contract.ask.asking import recorded_samples
from pytest_behavior_contract.ask.prices import Prices
from pytest_behavior_contract.ask.sampling import Schedule, Unit, Walk
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.errors import BehaviorContractError, NotExpressible
from pytest_behavior_contract.exchange import Request
from pytest_behavior_contract.judge.decide import ClauseJudge

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
    """What is still to be asked of a clause: likely, if its replies go on as they do; at most, up to its cap."""
    judge = ClauseJudge(clause, asker.endpoint.name, alpha, in_batches=asker.in_batches)
    walk = Walk(clause, judge)
    likely: list[Unit] = []
    taken = dict.fromkeys(judge.parts(), 0)
    latencies: list[float] = []
    try:
        while not likely and (batch := walk.batch()):
            for unit in batch:
                samples = recorded_samples(unit, clause, asker)
                if samples is None:
                    likely.append(unit)
                elif not likely:
                    latencies += [s.reply.exchange.latency_seconds for s in samples if s.reply and s.reply.exchange]
                    taken[unit.part] += 1
                    walk.take(unit, samples)
        if not likely:
            return Forecast()
        most = [unit for part, number in taken.items() for unit in _rest(clause, judge, part, number)]
        return _of(
            list(_requests(likely, clause, asker)), list(_requests(most, clause, asker)), asker.prices, latencies
        )
    except BehaviorContractError:
        # What is wrong with it is said where it is measured.
        return Forecast()


def _rest(clause: Clause, judge: ClauseJudge, part: str, taken: int) -> Iterable[Unit]:
    schedule = Schedule(clause, part)
    return (schedule.unit(position) for position in range(taken, judge.planned(part))) if len(schedule) else ()


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
            if case.follow is not None and recorded_samples(unit, clause, asker) is None:
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
