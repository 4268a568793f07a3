"""The reply calls nothing."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_calls, shown_name
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class CallsNoTool:
    """The reply calls no tool, because none fits what was asked.

    ```yaml
    prompt: Thank you, that was all.
    tools: [{name: get_order}]
    expect: [calls_no_tool]
    ```

    Causes: `calls a tool: NAME`.
    Limits: a call that is written into the text is none; `no_call_in_text` finds those.
    """

    def check(self, reply: Reply) -> Verdict:
        if reply.tool_calls:
            return failed(f"calls a tool: {shown_name(reply.tool_calls[0].name)}", shown_calls(reply))
        return passed("no tool call")
