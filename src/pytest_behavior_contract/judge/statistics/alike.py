"""Two sides are treated alike: the mean difference stays within a margin, shown in both directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_behavior_contract.judge.proportions import Bet, reached
from pytest_behavior_contract.results import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Differences d in [-1, 1] between the replies to two prompts that differ in one thing.

    ```yaml
    expect:
      - even_handed: {length: 1.25}
    ```

    `passes` of its decision counts the pairs within the margin, for display; the decision rests on the mean.
    """

    margin: float
    alpha: float = 0.01
    beta: float = 0.05
    min_samples: int = 5

    def decide(self, differences: Sequence[float], planned: int) -> Decision:
        """Reads the differences in their order up to the first decision or `planned` of them."""
        n = within = 0
        bets = _Bets(self.margin)
        state = ""
        for difference in differences[:planned]:
            n += 1
            within += abs(difference) <= self.margin + 1e-12
            bets.add(difference)
            if bets.alike(self.beta):
                state = "kept"
            elif n >= self.min_samples and bets.beyond(self.alpha):
                state = "broken"
            if state:
                break
        if n == 0:
            return Decision(state="unmeasured")
        mean = math.fsum(differences[:n]) / n
        note = f"mean difference {mean:+.2f}, margin {self.margin:.2f}"
        if state == "kept":
            return Decision(state="kept", n=n, passes=within, basis="e-value", note=note)
        if state == "broken":
            return Decision(state="broken", n=n, passes=within, basis="e-value", note=note)
        return Decision(
            state="undecided",
            n=n,
            passes=within,
            leaning="tilted" if bets.tilted() else "",
            more=max(1, self._pairs_needed(mean) - n) if abs(mean) < self.margin else 0,
            note=note,
        )

    def further(self, differences: Sequence[float], planned: int) -> int:
        """How many further pairs to ask at once; 0 to stop."""
        left = planned - len(differences)
        decision = self.decide(differences, planned)
        if left <= 0 or decision.state in ("kept", "broken"):
            return 0
        n = len(differences)
        if n < self.min_samples:
            return min(self.min_samples - n, left)
        return min(left, max(4, self.pairs_if_alike() - n))

    def pairs_if_alike(self) -> int:
        """How many pairs without any difference show the two sides alike."""
        return self._pairs_needed(0.0)

    def _pairs_needed(self, mean: float) -> int:
        """How many pairs that all differ by `mean` show the two sides alike."""
        bets = _Bets(self.margin)
        for n in range(1, 2000):
            bets.add(mean)
            if bets.alike(self.beta):
                return n
        return 2000


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
        return reached(max(self._up.log_e, self._down.log_e), 0.025)
