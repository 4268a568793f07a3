"""honours and round_trips."""

import json

import pytest
from replies import call

from pytest_behavior_contract.exchange import Exchange, Prompt, Rejection, Reply, Request, Response, Usage
from pytest_behavior_contract.judge.behaviors.honours import Honours
from pytest_behavior_contract.judge.behaviors.round_trips import RoundTrips
from pytest_behavior_contract.judge.heeding import CHECKS

SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
NAMED = {"type": "function", "function": {"name": "find"}}
STREAMED = {"content-type": ("text/event-stream",)}


def answered(body, *, headers=None, **reply):
    request = Request(surface="openai-chat", path="/chat/completions", body=body)
    return Reply(**reply, exchange=Exchange(request=request, response=Response(status=200, headers=headers or {})))


HEEDED = [
    ("stop", {"stop": "END"}, {"text": "one"}),
    ("stop", {"stop_sequences": ["END", "x"]}, {"text": "one"}),
    ("max_tokens", {"max_tokens": 5}, {"usage": Usage(input_tokens=1, output_tokens=5)}),
    ("max_tokens", {"max_tokens": 5, "n": 2}, {"usage": Usage(input_tokens=1, output_tokens=10), "choices": 2}),
    ("choices", {"n": 3}, {"choices": 3}),
    ("seed", {"seed": 1}, {"text": "a", "first": answered({"seed": 1}, text="a")}),
    ("schema", {"response_format": FORMAT}, {"text": '{"city": "Turin"}'}),
    ("schema", {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}}, {"text": '{"city": "Turin"}'}),
    ("schema", {"response_format": {"type": "json_object"}}, {"text": "{}"}),
    ("tool_choice", {"tool_choice": "required"}, {"tool_calls": (call("find"),)}),
    ("tool_choice", {"tool_choice": NAMED}, {"tool_calls": (call("find"),)}),
    ("tool_choice", {"tool_choice": "none"}, {"text": "no"}),
    ("parallel_tool_calls", {"parallel_tool_calls": False}, {"tool_calls": (call("find"),)}),
    ("logprobs", {"logprobs": True}, {"text": "x", "payload": {"choices": [{"logprobs": {"content": []}}]}}),
    ("logprobs", {"top_logprobs": 2}, {"text": "x", "payload": {"output": [{"content": [{"logprobs": [1]}]}]}}),
    ("stream", {"stream": True}, {"headers": STREAMED}),
    ("stream_options", {"stream_options": {"include_usage": True}}, {"usage": Usage(input_tokens=1, output_tokens=1)}),
    ("thinking", {"thinking": {"type": "enabled"}}, {"blocks": ("thinking", "text")}),
]
IGNORED = [
    ("stop", "stop", {"stop": "END"}, {"text": "one END two"}),
    ("stop", "stop_sequences", {"stop_sequences": ["x"]}, {"text": "one x"}),
    ("max_tokens", "max_tokens", {"max_tokens": 5}, {"usage": Usage(input_tokens=1, output_tokens=6)}),
    ("choices", "n", {"n": 3}, {"choices": 1}),
    ("seed", "seed", {"seed": 1}, {"text": "b", "first": answered({"seed": 1}, text="a")}),
    ("schema", "response_format", {"response_format": FORMAT}, {"text": '{"town": "Turin"}'}),
    ("schema", "response_format", {"response_format": FORMAT}, {"text": "Turin"}),
    ("schema", "response_format", {"response_format": {"type": "json_object"}}, {"text": "3"}),
    ("schema", "output_config.format", {"output_config": {"format": {**FORMAT, "schema": SCHEMA}}}, {"text": "3"}),
    ("tool_choice", "tool_choice", {"tool_choice": "required"}, {"text": "no"}),
    ("tool_choice", "tool_choice", {"tool_choice": {"type": "any"}}, {"text": "no"}),
    ("tool_choice", "tool_choice", {"tool_choice": NAMED}, {"tool_calls": (call("other"),)}),
    ("tool_choice", "tool_choice", {"tool_choice": "none"}, {"tool_calls": (call("find"),)}),
    (
        "parallel_tool_calls",
        "parallel_tool_calls",
        {"parallel_tool_calls": False},
        {"tool_calls": (call("a"), call("b"))},
    ),
    (
        "parallel_tool_calls",
        "tool_choice.disable_parallel_tool_use",
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        {"tool_calls": (call("a"), call("b"))},
    ),
    ("logprobs", "logprobs", {"logprobs": True}, {"text": "x", "payload": {"choices": [{"logprobs": None}]}}),
    ("stream", "stream", {"stream": True}, {}),
    ("stream", "stream", {"stream": False}, {"headers": STREAMED}),
    ("stream_options", "stream_options", {"stream_options": {"include_usage": True}}, {}),
    ("thinking", "thinking", {"thinking": {"type": "enabled"}}, {"blocks": ("text",)}),
]
UNSEEN = [
    ("max_tokens", {"max_tokens": 5}, {}),
    ("seed", {"seed": 1}, {"text": "a"}),
    ("seed", {"seed": 1}, {"text": "b", "first": answered({"seed": 1, "messages": [1]}, text="a")}),
    ("schema", {"response_format": FORMAT}, {"text": "{", "finish_reason": "length"}),
    ("schema", {"response_format": FORMAT}, {"tool_calls": (call("a"),)}),
    ("schema", {"response_format": {"type": "json_schema", "schema": {"type": 3}}}, {"text": "3"}),
    ("tool_choice", {"tool_choice": "auto"}, {}),
    ("logprobs", {"logprobs": True}, {"text": ""}),
    *((name, {}, {}) for name in CHECKS),
]


