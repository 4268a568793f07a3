"""A model server on the loopback that speaks all three API surfaces, streams too, and misbehaves on request."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

CALL_ID = "call_1"


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Any
    number: int
    """How many requests came before it."""

    @property
    def surface(self) -> str:
        path = self.path.partition("?")[0]
        if path.endswith("/chat/completions"):
            return "openai-chat"
        return "openai-responses" if path.endswith("/responses") else "anthropic-messages"

    @property
    def prompt(self) -> str:
        """The last user message, from whichever surface."""
        turns = self.body.get("messages") or self.body.get("input") or []
        if isinstance(turns, str):
            return turns
        content = turns[-1].get("content", "") if turns else ""
        if isinstance(content, list):
            return " ".join(str(part.get("text", "")) for part in content)
        return str(content)


@dataclass(frozen=True)
class Say:
    """What the model answers."""

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    finish: str = ""
    refusal: str = ""
    model: str = ""
    """The served model; the one asked for where left out."""
    thinking: str = ""
    reasoning_tokens: int = 0
    """Output tokens besides the words of the text."""
    spoil: Callable[[Any], Any] | None = None
    """Changes the whole answer, or each event of a stream, on its way out; an event that becomes None is dropped."""


@dataclass(frozen=True)
class Raw:
    """What the server sends instead of an answer."""

    status: int = 200
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Closes the connection after so many bytes of the body."""
    wait_seconds: float = 0.0


Answer = Say | Raw | str


def error(status: int, message: str, *, param: str | None = None, code: str | None = None) -> Raw:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
    return Raw(status=status, body=json.dumps(body), headers={"content-type": "application/json"})


class ModelServer:
    """Serves on a free port of 127.0.0.1 while it is open; `answer` may be replaced at any time."""

    def __init__(self, answer: Callable[[Asked], Answer] = lambda asked: "Yes.") -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"model_server": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def note(self, path: str, headers: Mapping[str, str], body: Any) -> Asked:
        with self._lock:
            asked = Asked(path, headers, body, len(self.asked))
            self.asked.append(asked)
        return asked


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model_server: ModelServer

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            body = {}
        asked = self.model_server.note(self.path, dict(self.headers.items()), body)
        answer = self.model_server.answer(asked)
        if isinstance(answer, Raw):
            self._send(answer)
            return
        say = Say(answer) if isinstance(answer, str) else answer
        if body.get("stream"):
            events = "".join(_spoilt(_stream(asked, say), say))
            self._send(Raw(body=events, headers={"content-type": "text/event-stream"}))
        else:
            document = _document(asked, say)
            document = json.dumps(say.spoil(document) if say.spoil else document)
            self._send(Raw(body=document, headers={"content-type": "application/json"}))

    def do_GET(self) -> None:
        self.do_POST()

    def _send(self, raw: Raw) -> None:
        time.sleep(raw.wait_seconds)
        content = raw.body if isinstance(raw.body, bytes) else raw.body.encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(raw.status)
            for name, value in raw.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if raw.cut_after is None:
                self.wfile.write(content)
            else:
                self.wfile.write(content[: raw.cut_after])
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


def _document(asked: Asked, say: Say) -> dict[str, Any]:
    model = say.model or asked.body.get("model", "")
    words = len(say.text.split()) + say.reasoning_tokens
    if asked.surface == "openai-chat":
        message: dict[str, Any] = {"role": "assistant", "content": say.text or None, "refusal": say.refusal or None}
        if say.calls:
            message["tool_calls"] = _chat_calls(say)
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [
                {"index": n, "message": message, "finish_reason": _chat_finish(say), "logprobs": _logprobs(asked, say)}
                for n in range(asked.body.get("n") or 1)
            ],
            "usage": {
                "prompt_tokens": 7,
                "completion_tokens": words,
                "total_tokens": 7 + words,
                "completion_tokens_details": {"reasoning_tokens": say.reasoning_tokens},
            },
        }
    if asked.surface == "openai-responses":
        status = "incomplete" if say.finish == "length" else "completed"
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": model,
            "status": status,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "output": _output_items(say),
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": 7,
                "output_tokens": words,
                "total_tokens": 7 + words,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": say.reasoning_tokens},
            },
        }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": _blocks(say),
        "stop_reason": _anthropic_finish(say),
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": words},
    }


def _logprobs(asked: Asked, say: Say) -> dict[str, Any] | None:
    if not asked.body.get("logprobs"):
        return None
    others = [{"token": "a", "logprob": -1.0, "bytes": [97]}] * (asked.body.get("top_logprobs") or 0)
    tokens = [{"token": piece, "logprob": -0.1, "bytes": None, "top_logprobs": others} for piece in _pieces(say.text)]
    return {"content": tokens, "refusal": None}


