"""Answers of the loopback server, and the ways in which they go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from model_server import Answer, Asked, Raw, Say, _document, _stream, error

Server = Callable[[Asked], Answer]
Body = Mapping[str, Any]


def says(text: str = "Yes.", *calls: tuple[str, dict[str, Any]], **more: Any) -> Server:
    """Always the same answer."""
    return lambda asked: Say(text, calls=calls, **more)


def sometimes(every: int, bad: Server, good: Server) -> Server:
    """Goes wrong once in so many answers."""
    return lambda asked: (bad if asked.number % every == 0 else good)(asked)


def refuses(
    when: Callable[[Body], object], message: str, param: str | None = None, *, else_: Server | None = None
) -> Server:
    """Answers 400 to some requests."""
    good = else_ or says()
    return lambda asked: error(400, message, param=param) if when(asked.body) else good(asked)


def spoilt(spoil: Callable[[Any], Any], say: Say) -> Server:
    """Changes the answer, or each event of a stream, on its way out; an event that becomes None is dropped."""

    def answer(asked: Asked) -> Raw:
        if not asked.body.get("stream"):
            body = json.dumps(spoil(_document(asked, say)))
            return Raw(body=body, headers={"content-type": "application/json"})
        text = "".join(_spoilt_events(_stream(asked, say), spoil))
        return Raw(body=text, headers={"content-type": "text/event-stream"})

    return answer


def _spoilt_events(events: Iterator[str], spoil: Callable[[Any], Any]) -> Iterator[str]:
    for event in events:
        head, mark, text = event.partition("data: ")
        if text.startswith("[DONE]"):
            yield event
            continue
        document = spoil(json.loads(text))
        if document is not None:
            yield f"{head}{mark}{json.dumps(document)}\n\n"


def sent_back(body: Body) -> list[dict[str, Any]]:
    """What of a conversation the assistant is said to have said."""
    turns = body.get("messages") or body.get("input") or []
    return [turn for turn in turns if turn.get("role") == "assistant" or turn.get("type") == "function_call"]


def roles(body: Body) -> list[str]:
    return [str(turn.get("role", turn.get("type"))) for turn in body.get("messages") or body.get("input") or []]


def kinds(turn: Mapping[str, Any]) -> list[str]:
    content = turn.get("content")
    return [str(block.get("type")) for block in content] if isinstance(content, list) else []


def with_message(**fields: Any) -> Callable[[Any], Any]:
    """Adds fields to the message of a Chat answer."""

    def spoil(document: Any) -> Any:
        for choice in document["choices"]:
            choice["message"].update(fields)
        return document

    return spoil


def with_choice(**fields: Any) -> Callable[[Any], Any]:
    def spoil(document: Any) -> Any:
        for choice in document["choices"]:
            choice.update(fields)
        return document

    return spoil


def with_call(**fields: Any) -> Callable[[Any], Any]:
    """Adds fields to the calls of a Chat answer."""

    def spoil(document: Any) -> Any:
        for choice in document["choices"]:
            for call in choice["message"].get("tool_calls", ()):
                call.update(fields)
        return document

    return spoil


def so_many_choices(count: int) -> Callable[[Any], Any]:
    return lambda document: {**document, "choices": [{**document["choices"][0], "index": n} for n in range(count)]}


def without_deltas_index(chunk: Any) -> Any:
    for choice in chunk.get("choices", ()):
        for call in choice["delta"].get("tool_calls", ()):
            call.pop("index", None)
    return chunk


def without_usage(document: Any) -> Any:
    return {key: value for key, value in document.items() if key != "usage"}


def without_last_chunk(chunk: Any) -> Any:
    """Drops the chunk with the usage, which has no choice."""
    return chunk if chunk.get("choices") else None


def without_block_starts(event: Any) -> Any:
    return None if event.get("type") == "content_block_start" else event
