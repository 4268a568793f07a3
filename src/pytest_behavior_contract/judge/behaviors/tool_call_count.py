"""The reply makes so many calls."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import check_counts, count_fault, shown_calls
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class ToolCallCount:
    """The reply makes at least, at most, or just so many calls in one turn, whichever tools they are of.

    ```yaml
    expect:
      - tool_call_count: {at_least: 1, at_most: 1}
    ```

    With `name` only calls of that tool are counted.
    Causes: `no tool call`, `only N calls in one turn`, `N calls in one turn`.
    Limits: counts one reply; a conversation over several turns is several clauses.
    """

    at_least: int | None = None
    at_most: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("say how many: at_least, at_most, or both")
        check_counts(self.at_least or 0, self.at_most)

    def check(self, reply: Reply) -> Verdict:
        count = sum(1 for call in reply.tool_calls if not self.name or call.name == self.name)
        fault = count_fault(count, self.at_least or 0, self.at_most)
        if fault:
            return failed(fault, shown_calls(reply))
        return passed(f"{count} calls" if count != 1 else "1 call")
