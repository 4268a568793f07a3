"""What the wire carries: finish reasons, blocks, content, usage, choices, log probabilities, models, streams."""

import json
import random

import pytest
from replies import call, caller, on_wire, read_back, stream_of

from model_server import Say
from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.expectations import build_behavior
from pytest_behavior_contract.declare.files import Folder
from pytest_behavior_contract.exchange import Exchange, Rejection, Reply, Request, Response, Tool, Usage
from pytest_behavior_contract.judge.behaviors.accepted import Accepted
from pytest_behavior_contract.judge.behaviors.choices import Choices
from pytest_behavior_contract.judge.behaviors.content_is import ContentIs
from pytest_behavior_contract.judge.behaviors.finish_matches_tool_calls import FinishMatchesToolCalls
from pytest_behavior_contract.judge.behaviors.finish_reason import FinishReason
from pytest_behavior_contract.judge.behaviors.first_block import FirstBlock
from pytest_behavior_contract.judge.behaviors.has_logprobs import HasLogprobs
from pytest_behavior_contract.judge.behaviors.has_usage import HasUsage
from pytest_behavior_contract.judge.behaviors.non_empty import NonEmpty
from pytest_behavior_contract.judge.behaviors.not_truncated import NotTruncated
from pytest_behavior_contract.judge.behaviors.served_model import ServedModel
from pytest_behavior_contract.judge.on_record import NOT_ON_RECORD

CHAT, RESPONSES, ANTHROPIC = SURFACES = ("openai-chat", "openai-responses", "anthropic-messages")
FIND = Tool(name="find", parameters={"type": "object", "properties": {"n": {"type": "integer"}}})


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


def chat(message, *, finish="stop", **more):
    """A reply of the Chat API from the message alone."""
    request = Request(surface=CHAT, path="/chat/completions", body={"model": "m-1", "messages": []})
    document = {"model": "m-1", "choices": [{"index": 0, "message": message, "finish_reason": finish}], **more}
    return read_back(request, json.dumps(document))


def test_each_of_several_choices_must_agree_with_its_finish_reason():
    calls = [{"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}]
    request = Request(surface=CHAT, path="/x", body={"n": 2})
    good = {"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}
    bad = {"index": 1, "message": {"content": None, "tool_calls": calls}, "finish_reason": "stop"}
    reply = read_back(request, json.dumps({"choices": [good, bad]}))
    assert FinishMatchesToolCalls().check(reply).cause == "finish reason 'stop' with tool calls"
    assert FinishMatchesToolCalls().check(read_back(request, json.dumps({"choices": [good, good]}))).passed


def test_what_a_reply_begins_with_is_named():
    assert FirstBlock(kind="text").check(on_wire(ANTHROPIC, Say("Hi"))).passed
    thought = on_wire(ANTHROPIC, Say("Hi", thinking="Hm."))
    assert FirstBlock(kind="text").check(thought).cause == "first block is thinking, not text"
    assert FirstBlock(kind=("thinking", "text")).check(thought).passed
    assert FirstBlock(kind=("text", "tool_use")).check(Reply()).cause == "no block"


def test_reasoning_beside_the_content_of_the_chat_api_is_no_block_of_it():
    assert FirstBlock(kind="text").check(chat({"content": "Hi", "reasoning_content": "Hm."})).passed
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hi"}]
    assert FirstBlock(kind="text").check(chat({"content": parts})).cause == "first block is thinking, not text"


@pytest.mark.parametrize(
    ("message", "wanted", "cause"),
    [
        ({"content": "Hi"}, "string", ""),
        ({"content": "Hi"}, "blocks", "content is a string, not a list of blocks"),
        ({"content": [{"type": "text", "text": "Hi"}]}, "string", "content is a list of blocks, not a string"),
        ({"content": [{"type": "text", "text": "Hi"}]}, "blocks", ""),
        ({"content": None}, "string", "content is null, not a string"),
        ({}, "string", "content is null, not a string"),
        ({"content": None, "refusal": "No."}, "string", ""),
        ({"content": {"text": "Hi"}}, "string", "content is something else, not a string"),
        ({"content": None, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}, "string", ""),
    ],
)
def test_the_type_of_the_content_is_that_of_the_message(message, wanted, cause):
    assert ContentIs(kind=wanted).check(chat(message)).cause == cause


def test_the_type_of_the_content_is_seen_in_every_chunk_of_a_stream():
    def chunk(content):
        return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}]}

    text, blocks = chunk("Hi"), chunk([{"type": "text", "text": "Hi"}])
    check = ContentIs(kind="string").check
    assert check(stream_of(CHAT, chunk(None), text, text)).passed
    assert check(stream_of(CHAT, text, blocks)).cause == "content is a list of blocks, not a string"
    assert check(stream_of(CHAT, chunk(None))).cause == "content is null, not a string"


