"""What holds for every behavior: it is documented, its example loads, and nothing a model writes makes it raise."""

import inspect
import re
import sys
import time

import pytest
from replies import NASTY

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.interfaces import Behavior, GroupBehavior, PairBehavior
from pytest_behavior_contract.judge.on_record import NOT_ON_RECORD

NAMES = registry.names("behaviors")
EXAMPLE = re.compile(r"```yaml\n(.*?)\n\s*```(?!\")", re.DOTALL)
EXTRA = {"calls_tool": "    tools: [{name: get_order}]\n"}
NEEDS_MORE = {"cost", "latency", "no_call_in_text", "not_truncated", "output_tokens", "stream_well_formed"}
MAY_BE_UNABLE = {"code", "language", "round_trips"}
"""What is judged by more than the reply's own words, or cannot judge some texts (too long for a parser, too short to
tell a language), says so; all others judge whatever comes."""
SECONDS = 20
"""Processor time for all nasty replies, a megabyte each many of them; most behaviors take a tenth of a second."""


@pytest.fixture(autouse=True)
def my_checks(tmp_path, monkeypatch):
    """The module that the example of `python` names."""
    (tmp_path / "my_checks.py").write_text(
        "def polite(reply, words=1):\n    return reply.text.count('please') >= words\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("my_checks", None)


def example_of(name, tmp_path):
    """The contract that a behavior's own example is part of."""
    kind = registry.resolve("behaviors", name)
    block = EXAMPLE.search(inspect.getdoc(kind))
    assert block, f"{name} has no YAML example"
    text = "\n".join(f"    {line}" for line in block[1].splitlines() if not line.startswith("tools:"))
    (tmp_path / "order.schema.json").write_text("{}")
    head = f"contract: c\nclauses:\n  - id: x\n    assumes: It works.\n{EXTRA.get(name, '')}"
    prompt = "" if "prompt:" in text or "wordings:" in text else "    prompt: Hello\n"
    path = tmp_path / "x.contract.yaml"
    path.write_text(f"{head}{prompt}{text}\n")
    return load_contract(path)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_in_its_documentation_is_a_valid_contract(name, tmp_path):
    (clause,) = example_of(name, tmp_path).clauses
    assert clause.pairs or clause.groups or clause.cases[0].expect


@pytest.mark.parametrize("name", NAMES)
def test_nothing_a_model_writes_makes_it_raise(name, tmp_path):
    (clause,) = example_of(name, tmp_path).clauses
    began = time.process_time()
    for behavior in clause.cases[0].expect:
        assert isinstance(behavior, Behavior)
        for reply in NASTY:
            # What asks a judge has not asked one here, so that it cannot tell.
            if getattr(behavior, "judges", ()):
                assert behavior.check(reply).outcome == "error"
                assert behavior.questions(clause.cases[0].prompt, reply)[0].prompt.text
            else:
                accept(behavior.check(reply), name)
    for group in clause.groups:
        assert isinstance(group, GroupBehavior)
        for reply in NASTY:
            accept(group.compare([reply, reply]), name)
            accept(group.compare([reply, NASTY[0], NASTY[4]]), name)
    for pair in clause.pairs:
        assert isinstance(pair, PairBehavior)
        for first in NASTY:
            for measure in pair.margins():
                assert -1 <= pair.difference(measure, first, NASTY[0]) <= 1
    assert time.process_time() - began < SECONDS


def accept(verdict, name):
    # What is judged by the request or the events of a stream cannot be judged without them, and says so.
    cannot = name in NEEDS_MORE | MAY_BE_UNABLE or verdict.cause == NOT_ON_RECORD
    assert verdict.outcome in (("pass", "fail", "error") if cannot else ("pass", "fail"))
    assert verdict.passed or verdict.cause
    verdict.evidence.encode()
    verdict.cause.encode()
    verdict.mend.encode()


@pytest.mark.parametrize("name", NAMES)
def test_its_documentation_names_its_causes(name):
    assert "Causes:" in inspect.getdoc(registry.resolve("behaviors", name))
