"""Which behaviors loading a contract loads, what code it may name, and clauses that compare replies."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.checking import named_behaviors, schema_problems
from pytest_behavior_contract.declare.document import parse
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.declare.schema import contract_schema
from pytest_behavior_contract.errors import ContractFileError

HEAD = "contract: c\nclauses:\n  - id: x\n    assumes: It works.\n"


def load(tmp_path, clause, **options):
    path = tmp_path / "x.contract.yaml"
    path.write_text(HEAD + clause)
    return load_contract(path, shown_as="x.contract.yaml", **options).clauses[0]


def problems(tmp_path, clause, **options):
    with pytest.raises(ContractFileError) as caught:
        load(tmp_path, clause, **options)
    return [str(problem) for problem in caught.value.problems]


def test_loading_a_contract_loads_the_behaviors_it_names_and_no_others(tmp_path):
    path = tmp_path / "x.contract.yaml"
    path.write_text(HEAD + "    prompt: Hi\n    expect: [{not: {any: [refuses, {contains: json}]}}]\n")
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from pytest_behavior_contract.declare.loading import load_contract\n"
        f"load_contract(Path({str(path)!r}))\n"
        "print(*sorted(name.rpartition('.')[2] for name in sys.modules if '.judge.behaviors.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["contains", "groups", "refuses"]


def test_what_is_named_is_found_in_groups_and_twins_and_not_in_arguments():
    content = parse(
        "clauses:\n"
        "  - expect: [json, {not: {all: [refuses, {contains: matches}]}}, {zzz: [complies]}, 4]\n"
        "    contrast: {expect: [accepted]}\n"
        "  - x\n"
    ).content
    assert named_behaviors(content) == {"json", "not", "all", "refuses", "contains", "zzz", "complies", "accepted"}
    assert named_behaviors("no mapping") == set()


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[1] / "contracts").glob("*/*.contract.yaml")))
def test_the_few_behaviors_that_a_file_names_accept_what_all_of_them_do(path):
    import jsonschema

    try:
        document = parse(path.read_text())
    except ValueError:
        return
    whole = jsonschema.Draft202012Validator(contract_schema()).is_valid(document.content)
    assert (schema_problems(document, "x") == []) == whole


def test_a_function_of_ones_own_stands_among_the_others(tmp_path):
    clause = load(
        tmp_path,
        "    prompt: Hi\n"
        "    cases: [{word: please}]\n"
        "    expect:\n"
        "      - python:my_checks:polite\n"
        "      - python: my_checks:polite\n"
        '      - python:my_checks:polite: {word: "{word}"}\n'
        "      - not: {any: [{python: {function: my_checks:rude, name: rude}}, python:my_checks:rude]}\n",
    )
    one, same, other, group = clause.cases[0].expect
    assert one == same
    assert (other.function, other.arguments) == ("my_checks:polite", {"word": "please"})
    assert group.expectation.expectations[0].called == "rude"


def test_mistakes_about_ones_own_have_their_place(tmp_path):
    items = ["python:my_checks", "python:a:b: 3", "pyton:a:b: {}", "python", "python: {}"]
    listed = "".join(f"      - {item}\n" for item in items)
    assert problems(tmp_path, f"    prompt: Hi\n    expect:\n{listed}") == [
        "x.contract.yaml:7: clauses[0].expect[0]: python: 'my_checks' is not of the form 'package.module:function'",
        "x.contract.yaml:8: clauses[0].expect[1].python:a:b: should be a mapping, is 3",
        "x.contract.yaml:9: clauses[0].expect[2].pyton:a:b: unknown behavior 'pyton:a:b'; did you mean 'python'?",
        "x.contract.yaml:10: clauses[0].expect[3]: behavior 'python' needs arguments, as in `python: ...`",
        "x.contract.yaml:11: clauses[0].expect[4].python: 'function' is missing",
    ]


@pytest.mark.parametrize(
    "item", ["python:os:system", "python: os:system", "consumer: os:system", "not: {any: [{consumer: os:system}]}"]
)
def test_a_contract_that_others_wrote_cannot_name_code(tmp_path, item):
    clause = f"    prompt: Hi\n    expect:\n      - {item}\n"
    assert load(tmp_path, clause)
    (problem,) = problems(tmp_path, clause, foreign_code=False)
    assert "runs code; a contract that others wrote cannot name it" in problem


def test_a_contract_that_others_wrote_imports_nothing_of_an_installed_package(tmp_path, monkeypatch):
    class Point:
        name, value, dist = "polite", "polite:Polite", None

        def load(self):
            raise AssertionError("imported")

    monkeypatch.setattr(registry, "_installed", lambda family: {"polite": Point()} if family == "behaviors" else {})
    for item in ("polite", "polite: {words: 3}", "not: polite"):
        (problem,) = problems(
            tmp_path, f"    prompt: Hi\n    expect: [{{{item}}}]\n".replace("{polite}", "polite"), foreign_code=False
        )
        assert "'polite' is of an installed package; a contract that others wrote cannot name it" in problem
    assert len(problems(tmp_path, "    prompt: Hi\n    expect: [polite, contans]\n", foreign_code=False)) == 2


def test_wordings_ask_the_same_in_other_words(tmp_path):
    clause = load(
        tmp_path,
        "    wordings: ['Is {x} so?', '{x}: is it so?']\n"
        "    cases: [{x: A}, {x: B}]\n"
        "    expect: [{same_answer: {labels: ['Yes', 'No']}}, {max_words: 5}]\n",
    )
    assert [(case.id, case.topic, case.prompt.text) for case in clause.cases] == [
        ("1:wording 1", "1", "Is A so?"),
        ("1:wording 2", "1", "A: is it so?"),
        ("2:wording 1", "2", "Is B so?"),
        ("2:wording 2", "2", "B: is it so?"),
    ]
    assert [len(case.expect) for case in clause.cases] == [1, 1, 1, 1]
    assert clause.groups[0].labels == ("Yes", "No")


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        (
            "    wordings: [a, b]\n    prompt: c\n    expect: [same_answer]\n",
            "a clause has either `prompt` or `wordings`",
        ),
        (
            "    wordings: [a, b]\n    swap: {a: [x, y]}\n    expect: [same_answer]\n",
            "a clause has either `swap` or `wordings`",
        ),
        ("    wordings: [a]\n    expect: [same_answer]\n", "should have at least 2 entries"),
        ("    wordings: ['{b}', c]\n    expect: [same_answer]\n", "wordings: no case fills the slot {b}"),
        (
            "    prompt: c\n    deterministic: true\n    expect: [same_answer]\n",
            "asks each prompt once, so there are no repeats to compare",
        ),
        ("    prompt: c\n    expect: [{not: same_answer}]\n", "a check on several replies cannot stand within `not`"),
        (
            "    prompt: c\n    contrast: {prompt: d, expect: [same_reply]}\n    expect: [refuses]\n",
            "same_reply compares replies with each other; give it a clause of its own",
        ),
        ("    prompt: c\n    expect: [{same_answer: {labels: [a]}}]\n", "same_answer: labels should be two or more"),
        ("    prompt: c\n    expect: [{latency: 0}]\n", "latency: seconds should be above 0"),
    ],
)
def test_comparisons_that_make_no_sense_are_said_with_their_place(tmp_path, clause, message):
    (problem,) = problems(tmp_path, clause)
    assert message in problem
    assert problem.startswith("x.contract.yaml:")


PACKAGE = {
    "manners/__init__.py": "",
    "manners/checks.py": (
        "from dataclasses import dataclass\n"
        "from pytest_behavior_contract import Verdict\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Polite:\n"
        '    """The reply says please."""\n'
        "    words: int = 1\n"
        "    def __post_init__(self):\n"
        "        if self.words < 1:\n"
        "            raise ValueError('words should be at least 1')\n"
        "    def check(self, reply):\n"
        "        if reply.text == 'crash':\n"
        "            raise LookupError('oh')\n"
        "        if reply.text.count('please') >= self.words:\n"
        "            return Verdict(outcome='pass')\n"
        "        return Verdict(outcome='fail', cause='no please')\n"
        "def brief(reply, words):\n"
        '    """The reply has so many words at most."""\n'
        "    return '' if len(reply.text.split()) <= words else 'too long'\n"
        "class NoDataclass:\n"
        "    def check(self, reply): ...\n"
        "@dataclass\n"
        "class NoCheck: ...\n"
    ),
    "manners-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: manners\nVersion: 1.0\n",
    "manners-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "manners-1.0.dist-info/entry_points.txt": (
        "[pytest_behavior_contract.behaviors]\n"
        "polite = manners.checks:Polite\n"
        "brief = manners.checks:brief\n"
        "no_dataclass = manners.checks:NoDataclass\n"
        "no_check = manners.checks:NoCheck\n"
        "gone = manners.gone:Gone\n"
    ),
}
CONTRACT = """\
contract: c
clauses:
  - id: polite
    assumes: It says please, briefly.
    prompt: Hi
    expect: [polite, {polite: {words: 1}}, {not: {polite: {words: 2}}}, {brief: {words: 3}}]
