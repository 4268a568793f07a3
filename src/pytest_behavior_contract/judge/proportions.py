"""The mathematics under every decision: e-values, exact tests and intervals of proportions.

Sources: diversified betting, Waudby-Smith & Ramdas 2024 (JRSS-B 86(1)); Ville's inequality; Clopper & Pearson
1934; Newcombe 1998 (method 10, Statistics in Medicine 17, 873-890).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from statistics import NormalDist

BETS = (2, 5, 50)
SLACK = 1e-12
"""Rounding that a threshold forgives."""


def log_e(successes: float, n: int, mean: float) -> float:
    """Logarithm of the e-value against "the rate is at most `mean`", for pass/fail data.

    With mean 0 a single success refutes the null for good: infinity.
    """
    if mean <= 0 and successes > 0:
        return math.inf
    return _log_mean_exp(successes * math.log(k) - n * math.log1p((k - 1) * mean) for k in BETS)


def log_e_of_equal(value: float, n: int, mean: float) -> float:
    """Logarithm of the e-value against "the mean is at most `mean`" after n times the same value in [0, 1]."""
    return _log_mean_exp(n * (math.log1p((k - 1) * value) - math.log1p((k - 1) * mean)) for k in BETS)


class Bet:
    """The running e-value against "the mean is at most `mean`", for values in [0, 1] that come one by one."""

    __slots__ = ("_logs", "_mean", "highest")

    def __init__(self, mean: float) -> None:
        self._mean = mean
        self._logs = [0.0] * len(BETS)
        self.highest = 0.0
        """The largest log e-value so far: what a threshold is held against."""

    def add(self, value: float) -> float:
        for index, k in enumerate(BETS):
            self._logs[index] += math.log1p((k - 1) * value) - math.log1p((k - 1) * self._mean)
        now = self.log_e
        self.highest = max(self.highest, now)
        return now

    @property
    def log_e(self) -> float:
        return _log_mean_exp(self._logs)


def reached(log_value: float, level: float) -> bool:
    """Whether an e-value, given as logarithm, refutes its null at this level."""
    return log_value >= math.log(1 / level) - SLACK


def anytime_interval(passes: int, n: int, level: float = 0.05) -> tuple[float, float]:
    """Bounds of a rate that hold at whatever reply one stops; each side at confidence 1 - level."""
    return _anytime_low(passes, n, level), 1 - _anytime_low(n - passes, n, level)


def clopper_pearson(passes: int, n: int, level: float = 0.05) -> tuple[float, float]:
    """Exact bounds of a rate for a sample whose size was set in advance; `level` on each side."""
    if n == 0:
        return 0.0, 1.0
    low = 0.0 if passes == 0 else _bisect(lambda p: at_least(passes, n, p) < level)
    high = 1.0 if passes == n else _bisect(lambda p: at_most(passes, n, p) > level)
    return low, high


def at_least(count: int, n: int, rate: float) -> float:
    """Chance of `count` or more successes among n at this rate."""
    return math.fsum(_binomial(i, n, rate) for i in range(max(count, 0), n + 1))


def at_most(count: int, n: int, rate: float) -> float:
    """Chance of `count` or fewer successes among n at this rate."""
    return math.fsum(_binomial(i, n, rate) for i in range(min(count, n) + 1))


@lru_cache(maxsize=256)
def last_look(planned: int, mean: float, level: float) -> int:
    """The smallest count of successes that may decide at the cap, once, after looks at every reply before.

    The chance, at rate `mean`, that the e-value reaches 1/level on the way or the count reaches the answer at the
    end is at most `level`. Returns planned + 1 where no count is rare enough.
    """
    alive = [1.0]
    spent = 0.0
    decisive = 1
    for n in range(1, planned + 1):
        while decisive <= n and not reached(log_e(decisive, n, mean), level):
            decisive += 1
        grown = [0.0, *(mass * mean for mass in alive)]
        for count, mass in enumerate(alive):
            grown[count] += mass * (1 - mean)
        spent += math.fsum(grown[decisive:])
        alive = grown[:decisive]
    least = planned + 1
    for count in range(planned, -1, -1):
        spent += alive[count] if count < len(alive) else 0.0
        if spent > level + SLACK:
            break
        least = count
    return least


def straight(mean: float, level: float, successes: int = 0, n: int = 0, most: int = 100_000) -> int:
    """How many successes in a row, from here on, refute "at most `mean`"; most + 1 where that many do not."""
    if mean >= 1:
        return most + 1
    more = 0
    while more <= most:
        if reached(log_e(successes + more, n + more, mean), level):
            return more
        more += 1
    return most + 1


def wilson(passes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval; only for Newcombe's interval and for display."""
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = passes / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(passes_a: int, n_a: int, passes_b: int, n_b: int) -> tuple[float, float]:
    """95 % interval of rate a minus rate b; -1 to 1 where one of them was not measured."""
    if not n_a or not n_b:
        return -1.0, 1.0
    a, b = passes_a / n_a, passes_b / n_b
    low_a, high_a = wilson(passes_a, n_a)
    low_b, high_b = wilson(passes_b, n_b)
    difference = a - b
    return (
        difference - math.hypot(a - low_a, high_b - b),
        difference + math.hypot(high_a - a, b - low_b),
    )


def _log_mean_exp(logs: Iterable[float]) -> float:
    values = list(logs)
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values) / len(values))


def _anytime_low(passes: int, n: int, level: float) -> float:
    if passes == 0:
        return 0.0
    return _bisect(lambda mean: reached(log_e(passes, n, mean), level), high=passes / n)


def _bisect(below: Callable[[float], bool], *, high: float = 1.0) -> float:
    """The point of [0, high] up to which `below` holds."""
    low = 0.0
    for _ in range(60):
        middle = (low + high) / 2
        if below(middle):
            low = middle
        else:
            high = middle
    return low


def _binomial(count: int, n: int, rate: float) -> float:
    if rate <= 0:
        return float(count == 0)
    if rate >= 1:
        return float(count == n)
    log_ways = math.lgamma(n + 1) - math.lgamma(count + 1) - math.lgamma(n - count + 1)
    return math.exp(log_ways + count * math.log(rate) + (n - count) * math.log1p(-rate))
