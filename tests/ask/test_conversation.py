"""Second requests, made from first replies: what is sent, recorded, replayed and missed."""

import json

import pytest

from model_server import Say, error
from pytest_behavior_contract.ask.cassettes.asked import asked_at
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.judge.measure import measure, replay

SURFACES = ["openai-chat", "openai-responses", "anthropic-messages"]
CHAT, RESPONSES, ANTHROPIC = SURFACES
CONTRACT = """
contract: c
clauses:
  - id: x
    assumes: Replies can be sent back.
    prompt: Where is order 4711?
    parameters: {max_output_tokens: 50}
    %s
    expect: [%s]
"""
TOOLS = "tools: [{name: get_order}]"
ROUND_TRIP = "round_trips: {echo: %s, say: And 4712?, result: Turin}"
CALL = Say(calls=(("get_order", {"order_id": "4711"}),), thinking="hm")


@pytest.fixture
def clause(tmp_path):
    def loaded(expect, more="severity: breaking"):
        path = tmp_path / "c.contract.yaml"
        path.write_text(CONTRACT % (more, expect))
        (found,) = load_contract(path).clauses
        return found

    return loaded


@pytest.fixture
def ask(make_asker):
    def once(clause, surface=CHAT, **more):
        asker = make_asker(surface, **more)
        return asker.askers.engine.run(measure(clause, asker, 0.01))

    return once


def second(server):
    return server.asked[-1].body


def test_chat_gets_its_message_back_as_it_came_and_the_results_of_its_calls(clause, ask, server):
    server.answer = lambda asked: CALL if asked.number == 0 else "In Turin."
    assert ask(clause(ROUND_TRIP % "whole", TOOLS)).decision.state == "kept"
    _, assistant, result = second(server)["messages"]
    assert assistant["content"] is None
    assert assistant["refusal"] is None
    assert assistant["tool_calls"][0]["id"] == "call_10"
    assert result == {"role": "tool", "tool_call_id": "call_10", "content": "Turin"}


@pytest.mark.parametrize(("echo", "content"), [("plain", None), ("empty-text", "")])
def test_chat_gets_back_what_an_application_keeps(clause, ask, server, echo, content):
    server.answer = lambda asked: CALL if asked.number == 0 else "In Turin."
    ask(clause(ROUND_TRIP % echo, TOOLS))
    assistant = second(server)["messages"][1]
    assert assistant.keys() == {"role", "content", "tool_calls"}
    assert assistant["content"] == content


@pytest.mark.parametrize("stream", [False, True])
def test_a_streamed_call_is_sent_back_like_one_that_was_not(clause, ask, server, stream):
    server.answer = lambda asked: CALL if asked.number == 0 else "In Turin."
    ask(clause(ROUND_TRIP % "whole", f"{TOOLS}\n    stream: {str(stream).lower()}"))
    (call,) = second(server)["messages"][1]["tool_calls"]
    function = {"name": "get_order", "arguments": '{"order_id": "4711"}'}
    assert call == {"id": "call_10", "type": "function", "function": function}


@pytest.mark.parametrize(
    ("echo", "kinds"),
    [
        ("whole", ["reasoning", "function_call", "function_call_output"]),
        ("plain", ["function_call", "function_call_output"]),
        ("empty-text", [None, "function_call", "function_call_output"]),
    ],
)
def test_responses_gets_its_items_back(clause, ask, server, echo, kinds):
    server.answer = lambda asked: CALL if asked.number == 0 else "In Turin."
    assert ask(clause(ROUND_TRIP % echo, TOOLS), RESPONSES).decision.state == "kept"
    items = second(server)["input"][1:]
    assert [item.get("type") for item in items] == kinds
    assert items[-1]["call_id"] == items[-2]["call_id"] == "call_10"


@pytest.mark.parametrize(
    ("echo", "kinds"),
    [("whole", ["thinking", "tool_use"]), ("plain", ["tool_use"]), ("empty-text", ["text", "tool_use"])],
)
@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_gets_its_blocks_back(clause, ask, server, echo, kinds, stream):
    server.answer = lambda asked: CALL if asked.number == 0 else "In Turin."
    more = f"{TOOLS}\n    stream: {str(stream).lower()}"
    assert ask(clause(ROUND_TRIP % echo, more), ANTHROPIC).decision.state == "kept"
    _, assistant, user = second(server)["messages"]
    assert [block["type"] for block in assistant["content"]] == kinds
    assert user["content"] == [{"type": "tool_result", "tool_use_id": "call_10", "content": "Turin"}]


