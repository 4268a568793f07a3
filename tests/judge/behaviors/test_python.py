"""A behavior of the user's own, from `python:module:function`."""

import sys

import pytest

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.groups import Any, Not
from pytest_behavior_contract.judge.behaviors.python import Python
from pytest_behavior_contract.judge.decide import behavior_name

CHECKS = """
from dataclasses import dataclass
from pytest_behavior_contract import Verdict

def says_yes(reply):
    return "yes" in reply.text

def cause(reply, *, word="please"):
    return "" if word in reply.text else f"does not say {word}"

def verdict(reply):
    return Verdict(outcome="fail", cause="too blue", evidence="\\ud800", mend="less blue")

def asserts(reply):
    assert reply.text == "yes", "what " + reply.text
    return True

def forgets(reply):
    reply.text

def raises(reply):
    return {}[
        reply.text
    ]

def leaves(reply):
    raise SystemExit(3)

def silent(reply):
    raise Silent

class Silent(Exception):
    def __str__(self):
        raise ValueError

def odd_verdict(reply):
    return Verdict(outcome="perhaps")

def causeless(reply):
    return Verdict(outcome="fail")

async def waits(reply):
    return True

def gives_a_coroutine(reply):
    return waits(reply)

def deep(reply):
    return deep(reply)

@dataclass(frozen=True, kw_only=True)
class Polite:
    words: int = 1
    def __post_init__(self):
        if self.words < 1:
            raise ValueError("words should be at least 1")
    def check(self, reply):
        ok = reply.text.count("please") >= self.words
        return Verdict(outcome="pass") if ok else Verdict(outcome="fail", cause="not polite")

class Plain:
    def __init__(self, word):
        self.word = word
    def check(self, reply):
        return self.word in reply.text

class NoCheck:
    pass

number = 4
"""


@pytest.fixture(autouse=True)
def checks(tmp_path, monkeypatch):
    (tmp_path / "their_checks.py").write_text(CHECKS)
    (tmp_path / "their_broken_module.py").write_text("import no_such_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("their_checks", None)


def of(name, **arguments):
    return Python(function=f"their_checks:{name}", arguments=arguments)


def test_true_and_false():
    assert of("says_yes").check(Reply(text="yes")).passed
    found = of("says_yes").check(Reply(text="no"))
    assert (found.outcome, found.cause, found.evidence) == ("fail", "python:their_checks:says_yes returned False", "no")


def test_a_text_is_the_cause_and_an_empty_one_means_that_nothing_is_wrong():
    assert of("cause").check(Reply(text="please")).passed
    assert of("cause", word="thanks").check(Reply(text="please")).cause == "does not say thanks"


def test_a_verdict_is_taken_as_it_is_but_for_what_no_report_can_carry():
    found = of("verdict").check(Reply())
    assert (found.outcome, found.cause, found.evidence, found.mend) == ("fail", "too blue", "?", "less blue")
    assert of("causeless").check(Reply()).cause == "python:their_checks:causeless gives no cause"


def test_an_assertion_that_fails_is_a_failure_at_its_line():
    found = of("asserts").check(Reply(text="no"))
    assert (found.outcome, found.cause) == (
        "fail",
        "python:their_checks:asserts: assertion fails at their_checks.py:15",
    )
    assert found.evidence == "what no · no"
    assert of("asserts").check(Reply(text="yes")).passed


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("raises", "raised KeyError at their_checks.py:22"),
        ("leaves", "raised SystemExit at their_checks.py:27"),
        ("silent", "raised Silent at their_checks.py:30"),
        ("deep", "raised RecursionError at their_checks.py:49"),
        ("forgets", "returned nothing; it should return True, False, a cause as text"),
        ("odd_verdict", "returned Verdict; it should return"),
        ("gives_a_coroutine", "returned coroutine; it should return"),
    ],
)
def test_a_check_that_fails_to_judge_is_an_error_with_its_line(name, cause):
    found = of(name).check(Reply(text="x"))
    assert found.outcome == "error"
    assert found.cause.startswith(f"python:their_checks:{name} {cause}")


def test_classes_are_made_with_their_arguments():
    assert of("Polite", words=2).check(Reply(text="please, please")).passed
    assert of("Polite", words=2).check(Reply(text="please")).cause == "not polite"
    assert of("Plain", word="a").check(Reply(text="b")).cause == "python:their_checks:Plain returned False"


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [
        ("no_such_module:f", {}, "No module named 'no_such_module'; start pytest where it lies"),
        ("their_broken_module:f", {}, "ModuleNotFoundError: No module named 'no_such_dependency'"),
        ("their_checks:gone", {}, "cannot be imported: AttributeError"),
        ("their_checks:number", {}, "is not a function"),
        ("their_checks:waits", {}, "is async; give a plain function"),
        ("their_checks:cause", {"wrod": "x"}, "cannot be called with a Reply and wrod"),
        ("their_checks:Polite", {"words": 0}, "does not take these arguments: words should be at least 1"),
        ("their_checks:Polite", {"words": "two"}, "does not take these arguments"),
        ("their_checks:Plain", {}, "does not take these arguments"),
        ("their_checks:NoCheck", {}, "has no method check(reply)"),
    ],
)
def test_what_cannot_judge_at_all_says_so_before_anything_is_asked(function, arguments, reason):
    mine = Python(function=function, arguments=arguments)
    assert reason in mine.unready
    assert mine.check(Reply()).outcome == "error"
    assert Not(expectation=mine).unready == mine.unready


def test_the_advice_on_folders_is_given_only_where_the_named_module_is_missing():
    assert "pythonpath" not in Python(function="their_broken_module:f").unready


def test_within_groups_it_is_like_any_other():
    yes = of("says_yes")
    assert Not(expectation=yes).check(Reply(text="no")).passed
    assert Not(expectation=yes).check(Reply(text="yes")).cause == "not wanted: it holds"
    assert Any(expectations=(yes, of("cause"))).check(Reply(text="please")).passed
    assert Not(expectation=of("raises")).check(Reply()).outcome == "error"


def test_reports_call_it_by_its_path_or_by_the_name_it_was_given():
    assert behavior_name(of("says_yes")) == "python:their_checks:says_yes"
    assert behavior_name(Python(function="a:b", name="says yes")) == "says yes"


def test_the_form_is_checked_when_the_contract_is_loaded():
    with pytest.raises(ValueError, match="package.module:function"):
        Python(function="their_checks.says_yes")
