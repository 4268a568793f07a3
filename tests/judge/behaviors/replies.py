"""What every behavior's test needs: replies, good, bad and nasty."""

from __future__ import annotations

from pytest_behavior_contract.exchange import Rejection, Reply, ToolCall

NASTY = (
    Reply(),
    Reply(text=" \n\t "),
    Reply(text="x" * 1_000_000),
    Reply(text="{" * 100_000),
    Reply(text="[" * 100_000 + "]" * 100_000),
    Reply(text='{"a": ' * 50_000),
    Reply(text="\ud800 lone \udfff"),
    Reply(text="\x00\x1b[31m\x07\x9b"),
    Reply(text="\u202eright to left\u202c שלום"),
    Reply(text="```json\n" * 1_000),
    Reply(text="9" * 10_000),
    Reply(text="NaN"),
    Reply(text='{"a": Infinity}'),
    Reply(tool_calls=(ToolCall(name="", arguments=None, arguments_text="{"),), finish_reason="tool_calls"),
    Reply(refusal="\ud800", finish_reason="refusal"),
    Reply(rejection=Rejection(status=400, message="no", parameter="temperature")),
)


def call(name: str, **arguments: object) -> ToolCall:
    import json

    return ToolCall(name=name, arguments=arguments, arguments_text=json.dumps(arguments), id="c")


def caller(*calls: ToolCall) -> Reply:
    return Reply(tool_calls=calls, finish_reason="tool_calls")
