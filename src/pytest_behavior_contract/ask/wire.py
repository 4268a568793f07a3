"""What the JSON APIs share on the wire: events of a stream, errors, and reading values that may not be there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pytest_behavior_contract.ask.rejections import (
    about_the_account,
    codes_of,
    mend_of,
    model_gone,
    rejected_parameter,
    rejected_part,
    words_of,
)
from pytest_behavior_contract.exchange import Exchange, Rejection, Response, ToolCall, Usage, parse_json

_Kind = TypeVar("_Kind")
NOT_REJECTIONS = frozenset({401, 402, 403, 404, 407, 408, 409, 410, 421, 425, 429})
"""4xx that speak of keys, quotas, addresses or haste, not of what the request says."""
DONE = "[DONE]"
"""What OpenAI's streams, and those of servers that are compatible with them, end in."""
NOT_FINISHED = "a stream that ends before it is finished"
MOST_TOKENS = 10**9
"""A reply that says it took more is not believed."""


def payload(response: Response) -> Any:
    """The JSON of a response that is no stream; None where it is none."""
    try:
        return parse_json(response.body)
    except (ValueError, RecursionError):
        return None


def events(body: str) -> Iterator[tuple[str, Any]]:
    """The events of a stream: name and JSON; text that is no JSON, `[DONE]` among it, comes as it is."""
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    for block in body.split("\n\n"):
        name, lines = "", []
        # Not by splitlines, which takes U+2028 within JSON for the end of a line.
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            if field == "event":
                name = value.strip()
            elif field == "data":
                lines.append(value.removeprefix(" "))
        text = "\n".join(lines)
        if text:
            try:
                yield name, parse_json(text)
            except (ValueError, RecursionError):
                yield name, text


def broken_event(body: str) -> str:
    """The event because of which a stream is no answer, on any surface; empty where there is none."""
    for name, event in events(body):
        if event == DONE:
            continue
        if not isinstance(event, dict):
            cut = isinstance(event, str) and body.endswith(event)
            return NOT_FINISHED if cut else f"an event in the stream that cannot be read: {event}"
        if name == "error" or event.get("type") == "error" or event.get("error"):
            return f"an error in the stream: {words_of(event) or event}"
    return ""


def is_stream(response: Response) -> bool:
    content_type = " ".join(response.headers.get("content-type", ()))
    return "text/event-stream" in content_type


def pick(document: Any, *path: str | int, kind: type[_Kind]) -> _Kind | None:
    """The value at a path, if everything on the way and the value itself have the expected types."""
    found = _at(document, path)
    if kind is int and isinstance(found, bool):
        return None
    return found if isinstance(found, kind) else None


def text_at(document: Any, *path: str | int) -> str:
    found = _at(document, path)
    return found if isinstance(found, str) else ""


def objects_at(document: Any, *path: str | int) -> list[dict[str, Any]]:
    found = _at(document, path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(step, str):
            if not isinstance(document, dict):
                return None
            document = document.get(step)
        elif isinstance(document, list) and -len(document) <= step < len(document):
            document = document[step]
        else:
            return None
    return document


def usage_at(document: Any, input_key: str, output_key: str) -> Usage | None:
    usage = pick(document, "usage", kind=dict)
    if usage is None:
        return None
    found_in = _count(usage, input_key)
    found_out = _count(usage, output_key)
    if found_in is None and found_out is None:
        return None
    return Usage(input_tokens=found_in or 0, output_tokens=found_out or 0)


def _count(usage: Any, key: str) -> int | None:
    """A number of tokens; None for one that cannot be, and whatever is summed up or priced would be wrong by it."""
    found = pick(usage, key, kind=int)
    return found if found is not None and 0 <= found < MOST_TOKENS else None


def tool_call(name: Any, arguments: Any, call_id: Any) -> ToolCall:
    """A call whose arguments come as JSON text (OpenAI) or as JSON (Anthropic)."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    try:
        parsed = parse_json(text) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        parsed = None
    return ToolCall(name=str(name or ""), arguments=parsed, arguments_text=text, id=str(call_id or ""))


def rejection(exchange: Exchange) -> Rejection | None:
    """The server's refusal of the request itself, with the parameter it names; None for any other response."""
    response = exchange.response
    if not 400 <= response.status < 500 or response.status in NOT_REJECTIONS:
        return None
    document = payload(response)
    message = words_of(document) or response.body[:300]
    if about_the_account(document, message) or model_gone(" ".join([message, *codes_of(document)])):
        return None
    body = exchange.request.body
    named = rejected_parameter(document, message, body)
    return Rejection(
        status=response.status,
        message=message,
        parameter=named,
        part=rejected_part(message, named, body),
        mend=mend_of(message, named),
    )


def http_fault(exchange: Exchange) -> str:
    """Why a response is no answer at all, for what its status and its first look tell; empty where it is one.

    It may be as long as the response: who shows it cuts it, after keys in it are masked.
    """
    response = exchange.response
    if response.status >= 400:
        if rejection(exchange):
            return ""
        return f"HTTP {response.status}: {words_of(payload(response)) or response.body}"
    if response.status != 200:
        return f"HTTP {response.status} instead of an answer"
    if not response.body.strip():
        return "an empty body"
    if not is_stream(response):
        document = payload(response)
        if document is None:
            body = response.body.strip()
            return f"{'HTML' if body.startswith('<') else 'no JSON'} instead of an answer: {body}"
        if isinstance(document, Mapping) and document.get("error"):
            return f"an error in a response with status 200: {words_of(document) or document['error']}"
    return ""
