"""The judges of one clause: what they showed on labelled examples, and what follows for its decision and its report."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.ask.asker import Asker
from pytest_behavior_contract.ask.jury import EXAMPLES, Jury, judges_of
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Reply, Sample
from pytest_behavior_contract.judge.calibration import Confusion, Labelled, Scale, confusion, rogan_gladen, scale
from pytest_behavior_contract.judge.verdicts import excerpt
from pytest_behavior_contract.results import Decision, JudgedBy, Part

AS_JUDGED = "as judged"
ENOUGH_EXAMPLES = 50
"""Of each kind; with fewer the intervals are so wide that few clauses can be decided."""
_HARDLY_ANY = 0.98
"""A promised rate above this is more than judges are usually worth."""
_UNJUDGED = 0.05
"""The share of examples without a verdict that a calibration may leave out."""
PAIRS = "pairs"


@dataclass(slots=True, eq=False)
class _Seat:
    """One judge, for one expectation of one part of a clause."""

    part: str
    name: str
    judge: Asker
    rubric: str = ""
    tape: str = ""
    labelled: tuple[Labelled, ...] = ()
    turned: bool = False
    """Whether the clause expects that the rubric is not met."""
    found: Confusion = field(default_factory=Confusion)
    pairs: int = 0
    flips: int = 0

    @property
    def calibrated(self) -> bool:
        return self.found.examples > 0

    @property
    def for_the_clause(self) -> Confusion:
        return self.found.turned() if self.turned else self.found


class Panel:
    """Who judges a clause's replies, and how far that can be trusted.

    Args:
        clause: what is promised.
        jury: the endpoints that its checks ask; without it nobody is asked.

    Raises:
        SettingsError: a judge is no endpoint, or nobody is named.
    """

    def __init__(self, clause: Clause, jury: Jury | None = None) -> None:
        self._clause = clause
        self._others: dict[str, bool] = {}
        self._seats: list[_Seat] = []
        self.problem = ""
        """Why the clause cannot be decided by these judges; empty where it can."""
        if jury is not None and jury.names:
            self._seat_all(jury)

    def examples(self) -> tuple[tuple[Sample, ...], tuple[Case, ...]]:
        """Every labelled example as a sample, and as the case that it answers."""
        samples: list[Sample] = []
        cases: list[Case] = []
        for index, seat in enumerate(self._seats):
            seen: Counter[str] = Counter()
            for number, one in enumerate(seat.labelled):
                alike = f"{one.check!r}\0{one.prompt.text}\0{one.reply.text}"
                case = Case(
                    id=f"{index}.{number}", prompt=one.prompt, expect=(one.check,), part=EXAMPLES, tape=seat.tape
                )
                cases.append(case)
                # What is listed twice is asked twice; a new line in the file leaves the others in place.
                samples.append(Sample(case=case.id, k=seen[alike], reply=one.reply))
                seen[alike] += 1
        return tuple(samples), tuple(cases)

    def calibrate(self, judged: Sequence[Sample]) -> None:
        """Takes the examples with the answers about them."""
        left = iter(judged)
        for seat in self._seats:
            verdicts: list[bool | None] = []
            for one in seat.labelled:
                sample = next(left)
                assert sample.reply is not None
                outcome = one.check.check(sample.reply).outcome
                verdicts.append(None if outcome == "error" else outcome == "pass")
            seat.found = confusion([one.passes for one in seat.labelled], verdicts)
            if seat.found.unjudged > _UNJUDGED * len(verdicts):
                self.problem = self.problem or (
                    f"judge {seat.judge.endpoint.name} gave no verdict on {seat.found.unjudged} of {len(verdicts)} "
                    "labelled examples"
                )
        for part in self._others:
            found = self.scale(part)
            if found is not None and found.crossed:
                self.problem = self.problem or self._too_weak(part, found)

    def scale(self, part: str) -> Scale | None:
        """What the promise and the floor look like through its judges; None where it is decided as it is judged."""
        seats = self._of(part)
        if self._clause.deterministic or not seats or not all(seat.calibrated for seat in seats):
            return None
        judges = [seat.for_the_clause for seat in seats]
        return scale(self._clause.rate, self._clause.floor, judges, others=self._others[part])

    def remark(self, part: str) -> str:
        """What is said of every decision on a part that rests on judges of unknown worth."""
        seats = self._of(part)
        return AS_JUDGED if seats and self.scale(part) is None else ""

    def add_pair(self, check: Any, first: Reply, second: Reply) -> None:
        """Takes note of how steady a judge was on a pair."""
        for seat in self._of(PAIRS):
            if seat.name in getattr(check, "judges", ()) and seat.rubric == check.rubric:
                seat.pairs += 1
                seat.flips += check.flipped(first, second)

    def judged_by(self, parts: Iterable[Part]) -> tuple[JudgedBy, ...]:
        """Each judge as the report has it."""
        decisions = {part.name: part.decision for part in parts}
        return tuple(self._reported(seat, decisions.get(seat.part)) for seat in self._seats)

    def notes(self, model: str) -> list[str]:
        """What one should know of the judges of the replies of a model."""
        found: list[str] = []
        for seat in self._seats:
            endpoint = seat.judge.endpoint
            if model and endpoint.model == model:
                found.append(f"judge {endpoint.name} is the same model as it judges, {model}; models favour their own")
            if seat.part != PAIRS and not seat.calibrated:
                rate = self._clause.rate
                hardly = f"; hardly any judge errs so seldom that {rate:.6g} can be told" if rate > _HARDLY_ANY else ""
                found.append(f"as judged by {endpoint.name}, whose errors are not known without examples{hardly}")
            elif seat.calibrated and self.scale(seat.part) is None:
                found.append(f"as judged by {endpoint.name}: its errors cannot be allowed for here")
            few = min(seat.found.passes, seat.found.fails)
            if seat.calibrated and few < ENOUGH_EXAMPLES:
                found.append(f"judge {endpoint.name}: {few} examples of a kind; {ENOUGH_EXAMPLES} of each tell more")
        return list(dict.fromkeys(found))

    def _seat_all(self, jury: Jury) -> None:
        """Seats a judge for each expectation that asks one; cases share what has none of their values."""
        seats: dict[tuple[str, int, str], _Seat] = {}
        seen: set[tuple[str, int]] = set()
        for case in self._clause.cases:
            self._others.setdefault(case.part, False)
            for position, check in enumerate(case.expect):
                names = judges_of((check,))
                self._others[case.part] |= not names
                if not names or (case.part, id(check)) in seen:
                    continue
                seen.add((case.part, id(check)))
                for name in names:
                    seat = _seat(case, check, name, jury)
                    known = seats.setdefault((case.part, position, name), seat)
                    if known.labelled != seat.labelled:
                        self.problem = (
                            "the rubric has slots, so that each of its labelled examples needs a `rubric` of its own"
                        )
        for pair in self._clause.pairs:
            for name in judges_of((pair,)):
                rubric = str(getattr(pair, "rubric", ""))
                seats[PAIRS, len(seats), name] = _Seat(part=PAIRS, name=name, judge=jury.judge(name), rubric=rubric)
        self._seats = list(seats.values())

    def _of(self, part: str) -> list[_Seat]:
        return [seat for seat in self._seats if seat.part == part]

    def _too_weak(self, part: str, found: Scale) -> str:
        clause = self._clause
        seats = "; ".join(
            f"{seat.judge.endpoint.name} passes {one.true_passes} of {one.passes} labelled pass "
            f"and fails {one.true_fails} of {one.fails} labelled fail"
            for seat in self._of(part)
            for one in (seat.found,)
        )
        examples = [count for seat in self._of(part) for count in (seat.found.passes, seat.found.fails)]
        few = (
            f"too few labelled examples to trust its judge, about {ENOUGH_EXAMPLES} of each label are needed"
            if min(examples, default=0) < ENOUGH_EXAMPLES
            else "judge too weak for this clause"
        )
        return (
            f"{few}: {seats}; through that a rate of {clause.rate:.6g} may look like "
            f"{found.rate:.2f}, and the floor of {clause.floor:.6g} like {found.floor:.2f}"
        )

    def _reported(self, seat: _Seat, decision: Decision | None) -> JudgedBy:
        found = seat.found
        report = JudgedBy(
            endpoint=seat.judge.endpoint.name,
            model=seat.judge.endpoint.model,
            part=seat.part,
            rubric=excerpt(seat.rubric),
            unjudged=found.unjudged,
            pairs=seat.pairs,
            flips=seat.flips,
        )
        if not seat.calibrated:
            return report
        through = self.scale(seat.part)
        alone = len(self._of(seat.part)) == 1 and not self._others[seat.part]
        whole = seat.for_the_clause
        corrected = None
        if alone and decision is not None and decision.n:
            corrected = rogan_gladen(decision.rate, whole.sensitivity, whole.specificity)
        sensitivity, specificity = found.interval_of_sensitivity, found.interval_of_specificity
        return dataclasses.replace(
            report,
            true_passes=found.true_passes,
            false_fails=found.false_fails,
            true_fails=found.true_fails,
            false_passes=found.false_passes,
            sensitivity=found.sensitivity,
            sensitivity_low=sensitivity[0],
            sensitivity_high=sensitivity[1],
            specificity=found.specificity,
            specificity_low=specificity[0],
            specificity_high=specificity[1],
            agreement=found.agreement,
            kappa=found.kappa,
            shown_rate=through.rate if through else None,
            shown_floor=through.floor if through else None,
            corrected=corrected,
        )


def _seat(case: Case, check: Any, name: str, jury: Jury) -> _Seat:
    """A judge of one check; what is within `any` or `all` is judged as it is."""
    turned = getattr(check, "members", "") == "one"
    inner = check.expectation if turned else check
    labelled = inner.labelled() if hasattr(inner, "labelled") else ()
    return _Seat(
        part=case.part,
        name=name,
        judge=jury.judge(name),
        rubric=str(getattr(inner, "rubric", "")),
        tape=case.tape,
        labelled=labelled,
        turned=turned,
    )
