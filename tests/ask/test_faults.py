"""Whatever goes wrong between us and a model: a retry, a sample, or an error with its cause; never a hang."""

import socket
import threading
import time

import pytest

from model_server import Raw, error
from pytest_behavior_contract.ask import asker as asker_module
from pytest_behavior_contract.ask import transports
from pytest_behavior_contract.ask.asking import reply_of
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.errors import EndpointError
from pytest_behavior_contract.exchange import Prompt
from pytest_behavior_contract.registry import resolve

SURFACES = ["openai-chat", "openai-responses", "anthropic-messages"]
JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream"}
GOOD = '{"choices": [{"message": {"content": "Zürich"}, "finish_reason": "stop"}]}'


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(asker_module, "FIRST_BACKOFF_SECONDS", 0.001)


@pytest.fixture
def ask(make_asker, tmp_path):
    def once(api="openai-chat", *, stream=False, **more):
        asker = make_asker(api, **{"retries": 2, **more})
        ask.asker, ask.tape = asker, Tape(tmp_path / "x.jsonl")
        prompt = Prompt(
            messages=({"role": "user", "content": "Hi"},), parameters={"max_output_tokens": 9}, stream=stream
        )
        return asker.askers.engine.run(asker.ask(ask.tape, asker.request(prompt), 0))

    ask = once
    return once


def refused(ask, **more):
    with pytest.raises(EndpointError) as caught:
        ask(**more)
    assert len(Tape(ask.tape.path)) == 0
    return caught.value


RETRIED = {
    "408": (Raw(status=408, body="{}"), "HTTP 408"),
    "409": (Raw(status=409, body="{}"), "HTTP 409"),
    "429": (Raw(status=429, body="{}"), "rate limited: HTTP 429"),
    "500": (Raw(status=500, body="oops"), "HTTP 500"),
    "502": (Raw(status=502, body="<html>bad gateway</html>"), "HTTP 502"),
    "503": (Raw(status=503, body="{}"), "HTTP 503"),
    "529": (Raw(status=529, body='{"type":"error","error":{"type":"overloaded_error"}}'), "HTTP 529"),
    "cut": (Raw(body=GOOD + " " * 500, headers=JSON, cut_after=30), "connection broke"),
    "nothing": (Raw(body=GOOD, headers=JSON, cut_after=0), "connection broke"),
}


@pytest.mark.parametrize(("raw", "cause"), RETRIED.values(), ids=RETRIED)
@pytest.mark.parametrize("surface", SURFACES)
def test_what_may_pass_is_asked_again_and_given_up_after_the_retries(ask, server, surface, raw, cause):
    server.answer = lambda asked: raw
    assert refused(ask, api=surface).cause == cause
    assert len(server.asked) == 3
    assert cause in ask.tape.path.read_text()  # the reason is on record, though no reply is


@pytest.mark.parametrize(("raw", "cause"), RETRIED.values(), ids=RETRIED)
def test_what_passes_leaves_a_sample_that_knows_how_often_it_was_asked(ask, server, raw, cause):
    server.answer = lambda asked: raw if asked.number < 2 else "Yes."
    exchange = ask()
    assert exchange.retries == 2
    assert len(Tape(ask.tape.path)) == 1


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (Raw(status=401, body="{}"), "not authorised: HTTP 401"),
        (Raw(status=403, body="{}"), "not authorised: HTTP 403"),
        (error(404, "The model `m-1` has been deprecated"), "model gone: HTTP 404"),
        (error(429, "You exceeded your current quota", code="insufficient_quota"), "rate limited: HTTP 429"),
    ],
    ids=["401", "403", "retired", "quota"],
)
@pytest.mark.parametrize("surface", SURFACES)
def test_what_no_retry_helps_against_ends_the_matter(ask, server, surface, raw, cause):
    server.answer = lambda asked: raw
    found = refused(ask, api=surface)
    assert (found.cause, found.final, len(server.asked)) == (cause, True, 1)


def test_a_request_that_is_too_large_is_a_rejection_and_so_a_sample(ask, server):
    server.answer = lambda asked: error(413, "Request too large")
    assert reply_of(resolve("providers", "openai-chat")(), ask()).rejection.status == 413


def test_a_wait_that_the_server_names_does_not_count_as_a_retry(ask, server):
    server.answer = lambda asked: Raw(status=429, headers={"retry-after-ms": "1"}) if asked.number < 9 else "Yes."
    assert ask(retries=1).retries == 9


