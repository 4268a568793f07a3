"""Real breakages of tools and of the wire, replayed by a misbehaving server: each is caught by a cause that names it."""

import json

import pytest

from model_server import Raw, Say, _document
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.judge.decide import ALPHA
from pytest_behavior_contract.judge.measure import measure, replay

CHAT, RESPONSES, ANTHROPIC = "openai-chat", "openai-responses", "anthropic-messages"
EVERYWHERE = (CHAT, RESPONSES, ANTHROPIC)
TOOL = {
    "name": "get_order",
    "parameters": {
        "type": "object",
        "properties": {
            "order_id": {"type": "string"},
            "note": {"type": "string"},
            "where": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
        "required": ["order_id"],
    },
}
RIGHT = ("get_order", {"order_id": "4711"})
SEE = "It is on its way."


def without(*path):
    """A spoiler that deletes a key, wherever the path leads to one."""

    def spoil(document):
        places = [document]
        for step in path[:-1]:
            places = [place[step] for place in places if isinstance(place, dict) and place.get(step)]
            places = [one for place in places for one in (place if isinstance(place, list) else [place])]
        for place in places:
            if isinstance(place, dict):
                place.pop(path[-1], None)
        return document

    return spoil


def dropping(kind):
    """A spoiler that leaves out all events of a type, or the text that ends a stream."""
    return lambda event: None if event == kind or (isinstance(event, dict) and event.get("type") == kind) else event


def content_as_blocks(document):
    for choice in document["choices"]:
        choice["message"]["content"] = [{"type": "text", "text": choice["message"]["content"]}]
    return document


def one_choice(document):
    document["choices"] = document["choices"][:1]
    return document


def usage_beside_a_choice(event):
    """A server that puts the usage into the last chunk with a choice."""
    if event == "[DONE]" or not event["choices"]:
        return None if event != "[DONE]" else event
    return {**event, "usage": {"prompt_tokens": 7, "completion_tokens": 5}}


WITH_USAGE = "stream: true\n    request: {stream_options: {include_usage: true}}\n    "
# Row of the list of breakages, surfaces it is replayed on, what the clause says besides its tools, what the model says
# when all is well, what it says now, and the cause.
ROWS = [
    (11, EVERYWHERE, "expect: [non_empty]", Say(SEE), Say(thinking="Hm.", finish="length", reasoning_tokens=300),
     "empty reply: reasoning ate the token limit"),
    (12, EVERYWHERE, "expect: [not_truncated]", Say(SEE), Say(SEE, finish="length"), "cut off by the token limit"),
    (12, EVERYWHERE, "expect: [{not_truncated: {within: 0.8}}]", Say(SEE), Say(SEE, reasoning_tokens=290),
     "uses more than 80% of the token limit"),
    (13, (RESPONSES, ANTHROPIC), "expect: [{first_block: text}]", Say(SEE), Say(SEE, thinking="Hm."),
     "first block is thinking, not text"),
    (18, (CHAT, ANTHROPIC), "expect: [finish_matches_tool_calls]", Say(calls=(RIGHT,)),
     {CHAT: Say(calls=(RIGHT,), finish="stop"), ANTHROPIC: Say(calls=(RIGHT,), finish="end_turn")},
     "finish reason 'stop' with tool calls"),
    (19, (CHAT, ANTHROPIC), "expect: [finish_matches_tool_calls]", Say(SEE),
     {CHAT: Say(SEE, finish="tool_calls"), ANTHROPIC: Say(SEE, finish="tool_use")},
     "finish reason 'tool_calls' without a call"),
    (20, (ANTHROPIC,), "expect: [{finish_reason: [stop, tool_calls]}]", Say(SEE), Say(refusal="no"),
     "finished by refusal"),
    (20, (ANTHROPIC,), "stream: true\n    expect: [stream_well_formed]", Say(SEE),
     Say(SEE, spoil=dropping("content_block_start")), "block delta before its start"),
    (22, EVERYWHERE, "expect: [{tool_call_count: {at_most: 1}}]", Say(calls=(RIGHT,)), Say(calls=(RIGHT, RIGHT)),
     "2 calls in one turn"),
    (22, EVERYWHERE, "expect: [{calls_tool: {name: get_order, at_most: 1}}]", Say(calls=(RIGHT,)),
     Say(calls=(RIGHT, RIGHT)), "2 calls in one turn"),
    (24, EVERYWHERE, "expect: [only_declared_tools]", Say(calls=(RIGHT,)),
     Say(calls=(("multi_tool_use.parallel", {"tool_uses": []}),)), "tool not declared: multi_tool_use.parallel"),
    (26, EVERYWHERE, "expect: [has_usage]", Say(SEE), Say(SEE, spoil=without("usage")), "no usage"),
    (26, (CHAT,), f"{WITH_USAGE}expect: [{{stream_well_formed: {{every_chunk_has_choice: true}}}}]",
     Say(SEE, spoil=usage_beside_a_choice), Say(SEE), "chunk without a choice: the usage"),
    (26, (CHAT,), f"{WITH_USAGE}expect: [stream_well_formed]", Say(SEE), Say(SEE, spoil=without("usage")),
     "chunk without a choice"),
    (26, (CHAT,), f"{WITH_USAGE}expect: [has_usage]", Say(SEE), Say(SEE, spoil=without("usage")), "no usage"),
    (27, (CHAT,), "stream: true\n    expect: [stream_well_formed]", Say(calls=(RIGHT,)),
     Say(calls=(RIGHT,), spoil=without("choices", "delta", "tool_calls", "index")), "tool delta without an index"),
    (28, (CHAT,), "parameters: {top_logprobs: 2}\n    expect: [{has_logprobs: {top: 2}}]", Say(SEE),
     Say(SEE, spoil=without("choices", "logprobs")), "no logprobs"),
    (31, EVERYWHERE, "expect: [no_call_in_text]", Say(calls=(RIGHT,)),
     Say('<|tool_calls_begin|>function<|tool_sep|>get_order\n{"order_id": "4711"}'), "call written as text: get_order"),
    (31, EVERYWHERE, "expect: [{calls_tool: get_order}]", Say(calls=(RIGHT,)),
     Say('{"name": "get_order", "arguments": {"order_id": "4711"}}'), "no tool call"),
    (32, EVERYWHERE, "expect: [{tool_call_ids: {pattern: 'call_[0-9]+'}}]", Say(calls=(RIGHT,)),
     Say(calls=(RIGHT,), spoil=lambda document: json.loads(json.dumps(document).replace("call_10", "a1b2c3d4e"))),
     "id does not match"),
    (36, EVERYWHERE, "expect: [{valid_tool_arguments: {no_empty_strings: true}}]", Say(calls=(RIGHT,)),
     Say(calls=(("get_order", {"order_id": "4711", "note": ""}),)), "argument note: empty string"),
    (37, EVERYWHERE, "expect: [valid_tool_arguments]", Say(calls=(RIGHT,)),
     Say(calls=(("get_order", {"order_id": "4711", "where": '{"city": "Turin"}'}),)),
     "argument where: JSON in a string"),
    (39, (CHAT,), "expect: [{content_is: string}]", Say(SEE), Say(SEE, spoil=content_as_blocks),
     "content is a list of blocks, not a string"),
    (43, (CHAT,), "parameters: {choices: 3}\n    expect: [{choices: 3}]", Say(SEE), Say(SEE, spoil=one_choice),
     "1 choice, not 3"),
    (46, EVERYWHERE, "expect: [{tool_call_count: {at_least: 2}}]", Say(calls=(RIGHT, RIGHT)), Say(calls=(RIGHT,)),
     "only 1 call in one turn"),
    (47, EVERYWHERE, "expect: [{calls_tool: get_order}]", Say(calls=(RIGHT,)), Say("It was sent yesterday, I think."),
     "no tool call"),
    (47, EVERYWHERE, "expect: [{served_model: {match: dated}}]", Say(SEE, model="m-1-2026-01-01"),
     Say(SEE, model="m-2"), "answered by m-2, not by m-1"),
    (51, EVERYWHERE, "expect: [served_model]", Say(SEE), Say(SEE, model="m-mini"), "answered by m-mini, not by m-1"),
]  # fmt: skip
CASES = [(row, surface, *rest) for row, surfaces, *rest in ROWS for surface in surfaces]


@pytest.fixture
def judge(make_asker, server, tmp_path):
    """Measures a clause at a surface while the server says something, then again from the recording alone."""

    def go(surface, rest, say):
        by_surface = say[surface] if isinstance(say, dict) else say
        server.answer = by_surface if callable(by_surface) else lambda asked: by_surface
        path = tmp_path / "x.contract.yaml"
        # A server that always does the same need be asked once; only differences of two ways of asking want more.
        often = "samples: 40" if "swap:" in rest else "deterministic: true"
        parameters = "" if "parameters:" in rest else "    parameters: {max_output_tokens: 300}\n"
        path.write_text(
            f"contract: x\nclauses:\n  - id: c\n    assumes: It holds.\n    prompt: Where is order 4711?\n"
            f"    {often}\n    tools: [{json.dumps(TOOL)}]\n{parameters}    {rest}\n"
        )
        (clause,) = load_contract(path).clauses
        asker = make_asker(surface, mode="all", concurrency=4)
        outcome = asker.askers.engine.run(measure(clause, asker, ALPHA))
        again = replay(clause, make_asker(surface, mode="none"), ALPHA)
        assert (again.decision, again.causes) == (outcome.decision, outcome.causes)
        return outcome

    return go


@pytest.mark.parametrize(
    ("row", "surface", "rest", "well", "badly", "cause"),
    CASES,
    ids=[f"row-{row}-{surface}-{number}" for number, (row, surface, *_) in enumerate(CASES)],
)
def test_a_breakage_is_caught_by_a_clause_whose_cause_names_it(judge, row, surface, rest, well, badly, cause):
    assert judge(surface, rest, well).decision.state == "kept"
    broken = judge(surface, rest, badly)
    assert broken.decision.state == "broken", broken.problem
    assert [one.text for one in broken.causes] == [cause]


@pytest.mark.parametrize("surface", EVERYWHERE)
def test_a_stream_that_is_as_promised_is_well_formed(judge, surface):
    whole = Say(SEE, thinking="" if surface == CHAT else "Hm.", calls=(RIGHT, RIGHT))
    assert judge(surface, "stream: true\n    expect: [stream_well_formed]", whole).decision.state == "kept"


@pytest.mark.parametrize(
    ("surface", "kind", "cause"),
    [
        (CHAT, "[DONE]", "no [DONE]"),
        (RESPONSES, "response.created", "no response.created"),
        (RESPONSES, "response.output_item.added", "sequence numbers out of order"),
        (ANTHROPIC, "message_start", "no message_start"),
        (ANTHROPIC, "content_block_stop", "block never stopped"),
        (ANTHROPIC, "message_stop", "no message_stop"),
    ],
)
def test_an_event_that_is_missing_from_a_stream_is_named(judge, surface, kind, cause):
    outcome = judge(surface, "stream: true\n    expect: [stream_well_formed]", Say(SEE, spoil=dropping(kind)))
    assert [one.text for one in outcome.causes] == [cause]


@pytest.mark.parametrize("surface", EVERYWHERE)
def test_streamed_and_whole_replies_are_held_against_each_other(judge, server, surface):
    rest = "swap: {stream: [false, true]}\n    expect: [streamed_alike]"
    outcome = judge(surface, rest, Say(SEE, calls=(RIGHT,)))
    assert outcome.decision.state == "kept"
    assert {asked.body.get("stream", False) for asked in server.asked} == {False, True}
    assert [part.name for part in outcome.parts][:1] == ["calls: whole / streamed"]


def no_calls_in_streams(event):
    """A server that forgets the calls when it streams."""
    if isinstance(event, dict) and event.get("object") == "chat.completion.chunk":
        for choice in event["choices"]:
            choice["delta"].pop("tool_calls", None)
    return event


def test_a_server_that_streams_no_calls_is_caught(judge):
    outcome = judge(
        CHAT,
        "swap: {stream: [false, true]}\n    expect: [streamed_alike]",
        Say(SEE, calls=(RIGHT,), spoil=no_calls_in_streams),
    )
    assert outcome.decision.state == "broken"
    assert outcome.causes[0].text == "more tool calls whole than streamed, more blocks whole than streamed"


def test_a_server_that_sends_no_stream_where_one_was_asked_for_is_caught(judge):
    def whole(asked):
        return Raw(body=json.dumps(_document(asked, Say(SEE))), headers={"content-type": "application/json"})

    outcome = judge(CHAT, "stream: true\n    expect: [stream_well_formed]", whole)
    assert [one.text for one in outcome.causes] == ["not a stream"]
