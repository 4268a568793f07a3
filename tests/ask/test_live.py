"""Asking for real: the vendors' SDKs, real HTTP, and everything that can go wrong between."""

import asyncio
import gzip
import json
import zlib

import pytest

import model_server
from model_server import Raw, Say, error
from pytest_behavior_contract.ask import asker as asker_module
from pytest_behavior_contract.ask import transports
from pytest_behavior_contract.ask.cassettes import tape as tape_module
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.prices import Prices
from pytest_behavior_contract.ask.reading import reply_of
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


ENDLESS = """
import asyncio, time
def waits(prompt):
    time.sleep(20)
async def waits_asynchronously(prompt):
    await asyncio.sleep(20)
async def never_awaits(prompt):
    time.sleep(0.4)
    return "Yes."
def gives_up_itself(prompt):
    raise TimeoutError("its own")
"""


@pytest.mark.parametrize("name", ["waits", "waits_asynchronously", "never_awaits"])
def test_a_python_function_that_takes_too_long_is_not_waited_for(ask, tmp_path, monkeypatch, name):
    tmp_path.joinpath("endless_functions.py").write_text(ENDLESS)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EndpointError, match="timeout: no answer within 0.2 s"):
        ask("python", model=f"endless_functions:{name}", base_url="", timeout_seconds=0.2)


def test_a_timeout_that_is_the_functions_own_is_its_error(ask, tmp_path, monkeypatch):
    tmp_path.joinpath("endless_functions.py").write_text(ENDLESS)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EndpointError, match="gives_up_itself raised TimeoutError: its own"):
        ask("python", model="endless_functions:gives_up_itself", base_url="")


def test_an_endpoint_that_begins_to_fail_is_not_asked_for_ever(make_asker, server, monkeypatch, tmp_path):
    monkeypatch.setattr(asker_module, "FIRST_BACKOFF_SECONDS", 0.001)
    asker = make_asker(concurrency=1)
    server.answer = lambda asked: "Yes." if asked.number == 0 else Raw(status=500, body="{}")
    tape = Tape(tmp_path / "x.jsonl")
    request = asker.request(prompt())

    async def all_of_them():
        asked = (asker.ask(tape, request, number, whose="c") for number in range(100))
        return await asyncio.gather(*asked, return_exceptions=True)

    asker.askers.engine.run(all_of_them())
    assert len(server.asked) == 1 + asker_module.HOPELESS_IN_A_ROW


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


OWN = "my-own-configured-value-77"


def chunk(delta, index=0, **more):
    return {"choices": [{"index": index, "delta": delta, "finish_reason": None, **more}]}


def chat_stream(chunks):
    whole = [chunk({"content": "Yes."}), *chunks, chunk({}, finish_reason="stop")]
    return "".join(f"data: {json.dumps(one)}\n\n" for one in whole) + "data: [DONE]\n\n"


def logprobs(pieces):
    return {"content": [{"token": piece, "logprob": 0, "top_logprobs": []} for piece in pieces]}