def test_a_server_that_wants_to_be_left_alone_for_an_hour_is(ask, server):
    server.answer = lambda asked: Raw(status=429, headers={"retry-after": "3600"})
    began = time.monotonic()
    found = refused(ask)
    assert (found.final, len(server.asked)) == (True, 1)
    assert "asked to wait for 3600 s" in found.detail
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("surface", SURFACES)
def test_nobody_there(ask, surface):
    found = refused(ask, api=surface, base_url="http://127.0.0.1:9")
    assert (found.cause, found.final) == ("no connection", True)


def test_no_such_host(ask):
    assert refused(ask, base_url="http://no-such-host.invalid/v1").cause == "no connection"


def test_a_server_that_speaks_no_tls(ask, server):
    found = refused(ask, base_url=server.openai_url.replace("http:", "https:"))
    assert (found.cause, found.final) == ("no secure connection", True)


NO_ANSWERS = {
    "html": Raw(body="<html>sign in</html>", headers={"content-type": "text/html"}),
    "empty": Raw(body="", headers=JSON),
    "truncated json": Raw(body='{"choices": [', headers=JSON),
    "error with 200": Raw(body='{"error": {"message": "overloaded"}}', headers=JSON),
    "no text": Raw(body=b'{"choices": "\xff\xfe\xfa"}', headers=JSON),
    "a list": Raw(body="[]", headers=JSON),
    "nonsense": Raw(body='{"choices": 5, "output": 5, "content": 5}', headers=JSON),
    "no content": Raw(status=204, body="", headers=JSON),
}


@pytest.mark.parametrize("raw", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("surface", SURFACES)
def test_what_is_no_answer_is_no_sample(ask, server, surface, raw):
    server.answer = lambda asked: raw
    assert refused(ask, api=surface).cause == "unusable answer"


STREAM_ERRORS = {
    "openai-chat": 'data: {"error": {"message": "overloaded"}}\n\n',
    "openai-responses": 'event: error\ndata: {"type": "error", "message": "overloaded"}\n\n',
    "anthropic-messages": 'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n',
}


@pytest.mark.parametrize("surface", SURFACES)
def test_a_stream_that_ends_in_an_error_is_no_sample(ask, server, surface):
    server.answer = lambda asked: Raw(body=STREAM_ERRORS[surface], headers=SSE)
    assert refused(ask, api=surface, stream=True).cause == "unusable answer"


@pytest.mark.parametrize("surface", SURFACES)
def test_a_stream_that_simply_ends_is_no_sample(ask, server, surface):
    server.answer = lambda asked: Raw(body='data: {"choices": [{"delta": {"content": "Hel"}}]}\n\n', headers=SSE)
    assert refused(ask, api=surface, stream=True).cause == "unusable answer"


@pytest.mark.parametrize(
    "headers", [{"content-type": "text/plain"}, {"content-type": "application/json; charset=latin-1"}, {}]
)
def test_good_json_under_a_wrong_name_is_an_answer(ask, server, headers):
    server.answer = lambda asked: Raw(body=GOOD, headers=headers)
    assert reply_of(resolve("providers", "openai-chat")(), ask()).text == "Zürich"


def test_another_charset_is_read_where_it_is_named(ask, server):
    headers = {"content-type": "application/json; charset=utf-16"}
    server.answer = lambda asked: Raw(body=GOOD.encode("utf-16"), headers=headers)
    assert reply_of(resolve("providers", "openai-chat")(), ask()).text == "Zürich"


def test_more_than_anybody_would_say_is_no_answer(ask, server, monkeypatch):
    monkeypatch.setattr(transports, "MOST_BYTES", 10_000)
    server.answer = lambda asked: "x" * 20_000
    found = refused(ask)
    assert found.cause == "unusable answer"
    assert "more than" in found.detail


class Slow:
    """A server that sends a first piece, and then a byte now and then, for ever."""

    def __init__(self, head, drip):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._stop = threading.Event()
        self._head, self._drip = head, drip
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            try:
                connection.recv(100_000)
                connection.sendall(self._head)
                while not self._stop.wait(0.02):
                    connection.sendall(self._drip)
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._socket.close()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "drip", "stream"),
    [
        (b"", b"", False),
        (HEAD % b"application/json", b"", False),
        (HEAD % b"application/json", b"1\r\n \r\n", False),
        (HEAD % b"text/event-stream", b"3\r\n:\n\n\r\n", True),
        (HEAD % b"text/event-stream" + b"7\r\ndata: 1\r\n", b"", True),
    ],
    ids=["silence", "silence after the head", "slow drip", "slow stream", "silence in mid-stream"],
)
def test_nothing_lasts_longer_than_its_timeout(ask, head, drip, stream):
    with Slow(head, drip) as slow:
        began = time.monotonic()
        found = refused(ask, base_url=slow.url, stream=stream, timeout_seconds=0.3, retries=1)
        assert found.cause == "timeout"
        assert time.monotonic() - began < 20  # it would last for ever
