"""Clauses over several replies, and checks of one's own, in a real pytest run, with and without xdist."""

import json

import pytest

MODELS = """
import itertools
COUNTER = itertools.count()
def steady(prompt):
    return "Yes."
def fickle(prompt):
    return "Yes." if next(COUNTER) % 3 else "No."
def literal(prompt):
    return "Yes." if prompt.text.endswith("?") else "I do not follow."
"""
TOML = """
[tool.pytest.ini_options]
asyncio_default_fixture_loop_scope = "function"
[tool.behavior-contract]
endpoint = "steady"
[tool.behavior-contract.endpoints]
steady = {api = "python:repeated_models:steady"}
fickle = {api = "python:repeated_models:fickle", concurrency = 1}
literal = {api = "python:repeated_models:literal"}
"""
CONTRACT = """
contract: answers
clauses:
  - id: repeats
    assumes: The same question gets the same answer.
    prompt: Is it so?
    expect: [{same_answer: {labels: ["Yes", "No"]}}]
  - id: wordings
    assumes: In other words too.
    wordings: ["Is it so?", "Tell me whether it is so."]
    expect: [same_answer]
  - id: raises
    assumes: A check of one's own has a mistake.
    severity: cosmetic
    prompt: Is it so?
    expect: [python:own_checks:divides]
"""


@pytest.fixture
def project(pytester):
    pytester.makepyprojecttoml(TOML)
    pytester.makepyfile(repeated_models=MODELS, own_checks="def divides(reply):\n    return 1 / 0\n")
    pytester.path.joinpath("answers.contract.yaml").write_text(CONTRACT)
    return pytester


@pytest.fixture
def asked(project):
    """Asks an endpoint for what is missing, and says what came of it."""

    def go(*arguments):
        return project.runpytest_inprocess("-p", "no:cacheprovider", "--contract-record=missing", *arguments)

    return go


def test_a_model_that_says_the_same_keeps_it_and_a_broken_check_is_no_verdict_on_it(asked, project):
    result = asked()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*answers/raises could not be measured at steady: "
                "python:own_checks:divides raised ZeroDivisionError at own_checks.py:2*"
            )
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    # It fails on every reply, and is not paid for up to the cap of sixty.
    tape = project.path.joinpath("cassettes", "steady", "answers", "raises.jsonl")
    assert len(tape.read_text().splitlines()) <= 23


def test_one_that_does_not_is_broken_with_both_answers(asked):
    result = asked("--contract-endpoint", "fickle", "-k", "repeats")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "answers/repeats is broken at fickle: same_answer: * of * pairs of repeats agree (*), at least 95% *",
            "  cause  answers differ: No / Yes (*)",
            "  found  No · Yes ← #1: No. · #2: Yes.",
        ]
    )


@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["plain", "xdist"])
def test_a_switch_that_costs_agreement_is_a_no_and_the_report_says_what_its_rates_are_of(asked, project, more):
    result = asked(
        *("-k", "repeats or wordings", "--contract-report", "report.json"),
        *("--contract-baseline", "steady", "--contract-candidate", "literal"),
        *more,
    )
    result.stdout.fnmatch_lines(
        [
            "can I move  steady * literal * ?   NO",
            "*answers/wordings * broke *",
            "*same_answer: 0 of 5 rounds over the variants agree (*",
        ]
    )
    assert result.ret == 1
    report = json.loads(project.path.joinpath("report.json").read_text())
    units = {
        outcome["clause"]: [(part["name"], part["counted"]) for part in outcome["parts"]]
        for outcome in report["runs"][1]["outcomes"]
    }
    assert units["answers/repeats"] == [("same_answer", "pairs of repeats"), ("replies", "replies")]
    assert units["answers/wordings"] == [("same_answer", "rounds over the variants"), ("replies", "replies")]