@pytest.mark.parametrize("surface", SURFACES)
def test_without_a_call_the_user_goes_on(clause, ask, server, surface):
    server.answer = lambda asked: "In Turin."
    assert ask(clause(ROUND_TRIP % "whole"), surface).decision.state == "kept"
    turns = second(server).get("messages") or second(server)["input"]
    assert turns[-1] == {"role": "user", "content": "And 4712?"}
    assert "In Turin." in json.dumps(turns[1])


@pytest.mark.parametrize("surface", SURFACES)
def test_what_was_asked_live_is_replayed_with_the_same_decision(clause, ask, server, make_asker, surface):
    server.answer = lambda asked: CALL if asked.number == 0 else error(400, "thought_signature is missing")
    one = clause(ROUND_TRIP % "plain", TOOLS)
    live = ask(one, surface)
    assert live.decision.state == "broken"
    assert live.causes[0].text == "reply sent back: request rejected: history without thought_signature"
    assert (live.live, live.spent.calls) == (2, 2)
    replayed = replay(one, make_asker(surface, mode="none"), 0.01)
    assert len(server.asked) == 2
    assert (replayed.decision, replayed.causes, replayed.probes) == (live.decision, live.causes, live.probes)
    assert (replayed.replayed, replayed.live) == (2, 0)


def test_a_first_request_that_is_rejected_has_no_second(clause, ask, server):
    server.answer = lambda asked: error(400, "Unsupported", param="tools")
    outcome = ask(clause(ROUND_TRIP % "whole", TOOLS))
    assert outcome.causes[0].text == "parameter rejected: tools"
    assert len(server.asked) == 1


def test_a_reply_without_the_call_that_should_go_back_shows_nothing(clause, ask, server, make_asker):
    one = clause(ROUND_TRIP % "whole", TOOLS)
    outcome = ask(one)
    assert outcome.decision.state == "unmeasured"
    assert outcome.problem.startswith("no tool call to send back: the first reply calls none")
    assert replay(one, make_asker(CHAT, mode="none"), 0.01).problem == outcome.problem
    assert ask(clause("round_trips: {needs_calls: false}", TOOLS)).decision.state == "kept"


def test_an_empty_reply_is_nothing_to_send_back(clause, ask, server):
    server.answer = lambda asked: ""
    outcome = ask(clause(ROUND_TRIP % "whole"))
    assert outcome.problem.startswith("nothing to send back")


def test_a_missing_second_recording_is_told_from_a_missing_first(clause, ask, server, make_asker, tmp_path):
    one = clause(ROUND_TRIP % "whole")
    ask(one)
    (path,) = tmp_path.glob("cassettes/**/*.jsonl")
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    outcome = replay(one, make_asker(CHAT, mode="none"), 0.01)
    assert outcome.decision.state == "unmeasured"
    assert "the nearest recorded request differs in messages[1].content: recorded nothing" in outcome.problem
    assert ask(one).live == 1


def test_a_seed_is_recorded_twice_under_one_request(clause, ask, server, make_asker):
    server.answer = lambda asked: f"word {asked.number}"
    one = clause("honours: [seed]", "request: {seed: 4}")
    outcome = ask(one)
    assert outcome.causes[0].text == "ignored: seed"
    assert outcome.probes[0].result == "ignored"
    assert server.asked[0].body == server.asked[1].body
    assert replay(one, make_asker(CHAT, mode="none"), 0.01).causes == outcome.causes


def test_second_requests_are_not_stale(clause, ask, make_asker):
    one = clause(ROUND_TRIP % "whole")
    ask(one)
    asker = make_asker(CHAT, mode="none")
    recorded = {key.partition(":")[0] for key in asker.tape(one).all_keys()}
    assert {asked.request.digest for asked in asked_at(asker.endpoint, [one])} == recorded
    assert len(recorded) == 2


def test_tokens_of_both_replies_are_counted(clause, ask):
    assert ask(clause(ROUND_TRIP % "whole")).input_tokens == 14


def test_a_python_function_gets_the_conversation_too(clause, make_asker, tmp_path, monkeypatch):
    (tmp_path / "echo_models.py").write_text(
        "def answer(prompt):\n    return ' '.join(str(turn['content']) for turn in prompt.messages)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    asker = make_asker("python", model="echo_models:answer", base_url="")
    outcome = asker.askers.engine.run(measure(clause(ROUND_TRIP % "whole"), asker, 0.01))
    assert outcome.decision.state == "kept"
    assert outcome.judged[0].reply == "Where is order 4711? Where is order 4711? And 4712?"
