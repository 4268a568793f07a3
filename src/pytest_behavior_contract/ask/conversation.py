"""The second request of a case, made from the reply to its first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_behavior_contract.errors import EndpointError
from pytest_behavior_contract.exchange import FollowUp, Reply, Request
from pytest_behavior_contract.interfaces import Provider


class NothingToSendBack(EndpointError):  # noqa: N818 - says what happened
    """The first reply holds nothing that a second request could be made of."""


def second_request(provider: Provider, follow: FollowUp, request: Request, reply: Reply) -> tuple[Request, int]:
    """The request and which of the identical ones it is; raises NothingToSendBack."""
    if follow.kind == "again":
        return request, 1
    if follow.needs_calls and not reply.tool_calls:
        raise NothingToSendBack(
            "no tool call to send back",
            "the first reply calls none; ask for something that needs the tool, or set tool_choice",
        )
    if not reply.tool_calls and not reply.text:
        raise NothingToSendBack("nothing to send back", "the first reply holds neither text nor a tool call")
    if not hasattr(provider, "echoed"):
        raise EndpointError("cannot send a reply back", f"provider {provider.surface} has no `echoed`", final=True)
    return Request(surface=request.surface, path=request.path, body=provider.echoed(request, reply, follow)), 0


def chat_turns(message: Mapping[str, Any], reply: Reply, follow: FollowUp) -> list[dict[str, Any]]:
    """A reply and what follows it as turns of OpenAI's Chat API; `message` is the reply as it came."""
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments_text},
        }
        for call in reply.tool_calls
    ]
    if follow.echo == "whole":
        turn = {"role": "assistant", **message}
    else:
        turn = {"role": "assistant", "content": reply.text or ("" if follow.echo == "empty-text" else None)}
    if calls:
        turn["tool_calls"] = calls if follow.echo != "whole" else _without_index(message, calls)
    results = [{"role": "tool", "tool_call_id": call.id, "content": follow.result} for call in reply.tool_calls]
    return [turn, *(results or [{"role": "user", "content": follow.say}])]


def _without_index(message: Mapping[str, Any], calls: list[dict[str, Any]]) -> list[Any]:
    """The calls as they came; those put together from a stream without the number that only a stream has."""
    came = message.get("tool_calls")
    if not isinstance(came, list):
        return list(calls)
    return [
        {key: value for key, value in call.items() if key != "index"} if isinstance(call, Mapping) else call
        for call in came
    ]
