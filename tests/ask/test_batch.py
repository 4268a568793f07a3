"""Asking in batches: both vendors' SDKs over real HTTP, runs that end at any moment, and everything that can go wrong."""

import asyncio
import datetime as dt
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from batch_server import CUT, BatchServer, Fault
from model_server import Raw, Say, error
from pytest_behavior_contract.ask.batch import LiveBatch
from pytest_behavior_contract.ask.batch_state import Timing
from pytest_behavior_contract.ask.batch_vendors import Limits
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.errors import BatchUnderWay, EndpointError, SecretFound
from pytest_behavior_contract.exchange import Exchange, Prompt

SURFACES = ["openai-chat", "openai-responses", "anthropic-messages"]
VENDORS = ["openai-chat", "anthropic-messages"]
CREATE = {"openai-chat": "POST /v1/batches", "anthropic-messages": "POST /v1/messages/batches"}
LOOK = {"openai-chat": "GET /v1/batches/", "anthropic-messages": "GET /v1/messages/batches/"}
KEY = "sk-" + "a1" * 20


class Clock:
    """Time that passes only where someone sleeps, and a wall clock that is set by hand."""

    def __init__(self):
        self.seconds = 0.0
        self.later = dt.timedelta(0)

    async def sleep(self, seconds):
        self.seconds += seconds
        await asyncio.sleep(0.001)

    def now(self):
        return dt.datetime.now(dt.UTC) + self.later

    def timing(self, **more):
        # So long that no machine is too slow for what happens within it.
        settle = {"settle_seconds": 3600.0}
        return Timing(sleep=self.sleep, clock=lambda: self.seconds, now=self.now, **{**settle, **more})


@pytest.fixture
def vendor(server):
    with BatchServer(server) as running:
        yield running


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(vendor, tmp_path, clock):
    """Makes an endpoint asked in batches, as each run of pytest would."""

    def one(api="openai-chat", *, wait=0.0, timing=None, secrets=(), limits=None, **more):
        base_url = vendor.url if api == "anthropic-messages" else f"{vendor.url}/v1"
        more = {"base_url": base_url, "model": "m-1", "retries": 0, "timeout_seconds": 5.0, **more}
        return LiveBatch(
            Endpoint(name=more.pop("name", "prod"), api=api, **more),
            secrets=secrets,
            state_folder=tmp_path / "batches",
            root=tmp_path,
            wait_seconds=wait,
            timing=timing or clock.timing(),
            limits=limits,
        )

    return one


@pytest.fixture
def tape(tmp_path):
    return Tape(tmp_path / "cassettes" / "prod" / "orders" / "bare-json.jsonl")


def request(live, text="Hi", **more):
    provider = live._endpoint.provider
    parameters = {"max_output_tokens": 9}
    prompt = Prompt(messages=({"role": "user", "content": text},), parameters=parameters, **more)
    return provider.request(prompt, "m-1")


async def asked(live, tape, *texts, samples=1):
    asks = [live.ask(request(live, text), tape, sample=n) for text in texts for n in range(samples)]
    return await asyncio.gather(*asks, return_exceptions=True)


def run(live, tape, *texts, samples=1):
    """Asks in a run of its own and returns the exchanges or errors."""

    async def whole():
        try:
            return await asked(live, tape, *texts, samples=samples)
        finally:
            await live.close()

    return asyncio.run(whole())


def collected(live):
    async def whole():
        try:
            return await live.collect()
        finally:
            await live.close()

    return asyncio.run(whole())


def states(tmp_path):
    return sorted((tmp_path / "batches").glob("*.json"))


def text_of(live, exchange):
    return live._endpoint.provider.reply(exchange).text


def asked_of(server):
    return sorted(one.prompt for one in server.asked)


@pytest.mark.parametrize("surface", SURFACES)
def test_questions_go_out_as_one_batch_and_come_back_as_recordings(make, vendor, server, tape, tmp_path, surface):
    server.answer = lambda one: Say(f"You said {one.prompt} \u2028.")
    live = make(surface)
    exchanges = run(live, tape, "a", "b", samples=2)
    assert [text_of(live, exchange) for exchange in exchanges] == [f"You said {x} \u2028." for x in "aabb"]
    assert [exchange.sample for exchange in exchanges] == [0, 1, 0, 1]
    assert [Tape(tape.path).get(exchange.key) for exchange in exchanges] == exchanges
    assert {(exchange.via, exchange.response.status) for exchange in exchanges} == {("batch", 200)}
    assert vendor.created == 1
    assert asked_of(server) == ["a", "a", "b", "b"]
    assert server.asked[0].body == request(live, "a").body
    assert states(tmp_path) == []
    assert exchanges[0].uri.endswith(request(live).path)
    assert exchanges[0].versions.keys() == {"pytest-behavior-contract", live._endpoint.provider.sdk}


def test_the_tape_that_was_asked_for_knows_its_new_recordings(make, tape):
    (exchange,) = run(make(), tape, "a")
    assert tape.is_fresh(exchange.key)
    assert tape.get(exchange.key) == exchange


def test_what_anthropic_was_asked_by_is_recorded(make, tape):
    (exchange,) = run(make("anthropic-messages"), tape, "a")
    assert exchange.request_headers["anthropic-version"]
    assert not {"x-api-key", "authorization"} & exchange.request_headers.keys()


