"""The content has the type that the code reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pytest_behavior_contract.ask.wire import objects_at
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.on_record import CHAT, RESPONSES, not_on_record, stream_events, surface_of
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed
from pytest_behavior_contract.results import Verdict

_SHOWN = {"string": "a string", "blocks": "a list of blocks", "null": "null", "other": "something else"}


@dataclass(frozen=True, kw_only=True)
class ContentIs:
    """The content of the message is a string, or a list of blocks: what `.strip()` or `[0]` takes for granted.

    ```yaml
    expect:
      - content_is: string
    ```

    On OpenAI's Chat API it is `message.content`, or `delta.content` in every chunk of a stream; a null counts as a
    string where it comes with calls or a refusal, as the API promises, and stays a fault where it comes alone. On
    Anthropic's API and in messages of OpenAI's Responses API the content is `blocks` as it should be.
    Causes: `content is a list of blocks, not a string`, `content is a string, not a list of blocks`,
    `content is null, not a string`, `content is missing, not …`; an error where nothing of the wire is on record.
    """

    kind: Literal["string", "blocks"]

    def check(self, reply: Reply) -> Verdict:
        surface = surface_of(reply)
        if not surface:
            return not_on_record(reply, "the type of the content")
        kinds = _in_chat(reply) if surface == CHAT else _in_blocks(reply)
        says_else = bool(reply.tool_calls or reply.refusal)
        for kind, shown in kinds:
            if kind == self.kind or (kind == "null" and says_else):
                continue
            return failed(f"content is {_SHOWN.get(kind, kind)}, not {_SHOWN[self.kind]}", shown)
        if not kinds and not says_else:
            return failed(f"content is missing, not {_SHOWN[self.kind]}", reply.text)
        return passed(f"content is {_SHOWN[self.kind]}")


def _in_chat(reply: Reply) -> list[tuple[str, str]]:
    events = stream_events(reply)
    if not events:
        choices = objects_at(dict(reply.payload), "choices")
        messages = [choice["message"] for choice in choices if isinstance(choice.get("message"), dict)]
        return [_kind(message.get("content")) for message in messages]
    choices = [choice for _, chunk in events for choice in objects_at(chunk, "choices")]
    deltas = [choice["delta"] for choice in choices if isinstance(choice.get("delta"), dict)]
    # A null in a chunk says nothing: those with the role or the end have one.
    found = [_kind(delta["content"]) for delta in deltas if delta.get("content") is not None]
    return found or ([("null", "")] if deltas else [])


def _in_blocks(reply: Reply) -> list[tuple[str, str]]:
    document = dict(reply.payload)
    if surface_of(reply) == RESPONSES:
        items = [item for item in objects_at(document, "output") if item.get("type") == "message"]
        return [_kind(item.get("content")) for item in items]
    return [_kind(document["content"])] if "content" in document else []


def _kind(content: Any) -> tuple[str, str]:
    if content is None:
        return "null", ""
    kind = "string" if isinstance(content, str) else "blocks" if isinstance(content, list) else "other"
    return kind, excerpt(content if isinstance(content, str) else repr(content)[:400])
