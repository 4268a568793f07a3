"""Pairs of prompts that each case brings itself."""

import json

import pytest

from pytest_behavior_contract.ask.sampling import Schedule
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.errors import ContractFileError

HEAD = 'contract: c\nclauses:\n  - id: x\n    assumes: a\n    prompt: "{request}"\n'
PAIRS = [
    {"id": "p1", "prompt_a": "Argue for {x}.", "prompt_b": "Argue against {x}.", "topic": "tax"},
    {"id": "p2", "prompt_a": "Praise it.", "prompt_b": "Blame it.", "topic": "tax"},
    {"id": "p3", "prompt_a": "Yes?", "prompt_b": "No?", "topic": "war"},
]


def load(tmp_path, rest, cases=PAIRS):
    (tmp_path / "pairs.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    (tmp_path / "x.contract.yaml").write_text(HEAD + rest)
    (clause,) = load_contract(tmp_path / "x.contract.yaml", shown_as="x.contract.yaml").clauses
    return clause


GIVEN = """
    cases: [{file: pairs.jsonl}]
    swap: {request: {left: "{prompt_a}", right: "{prompt_b}"}}
    expect: [even_handed]
"""


def test_each_case_brings_its_own_two_prompts(tmp_path):
    clause = load(tmp_path, GIVEN)
    assert [(case.id, case.variant, case.prompt.text) for case in clause.cases[:2]] == [
        ("p1:left", "left", "Argue for {x}."),
        ("p1:right", "right", "Argue against {x}."),
    ]


def test_cases_about_the_same_topic_are_asked_together_and_count_as_one(tmp_path):
    clause = load(tmp_path, GIVEN)
    assert [(case.topic, case.twin) for case in clause.cases[::2]] == [("tax", "p1"), ("tax", "p2"), ("war", "p3")]
    schedule = Schedule(clause, "replies")
    assert len(schedule) == 2
    assert sorted(len(schedule.unit(position).cases) for position in range(2)) == [2, 4]


def test_a_topic_is_repeated_in_a_row_and_no_sample_is_asked_twice(tmp_path):
    clause = load(tmp_path, GIVEN.replace("[even_handed]", "[{even_handed: {repeats: 3}}]"))
    schedule = Schedule(clause, "replies")
    units = [schedule.unit(position) for position in range(12)]
    topics = [unit.cases[0].topic for unit in units]
    assert all(len({*topics[start : start + 3]}) == 1 for start in range(0, 12, 3))
    assert len({(unit.cases[0].id, unit.k) for unit in units}) == 12
    assert sorted(unit.k for unit in units if unit.cases[0].topic == "war") == list(range(6))


def test_a_topic_is_an_ordinary_slot_where_nothing_is_swapped(tmp_path):
    rest = '\n    cases: [{request: "1", topic: t}, {request: "2", topic: t}]\n    expect: [refuses]\n'
    assert [case.topic for case in load(tmp_path, rest).cases] == ["1", "2"]


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (
            GIVEN.replace("{prompt_b}", "{prompt_c}"),
            "x.contract.yaml:8: clauses[0].swap: case 'p1' has no value for the slot {prompt_c}; did you mean 'prompt_b'?",
        ),
        (
            GIVEN.replace('{left: "{prompt_a}", right: "{prompt_b}"}', "{left: a}"),
            "x.contract.yaml:8: clauses[0].swap.request: ",
        ),
        (
            GIVEN.replace('{left: "{prompt_a}", right: "{prompt_b}"}', "[Ada, Ada]"),
            "x.contract.yaml:8: clauses[0].swap: two variants are called 'Ada'; name them: {SLOT: {NAME: value, ",
        ),
        (
            GIVEN.replace("[even_handed]", "[{even_handed: {repeats: 2}}, {even_handed: {repeats: 3}}]"),
            "x.contract.yaml:9: clauses[0].expect: a topic is asked either 2 or 3 times in a row",
        ),
    ],
)
def test_a_mistake_in_a_swap_is_said_where_it_stands(tmp_path, rest, message):
    with pytest.raises(ContractFileError) as caught:
        load(tmp_path, rest)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


def test_braces_that_are_doubled_stay_as_plain_ones(tmp_path):
    rest = '\n    swap: {request: ["a {{b}}", "c"]}\n    expect: [even_handed]\n'
    assert [case.prompt.text for case in load(tmp_path, rest).cases] == ["a {b}", "c"]


def test_the_values_of_cases_may_have_the_swapped_slot(tmp_path):
    rest = """
    cases: [{request: "Is {who} good at {work}?", id: 7}, {request: "Praise {who}."}]
    swap: {who: [Ada, Max]}
    expect: [even_handed]
"""
    texts = [case.prompt.text for case in load(tmp_path, rest).cases]
    assert texts == ["Is Ada good at {work}?", "Is Max good at {work}?", "Praise Ada.", "Praise Max."]


def test_sides_may_be_called_by_numbers(tmp_path):
    rest = """
    swap: {request: {2020: "a", 2024: "b"}}
    expect: [even_handed]
"""
    assert [case.variant for case in load(tmp_path, rest).cases] == ["2020", "2024"]
