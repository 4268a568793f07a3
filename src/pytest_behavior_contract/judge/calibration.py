"""How far a judge can be trusted: its verdicts on labelled examples, and what a promise looks like through its errors.

Sources: Rogan & Gladen 1978 (American Journal of Epidemiology 107, 71-76); Cohen 1960 (Educational and Psychological
Measurement 20, 37-46); Clopper & Pearson 1934 (Biometrika 26, 404-413).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pytest_behavior_contract.exchange import Prompt, Reply
from pytest_behavior_contract.interfaces import Behavior
from pytest_behavior_contract.judge.proportions import clopper_pearson

LEVEL = 0.025
"""Of each side of an interval: 95 % in all."""

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A reply that people have judged, and the check that asks the judge about it."""

    prompt: Prompt
    reply: Reply
    passes: bool
    check: Behavior


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How often a judge agrees with the labels, and how often not."""

    true_passes: int = 0
    false_fails: int = 0
    true_fails: int = 0
    false_passes: int = 0
    unjudged: int = 0

    @property
    def passes(self) -> int:
        return self.true_passes + self.false_fails

    @property
    def fails(self) -> int:
        return self.true_fails + self.false_passes

    @property
    def examples(self) -> int:
        return self.passes + self.fails

    @property
    def sensitivity(self) -> float | None:
        """Of what truly passes, the share that the judge passes."""
        return self.true_passes / self.passes if self.passes else None

    @property
    def specificity(self) -> float | None:
        """Of what truly fails, the share that the judge fails."""
        return self.true_fails / self.fails if self.fails else None

    @property
    def interval_of_sensitivity(self) -> tuple[float, float]:
        return _interval(self.true_passes, self.passes, LEVEL)

    @property
    def interval_of_specificity(self) -> tuple[float, float]:
        return _interval(self.true_fails, self.fails, LEVEL)

    @property
    def agreement(self) -> float | None:
        return (self.true_passes + self.true_fails) / self.examples if self.examples else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None where it is undefined: nothing was judged, or both sides say the same of everything."""
        agreed = self.agreement
        if agreed is None:
            return None
        judged_passes = self.true_passes + self.false_passes
        by_chance = (self.passes * judged_passes + self.fails * (self.examples - judged_passes)) / self.examples**2
        return (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else None

    def turned(self) -> Confusion:
        """The same of a clause that expects the opposite: what the judge fails passes."""
        return Confusion(
            true_passes=self.true_fails,
            false_fails=self.false_passes,
            true_fails=self.true_passes,
            false_passes=self.false_fails,
            unjudged=self.unjudged,
        )


def confusion(labels: Sequence[bool], verdicts: Sequence[bool | None]) -> Confusion:
    """The counts of labels (whether it passes) against a judge's verdicts; None where it gave none."""
    pairs = list(zip(labels, verdicts, strict=True))
    return Confusion(
        true_passes=pairs.count((True, True)),
        false_fails=pairs.count((True, False)),
        true_fails=pairs.count((False, False)),
        false_passes=pairs.count((False, True)),
        unjudged=sum(verdict is None for verdict in verdicts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What a promised rate and its floor look like through a judge, each at its most cautious."""

    rate: float
    """The least share of passing verdicts that the promised rate can lead to: below it, the promise is broken."""
    floor: float
    """The most that the floor can lead to: above it, a rate above the floor is shown."""

    @property
    def crossed(self) -> bool:
        """Whether the two cannot be told apart: the judge is too weak for the clause."""
        return self.floor >= self.rate


def measured(rate: float, sensitivity: float, specificity: float) -> float:
    """The share of passing verdicts that a true rate leads to."""
    return rate * sensitivity + (1 - rate) * (1 - specificity)


def scale(rate: float, floor: float, judges: Sequence[Confusion], *, others: bool = False) -> Scale:
    """The promise and the floor as they look through judges that must all pass a reply.

    The ends of the 95 % intervals of sensitivity and specificity are taken as they are worst for the decision. With
    several judges the level is shared among them. With these, and where checks that do not err must pass as well
    (`others`), nothing is assumed of how truths and errors go together.
    """
    level = LEVEL / max(1, len(judges))
    sensitivities = [_interval(one.true_passes, one.passes, level) for one in judges]
    specificities = [_interval(one.true_fails, one.fails, level) for one in judges]
    return scale_within(rate, floor, sensitivities, specificities, others=others)


def scale_within(
    rate: float, floor: float, sensitivities: Sequence[Ends], specificities: Sequence[Ends], *, others: bool = False
) -> Scale:
    """The same for judges whose sensitivity and specificity are known to lie between two ends."""
    if len(sensitivities) == 1 and not others:
        ((least, most),) = sensitivities
        ((low, high),) = specificities
        return Scale(rate=measured(rate, least, high), floor=measured(floor, most, low))
    # What all truly pass is lost at most by as much as each judge loses of what truly meets its rubric; what some do
    # not pass gets through at most by as much as each lets through.
    lost = sum(1 - least for least, _ in sensitivities)
    let_through = sum(1 - low for low, _ in specificities)
    return Scale(rate=max(0.0, rate - lost), floor=min(1.0, floor + (1 - floor) * let_through))


def rogan_gladen(passing: float, sensitivity: float | None, specificity: float | None) -> float | None:
    """The true rate behind a share of passing verdicts; None where the judge does no better than chance."""
    if sensitivity is None or specificity is None or sensitivity + specificity <= 1:
        return None
    return min(1.0, max(0.0, (passing + specificity - 1) / (sensitivity + specificity - 1)))


@lru_cache(maxsize=256)
def _interval(hits: int, n: int, level: float) -> Ends:
    return clopper_pearson(hits, n, level)
