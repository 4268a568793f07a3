from pytest_behavior_contract.declare.contract import Case
from pytest_behavior_contract.exchange import Prompt, Rejection, Reply
from pytest_behavior_contract.judge.behaviors.accepted import Accepted
from pytest_behavior_contract.judge.behaviors.contains import Contains
from pytest_behavior_contract.judge.behaviors.groups import All, Any, Not
from pytest_behavior_contract.judge.decide import judge_reply

A, B = Contains(text="a"), Contains(text="b")


def test_not_turns_a_check_round_and_says_what_was_found():
    assert Not(expectation=A).check(Reply(text="x")).passed
    assert Not(expectation=A).check(Reply(text="a")).cause == "not wanted: contains 'a'"


def test_any_needs_one():
    assert Any(expectations=(A, B)).check(Reply(text="b")).passed
    assert Any(expectations=(A, B)).check(Reply(text="x")).cause == "does not contain 'a' and does not contain 'b'"


def test_all_needs_each():
    assert All(expectations=(A, B)).check(Reply(text="ab")).passed
    assert All(expectations=(A, B)).check(Reply(text="a")).cause == "does not contain 'b'"


def test_groups_nest():
    neither = Not(expectation=Any(expectations=(A, B)))
    assert neither.check(Reply(text="x")).passed
    assert neither.check(Reply(text="b")).cause == "not wanted: contains 'b'"


def test_an_error_within_not_stays_an_error():
    from pytest_behavior_contract.judge.behaviors.consumer import Consumer

    assert Not(expectation=Consumer(function="no_such_module:x")).check(Reply()).outcome == "error"
    assert Any(expectations=(Consumer(function="no_such_module:x"), A)).check(Reply(text="x")).outcome == "error"


def test_a_rejection_can_be_what_is_expected():
    reply = Reply(rejection=Rejection(status=400, message="no temperature", parameter="temperature"))
    contract_case = Case(id="1", prompt=Prompt(messages=()), expect=(Not(expectation=Accepted()),))
    assert judge_reply(reply, contract_case).passed
    assert not judge_reply(Reply(text="Hi"), contract_case).passed
