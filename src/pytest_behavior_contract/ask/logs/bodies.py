"""The text of a logged reply as a response of an API surface, with nothing in it that the log does not say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

NOT_LOGGED = "not logged"
"""Stands where a log says nothing: a behavior that looks there finds these words, not a guess."""

_Fields = Mapping[str, Any]


def _chat(common: _Fields, text: str, finish: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        **common,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }


def _responses(common: _Fields, text: str, finish: str) -> dict[str, Any]:
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    status = {"stop": "completed"}.get(finish, finish)
    return {**common, "object": "response", "status": status, "output": [message]}


def _anthropic(common: _Fields, text: str, finish: str) -> dict[str, Any]:
    reason = {"stop": "end_turn", "length": "max_tokens"}.get(finish, finish)
    content = [{"type": "text", "text": text}]
    return {**common, "type": "message", "role": "assistant", "content": content, "stop_reason": reason}


def _python(common: _Fields, text: str, finish: str) -> dict[str, Any]:
    return {**common, "text": text, "finish_reason": finish}


_BODIES: Mapping[str, Callable[[_Fields, str, str], dict[str, Any]]] = {
    "openai-chat": _chat,
    "openai-responses": _responses,
    "anthropic-messages": _anthropic,
    "python": _python,
}


def response_to(surface: str, text: str, *, model: str, finish_reason: str, entry: str) -> dict[str, Any] | None:
    """The body of a response that says `text`; None on a surface that we do not know.

    Args:
        surface: the API surface.
        text: what was replied.
        model: who replied.
        finish_reason: why the reply ended; empty where that was not logged.
        entry: what tells this log entry from all others; its hash becomes the response's id.
    """
    make = _BODIES.get(surface)
    if make is None:
        return None
    name = f"imported-{hashlib.sha256(entry.encode('utf-8', 'backslashreplace')).hexdigest()[:24]}"
    return make({"id": name, "model": model}, text, finish_reason or NOT_LOGGED)