@pytest.mark.parametrize("surface", [RESPONSES, ANTHROPIC])
@pytest.mark.parametrize("stream", [False, True])
def test_other_surfaces_have_blocks(surface, stream):
    assert ContentIs(kind="blocks").check(on_wire(surface, Say("Hi"), stream=stream)).passed
    assert ContentIs(kind="string").check(on_wire(surface, Say("Hi"), stream=stream)).cause == (
        "content is a list of blocks, not a string"
    )


def test_a_missing_message_is_no_content():
    assert ContentIs(kind="blocks").check(on_wire(RESPONSES, Say(thinking="Hm."))).cause == (
        "content is missing, not a list of blocks"
    )


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("stream", [False, True])
def test_usage_is_found_on_every_surface(surface, stream):
    assert HasUsage().check(on_wire(surface, Say("Hi"), stream=stream)).evidence == "7 in, 1 out"


def test_what_is_missing_of_usage_is_named():
    check = HasUsage().check
    assert check(chat({"content": "Hi"})).cause == "no usage"
    assert check(chat({"content": "Hi"}, usage={"prompt_tokens": 3})).cause == "usage without output tokens"
    assert check(chat({"content": "Hi"}, usage={"completion_tokens": 3})).cause == "usage without input tokens"
    counted = {"prompt_tokens": 3, "completion_tokens": 0}
    assert check(chat({"content": "Hi"}, usage=counted)).cause == "usage counts no output tokens"
    assert check(Reply(text="Hi", usage=Usage(input_tokens=1, output_tokens=1))).passed


def test_a_stream_that_was_not_asked_for_usage_says_so():
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    assert HasUsage().check(stream_of(CHAT, chunk, "[DONE]")).cause == "no usage: the stream was not asked for it"
    asked = {"stream_options": {"include_usage": True}}
    assert HasUsage().check(stream_of(CHAT, chunk, "[DONE]", **asked)).cause == "no usage"


def test_choices_are_counted():
    three = on_wire(CHAT, Say("Hi"), parameters={"choices": 3})
    assert Choices(count=3).check(three).passed
    assert Choices(count=2).check(three).cause == "3 choices, not 2"
    assert Choices(count=3).check(Reply(text="Hi")).cause == "1 choice, not 3"
    with pytest.raises(ValueError, match="at least one choice"):
        Choices(count=0)


def test_logprobs_are_found_where_they_stand():
    asked = on_wire(CHAT, Say("Hello world"), parameters={"top_logprobs": 2})
    assert HasLogprobs(top=2).check(asked).passed
    assert HasLogprobs(top=3).check(asked).cause == "2 top_logprobs, not 3"
    token = {"token": "Hi", "logprob": -0.1, "top_logprobs": []}
    part = {"type": "output_text", "text": "Hi", "logprobs": [token]}
    request = Request(surface=RESPONSES, path="/responses", body={})
    document = {"status": "completed", "output": [{"type": "message", "content": [part]}]}
    assert HasLogprobs().check(read_back(request, json.dumps(document))).passed
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "logprobs": {"content": [token]}}]}
    assert HasLogprobs().check(stream_of(CHAT, chunk)).passed


def test_missing_logprobs_are_named():
    for surface in SURFACES:
        assert HasLogprobs().check(on_wire(surface, Say("Hi"))).cause == "no logprobs"
    choice = {"index": 0, "message": {"content": "Hi"}, "logprobs": {"content": [{"token": "Hi", "logprob": None}]}}
    request = Request(surface=CHAT, path="/x", body={})
    assert (
        HasLogprobs().check(read_back(request, json.dumps({"choices": [choice]}))).cause == "logprobs without a number"
    )
    with pytest.raises(ValueError, match="0 to 20"):
        HasLogprobs(top=21)


