"""A logged exchange, in one shape for all kinds of logs, and what cannot become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.exchange import Prompt

DEEPEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One logged request with its response."""

    source: str
    """Where it stands, as file:line or file: entry N."""
    kind: str
    """The format, as recordings are marked with it: vcrpy, openai-batch, anthropic-batch, jsonl."""
    body: Mapping[str, Any] | None = None
    """The whole body of the request; None where only the prompt was logged."""
    path: str = ""
    """The path it was sent to; empty where that was not logged."""
    prompt: Prompt | None = None
    """What was asked, where there is no body."""
    parameters_known: bool = True
    """Whether the log says with which parameters the prompt was sent."""
    model: str = ""
    status: int = 200
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the response, names in lower case."""
    response: str = ""
    """The response's body; or the text of the reply, where `is_text`."""
    is_text: bool = False
    finish_reason: str = ""
    recorded_at: str = ""
    uri: str = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What stands in a log and does not become a recording."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """What a file was found to be."""

    path: str
    format: str
    """In words."""
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """All that was read."""

    files: tuple[LogFile, ...] = ()
    logged: tuple[Logged, ...] = ()
    refused: tuple[Refused, ...] = ()


class Unusable(ValueError):  # noqa: N818 - private to the readers: why an entry is refused
    """An entry of a log that cannot become a recording; the message says why."""


def too_deep(document: Any) -> bool:
    """Whether JSON is nested deeper than anything that is asked or answered."""
    level = [document]
    for _ in range(DEEPEST):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
