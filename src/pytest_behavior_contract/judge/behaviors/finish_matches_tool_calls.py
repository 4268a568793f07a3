"""What the finish reason says of tool calls is true."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class FinishMatchesToolCalls:
    """The finish reason says tool calls exactly when there are some.

    ```yaml
    expect: [finish_matches_tool_calls]
    ```

    Causes: `tool calls, but finished by REASON`, `finished by tool_calls, but no call`.
    """

    def check(self, reply: Reply) -> Verdict:
        says = reply.finish_reason == "tool_calls"
        if reply.tool_calls and not says:
            return failed(f"tool calls, but finished by {reply.finish_reason or 'nothing'}", reply.text)
        if says and not reply.tool_calls:
            return failed("finished by tool_calls, but no call", reply.text)
        return passed("finish reason and tool calls agree")
