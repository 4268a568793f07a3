"""What the finish reason says of tool calls is true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_behavior_contract.ask.wire import objects_at, text_at
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_calls
from pytest_behavior_contract.judge.on_record import CHAT, surface_of
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_SAYS_CALLS = ("tool_calls", "function_call")


@dataclass(frozen=True, kw_only=True)
class FinishMatchesToolCalls:
    """The finish reason says tool calls exactly when there are some.

    ```yaml
    expect: [finish_matches_tool_calls]
    ```

    Of several choices all are looked at.
    Causes: `finish reason 'REASON' with tool calls`, `finish reason 'tool_calls' without a call`,
    `no finish reason`.
    Limits: OpenAI's Responses API has no finish reason; there `completed` agrees with calls and with none, and anything
    else does not agree with calls. A call that is forced by its name ends with `stop` at OpenAI's Chat API, which
    fails here as it would in a loop that waits for `tool_calls`.
    """

    def check(self, reply: Reply) -> Verdict:
        for reason, calls in _choices(reply):
            if calls and reason not in _SAYS_CALLS:
                said = f"finish reason {reason!r}" if reason else "no finish reason"
                return failed(f"{said} with tool calls", shown_calls(reply))
            if reason in _SAYS_CALLS and not calls:
                return failed("finish reason 'tool_calls' without a call", reply.text)
            if not reason:
                return failed("no finish reason", reply.text)
        return passed("finish reason and tool calls agree")


def _choices(reply: Reply) -> Iterator[tuple[str, bool]]:
    yield reply.finish_reason, bool(reply.tool_calls)
    if reply.choices > 1 and surface_of(reply) == CHAT:
        for choice in objects_at(dict(reply.payload), "choices")[1:]:
            yield text_at(choice, "finish_reason"), bool(objects_at(choice, "message", "tool_calls"))
