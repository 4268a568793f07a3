"""OpenAI's Chat Completions and every server that speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pytest_behavior_contract.ask.conversation import chat_turns
from pytest_behavior_contract.ask.spelling import Spelling, spell
from pytest_behavior_contract.ask.wire import (
    DONE,
    NOT_FINISHED,
    broken_event,
    events,
    http_fault,
    is_stream,
    objects_at,
    payload,
    pick,
    rejection,
    text_at,
    tool_call,
    usage_at,
)
from pytest_behavior_contract.exchange import Exchange, FollowUp, Prompt, Reply, Request, ToolCall, content_text

SURFACE = "openai-chat"


def _tool_choice(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"tool_choice": {"type": "function", "function": {"name": value["name"]}}}
    return {"tool_choice": value}


PARAMETERS: Mapping[str, Spelling] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": None,
    "max_output_tokens": "max_completion_tokens",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logit_bias": "logit_bias",
    "choices": "n",
    "top_logprobs": lambda count: {"logprobs": True, "top_logprobs": count},
    "tool_choice": _tool_choice,
    "parallel_tool_calls": "parallel_tool_calls",
    "reasoning_effort": "reasoning_effort",
    "json_schema": lambda schema: {
        "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    },
}
OWN_NAMES = frozenset(
    """audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata
    modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options
    prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream
    stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options""".split()
)
_FINISH = {"function_call": "tool_calls"}


class OpenAIChat:
    """POST /chat/completions through the openai SDK.

    ```toml
    api = "openai-chat"
    ```
    """

    surface: ClassVar[str] = SURFACE
    key_variable: ClassVar[str] = "OPENAI_API_KEY"
    sdk: ClassVar[str] = "openai"

    def request(self, prompt: Prompt, model: str) -> Request:
        messages: list[Any] = [{"role": "system", "content": prompt.system}] if prompt.system else []
        messages += prompt.messages
        body: dict[str, Any] = {"model": model, "messages": messages}
        if prompt.tools:
            body["tools"] = [_tool(tool.name, tool.description, tool.parameters, tool.strict) for tool in prompt.tools]
        body |= spell(SURFACE, PARAMETERS, OWN_NAMES, prompt)
        if prompt.stream:
            body["stream"] = True
        return Request(surface=SURFACE, path="/chat/completions", body=body)

    def fault(self, exchange: Exchange) -> str:
        found = http_fault(exchange)
        if found or exchange.response.status >= 400:
            return found
        if is_stream(exchange.response):
            return _stream_fault(exchange.response.body)
        if not objects_at(payload(exchange.response), "choices"):
            return "an answer without choices"
        message = pick(payload(exchange.response), "choices", 0, "message", kind=dict)
        if message is None or not isinstance(message.get("content"), str | list | None):
            return "an answer whose message cannot be read"
        if not isinstance(message.get("tool_calls"), list | None):
            return "an answer whose tool calls cannot be read"
        return ""

    def reply(self, exchange: Exchange) -> Reply:
        refused = rejection(exchange)
        if refused:
            return _rejected(exchange, refused.message) or Reply(rejection=refused, exchange=exchange)
        streamed = is_stream(exchange.response)
        document = _assembled(exchange.response.body) if streamed else payload(exchange.response)
        choice = pick(document, "choices", 0, kind=dict)
        message = pick(choice, "message", kind=dict) or {}
        reason = text_at(choice, "finish_reason")
        calls = tuple(map(_call, objects_at(message, "tool_calls")))
        return Reply(
            text=content_text(message.get("content")),
            tool_calls=calls,
            finish_reason=_FINISH.get(reason, reason),
            raw_finish_reason=reason,
            refusal=text_at(message, "refusal"),
            served_model=text_at(document, "model"),
            usage=usage_at(document, "prompt_tokens", "completion_tokens"),
            blocks=_blocks(message, len(calls)),
            choices=len(objects_at(document, "choices")),
            payload=document if isinstance(document, dict) else {},
            exchange=exchange,
        )

    def echoed(self, request: Request, reply: Reply, follow: FollowUp) -> dict[str, Any]:
        message = pick(reply.payload, "choices", 0, "message", kind=dict) or {}
        messages = [*request.body["messages"], *chat_turns(message, reply, follow)]
        return {**request.body, "messages": messages}


def _tool(name: str, description: str, parameters: Mapping[str, Any], strict: bool | None) -> dict[str, Any]:  # noqa: FBT001
    function: dict[str, Any] = {"name": name, "description": description, "parameters": parameters}
    if strict is not None:
        function["strict"] = strict
    return {"type": "function", "function": function}


def _call(call: Mapping[str, Any]) -> ToolCall:
    return tool_call(text_at(call, "function", "name"), text_at(call, "function", "arguments"), call.get("id"))


def _rejected(exchange: Exchange, message: str) -> Reply | None:
    """Azure refuses a filtered prompt with a 400; that is a refusal of the prompt, not of the request."""
    document = payload(exchange.response)
    codes = (text_at(document, "error", "code"), text_at(document, "error", "innererror", "code"))
    if not {"content_filter", "ResponsibleAIPolicyViolation"} & set(codes):
        return None
    return Reply(
        finish_reason="content_filter",
        raw_finish_reason="content_filter",
        refusal=message or "content_filter",
        payload=document,
        exchange=exchange,
    )


def _blocks(message: Mapping[str, Any], calls: int) -> tuple[str, ...]:
    content = message.get("content")
    kinds = ["thinking"] if message.get("reasoning_content") or message.get("reasoning") else []
    if isinstance(content, list):
        kinds += [text_at(part, "type") or "unknown" for part in content]
    elif content:
        kinds.append("text")
    return (*kinds, *["tool_use"] * calls)


def _stream_fault(body: str) -> str:
    found = broken_event(body)
    if found:
        return found
    chunks = [chunk for _, chunk in events(body)]
    if not any(objects_at(chunk, "choices") for chunk in chunks):
        return "a stream without choices"
    finished = DONE in chunks or any(text_at(chunk, "choices", 0, "finish_reason") for chunk in chunks)
    return "" if finished else NOT_FINISHED


def _assembled(body: str) -> dict[str, Any]:
    """The response that a stream's chunks add up to, in the shape of one that was not streamed."""
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for _, chunk in events(body):
        if not isinstance(chunk, dict):
            continue
        whole.update({key: value for key, value in chunk.items() if key != "choices" and value is not None})
        for part in objects_at(chunk, "choices"):
            index = pick(part, "index", kind=int) or 0
            choice = choices.setdefault(index, {"index": index, "finish_reason": None, "message": {"content": None}})
            choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
            _add_delta(choice["message"], pick(part, "delta", kind=dict) or {})
    whole["choices"] = [choices[index] for index in sorted(choices)]
    return whole


