"""Live runs as a user has them: plan, limits, early stopping, interrupts, secrets, and replay that stays offline."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from model_server import Raw, Say, error
from pytest_behavior_contract.ask.budget import Purse
from pytest_behavior_contract.exchange import Reply

CONTRACT = """
contract: shop
clauses:
  - {id: says-yes, assumes: It says yes., prompt: Is it?, expect: [{contains: "Yes"}]}
  - {id: says-no, assumes: It says no., prompt: Is it not?, expect: [{contains: "No"}]}
"""
SECRET = "a-very-own-key-1234"
SHAPED = "sk-" + "a1" * 20


@pytest.fixture
def shop(pytester, server):
    """A project with one endpoint at the loopback server: `shop(toml="…")`."""

    def make(toml="", contract=CONTRACT, model="m-1", table=""):
        pytester.makepyprojecttoml(
            '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
            f'[tool.behavior-contract]\nendpoint = "prod"\n{table}\n[tool.behavior-contract.endpoints.prod]\n'
            f'api = "openai-chat"\nmodel = "{model}"\nbase_url = "{server.openai_url}"\n{toml}\n'
        )
        pytester.path.joinpath("shop.contract.yaml").write_text(contract)
        return lambda *arguments: pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    return make


PRICE = "price = {input = 1.0, output = 2.0}\nparameters = {max_output_tokens = 50}\n"


def test_the_plan_stands_before_the_results_and_says_what_is_unknown(shop):
    result = shop()("--contract-record=missing")
    result.stdout.fnmatch_lines(
        ["plan: prod (m-1)  about 46 calls, at most 120 · $ unknown (no price is known for this model) · about *"]
    )
    again = shop()("--contract-record=missing")
    again.stdout.fnmatch_lines(["plan: prod (m-1)  nothing is missing, so nothing is asked"])


def test_what_each_clause_cost_is_reported_from_the_usage(shop, pytester):
    result = shop(PRICE)("--contract-record=missing", "-v", "--contract-report", "report.json")
    result.stdout.fnmatch_lines(["*28 live · $0.00025*", "in all*28 calls, 196 + 28 tokens, $0.00025"])
    outcomes = json.loads(pytester.path.joinpath("report.json").read_text())["runs"][0]["outcomes"]
    assert [one["spent"]["calls"] for one in outcomes] == [23, 5]


def test_no_more_calls_than_allowed(shop, server):
    result = shop()("--contract-record=missing", "--contract-max-calls=7", "-v")
    assert len(server.asked) == 7
    result.stdout.fnmatch_lines(["*COULD NOT TELL", "*--contract-max-calls: all 7 calls are made*"])


def test_no_more_money_than_allowed_whatever_the_replies_cost(shop, server):
    # A call may cost up to 0.0002 dollars here, and costs 0.000009.
    result = shop(PRICE)("--contract-record=missing", "--contract-budget=0.0003", "-v")
    result.stdout.fnmatch_lines(["*stops before it exceeds $0.00030", "*--contract-budget: $0.00* of $0.0003 is left*"])
    assert 0 < len(server.asked) < 28


def test_a_budget_in_a_currency_nobody_can_count_refuses_to_start(shop, server):
    result = shop()("--contract-record=missing", "--contract-budget=5")
    result.stderr.fnmatch_lines(["*the price of m-1 at endpoint prod is not known*price = {input*"])
    assert result.ret == 4
    assert server.asked == []


def test_a_budget_that_a_request_without_a_limit_could_exceed_refuses_to_start(shop, server):
    uncapped = "price = {input = 1.0, output = 2.0}\n"
    result = shop(uncapped)("--contract-record=missing", "--contract-budget=5")
    result.stderr.fnmatch_lines(["*--contract-budget: a request to prod sets no limit of output tokens*"])
    assert result.ret == 4
    assert server.asked == []


def test_what_a_python_test_asks_without_a_limit_is_not_asked_within_a_budget(shop, server, pytester):
    pytester.makepyfile(test_app="def test_app(endpoint):\n    assert 'Yes' in endpoint.ask('Is it?').text\n")
    run = shop("price = {input = 1.0, output = 2.0}\n")
    result = run("--contract-record=missing", "--contract-budget=5", "test_app.py")
    assert "sets no limit of output tokens" in " ".join(result.stdout.str().split())
    result.assert_outcomes(errors=1)
    assert server.asked == []


def test_an_unknown_price_is_unknown_from_the_first_call_on(shop):
    purse = Purse()
    asyncio.run(purse.take(("shop/says-yes", "prod"), None))
    assert purse.spent().usd is None
    purse.take_now(("shop/says-yes", "prod"), None).answered(Reply(), 0.25)
    assert purse.spent().calls == 2


def test_anew_and_stopped_halfway_keeps_what_was_recorded(shop, server, pytester):
    shop()("--contract-record=missing")
    before = {path: path.read_text().splitlines() for path in pytester.path.glob("cassettes/**/*.jsonl")}
    assert sum(map(len, before.values())) == 28
    shop()("--contract-record=all", "--contract-max-calls=3")
    for path, lines in before.items():
        assert set(lines) <= set(path.read_text().splitlines())
    shop()("--contract").assert_outcomes(passed=1, failed=1)
    shop()("--contract-record=all")
    assert all(not set(lines) & set(path.read_text().splitlines()) for path, lines in before.items())


def test_limits_without_anything_to_limit_are_said(shop):
    result = shop()("--contract", "--contract-budget=5")
    result.stderr.fnmatch_lines(["*are for live runs; add --contract-record=missing*"])


def test_what_a_decision_needs_no_more_is_not_sent(shop, server):
    contract = CONTRACT.replace("prompt: Is it?", "rate: 1, floor: 0.9, prompt: Is it?")
    server.answer = lambda asked: "No."
    shop("concurrency = 1", contract)("--contract-record=missing", "-k", "says-yes")
    assert len(server.asked) < 6


def test_with_x_nothing_is_asked_after_the_first_failure(shop, server):
    server.answer = lambda asked: "Perhaps."
    shop()("--contract-record=missing", "-x")
    assert {asked.prompt for asked in server.asked} == {"Is it?"}


def test_several_processes_share_the_limit_of_calls(shop, server):
    shop()("--contract-record=missing", "--contract-max-calls=8", "-n", "2")
    assert 0 < len(server.asked) <= 8


def test_what_cannot_be_divided_among_processes_is_not_lost(shop, server):
    shop()("--contract-record=missing", "--contract-max-calls=3", "-n", "2")
    assert len(server.asked) == 3


def test_where_nothing_can_be_recorded_nothing_is_asked(shop, server, pytester):
    pytester.path.joinpath("cassettes").write_text("a file where the folder should be")
    result = shop()("--contract-record=missing")
    result.assert_outcomes(errors=2)
    assert "cannot be written: Not a directory" in " ".join(result.stdout.str().split())
    assert server.asked == []


def test_ctrl_c_reports_what_other_processes_have_recorded(shop, server, pytester):
    server.answer = lambda asked: "Yes." if asked.number < 12 else Raw(body="{}", wait_seconds=30)
    shop("concurrency = 2")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--contract-record=missing", "-n", "2"]
    process = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True, start_new_session=True)
    while len(server.asked) < 13:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
    screen, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "interrupted: what has come by then is recorded" in " ".join(screen.split())
    assert "1 undecided" in screen
    assert re.search(r" [1-9]\d* replayed, ", screen)


def test_ctrl_c_reports_what_is_known_and_the_same_command_goes_on(shop, server, pytester):
    server.answer = lambda asked: "Yes." if asked.number < 12 else Raw(body="{}", wait_seconds=30)
    shop("concurrency = 2")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--contract-record=missing"]
    process = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True, start_new_session=True)
    while len(server.asked) < 13:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    screen, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "undecided" in screen
    assert "interrupted: what has come by then is recorded" in " ".join(screen.split())
    recorded = [line for path in pytester.path.glob("cassettes/**/*.jsonl") for line in path.read_text().splitlines()]
    assert len(recorded) >= 11
    server.answer = lambda asked: "Yes."
    before = len(server.asked)
    result = shop()("--contract-record=missing")
    result.assert_outcomes(passed=1, failed=1)
    assert len(server.asked) - before <= 28 - 11


FAULTS = {
    "401": Raw(status=401, body="{}"),
    "500": Raw(status=500, body="{}"),
    "html": Raw(body="<html></html>"),
    "cut": Raw(body="{}" * 500, cut_after=10),
    "error": Raw(body='{"error": {"message": "overloaded"}}'),
    "429": Raw(status=429, headers={"retry-after": "3600"}),
}


@pytest.mark.parametrize("raw", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_unmeasured_and_never_green_nor_a_traceback(shop, server, raw):
    server.answer = lambda asked: raw
    result = shop("retries = 0")("--contract-record=missing")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*COULD NOT TELL", "2 unmeasured*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert result.ret == 1


GATEWAY = "gateway-token-value-99"
SIGNATURE = "query-signature-value-55"
HIDDEN = (SECRET, SHAPED, GATEWAY, SIGNATURE)


def streamed_in_pieces(surface):
    """A good answer, and in what a model thinks, and in a second choice, all that must not be written."""
    text = " ".join(HIDDEN)
    pieces = [text[start : start + 5] for start in range(0, len(text), 5)]
    if surface == "anthropic-messages":
        thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
        events = [
            {"type": "message_start", "message": {"role": "assistant", "model": "m-1", "content": []}},
            *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in thoughts),
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Yes."}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            {"type": "message_stop"},
        ]
    else:
        deltas = [(0, {"content": "Yes."}), *((0, {"reasoning_content": piece}) for piece in pieces)]
        deltas += [(1, {"content": piece}) for piece in pieces]
        events = [{"choices": [{"index": index, "delta": delta}]} for index, delta in deltas]
        events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
    body = "".join(f"event: {one.get('type', '')}\ndata: {json.dumps(one)}\n\n" for one in events)
    return Raw(body=body, headers={"content-type": "text/event-stream"})


def test_no_secret_reaches_any_file_or_screen(shop, server, pytester, monkeypatch):
    monkeypatch.setenv("OUR_KEY", SECRET)
    padding = "x" * 280
    replies = [
        lambda asked: Say(f"Your key is {SECRET}."),
        lambda asked: Say(f"Try {SHAPED} instead."),
        lambda asked: error(400, f"bad key {SECRET} or {SHAPED}", param="temperature"),
        lambda asked: error(401, f"bad key {padding} {SECRET} or {SHAPED}"),
        lambda asked: Raw(body=f"<html>{padding} {SECRET} {SHAPED}</html>"),
        lambda asked: Raw(status=500, body=f"{padding} {SECRET} {SHAPED}"),
        lambda asked: Raw(
            body='{"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}',
            headers={"content-type": "application/json", "set-cookie": f"k={SECRET}", "x-echo": SHAPED},
        ),
        lambda asked: Say(f"Yes. {asked.path}"),
        lambda asked: Say(f"Yes. {asked.headers['x-gateway-token']}"),
        lambda asked: Raw(status=500, body=f"{asked.path} {asked.headers}"),
        lambda asked: streamed_in_pieces(asked.surface),
    ]
    contract = "contract: shop\nclauses:\n" + "".join(
        f"  - {{id: c{number}{stream}, assumes: It says yes., prompt: 'Question {number}', stream: {stream},"
        f" deterministic: true, expect: [{{contains: 'Yes'}}]}}\n"
        for number in range(len(replies))
        for stream in ("true", "false")
    )
    server.answer = lambda asked: replies[int(asked.prompt.split()[-1])](asked)
    more = (
        'api_key_env = "OUR_KEY"\nretries = 0\nparameters = {max_output_tokens = 9}\n'
        f'client_options = {{default_query = {{sig = "{SIGNATURE}"}},'
        f' default_headers = {{x-gateway-token = "{GATEWAY}"}}}}\n'
    )
    claude = f'[tool.behavior-contract.endpoints.claude]\napi = "anthropic-messages"\nbase_url = "{server.url}"\n'
    run = shop(f'{more}{claude}model = "m-1"\n{more}', contract)
    pytester.makepyfile(
        test_app=f"""
        import openai
        def test_app(endpoint):
            with endpoint.as_openai():
                client = openai.OpenAI(api_key="{SHAPED}", default_headers={{"x-key": "{SHAPED}"}})
                text = client.chat.completions.create(
                    model="m", messages=[{{"role": "user", "content": "Question 0"}}]).choices[0].message.content
            assert text == "nothing of the kind", text
        """
    )
    screens = []
    last = (f"c{len(replies) - 1}", "--contract-endpoint", "claude")
    # One by one, because after a 401 nothing more is asked.
    for what in (*((f"c{number}",) for number in range(len(replies))), ("test_app",), last):
        result = run("--contract-record=missing", "-v", "--contract-report", "report.json", "-k", *what)
        screens.append("\n".join([*result.outlines, *result.errlines]))
    for what in ("c", "--contract-report", "replayed.json"), last:
        result = run("--contract", "-vv", "-k", *what)
        screens.append("\n".join([*result.outlines, *result.errlines]))
    sent = [f"{asked.path} {asked.headers}" for asked in server.asked]
    assert all(any(one in text for text in sent) for one in (SECRET, GATEWAY, SIGNATURE))
    assert {asked.surface for asked in server.asked} == {"openai-chat", "anthropic-messages"}
    # What is in pieces, no search for the whole would find.
    recorded = [path.stem for path in pytester.path.glob("cassettes/**/*.jsonl") if '{"key"' in path.read_text()]
    assert sorted(recorded) == ["c6false", "c6true"]
    for text in screens:
        shown = text.replace(f'api_key="{SHAPED}"', "").replace(f'"x-key": "{SHAPED}"', "")
        assert not [one for one in HIDDEN if one[:9] in shown], shown
    for path in pytester.path.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc", ".toml"):
            assert not [one for one in HIDDEN if one[:9].encode() in path.read_bytes()], path


LEAVE = """
import asyncio
async def leave(port):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()
"""
WAYS = {
    "socket": "import socket; socket.create_connection(('127.0.0.1', PORT), timeout=5)",
    "urllib": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:PORT/')",
    "httpx2": "import httpx2; httpx2.get('http://127.0.0.1:PORT/')",
    # In a process that collects its garbage later, an open end would be another test's warning.
    "asyncio": "import asyncio; asyncio.run(asyncio.wait_for(leave(PORT), 5))",
    "thread": "from concurrent.futures import ThreadPoolExecutor; import urllib.request; "
    "ThreadPoolExecutor().submit(urllib.request.urlopen, 'http://127.0.0.1:PORT/').result()",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("swallow", [False, True])
def test_replay_connects_to_nobody(shop, server, pytester, way, swallow):
    port = server.url.rpartition(":")[2]
    call = way.replace("PORT", port)
    body = f"try:\n        {call}\n    except Exception: pass" if swallow else call
    pytester.makepyfile(test_app=f"{LEAVE}\ndef test_app(endpoint):\n    endpoint.ask('Is it?')\n    {body}\n")
    run = shop()
    recorded = run("--contract-record=missing", "-k", "test_app")
    assert "unmeasured" not in recorded.stdout.str()
    before = len(server.asked)
    result = run("--contract", "-k", "test_app")
    result.stdout.fnmatch_lines([f"*replay tried to connect to 127.0.0.1:{port}*"])
    result.assert_outcomes(errors=1)
    assert len(server.asked) == before
    assert run("--contract", "-k", "test_app").ret == 1
    allowed = shop(table=f'allow_connections = ["127.0.0.1:{port}"]')
    assert "tried to connect" not in allowed("--contract", "-k", "test_app").stdout.str()


@pytest.mark.parametrize("swallow", [False, True])
def test_a_fixture_of_a_replayed_test_connects_to_nobody(shop, server, pytester, swallow):
    call = f"urllib.request.urlopen('{server.url}')"
    tried = f"try: {call}\n    except OSError: pass" if swallow else call
    pytester.makepyfile(
        test_app="import os, urllib.request\nimport pytest\n@pytest.fixture\ndef shop():\n"
        f"    if os.environ.get('OPEN'): return\n    {tried}\n"
        "def test_app(shop, endpoint):\n    endpoint.ask('Is it?')\n"
    )
    os.environ["OPEN"] = "1"
    try:
        run = shop()
        run("--contract-record=missing", "-k", "test_app")
    finally:
        del os.environ["OPEN"]
    before = len(server.asked)
    result = run("--contract", "-k", "test_app")
    result.assert_outcomes(errors=1)
    assert len(server.asked) == before
    result.stdout.fnmatch_lines(["*app/app*replay tried to connect to 127.0.0.1*"])


def test_a_process_that_a_replayed_test_starts_is_said(shop, pytester):
    pytester.makepyfile(
        test_app="import subprocess, sys\ndef test_app(endpoint):\n    endpoint.ask('Is it?')\n"
        "    subprocess.run([sys.executable, '-c', ''], check=True)\n"
        "    subprocess.run(['uname'], check=True, capture_output=True)\n"
    )
    run = shop()
    run("--contract-record=missing", "-k", "test_app")
    result = run("--contract", "-k", "test_app", "-v", "--contract-report", "report.json")
    result.assert_outcomes(passed=1)
    report = json.loads(pytester.path.joinpath("report.json").read_text())
    (note,) = report["runs"][0]["outcomes"][0]["notes"]
    assert note.endswith("; what other processes connect to is not seen")
    assert "uname" not in note


def test_a_consumer_that_connects_is_no_judge_in_replay(shop, server, pytester):
    pytester.makepyfile(
        judges="import urllib.request\ndef judge(text):\n    urllib.request.urlopen(URL)\n".replace(
            "URL", repr(server.url)
        )
    )
    contract = CONTRACT.replace('{contains: "Yes"}', '{consumer: "judges:judge"}')
    run = shop(contract=contract)
    run("--contract-record=missing")
    before = len(server.asked)
    result = run("--contract", "-k", "says-yes")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*replay tried to connect to 127.0.0.1*"])
    assert len(server.asked) == before


@pytest.mark.parametrize("kind", ["pipe", "device", "file"])
@pytest.mark.parametrize("option", ["--contract", "--contract-record=missing"])
def test_a_cassette_that_is_none_is_said_and_not_waited_for(shop, pytester, kind, option):
    run = shop()
    for clause in ("says-yes", "says-no"):
        path = pytester.path / "cassettes" / "prod" / "shop" / f"{clause}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero" if kind == "device" else pytester.path / "shop.contract.yaml")
    result = run(option)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*cassettes/prod/shop/says-yes.jsonl: *"])
    assert pytester.path.joinpath("shop.contract.yaml").read_text() == CONTRACT


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
@pytest.mark.parametrize(("table", "toml"), [('max_age = "90d"', ""), ("", 'max_age = "12w"'), ("", "")])
def test_what_rests_on_recordings_older_than_max_age_is_noted_and_stands(shop, pytester, table, toml, processes):
    run = shop(toml, table=table)
    run("--contract-record=missing")
    for path in pytester.path.glob("cassettes/*/*/says-yes.jsonl"):
        path.write_text(re.sub('"recorded_at": "[^"]*"', '"recorded_at": "2020-01-02T03:04:05Z"', path.read_text()))
    result = run("--contract", "--contract-report", "report.json", *processes)
    result.assert_outcomes(passed=1, failed=1)
    outcomes = json.loads(pytester.path.joinpath("report.json").read_text())["runs"][0]["outcomes"]
    notes = {one["clause"]: [note for note in one["notes"] if "max_age" in note] for one in outcomes}
    assert [bool(notes["shop/says-yes"]), bool(notes["shop/says-no"])] == [bool(table or toml), False]
    if table or toml:
        age = (table or toml).split('"')[1]
        result.stdout.fnmatch_lines(
            [
                f"note: shop/says-yes at prod: rests on recordings from 2020-01-02, older than max_age = {age}; ask anew*",
                f"1 of 2 clauses rest on recordings older than max_age = {age}, the oldest of 2020-01-02",
            ]
        )
    else:
        result.stdout.no_fnmatch_line("* older than max_age *")


def test_another_model_than_the_one_that_was_asked_for_is_noted(shop, server, pytester):
    server.answer = lambda asked: Say("Yes.", model="m-2")
    shop()("--contract-record=missing", "-k", "says-yes")
    result = shop()("--contract", "-k", "says-yes", "--contract-report", "report.json")
    result.stdout.fnmatch_lines(["note: shop/says-yes at prod: answered by m-2, not by m-1"])
    assert "answered by m-2, not by m-1" in pytester.path.joinpath("report.json").read_text()
