"""The reply calls nothing that was not offered."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_calls, shown_name
from pytest_behavior_contract.judge.on_record import declared_tools, not_on_record
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class OnlyDeclaredTools:
    """Every tool that the reply calls was declared in the request.

    ```yaml
    tools: [{name: get_order}]
    expect: [only_declared_tools]
    ```

    Names are read from the recorded request, as it was sent. A reply without calls passes; expect `calls_tool` or
    `tool_call_count` besides where there should be some.
    Causes: `tool not declared: NAME`; an error where a reply with calls has no recorded request.
    """

    def check(self, reply: Reply) -> Verdict:
        if not reply.tool_calls:
            return passed("no tool call")
        declared = declared_tools(reply)
        if declared is None:
            return not_on_record(reply, "which tools were declared")
        for call in reply.tool_calls:
            if call.name not in declared:
                offered = ", ".join(declared) or "none"
                return failed(
                    f"tool not declared: {shown_name(call.name)}", f"{shown_calls(reply)}; declared: {offered}"
                )
        return passed(f"calls {shown_calls(reply)}")
