"""Plain comparison."""

from pytest_behavior_contract.judge.statistics.exact import Exact


def test_all_listed_prompts_pass():
    decision = Exact().decide(["pass", "pass"], 2)
    assert (decision.state, decision.basis) == ("kept", "exact")


def test_one_that_fails_breaks_it():
    assert Exact().decide(["pass", "fail"], 2).state == "broken"


def test_a_lower_rate_forgives():
    assert Exact(rate=0.5).decide(["pass", "fail"], 2).state == "kept"


def test_prompts_without_a_reply_leave_it_unmeasured_unless_it_is_broken_anyway():
    assert Exact().decide(["pass", "error"], 2).state == "unmeasured"
    assert Exact().decide(["fail", "error"], 2).state == "broken"
    assert Exact().decide([], 2).state == "unmeasured"


def test_each_prompt_is_asked_once():
    assert Exact().further([], 3) == 3
    assert Exact().further(["error"] * 3, 3) == 0
