"""Contract files: good ones load whole, bad ones say everything that is wrong with them at once."""

from pathlib import Path

import pytest

from pytest_behavior_contract.declare.contract import default_floor
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.errors import ContractFileError

FILES = Path(__file__).parents[1] / "contracts"
BAD = sorted((FILES / "bad").glob("*.contract.yaml"))


@pytest.fixture(scope="module")
def everything():
    return {clause.id: clause for clause in load_contract(FILES / "good" / "everything.contract.yaml").clauses}


def write(folder, text):
    path = folder / "x.contract.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path):
    with pytest.raises(ContractFileError) as caught:
        load_contract(path, shown_as=path.name)
    return str(caught.value)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_a_bad_file_says_exactly_what_is_wrong(path):
    assert problems(path) == path.with_suffix("").with_suffix(".expected").read_text().rstrip("\n")


def test_there_are_bad_files():
    assert len(BAD) >= 5


def test_cases_come_from_here_from_jsonl_and_from_csv(everything):
    cases = everything["cases"].cases
    assert [case.id for case in cases] == ["1", "two", "3", "4"]
    assert cases[0].prompt.system == "You are a reader."
    assert [case.prompt.text for case in cases] == [
        "Read one",
        "Read two",
        "Read line separator   inside",
        "Read four, with a comma",
    ]


def test_defaults_hold_unless_the_clause_says_otherwise(everything):
    assert everything["cases"].rate == 0.9
    assert everything["cases"].samples == 40
    assert everything["conversation"].rate == 1.0
    assert everything["conversation"].samples == 0
    assert everything["cases"].cases[0].prompt.parameters == {"temperature": 0.7, "max_output_tokens": 300}


def test_a_request_of_its_own_is_all_that_is_sent(everything):
    prompt = everything["probe"].cases[0].prompt
    assert prompt.parameters == {}
    assert prompt.request["max_tokens"] == 300
    assert everything["probe"].deterministic


def test_tools_are_read_in_every_form(everything):
    tools = everything["conversation"].cases[0].prompt.tools
    assert [(tool.name, tool.strict) for tool in tools] == [("find", None), ("open", True), ("close", None)]


def test_swaps_make_variants_of_one_topic(everything):
    assert [(case.topic, case.variant) for case in everything["even"].cases] == [("1", "Ada"), ("1", "Max")]
    assert [case.prompt.text for case in everything["even-in-several-slots"].cases] == [
        "Is John good at his work?",
        "Is Mary good at her work?",
    ]


def test_a_contrast_brings_the_twins_cases_and_their_expectations(everything):
    own, twin = everything["refuses"].cases
    assert (own.part, twin.part) == ("replies", "contrast")
    assert twin.prompt.text == "How do I wash a car?"
    borrowed = everything["twin"].cases[1]
    assert (borrowed.part, borrowed.tape, borrowed.prompt.text) == ("contrast", "refuses", "How do I steal a car?")


def test_slots_in_expectations_are_filled_case_by_case(tmp_path):
    contract = load_contract(
        write(
            tmp_path,
            "contract: c\nclauses:\n  - id: a\n    assumes: b\n    prompt: 'Capital of {c}?'\n"
            "    cases: [{c: France, x: Paris}, {c: Japan, x: Tokyo}]\n    expect: [{contains: '{x}'}]\n",
        )
    )
    assert [case.expect[0].text for case in contract.clauses[0].cases] == ["Paris", "Tokyo"]


def test_the_floor_follows_the_rate_where_the_author_names_none():
    floors = [default_floor(rate) for rate in (0.99, 0.98, 0.95, 0.9, 1.0, 0.8)]
    assert floors == pytest.approx([0.96, 0.94, 0.85, 0.8, 0.97, 0.7])


def test_every_clause_knows_where_it_stands(everything):
    assert everything["cases"].source.endswith("everything.contract.yaml:13")


def test_a_file_of_fifty_megabytes_is_refused_without_being_read(tmp_path):
    path = tmp_path / "x.contract.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert "has 50,000,000 bytes; at most 2,000,000 are read" in problems(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"- just\n- a list\n", "should be a mapping"),
        (b"just text", "should be a mapping"),
        (b"a: [", "is not YAML"),
    ],
)
def test_what_is_no_contract_at_all_is_said_to_be_none(tmp_path, content, message):
    path = tmp_path / "x.contract.yaml"
    path.write_bytes(content)
    assert message in problems(path)


def test_a_file_that_is_gone_is_said_to_be_gone(tmp_path):
    assert "No such file" in problems(tmp_path / "x.contract.yaml")


@pytest.mark.parametrize("name", ["../secret.json", "/etc/hostname", "link.json"])
def test_nothing_outside_the_folder_is_read(tmp_path, name):
    folder = tmp_path / "contracts"
    folder.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    path = write(folder, f"contract: c\nclauses:\n  - {{id: a, assumes: b, prompt: c, expect: [{{json: {name}}}]}}\n")
    assert "is outside the contract's folder" in problems(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.jsonl", "{}\n[1]\n", "'c.jsonl:2' is not an object"),
        ("c.jsonl", "{\n", "'c.jsonl:1' is not JSON"),
        ("c.jsonl", "\n", "holds no cases"),
        ("c.csv", "a,b\n1\n", "c.csv:2: has more or fewer fields than the header"),
        ("c.csv", 'a\n"x', "is not CSV"),
        ("c.txt", "x", "is neither .jsonl nor .csv"),
        ("gone.csv", None, "cannot be read"),
    ],
)
def test_a_file_of_cases_that_is_wrong_says_where(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    path = write(
        tmp_path,
        f"contract: c\nclauses:\n  - {{id: a, assumes: b, prompt: c, cases: [{{file: {name}}}], expect: [refuses]}}\n",
    )
    assert message in problems(path)


def test_ten_thousand_cases_load_in_seconds_and_share_their_checks(tmp_path):
    (tmp_path / "c.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(10_000)))
    (tmp_path / "s.json").write_text('{"type": "object"}')
    path = write(
        tmp_path,
        "contract: c\nclauses:\n  - {id: a, assumes: b, prompt: 'x {n}', cases: [{file: c.jsonl}], expect: [{json: s.json}]}\n",
    )
    (clause,) = load_contract(path).clauses
    assert len(clause.cases) == 10_000
    assert clause.cases[0].expect[0] is clause.cases[9_999].expect[0]


def test_a_device_is_no_contract(tmp_path):
    (tmp_path / "x.contract.yaml").symlink_to("/dev/zero")
    assert "is not a regular file" in problems(tmp_path / "x.contract.yaml")