CHAT_FIELDS = {
    "reasoning": lambda pieces: [chunk({"reasoning_content": piece}) for piece in pieces],
    "refusal": lambda pieces: [chunk({"refusal": piece}) for piece in pieces],
    "second choice": lambda pieces: [chunk({"content": piece}, index=1) for piece in pieces],
    "both choices in turn": lambda pieces: [
        one for piece in pieces for one in (chunk({"content": piece}, index=1), chunk({"content": "Yes, and "}))
    ],
    "logprobs": lambda pieces: [chunk({"content": "."}, logprobs=logprobs([piece])) for piece in pieces],
    "logprobs of one chunk": lambda pieces: [chunk({"content": "."}, logprobs=logprobs(pieces))],
    "a field of tomorrow": lambda pieces: [chunk({"notes": [{"of": {"text": piece}}]}) for piece in pieces],
    "arguments within arguments": lambda pieces: [
        chunk({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": piece}}]})
        for piece in ('{"a": "', *("".join(f"\\u{ord(letter):04x}" for letter in piece) for piece in pieces), '"}')
    ],
}


def in_pieces(text):
    return [text[start : start + 6] for start in range(0, len(text), 6)]


@pytest.mark.parametrize("secret", [KEY, OWN])
@pytest.mark.parametrize("field", CHAT_FIELDS.values(), ids=CHAT_FIELDS)
def test_a_key_that_a_stream_cuts_in_pieces_is_found_in_any_field(ask, server, monkeypatch, field, secret):
    monkeypatch.setenv("OUR_KEY", OWN)
    body = chat_stream(field(in_pieces(secret)))
    server.answer = lambda asked: Raw(body=body, headers={"content-type": "text/event-stream"})
    with pytest.raises(SecretFound):
        ask(question=prompt(stream=True), api_key_env="OUR_KEY")
    assert len(Tape(ask.tape.path)) == 0


@pytest.mark.parametrize("secret", [KEY, OWN])
@pytest.mark.parametrize("surface", ["anthropic-messages", "openai-responses"])
def test_a_key_in_the_pieces_of_what_a_model_thinks_is_found(ask, server, monkeypatch, surface, secret):
    monkeypatch.setenv("OUR_KEY", OWN)
    kind = "response.reasoning_text.delta" if surface == "openai-responses" else "content_block_delta"
    events = [
        {"type": kind, "index": 0, "delta": {"type": "thinking_delta", "thinking": piece}}
        if surface == "anthropic-messages"
        else {"type": kind, "item_id": "r", "output_index": 0, "content_index": 0, "delta": piece}
        for piece in in_pieces(secret)
    ]

    def answer(asked):
        first, *rest = "".join(model_server._stream(asked, Say("Yes.", thinking="Well"))).split("\n\n")
        between = [f"event: {one['type']}\ndata: {json.dumps(one)}" for one in events]
        return Raw(body="\n\n".join([first, *between, *rest]), headers={"content-type": "text/event-stream"})

    server.answer = answer
    with pytest.raises(SecretFound):
        ask(surface, question=prompt(stream=True), api_key_env="OUR_KEY")
    assert len(Tape(ask.tape.path)) == 0


def test_a_configured_value_is_found_under_any_spelling_of_json(ask, server, monkeypatch):
    monkeypatch.setenv("OUR_KEY", OWN)
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in OWN)
    body = '{"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}], "system_fingerprint": "%s"}'
    server.answer = lambda asked: Raw(body=body % escaped, headers={"content-type": "application/json"})
    with pytest.raises(SecretFound, match="a text of the response holds"):
        ask(api_key_env="OUR_KEY")


def test_what_every_event_repeats_is_not_taken_for_a_key(ask, server):
    server.answer = lambda asked: Say("Yes, it is, and so it will be for ever and ever.", model="sk-large")
    assert ask(question=prompt(stream=True))


CONFIGURED = {
    "header": {"client_options": {"default_headers": {"x-gateway-token": "gateway-token-value-99"}}},
    "bearer": {"client_options": {"default_headers": {"Authorization": "Bearer gateway-token-value-99"}}},
    "header of any name": {"client_options": {"default_headers": {"x-tenant": "gateway-token-value-99"}}},
    "query": {"client_options": {"default_query": {"sig": "gateway-token-value-99"}}},
    "option": {"client_options": {"webhook_secret": "gateway-token-value-99"}},
    "address": {"base_url": "http://bob:gateway-token-value-99@{host}/v1"},
}


@pytest.mark.parametrize("more", CONFIGURED.values(), ids=CONFIGURED)
def test_whatever_secret_the_configuration_holds_is_not_written_when_it_is_repeated(ask, server, more):
    more = {key: value.format(host=server.url[7:]) if isinstance(value, str) else value for key, value in more.items()}
    server.answer = lambda asked: "Yes. gateway-token-value-99"
    with pytest.raises(SecretFound):
        ask(**more)
    assert len(Tape(ask.tape.path)) == 0


@pytest.mark.parametrize("value", ["2024-02-01", "2024-10-01-preview", "research", "application/json", "our-app/1.0"])
def test_what_a_configuration_says_openly_is_no_secret(ask, server, value):
    server.answer = lambda asked: f"Yes. {value}"
    options = {"default_query": {"api-version": value}, "default_headers": {"x-team": value, "anthropic-beta": value}}
    assert ask(client_options=options)


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
    body = json.dumps({"choices": [{"message": {"content": "Zürich"}, "finish_reason": "stop"}]}).encode()
    server.answer = lambda asked: Raw(
        body=gzip.compress(body), headers={"content-type": "application/json", "content-encoding": "gzip"}
    )
    exchange = ask()
    assert "Zürich" in json.loads(exchange.response.body)["choices"][0]["message"]["content"]


def packed(text, encoding):
    body = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    raw = zlib.compressobj(wbits=-15)
    ways = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "gzip, gzip": gzip.compress(gzip.compress(body)),
        "raw deflate": raw.compress(body) + raw.flush(),
        "none": body,
    }
    name = encoding.removeprefix("raw ")
    return Raw(body=ways[encoding], headers={"content-type": "application/json", "content-encoding": name})


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "gzip, gzip", "none"])
def test_answers_are_unpacked_whatever_way_they_were_packed(ask, server, encoding):
    server.answer = lambda asked: packed("Zürich " * 30_000, encoding)
    exchange = ask()
    assert reply_of(ask.asker.provider, exchange).text == "Zürich " * 30_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "gzip, gzip"])