@pytest.mark.parametrize(
    ("match", "asked", "served", "same"),
    [
        ("exact", "gpt-4o", "gpt-4o", True),
        ("exact", "gpt-4o", "gpt-4o-2024-08-06", False),
        ("dated", "gpt-4o", "gpt-4o-2024-08-06", True),
        ("dated", "gpt-4o", "gpt-4o-mini-2024-07-18", False),
        ("dated", "gpt-4o", "gpt-4o-mini", False),
        ("dated", "gpt-4", "gpt-4-0613", True),
        ("dated", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", True),
        ("dated", "claude-sonnet-4", "claude-sonnet-4-5", False),
        ("dated", "gpt-4", "gpt-41106", False),
        ("dated", "claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", True),
        ("dated", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20", False),
        ("prefix", "gpt-4o", "gpt-4o-mini", True),
        ("prefix", "gpt-4o", "gpt-3.5", False),
    ],
)
def test_a_served_model_is_the_one_asked_for_or_a_form_of_its_name(match, asked, served, same):
    request = Request(surface=CHAT, path="/x", body={"model": asked})
    reply = read_back(request, json.dumps({"model": served, "choices": [{"message": {"content": "Hi"}}]}))
    verdict = ServedModel(match=match).check(reply)
    assert verdict.passed == same
    assert same or verdict.cause == f"answered by {served}, not by {asked}"


def test_a_contract_may_name_the_models_itself():
    wanted = ServedModel(model=("m-1", "m-2"))
    assert wanted.check(Reply(served_model="m-2")).passed
    assert wanted.check(Reply(served_model="m-3")).cause == "answered by m-3, not by m-1 or m-2"
    assert wanted.check(Reply()).cause == "no served model"
    assert ServedModel().check(Reply(served_model="m-2")).outcome == "error"


def test_a_reply_that_was_cut_off_is_named_on_every_surface():
    for surface in SURFACES:
        cut = on_wire(surface, Say("Hello", finish="length"))
        assert NotTruncated().check(cut).cause == "cut off by the token limit"
        assert NotTruncated().check(on_wire(surface, Say("Hello"))).passed
    window = Reply(text="Hi", finish_reason="length", raw_finish_reason="model_context_window_exceeded")
    assert NotTruncated().check(window).cause == "cut off by the context window"


@pytest.mark.parametrize("surface", SURFACES)
def test_nearness_to_the_limit_is_an_early_warning(surface):
    limit = {"max_output_tokens": 100}
    near = on_wire(surface, Say("Hi", reasoning_tokens=80), parameters=limit)
    assert NotTruncated(within=0.8).check(near).cause == "uses more than 80% of the token limit"
    assert NotTruncated(within=0.9).check(near).evidence == "81 of 100 tokens"


def test_a_limit_that_is_not_known_is_no_pass():
    early = NotTruncated(within=0.8)
    assert early.check(on_wire(CHAT, Say("Hi"))).cause == "no token limit in the request"
    without_usage = Request(surface=CHAT, path="/x", body={"max_tokens": 5})
    silent = read_back(without_usage, json.dumps({"choices": [{"message": {"content": "Hi"}}]}))
    assert early.check(silent).cause == "no usage to hold against the token limit"
    with pytest.raises(ValueError, match="share above 0"):
        NotTruncated(within=80)


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(), "empty reply"),
        (Reply(text=" \n"), "empty reply"),
        (Reply(finish_reason="length"), "empty reply: cut off by the token limit"),
        (Reply(finish_reason="length", blocks=("thinking",)), "empty reply: reasoning ate the token limit"),
        (Reply(finish_reason="content_filter"), "empty reply: content filter"),
        (Reply(refusal="No.", finish_reason="stop"), "empty reply: refused"),
        (on_wire(CHAT, Say(finish="length", reasoning_tokens=9)), "empty reply: reasoning ate the token limit"),
    ],
)
def test_why_a_reply_is_empty_is_named(reply, cause):
    assert NonEmpty().check(reply).cause == cause