@pytest.mark.parametrize("surface", VENDORS)
def test_a_batch_under_way_is_collected_by_a_later_run_and_not_asked_again(make, vendor, server, tape, surface):
    vendor.looks_needed = 3
    for _ in range(2):
        errors = run(make(surface), Tape(tape.path), "a", "b")
        assert {type(error) for error in errors} == {BatchUnderWay}
        assert errors[0].final
        name = next(iter(vendor.made))
        assert errors[0].detail == f"batch {name}: 0 of 2 answered; run the same command again to collect"
    assert server.asked == []
    first, second = run(make(surface), tape, "a", "b")
    assert [Tape(tape.path).get(one.key) for one in (first, second)] == [first, second]
    assert vendor.created == 1
    assert len(server.asked) == 2


def test_waiting_looks_less_and_less_often_until_its_time_is_over(make, vendor, tape, clock):
    vendor.looks_needed = 1000
    (error,) = run(make(wait=400.0, timing=clock.timing(quiet_seconds=0.0)), tape, "a")
    assert isinstance(error, BatchUnderWay)
    # After 0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363 and 400 seconds.
    assert vendor.count("GET /v1/batches/openai_1") == 13
    assert clock.seconds == 400.0


def test_a_batch_that_ends_while_one_waits_is_an_answer(make, vendor, tape):
    vendor.looks_needed = 5
    (exchange,) = run(make(wait=60.0), tape, "a")
    assert isinstance(exchange, Exchange)


def test_questions_that_come_later_are_a_batch_of_their_own(make, vendor, server, tape):
    async def whole():
        live = make(wait=60.0)
        await asked(live, tape, "a")
        await asked(live, tape, "b", "a")
        await live.close()

    asyncio.run(whole())
    assert vendor.created == 2
    assert asked_of(server) == ["a", "b"]


def test_the_same_question_asked_twice_at_once_is_sent_once(make, server, tape):
    first, second = run(make(), tape, "a", "a")
    assert first is second
    assert len(server.asked) == 1


@pytest.mark.parametrize("surface", VENDORS)
def test_what_nobody_asks_for_any_more_is_collected_all_the_same(make, vendor, tape, tmp_path, surface):
    vendor.looks_needed = 2
    run(make(surface), tape, "a", "b")
    assert collected(make(surface)) == [f"batch {next(iter(vendor.made))} of prod: 2 of 2 answered, 2 recorded"]
    assert len(Tape(tape.path)) == 2
    assert states(tmp_path) == []
    assert collected(make(surface)) == []


def test_a_batch_that_has_not_ended_is_said_to_be_under_way(make, vendor, tape):
    vendor.looks_needed = 9
    run(make(), tape, "a")
    said = ["batch openai_1 of prod: 0 of 1 answered; run the same command again to collect"]
    assert collected(make()) == said


def test_what_was_collected_is_not_asked_again_even_where_the_tape_was_read_before(make, vendor, server, tape):
    vendor.looks_needed = 2
    run(make(), tape, "a")
    assert len(tape) == 0

    async def whole():
        live = make()
        await live.collect()
        (exchange,) = await asked(live, tape, "a")
        await live.close()
        return exchange

    exchange = asyncio.run(whole())
    assert Tape(tape.path).get(exchange.key) == exchange
    assert len(server.asked) == 1


def test_a_recording_from_before_the_batch_is_replaced_by_the_batch(make, vendor, server, tape):
    (old,) = run(make(), tape, "a")
    lines = tape.path.read_text().replace(old.recorded_at, "2020-01-01T00:00:00Z")
    tape.path.write_text(lines)
    server.answer = lambda one: "No."
    (new,) = run(make(), Tape(tape.path), "a")
    assert "No." in new.response.body
    assert Tape(tape.path).get(old.key) == new


def test_news_of_a_batch_is_told_once(make, tape):
    async def whole():
        live = make()
        await asked(live, tape, "a")
        said = [await live.collect(), await live.collect()]
        await live.close()
        return said

    assert asyncio.run(whole()) == [["batch openai_1 of prod: 1 of 1 answered, 1 recorded"], []]


# A run that ends between two steps


KILLED = """
import asyncio, sys
from pathlib import Path
from pytest_behavior_contract.ask.batch import LiveBatch
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.exchange import Prompt

root, api, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
endpoint = Endpoint(name="prod", api=api, model="m-1", base_url=url, retries=2)
live = LiveBatch(endpoint, state_folder=root / "batches", root=root)
tape = Tape(root / "cassettes" / "prod" / "orders" / "bare-json.jsonl")

async def main():
    asks = []
    for text in ("a", "b"):
        prompt = Prompt(messages=({"role": "user", "content": text},), parameters={"max_output_tokens": 9})
        asks.append(live.ask(endpoint.provider.request(prompt, "m-1"), tape, sample=0))
    await asyncio.gather(*asks)

asyncio.run(main())
"""


