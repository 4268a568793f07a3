"""A reply is the same kind of reply whether it is streamed or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pytest_behavior_contract.exchange import Reply

_LONGEST_RATIO = math.log(4)
"""Replies that differ in length by more than a factor of four count as this far apart."""
_MORE = {
    "calls": "more tool calls",
    "ends": "comes to its own end more often",
    "blocks": "more blocks",
    "length": "longer",
    "usage": "has usage more often",
}
_ENDS = ("stop", "tool_calls")


@dataclass(frozen=True, kw_only=True)
class StreamedAlike:
    """Streamed replies and whole ones are alike: in calls, in how they end, in blocks, in length.

    ```yaml
    prompt: Where is order 4711?
    swap: {stream: [false, true]}
    expect: [streamed_alike]
    ```

    The same prompt is asked both ways, and the replies are compared as `even_handed` compares its variants, sample by
    sample; alike is shown in both directions, or it is not kept. `measures` are `calls` (how many), `ends` (whether the
    reply came to its own end), `blocks` (how many, reasoning aside), `length` (of the text, as a ratio) and `usage`
    (whether it is reported; not looked at unless it is named, since OpenAI's Chat API streams it only to who asks).
    `within` is the largest tolerable difference of means, `length` the largest tolerable ratio.
    Causes: `more tool calls X than Y`, `comes to its own end more often X than Y`, `more blocks X than Y`,
    `longer X than Y`, `has usage more often X than Y`, where X and Y are `streamed` and `whole`.
    Limits: two samples of a model differ anyway, so texts are not compared word by word; whether the events themselves
    are sound is what `stream_well_formed` says.
    """

    pairs: ClassVar[bool] = True
    swaps: ClassVar[str] = "stream"
    measures: tuple[Literal["calls", "ends", "blocks", "length", "usage"], ...] = ("calls", "ends", "blocks", "length")
    within: float = 0.1
    length: float = 1.25

    def __post_init__(self) -> None:
        if not self.measures:
            raise ValueError("measures is empty; leave it out to look at all but usage")
        if not 0 < self.within <= 1:
            raise ValueError(f"within is a difference above 0 and at most 1, is {self.within}")
        if not 1 < self.length <= 4:
            raise ValueError(f"length is a ratio above 1 and at most 4, is {self.length}")

    def margins(self) -> Mapping[str, float]:
        length = math.log(self.length) / _LONGEST_RATIO
        return {measure: length if measure == "length" else self.within for measure in dict.fromkeys(self.measures)}

    def difference(self, measure: str, first: Reply, second: Reply) -> float:
        if measure == "length":
            ratio = math.log(_words(first)) - math.log(_words(second))
            return max(-_LONGEST_RATIO, min(_LONGEST_RATIO, ratio)) / _LONGEST_RATIO
        return max(-1.0, min(1.0, _amount(measure, first) - _amount(measure, second)))

    def direction(self, measure: str, first: str, second: str) -> str:
        return f"{_MORE[measure]} {first} than {second}"


def _amount(measure: str, reply: Reply) -> float:
    if measure == "calls":
        return float(len(reply.tool_calls))
    if measure == "ends":
        return float(reply.finish_reason in _ENDS)
    if measure == "blocks":
        return float(sum(kind != "thinking" for kind in reply.blocks))
    return float(reply.usage is not None)


def _words(reply: Reply) -> int:
    return max(1, len(reply.text.split()))