def test_a_few_bytes_that_unpack_beyond_all_bounds_are_not_unpacked(ask, server, monkeypatch, encoding):
    monkeypatch.setattr(transports, "MOST_BYTES", 1_000_000)
    server.answer = lambda asked: packed("x" * 20_000_000, encoding)
    with pytest.raises(EndpointError, match="more than 1 MB"):
        ask()
    assert len(Tape(ask.tape.path)) == 0


@pytest.mark.parametrize("encoding", ["br", "zstd"])
def test_what_is_packed_in_a_way_that_nobody_asked_for_is_no_answer(ask, server, encoding):
    server.answer = lambda asked: Raw(body=b"\x0b\x02\x80hi\x03", headers={"content-encoding": encoding})
    with pytest.raises(EndpointError, match=f"packed as {encoding}, which was not asked for"):
        ask()


def test_an_answer_that_is_packed_wrongly_from_its_middle_on_is_no_answer(ask, server):
    good = packed("Zürich, and " + "".join(f"{number:x}" for number in range(90_000)), "gzip")
    body = good.body[:100_000] + b"\x00" * 90_000
    server.answer = lambda asked: Raw(body=body, headers=good.headers)
    with pytest.raises(EndpointError, match="unusable answer"):
        ask()


def test_a_reply_of_thirty_megabytes_is_an_answer(ask, server):
    server.answer = lambda asked: "x" * 30_000_000
    exchange = ask(timeout_seconds=60.0)
    assert len(reply_of(ask.asker.provider, exchange).text) == 30_000_000
    assert len(Tape(ask.tape.path).get(exchange.key).response.body) > 30_000_000


def test_an_answer_that_is_too_long_for_a_line_is_not_recorded(ask, server, monkeypatch):
    monkeypatch.setattr(tape_module, "LARGEST_LINE", 50_000)
    server.answer = lambda asked: '"' * 15_000  # which is written as \\\" twice over
    with pytest.raises(EndpointError) as caught:
        ask()
    assert (caught.value.cause, caught.value.final, caught.value.paid) == ("not recorded", False, True)
    assert "as a line the answer would be" in caught.value.detail
    again = Tape(ask.tape.path)
    assert (len(again), again.warnings) == (0, [])


ODD = {
    "negative": '"prompt_tokens": 5, "completion_tokens": -5',
    "a great debt": '"prompt_tokens": 5, "completion_tokens": -500000',
    "400 digits": '"prompt_tokens": 5, "completion_tokens": ' + "9" * 400,
    "more than anybody says": '"prompt_tokens": 5, "completion_tokens": 1000000000',
    "not a number": '"prompt_tokens": NaN, "completion_tokens": Infinity',
    "beyond floats": '"prompt_tokens": 1e400, "completion_tokens": 5',
    "in its details": '"prompt_tokens": 5, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": -70}',
}


@pytest.mark.parametrize("usage", ODD.values(), ids=ODD)
@pytest.mark.parametrize("more", [{}, {"price": {"input": 1.0, "output": 10.0}}])
def test_a_usage_that_cannot_be_is_not_counted_and_no_traceback(ask, server, usage, more):
    body = '{"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}], "usage": {' + usage + "}}"
    server.answer = lambda asked: Raw(body=body, headers={"content-type": "application/json"})
    exchange = ask(**more)
    assert len(Tape(ask.tape.path)) == 1
    spent = ask.asker.purse.spent()
    assert (spent.calls, 0 <= spent.input_tokens <= 5, 0 <= spent.output_tokens <= 5) == (1, True, True)
    assert spent.usd is None or 0 <= spent.usd < 1
    listed = Prices(Endpoint(name="x", api="openai-chat", model="gpt-4o"))
    found = listed.of_reply(reply_of(ask.asker.provider, exchange))
    assert found is None or 0 <= found < 1


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


def test_a_function_in_the_place_of_a_model_is_told_of_the_tools(make_asker, tmp_path, monkeypatch):
    (tmp_path / "scripted_for_tools.py").write_text(
        "def answer(prompt):\n    return repr(prompt.tools[0].parameters)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    asker = make_asker("python", model="scripted_for_tools:answer", base_url="")
    question = prompt(tools=(Tool(name="find", parameters={"type": "object"}),))
    exchange = asker.askers.engine.run(asker.ask(Tape(tmp_path / "x.jsonl"), asker.request(question), 0))
    assert reply_of(asker.provider, exchange).text == "{'type': 'object'}"
