"""Two sides are treated alike: the mean difference stays within a margin, shown in both directions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_behavior_contract.judge.proportions import Bet, log_e_of_equal, reached
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

    def watch(self) -> Watch:
        """What follows differences while they come in, so that each is read once."""
        return Watch(self)

    def decide(self, differences: Sequence[float], planned: int, watch: Watch | None = None) -> Decision:
        """Reads the differences in their order up to the first decision or `planned` of them.

        Args:
            differences: all of them so far.
            planned: how many are read at most.
            watch: one that has read the first of these very differences; it reads on.
        """
        if self.exact:
            return self._compared(differences[:planned], planned)
        watch = watch or self.watch()
        watch.read(differences[:planned])
        n = watch.n
        if n == 0:
            return Decision(state="unmeasured")
        within, note = self._looked_at(differences[:n])
        if watch.state != "undecided":
            return Decision(state=watch.state, n=n, passes=within, basis="e-value", note=note)
        return Decision(
            state="undecided",
            n=n,
            passes=within,
            leaning="tilted" if watch.tilted else "",
            more=self._more(math.fsum(differences[:n]) / n, n),
            note=note,
        )

    def further(self, differences: Sequence[float], planned: int, watch: Watch | None = None) -> int:
        """How many further units to ask at once; 0 to stop."""
        n = len(differences)
        left = planned - n
        if self.exact:
            return max(0, left)
        if left <= 0 or self.decide(differences, planned, watch).state in ("kept", "broken"):
            return 0
        if n < self.min_samples:
            return min(self.min_samples - n, left)
        return min(left, max(4, self.least_samples() - n))

    def least_samples(self) -> int:
        """How many units that do not differ at all show the two sides alike."""
        return self._units_until_alike(0.0)

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
            needed = _units_until((1 + abs(mean)) / 2, (1 + self.margin) / 2, self.alpha / 2)
        else:
            needed = self._units_until_alike(mean)
        return max(1, needed - n) if needed < _MOST else 0

    def _units_until_alike(self, mean: float) -> int:
        return _units_until((1 - abs(mean)) / 2, (1 - self.margin) / 2, self.beta)


def _units_until(value: float, mean: float, level: float) -> int:
    """How many units of this value refute, at this level, that they are at most `mean`; _MOST where none do."""

    def shown(n: int) -> bool:
        return reached(log_e_of_equal(value, n, mean), level)

    # The e-value of equal values falls at first, if at all, and then only grows.
    low, high = 0, _MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


class Watch:
    """Differences read one by one, up to the first decision.

    Args:
        alike: the rule.
    """

    def __init__(self, alike: Alike) -> None:
        self._alike = alike
        self._bets = _Bets(alike.margin)
        self.n = 0
        """How many have been read."""
        self.state: State = "undecided"

    @property
    def tilted(self) -> bool:
        return self._bets.tilted()

    def read(self, differences: Sequence[float]) -> None:
        """Reads on from where it stopped, in all the differences so far."""
        for difference in differences[self.n :]:
            if self.state != "undecided":
                return
            self.n += 1
            self._bets.add(difference)
            if self._bets.alike(self._alike.beta):
                self.state = "kept"
            elif self.n >= self._alike.min_samples and self._bets.beyond(self._alike.alpha):
                self.state = "broken"


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
