"""What a reply shows of the parameters of its request: heeded, ignored, or nothing that could be seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_behavior_contract.exchange import Reply

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class Ignored:
    """The reply shows that a parameter was not heeded."""

    parameter: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """The reply cannot show whether a parameter was heeded."""

    why: str


Look = Callable[[Mapping[str, Any], Reply], Ignored | Unseen | None]


def _stop(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    name = next((name for name in ("stop", "stop_sequences") if body.get(name)), "")
    if not name:
        return Unseen("the request has no stop sequence")
    for stop in [body[name]] if isinstance(body[name], str) else body[name]:
        place = reply.text.find(stop) if isinstance(stop, str) and stop else -1
        if place >= 0:
            return Ignored(name, f"the text goes on behind {stop!r}: {reply.text[max(0, place - 40) : place + 80]!r}")
    return None


def _limit(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    name = next((name for name in _LIMITS if isinstance(body.get(name), int)), "")
    if not name:
        return Unseen("the request has no token limit")
    if reply.usage is None:
        return Unseen("the reply does not say how many tokens it has")
    if reply.usage.output_tokens > body[name] * max(1, reply.choices):
        return Ignored(name, f"{reply.usage.output_tokens} output tokens, {body[name]} allowed")
    return None


def _choices(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    wanted = body.get("n")
    if not isinstance(wanted, int):
        return Unseen("the request has no n")
    return None if reply.choices == wanted else Ignored("n", f"{reply.choices} of {wanted} answers")


def _seed(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    if "seed" not in body:
        return Unseen("the request has no seed")
    first = reply.first
    if first is None or not _same_request(first, reply):
        return Unseen("the request was not asked twice")
    if (first.text, _said(first)) == (reply.text, _said(reply)):
        return None
    return Ignored("seed", f"{first.text[:100] or _said(first)!r}, then {reply.text[:100] or _said(reply)!r}")


def _same_request(first: Reply, second: Reply) -> bool:
    exchanges = (first.exchange, second.exchange)
    return len({one.request.digest for one in exchanges if one is not None}) <= 1


def _said(reply: Reply) -> list[tuple[str, str]]:
    return [(call.name, call.arguments_text) for call in reply.tool_calls]


def _schema(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    name, schema = _wanted_schema(body)
    if not name:
        return Unseen("the request asks for no JSON")
    if reply.tool_calls or reply.refusal:
        return Unseen("the reply is a tool call or a refusal")
    if reply.finish_reason == "length":
        return Unseen("the reply is cut off by the token limit")
    try:
        value = json.loads(reply.text)
    except ValueError:
        return Ignored(name, f"no JSON: {reply.text[:200]!r}")
    if schema is None:
        return None if isinstance(value, dict) else Ignored(name, f"no JSON object: {reply.text[:200]!r}")
    return _fits(schema, value, name)


def _fits(schema: Any, value: Any, name: str) -> Ignored | Unseen | None:
    import jsonschema
    from jsonschema.exceptions import best_match
    from referencing import Registry

    try:
        # The empty registry keeps jsonschema from fetching what a $ref names.
        validator = jsonschema.validators.validator_for(schema)(schema, registry=Registry())
        error = best_match(validator.iter_errors(value))
    except Exception as broken:  # noqa: BLE001 - the schema is the application's; what is wrong with it is not the reply's
        return Unseen(f"the schema cannot be applied: {broken}")
    return None if error is None else Ignored(name, f"schema violated at {error.json_path}: {error.message}")


def _wanted_schema(body: Mapping[str, Any]) -> tuple[str, Any]:
    """The parameter that asks for JSON, and the schema it names; None for any JSON object."""
    for name, form in (
        ("response_format", body.get("response_format")),
        ("text.format", _inner(body.get("text"), "format")),
        ("output_config.format", _inner(body.get("output_config"), "format")),
    ):
        kind = _inner(form, "type")
        if kind == "json_schema":
            schema = _inner(_inner(form, "json_schema"), "schema") or _inner(form, "schema")
            return (name, schema) if isinstance(schema, Mapping | bool) else ("", None)
        if kind == "json_object":
            return name, None
    return "", None


def _inner(document: Any, key: str) -> Any:
    return document.get(key) if isinstance(document, Mapping) else None


def _tool_choice(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    choice = body.get("tool_choice")
    kind = choice if isinstance(choice, str) else _inner(choice, "type")
    if kind in (None, "auto"):
        return Unseen("the request leaves the choice to the model")
    if kind == "none":
        return Ignored("tool_choice", f"none allowed, called {_names(reply)}") if reply.tool_calls else None
    if not reply.tool_calls:
        return Ignored("tool_choice", f"a call is required, none came: {reply.text[:200]!r}")
    wanted = _inner(choice, "name") or _inner(_inner(choice, "function"), "name")
    if wanted and any(call.name != wanted for call in reply.tool_calls):
        return Ignored("tool_choice", f"{wanted} is required, called {_names(reply)}")
    return None


def _names(reply: Reply) -> str:
    return ", ".join(call.name for call in reply.tool_calls)


def _parallel(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    name = ""
    if body.get("parallel_tool_calls") is False:
        name = "parallel_tool_calls"
    elif _inner(body.get("tool_choice"), "disable_parallel_tool_use") is True:
        name = "tool_choice.disable_parallel_tool_use"
    if not name:
        return Unseen("the request allows several calls")
    return Ignored(name, f"{len(reply.tool_calls)} calls in one turn") if len(reply.tool_calls) > 1 else None


def _logprobs(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    if not body.get("logprobs") and not body.get("top_logprobs"):
        return Unseen("the request asks for no log probabilities")
    if not reply.text:
        return Unseen("the reply has no text")
    name = "logprobs" if body.get("logprobs") else "top_logprobs"
    return None if any(_all_logprobs(reply.payload)) else Ignored(name, "no log probabilities came")


def _all_logprobs(payload: Mapping[str, Any]) -> Iterator[Any]:
    for choice in _list(payload.get("choices")):
        yield _inner(choice, "logprobs")
    for item in _list(payload.get("output")):
        for part in _list(_inner(item, "content")):
            yield _inner(part, "logprobs")


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _stream(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    if "stream" not in body or reply.exchange is None:
        return Unseen("the request says nothing of a stream")
    came = any("event-stream" in kind for kind in reply.exchange.response.headers.get("content-type", ()))
    if came == bool(body["stream"]):
        return None
    return Ignored("stream", "the reply came as a stream" if came else "the reply came in one piece")


def _stream_options(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    if not _inner(body.get("stream_options"), "include_usage"):
        return Unseen("the request does not ask for usage")
    return None if reply.usage is not None else Ignored("stream_options", "no usage came")


def _thinking(body: Mapping[str, Any], reply: Reply) -> Ignored | Unseen | None:
    if _inner(body.get("thinking"), "type") != "enabled":
        return Unseen("the request does not enable thinking")
    if any("thinking" in kind for kind in reply.blocks):
        return None
    return Ignored("thinking", f"blocks: {', '.join(reply.blocks) or 'none'}")


CHECKS: Mapping[str, Look] = {
    "stop": _stop,
    "max_tokens": _limit,
    "choices": _choices,
    "seed": _seed,
    "schema": _schema,
    "tool_choice": _tool_choice,
    "parallel_tool_calls": _parallel,
    "logprobs": _logprobs,
    "stream": _stream,
    "stream_options": _stream_options,
    "thinking": _thinking,
}
