"""The same prompt asked whole and as a stream."""

import pytest

from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.exchange import Prompt

CONTRACT = """
contract: c
clauses:
  - id: both
    assumes: Streams are like whole replies.
    prompt: Hello {{name}}
    stream: true
    {swap}
    expect: [{expect}]
"""


@pytest.fixture
def clause(tmp_path):
    def load(swap, expect="streamed_alike"):
        path = tmp_path / "x.contract.yaml"
        path.write_text(CONTRACT.replace("{swap}", swap).replace("{expect}", expect).replace("{{name}}", "there"))
        return load_contract(path).clauses[0]

    return load


@pytest.mark.parametrize("swap", ["swap: {stream: [false, true]}", "swap: [{stream: false}, {stream: true}]"])
def test_swapping_the_stream_asks_the_same_prompt_both_ways(clause, swap):
    cases = clause(swap).cases
    assert [(case.variant, case.prompt.stream) for case in cases] == [("whole", False), ("streamed", True)]
    assert cases[0].prompt.messages == cases[1].prompt.messages
    assert [case.sample(3) for case in cases] == [3, 3]


def test_a_slot_that_is_called_stream_stays_a_slot(clause):
    cases = clause("swap: {stream: [a brook, a river]}", "non_empty").cases
    assert [(case.variant, case.prompt.stream) for case in cases] == [("a brook", True), ("a river", True)]
    assert isinstance(cases[0].prompt, Prompt)
