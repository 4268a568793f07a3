"""calls_tool, finish_reason, finish_matches_tool_calls, accepted."""

import pytest
from replies import call, caller

from pytest_behavior_contract.exchange import Rejection, Reply, ToolCall
from pytest_behavior_contract.judge.behaviors.accepted import Accepted
from pytest_behavior_contract.judge.behaviors.calls_tool import CallsTool
from pytest_behavior_contract.judge.behaviors.finish_matches_tool_calls import FinishMatchesToolCalls
from pytest_behavior_contract.judge.behaviors.finish_reason import FinishReason

LOOKUP = CallsTool(name="get_order", arguments={"order_id": "4711"}, at_most=1)


def test_the_right_call_passes_and_may_have_more_arguments():
    assert LOOKUP.check(caller(call("get_order", order_id="4711"))).passed
    assert LOOKUP.check(caller(call("get_order", order_id="4711", fast=True))).passed


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(text="It is in Turin."), "no tool call"),
        (caller(call("find", order_id="4711")), "calls another tool: find"),
        (caller(call("get_order", order_id="4711"), call("get_order", order_id="1")), "2 calls in one turn"),
        (caller(call("get_order")), "argument missing: 'order_id'"),
        (caller(call("get_order", order_id=4711)), "argument differs: 'order_id'"),
        (caller(ToolCall(name="get_order", arguments_text="{")), "arguments do not parse"),
        (caller(ToolCall(name="get_order", arguments="4711", arguments_text='"4711"')), "arguments do not parse"),
    ],
)
def test_what_is_wrong_with_a_call_is_named(reply, cause):
    assert LOOKUP.check(reply).cause == cause


def test_at_least_counts_all_calls():
    assert CallsTool(name="a", at_least=2).check(caller(call("a"))).cause == "only 1 call in one turn"
    assert CallsTool(name="a", at_least=2).check(caller(call("a"), call("b"))).passed


def test_nested_arguments_are_compared_as_a_part_of_what_came():
    wanted = CallsTool(name="a", arguments={"where": {"city": "Turin"}})
    assert wanted.check(caller(call("a", where={"city": "Turin", "zip": "1"}))).passed
    assert not wanted.check(caller(call("a", where="Turin"))).passed


def test_true_is_not_one():
    assert not CallsTool(name="a", arguments={"n": 1}).check(caller(call("a", n=True))).passed


def test_finish_reasons_have_the_same_words_on_every_surface():
    reply = Reply(text="x", finish_reason="stop", raw_finish_reason="end_turn")
    assert FinishReason(reason="stop").check(reply).passed
    assert FinishReason(reason="end_turn").check(reply).passed
    assert FinishReason(reason=("length", "tool_calls")).check(reply).cause == "finished by stop"
    assert FinishReason(reason="stop").check(Reply()).cause == "no finish reason"


def test_finish_reason_and_calls_agree_both_ways():
    check = FinishMatchesToolCalls().check
    assert check(caller(call("a"))).passed
    assert check(Reply(text="x", finish_reason="stop")).passed
    assert check(Reply(tool_calls=(call("a"),), finish_reason="stop")).cause == "finish reason 'stop' with tool calls"
    assert check(Reply(finish_reason="tool_calls")).cause == "finish reason 'tool_calls' without a call"


def test_a_rejected_request_names_its_parameter():
    rejected = Reply(rejection=Rejection(status=400, message="not supported", parameter="temperature"))
    assert Accepted().check(rejected).cause == "parameter rejected: temperature"
    assert Accepted().check(Reply(rejection=Rejection(status=422, message="no"))).cause == "request rejected"
    assert Accepted().check(Reply()).passed
