"""What a live run says of how far it has come, and to whom."""

import io
import os
import subprocess
import sys
import time
from contextlib import nullcontext

import pytest

from pytest_behavior_contract.ask.budget import Purse
from pytest_behavior_contract.pytest_plugin.progress import Progress

CONTRACT = """
contract: shop
clauses:
  - id: says-yes
    assumes: It says yes.
    prompt: Is it so?
    expect: [{contains: "Yes"}]
"""


def run_with(terminal, purse, writer, times):
    return Progress(writer, nullcontext, purse, terminal=terminal, clock=iter(times).__next__)


@pytest.fixture
def writer(pytestconfig):
    made = pytest.TerminalReporter(pytestconfig, io.StringIO())._tw
    made.fullwidth = 100
    return made


def test_the_line_has_samples_calls_money_and_the_time_left(writer):
    purse = Purse()
    purse.expect(23)
    for _ in range(5):
        purse.sampled()
    progress = run_with(True, purse, writer, [0.0, 10.0])
    assert progress.text() == "5 of 23 samples · 0 calls · $0.00 · about 36 s left"


def test_a_ci_log_gets_a_line_every_thirty_seconds(writer):
    purse = Purse()
    purse.expect(23)
    progress = run_with(False, purse, writer, [0.0, 10.0, 29.0, 31.0, 31.0, 45.0, 62.0, 62.0])
    for _ in range(5):
        progress.show()
    assert writer._file.getvalue().split("\n") == [
        "",
        "behavior contracts: 0 of 23 samples · 0 calls · $0.00",
        "",
        "behavior contracts: 0 of 23 samples · 0 calls · $0.00",
        "",
    ]


@pytest.fixture
def shop(tmp_path, server):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.behavior-contract]\nendpoint = "prod"\n[tool.behavior-contract.endpoints.prod]\n'
        f'api = "openai-chat"\nmodel = "m-1"\nbase_url = "{server.openai_url}"\n'
    )
    (tmp_path / "shop.contract.yaml").write_text(CONTRACT)

    def answer(asked):
        time.sleep(0.3)  # long enough for the line to be shown
        return "Yes."

    server.answer = answer
    return tmp_path


COMMAND = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--contract-record=missing"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_sees_the_line_and_loses_it_when_the_clause_is_done(shop):
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(COMMAND, cwd=shop, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        screen = b""
        try:
            while piece := os.read(ours, 65536):
                screen += piece
        except OSError:
            pass  # how Linux says that the other end has been closed
        os.close(ours)
    assert process.returncode == 0
    shown = screen.decode()
    assert "of 23 samples · " in shown
    assert "samples · " not in shown.rpartition("\x1b8")[2]
    assert shown.rpartition("\x1b8")[2].startswith("\x1b[K")


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_file_gets_nothing_and_a_short_run_in_ci_neither(shop, ci):
    environment = {**os.environ, "CI": ci}
    done = subprocess.run(COMMAND, cwd=shop, env=environment, capture_output=True, text=True, check=False)
    assert "1 kept" in done.stdout
    assert "samples · " not in done.stdout
