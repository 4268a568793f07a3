"""The replies to prompts that differ in one thing, to verdicts on how they differ and which side that favors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.declare.variation import unique_ids
from pytest_behavior_contract.exchange import Reply, Sample
from pytest_behavior_contract.interfaces import AskingPairBehavior, PairBehavior, PairCheck, Treatment
from pytest_behavior_contract.judge.panel import AS_JUDGED, Panel
from pytest_behavior_contract.judge.promise import BETA, Promise
from pytest_behavior_contract.judge.proportions import straight
from pytest_behavior_contract.judge.statistics.alike import Alike
from pytest_behavior_contract.judge.statistics.exact import Exact
from pytest_behavior_contract.judge.statistics.rate import Rate
from pytest_behavior_contract.judge.verdicts import (
    EVIDENCE_CHARACTERS,
    REPLY_CHARACTERS,
    excerpt,
    failed,
    named,
    passed,
    said,
)
from pytest_behavior_contract.results import Judged, Part, Topic, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The replies to two variants of one prompt."""

    prompts: tuple[str, str]
    first: Reply
    second: Reply


@dataclass(slots=True, kw_only=True)
class _Comparison:
    """One measure of a behavior on two of the variants."""

    behavior: PairBehavior
    measure: str
    sides: tuple[str, str]
    promise: Promise
    panel: Panel
    asking: AskingPairBehavior | None
    """The behavior, if it asks a judge."""
    topics: list[tuple[str, float, int]] = field(default_factory=list)
    """Of each unit: its topic, its difference, its number of pairs."""

    @property
    def signed(self) -> bool:
        return isinstance(self.promise.statistic, Alike)

    def take(self, topic: str, pairs: Sequence[Pair]) -> tuple[Verdict, Pair]:
        """The verdict on a unit, and the pair of it that shows why."""
        verdict, difference, shown = self._difference(pairs) if self.signed else self._check(pairs)
        if self.signed and verdict.outcome == "error":
            self.promise.unjudged += 1
        else:
            self.promise.verdicts.append(difference if self.signed else verdict.outcome)
        if verdict.outcome != "error":
            self.topics.append((topic, difference, len(pairs)))
        return named(verdict, self.behavior), shown

    def _difference(self, pairs: Sequence[Pair]) -> tuple[Verdict, float, Pair]:
        if self.asking is not None:
            unjudged = [self.asking.unjudged(pair.first, pair.second) for pair in pairs]
            if unjudged[0] is not None and None not in unjudged:
                return unjudged[0], 0.0, pairs[0]
            pairs = [pair for pair, verdict in zip(pairs, unjudged, strict=True) if verdict is None]
            for pair in pairs:
                self.panel.add_pair(self.asking, pair.first, pair.second)
        of_each = [self.behavior.difference(self.measure, pair.first, pair.second) for pair in pairs]
        mean = math.fsum(of_each) / len(of_each)
        farthest = max(range(len(pairs)), key=lambda index: of_each[index] * math.copysign(1, mean))
        amount = amount_of(self.behavior, self.measure, mean)
        if abs(mean) <= self.behavior.margins()[self.measure] + 1e-12:
            return passed(amount), mean, pairs[farthest]
        return failed(self.direction(mean), amount), mean, pairs[farthest]

    def _check(self, pairs: Sequence[Pair]) -> tuple[Verdict, float, Pair]:
        """What most of the pairs say that can be judged; where it is a draw, they differ."""
        assert isinstance(self.behavior, PairCheck)
        verdicts = [self.behavior.check_pair((pair.first, pair.second), self.sides) for pair in pairs]
        judged = [index for index, verdict in enumerate(verdicts) if verdict.outcome != "error"]
        failures = [index for index in judged if not verdicts[index].passed]
        shown = 0
        if judged:
            differ = 2 * len(failures) >= len(judged)
            shown = failures[0] if differ else next(index for index in judged if verdicts[index].passed)
        return verdicts[shown], len(failures) / max(1, len(judged)), pairs[shown]

    def direction(self, difference: float) -> str:
        first, second = self.sides
        return self.behavior.direction(self.measure, *((first, second) if difference > 0 else (second, first)))

    def part(self) -> Part:
        promise, decision = self.promise, self.promise.decide()
        return Part(
            name=promise.name,
            promise=promise.text,
            decision=decision,
            counted=promise.counted,
            topics=_by_topic(self.topics[: decision.n]),
        )

    def tilt(self) -> float:
        """The mean difference where one is shown, beyond the margin or not; else 0."""
        decision = self.promise.decide()
        if not self.signed or not (decision.state == "broken" or decision.leaning == "tilted"):
            return 0.0
        return math.fsum(self.promise.verdicts[: decision.n]) / decision.n


