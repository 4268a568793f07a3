"""OpenAI's Responses API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pytest_behavior_contract.ask.spelling import Spelling, spell
from pytest_behavior_contract.ask.wire import (
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
from pytest_behavior_contract.exchange import Exchange, FollowUp, Prompt, Reply, Request, content_text

SURFACE = "openai-responses"


def _tool_choice(value: Any) -> dict[str, Any]:
    return {"tool_choice": {"type": "function", "name": value["name"]} if isinstance(value, Mapping) else value}


PARAMETERS: Mapping[str, Spelling] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": None,
    "max_output_tokens": "max_output_tokens",
    "stop": None,
    "seed": None,
    "presence_penalty": None,
    "frequency_penalty": None,
    "logit_bias": None,
    "choices": None,
    "top_logprobs": lambda count: {"top_logprobs": count, "include": ["message.output_text.logprobs"]},
    "tool_choice": _tool_choice,
    "parallel_tool_calls": "parallel_tool_calls",
    "reasoning_effort": "reasoning.effort",
    "json_schema": lambda schema: {"text": {"format": {"type": "json_schema", "name": "reply", "schema": schema}}},
}
OWN_NAMES = frozenset(
    """access_programs background background_options context_management conversation image include instructions
    max_output_tokens max_tool_calls metadata moderation parallel_tool_calls previous_response_id prompt
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream
    stream_options temperature text tool_choice tools top_logprobs top_p truncation user""".split()
)
_ENDS = ("response.completed", "response.incomplete", "response.failed")
_BLOCKS = {"message": "text", "function_call": "tool_use", "reasoning": "thinking"}


class OpenAIResponses:
    """POST /responses through the openai SDK.

    ```toml
    api = "openai-responses"
    ```
    """

    surface: ClassVar[str] = SURFACE
    key_variable: ClassVar[str] = "OPENAI_API_KEY"
    sdk: ClassVar[str] = "openai"

    def request(self, prompt: Prompt, model: str) -> Request:
        body: dict[str, Any] = {"model": model, "input": [item for turn in prompt.messages for item in _items(turn)]}
        if prompt.system:
            body["instructions"] = prompt.system
        if prompt.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "strict": bool(tool.strict),
                }
                for tool in prompt.tools
            ]
        body |= spell(SURFACE, PARAMETERS, OWN_NAMES, prompt)
        if prompt.stream:
            body["stream"] = True
        return Request(surface=SURFACE, path="/responses", body=body)

    def fault(self, exchange: Exchange) -> str:
        found = http_fault(exchange)
        if found or exchange.response.status >= 400:
            return found
        found = broken_event(exchange.response.body) if is_stream(exchange.response) else ""
        if found:
            return found
        document = _document(exchange)
        if document is None:
            return NOT_FINISHED
        if text_at(document, "status") == "failed":
            return f"a failed response: {text_at(document, 'error', 'message')}"
        if not pick(document, "output", kind=list):
            return "an answer without output"
        return ""

    def reply(self, exchange: Exchange) -> Reply:
        refused = rejection(exchange)
        if refused:
            return Reply(rejection=refused, exchange=exchange)
        document = _document(exchange)
        output = objects_at(document, "output")
        parts = [part for item in output if item.get("type") == "message" for part in objects_at(item, "content")]
        calls = tuple(
            tool_call(item.get("name"), text_at(item, "arguments"), item.get("call_id"))
            for item in output
            if item.get("type") == "function_call"
        )
        reason = text_at(document, "incomplete_details", "reason") or text_at(document, "status")
        return Reply(
            text="".join(text_at(part, "text") for part in parts if part.get("type") == "output_text"),
            tool_calls=calls,
            finish_reason=_finish(reason, has_calls=bool(calls)),
            raw_finish_reason=reason,
            refusal="\n".join(text_at(part, "refusal") for part in parts if part.get("type") == "refusal"),
            served_model=text_at(document, "model"),
            usage=usage_at(document, "input_tokens", "output_tokens"),
            blocks=tuple(_BLOCKS.get(text_at(item, "type"), text_at(item, "type")) for item in output),
            payload=document or {},
            exchange=exchange,
        )

    def echoed(self, request: Request, reply: Reply, follow: FollowUp) -> dict[str, Any]:
        output = objects_at(reply.payload, "output")
        if follow.echo != "whole":
            output = [item for item in output if item.get("type") != "reasoning"]
        if follow.echo == "empty-text" and reply.tool_calls and not reply.text:
            output = [{"role": "assistant", "content": ""}, *output]
        results = [
            {"type": "function_call_output", "call_id": call.id, "output": follow.result} for call in reply.tool_calls
        ]
        items = [*request.body["input"], *output, *(results or [{"role": "user", "content": follow.say}])]
        return {**request.body, "input": items}


def _finish(reason: str, *, has_calls: bool) -> str:
    if reason == "completed":
        return "tool_calls" if has_calls else "stop"
    return {"max_output_tokens": "length"}.get(reason, reason)


def _items(turn: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A turn of a conversation as input items."""
    role, content = turn["role"], turn.get("content")
    if role == "tool":
        return [
            {
                "type": "function_call_output",
                "call_id": turn.get("tool_call_id", ""),
                "output": content_text(content),
            }
        ]
    items: list[dict[str, Any]] = []
    if content:
        items.append({"role": role, "content": content if isinstance(content, str) else _parts(role, content)})
    items += [
        {
            "type": "function_call",
            "call_id": text_at(call, "id"),
            "name": text_at(call, "function", "name"),
            "arguments": text_at(call, "function", "arguments"),
        }
        for call in objects_at(turn, "tool_calls")
    ]
    return items


def _parts(role: str, content: list[Any]) -> list[Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    parts: list[Any] = []
    for part in content:
        if pick(part, "type", kind=str) == "text":
            parts.append({"type": kind, "text": text_at(part, "text")})
        elif pick(part, "type", kind=str) == "image_url":
            parts.append({"type": "input_image", "image_url": text_at(part, "image_url", "url")})
        else:
            parts.append(part)
    return parts


def _document(exchange: Exchange) -> dict[str, Any] | None:
    """The response object; of a stream, the one its last event carries, with the items that came before it."""
    if not is_stream(exchange.response):
        document = payload(exchange.response)
        return document if isinstance(document, dict) else None
    items: list[dict[str, Any]] = []
    for name, event in events(exchange.response.body):
        kind = text_at(event, "type") or name
        if kind == "response.output_item.done":
            items.append(pick(event, "item", kind=dict) or {})
        elif kind == "error":
            return {"status": "failed", "error": event}
        elif kind in _ENDS:
            document = dict(pick(event, "response", kind=dict) or {})
            if not document.get("output"):
                document["output"] = items
            return document
    return None
