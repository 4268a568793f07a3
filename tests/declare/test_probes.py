"""What a `probe` sends: the whole, its parts, pairs of them, all but one, and shapes of messages."""

import pytest

from pytest_behavior_contract.ask.providers.anthropic_messages import AnthropicMessages
from pytest_behavior_contract.ask.providers.openai_chat import OpenAIChat
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.declare.probes import SHAPES
from pytest_behavior_contract.errors import ContractFileError, NotExpressible

HEAD = "contract: c\ndefaults: {rate: 0.9}\nclauses:\n  - id: x\n    assumes: It is taken.\n"
REQUEST = "    request: {temperature: 0, top_p: 0.9, max_tokens: 30}\n"


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        path = tmp_path / "x.contract.yaml"
        path.write_text(HEAD + text)
        (clause,) = load_contract(path, shown_as="x.contract.yaml").clauses
        return clause

    return loaded


def sent(clause, api=OpenAIChat):
    """What each probe adds to the model and its messages."""
    bodies = {case.id: api().request(case.prompt, "m").body for case in clause.cases}
    return {what: {k: v for k, v in body.items() if k not in ("model", "messages")} for what, body in bodies.items()}


def test_the_whole_is_sent_as_it_stands_and_each_part_alone(load):
    clause = load(f"{REQUEST}    probe: [whole, parts]\n    expect: [accepted]\n")
    assert sent(clause) == {
        "all together": {"temperature": 0, "top_p": 0.9, "max_tokens": 30},
        "temperature: 0": {"temperature": 0},
        "top_p: 0.9": {"top_p": 0.9},
        "max_tokens: 30": {"max_tokens": 30},
    }


def test_pairs_and_all_but_one(load):
    pairs = load(f"{REQUEST}    probe: pairs\n    expect: [accepted]\n")
    assert list(sent(pairs).values()) == [
        {"temperature": 0, "top_p": 0.9},
        {"temperature": 0, "max_tokens": 30},
        {"top_p": 0.9, "max_tokens": 30},
    ]
    without = load(f"{REQUEST}    probe: [without]\n    expect: [accepted]\n")
    assert sent(without)["all but temperature"] == {"top_p": 0.9, "max_tokens": 30}


def test_a_parameter_goes_with_what_it_makes_no_sense_without(load):
    clause = load(
        "    tools: [{name: find}]\n    stream: true\n"
        "    request: {tool_choice: required, stream_options: {include_usage: true}}\n"
        "    probe: parts\n    expect: [accepted]\n"
    )
    found = sent(clause)
    assert found['tool_choice: "required"'].keys() == {"tool_choice", "tools"}
    assert found["stream_options"].keys() == {"stream_options", "stream"}
    assert found["tools"].keys() == {"tools"}


def test_what_only_this_server_knows_is_probed_piece_by_piece(load):
    clause = load(
        "    request: {extra_body: {top_k: 5, min_p: 0.1}}\n    probe: [parts, pairs]\n    expect: [accepted]\n"
    )
    assert list(sent(clause).values()) == [{"top_k": 5}, {"min_p": 0.1}, {"top_k": 5, "min_p": 0.1}]


def test_a_written_out_probe_is_all_that_is_sent(load):
    clause = load(
        f"{REQUEST}    tools: [{{name: find}}]\n    probe:\n      - {{request: {{seed: 1}}}}\n"
        "      - {what: forced, tools: true, parameters: {tool_choice: required}}\n    expect: [accepted]\n"
    )
    found = sent(clause)
    assert found["seed: 1"] == {"seed": 1}
    assert found["forced"].keys() == {"tools", "tool_choice"}


def test_probes_that_would_be_called_the_same_are_told_apart(load):
    clause = load(
        "    probe:\n      - {messages: [{role: user, content: One}]}\n      - {messages: [{role: user, content: Two}]}\n"
        "      - system\n      - system\n    expect: [accepted]\n"
    )
    assert [case.id for case in clause.cases] == ["messages", "messages (2)", "system"]


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in ("parts", "pairs", "without", "tools")])
@pytest.mark.parametrize("api", [OpenAIChat, AnthropicMessages])
def test_every_shape_makes_a_request_on_every_api_that_has_words_for_it(load, shape, api):
    clause = load(f"    probe: {shape}\n    expect: [accepted]\n")
    (case,) = clause.cases
    try:
        body = api().request(case.prompt, "m").body
    except NotExpressible as error:
        assert shape == "developer"
        assert "developer role" in str(error)
    else:
        assert body["messages"]


