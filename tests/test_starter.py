"""The starter contracts: really recorded, really different, and the same by replay as when they were recorded."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.tell.json import read_report

STARTER = Path(__file__).parents[1] / "contracts" / "starter"
CASSETTES = sorted((STARTER / "cassettes").rglob("*.jsonl"))


@pytest.fixture(scope="module")
def migration(tmp_path_factory):
    """The migration check, offline, in a copy outside the repository."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(STARTER, folder / "starter")
    options = ["--contract-baseline=local-1", "--contract-candidate=local-2", "--contract-report=report.json"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "starter", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, read_report((folder / "report.json").read_text())


def test_it_answers_no_and_names_what_broke(migration):
    done, report = migration
    assert done.returncode == 1
    assert "can I move  local-1 → local-2 ?   NO" in done.stdout
    kinds = {change.clause: change.kind for change in report.comparisons[0].changes}
    assert kinds["orders/bare-json"] == "broke"
    assert list(kinds.values()).count("broke") >= 3
    assert list(kinds.values()).count("held") >= 3
    assert set(kinds.values()) == {"broke", "held"}


def test_every_break_has_a_cause_and_a_line_that_relies_on_it(migration):
    _, report = migration
    for outcome in report.runs[1].outcomes:
        if outcome.decision.state == "broken":
            assert outcome.causes
            assert outcome.relied_on_by
    causes = {outcome.clause: outcome.causes[0].text for outcome in report.runs[1].outcomes if outcome.causes}
    assert causes["orders/bare-json"] == "fenced in ```json"
    assert causes["support/review-label"] == "label inside more text"
    assert causes["support/explains-card-safety"] == "refuses"
    assert causes["support/even-handed-on-employers"].startswith("refused more for a small local firm")


def test_it_was_replayed_and_asked_nothing(migration):
    _, report = migration
    assert sum(outcome.live for run in report.runs for outcome in run.outcomes) == 0
    assert sum(outcome.replayed for run in report.runs for outcome in run.outcomes) > 300


def test_ten_clauses_and_all_kinds_of_checks_are_there():
    clauses = [clause for path in STARTER.glob("*.contract.yaml") for clause in load_contract(path).clauses]
    assert len(clauses) >= 10
    text = "".join(path.read_text() for path in STARTER.glob("*.contract.yaml"))
    for key in ("json:", "consumer:", "matches:", "one_of:", "contains:", "max_words:", "even_handed:", "calls_tool:"):
        assert key in text
    for key in (
        "refuses",
        "complies",
        "accepted",
        "finish_reason:",
        "contrast:",
        "swap:",
        "stream: true",
        "not:",
        "any:",
    ):
        assert key in text


def test_recordings_are_small_and_none_was_edited():
    assert sum(path.stat().st_size for path in CASSETTES) < 2_000_000
    for path in CASSETTES:
        tape = Tape(path)
        # Reading an exchange checks that its key is that of its request.
        exchanges = list(tape.exchanges())
        assert tape.warnings == []
        assert len(exchanges) == len(path.read_text().splitlines())
        assert {
            json.loads(exchange.response.body or "{}").get("model", "") if not exchange.request.streamed else ""
            for exchange in exchanges
        } <= {
            path.relative_to(STARTER / "cassettes").parts[0],
            "",
        }


def test_no_secret_and_no_address_of_a_machine_is_in_them():
    for path in CASSETTES:
        text = path.read_text().lower()
        assert "authorization" not in text
        assert "bearer" not in text
        assert "127.0.0.1:" not in text
