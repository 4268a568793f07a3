"""Asking for real: the vendors' SDKs, real HTTP, and everything that can go wrong between."""

import json

import pytest

from model_server import Raw, Say, error
from pytest_behavior_contract.ask.asking import reply_of
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.errors import EndpointError, SecretFound
from pytest_behavior_contract.exchange import Prompt, Tool

SURFACES = ["openai-chat", "openai-responses", "anthropic-messages"]
KEY = "sk-" + "a1" * 20


def prompt(text="Hi", **more):
    return Prompt(**{"messages": ({"role": "user", "content": text},), "parameters": {"max_output_tokens": 9}, **more})


@pytest.fixture
def ask(make_asker, tmp_path):
    """Asks once and returns the exchange, recorded on `tape`."""

    def once(api="openai-chat", sample=0, *, question=None, **more):
        asker = make_asker(api, **more)
        ask.asker, ask.tape = asker, Tape(tmp_path / "x.jsonl")
        return asker.askers.engine.run(asker.ask(ask.tape, asker.request(question or prompt()), sample))

    ask = once
    return once


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", SURFACES)
def test_an_answer_is_recorded_and_reads_the_same_from_the_tape(ask, server, surface, stream):
    server.answer = lambda asked: Say("Hello wörld", calls=(("find", {"n": 1}),))
    exchange = ask(surface, question=prompt(stream=stream, tools=(Tool(name="find"),)))
    recorded = Tape(ask.tape.path).get(exchange.key)
    assert recorded == exchange
    assert reply_of(ask.asker.provider, recorded).text == "Hello wörld"
    assert server.asked[0].body == recorded.request.body
    assert recorded.versions.keys() == {"pytest-behavior-contract", ask.asker.provider.sdk}
    assert recorded.recorded_at.endswith("Z")
    assert bool(recorded.response.event_seconds) == stream


@pytest.mark.parametrize("surface", SURFACES)
def test_what_the_contract_declares_is_what_is_sent(ask, server, surface):
    sent = {"temperature": 0.5, "extra_body": {"top_p": 0.9}}
    ask(surface, question=prompt(request=sent, parameters={"max_output_tokens": 7}))
    body = server.asked[0].body
    assert (body["temperature"], body["top_p"]) == (0.5, 0.9)
    assert body == ask.asker.request(prompt(request=sent, parameters={"max_output_tokens": 7})).body


def test_parameters_of_the_endpoint_are_added_where_the_contract_has_none(ask, server):
    more = {"parameters": {"max_output_tokens": 99, "temperature": 0.1}, "request": {"seed": 5}}
    ask("openai-chat", **more)
    assert server.asked[0].body["max_completion_tokens"] == 9
    assert server.asked[0].body["temperature"] == 0.1
    assert server.asked[0].body["seed"] == 5


def test_a_rejected_parameter_is_an_answer_and_recorded(ask, server):
    server.answer = lambda asked: error(400, "temperature is not supported", param="temperature")
    exchange = ask()
    assert reply_of(ask.asker.provider, exchange).rejection.parameter == "temperature"
    assert len(Tape(ask.tape.path)) == 1


FAULTS = [
    (Raw(status=401, body='{"error": {"message": "bad key"}}'), "not authorised: HTTP 401", True),
    (Raw(status=403, body="{}"), "not authorised: HTTP 403", True),
    (Raw(status=404, body='{"error": {"message": "model m-1 was retired"}}'), "model gone: HTTP 404", True),
    (Raw(status=429, body="{}"), "rate limited: HTTP 429", False),
    (Raw(status=500, body="{}"), "HTTP 500", False),
    (Raw(status=529, body="{}"), "HTTP 529", False),
    (Raw(status=400, body='{"error": {"message": "Your credit balance is too low"}}'), "HTTP 400", True),
    (Raw(body="<html>sign in</html>", headers={"content-type": "text/html"}), "unusable answer", False),
    (Raw(body="", headers={"content-type": "application/json"}), "unusable answer", False),
    (Raw(body='{"choices": [', headers={"content-type": "application/json"}), "unusable answer", False),
    (
        Raw(body='{"error": {"message": "overloaded"}}', headers={"content-type": "application/json"}),
        "unusable answer",
        False,
    ),
    (Raw(body='{"choices": []}' + " " * 500, cut_after=30), "connection broke", False),
    (Raw(body="\xff\xfe".encode("latin-1"), headers={"content-type": "application/json"}), "unusable answer", False),
]


