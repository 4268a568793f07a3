"""A function of yours in the place of a model: a wrapper around something else, or a script for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pytest_behavior_contract.ask.conversation import chat_turns
from pytest_behavior_contract.ask.wire import objects_at, payload, text_at, tool_call
from pytest_behavior_contract.exchange import Exchange, FollowUp, Prompt, Reply, Request

SURFACE = "python"
_FIELDS: Mapping[str, Any] = {
    "text": str,
    "tool_calls": list | tuple,
    "finish_reason": str,
    "refusal": str,
    "model": str,
}


class PythonFunction:
    """Calls module:function with the prompt; the function returns text, or a mapping of what a reply holds.

    ```toml
    api = "python:my_package.models:answer"
    ```

    The function gets one argument, the Prompt, and may be async. A mapping may have `text`, `tool_calls` (each with
    `name` and `arguments`), `finish_reason`, `refusal` and `model`.
    """

    surface: ClassVar[str] = SURFACE
    key_variable: ClassVar[str] = ""
    sdk: ClassVar[str] = ""

    def request(self, prompt: Prompt, model: str) -> Request:
        body = {
            "model": model,
            "messages": list(prompt.messages),
            "system": prompt.system,
            "tools": [{"name": tool.name, "parameters": tool.parameters} for tool in prompt.tools],
            "parameters": dict(prompt.parameters),
            "request": dict(prompt.request),
            "stream": prompt.stream,
        }
        return Request(surface=SURFACE, path="", body=body)

    def fault(self, exchange: Exchange) -> str:
        return "" if isinstance(payload(exchange.response), Mapping) else "no mapping"

    def reply(self, exchange: Exchange) -> Reply:
        document = payload(exchange.response)
        calls = tuple(
            tool_call(call.get("name"), call.get("arguments", {}), call.get("id"))
            for call in objects_at(document, "tool_calls")
        )
        reason = text_at(document, "finish_reason") or ("tool_calls" if calls else "stop")
        return Reply(
            text=text_at(document, "text"),
            tool_calls=calls,
            finish_reason=reason,
            raw_finish_reason=reason,
            refusal=text_at(document, "refusal"),
            served_model=text_at(document, "model") or text_at(exchange.request.body, "model"),
            blocks=("text",) * bool(text_at(document, "text")) + ("tool_use",) * len(calls),
            payload=document if isinstance(document, dict) else {},
            exchange=exchange,
        )

    def echoed(self, request: Request, reply: Reply, follow: FollowUp) -> dict[str, Any]:
        message = {"content": reply.text or None}
        return {**request.body, "messages": [*request.body["messages"], *chat_turns(message, reply, follow)]}


def response_body(answer: Any) -> str:
    """What the function returned, as the body that is recorded; raises TypeError for what no reply can be."""
    document = {"text": answer} if isinstance(answer, str) else answer
    if not isinstance(document, Mapping):
        raise TypeError(f"should return text or a mapping, returned {type(answer).__name__}")
    for key, value in document.items():
        if key not in _FIELDS:
            raise TypeError(f"returned the key {key!r}; a reply has {', '.join(_FIELDS)}")
        if not isinstance(value, _FIELDS[key]):
            raise TypeError(f"returned {key!r} as {type(value).__name__}")
    for call in document.get("tool_calls", ()):
        if not isinstance(call, Mapping) or not isinstance(call.get("name"), str):
            raise TypeError("returned a tool call without a name")
    return json.dumps(dict(document), ensure_ascii=False)