def killed(vendor, tmp_path, surface, moments, what):
    """A run in a process of its own, killed while the server deals with its request."""
    url = vendor.url if surface == "anthropic-messages" else f"{vendor.url}/v1"
    command = [sys.executable, "-c", KILLED, str(tmp_path), surface, url]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as process:
        moments[what] = lambda: os.kill(process.pid, signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    moments.clear()


@pytest.mark.parametrize("surface", VENDORS)
def test_a_run_killed_before_it_knew_the_id_finds_its_batch_again(make, vendor, server, tape, tmp_path, surface):
    killed(vendor, tmp_path, surface, vendor.after, CREATE[surface])
    assert json.loads(states(tmp_path)[0].read_text())["status"] == "intended"
    vendor.looks_needed = 0
    for made in vendor.made.values():
        vendor.look(made)
    exchanges = run(make(surface), tape, "a", "b")
    assert [type(exchange) for exchange in exchanges] == [Exchange, Exchange]
    assert vendor.created == 1
    assert asked_of(server) == ["a", "b"]
    assert states(tmp_path) == []


@pytest.mark.parametrize("surface", VENDORS)
def test_a_run_killed_before_the_batch_was_made_asks_anew_once_that_is_sure(
    make, vendor, server, tape, tmp_path, clock, surface
):
    vendor.faults = [Fault(CREATE[surface], 500)]
    killed(vendor, tmp_path, surface, vendor.before, CREATE[surface])
    assert vendor.made == {}
    # It may still be on its way.
    errors = run(make(surface), tape, "a", "b")
    assert {error.cause for error in errors} == {"batch under way"}
    assert "not known yet whether the vendor has it" in str(errors[0])
    assert len(states(tmp_path)) == 1
    clock.later = dt.timedelta(hours=2)
    live = make(surface)

    async def whole():
        exchanges = await asked(live, tape, "a", "b")
        said = await live.collect()
        await live.close()
        return exchanges, said

    exchanges, said = asyncio.run(whole())
    assert [type(exchange) for exchange in exchanges] == [Exchange, Exchange]
    assert "of prod never reached the vendor: 2 questions can be asked anew" in said[0]
    assert asked_of(server) == ["a", "b"]
    assert states(tmp_path) == []


def test_a_run_killed_while_it_uploaded_asks_anew(make, vendor, server, tape, tmp_path, clock):
    killed(vendor, tmp_path, "openai-chat", vendor.after, "POST /v1/files")
    clock.later = dt.timedelta(hours=2)
    assert {type(exchange) for exchange in run(make(), tape, "a", "b")} == {Exchange}
    assert len(vendor.made) == 1


@pytest.mark.parametrize("surface", VENDORS)
@pytest.mark.parametrize("status", [CUT, 500, 408])
def test_a_batch_made_although_the_answer_was_lost_is_not_made_again(make, vendor, server, tape, surface, status):
    vendor.faults = [Fault(CREATE[surface], status, done=True)]
    exchanges = run(make(surface, wait=600.0, retries=3), tape, "a", "b")
    assert {type(exchange) for exchange in exchanges} == {Exchange} if surface == "openai-chat" else True
    if surface == "anthropic-messages":
        # It shows no custom_ids before it has ended, so it is left to itself until then.
        assert {error.cause for error in exchanges} == {"batch under way"}
        vendor.look(vendor.made["anthropic_1"])
        exchanges = run(make(surface), tape, "a", "b")
        assert {type(exchange) for exchange in exchanges} == {Exchange}
    assert vendor.created == 1
    assert asked_of(server) == ["a", "b"]


def test_a_batch_that_was_not_made_is_made_again_in_the_same_run_once_that_is_sure(make, vendor, server, tape, clock):
    vendor.faults = [Fault("POST /v1/batches", CUT)]
    timing = clock.timing(settle_seconds=60.0)
    live = make(wait=600.0, timing=replace(timing, now=lambda: clock.now() + dt.timedelta(seconds=clock.seconds)))
    assert {type(exchange) for exchange in run(live, tape, "a")} == {Exchange}
    assert vendor.created == 2
    assert clock.seconds >= 60
    assert asked_of(server) == ["a"]


def test_why_it_is_not_known_whether_a_batch_was_made_is_said(make, vendor, tape):
    vendor.faults = [Fault("POST /v1/batches", 503)]
    (error,) = run(make(), tape, "a")
    assert isinstance(error, BatchUnderWay)
    assert "it is not known whether the vendor has it (HTTP 503: " in error.detail


def test_another_batch_of_as_many_questions_is_not_mistaken_for_a_lost_one(make, vendor, server, tape, tmp_path, clock):
    vendor.faults = [Fault("POST /v1/messages/batches", 500)]
    stranger = vendor.add("anthropic", [{"custom_id": "x", "params": {"messages": [{"content": "theirs"}]}}], {})
    run(make("anthropic-messages"), tape, "a")
    clock.later = dt.timedelta(hours=2)
    # As long as it may be ours, nothing is asked anew.
    (error,) = run(make("anthropic-messages"), tape, "a")
    assert isinstance(error, BatchUnderWay)
    vendor.look(stranger)
    (exchange,) = run(make("anthropic-messages"), tape, "a")
    assert isinstance(exchange, Exchange)
    assert asked_of(server) == ["a", "theirs"]


def test_a_batch_that_is_known_is_not_taken_for_a_lost_one(make, vendor, tape, clock):
    vendor.looks_needed = 99
    run(make("anthropic-messages"), tape, "a")
    vendor.faults = [Fault("POST /v1/messages/batches", 500)]
    run(make("anthropic-messages"), tape, "b")
    clock.later = dt.timedelta(hours=2)
    run(make("anthropic-messages"), tape, "b")
    assert len(vendor.made) == 2


def test_old_batches_are_not_taken_for_a_lost_one(make, vendor, server, tape, clock):
    vendor.faults = [Fault("POST /v1/messages/batches", 500)]
    vendor.add("anthropic", [{"custom_id": "x", "params": {}}], {}).created -= dt.timedelta(hours=3)
    run(make("anthropic-messages"), tape, "a")
    clock.later = dt.timedelta(hours=2)
    (exchange,) = run(make("anthropic-messages"), tape, "a")
    assert isinstance(exchange, Exchange)


def test_a_vendor_that_cannot_be_searched_leaves_the_batch_in_doubt(make, vendor, tape, tmp_path, clock):
    vendor.faults = [Fault("POST /v1/batches", 500), Fault("GET /v1/batches", 404), Fault("GET /v1/batches", 404)]
    (error,) = run(make(), tape, "a")
    assert error.cause == "batch not found"
    clock.later = dt.timedelta(hours=2)
    (said,) = collected(make())
    assert "so it is not known whether" in said
    assert len(states(tmp_path)) == 1


@pytest.mark.parametrize("surface", VENDORS)
def test_a_run_ended_while_it_recorded_goes_on_where_it_was(make, vendor, server, tape, tmp_path, surface):
    vendor.looks_needed = 2
    run(make(surface), tape, "a", "b", "c")
    state = states(tmp_path)[0]
    noted = state.read_bytes()
    collected(make(surface))
    lines = tape.path.read_bytes().splitlines(keepends=True)
    # One on tape, the second torn off, and the file of state still there.
    tape.path.write_bytes(lines[0] + lines[1][:50])
    state.write_bytes(noted)
    (said,) = collected(make(surface))
    assert said.endswith(" of prod: 3 of 3 answered, 2 recorded, 1 recorded before")
    assert len(Tape(tape.path)) == 3
    assert tape.path.read_bytes().count(b'"complete": true}') == 3
    assert len(server.asked) == 3
    assert states(tmp_path) == []


def test_a_run_cancelled_while_it_sent_finds_its_batch_again(make, vendor, server, tape):
    async def whole():
        live = make()
        asks = asyncio.ensure_future(asked(live, tape, "a"))
        vendor.after["POST /v1/batches"] = lambda: loop.call_soon_threadsafe(asks.cancel)
        loop = asyncio.get_running_loop()
        with pytest.raises(asyncio.CancelledError):
            await asks
        await live.close()

    asyncio.run(whole())
    vendor.after.clear()
    (exchange,) = run(make(), tape, "a")
    assert isinstance(exchange, Exchange)
    assert vendor.created == 1


def test_what_a_killed_process_left_half_written_is_swept_away(make, tape, tmp_path):
    (tmp_path / "batches").mkdir()
    scratch = tmp_path / "batches" / ".bc-0123456789abcdef.json.x1"
    scratch.write_text('{"tag": ')
    run(make(), tape, "a")
    assert not scratch.exists()


# Secrets


def test_a_key_in_a_request_is_neither_sent_nor_written(make, vendor, tape, tmp_path):
    (error,) = run(make(), tape, f"Is {KEY} a key?")
    assert isinstance(error, SecretFound)
    assert KEY not in str(error)
    assert vendor.requests == []
    assert list(tmp_path.rglob("*.json*")) == []


def test_a_key_in_a_reply_is_not_written(make, server, tape):
    server.answer = lambda one: Say(f"Use {KEY} for it.") if one.prompt == "a" else Say("No.")
    error, exchange = run(make(), tape, "a", "b")
    assert isinstance(error, SecretFound)
    assert isinstance(exchange, Exchange)
    assert KEY not in tape.path.read_text()


@pytest.mark.parametrize("surface", VENDORS)
def test_the_endpoints_own_key_is_sent_and_written_nowhere(make, vendor, tape, tmp_path, monkeypatch, surface):
    monkeypatch.setenv("MY_KEY", "a-very-own-key-1234")
    vendor.looks_needed = 2
    live = make(surface, api_key_env="MY_KEY", secrets=("a-very-own-key-1234",))
    run(live, tape, "a")
    assert "a-very-own-key-1234" in str(vendor.headers[0])
    assert "a-very-own-key" not in states(tmp_path)[0].read_text()
    run(make(surface, api_key_env="MY_KEY"), tape, "a")
    assert "a-very-own-key" not in tape.path.read_text()


def test_user_and_password_of_an_address_are_not_written(make, vendor, tape, tmp_path):
    vendor.looks_needed = 2
    run(make(base_url=vendor.url.replace("//", "//me:my-password@") + "/v1"), tape, "a")
    assert "my-password" not in states(tmp_path)[0].read_text()


def test_a_key_in_an_address_is_not_written(make, vendor, tape, tmp_path):
    (error,) = run(make(base_url=f"{vendor.url}/{KEY}/v1"), tape, "a")
    assert isinstance(error, SecretFound)
    assert vendor.requests == []
    assert states(tmp_path) == []


def test_a_message_of_the_vendor_is_shown_without_the_key_it_repeats(make, vendor, tape):
    vendor.faults = [Fault("POST /v1/files", 400, json.dumps({"error": {"message": f"no {KEY} and no my-own-key-1"}}))]
    (error,) = run(make(secrets=("my-own-key-1",)), tape, "a")
    assert "no *** and no ***" in str(error)


def test_without_a_key_the_vendor_is_not_even_asked(make, tape, tmp_path, vendor):
    (error,) = run(make(base_url=""), tape, "a")
    assert "OPENAI_API_KEY is not set" in str(error)
    assert error.final
    assert states(tmp_path) == []
    vendor.looks_needed = 2
    run(make(), tape, "a")
    (said,) = collected(make(base_url=""))
    assert said.startswith("batches of prod: no key: OPENAI_API_KEY is not set: set it, or name another variable in ")


# What a vendor may answer


@pytest.mark.parametrize("surface", VENDORS)
def test_a_rejected_request_is_behavior_and_any_other_error_is_not(make, vendor, server, tape, tmp_path, surface):
    answers = {
        "a": error(400, "temperature: is not supported"),
        "b": Raw(status=500, body='{"error": {"message": "x"}}'),
    }
    server.answer = lambda one: answers.get(one.prompt, "Yes.")
    live = make(surface)
    rejected, failed, fine = run(live, tape, "a", "b", "c")
    assert live._endpoint.provider.reply(rejected).rejection.parameter == "temperature"
    assert failed.cause == {"openai-chat": "HTTP 500", "anthropic-messages": "not answered: api_error"}[surface]
    assert not failed.final
    assert isinstance(fine, Exchange)
    assert len(Tape(tape.path)) == 2
    assert states(tmp_path) == []


@pytest.mark.parametrize("surface", VENDORS)
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_ends_the_matter(make, vendor, tape, tmp_path, surface, status):
    vendor.faults = [Fault("POST", status), Fault("POST", status)]
    (error,) = run(make(surface), tape, "a")
    assert error.cause == f"not authorised: HTTP {status}"
    assert error.final
    assert states(tmp_path) == []


@pytest.mark.parametrize("status", [CUT, 400, 413, 500])
def test_a_refused_upload_leaves_nothing_behind(make, vendor, tape, tmp_path, status):
    vendor.faults = [Fault("POST /v1/files", status)]
    (error,) = run(make(), tape, "a")
    assert isinstance(error, EndpointError)
    assert not isinstance(error, BatchUnderWay)
    assert states(tmp_path) == []
    assert vendor.made == {}


@pytest.mark.parametrize("surface", VENDORS)
def test_a_vendor_in_haste_is_asked_again_as_often_as_the_endpoint_says(make, vendor, tape, surface):
    vendor.faults = [Fault(CREATE[surface], 429), Fault(CREATE[surface], 429)]
    (exchange,) = run(make(surface, retries=2), tape, "a")
    assert isinstance(exchange, Exchange)
    vendor.faults = [Fault(CREATE[surface], 429)]
    (error,) = run(make(surface), tape, "b")
    assert (error.cause, error.final) == ("rate limited: HTTP 429", False)


def test_a_server_that_is_not_there_is_said_and_leaves_nothing_behind(make, tape, tmp_path):
    for surface in VENDORS:
        (error,) = run(make(surface, base_url="http://127.0.0.1:9"), tape, "a")
        assert error.cause == "no connection"
    assert states(tmp_path) == []


def test_a_file_that_the_vendor_finds_wrong_is_refused_as_a_whole(make, vendor, tape, tmp_path):
    vendor.ends_as = "failed"
    vendor.errors = [{"code": "x", "line": n, "message": f"wrong {n}"} for n in range(1, 6)]
    errors = run(make(), tape, "a", "b")
    assert {(error.cause, error.final) for error in errors} == {("batch refused", True)}
    assert errors[0].detail == "line 1: wrong 1; line 2: wrong 2; line 3: wrong 3 and 2 more"
    assert states(tmp_path) == []


@pytest.mark.parametrize("surface", VENDORS)
@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_of_a_batch_that_ended_early_what_was_answered_is_recorded(make, vendor, tape, tmp_path, surface, end):
    vendor.ends_as, vendor.answers, vendor.looks_needed = end, 1, 2
    run(make(surface), tape, "a", "b", "c")
    live = make(surface)

    async def whole():
        results = await asked(live, tape, "a", "b", "c")
        said = await live.collect()
        await live.close()
        return results, said

    (first, *rest), (said,) = asyncio.run(whole())
    assert isinstance(first, Exchange)
    assert {(error.cause, error.final) for error in rest} == {(f"batch {end}", False)}
    assert said.endswith(f"of prod: 1 of 3 answered, 1 recorded, 2 failed (batch {end}: 2)")
    assert states(tmp_path) == []


@pytest.mark.parametrize("surface", VENDORS)
@pytest.mark.parametrize(
    "garbage", ["{torn", "[]", "null", '{"custom_id": 5}', '{"custom_id": "x"}', "\x00", "[" * 9999]
)
def test_results_that_cannot_be_read_are_kept_for_another_look(make, vendor, server, tape, tmp_path, surface, garbage):
    vendor.edit = lambda lines: [*lines[:-1], garbage]
    first, error = run(make(surface), tape, "a", "b")
    assert isinstance(first, Exchange)
    assert (error.cause, error.final) == ("unreadable result", False)
    assert str(states(tmp_path)[0]) in error.detail
    for made in vendor.made.values():
        vendor.edit = lambda lines: lines
        made.lines = None
        vendor.files.pop(f"{made.id}-output", None)
        vendor.files.pop(f"{made.id}-error", None)
    first, second = run(make(surface), tape, "a", "b")
    assert isinstance(second, Exchange)
    assert vendor.created == 1
    assert states(tmp_path) == []


@pytest.mark.parametrize("surface", VENDORS)
def test_a_result_file_that_ends_too_early_is_kept_for_another_look(make, vendor, tape, tmp_path, surface):
    run(make(surface), tape, "x")
    vendor.looks_needed = 2
    run(make(surface), tape, "a", "b")
    made = list(vendor.made.values())[-1]
    vendor.look(made)
    content = "\n".join(made.lines[:1]) + "\n"
    path = "GET /v1/files/" if surface == "openai-chat" else f"GET /v1/messages/batches/{made.id}/results"
    vendor.faults = [Fault(path, 200, content)]
    (said,) = collected(make(surface))
    assert f"1 of 2 answered, 1 recorded, 1 failed (unreadable result: 1); kept in {states(tmp_path)[0]}" in said
    (said,) = collected(make(surface))
    assert said.endswith("2 of 2 answered, 1 recorded, 1 recorded before")
    assert states(tmp_path) == []


@pytest.mark.parametrize("surface", VENDORS)
def test_a_download_that_breaks_off_is_tried_again(make, vendor, tape, surface):
    path = "GET /v1/files/" if surface == "openai-chat" else "GET /v1/messages/batches/anthropic_1/results"
    vendor.faults = [Fault(path, CUT), Fault(path, 200, "x" * 50, {"content-encoding": "gzip"})]
    (exchange,) = run(make(surface, wait=60.0), tape, "a")
    assert isinstance(exchange, Exchange)


@pytest.mark.parametrize("surface", VENDORS)
def test_unknown_and_repeated_results_are_passed_over_and_said(make, vendor, tape, tmp_path, surface):
    def edited(lines):
        stranger = lines[0].replace('-0"', '-77"')
        repeated = lines[0].replace("Yes.", "No.")
        return [*lines, stranger, repeated]

    vendor.edit, vendor.looks_needed = edited, 2
    run(make(surface), tape, "a")
    (said,) = collected(make(surface))
    assert said.endswith(
        "1 of 1 answered, 1 recorded; 1 results of questions that were not asked; 1 results came twice, the first counts"
    )
    assert "Yes." in tape.path.read_text()
    assert "No." not in tape.path.read_text()
    assert states(tmp_path) == []


@pytest.mark.parametrize("surface", VENDORS)
def test_a_question_that_the_vendor_has_no_result_for_can_be_asked_anew(make, vendor, server, tape, tmp_path, surface):
    vendor.edit = lambda lines: lines[:1]
    first, error = run(make(surface), tape, "a", "b")
    assert isinstance(first, Exchange)
    # Who looks first at the end hears the reason; the other only sees that there is no result.
    assert error.cause in ("no result", "HTTP 500")
    assert not error.final
    assert states(tmp_path) == []
    vendor.edit = lambda lines: lines
    (exchange,) = run(make(surface), tape, "b")
    assert isinstance(exchange, Exchange)


@pytest.mark.parametrize("surface", VENDORS)
@pytest.mark.parametrize("status", [CUT, 429, 500, 503])
def test_a_look_that_fails_is_repeated_until_the_time_is_over(make, vendor, tape, surface, status):
    vendor.faults = [Fault(LOOK[surface], status)] * 3
    (exchange,) = run(make(surface, wait=60.0), tape, "a")
    assert isinstance(exchange, Exchange)
    vendor.faults = [Fault(LOOK[surface], status)]
    (error,) = run(make(surface), tape, "b")
    assert isinstance(error, BatchUnderWay)
    assert "it could not be looked at (" in error.detail
    (exchange,) = run(make(surface), tape, "b")
    assert isinstance(exchange, Exchange)
    assert vendor.created == 2


@pytest.mark.parametrize("surface", VENDORS)
@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '"x"', '{"id": 5, "status": [], "processing_status": 1}'])
def test_a_look_that_brings_nonsense_is_repeated(make, vendor, tape, surface, body):
    vendor.faults = [Fault(LOOK[surface], 200, body)]
    (exchange,) = run(make(surface, wait=60.0), tape, "a")
    assert isinstance(exchange, Exchange)


