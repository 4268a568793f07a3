"""Anthropic's Messages API."""

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
from pytest_behavior_contract.errors import NotExpressible
from pytest_behavior_contract.exchange import Exchange, FollowUp, Prompt, Reply, Request, content_text, parse_json

SURFACE = "anthropic-messages"


def _tool_choice(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"tool_choice": {"type": "tool", "name": value["name"]}}
    return {"tool_choice": {"type": {"required": "any"}.get(value, value)}}


def _stop(value: Any) -> dict[str, Any]:
    return {"stop_sequences": [value] if isinstance(value, str) else value}


PARAMETERS: Mapping[str, Spelling] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_output_tokens": "max_tokens",
    "stop": _stop,
    "seed": None,
    "presence_penalty": None,
    "frequency_penalty": None,
    "logit_bias": None,
    "choices": None,
    "top_logprobs": None,
    "tool_choice": _tool_choice,
    "parallel_tool_calls": lambda allowed: {"tool_choice": {"disable_parallel_tool_use": not allowed}},
    "reasoning_effort": "output_config.effort",
    "json_schema": lambda schema: {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
}
OWN_NAMES = frozenset(
    """cache_control container diagnostics inference_geo max_tokens metadata output_config service_tier speed
    stop_sequences stream system temperature thinking tool_choice tools top_k top_p user_profile_id
    workspace_id""".split()
)
LEAST_TOKENS = 64
"""The limit of a probe that names none."""
_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
}
_DELTAS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


class AnthropicMessages:
    """POST /v1/messages through the anthropic SDK.

    ```toml
    api = "anthropic-messages"
    ```
    """

    surface: ClassVar[str] = SURFACE
    key_variable: ClassVar[str] = "ANTHROPIC_API_KEY"
    sdk: ClassVar[str] = "anthropic"

    def request(self, prompt: Prompt, model: str) -> Request:
        body: dict[str, Any] = {"model": model, "messages": _messages(prompt)}
        if prompt.system:
            body["system"] = prompt.system
        if prompt.tools:
            body["tools"] = [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "input_schema": tool.parameters or {"type": "object"},
                }
                for tool in prompt.tools
            ]
        body |= spell(SURFACE, PARAMETERS, OWN_NAMES, prompt)
        choice = body.get("tool_choice")
        if isinstance(choice, dict) and "disable_parallel_tool_use" in choice:
            choice.setdefault("type", "auto")
        if prompt.stream:
            body["stream"] = True
        if prompt.partial:
            # The API takes nothing without a limit; what is left of it after the thinking would be too little.
            thinking = pick(body, "thinking", "budget_tokens", kind=int) or 0
            body.setdefault("max_tokens", thinking + LEAST_TOKENS)
        return Request(surface=SURFACE, path="/v1/messages", body=body)

    def fault(self, exchange: Exchange) -> str:
        found = http_fault(exchange)
        if found or exchange.response.status >= 400:
            return found
        if is_stream(exchange.response):
            return _stream_fault(exchange.response.body)
        if pick(payload(exchange.response), "content", kind=list) is None:
            return "an answer without content"
        if not text_at(payload(exchange.response), "stop_reason"):
            return "an answer without a reason why it ended"
        return ""

    def reply(self, exchange: Exchange) -> Reply:
        refused = rejection(exchange)
        if refused:
            return Reply(rejection=refused, exchange=exchange)
        streamed = is_stream(exchange.response)
        document = _assembled(exchange.response.body) if streamed else payload(exchange.response)
        blocks = objects_at(document, "content")
        reason = text_at(document, "stop_reason")
        return Reply(
            text="".join(text_at(block, "text") for block in blocks if block.get("type") == "text"),
            tool_calls=tuple(
                tool_call(block.get("name"), block.get("input"), block.get("id"))
                for block in blocks
                if block.get("type") == "tool_use"
            ),
            finish_reason=_FINISH.get(reason, reason),
            raw_finish_reason=reason,
            refusal="stop_reason refusal" if reason == "refusal" else "",
            served_model=text_at(document, "model"),
            usage=usage_at(document, "input_tokens", "output_tokens"),
            blocks=tuple(text_at(block, "type") for block in blocks),
            payload=document if isinstance(document, dict) else {},
            exchange=exchange,
        )

    def echoed(self, request: Request, reply: Reply, follow: FollowUp) -> dict[str, Any]:
        blocks = objects_at(reply.payload, "content")
        if follow.echo != "whole":
            blocks = [block for block in blocks if "thinking" not in text_at(block, "type")]
        if follow.echo == "empty-text" and reply.tool_calls and not reply.text:
            blocks = [{"type": "text", "text": ""}, *blocks]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": follow.result} for call in reply.tool_calls
        ]
        turns = [{"role": "assistant", "content": blocks}, {"role": "user", "content": results or follow.say}]
        return {**request.body, "messages": [*request.body["messages"], *turns]}


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The turns: results of tools become the user's, calls become blocks, images get their other spelling."""
    turns: list[dict[str, Any]] = []
    for turn in prompt.messages:
        role, content = turn["role"], turn.get("content")
        if role in ("system", "developer"):
            raise NotExpressible(SURFACE, f"{role} role inside messages (use `system:`)")
        if role == "tool":
            result = {
                "type": "tool_result",
                "tool_use_id": turn.get("tool_call_id", ""),
                "content": content_text(content),
            }
            if turns and turns[-1]["role"] == "user" and isinstance(turns[-1]["content"], list):
                turns[-1]["content"].append(result)
            else:
                turns.append({"role": "user", "content": [result]})
            continue
        calls = [
            {
                "type": "tool_use",
                "id": text_at(call, "id"),
                "name": text_at(call, "function", "name"),
                "input": tool_call("", text_at(call, "function", "arguments"), "").arguments or {},
            }
            for call in objects_at(turn, "tool_calls")
        ]
        if isinstance(content, str) and not calls:
            turns.append({"role": role, "content": content})
            continue
        parts = [{"type": "text", "text": content}] if isinstance(content, str) and content else content or []
        turns.append({"role": role, "content": [*(_part(part) for part in parts), *calls]})
    return turns


