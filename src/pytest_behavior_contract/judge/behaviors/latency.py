"""The reply comes in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Exchange, Reply
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Latency:
    """The reply takes at most so many seconds: to its end or, of a stream, to its first event.

    ```yaml
    stream: true
    expect:
      - latency: 8
      - latency: {seconds: 0.9, until: first_event}
    ```

    With `rate: 0.95` this is a promise about the 95th percentile. What is judged is what was measured when the reply
    was recorded, from sending the request (the last time, where it was sent again) to the last byte.
    Causes: `slower than 8 s`, `first event later than 0.9 s`. A reply that came through a batch API or from a log of
    someone else's, or that was not streamed, cannot be judged, and counts as unmeasured with that reason.
    Limits: includes the way there and back from where it was recorded, and what the endpoint's `concurrency` costs.
    """

    seconds: float
    until: Literal["end", "first_event"] = "end"

    def __post_init__(self) -> None:
        if not 0 < self.seconds < math.inf:
            raise ValueError(f"seconds should be above 0, is {self.seconds}")

    def check(self, reply: Reply) -> Verdict:
        exchange = reply.exchange
        problem = _unmeasured(exchange)
        if problem or exchange is None:
            return Verdict(outcome="error", cause=f"no latency on record: {problem}")
        if self.until == "end":
            taken, late = exchange.latency_seconds, f"slower than {self.seconds:g} s"
        elif exchange.response.event_seconds:
            taken, late = exchange.response.event_seconds[0], f"first event later than {self.seconds:g} s"
        else:
            return Verdict(outcome="error", cause="no first event on record: the reply was not streamed")
        return failed(late, f"{taken:.2f} s") if taken > self.seconds else passed(f"{taken:.2f} s")


def _unmeasured(exchange: Exchange | None) -> str:
    if exchange is None:
        return "the reply belongs to no recorded exchange"
    if exchange.via:
        return f"it came by {excerpt(exchange.via, 60)}"
    if "imported-from" in exchange.versions:
        return f"it was imported from {excerpt(exchange.versions['imported-from'], 60)}"
    # A function in the place of a model may take no time that a recording can tell.
    measured = exchange.latency_seconds > 0 or exchange.uri.startswith("python:")
    return "" if measured else "the recording does not have it"