@pytest.mark.parametrize("surface", VENDORS)
@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '{"id": 5}'])
def test_a_batch_that_comes_without_an_id_is_looked_for(make, vendor, tape, surface, body):
    vendor.faults = [Fault(CREATE[surface], 200, body, done=True)]
    vendor.after[CREATE[surface]] = lambda: vendor.look(next(iter(vendor.made.values())))
    (exchange,) = run(make(surface), tape, "a")
    assert isinstance(exchange, Exchange)
    assert vendor.created == 1


@pytest.mark.parametrize("surface", VENDORS)
def test_a_batch_that_the_vendor_does_not_know_is_not_forgotten(make, vendor, tape, tmp_path, surface):
    vendor.looks_needed = 2
    run(make(surface), tape, "a")
    vendor.faults = [Fault(LOOK[surface], 404), Fault(LOOK[surface], 404)]
    (error,) = run(make(surface), tape, "a")
    assert (error.cause, error.final) == ("batch not found", True)
    assert f"delete {states(tmp_path)[0]} to ask anew" in error.detail
    assert "batch not found" in collected(make(surface))[0]
    assert "1 recorded" in collected(make(surface))[0]


def test_results_stay_at_the_vendor_as_long_as_the_tape_cannot_be_written(make, vendor, server, tape, tmp_path):
    vendor.looks_needed = 2
    run(make(), tape, "a")
    (tmp_path / "cassettes").write_text("a file where a folder should be")
    (error,) = run(make(), Tape(tape.path), "a")
    assert (error.cause, error.final) == ("not recorded", True)
    assert len(states(tmp_path)) == 1
    (tmp_path / "cassettes").unlink()
    (exchange,) = run(make(), Tape(tape.path), "a")
    assert isinstance(exchange, Exchange)
    assert len(server.asked) == 1
    assert states(tmp_path) == []


