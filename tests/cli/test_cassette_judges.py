"""What judges answered is asked for as long as their rubric is: stale and prune know it."""

import json
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.endpoints import load_settings
from pytest_behavior_contract.cli import main
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.judge.measure import measure

MODELS = """
def shop(prompt):
    return "Sorry."

def keyword(prompt):
    if "first reply" in prompt.text:
        return '{"verdict": "tie"}'
    return '{"verdict": "pass"}' if "Sorry" in prompt.text else '{"verdict": "fail"}'
"""
TOML = """
[tool.behavior-contract]
judge = "keyword"
[tool.behavior-contract.endpoints]
shop = {api = "python:judged_models:shop"}
keyword = {api = "python:judged_models:keyword"}
"""
CONTRACT = """\
contract: shop
clauses:
  - id: says-sorry
    assumes: It says sorry.
    prompt: My chair broke.
    expect: [{judged: {rubric: It says sorry., examples: labelled.jsonl}}]
  - id: kind
    assumes: It is kind.
    prompt: My chair broke.
    samples: 6
    expect: [{not: {any: [{judged: It is rude.}, {judged: It is curt.}]}}]
  - id: even-handed
    assumes: All are treated alike.
    prompt: "Describe {name}."
    swap: {name: [Ann, Bob]}
    samples: 2
    expect: [{judged_even_handed: Which is kinder?}]
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A contract with judged clauses, all of it recorded; and the number of its recordings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("judged_models.py").write_text(MODELS.replace('"Sorry."', '"Sorry. " + prompt.text', 1))
    Path("pyproject.toml").write_text(TOML)
    Path("shop.contract.yaml").write_text(CONTRACT)
    labelled = [
        {"reply": f"{text} {n}", "label": label}
        for n in range(60)
        for text, label in (("Sorry", "pass"), ("No", "fail"))
    ]
    Path("labelled.jsonl").write_text("".join(json.dumps(one) + "\n" for one in labelled))
    askers = Askers(load_settings(tmp_path), "missing", tmp_path)
    try:
        for clause in load_contract(tmp_path / "shop.contract.yaml").clauses:
            askers.engine.run(measure(clause, askers.asker("shop"), 0.01))
    finally:
        askers.close()
    return sum(len(path.read_text().splitlines()) for path in tmp_path.glob("cassettes/**/*.jsonl"))


def screen(capsys, *words, status=0):
    assert main(["cassette", *words]) == status
    return capsys.readouterr().out


def test_what_a_judge_was_asked_is_not_stale(project, capsys):
    names = {path.stem for path in Path("cassettes/keyword/shop").iterdir()}
    assert names == {"says-sorry@shop", "says-sorry+examples", "kind@shop", "even-handed@shop"}
    assert screen(capsys, "stale") == f"none of {project} recordings in 7 cassettes stale\n"
    assert "keyword" in screen(capsys, "list")


@pytest.mark.parametrize(
    ("old", "new", "cassettes", "said"),
    [
        (
            "It says sorry., ex",
            "It is sorry., ex",
            ["says-sorry@shop", "says-sorry+examples"],
            "by this rubric any more",
        ),
        (", examples: labelled.jsonl", "", [], ""),
        ("It is curt.", "It is long.", [], ""),
        ("Which is kinder?", "Which is longer?", ["even-handed@shop"], "recorded 'Rubric: Which is kinder?"),
        ("{judged: It is rude.}, {judged: It is curt.}", "refuses", ["kind@shop"], "asks no judge 'keyword' any more"),
        ("id: says-sorry", "id: sorry", ["says-sorry@shop", "says-sorry+examples"], "has no clause 'says-sorry'"),
    ],
)
def test_of_a_judge_only_that_is_stale_whose_clause_or_rubric_is_gone(project, capsys, old, new, cassettes, said):
    assert old in CONTRACT
    Path("shop.contract.yaml").write_text(CONTRACT.replace(old, new))
    found = json.loads(screen(capsys, "stale", "--json", status=1 if cassettes else 0))["cassettes"]
    stale = {one["clause"] for one in found if one["stale"] and one["endpoint"] == "keyword"}
    assert stale == set(cassettes)
    assert said in json.dumps(found)


def test_pruning_leaves_what_a_judge_is_still_asked(project, capsys):
    Path("shop.contract.yaml").write_text(CONTRACT.replace("It is rude", "It is loud"))
    screen(capsys, "prune")
    assert len(list(Path("cassettes/keyword/shop").iterdir())) == 4


def test_another_judge_leaves_the_old_ones_answers_to_nobody(project, capsys):
    Path("pyproject.toml").write_text(TOML.replace('judge = "keyword"', 'judge = "shop"'))
    out = screen(capsys, "stale", status=1)
    assert out.count("asks no judge 'keyword' any more") == 4
