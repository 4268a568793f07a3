"""The events of a stream held against what each API surface promises of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_behavior_contract.ask.wire import objects_at, pick, text_at

Events = Sequence[tuple[str, Any]]
_DONE = "[DONE]"
_DELTAS = {
    "text_delta": ("text",),
    "citations_delta": ("text",),
    "input_json_delta": ("tool_use", "server_tool_use", "mcp_tool_use"),
    "thinking_delta": ("thinking",),
    "signature_delta": ("thinking",),
}
_RESPONSE_ENDS = ("response.completed", "response.incomplete", "response.failed")


def chat_faults(events: Events, *, usage_asked: bool, every_chunk_has_choice: bool = False) -> list[str]:
    """What is wrong with a stream of OpenAI's Chat API, each fault once, in the order it shows."""
    faults = _Faults()
    usage = done = False
    choices: dict[int, _ChatChoice] = {}
    for _, chunk in events:
        if done:
            faults.add("event after the end")
        elif chunk == _DONE:
            done = True
        elif not isinstance(chunk, Mapping):
            faults.add("event that is no JSON")
        else:
            parts, counted = objects_at(chunk, "choices"), pick(chunk, "usage", kind=dict) is not None
            usage = usage or counted
            if not parts and (every_chunk_has_choice or not counted):
                faults.add(f"chunk without a choice{': the usage' if counted else ''}")
            for part in parts:
                index = pick(part, "index", kind=int)
                if index is None:
                    faults.add("choice without an index")
                choices.setdefault(index or 0, _ChatChoice()).take(part, faults)
    if any(not choice.finished for choice in choices.values()) or not choices:
        faults.add("no finish reason")
    if usage_asked and not usage:
        faults.add("no usage at the end")
    if not done:
        faults.add("no [DONE]")
    return faults.found


class _Faults:
    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, fault: str) -> None:
        if fault not in self.found:
            self.found.append(fault)


class _ChatChoice:
    """One choice of a streamed chat completion, as far as it has come."""

    def __init__(self) -> None:
        self.finished = False
        self._calls: set[int] = set()

    def take(self, part: Mapping[str, Any], faults: _Faults) -> None:
        delta = pick(part, "delta", kind=dict) or {}
        calls = objects_at(delta, "tool_calls")
        if self.finished and (delta.get("content") or calls):
            faults.add("content after the finish reason")
        for call in calls:
            self._take_call(call, faults)
        if text_at(part, "finish_reason"):
            if self.finished:
                faults.add("two finish reasons")
            self.finished = True

    def _take_call(self, call: Mapping[str, Any], faults: _Faults) -> None:
        index = pick(call, "index", kind=int)
        if index is None:
            faults.add("tool delta without an index")
            return
        if index in self._calls:
            return
        self._calls.add(index)
        if index != len(self._calls) - 1:
            faults.add("tool indices with a gap")
        if not text_at(call, "id"):
            faults.add("tool call begun without an id")
        if not text_at(call, "function", "name") and not text_at(call, "custom", "name"):
            faults.add("tool call begun without a name")


def anthropic_faults(events: Events) -> list[str]:
    """What is wrong with a stream of Anthropic's Messages API."""
    faults, stream = _Faults(), _AnthropicStream()
    for name, event in events:
        kind = text_at(event, "type")
        if not isinstance(event, Mapping):
            faults.add("event that is no JSON")
        elif kind != "ping":
            if name and name != kind:
                faults.add("event whose name is not its type")
            stream.take(kind, event, faults)
    stream.end(faults)
    return faults.found