def test_a_state_that_cannot_be_written_sends_nothing(make, vendor, tape, tmp_path):
    (tmp_path / "batches").write_text("a file where a folder should be")
    (error,) = run(make(), tape, "a")
    assert (error.cause, error.final) == ("batch not sent", True)
    assert vendor.created == 0


# Files of state that are not as we wrote them


def changed(path, **changes):
    noted = json.loads(path.read_text())
    item = next(iter(noted["items"].values()))
    for name, value in changes.items():
        (item if name in item else noted)[name] = value
    path.write_text(json.dumps(noted))


HOSTILE = [
    {"tape": "../outside/cassettes/x.jsonl"},
    {"tape": "cassettes/../../outside.jsonl"},
    {"tape": "cassettes/../x.jsonl"},
    {"tape": "/tmp/cassettes/outside.jsonl"},
    {"tape": "outside.jsonl"},
    {"tape": "link/cassettes/x.jsonl"},
    {"tape": "cassettes/x.py"},
    {"tape": "cassettes/x\0.jsonl"},
    {"tape": 5},
    {"key": "0" * 32 + ":0"},
    {"body": {"model": "another"}},
    {"sample": -1},
    {"tag": "bc-0000000000000000"},
    {"created_at": "yesterday"},
    {"created_at": "2026-01-01T00:00:00"},
    {"status": "done"},
    {"status": "intended"},
    {"id": ""},
    {"items": {"x": {}}},
    {"items": []},
    {"format": 2},
]