@pytest.mark.parametrize(
    ("raw", "cause", "final"), FAULTS, ids=[cause + str(n) for n, (_, cause, _) in enumerate(FAULTS)]
)
@pytest.mark.parametrize("surface", SURFACES)
def test_what_is_no_answer_has_a_cause_and_is_never_recorded(ask, server, surface, raw, cause, final):
    server.answer = lambda asked: raw
    with pytest.raises(EndpointError) as caught:
        ask(surface)
    assert caught.value.cause == cause
    assert caught.value.final == final
    assert len(Tape(ask.tape.path)) == 0


@pytest.mark.parametrize("surface", SURFACES)
def test_a_stream_that_is_cut_is_never_recorded(ask, server, surface):
    server.answer = lambda asked: Raw(
        body='data: {"choices": []}\n\n' * 50, headers={"content-type": "text/event-stream"}, cut_after=70
    )
    with pytest.raises(EndpointError, match="connection broke"):
        ask(surface, question=prompt(stream=True))
    assert len(Tape(ask.tape.path)) == 0


@pytest.mark.parametrize("surface", SURFACES)
def test_a_server_that_is_not_there_ends_the_matter(ask, surface):
    with pytest.raises(EndpointError) as caught:
        ask(surface, base_url="http://127.0.0.1:9")
    assert caught.value.cause == "no connection"
    assert caught.value.final


def test_a_server_that_takes_too_long_is_not_waited_for(ask, server):
    server.answer = lambda asked: Raw(body="{}", wait_seconds=3)
    with pytest.raises(EndpointError, match="timeout: no answer within 0.2 s"):
        ask(timeout_seconds=0.2)


def test_transient_faults_are_retried_by_the_sdk_and_only_the_answer_is_recorded(ask, server):
    server.answer = lambda asked: Raw(status=429, headers={"retry-after": "0"}) if asked.number < 2 else "Yes."
    exchange = ask(retries=2)
    assert exchange.retries == 2
    assert len(Tape(ask.tape.path)) == 1
    assert len(server.asked) == 3


def test_after_a_final_error_nobody_asks_again(ask, server):
    server.answer = lambda asked: Raw(status=401, body="{}")
    with pytest.raises(EndpointError):
        ask()
    asker = ask.asker
    with pytest.raises(EndpointError, match="not authorised"):
        asker.askers.engine.run(asker.ask(ask.tape, asker.request(prompt("another")), 0))
    assert len(server.asked) == 1


def test_five_failures_without_one_answer_are_enough(make_asker, server, tmp_path):
    server.answer = lambda asked: Raw(status=500)
    asker = make_asker()
    for sample in range(8):
        with pytest.raises(EndpointError, match="HTTP 500"):
            asker.askers.engine.run(asker.ask(Tape(tmp_path / "x"), asker.request(prompt()), sample))
    assert len(server.asked) == 5


def test_the_same_question_asked_twice_at_once_is_sent_once(make_asker, server, tmp_path):
    import asyncio

    asker, tape = make_asker(), Tape(tmp_path / "x")
    request = asker.request(prompt())

    async def both():
        return await asyncio.gather(
            asker.ask(tape, request, 0), asker.ask(tape, request, 0), asker.ask(tape, request, 1)
        )

    first, second, third = asker.askers.engine.run(both())
    assert first is second
    assert third.sample == 1
    assert len(server.asked) == 2


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("stream", [False, True])
def test_a_key_in_the_reply_is_not_written_even_when_split_over_a_stream(ask, server, surface, stream):
    server.answer = lambda asked: Say(f"Use {KEY} for it.")
    with pytest.raises(SecretFound) as caught:
        ask(surface, question=prompt(stream=stream))
    assert KEY not in str(caught.value)
    assert not ask.tape.path.exists()


def test_a_key_in_the_request_is_not_written(ask, server):
    with pytest.raises(SecretFound, match="the request holds something that looks like a key"):
        ask(question=prompt(f"Is {KEY} a key?"))
    assert not ask.tape.path.exists()


def test_the_endpoints_own_key_is_sent_to_it_and_written_nowhere(ask, server, monkeypatch, tmp_path):
    monkeypatch.setenv("MY_KEY", "a-very-own-key-1234")
    server.answer = lambda asked: Raw(
        body=json.dumps({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}),
        headers={
            "content-type": "application/json",
            "set-cookie": "a-very-own-key-1234",
            "x-echo": "a-very-own-key-1234",
        },
    )
    ask(api_key_env="MY_KEY")
    assert server.asked[0].headers["authorization"] == "Bearer a-very-own-key-1234"
    assert "a-very-own-key" not in ask.tape.path.read_text()


