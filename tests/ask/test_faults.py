"""Whatever goes wrong between us and a model: a retry, a sample, or an error with its cause; never a hang."""

import time

import pytest

import model_server
from model_server import Raw, Say, error
from pytest_behavior_contract.ask import asker as asker_module
from pytest_behavior_contract.ask import transports
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.reading import reply_of
from pytest_behavior_contract.errors import EndpointError
from pytest_behavior_contract.exchange import Prompt
from pytest_behavior_contract.registry import resolve
from slow_server import Slow

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
        (error(400, "The model `m-1` has been decommissioned and is no more."), "model gone: HTTP 400"),
        (error(400, "Choose another one.", code="model_decommissioned"), "model gone: HTTP 400"),
        (error(429, "You exceeded your current quota", code="insufficient_quota"), "rate limited: HTTP 429"),
    ],
    ids=["401", "403", "retired", "decommissioned", "by its code", "quota"],
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


@pytest.mark.parametrize("status", [500, 503])
def test_a_wait_named_with_a_fault_counts_as_a_retry(ask, server, status):
    server.answer = lambda asked: Raw(status=status, headers={"retry-after": "0"})
    assert refused(ask, retries=2).cause == f"HTTP {status}"
    assert len(server.asked) == 3


def test_a_wait_of_nothing_is_no_storm_of_requests(ask, server, monkeypatch):
    monkeypatch.setattr(asker_module, "FIRST_BACKOFF_SECONDS", 0.2)
    server.answer = lambda asked: Raw(status=429, headers={"retry-after": "0"})
    found = refused(ask, timeout_seconds=1.0)
    assert len(server.asked) <= 5
    assert "waited in vain for" in found.detail


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


BROKEN_EVENTS = {
    "an error by its name": 'event: error\ndata: {"message": "boom"}\n\n',
    "an error by its type": 'data: {"type": "error", "message": "boom"}\n\n',
    "torn": 'data: {"choices": [{"ind\n\n',
    "torn, with a name": 'event: content_block_delta\ndata: {"type": "content_bl\n\n',
    "no object": "data: 5\n\n",
}


def with_event(asked, event):
    """A good stream with one more event in its middle."""
    good = "".join(model_server._stream(asked, Say("Yes. It is so."))).split("\n\n")
    half = len(good) // 2
    return Raw(body="\n\n".join(good[:half]) + "\n\n" + event + "\n\n".join(good[half:]), headers=SSE)


@pytest.mark.parametrize("event", BROKEN_EVENTS.values(), ids=BROKEN_EVENTS)
@pytest.mark.parametrize("surface", SURFACES)
def test_a_stream_with_a_broken_event_in_its_middle_is_no_sample(ask, server, surface, event):
    server.answer = lambda asked: with_event(asked, event)
    found = refused(ask, api=surface, stream=True)
    assert (found.cause, found.paid) == ("unusable answer", True)


@pytest.mark.parametrize("event", [": ping\n\n", "data:\n\n", "data: [DONE]\n\n", "id: 7\n\n"])
@pytest.mark.parametrize("surface", SURFACES)
def test_what_a_stream_may_hold_besides_does_no_harm(ask, server, surface, event):
    server.answer = lambda asked: with_event(asked, event)
    assert reply_of(resolve("providers", surface)(), ask(api=surface, stream=True)).text == "Yes. It is so."


CHUNK = 'data: {"choices": [{"index": 0, "delta": {"content": "Yes"}, "finish_reason": %s}]}\n\n'
EMPTY_STREAMS = {
    "openai-chat": "data: [DONE]\n\n",
    "openai-responses": 'data: {"type": "response.completed", "response": {"status": "completed"}}\n\n',
    "anthropic-messages": 'data: {"type": "message_stop"}\n\n',
}


@pytest.mark.parametrize("surface", SURFACES)
def test_a_stream_that_holds_nothing_is_the_servers_fault_and_no_empty_reply(ask, server, surface):
    server.answer = lambda asked: Raw(body=EMPTY_STREAMS[surface], headers=SSE)
    assert refused(ask, api=surface, stream=True).cause == "unusable answer"


def test_usage_alone_is_no_answer(ask, server):
    server.answer = lambda asked: Raw(body='data: {"choices": [], "usage": {}}\n\ndata: [DONE]\n\n', headers=SSE)
    assert "without choices" in refused(ask, stream=True).detail


@pytest.mark.parametrize("body", [CHUNK % "null" + "data: [DONE]\n\n", CHUNK % '"stop"'])
def test_a_stream_has_ended_where_it_says_why_or_that_it_is_done(ask, server, body):
    server.answer = lambda asked: Raw(body=body, headers=SSE)
    assert reply_of(resolve("providers", "openai-chat")(), ask(stream=True)).text == "Yes"


def test_an_answer_in_one_piece_need_not_say_why_it_ended(ask, server):
    # Compatible servers leave it out; whether that matters is a clause's to say.
    server.answer = lambda asked: Raw(body='{"choices": [{"message": {"content": "Yes"}}]}', headers=JSON)
    assert reply_of(resolve("providers", "openai-chat")(), ask()).text == "Yes"


def test_a_line_separator_within_json_ends_no_line_of_a_stream(ask, server):
    chunk = (CHUNK % '"stop"').replace("Yes", "one\u2028two\x85three").replace("\n", "\r\n")
    server.answer = lambda asked: Raw(body=chunk, headers=SSE)
    assert reply_of(resolve("providers", "openai-chat")(), ask(stream=True)).text == "one\u2028two\x85three"


KEY = "my-own-configured-value-77"
CUT_WHERE_THE_KEY_IS = {
    "html": Raw(body="<html>" + "x" * 40 + KEY),
    "html, later": Raw(body="<html>" + "x" * 280 + KEY),
    "403": Raw(status=403, body="x" * 285 + KEY, headers={"content-type": "text/plain"}),
    "402": Raw(status=402, body="x" * 190 + KEY, headers={"content-type": "text/plain"}),
    "500": Raw(status=500, body="x" * 290 + KEY),
    "500, of many keys": Raw(status=500, body=KEY * 76 + "x" * 10 + KEY),
    "an event": Raw(body='event: error\ndata: {"message": "%s"}\n\n' % ("x" * 290 + KEY), headers=SSE),
}


@pytest.mark.parametrize("raw", CUT_WHERE_THE_KEY_IS.values(), ids=CUT_WHERE_THE_KEY_IS)
def test_no_part_of_a_key_stays_where_a_message_is_cut(ask, server, monkeypatch, raw):
    monkeypatch.setenv("OUR_KEY", KEY)
    server.answer = lambda asked: raw
    found = refused(ask, api_key_env="OUR_KEY", stream=True, retries=0)
    assert "my-" not in f"{found} {ask.tape.path.read_text() if ask.tape.path.exists() else ''}"


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
