"""How many of something there may be."""

from __future__ import annotations

from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


def check_bounds(at_least: int | None, at_most: int | None, *, needed: bool = False) -> None:
    """Raises ValueError for bounds that nothing can lie between or, where they are `needed`, for none."""
    if needed and at_least is None and at_most is None:
        raise ValueError("give at_least, at_most or both")
    if (at_least or 0) < 0 or (at_most or 0) < 0:
        raise ValueError("at_least and at_most cannot be negative")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise ValueError(f"at_least is {at_least} and at_most {at_most}, so nothing can hold; swap them")


def between(count: int, at_least: int | None, at_most: int | None, noun: str, text: str) -> Verdict:
    """Judges a count: `fewer than 3 words`, `more than 5 words`, `no words`.

    Args:
        count: how many there are.
        at_least: the lower bound; None where there is none.
        at_most: the upper bound; None where there is none.
        noun: what is counted, in the plural.
        text: the reply, as evidence.
    """
    if at_least is not None and count < at_least:
        cause = f"no {noun}" if not count else f"fewer than {at_least} {noun}"
        return failed(cause, f"{count} {noun}: {text}")
    if at_most is not None and count > at_most:
        cause = f"more than {at_most} {noun}" if at_most else f"{noun}, where none should be"
        return failed(cause, f"{count} {noun}: {text}")
    return passed(f"{count} {noun}")
