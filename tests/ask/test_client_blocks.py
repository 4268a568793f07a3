"""An application's own SDK clients: recorded, replayed and re-pointed, however they are made and used."""

import asyncio
import gc
import threading

import anthropic
import httpx2
import openai
import pytest

from model_server import Raw, Say, error
from pytest_behavior_contract.ask.bound import BoundEndpoint
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.errors import EndpointError, MissingRecording, Stopped
from slow_server import Slow

NOWHERE = "http://127.0.0.1:9"
HI = [{"role": "user", "content": "Hi"}]

# As applications do: made when the module is loaded, with keys and headers of their own.
SYNC = openai.OpenAI(
    api_key="key-of-the-app", base_url=f"{NOWHERE}/v1", default_headers={"x-gateway": "key-of-the-app"}
)
ASYNC = openai.AsyncOpenAI(api_key="key-of-the-app", base_url=f"{NOWHERE}/v1")
CLAUDE = anthropic.Anthropic(api_key="key-of-the-app", base_url=NOWHERE, default_headers={"anthropic-beta": "b-1"})
ASYNC_CLAUDE = anthropic.AsyncAnthropic(api_key="key-of-the-app", base_url=NOWHERE)


@pytest.fixture
def bind(make_asker, tmp_path):
    """A bound endpoint as a Python test has it: `bind("openai-chat", "missing")`."""

    def make(api="openai-chat", mode="missing", sample=0, **more):
        asker = make_asker(api, mode, **more)
        clause = Clause(contract="c", id="x", assumes="It works.", folder=str(tmp_path))
        endpoint = BoundEndpoint(
            asker,
            clause,
            asker.askers.engine,
            address=lambda: asker.askers.address(asker.endpoint),
            secrets=("key-of-the-app",),
        )
        endpoint.begin(sample)
        return endpoint

    return make


def openai_sync():
    return SYNC.chat.completions.create(model="old", messages=HI).choices[0].message.content


def openai_made_inside():
    return openai.OpenAI(api_key="x").chat.completions.create(model="old", messages=HI).choices[0].message.content


def openai_sync_stream():
    chunks = SYNC.chat.completions.create(model="old", messages=HI, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def openai_stream_helper():
    with SYNC.chat.completions.stream(model="old", messages=HI) as stream:
        return stream.get_final_completion().choices[0].message.content


def openai_responses():
    return SYNC.responses.create(model="old", input="Hi").output_text


def openai_responses_stream():
    with SYNC.responses.stream(model="old", input="Hi") as stream:
        return stream.get_final_response().output_text


def openai_raw():
    raw = SYNC.chat.completions.with_raw_response.create(model="old", messages=HI)
    return raw.parse().choices[0].message.content


def openai_in_a_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(openai_sync()))
    thread.start()
    thread.join()
    return found[0]


def openai_with_options():
    return SYNC.with_options(timeout=3).chat.completions.create(model="old", messages=HI).choices[0].message.content


async def _openai_async():
    return (await ASYNC.chat.completions.create(model="old", messages=HI)).choices[0].message.content