def _chat_calls(say: Say) -> list[dict[str, Any]]:
    return [
        {"id": f"{CALL_ID}{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for n, (name, arguments) in enumerate(say.calls)
    ]


def _chat_finish(say: Say) -> str:
    return say.finish or ("tool_calls" if say.calls else "stop")


def _anthropic_finish(say: Say) -> str:
    if say.refusal:
        return "refusal"
    return {"length": "max_tokens", "": "tool_use" if say.calls else "end_turn"}.get(say.finish, say.finish)


def _output_items(say: Say) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if say.thinking:
        items.append({"id": "rs_1", "type": "reasoning", "summary": []})
    if say.text:
        part = {"type": "output_text", "text": say.text, "annotations": []}
        items.append({"id": "m_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]})
    if say.refusal:
        part = {"type": "refusal", "refusal": say.refusal}
        items.append({"id": "m_2", "type": "message", "role": "assistant", "status": "completed", "content": [part]})
    for n, (name, arguments) in enumerate(say.calls):
        items.append(
            {
                "id": f"fc_{n}",
                "type": "function_call",
                "status": "completed",
                "call_id": f"{CALL_ID}{n}",
                "name": name,
                "arguments": json.dumps(arguments),
            }
        )
    return items


def _blocks(say: Say) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if say.thinking:
        blocks.append({"type": "thinking", "thinking": say.thinking, "signature": "s"})
    if say.text:
        blocks.append({"type": "text", "text": say.text})
    for n, (name, arguments) in enumerate(say.calls):
        blocks.append({"type": "tool_use", "id": f"{CALL_ID}{n}", "name": name, "input": arguments})
    return blocks


def _pieces(text: str) -> list[str]:
    return [text[start : start + 5] for start in range(0, len(text), 5)]


def _stream(asked: Asked, say: Say) -> Iterator[str]:
    if asked.surface == "openai-chat":
        yield from _chat_stream(asked, say)
    elif asked.surface == "openai-responses":
        yield from _responses_stream(asked, say)
    else:
        yield from _anthropic_stream(asked, say)


def _spoilt(stream: Iterator[str], say: Say) -> Iterator[str]:
    """The events of a stream, each as `spoil` leaves it; what is no JSON is handed to it as text."""
    for text in stream:
        if say.spoil is None:
            yield text
            continue
        head, _, content = text.strip().partition("data: ")
        event = say.spoil(content if content == "[DONE]" else json.loads(content))
        if event is not None:
            yield f"{head}data: {event if isinstance(event, str) else json.dumps(event)}\n\n"


def _chat_stream(asked: Asked, say: Say) -> Iterator[str]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        document = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": say.model or asked.body.get("model", ""),
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        return f"data: {json.dumps(document)}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(say.text):
        yield chunk({"content": piece})
    if say.refusal:
        yield chunk({"refusal": say.refusal})
    for n, call in enumerate(_chat_calls(say)):
        function = call["function"]
        yield chunk({"tool_calls": [{**call, "index": n, "function": {"name": function["name"], "arguments": ""}}]})
        for piece in _pieces(function["arguments"]):
            yield chunk({"tool_calls": [{"index": n, "function": {"arguments": piece}}]})
    yield chunk({}, _chat_finish(say))
    words = len(say.text.split()) + say.reasoning_tokens
    usage = {"prompt_tokens": 7, "completion_tokens": words, "total_tokens": 7 + words}
    document = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "", "choices": []}
    yield f"data: {json.dumps({**document, 'model': say.model or asked.body.get('model', ''), 'usage': usage})}\n\n"
    yield "data: [DONE]\n\n"


def _responses_stream(asked: Asked, say: Say) -> Iterator[str]:
    whole = _document(asked, say)
    number = 0

    def event(kind: str, **more: Any) -> str:
        nonlocal number
        number += 1
        return f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': number, **more})}\n\n"

    yield event("response.created", response={**whole, "output": [], "status": "in_progress"})
    for index, item in enumerate(whole["output"]):
        yield event("response.output_item.added", output_index=index, item={**item, "status": "in_progress"})
        if item["type"] == "message" and item["content"][0]["type"] == "output_text":
            empty = {"type": "output_text", "text": "", "annotations": []}
            place = {"item_id": item["id"], "output_index": index, "content_index": 0}
            yield event("response.content_part.added", **place, part=empty)
            for piece in _pieces(item["content"][0]["text"]):
                yield event("response.output_text.delta", **place, delta=piece, logprobs=[])
            yield event("response.output_text.done", **place, text=item["content"][0]["text"], logprobs=[])
            yield event("response.content_part.done", **place, part=item["content"][0])
        yield event("response.output_item.done", output_index=index, item=item)
    yield event(f"response.{whole['status']}", response=whole)


def _anthropic_stream(asked: Asked, say: Say) -> Iterator[str]:
    whole = _document(asked, say)

    def event(kind: str, **more: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n"

    start = {**whole, "content": [], "stop_reason": None, "usage": {"input_tokens": 7, "output_tokens": 1}}
    yield event("message_start", message=start)
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
        elif block["type"] == "thinking":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            yield event("content_block_start", index=index, content_block=empty)
            deltas = [
                {"type": "thinking_delta", "thinking": block["thinking"]},
                {"type": "signature_delta", "signature": block["signature"]},
            ]
        else:
            yield event("content_block_start", index=index, content_block={**block, "input": {}})
            pieces = _pieces(json.dumps(block["input"]))
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    stop = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=stop, usage={"output_tokens": whole["usage"]["output_tokens"]})
    yield event("message_stop")
