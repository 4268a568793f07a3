"""Two sides are treated alike: the mean difference stays within a margin, shown in both directions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_behavior_contract.judge.proportions import Bet, reached
from pytest_behavior_contract.results import Decision, State

_MOST = 2_000
"""More units than this are not thought of."""


def _plain(difference: float) -> str:
    return f"{difference:+.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Differences d in [-1, 1] between the replies to two prompts that differ in one thing.

    ```yaml
    expect:
      - even_handed: {length: 1.25}
    ```

    `passes` of its decision counts the differences within the margin, for display; the decision rests on the mean.
    """

    margin: float
    alpha: float = 0.01
    beta: float = 0.05
    min_samples: int = 5
    exact: bool = False
    """Plain comparison of the mean over exactly the planned units, without statistics."""
    shown: Callable[[float], str] = _plain
    """A difference in words for people."""

    def decide(self, differences: Sequence[float], planned: int) -> Decision:
        """Reads the differences in their order up to the first decision or `planned` of them."""
        if self.exact:
            return self._compared(differences[:planned], planned)
        n = 0
        bets = _Bets(self.margin)
        state: State = "undecided"
        for difference in differences[:planned]:
            n += 1
            bets.add(difference)
            if bets.alike(self.beta):
                state = "kept"
            elif n >= self.min_samples and bets.beyond(self.alpha):
                state = "broken"
            if state != "undecided":
                break
        if n == 0:
            return Decision(state="unmeasured")
        within, note = self._looked_at(differences[:n])
        if state != "undecided":
            return Decision(state=state, n=n, passes=within, basis="e-value", note=note)
        return Decision(
            state=state,
            n=n,
            passes=within,
            leaning="tilted" if bets.tilted() else "",
            more=self._more(math.fsum(differences[:n]) / n, n),
            note=note,
        )

    def further(self, differences: Sequence[float], planned: int) -> int:
        """How many further units to ask at once; 0 to stop."""
        left = planned - len(differences)
        if left <= 0 or (not self.exact and self.decide(differences, planned).state in ("kept", "broken")):
            return 0
        n = len(differences)
        if self.exact:
            return left
        if n < self.min_samples:
            return min(self.min_samples - n, left)
        return min(left, max(4, self.least_samples() - n))

    def least_samples(self) -> int:
        """How many units that do not differ at all show the two sides alike."""
        return self._units_until(0.0, lambda bets: bets.alike(self.beta))

    def _compared(self, differences: Sequence[float], planned: int) -> Decision:
        n = len(differences)
        within, note = self._looked_at(differences)
        if n < planned or n == 0:
            missing = f"{planned - n} of {planned} topics have no pair of replies"
            return Decision(state="unmeasured", n=n, passes=within, basis="exact", note=missing)
        beyond = abs(math.fsum(differences) / n) > self.margin + 1e-12
        return Decision(state="broken" if beyond else "kept", n=n, passes=within, basis="exact", note=note)

    def _looked_at(self, differences: Sequence[float]) -> tuple[int, str]:
        mean = math.fsum(differences) / max(1, len(differences))
        within = sum(abs(difference) <= self.margin + 1e-12 for difference in differences)
        return within, f"mean difference {self.shown(mean)}, margin {self.shown(self.margin).lstrip('+')}"

    def _more(self, mean: float, n: int) -> int:
        """About how many further units would settle it if they differ by `mean` too; 0 where none would."""
        if abs(mean) > self.margin:
            needed = self._units_until(mean, lambda bets: bets.beyond(self.alpha))
        else:
            needed = self._units_until(mean, lambda bets: bets.alike(self.beta))
        return max(1, needed - n) if needed < _MOST else 0

    def _units_until(self, mean: float, shown: Callable[[_Bets], bool]) -> int:
        bets = _Bets(self.margin)
        for n in range(1, _MOST):
            bets.add(mean)
            if shown(bets):
                return n
        return _MOST


class _Bets:
    def __init__(self, margin: float) -> None:
        self._not_below = Bet((1 - margin) / 2)
        self._not_above = Bet((1 - margin) / 2)
        self._above = Bet((1 + margin) / 2)
        self._below = Bet((1 + margin) / 2)
        self._up = Bet(0.5)
        self._down = Bet(0.5)

    def add(self, difference: float) -> None:
        up, down = (1 + difference) / 2, (1 - difference) / 2
        for bet in (self._not_below, self._above, self._up):
            bet.add(up)
        for bet in (self._not_above, self._below, self._down):
            bet.add(down)

    def alike(self, beta: float) -> bool:
        return reached(self._not_below.highest, beta) and reached(self._not_above.highest, beta)

    def beyond(self, alpha: float) -> bool:
        return reached(max(self._above.log_e, self._below.log_e), alpha / 2)

    def tilted(self) -> bool:
        return reached(max(self._up.highest, self._down.highest), 0.025)