@pytest.mark.parametrize(("name", "body", "reply"), HEEDED)
def test_what_is_heeded_passes_by_name_and_by_itself(name, body, reply):
    assert Honours(parameters=(name,)).check(answered(body, **reply)).passed
    assert name in Honours().check(answered(body, **reply)).evidence


@pytest.mark.parametrize(("name", "parameter", "body", "reply"), IGNORED)
def test_what_is_ignored_is_named_as_it_was_sent(name, parameter, body, reply):
    for check in (Honours(parameters=(name,)), Honours()):
        verdict = check.check(answered(body, **reply))
        assert verdict.cause == f"ignored: {parameter}"
        assert verdict.evidence


@pytest.mark.parametrize(("name", "body", "reply"), UNSEEN)
def test_what_cannot_be_seen_is_an_error_where_it_is_asked_for_and_nothing_where_it_is_not(name, body, reply):
    verdict = Honours(parameters=name).check(answered(body, **reply))
    assert (verdict.outcome, verdict.cause) == ("error", f"cannot be seen: {name}")
    assert Honours().check(answered(body, **reply)).passed


def test_a_deep_reply_does_not_end_the_check():
    deep = answered({"response_format": {"type": "json_object"}}, text="[" * 100_000)
    assert Honours().check(deep).outcome in ("pass", "fail")


def test_a_parameter_without_an_effect_to_be_seen_is_refused_at_once():
    with pytest.raises(ValueError, match="no effect of 'temprature' can be seen; known: choices"):
        Honours(parameters=("temprature",))
    with pytest.raises(ValueError, match="did you mean 'logprobs'"):
        Honours(parameters=("logprob",))


def test_only_a_seed_is_asked_twice():
    assert Honours().follow_up(Prompt(messages=(), request={"seed": 1})).kind == "again"
    assert Honours().follow_up(Prompt(messages=(), request={"extra_body": {"seed": 1}})).kind == "again"
    assert Honours(parameters=("stop",)).follow_up(Prompt(messages=(), request={"seed": 1})) is None


REJECTED = Rejection(status=400, message=json.dumps("no"), part="history without its thinking", mend="send it")


def test_a_reply_that_is_taken_back_passes():
    assert RoundTrips().check(Reply(text="So?", first=Reply(text="It is."))).passed


def test_a_reply_that_is_not_taken_back_says_so():
    verdict = RoundTrips().check(Reply(rejection=REJECTED, first=Reply(text="It is.")))
    assert verdict.cause == "reply sent back: request rejected: history without its thinking"
    assert verdict.mend == "send it"


def test_a_first_request_that_is_rejected_is_told_from_the_second():
    assert RoundTrips().check(Reply(rejection=REJECTED)).cause == "request rejected: history without its thinking"
    assert RoundTrips().check(Reply(rejection=Rejection(status=0, message="x has no y"))).cause == "x has no y"


def test_without_a_second_request_nothing_is_known():
    assert RoundTrips().check(Reply(text="It is.")).outcome == "error"


def test_the_next_turn_needs_words():
    with pytest.raises(ValueError, match="say is empty"):
        RoundTrips(say="")