@pytest.mark.parametrize("changes", HOSTILE, ids=str)
def test_a_state_that_was_tampered_with_is_left_alone_and_nothing_is_asked(make, vendor, tape, tmp_path, changes):
    vendor.looks_needed = 2
    run(make(), tape, "a")
    (tmp_path.parent / "outside").mkdir(exist_ok=True)
    (tmp_path / "link").symlink_to(tmp_path.parent / "outside")
    path = states(tmp_path)[0]
    changed(path, **changes)
    before = path.read_bytes()
    (said,) = collected(make())
    assert said.startswith(f"{path}: ")
    assert said.endswith("; mend it, or delete it to ask anew")
    (error,) = run(make(), tape, "b")
    assert (error.cause, error.final) == ("batch not sent", True)
    assert path.read_bytes() == before
    assert list(tmp_path.parent.rglob("outside*/**/*")) == []
    assert list(tmp_path.rglob("*.jsonl")) == []
    assert vendor.created == 1


def test_a_state_with_a_sample_that_no_tape_can_hold_is_damaged(make, vendor, tape, tmp_path):
    vendor.looks_needed = 2
    run(make(), tape, "a")
    path = states(tmp_path)[0]
    (item,) = json.loads(path.read_text())["items"].values()
    changed(path, sample=-1, key=item["key"].replace(":0", ":-1"))
    assert "was changed by hand" in collected(make())[0]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"null", b"[" * 9999, b'{"tag": "x"}'])
