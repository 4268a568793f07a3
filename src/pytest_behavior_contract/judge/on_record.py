"""What is on record of the wire beside a reply: the request and what it asked for, the events of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_behavior_contract.ask.wire import events, is_stream, objects_at, pick, text_at
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.results import Verdict

CHAT, RESPONSES, ANTHROPIC = "openai-chat", "openai-responses", "anthropic-messages"
SURFACES = (CHAT, RESPONSES, ANTHROPIC)
NOT_ON_RECORD = "nothing of the wire is on record"
_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


def not_on_record(reply: Reply, needed: str) -> Verdict:
    """The verdict on a reply that came without what the check reads: from a function, or made up by a test."""
    why = "it has no recorded exchange"
    if reply.exchange is not None:
        why = f"{reply.exchange.request.surface} speaks none of {', '.join(SURFACES)}"
    return Verdict(outcome="error", cause=NOT_ON_RECORD, evidence=f"{needed} cannot be read from this reply: {why}")


def surface_of(reply: Reply) -> str:
    """The API surface whose wire is on record; empty where none that is known here is."""
    if reply.exchange is None or reply.exchange.request.surface not in SURFACES:
        return ""
    return reply.exchange.request.surface


def request_of(reply: Reply) -> Mapping[str, Any] | None:
    """The body of the request, also of one that went to a Python function; None where it is not on record."""
    return None if reply.exchange is None else reply.exchange.request.body


def came_as_stream(reply: Reply) -> bool:
    return reply.exchange is not None and is_stream(reply.exchange.response)


def stream_events(reply: Reply) -> list[tuple[str, Any]]:
    """The events of a streamed reply, as name and JSON; none where it was not streamed."""
    if reply.exchange is None or not is_stream(reply.exchange.response):
        return []
    return list(events(reply.exchange.response.body))


def declared_tools(reply: Reply) -> Mapping[str, Mapping[str, Any] | None] | None:
    """The tools that the request offered, each with the schema of its arguments.

    A schema is None where the request has none, as for tools that the vendor itself defines. The whole is None where
    the request is not on record.
    """
    body = request_of(reply)
    if body is None:
        return None
    found: dict[str, Mapping[str, Any] | None] = {}
    for entry in [*_mappings(body.get("tools")), *_mappings(body.get("functions"))]:
        inner = next((entry[key] for key in ("function", "custom") if isinstance(entry.get(key), Mapping)), entry)
        name = inner.get("name")
        if isinstance(name, str) and name:
            schema = inner.get("parameters", inner.get("input_schema"))
            found[name] = schema if isinstance(schema, Mapping) and schema else None
    return found


def token_limit(reply: Reply) -> int | None:
    """The most output tokens that the request allowed; None where it named no limit."""
    body = request_of(reply) or {}
    neutral = body.get("parameters")
    named = [body.get(key) for key in _LIMITS]
    if isinstance(neutral, Mapping):
        named.append(neutral.get("max_output_tokens"))
    return next(
        (limit for limit in named if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0), None
    )


def reasoning_tokens(reply: Reply) -> int | None:
    """How many output tokens went into reasoning, as far as the usage says so."""
    for key in ("completion_tokens_details", "output_tokens_details"):
        for name in ("reasoning_tokens", "thinking_tokens"):
            found = pick(dict(reply.payload), "usage", key, name, kind=int)
            if found is not None:
                return found
    return None


def usage_was_asked_for(reply: Reply) -> bool:
    """Whether the request asked for usage at the end of its stream; only OpenAI's Chat API wants to be asked."""
    body = request_of(reply) or {}
    options = body.get("stream_options")
    return isinstance(options, Mapping) and bool(options.get("include_usage"))


def spelling_of_arguments(reply: Reply) -> str:
    """What is wrong with how the arguments of calls stand on the wire, before any parsing; empty where nothing is."""
    document, surface = dict(reply.payload), surface_of(reply)
    if surface == ANTHROPIC:
        for block in objects_at(document, "content"):
            if block.get("type") == "tool_use" and isinstance(block.get("input"), str) and not came_as_stream(reply):
                return "arguments: JSON in a string"
    if surface == CHAT:
        for call in objects_at(document, "choices", 0, "message", "tool_calls"):
            if pick(call, "function", "arguments", kind=dict) is not None:
                return "arguments: an object, not JSON text"
    if surface == RESPONSES:
        for item in objects_at(document, "output"):
            if text_at(item, "type") == "function_call" and isinstance(item.get("arguments"), dict):
                return "arguments: an object, not JSON text"
    return ""


def _mappings(found: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list | tuple) else []
