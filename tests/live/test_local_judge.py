"""The embedded model as a judge, really asked; skipped where the extra `local` is not installed."""

from __future__ import annotations

import importlib.util

import pytest

from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.judge.measure import measure, replay

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="the extra 'local' is not installed"),
]
CONTRACT = """\
contract: capitals
clauses:
  - id: names-paris
    assumes: The capital of France is named.
    prompt: What is the capital of France?
    samples: 3
    expect:
      - judged:
          rubric: The reply names the city of Paris.
          by: judge
          examples:
EXAMPLES
"""
SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string", "maxLength": 60}, "verdict": {"enum": ["pass", "fail"]}},
    "required": ["reason", "verdict"],
}


def test_a_small_model_judges_by_its_chat_template_and_is_found_too_weak(tmp_path):
    examples = [
        f"            - {{prompt: What is the capital of France?, reply: {city}, label: {label}}}"
        for city, label in (
            ("Paris", "pass"),
            ("It is Paris.", "pass"),
            ("The capital of France is Paris.", "pass"),
            ("Lyon", "fail"),
            ("I do not know.", "fail"),
            ("The capital of Italy is Rome.", "fail"),
        )
    ]
    path = tmp_path / "capitals.contract.yaml"
    path.write_text(CONTRACT.replace("EXAMPLES", "\n".join(examples)))
    endpoints = {
        "shop": Endpoint(name="shop", api="local", model="local-1", parameters={"max_output_tokens": 20}),
        "judge": Endpoint(
            name="judge",
            api="local",
            model="local-1",
            parameters={"max_output_tokens": 80, "temperature": 0, "json_schema": SCHEMA},
        ),
    }
    settings = Settings(endpoint="shop", endpoints=endpoints)
    (clause,) = load_contract(path).clauses
    live = Askers(settings, "missing", tmp_path)
    try:
        outcome = live.engine.run(measure(clause, live.asker("shop"), 0.01))
    finally:
        live.close()
    (judge,) = outcome.judged_by
    # Six examples can never suffice, so that nothing depends on how well it does: it is asked, read and weighed.
    assert judge.examples + judge.unjudged == 6
    assert judge.examples > 0
    assert outcome.decision.state == "unmeasured"
    assert "labelled" in outcome.problem or "gave no verdict on" in outcome.problem
    again = replay(clause, Askers(settings, "none", tmp_path).asker("shop"), 0.01)
    assert again.judged_by == outcome.judged_by
    assert again.problem == outcome.problem