def _part(part: Any) -> Any:
    url = text_at(part, "image_url", "url")
    if not url:
        return part
    if url.startswith("data:"):
        media_type, _, encoded = url.removeprefix("data:").partition(";base64,")
        return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": encoded}}
    return {"type": "image", "source": {"type": "url", "url": url}}


def _stream_fault(body: str) -> str:
    found = broken_event(body)
    if found:
        return found
    message = _assembled(body)
    if not text_at(message, "stop_reason"):
        return NOT_FINISHED
    return "" if message["content"] or text_at(message, "role") else "a stream without a message"


def _assembled(body: str) -> dict[str, Any]:
    """The message that a stream's events add up to."""
    whole: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    for _, event in events(body):
        kind = text_at(event, "type")
        index = pick(event, "index", kind=int) or 0
        if kind == "message_start":
            whole = dict(pick(event, "message", kind=dict) or {})
        elif kind == "content_block_start":
            blocks[index] = dict(pick(event, "content_block", kind=dict) or {})
        elif kind == "content_block_delta":
            block = blocks.setdefault(index, {})
            delta = pick(event, "delta", kind=dict) or {}
            if delta.get("type") == "input_json_delta":
                block["partial_json"] = text_at(block, "partial_json") + text_at(delta, "partial_json")
            for name, key in _DELTAS.items():
                if delta.get("type") == name:
                    block[key] = text_at(block, key) + text_at(delta, key)
        elif kind == "message_delta":
            whole.update(pick(event, "delta", kind=dict) or {})
            counted = pick(whole, "usage", kind=dict) or {}
            whole["usage"] = {**counted, **(pick(event, "usage", kind=dict) or {})}
    whole["content"] = [_finished(blocks[index]) for index in sorted(blocks)]
    return whole


def _finished(block: dict[str, Any]) -> dict[str, Any]:
    """A block whose input came in pieces gets it whole; input that does not parse stays text."""
    pieces = block.pop("partial_json", "")
    if pieces:
        try:
            block["input"] = parse_json(pieces)
        except (ValueError, RecursionError):
            block["input"] = pieces
    return block