def test_a_damaged_state_is_said_and_stops_asking_until_it_is_gone(make, vendor, tape, tmp_path, content):
    (tmp_path / "batches").mkdir()
    path = tmp_path / "batches" / "bc-0123456789abcdef.json"
    path.write_bytes(content)
    assert "is no state of a batch" in collected(make())[0]
    (error,) = run(make(), tape, "a")
    assert (error.cause, error.final) == ("batch not sent", True)
    path.unlink()
    assert isinstance(run(make(), tape, "a")[0], Exchange)


def test_batches_of_another_endpoint_are_another_matter(make, vendor, tape):
    vendor.looks_needed = 9
    run(make(name="next"), tape, "a")
    assert collected(make()) == []
    run(make(), tape, "a")
    assert vendor.created == 2


def test_a_batch_sent_to_where_the_endpoint_no_longer_is_gets_no_key(make, vendor, tape, tmp_path):
    vendor.looks_needed = 2
    run(make(), tape, "a")
    elsewhere = make(base_url=vendor.url + "/other/v1")
    (said,) = collected(elsewhere)
    assert f"was sent to {vendor.url}/v1 (openai-chat), where the endpoint no longer is" in said
    assert len(states(tmp_path)) == 1
    assert not [one for one in vendor.requests if "other" in one]


def test_a_tape_outside_the_project_is_not_batchable(make, vendor, tmp_path):
    for path in (tmp_path.parent / "cassettes" / "x.jsonl", tmp_path / "x.jsonl"):
        (error,) = run(make(), Tape(path), "a")
        assert (error.cause, error.final) == ("not batchable", False)
    assert vendor.requests == []


# Two at once


def test_two_runs_at_once_send_a_question_once(make, vendor, server, tape):
    async def whole():
        first, second = make(wait=60.0), make(wait=60.0)
        results = await asyncio.gather(
            asked(first, Tape(tape.path), "a", "b"), asked(second, Tape(tape.path), "b", "c")
        )
        await first.close()
        await second.close()
        return results

    (_, b), (same, _) = asyncio.run(whole())
    assert b == same
    assert asked_of(server) == ["a", "b", "c"]
    assert len(Tape(tape.path)) == 3
    assert tape.path.read_bytes().count(b"\n") == 3