class _AnthropicStream:
    """A streamed message, as far as it has come."""

    def __init__(self) -> None:
        self._started = self._ended = self._stop_reason = self._usage = False
        self._open: dict[int, str] = {}
        self._stopped: set[int] = set()

    def take(self, kind: str, event: Mapping[str, Any], faults: _Faults) -> None:
        if self._ended:
            faults.add("event after the end")
        if kind == "message_start":
            if self._started:
                faults.add("two message_starts")
            self._started = True
            return
        if not self._started:
            faults.add("no message_start")
            self._started = True
        if kind.startswith("content_block_"):
            self._take_block(kind.removeprefix("content_block_"), event, faults)
        elif kind == "message_delta":
            self._stop_reason = self._stop_reason or bool(text_at(event, "delta", "stop_reason"))
            self._usage = self._usage or pick(event, "usage", "output_tokens", kind=int) is not None
        elif kind == "message_stop":
            self._ended = True

    def _take_block(self, step: str, event: Mapping[str, Any], faults: _Faults) -> None:
        index = pick(event, "index", kind=int)
        if index is None:
            faults.add("block without an index")
            return
        begun = index in self._open or index in self._stopped
        if step == "start":
            if self._open:
                faults.add("block started before the last one stopped")
            if begun:
                faults.add("block started twice")
            elif index != len(self._open) + len(self._stopped):
                faults.add("block indices with a gap")
            self._open[index] = text_at(event, "content_block", "type")
        elif step == "stop":
            if index not in self._open:
                faults.add("block stopped twice" if begun else "block stop before its start")
            self._open.pop(index, None)
            self._stopped.add(index)
        elif step == "delta":
            if index not in self._open:
                faults.add("block delta after its stop" if begun else "block delta before its start")
                return
            kind = text_at(event, "delta", "type")
            if self._open[index] not in _DELTAS.get(kind, (self._open[index],)):
                faults.add(f"{kind} in a {self._open[index] or 'nameless'} block")

    def end(self, faults: _Faults) -> None:
        if self._open:
            faults.add("block never stopped")
        if not self._stop_reason:
            faults.add("no stop reason")
        if not self._usage:
            faults.add("no usage at the end")
        if not self._ended:
            faults.add("no message_stop")


def responses_faults(events: Events) -> list[str]:
    """What is wrong with a stream of OpenAI's Responses API."""
    faults, stream = _Faults(), _ResponseStream()
    for number, (name, event) in enumerate(events):
        kind = text_at(event, "type")
        if not isinstance(event, Mapping):
            faults.add("event that is no JSON")
            continue
        if name and name != kind:
            faults.add("event whose name is not its type")
        if number == 0 and kind != "response.created":
            faults.add("no response.created")
        stream.take(kind, event, faults)
    stream.end(faults)
    return faults.found


class _ResponseStream:
    """A streamed response, as far as it has come."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._added: set[int] = set()
        self._done: set[int] = set()
        self._texts: dict[tuple[str, int, int], list[str]] = {}
        self._ended = self._usage = False

    def take(self, kind: str, event: Mapping[str, Any], faults: _Faults) -> None:
        if self._ended:
            faults.add("event after the end")
        self._count(event, faults)
        if kind in _RESPONSE_ENDS:
            self._ended = True
            self._usage = kind == "response.failed" or pick(event, "response", "usage", kind=dict) is not None
        index = pick(event, "output_index", kind=int)
        if index is None:
            return
        if kind == "response.output_item.added":
            if index in self._added:
                faults.add("item added twice")
            self._added.add(index)
        elif kind == "response.output_item.done":
            if index not in self._added:
                faults.add("item done before it was added")
            self._done.add(index)
        else:
            if index not in self._added or index in self._done:
                faults.add("delta after its item" if index in self._done else "delta before its item")
            self._add_text(kind, index, event, faults)

    def _count(self, event: Mapping[str, Any], faults: _Faults) -> None:
        number = pick(event, "sequence_number", kind=int)
        if number is None:
            faults.add("event without a sequence number")
        elif self._last is not None and number != self._last + 1:
            faults.add("sequence numbers out of order")
        self._last = number

    def _add_text(self, kind: str, index: int, event: Mapping[str, Any], faults: _Faults) -> None:
        """Holds what the deltas of a part add up to against the whole that comes at its end."""
        what, _, step = kind.removeprefix("response.").rpartition(".")
        whole = {"output_text": "text", "function_call_arguments": "arguments", "refusal": "refusal"}.get(what)
        if whole is None:
            return
        key = (what, index, pick(event, "content_index", kind=int) or 0)
        if step == "delta":
            self._texts.setdefault(key, []).append(text_at(event, "delta"))
        elif step == "done" and "".join(self._texts.get(key, ())) != text_at(event, whole):
            faults.add(f"deltas do not add up to the {whole}")

    def end(self, faults: _Faults) -> None:
        if self._added - self._done:
            faults.add("item never done")
        if not self._ended:
            faults.add("no end of the response")
        elif not self._usage:
            faults.add("no usage at the end")