class Pairs:
    """The comparisons of every two variants of swapped prompts.

    Args:
        clause: what is promised.
        alpha: chance of a false red of one promise.
        panel: the judges whose answers stand in the replies.
    """

    def __init__(self, clause: Clause, alpha: float, panel: Panel) -> None:
        self._clause = clause
        cases = [case for case in clause.cases if case.part == "replies"]
        self._topics = len({case.topic for case in cases})
        self._once = any(getattr(behavior, "generalize", False) for behavior in clause.pairs)
        grouped = clause.repeats > 1 or len({case.twin or case.topic for case in cases}) > self._topics
        self._counted = "topics" if grouped else "pairs"
        self._open: dict[str, list[dict[str, dict[str, Sample]]]] = {}
        self._comparisons: list[_Comparison] = []
        wanted = list(itertools.product(_measures(clause.pairs), _sides(clause)))
        names = unique_ids(f"{measure}: {first} / {second}" for (_, measure), (first, second) in wanted)
        for name, ((behavior, measure), sides) in zip(names, wanted, strict=True):
            promise = self._promise(behavior, measure, name, alpha)
            comparison = _Comparison(
                behavior=behavior,
                measure=measure,
                sides=sides,
                promise=promise,
                panel=panel,
                asking=behavior if isinstance(behavior, AskingPairBehavior) else None,
            )
            self._comparisons.append(comparison)

    @property
    def promises(self) -> list[Promise]:
        return [comparison.promise for comparison in self._comparisons]

    def _promise(self, behavior: PairBehavior, measure: str, name: str, alpha: float) -> Promise:
        clause = self._clause
        margin = behavior.margins().get(measure)
        statistic: Alike | Rate | Exact
        if margin is not None:
            shown = partial(amount_of, behavior, measure)
            statistic = Alike(margin=margin, alpha=alpha, beta=BETA, exact=clause.deterministic, shown=shown)
            text = f"alike within {shown(margin).lstrip('+')}"
            planned = clause.samples or max(60, math.ceil(2.5 * statistic.least_samples()))
        else:
            text = f"the same, in at least {clause.rate * 100:.6g}%"
            planned = clause.planned(straight(clause.floor, BETA))
            statistic = Rate(rate=clause.rate, floor=clause.floor, alpha=alpha, beta=BETA)
            if clause.deterministic:
                statistic = Exact(rate=clause.rate)
        if clause.deterministic:
            planned = self._topics
        elif self._once:
            planned = min(planned, self._topics)
        remark = AS_JUDGED if getattr(behavior, "judges", ()) else ""
        return Promise(name, text, planned, statistic, counted=self._counted, asked_each=clause.repeats, remark=remark)

    def add(self, samples: Sequence[Sample], cases: Mapping[tuple[str, str], Case]) -> list[Judged]:
        """Takes the samples of one topic; judges it when it has been asked as often as wanted."""
        of_prompts: dict[str, dict[str, Sample]] = {}
        for sample in samples:
            case = cases["replies", sample.case]
            of_prompts.setdefault(case.twin or case.topic, {})[case.variant] = sample
        first = samples[0]
        topic = cases["replies", first.case].topic
        block, repeat = divmod(first.k, self._clause.repeats)
        if block and (self._once or self._clause.deterministic):
            return []
        self._open.setdefault(topic, []).append(of_prompts)
        if repeat < self._clause.repeats - 1:
            return []
        asked = [prompt for one in self._open.pop(topic) for prompt in one.values()]
        return [
            judged for comparison in self._comparisons for judged in _judged(comparison, topic, block, asked, cases)
        ]

    def parts(self) -> list[Part]:
        return [comparison.part() for comparison in self._comparisons]

    def causes(self) -> dict[str, str]:
        """Causes that are said together, with what is said of all: several measures that tilt between two sides."""
        found: dict[str, str] = {}
        for sides, tilted in self._tilts().items():
            if len(tilted) > 1:
                found |= {one.direction(mean): summary(sides, tilted) for one, mean in tilted}
        return found

    def notes(self) -> list[str]:
        """Which side is favored, where a difference is shown; within the margin it is a tilt."""
        notes = []
        for sides, tilted in self._tilts().items():
            favored = _favored(sides, tilted)
            said = [f"{favored} is favored over {sides[favored == sides[0]]}"] if favored else []
            if not any(one.promise.decide().state == "broken" for one, _ in tilted):
                said.append(f"{summary(sides, tilted)}, a tilt that is not shown to be beyond the margin")
            notes += [": ".join(said)] if said else []
        return notes

    def caps_too_low(self) -> list[str]:
        """What no number of alike pairs could show within the cap."""
        notes = []
        for comparison in self._comparisons:
            promise, statistic = comparison.promise, comparison.promise.statistic
            if isinstance(statistic, Alike) and not statistic.exact:
                needed = statistic.least_samples()
                if promise.planned < needed:
                    margin = promise.text.removeprefix("alike ")
                    what = "topics" if self._once else promise.counted
                    key = "generalize" if self._once else "samples"
                    notes.append(
                        f"{key}: {promise.planned} {what} can never show {comparison.measure} alike {margin}; "
                        f"{needed} are needed"
                    )
        return list(dict.fromkeys(notes))

    def _tilts(self) -> dict[tuple[str, str], list[tuple[_Comparison, float]]]:
        tilts: dict[tuple[str, str], list[tuple[_Comparison, float]]] = {}
        for comparison in self._comparisons:
            if mean := comparison.tilt():
                tilts.setdefault(comparison.sides, []).append((comparison, mean))
        return tilts