def test_what_another_run_has_collected_since_the_tape_was_read_is_not_asked_again(make, server, tape):
    assert len(tape) == 0
    run(make(), Tape(tape.path), "a")
    (exchange,) = run(make(), tape, "a")
    assert isinstance(exchange, Exchange)
    assert exchange.key in tape
    assert len(server.asked) == 1


def test_a_question_that_another_run_got_no_answer_to_has_none(make, vendor, server, tape):
    vendor.looks_needed = 3
    run(make(), tape, "a")
    server.answer = lambda one: Raw(status=500, body="{}")
    live = make(wait=60.0)
    vendor.looks_needed = 2

    async def whole():
        mine = asyncio.ensure_future(asked(live, Tape(tape.path), "a"))
        other = make()
        # The other one sees the end; this one sees that the file is gone.
        await other.collect()
        await other.close()
        (error,) = await mine
        await live.close()
        return error

    error = asyncio.run(whole())
    # Who looks first at the end hears the reason; the other only sees that there is no result.
    assert error.cause in ("no result", "HTTP 500")
    assert not error.final


HOLDER = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_process_that_does_not_let_go_is_not_waited_for_for_ever(make, vendor, tape, tmp_path, clock):
    (tmp_path / "batches").mkdir()
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "batches" / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        (error,) = run(make(timing=clock.timing(lock_seconds=5.0)), tape, "a")
        holder.communicate()
    assert (error.cause, error.final) == ("batches in use", True)
    assert vendor.requests == []
    assert isinstance(run(make(), tape, "a")[0], Exchange)


# What a batch may hold


def test_a_batch_holds_no_more_than_the_vendor_allows(make, vendor, tape):
    assert {type(one) for one in run(make(limits=Limits(requests=2, size=10**6)), tape, *"abcde")} == {Exchange}
    assert [len(made.questions) for made in vendor.made.values()] == [2, 2, 1]


def test_a_batch_is_no_larger_than_the_vendor_allows(make, vendor, tape):
    texts = ["x" * 1000, "y" * 1000, "z" * 1000]
    assert {type(one) for one in run(make(limits=Limits(requests=99, size=3000)), tape, *texts)} == {Exchange}
    assert [len(made.questions) for made in vendor.made.values()] == [2, 1]


def test_a_batch_is_of_one_model(make, vendor, tape):
    async def whole():
        live = make()
        asks = []
        for model in ("m-1", "m-2", "m-1"):
            one = request(live, f"for {model} {len(asks)}")
            asks.append(live.ask(replace(one, body={**one.body, "model": model}), tape, sample=0))
        await asyncio.gather(*asks)
        await live.close()

    asyncio.run(whole())
    models = [{question["body"]["model"] for question in made.questions} for made in vendor.made.values()]
    assert models == [{"m-1"}, {"m-2"}]


def test_one_batch_that_is_refused_does_not_stop_the_others(make, vendor, tape):
    vendor.faults = [Fault("POST /v1/batches", 429)]
    first, second = run(make(limits=Limits(requests=1, size=10**6)), tape, "a", "b")
    assert first.cause == "rate limited: HTTP 429"
    assert isinstance(second, Exchange)


@pytest.mark.parametrize("surface", SURFACES)
def test_a_streamed_request_cannot_be_batched(make, vendor, tape, surface):
    async def whole():
        live = make(surface)
        with pytest.raises(EndpointError, match="not batchable: no batch can hold a streamed request") as caught:
            await live.ask(request(live, stream=True), tape, sample=0)
        return caught.value.final

    assert asyncio.run(whole()) is False
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("api", "more", "message"),
    [
        ("local", {"model": "local-1"}, "speaks local, which has no batch API"),
        ("python", {"model": "m:f"}, "speaks python, which has no batch API"),
        ("openai-chat", {"client": "AzureOpenAI"}, "uses AzureOpenAI, whose batches are not supported"),
        (
            "anthropic-messages",
            {"client": "AnthropicBedrock"},
            "uses AnthropicBedrock, whose batches are not supported",
        ),
    ],
)
def test_an_endpoint_without_batches_says_so(make, tape, tmp_path, api, more, message):
    live = make(api, **more)

    async def whole():
        said = await live.collect()
        with pytest.raises(EndpointError, match=message) as caught:
            await live.ask(request(make(), "a"), tape, sample=0)
        await live.close()
        return said, caught.value.final

    assert asyncio.run(whole()) == ([], True)


def test_a_bug_of_ours_is_heard_of_and_nobody_waits_for_ever(make, tape, monkeypatch):
    monkeypatch.setattr("pytest_behavior_contract.ask.batch._parts", lambda *_: 1 / 0)
    (error,) = run(make(), tape, "a")
    assert isinstance(error, ZeroDivisionError)


def test_recordings_from_before_batches_still_read(tape, make):
    (exchange,) = run(make(), tape, "a")
    tape.path.write_text(tape.path.read_text().replace(', "via": "batch"', ""))
    assert Tape(tape.path).get(exchange.key) == replace(exchange, via="")


def test_nothing_is_left_lying_about(make, tape, tmp_path):
    run(make(), tape, "a")
    assert [path.name for path in Path(tmp_path / "batches").iterdir()] == [".lock"]