"""
WRONG = """\
contract: c
clauses:
  - id: wrong
    assumes: Mistakes in what a package adds are said like any others.
    prompt: Hi
    expect:
      - polite: {words: 0}
      - polite: {word: 1}
      - brief
      - no_dataclass
      - no_check
      - gone
      - polit
"""
TOML = """\
[tool.behavior-contract]
endpoint = "kind"
[tool.behavior-contract.endpoints]
kind = {api = "python:models:kind"}
crash = {api = "python:models:crash"}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which pip has really installed a package with behaviors."""
    folder = tmp_path_factory.mktemp("manners")
    wheel = folder / "manners-1.0-py3-none-any.whl"
    record = "".join(f"{name},,\n" for name in [*PACKAGE, "manners-1.0.dist-info/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**PACKAGE, "manners-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True, capture_output=True)
    return target


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text(TOML)
    (tmp_path / "models.py").write_text("def kind(prompt): return 'Yes, please.'\ndef crash(prompt): return 'crash'\n")
    return tmp_path


def ran(project, installed, *arguments):
    import os

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(installed), "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ours = ("-p", "pytest_behavior_contract.pytest_plugin.plugin")
    return subprocess.run(
        [*command, *ours], cwd=project, env=environment, capture_output=True, text=True, check=False
    ).stdout


def test_behaviors_of_an_installed_package_are_like_the_built_in_ones(installed, project):
    (project / "c.contract.yaml").write_text(CONTRACT)
    assert "1 passed" in ran(project, installed, "--contract-record=missing")
    crashed = ran(project, installed, "--contract-record=missing", "--contract-endpoint=crash")
    assert "c/polite could not be measured at crash: polite raised LookupError at checks.py:12: oh" in crashed
    assert "Traceback" not in crashed


def test_mistakes_in_what_a_package_adds_are_said_with_their_place(installed, project):
    (project / "w.contract.yaml").write_text(WRONG)
    said = ran(project, installed, "--contract")
    for line in (
        "w.contract.yaml:7: clauses[0].expect[0]: polite: words should be at least 1",
        "w.contract.yaml:8: clauses[0].expect[1].polite.word: unknown key 'word'; did you mean 'words'?",
        "w.contract.yaml:9: clauses[0].expect[2]: behavior 'brief' needs arguments, as in `brief: ...`",
        "w.contract.yaml:10: clauses[0].expect[3]: no_dataclass: <class 'manners.checks.NoDataclass'> is neither",
        "w.contract.yaml:11: clauses[0].expect[4]: no_check: NoCheck of an installed package has no check(reply)",
        (
            "w.contract.yaml:12: clauses[0].expect[5]: behavior 'gone' of manners cannot be loaded from manners.gone:Gone: "
            "ModuleNotFoundError: No module named 'manners.gone'; mend that package, or uninstall it"
        ),
        "w.contract.yaml:13: clauses[0].expect[6]: unknown behavior 'polit'; did you mean 'polite'?",
    ):
        assert line in said
    assert "Traceback" not in said


def test_the_schema_has_the_fields_of_what_is_installed(installed):
    import json
    import os

    done = subprocess.run(
        [sys.executable, "-m", "pytest_behavior_contract.cli", "schema"],
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    _, _, keyed = json.loads(done.stdout)["$defs"]["expectation"]["anyOf"]
    assert keyed["properties"]["polite"]["properties"]["words"]["type"] == "integer"
    assert keyed["properties"]["polite"]["description"] == "The reply says please."
    assert keyed["properties"]["brief"]["required"] == ["words"]
    assert "cannot be loaded" in keyed["properties"]["gone"]["description"]