def test_shapes_are_the_messages_they_are_named_for(load):
    clause = load("    probe: [developer, user-turns, prefill, tool-history]\n    expect: [accepted]\n")
    roles = [[turn["role"] for turn in case.prompt.messages] for case in clause.cases]
    assert roles == [["developer", "user"], ["user", "user"], ["user", "assistant"], ["user", "assistant", "tool"]]


def test_a_surface_gets_the_limit_it_takes_nothing_without_but_the_whole_is_left_alone(load):
    clause = load("    request: {temperature: 0}\n    probe: [whole, parts]\n    expect: [accepted]\n")
    found = sent(clause, AnthropicMessages)
    assert "max_tokens" not in found["all together"]
    assert found["temperature: 0"] == {"temperature": 0, "max_tokens": 64}
    thinking = load(
        "    request: {thinking: {type: enabled, budget_tokens: 1024}}\n    probe: parts\n    expect: [accepted]\n"
    )
    assert sent(thinking, AnthropicMessages)["thinking"]["max_tokens"] == 1024 + 64


def test_a_reply_is_sent_back_with_a_call_where_there_are_tools(load):
    plain, called = (
        load(f"{tools}    probe: round-trip-plain\n    expect: [accepted]\n").cases[0].follow
        for tools in ("", "    tools: [{name: find}]\n")
    )
    assert (plain.kind, plain.echo, plain.needs_calls) == ("echo", "plain", False)
    assert called.needs_calls


def test_every_probe_must_pass_unless_the_clause_itself_says_otherwise(load):
    assert load(f"{REQUEST}    probe: parts\n    expect: [accepted]\n").rate == 1
    assert load(f"{REQUEST}    rate: 0.5\n    probe: parts\n    expect: [accepted]\n").rate == 0.5
    assert load(f"{REQUEST}    expect: [accepted]\n").rate == 0.9


def test_probes_are_decided_without_statistics_and_known_as_probes(load):
    clause = load(f"{REQUEST}    probe: [whole, parts]\n    expect: [accepted]\n")
    assert clause.deterministic
    assert clause.probes
    assert not load("    prompt: Hi\n    expect: [accepted, {max_words: 3}]\n").probes


def test_a_question_is_chosen_that_tells_whether_a_parameter_was_heeded(load):
    prompts = {
        case.id: case.prompt.text
        for case in load(
            '    request: {stop: ["{end}"], max_tokens: 9, seed: 3, temperature: 1}\n    probe: parts\n    expect: [honours]\n'
        ).cases
    }
    assert "one{end}two" in prompts['stop: ["{end}"]']
    assert "300" in prompts["max_tokens: 9"]
    assert prompts["temperature: 1"] == "Say OK."
    accepted = load('    request: {stop: ["x"]}\n    expect: [accepted]\n')
    assert accepted.cases[0].prompt.text == "Say OK."


def test_who_asks_for_json_says_so_because_some_servers_insist(load):
    clause = load("    request: {response_format: {type: json_object}}\n    expect: [accepted]\n")
    assert "JSON" in clause.cases[0].prompt.text


def test_a_seed_is_asked_twice(load):
    clause = load("    request: {seed: 3, temperature: 1}\n    probe: parts\n    expect: [honours]\n")
    assert [case.follow and case.follow.kind for case in clause.cases] == ["again", None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("    probe: tools\n", "clauses[0].probe: tools: the clause sends too little for that"),
        ("    probe: parts\n", "clauses[0].probe: parts: the clause sends too little for that"),
        ("    probe: [whole]\n    prompt: x\n    cases: [{a: 1}]\n", "clauses[0].cases: says what to ask, and so does"),
        ("    probe: hole\n", "clauses[0].probe: 'hole' is not one of whole, parts"),
        ("    probe: [{temperature: 0}]\n", "clauses[0].probe[0].temperature: unknown key 'temperature'"),
    ],
)
def test_what_is_wrong_with_a_probe_is_said_where_it_stands(load, text, message):
    with pytest.raises(ContractFileError) as caught:
        load(f"{text}    expect: [accepted]\n")
    assert message in str(caught.value)


def test_two_different_second_requests_are_two_clauses(load):
    with pytest.raises(ContractFileError, match="two different second requests"):
        load("    prompt: Hi\n    expect: [{round_trips: {echo: plain}}, {round_trips: {echo: whole}}]\n")
