"""Each breakage, done for real by a server on the loopback, is caught by a clause of the library, and named."""

from __future__ import annotations

import fnmatch
import inspect

import anthropic
import pytest

import pytest_behavior_contract.pytest_plugin.hooks  # noqa: F401 - half of it forgotten by pytester would be two of some things
from breakages.rows import ROWS
from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.document import parse
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.judge.measure import measure, replay

REPORTS = 54
BEHAVIORS = frozenset(registry.names("behaviors"))


def behaviors_of(row):
    """The names of the behaviors that its clause expects."""
    document = parse("\n".join(row.clause)).content or {}
    items = [*document.get("expect", ()), *document.get("contrast", {}).get("expect", ())]
    return {item if isinstance(item, str) else next(iter(item)) for item in items}


YAML = [row for row in ROWS if not row.python]


def ids(rows):
    return [f"{row.number}-{n}" for n, row in enumerate(rows)]


def clause_of(row, folder):
    folder.mkdir(exist_ok=True)
    lines = ["contract: c", "clauses:", "  - id: x", "    assumes: It works.", *(f"    {line}" for line in row.clause)]
    path = folder / "c.contract.yaml"
    path.write_text("\n".join(lines))
    (clause,) = load_contract(path).clauses
    return clause


def test_every_known_breakage_has_its_row():
    assert {row.number for row in ROWS} == set(range(1, REPORTS + 1))
    assert {name for row in ROWS for name in behaviors_of(row)} <= BEHAVIORS


@pytest.mark.parametrize("row", YAML, ids=ids(YAML))
def test_it_is_caught_where_it_happens_and_not_where_it_does_not(row, server, make_asker, tmp_path):
    asker = make_asker(row.api)
    for name, answer in (("good", row.good), ("bad", row.bad)):
        server.answer = answer
        server.asked.clear()
        clause = clause_of(row, tmp_path / name)
        outcome = asker.askers.engine.run(measure(clause, asker, 0.01))
        if name == "good":
            assert outcome.decision.state == "kept", outcome.problem or outcome.causes
            continue
        assert outcome.decision.state == row.state, outcome.problem or outcome.causes
        if row.state == "unmeasured":
            assert outcome.problem.startswith(row.cause)
        else:
            assert row.cause in [cause.text for cause in outcome.causes]
            assert any(cause.mend.startswith(row.mend) for cause in outcome.causes)
            replayed = replay(clause, make_asker(row.api, mode="none"), 0.01)
            assert (replayed.decision.state, replayed.causes) == ("broken", outcome.causes)


@pytest.mark.parametrize("row", [row for row in ROWS if row.python], ids=lambda row: str(row.number))
def test_an_sdk_that_takes_the_call_no_more_is_the_clients_break(row, server, pytester):
    if "temperature" in inspect.signature(anthropic.resources.Messages.create).parameters:
        pytest.skip(f"anthropic {anthropic.__version__} still takes a temperature")
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
        '[tool.behavior-contract]\nendpoint = "prod"\n[tool.behavior-contract.endpoints]\n'
        f'prod = {{api = "anthropic-messages", model = "m", base_url = "{server.url}"}}\n'
    )
    for more, fine in (("", True), ("temperature=0, ", False)):
        server.asked.clear()
        pytester.makepyfile(test_app=row.python.format(more=more))
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--contract-record=missing")
        result.assert_outcomes(passed=int(fine), failed=int(not fine))
        assert bool(server.asked) == fine
    assert any(fnmatch.fnmatch(line, f"*cause*{row.cause} (1)") for line in result.outlines), result.stdout.str()
