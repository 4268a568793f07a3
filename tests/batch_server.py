"""Both vendors' batch APIs on the loopback; each question is put to a ModelServer, which so counts what is paid for."""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from model_server import ModelServer

CUT = -1
"""As a status: the connection is closed instead of an answer."""


@dataclass
class Fault:
    """What happens once instead of, or after, what was asked for."""

    what: str
    """Method and a piece of the path, as in `POST /batches`."""
    status: int
    body: str = '{"error": {"message": "out of order"}}'
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    """Whether it was done before the answer failed."""


@dataclass
class Made:
    """A batch as the server has it."""

    id: str
    vendor: str
    questions: list[dict[str, Any]]
    metadata: dict[str, str]
    created: dt.datetime
    looks: int = 0
    status: str = ""
    lines: list[str] | None = None

    @property
    def ended(self) -> bool:
        return self.lines is not None


class BatchServer:
    """Serves on 127.0.0.1 while it is open; a batch ends when it has been looked at `looks_needed` times."""

    def __init__(self, model: ModelServer) -> None:
        self.model = model
        self.looks_needed = 1
        self.ends_as = "completed"
        """OpenAI's word; anything else than completed answers only the first `answers` questions."""
        self.answers = 0
        self.errors: list[dict[str, Any]] = []
        """Why OpenAI refuses the file, with ends_as = failed."""
        self.edit: Callable[[list[str]], list[str]] = lambda lines: lines
        """What becomes of the lines of the results."""
        self.faults: list[Fault] = []
        self.now = lambda: dt.datetime.now(dt.UTC)
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.made: dict[str, Made] = {}
        self.files: dict[str, bytes] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.after: dict[str, Callable[[], None]] = {}
        """By method and path: what happens before or after it is done, before it is answered."""
        self.lock = threading.RLock()
        handler = type("Handler", (_Handler,), {"batch_server": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, what: str) -> int:
        """How often something was asked for."""
        return sum(request == what for request in self.requests)

    @property
    def created(self) -> int:
        return self.count("POST /v1/batches") + self.count("POST /v1/messages/batches")

    def add(self, vendor: str, questions: list[dict[str, Any]], metadata: dict[str, str]) -> Made:
        made = Made(f"{vendor}_{len(self.made) + 1}", vendor, questions, metadata, self.now())
        self.made[made.id] = made
        return made

    def look(self, made: Made) -> None:
        made.looks += 1
        if made.lines is None and made.looks >= self.looks_needed:
            made.status = self.ends_as
            count = len(made.questions) if self.ends_as == "completed" else self.answers
            lines = [self._line(made, question, at < count) for at, question in enumerate(made.questions)]
            made.lines = self.edit(lines)

    def _line(self, made: Made, question: dict[str, Any], answered: bool) -> str:
        name = question["custom_id"]
        if made.vendor == "openai":
            if not answered:
                error = {"code": f"batch_{self.ends_as}", "message": "too late"}
                return json.dumps({"custom_id": name, "response": None, "error": error})
            status, body = self._ask(question["url"], question["body"])
            response = {"status_code": status, "request_id": "r", "body": body}
            return json.dumps({"id": "br", "custom_id": name, "response": response, "error": None})
        if not answered:
            return json.dumps(
                {"custom_id": name, "result": {"type": {"cancelled": "canceled"}.get(self.ends_as, "expired")}}
            )
        status, body = self._ask("/v1/messages", question["params"])
        if status == 200:
            return json.dumps({"custom_id": name, "result": {"type": "succeeded", "message": body}}, ensure_ascii=False)
        kind = "invalid_request_error" if status == 400 else "api_error"
        error = {"type": "error", "error": {"type": kind, "message": body["error"]["message"]}}
        return json.dumps({"custom_id": name, "result": {"type": "errored", "error": error}})

    def _ask(self, path: str, body: Any) -> tuple[int, Any]:
        request = urllib.request.Request(self.model.url + path, json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    batch_server: BatchServer

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        server = self.batch_server
        path = self.path.partition("?")[0]
        what = f"{self.command} {path}"
        with server.lock:
            server.requests.append(what)
            server.headers.append(dict(self.headers.items()))
            fault = next((fault for fault in server.faults if what.startswith(fault.what)), None)
            if fault is not None:
                server.faults.remove(fault)
            server.before.get(what, lambda: None)()
            status, body = (0, "") if fault is not None and not fault.done else self._done(path, content)
            server.after.get(what, lambda: None)()
        if fault is None:
            self._send(status, body, {})
        else:
            self._send(fault.status, fault.body, fault.headers)

    def do_GET(self) -> None:
        self.do_POST()

    def _done(self, path: str, content: bytes) -> tuple[int, str]:
        parts = path.strip("/").split("/")
        openai = "messages" not in parts
        server = self.batch_server
        if path == "/v1/files":
            name = f"file-{len(server.files) + 1}"
            server.files[name] = _uploaded(self.headers["content-type"], content)
            return 200, json.dumps({"id": name, "object": "file", "purpose": "batch"})
        if parts[1] == "files":
            return (200, server.files[parts[2]].decode()) if parts[2] in server.files else _no_such("file")
        if parts[-1] == "batches" and self.command == "POST":
            return 200, json.dumps(self._shown(self._made(openai, json.loads(content))))
        if parts[-1] == "batches":
            vendor = "openai" if openai else "anthropic"
            listed = [made for made in server.made.values() if made.vendor == vendor][::-1]
            return 200, json.dumps({"object": "list", "has_more": False, "data": [self._shown(one) for one in listed]})
        made = server.made.get(parts[-2] if parts[-1] == "results" else parts[-1])
        if made is None:
            return _no_such("batch")
        if parts[-1] == "results":
            return (200, "\n".join(made.lines) + "\n") if made.lines is not None else _no_such("results")
        server.look(made)
        return 200, json.dumps(self._shown(made))

    def _made(self, openai: bool, body: Any) -> Made:
        if not openai:
            return self.batch_server.add("anthropic", body["requests"], {})
        lines = self.batch_server.files[body["input_file_id"]].decode().splitlines()
        questions = [json.loads(line) for line in lines]
        assert {question["url"] for question in questions} == {body["endpoint"]}
        return self.batch_server.add("openai", questions, body["metadata"])

    def _shown(self, made: Made) -> dict[str, Any]:
        good = sum('"status_code": 200' in line or '"succeeded"' in line for line in made.lines or [])
        if made.vendor == "anthropic":
            processing = 0 if made.ended else len(made.questions)
            rest = len(made.questions) - processing - good
            counts = {"processing": processing, "succeeded": good, "errored": 0, "expired": rest, "canceled": 0}
            return {
                "id": made.id,
                "type": "message_batch",
                "processing_status": "ended" if made.ended else "in_progress",
                "request_counts": counts,
                "created_at": made.created.isoformat(),
                "expires_at": made.created.isoformat(),
                # Elsewhere on purpose: no key may follow it.
                "results_url": "http://127.0.0.1:9/results",
            }
        shown = {
            "id": made.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "status": made.status or "in_progress",
            "created_at": int(made.created.timestamp()),
            "metadata": made.metadata,
            "request_counts": {"total": len(made.questions), "completed": good, "failed": 0},
        }
        if made.status == "failed":
            return {**shown, "errors": {"object": "list", "data": self.batch_server.errors}}
        for name, wanted in (("output", True), ("error", False)):
            lines = [line for line in made.lines or [] if ('"status_code": 200' in line) == wanted]
            if lines:
                shown[f"{name}_file_id"] = f"{made.id}-{name}"
                self.batch_server.files.setdefault(f"{made.id}-{name}", ("\n".join(lines) + "\n").encode())
        return shown

    def _send(self, status: int, body: str, headers: dict[str, str]) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, OSError):
            if status == CUT:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            content = body.encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


def _no_such(thing: str) -> tuple[int, str]:
    return 404, json.dumps({"error": {"message": f"no such {thing}", "type": "not_found_error"}})


def _uploaded(content_type: str, content: bytes) -> bytes:
    """The file of a multipart form."""
    whole = email.message_from_bytes(f"content-type: {content_type}\r\n\r\n".encode() + content)
    parts = {part.get_param("name", header="content-disposition"): part for part in whole.get_payload()}
    assert parts["purpose"].get_payload() == "batch"
    return parts["file"].get_payload(decode=True)
