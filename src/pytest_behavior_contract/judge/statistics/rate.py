"""At least this share of replies passes: decided by e-values, with a last look at the cap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_behavior_contract.judge.proportions import (
    BETS,
    SLACK,
    anytime_interval,
    clopper_pearson,
    last_look,
    log_e,
    reached,
    straight,
)
from pytest_behavior_contract.results import Decision, Passing

FEW = 4
"""With passes and failures mixed, at least so many replies are asked at once: three wasted calls for less waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A promised rate with a floor below it; the default for every clause.

    ```yaml
    rate: 0.95
    floor: 0.85
    samples: 60
    ```
    """

    rate: float
    floor: float
    alpha: float = 0.01
    """Chance of a false `broken` of this one promise: the run's alpha over the number of promises."""
    beta: float = 0.05
    """Chance of a false `kept`."""
    min_samples: int = 5

    def decide(self, verdicts: Sequence[Passing], planned: int) -> Decision:
        """Reads the verdicts in their order up to the first decision; what comes after is not looked at."""
        n = passes = 0
        kept = broken = False
        basis = "e-value"
        for verdict in verdicts:
            if verdict == "error":
                continue
            n += 1
            passes += verdict == "pass"
            kept, broken = self._shown(passes, n)
            if kept or broken:
                break
            if n >= planned:
                kept, broken = self._last_look(passes, n)
                basis = "last look"
                break
        if n == 0:
            return Decision(state="unmeasured")
        if not kept and not broken:
            return self._undecided(passes, n)
        if basis == "last look":
            low, high = clopper_pearson(passes, n)
        else:
            low, high = anytime_interval(passes, n)
        return Decision(
            state="kept" if kept else "broken",
            n=n,
            passes=passes,
            low=low,
            high=high,
            basis="last look" if basis == "last look" else "e-value",
            marginal=kept and broken,
            note="within tolerance" if kept and passes < self.rate * n else "",
        )

    def further(self, verdicts: Sequence[Passing], planned: int) -> int:
        """How many further replies to ask at once: those that lead to a decision if the trend goes on; 0 to stop."""
        answered = [verdict for verdict in verdicts if verdict != "error"]
        n, passes = len(answered), answered.count("pass")
        left = planned - len(verdicts)
        if left <= 0 or (n and self.decide(verdicts, planned).state in ("kept", "broken")):
            return 0
        to_keep = straight(self.floor, self.beta, passes, n, most=left)
        to_break = max(self._failures_to_break(n - passes, n, left), self.min_samples - n)
        if to_keep > left and passes + left >= last_look(planned, self.floor, self.beta):
            to_keep = left
        if to_break > left and self.rate < 1 and n - passes + left >= last_look(planned, 1 - self.rate, self.alpha):
            to_break = left
        if min(to_keep, to_break) > left:
            return 0
        if n == 0:
            return min(to_keep, to_break)
        if passes == n:
            return min(to_keep, left)
        if passes == 0:
            return min(to_break, left)
        return min(max(FEW, min(to_keep, to_break)), left)

    def least_samples(self) -> int:
        """The smallest cap at which a row of passes shows a rate above the floor."""
        return math.ceil(math.log(self.beta) / math.log(self.floor) - SLACK) if self.floor < 1 else 0

    def _failures_to_break(self, failures: int, n: int, left: int) -> int:
        return 1 if self.rate >= 1 else straight(1 - self.rate, self.alpha, failures, n, most=left)

    def _shown(self, passes: int, n: int) -> tuple[bool, bool]:
        kept = reached(log_e(passes, n, self.floor), self.beta)
        broken = n >= self.min_samples and reached(log_e(n - passes, n, 1 - self.rate), self.alpha)
        return kept, broken

    def _last_look(self, passes: int, n: int) -> tuple[bool, bool]:
        kept = passes >= last_look(n, self.floor, self.beta)
        broken = n >= self.min_samples and self.rate < 1 and n - passes >= last_look(n, 1 - self.rate, self.alpha)
        return kept, broken

    def _undecided(self, passes: int, n: int) -> Decision:
        low, high = anytime_interval(passes, n)
        against = log_e(n - passes, n, 1 - self.rate)
        return Decision(
            state="undecided",
            n=n,
            passes=passes,
            low=low,
            high=high,
            leaning="broken" if against >= math.log(20) - SLACK else "",
            more=self._more(passes, n),
        )

    def _more(self, passes: int, n: int) -> int:
        """About how many more replies settle it if they come as they did so far; 0 where none would."""
        if passes == n:
            # A cap of so many would decide at its last look.
            return max(1, self.least_samples() - n) if self.floor < 1 else 0
        if passes == 0:
            return max(self._failures_to_break(n, n, 1000), self.min_samples - n)
        if self.rate >= 1:
            # One failure refutes a rate of 1 for good; only the smallest number of samples is not reached.
            return max(1, self.min_samples - n)
        rate = passes / n
        ways = (
            _replies_needed(rate, self.floor, log_e(passes, n, self.floor), self.beta),
            _replies_needed(1 - rate, 1 - self.rate, log_e(n - passes, n, 1 - self.rate), self.alpha),
        )
        return min((way for way in ways if way), default=0)


def _replies_needed(rate: float, mean: float, now: float, level: float) -> int:
    growth = max(rate * math.log(k) - math.log1p((k - 1) * mean) for k in BETS)
    if growth <= 0:
        return 0
    return max(1, math.ceil((math.log(1 / level) + math.log(len(BETS)) - now) / growth))
