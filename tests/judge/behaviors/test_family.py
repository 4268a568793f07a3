"""What holds for every behavior: it is documented, its example loads, and nothing a model writes makes it raise."""

import inspect
import re

import pytest
from replies import NASTY

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.interfaces import Behavior, PairBehavior

NAMES = registry.names("behaviors")
EXAMPLE = re.compile(r"```yaml\n(.*?)\n\s*```(?!\")", re.DOTALL)
EXTRA = {"calls_tool": "    tools: [{name: get_order}]\n"}


def example_of(name, tmp_path):
    """The contract that a behavior's own example is part of."""
    kind = registry.resolve("behaviors", name)
    block = EXAMPLE.search(inspect.getdoc(kind))
    assert block, f"{name} has no YAML example"
    text = "\n".join(f"    {line}" for line in block[1].splitlines() if not line.startswith("tools:"))
    (tmp_path / "order.schema.json").write_text("{}")
    head = f"contract: c\nclauses:\n  - id: x\n    assumes: It works.\n{EXTRA.get(name, '')}"
    prompt = "" if "prompt:" in text else "    prompt: Hello\n"
    path = tmp_path / "x.contract.yaml"
    path.write_text(f"{head}{prompt}{text}\n")
    return load_contract(path)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_in_its_documentation_is_a_valid_contract(name, tmp_path):
    (clause,) = example_of(name, tmp_path).clauses
    assert clause.pairs or clause.cases[0].expect


@pytest.mark.parametrize("name", NAMES)
def test_nothing_a_model_writes_makes_it_raise(name, tmp_path):
    (clause,) = example_of(name, tmp_path).clauses
    for behavior in clause.cases[0].expect:
        assert isinstance(behavior, Behavior)
        for reply in NASTY:
            verdict = behavior.check(reply)
            assert verdict.outcome in ("pass", "fail", "error")
            assert verdict.passed or verdict.cause
            verdict.evidence.encode()
            verdict.cause.encode()
    for pair in clause.pairs:
        assert isinstance(pair, PairBehavior)
        for first in NASTY:
            for measure in pair.margins():
                assert -1 <= pair.difference(measure, first, NASTY[0]) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_its_documentation_names_its_causes(name):
    assert "Causes:" in inspect.getdoc(registry.resolve("behaviors", name))