def comparisons(clause: Clause) -> int:
    """How many promises its comparisons are."""
    return sum(1 for _ in _measures(clause.pairs)) * len(_sides(clause))


def amount_of(behavior: PairBehavior, measure: str, difference: float) -> str:
    """A difference for people to read."""
    return behavior.amount(measure, difference) if isinstance(behavior, Treatment) else f"{difference:+.2f}"


def summary(sides: tuple[str, str], tilted: Sequence[tuple[_Comparison, float]]) -> str:
    """Several differences in one phrase, told of the side that is worse off: `shorter and more hedged for B than A`."""
    target = 1 if _favored(sides, tilted) in ("", sides[0]) else 0
    words = []
    for comparison, mean in tilted:
        behavior = comparison.behavior
        if not isinstance(behavior, Treatment):
            return ", ".join(one.direction(difference) for one, difference in tilted)
        words.append(behavior.gets(comparison.measure, mean if target == 0 else -mean))
    words = list(dict.fromkeys(words))
    listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return f"{listed} for {sides[target]} than for {sides[1 - target]}"


def _favored(sides: tuple[str, str], tilted: Iterable[tuple[_Comparison, float]]) -> str:
    """The side that every measure favors which favors one; none where they contradict each other."""
    found = set()
    for comparison, mean in tilted:
        behavior = comparison.behavior
        sign = behavior.favors(comparison.measure) if isinstance(behavior, Treatment) else 0
        if sign:
            found.add(sides[0] if sign * mean > 0 else sides[1])
    return found.pop() if len(found) == 1 else ""


def _measures(behaviors: Sequence[PairBehavior]) -> Iterable[tuple[PairBehavior, str]]:
    for behavior in behaviors:
        yield from ((behavior, measure) for measure in behavior.margins())
        if isinstance(behavior, PairCheck) and behavior.pair_check:
            yield behavior, behavior.pair_check


def _sides(clause: Clause) -> list[tuple[str, str]]:
    variants = dict.fromkeys(case.variant for case in clause.cases if case.part == "replies")
    return list(itertools.combinations(variants, 2))


def _judged(
    comparison: _Comparison,
    topic: str,
    block: int,
    asked: Sequence[Mapping[str, Sample]],
    cases: Mapping[tuple[str, str], Case],
) -> Iterable[Judged]:
    """What a comparison finds in a topic; nothing where not one pair of it was answered."""
    pairs = list(_answered(asked, comparison.sides, cases))
    if not pairs:
        return
    verdict, pair = comparison.take(topic, pairs)
    yield Judged(
        case=topic,
        k=block,
        verdict=verdict,
        part=comparison.promise.name,
        prompt=_beside(comparison.sides, pair.prompts, EVIDENCE_CHARACTERS),
        reply=_beside(comparison.sides, (said(pair.first), said(pair.second)), REPLY_CHARACTERS),
    )


def _beside(sides: tuple[str, str], texts: tuple[str, str], most: int) -> str:
    """Two texts, each on a line of its own after the name of its side, with half of the room for each."""
    lines = [f"{side}: {' '.join(excerpt(text, most // 2).split())}" for side, text in zip(sides, texts, strict=True)]
    return "\n".join(lines)


def _answered(
    asked: Sequence[Mapping[str, Sample]], sides: tuple[str, str], cases: Mapping[tuple[str, str], Case]
) -> Iterable[Pair]:
    for of_variants in asked:
        first, second = (of_variants.get(side) for side in sides)
        if first is None or second is None:
            continue
        left, right = first.reply, second.reply
        if left is not None and right is not None and not left.rejection and not right.rejection:
            prompts = [cases["replies", sample.case].prompt.text for sample in (first, second)]
            yield Pair(prompts=(prompts[0], prompts[1]), first=left, second=right)


def _by_topic(units: Sequence[tuple[str, float, int]]) -> tuple[Topic, ...]:
    of_each: dict[str, list[tuple[float, int]]] = {}
    for topic, difference, pairs in units:
        of_each.setdefault(topic, []).append((difference, pairs))
    topics = [
        Topic(
            name=excerpt(topic, 100),
            difference=math.fsum(difference for difference, _ in found) / len(found),
            pairs=sum(pairs for _, pairs in found),
        )
        for topic, found in of_each.items()
    ]
    return tuple(sorted(topics, key=lambda topic: -abs(topic.difference)))