async def _openai_async_stream():
    stream = await ASYNC.chat.completions.create(model="old", messages=HI, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


def openai_async():
    return asyncio.run(_openai_async())


def openai_async_stream():
    return asyncio.run(_openai_async_stream())


def claude_sync():
    return CLAUDE.messages.create(model="old", max_tokens=9, messages=HI).content[0].text


def claude_stream():
    with CLAUDE.messages.stream(model="old", max_tokens=9, messages=HI) as stream:
        return stream.get_final_text()


def claude_events():
    events = CLAUDE.messages.create(model="old", max_tokens=9, messages=HI, stream=True)
    return "".join(event.delta.text for event in events if event.type == "content_block_delta")


async def _claude_async():
    return (await ASYNC_CLAUDE.messages.create(model="old", max_tokens=9, messages=HI)).content[0].text


async def _claude_async_stream():
    async with ASYNC_CLAUDE.messages.stream(model="old", max_tokens=9, messages=HI) as stream:
        return await stream.get_final_text()


def claude_async():
    return asyncio.run(_claude_async())


def claude_async_stream():
    return asyncio.run(_claude_async_stream())


OPENAI = [
    openai_sync,
    openai_made_inside,
    openai_sync_stream,
    openai_stream_helper,
    openai_responses,
    openai_responses_stream,
    openai_raw,
    openai_in_a_thread,
    openai_with_options,
    openai_async,
    openai_async_stream,
]
ANTHROPIC = [claude_sync, claude_stream, claude_events, claude_async, claude_async_stream]
USES = [("openai-chat", use) for use in OPENAI] + [("anthropic-messages", use) for use in ANTHROPIC]


def block(endpoint, api):
    return endpoint.as_anthropic() if api.startswith("anthropic") else endpoint.as_openai()


@pytest.mark.parametrize(("api", "use"), USES, ids=[use.__name__ for _, use in USES])
def test_every_way_to_use_an_sdk_is_repointed_recorded_and_replayed(bind, server, api, use):
    server.answer = lambda asked: f"Hello from {asked.body['model']}, Zürich"
    live = bind(api)
    with block(live, api):
        assert use() == "Hello from m-1, Zürich"
    assert live.finish() is None
    assert (live.tally.live, live.tally.replayed) == (1, 0)
    assert live.replies[0].text == "Hello from m-1, Zürich"
    assert "key-of-the-app" not in str(server.asked[0].headers)

    server.answer = lambda asked: Raw(status=500)
    replay = bind(api, "none")
    with block(replay, api):
        assert use() == "Hello from m-1, Zürich"
    assert replay.finish() is None
    assert (replay.tally.live, replay.tally.replayed) == (0, 1)
    assert replay.replies == live.replies
    assert len(server.asked) == 1


def test_only_harmless_headers_of_the_application_go_along(bind, server):
    with bind("anthropic-messages").as_anthropic():
        claude_sync()
    assert server.asked[0].headers["anthropic-beta"] == "b-1"
    with bind().as_openai():
        openai_sync()
    assert "x-gateway" not in server.asked[1].headers


def test_identical_requests_within_one_sample_are_recordings_of_their_own(bind, server):
    server.answer = lambda asked: f"answer {asked.number}"
    with bind().as_openai():
        assert [openai_sync(), openai_sync()] == ["answer 0", "answer 1"]
    with bind(mode="none").as_openai():
        assert [openai_sync(), openai_sync()] == ["answer 0", "answer 1"]


def test_each_sample_has_recordings_of_its_own(bind, server):
    server.answer = lambda asked: f"answer {asked.number}"
    for sample in (0, 1):
        with bind(sample=sample).as_openai():
            openai_sync()
    for sample in (1, 0):
        with bind(mode="none", sample=sample).as_openai():
            assert openai_sync() == f"answer {sample}"


def test_many_at_once_each_get_their_own_answer_back(bind, server):
    server.answer = lambda asked: f"you said {asked.prompt}"

    async def all_at_once():
        async def one(n):
            messages = [{"role": "user", "content": f"number {n}"}]
            return (await ASYNC.chat.completions.create(model="old", messages=messages)).choices[0].message.content

        return await asyncio.gather(*(one(n) for n in range(20)))

    expected = [f"you said number {n}" for n in range(20)]
    with bind().as_openai():
        assert asyncio.run(all_at_once()) == expected
    with bind(mode="none").as_openai():
        assert asyncio.run(all_at_once()) == expected


def test_an_sdks_retries_are_one_recording(bind, server):
    server.answer = lambda asked: Raw(status=429, headers={"retry-after": "0"}) if asked.number == 0 else "Yes."
    with bind().as_openai():
        assert openai_sync() == "Yes."
    replay = bind(mode="none")
    with replay.as_openai():
        assert openai_sync() == "Yes."
    assert len(server.asked) == 2


def test_a_stream_that_the_application_leaves_early_is_still_recorded_whole(bind, server):
    server.answer = lambda asked: "one two three four five six seven"
    live = bind()
    with live.as_openai(), SYNC.chat.completions.create(model="old", messages=HI, stream=True) as stream:
        next(iter(stream))
    assert live.finish() is None
    assert live.replies[0].text == "one two three four five six seven"


@pytest.mark.parametrize(("api", "use"), [USES[0], USES[2], USES[9], USES[11], USES[14]])
def test_a_missing_recording_is_said_at_once_and_not_hidden_behind_the_sdk(bind, server, api, use):
    endpoint = bind(api, "none")
    with block(endpoint, api), pytest.raises(MissingRecording, match="--contract-record=missing"):
        use()
    assert isinstance(endpoint.finish(), MissingRecording)
    assert server.asked == []


def test_an_application_that_swallows_the_error_does_not_pass(bind):
    endpoint = bind(mode="none")
    with endpoint.as_openai():
        try:
            openai_sync()
        except Exception:
            answer = "fallback"
    assert answer == "fallback"
    assert isinstance(endpoint.finish(), MissingRecording)


def test_a_server_error_that_the_application_swallows_is_no_sample(bind, server):
    server.answer = lambda asked: Raw(status=500)
    endpoint = bind(retries=0)
    with endpoint.as_openai(), pytest.raises(openai.InternalServerError):
        SYNC.with_options(max_retries=0).chat.completions.create(model="old", messages=HI)
    assert endpoint.finish().cause == "HTTP 500"


def test_a_server_that_is_not_there_is_no_sample(bind):
    endpoint = bind(base_url=f"{NOWHERE}/v1")
    with endpoint.as_openai(), pytest.raises(openai.APIConnectionError):
        SYNC.with_options(max_retries=0).chat.completions.create(model="old", messages=HI)
    assert endpoint.finish().cause == "no connection"


def test_a_rejected_request_reaches_the_application_and_is_known(bind, server):
    server.answer = lambda asked: error(400, "temperature is not supported", param="temperature")
    for mode in ("missing", "none"):
        endpoint = bind(mode=mode)
        with endpoint.as_openai(), pytest.raises(openai.BadRequestError):
            SYNC.chat.completions.create(model="old", messages=HI, temperature=0)
        assert endpoint.finish() is None
        assert endpoint.rejection.parameter == "temperature"
    assert len(server.asked) == 1


def test_parameters_of_the_endpoint_are_added_where_the_application_sets_none(bind, server):
    with bind(parameters={"temperature": 0.1, "max_output_tokens": 50}).as_openai():
        SYNC.chat.completions.create(model="old", messages=HI, temperature=0.9)
        SYNC.responses.create(model="old", input="Hi")
    assert server.asked[0].body["temperature"] == 0.9
    assert server.asked[0].body["max_completion_tokens"] == 50
    assert server.asked[1].body["max_output_tokens"] == 50


def test_after_the_block_the_sdks_are_as_they_were(bind):
    before = (openai.OpenAI.request, openai.AsyncOpenAI.request, anthropic.Anthropic.request)
    with bind().as_openai(), bind("anthropic-messages").as_anthropic():
        assert openai.OpenAI.request is not before[0]
    assert (openai.OpenAI.request, openai.AsyncOpenAI.request, anthropic.Anthropic.request) == before


def test_after_an_error_in_the_block_the_sdks_are_as_they_were(bind):
    before = openai.OpenAI.request
    with pytest.raises(ZeroDivisionError), bind().as_openai():
        raise ZeroDivisionError
    assert openai.OpenAI.request is before


def test_an_application_of_one_vendor_is_not_translated_for_another(bind):
    with pytest.raises(EndpointError, match="not speak openai's API"), bind("anthropic-messages").as_openai():
        pass


def test_two_blocks_at_once_keep_their_calls_apart(bind, server):
    server.answer = lambda asked: asked.body["model"]
    first, second = bind(model="m-first"), bind(model="m-second")

    async def under(endpoint):
        async with endpoint.as_openai():
            await asyncio.sleep(0.01)
            return await _openai_async()

    async def both():
        return await asyncio.gather(under(first), under(second))

    assert asyncio.run(both()) == ["m-first", "m-second"]


def test_other_paths_are_recorded_but_go_where_the_application_sends_them(bind, server, tmp_path):
    server.answer = lambda asked: Raw(
        body='{"object": "list", "model": "e", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 1, "total_tokens": 1}}',
        headers={"content-type": "application/json"},
    )
    client = openai.OpenAI(api_key="key-of-the-app", base_url=server.openai_url)
    with bind(base_url=f"{NOWHERE}/v1").as_openai():
        assert client.embeddings.create(model="e", input="x", encoding_format="float").data[0].embedding == [0.5]
    assert server.asked[0].body["model"] == "e"
    with bind(mode="none").as_openai():
        assert client.embeddings.create(model="e", input="x", encoding_format="float").data[0].embedding == [0.5]
    assert len(server.asked) == 1


def test_asking_directly_and_through_a_client_may_be_mixed(bind, server):
    server.answer = lambda asked: Say(f"{asked.number}")
    endpoint = bind()
    with endpoint.as_openai():
        openai_sync()
    assert endpoint.ask("Hi").text == "1"
    replay = bind(mode="none")
    with replay.as_openai():
        assert openai_sync() == "0"
    assert replay.ask("Hi").text == "1"


def test_ask_says_what_it_does_not_know(bind):
    with pytest.raises(TypeError, match="no parameter 'max_tokens'; did you mean 'max_output_tokens'"):
        bind().ask("Hi", max_tokens=5)
    with pytest.raises(TypeError, match="either a prompt or messages"):
        bind().ask()


def test_ask_can_be_awaited(bind, server):
    endpoint = bind()
    assert asyncio.run(endpoint.ask_async("Hi", temperature=0.5)).text == "Yes."


def test_a_stream_may_be_read_after_the_block(bind, server):
    server.answer = lambda asked: Say("Hello out there")
    endpoint = bind()
    with endpoint.as_openai():
        chunks = SYNC.chat.completions.create(model="old", messages=HI, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello out there"
    assert endpoint.finish() is None
    assert [reply.text for reply in endpoint.replies] == ["Hello out there"]


def test_a_stream_that_nobody_reads_is_recorded_when_the_sample_ends(bind, server):
    server.answer = lambda asked: Say("Hello out there")
    endpoint = bind()
    with endpoint.as_openai():
        kept = SYNC.chat.completions.create(model="old", messages=HI, stream=True)
    assert endpoint.finish() is None
    assert [reply.text for reply in endpoint.replies] == ["Hello out there"]
    assert kept is not None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_an_async_stream_that_nobody_reads_is_no_sample(bind, server):
    endpoint = bind()

    async def leave():
        with endpoint.as_openai():
            return await ASYNC.chat.completions.create(model="old", messages=HI, stream=True)

    kept = asyncio.run(leave())
    assert endpoint.finish().cause == "an answer was not read to its end"
    assert kept is not None
    # The application has left its connection open; here, where that is expected, and not in some later test.
    del kept
    gc.collect()


@pytest.mark.parametrize("how", ["sync", "stream", "async"])
def test_calls_are_paid_for_from_the_purse_of_the_run(bind, how):
    endpoint = bind(price={"input": 1.0, "output": 2.0}, parameters={"max_output_tokens": 50})
    endpoint.purse.most_calls = 2
    ask = {
        "sync": openai_sync,
        "stream": openai_sync_stream,
        "async": lambda: asyncio.run(ASYNC.chat.completions.create(model="old", messages=HI)),
    }[how]
    with endpoint.as_openai():
        ask()
        ask()
        with pytest.raises(openai.PermissionDeniedError, match="all 2 calls are made"):
            ask()
    assert isinstance(endpoint.finish(), Stopped)
    spent = endpoint.spent()
    assert spent.calls == 2
    assert spent.usd == pytest.approx(2 * 9e-6)


def test_within_a_budget_no_call_goes_out_that_could_cost_anything(bind, server):
    endpoint = bind(price={"input": 1.0, "output": 2.0})
    endpoint.purse.most_usd = 5.0
    with endpoint.as_openai(), pytest.raises(openai.PermissionDeniedError, match="sets no limit of output tokens"):
        openai_sync()
    assert server.asked == []
    assert isinstance(endpoint.finish(), Stopped)


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
DRIP = b"3\r\n:\n\n\r\n"


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_an_answer_that_never_ends_is_a_timeout_of_the_endpoint(bind, asynchronous):
    async def ask():
        async for _ in await ASYNC.chat.completions.create(model="old", messages=HI, stream=True):
            pass

    with Slow(STREAM_HEAD, DRIP) as slow:
        endpoint = bind(base_url=slow.url, timeout_seconds=0.3, retries=0)
        with endpoint.as_openai(), pytest.raises((openai.APIError, httpx2.ReadTimeout)):
            asyncio.run(ask()) if asynchronous else openai_sync_stream()
        assert endpoint.finish().cause == "timeout"


def test_what_is_left_of_a_stream_is_read_no_longer_than_an_answer_may_take(bind):
    first = b'data: {"choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":null}]}\n\n'
    with Slow(STREAM_HEAD + b"%x\r\n%s\r\n" % (len(first), first), DRIP) as slow:
        endpoint = bind(base_url=slow.url, timeout_seconds=0.5, retries=0)
        with endpoint.as_openai():
            for _ in SYNC.chat.completions.create(model="old", messages=HI, stream=True):
                break
        assert endpoint.finish().cause == "timeout"