def test_a_call_says_something_unless_text_is_wanted():
    assert NonEmpty().check(caller(call("find"))).passed
    assert NonEmpty(of="text").check(caller(call("find"))).cause == "empty reply: calls alone"
    assert NonEmpty(of="text").check(Reply(text="Hi")).passed


OF_THE_WIRE = {
    "content_is": "string",
    "has_logprobs": None,
    "stream_well_formed": None,
    "served_model": None,
    "only_declared_tools": None,
    "valid_tool_arguments": None,
    "no_call_in_text": None,
}


@pytest.mark.parametrize("name", OF_THE_WIRE)
def test_without_an_exchange_what_is_of_the_wire_cannot_be_judged(name, tmp_path):
    behavior = build_behavior(registry.resolve("behaviors", name), OF_THE_WIRE[name], Folder(tmp_path))
    verdict = behavior.check(Reply(text="Hi", tool_calls=(call("find"),), finish_reason="tool_calls"))
    assert (verdict.outcome, verdict.cause) == ("error", NOT_ON_RECORD)


@pytest.mark.parametrize("name", ["content_is", "has_logprobs", "stream_well_formed"])
def test_a_python_endpoint_has_no_wire(name, tmp_path):
    request = Request(surface="python", path="", body={"model": "m", "stream": False})
    behavior = build_behavior(registry.resolve("behaviors", name), OF_THE_WIRE[name], Folder(tmp_path))
    assert behavior.check(read_back(request, '{"text": "Hi"}')).cause == NOT_ON_RECORD


def spoilt(document, dice):
    """A document with one thing in it replaced, removed or wrapped."""
    if isinstance(document, dict) and document and dice.random() < 0.9:
        key = dice.choice(list(document))
        if dice.random() < 0.15:
            return {name: value for name, value in document.items() if name != key}
        return {**document, key: spoilt(document[key], dice)}
    if isinstance(document, list) and document and dice.random() < 0.9:
        place = dice.randrange(len(document))
        return [*document[:place], spoilt(document[place], dice), *document[place + 1 :]]
    return dice.choice([None, "", "\ud800", 7, -1.5, True, [], {}, [[]], [None], {"type": 3}, "{", [document]])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", SURFACES)
def test_nothing_a_server_sends_makes_a_behavior_of_tools_or_the_wire_raise(surface, stream, tmp_path):
    from pytest_behavior_contract.judge.behaviors import FAMILIES

    arguments = {
        "calls_tool": {"name": "find", "arguments": {"n": 1}, "schema": FIND.parameters},
        "calls_tools": {"calls": [{"name": "find"}]},
        "tool_call_count": {"at_most": 1},
        "choices": 1,
        "content_is": "string",
        "finish_reason": "stop",
        "first_block": "text",
        "not_truncated": {"within": 0.5},
        "valid_tool_arguments": {"no_empty_strings": True, "no_json_in_strings": True},
    }
    behaviors = [
        build_behavior(registry.resolve("behaviors", name), arguments.get(name), Folder(tmp_path))
        for name in (*FAMILIES["tools"], *FAMILIES["wire"])
        if name != "streamed_alike"
    ]
    dice = random.Random(f"{surface} {stream}")
    for _ in range(150):
        say = Say("Hello", calls=(("find", {"n": 1}),), spoil=lambda one: spoilt(one, dice))
        reply = on_wire(surface, say, stream=stream, tools=(FIND,))
        for behavior in behaviors:
            verdict = behavior.check(reply)
            assert verdict.passed or verdict.cause
            verdict.cause.encode()
            verdict.evidence.encode()


def test_the_limit_of_a_python_endpoint_is_known_too():
    request = Request(surface="python", path="", body={"model": "m", "parameters": {"max_output_tokens": 10}})
    reply = Reply(
        text="Hi",
        usage=Usage(input_tokens=1, output_tokens=9),
        exchange=Exchange(request=request, response=Response(status=200)),
    )
    assert NotTruncated(within=0.8).check(reply).evidence == "9 of 10 tokens"


@pytest.mark.parametrize("kind", [FinishReason, FirstBlock])
def test_expecting_nothing_at_all_is_refused(kind):
    with pytest.raises(ValueError, match="name the"):
        kind(**{"reason" if kind is FinishReason else "kind": ()})
