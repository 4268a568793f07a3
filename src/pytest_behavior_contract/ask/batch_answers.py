"""The lines of a vendor's result files to answers, whatever stands in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.ask.wire import pick, text_at

_REJECTIONS: Mapping[str, int] = {"invalid_request_error": 400, "invalid_request": 400, "request_too_large": 413}
"""Anthropic's errors that speak of the request, with the status they have when asked directly."""
_UNANSWERED: Mapping[str, str] = {
    "batch_expired": "batch expired",
    "batch_cancelled": "batch cancelled",
    "expired": "batch expired",
    "canceled": "batch cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one question: a response, or why there is none."""

    status: int = 0
    body: str = ""
    cause: str = ""
    detail: str = ""


@dataclass(slots=True)
class Answers:
    """All answers of a batch, and what else stood in its files."""

    found: dict[str, Answer] = field(default_factory=dict)
    """By custom_id."""
    succeeded: int = 0
    """How many of them the vendor takes for answered well, be they of which question they may."""
    unreadable: int = 0
    twice: int = 0

    def add(self, content: bytes, read: Callable[[Any], Answer | None]) -> None:
        """Adds the lines of a file, each as `read` has it; whatever stands there, it does not raise."""
        # Not splitlines: JSON text may hold U+2028 and its like as they are.
        for line in content.split(b"\n"):
            if not line.strip():
                continue
            try:
                document = json.loads(line)
                custom_id, answer = text_at(document, "custom_id"), read(document)
            except (ValueError, RecursionError):
                custom_id, answer = "", None
            if not custom_id or answer is None:
                self.unreadable += 1
                continue
            self.succeeded += answer.status == 200
            if custom_id in self.found:
                self.twice += 1
            else:
                self.found[custom_id] = answer


def openai_answer(document: Any) -> Answer | None:
    """A line of OpenAI's output or error file; None for what is neither."""
    status = pick(document, "response", "status_code", kind=int)
    if status is not None:
        body = document["response"].get("body")
        return Answer(status=status, body=body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))
    error = pick(document, "error", kind=dict)
    if error is None:
        return None
    code = text_at(error, "code")
    return Answer(cause=_UNANSWERED.get(code, f"not answered: {code or 'error'}"), detail=text_at(error, "message"))


def anthropic_answer(document: Any) -> Answer | None:
    """A line of Anthropic's results; None for what is none."""
    kind = text_at(document, "result", "type")
    if kind == "succeeded":
        message = pick(document, "result", "message", kind=dict)
        return None if message is None else Answer(status=200, body=json.dumps(message, ensure_ascii=False))
    if kind == "errored":
        error = pick(document, "result", "error", kind=dict) or {}
        whole = error if isinstance(error.get("error"), dict) else {"type": "error", "error": error}
        name = text_at(whole, "error", "type")
        if name in _REJECTIONS:
            return Answer(status=_REJECTIONS[name], body=json.dumps(whole, ensure_ascii=False))
        return Answer(cause=f"not answered: {name or 'error'}", detail=text_at(whole, "error", "message"))
    return Answer(cause=_UNANSWERED[kind]) if kind in _UNANSWERED else None