@pytest.mark.parametrize("surface", SURFACES)
def test_a_vendors_key_is_not_sent_to_another_server(ask, server, monkeypatch, surface):
    monkeypatch.setenv("OPENAI_API_KEY", "openai-key-of-mine")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "anthropic-key-of-mine")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "anthropic-token-of-mine")
    ask(surface)
    assert "of-mine" not in str(server.asked[0].headers)


def test_without_a_key_the_vendor_is_not_even_asked(ask):
    with pytest.raises(EndpointError, match="OPENAI_API_KEY is not set") as caught:
        ask(base_url="")
    assert caught.value.final


def test_nothing_of_ours_is_sent_along(ask, server):
    ask()
    assert not [name for name in server.asked[0].headers if "behavior-contract" in name.lower()]


def test_compressed_answers_are_recorded_as_text(ask, server):
    import gzip

    body = json.dumps({"choices": [{"message": {"content": "Zürich"}, "finish_reason": "stop"}]}).encode()
    server.answer = lambda asked: Raw(
        body=gzip.compress(body), headers={"content-type": "application/json", "content-encoding": "gzip"}
    )
    exchange = ask()
    assert "Zürich" in json.loads(exchange.response.body)["choices"][0]["message"]["content"]


def test_a_reply_of_thirty_megabytes_is_an_answer(ask, server):
    server.answer = lambda asked: "x" * 30_000_000
    exchange = ask(timeout_seconds=60.0)
    assert len(reply_of(ask.asker.provider, exchange).text) == 30_000_000
    assert len(Tape(ask.tape.path).get(exchange.key).response.body) > 30_000_000


def test_requests_per_minute_are_not_exceeded(make_asker, server, tmp_path):
    import asyncio
    import time

    asker = make_asker(requests_per_minute=600)
    request = asker.request(prompt())

    async def five():
        await asyncio.gather(*(asker.ask(Tape(tmp_path / "x"), request, n) for n in range(5)))

    began = time.monotonic()
    asker.askers.engine.run(five())
    assert time.monotonic() - began >= 0.4


def test_another_client_class_of_the_sdk_is_a_line_of_configuration(ask, server):
    exchange = ask(
        client="AzureOpenAI",
        client_options={"api_version": "2026-01-01", "azure_endpoint": server.url, "api_key": "x"},
        base_url="",
    )
    assert server.asked[0].path == "/openai/deployments/m-1/chat/completions?api-version=2026-01-01"
    assert exchange.request.path == "/chat/completions"


def test_a_client_class_that_the_sdk_has_not_is_said(ask):
    with pytest.raises(EndpointError, match="openai has no client CloudOpenAI"):
        ask(client="CloudOpenAI")
    with pytest.raises(EndpointError, match="client cannot be made"):
        ask(client_options={"no_such_option": 1})


FUNCTIONS = """
import asyncio
def text(prompt): return f"You said {prompt.text}"
async def later(prompt):
    await asyncio.sleep(0)
    return {"text": "", "tool_calls": [{"name": "find", "arguments": {"n": 1}}], "model": "fake-2"}
def bad(prompt): return 5
def broken(prompt): raise RuntimeError("out of order")
number = 5
"""


@pytest.fixture
def functions(tmp_path, monkeypatch):
    (tmp_path / "fakes.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(tmp_path)


def test_a_python_function_stands_in_for_a_model(ask, functions):
    exchange = ask("python", model="fakes:text", base_url="")
    assert reply_of(ask.asker.provider, Tape(ask.tape.path).get(exchange.key)).text == "You said Hi"
    exchange = ask("python", model="fakes:later", base_url="")
    reply = reply_of(ask.asker.provider, exchange)
    assert (reply.tool_calls[0].arguments, reply.finish_reason, reply.served_model) == (
        {"n": 1},
        "tool_calls",
        "fake-2",
    )


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("fakes:bad", "raised TypeError: should return text or a mapping, returned int"),
        ("fakes:broken", "raised RuntimeError: out of order"),
        ("fakes:gone", "cannot be imported"),
        ("no_such_module:x", "cannot be imported"),
        ("fakes:number", "is no function"),
        ("fakes", "is no function"),
    ],
)
def test_a_python_function_that_fails_is_an_error_of_the_endpoint(ask, functions, model, message):
    with pytest.raises(EndpointError, match=message):
        ask("python", model=model, base_url="")