def _add_delta(message: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for key, value in delta.items():
        if key == "role":
            message.setdefault("role", value)
        elif key == "content" and (isinstance(value, list) or isinstance(message.get(key), list)):
            message[key] = _grown(message.get(key), value)
        elif isinstance(value, str) and key != "tool_calls":
            message[key] = text_at(message, key) + value
    for part in objects_at(delta, "tool_calls"):
        calls: list[dict[str, Any]] = message.setdefault("tool_calls", [])
        call = _call_for(calls, part)
        call["id"] = call["id"] or text_at(part, "id")
        call["function"]["name"] += text_at(part, "function", "name")
        call["function"]["arguments"] += text_at(part, "function", "arguments")


def _grown(content: Any, more: Any) -> list[Any]:
    """Content that comes in parts, with what a further chunk adds; a text that goes on stays one part."""
    parts, further = (
        one if isinstance(one, list) else [{"type": "text", "text": one}] if one else [] for one in (content, more)
    )
    grown = list(parts)
    for part in further:
        last = grown[-1] if grown and isinstance(grown[-1], dict) else {}
        if text_at(part, "text") and isinstance(last.get("text"), str) and last.get("type") == text_at(part, "type"):
            grown[-1] = {**last, "text": last["text"] + text_at(part, "text")}
        else:
            grown.append(part)
    return grown


def _call_for(calls: list[dict[str, Any]], part: Mapping[str, Any]) -> dict[str, Any]:
    """The call that a delta continues: by index, or, where a server sends none, by a new id."""
    index = pick(part, "index", kind=int)
    for call in calls:
        if index is not None and call["index"] == index:
            return call
    if index is None and calls and text_at(part, "id") in ("", calls[-1]["id"]):
        return calls[-1]
    calls.append({"index": index, "id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    return calls[-1]
