"""How each surface spells a prompt, and how its wire format becomes a reply."""

import importlib
import importlib.metadata
import inspect
import json

import pytest

from model_server import Asked, Raw, Say, _document, _stream, error
from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.schema import PARAMETERS
from pytest_behavior_contract.errors import NotExpressible
from pytest_behavior_contract.exchange import Exchange, Prompt, Request, Response, Tool, ToolCall

SURFACES = ["openai-chat", "openai-responses", "anthropic-messages"]
PATHS = {"openai-chat": "/chat/completions", "openai-responses": "/responses", "anthropic-messages": "/v1/messages"}
CHAT, RESPONSES, ANTHROPIC = SURFACES
HELD_AGAINST = {"openai": "3.54.", "anthropic": "2.12."}
CONVERSATION = (
    {"role": "user", "content": "Where is it?"},
    {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"n": 1}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "Turin"},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "And this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
        ],
    },
)


def provider(surface):
    return registry.resolve("providers", surface)()


def body(surface, **fields):
    fields.setdefault("messages", ({"role": "user", "content": "Hi"},))
    return provider(surface).request(Prompt(**fields), "m-1").body


def exchange(surface, response, *, sent=None):
    request = Request(surface=surface, path=PATHS[surface], body=sent or {"model": "m-1", "messages": []})
    return Exchange(request=request, response=response)


def answered(surface, say, *, stream=False):
    asked = Asked(PATHS[surface], {}, {"model": "m-1"}, 0)
    text = "".join(_stream(asked, say)) if stream else json.dumps(_document(asked, say))
    kind = "text/event-stream" if stream else "application/json"
    return exchange(surface, Response(status=200, headers={"content-type": (kind,)}, body=text))


def test_system_prompts_stand_where_each_surface_wants_them():
    assert body(CHAT, system="Be brief")["messages"][0] == {"role": "system", "content": "Be brief"}
    assert body(RESPONSES, system="Be brief")["instructions"] == "Be brief"
    assert body(ANTHROPIC, system="Be brief")["system"] == "Be brief"


def test_the_token_limit_has_three_names():
    assert body(CHAT, parameters={"max_output_tokens": 5})["max_completion_tokens"] == 5
    assert body(RESPONSES, parameters={"max_output_tokens": 5})["max_output_tokens"] == 5
    assert body(ANTHROPIC, parameters={"max_output_tokens": 5})["max_tokens"] == 5


def test_tools_are_spelled_for_each_surface():
    tools = (Tool(name="find", description="d", parameters={"type": "object"}, strict=True),)
    chat = body(CHAT, tools=tools)["tools"][0]
    assert chat["function"] == {"name": "find", "description": "d", "parameters": {"type": "object"}, "strict": True}
    assert body(RESPONSES, tools=tools)["tools"][0]["name"] == "find"
    assert body(ANTHROPIC, tools=tools)["tools"][0]["input_schema"] == {"type": "object"}


@pytest.mark.parametrize(
    ("choice", "chat", "responses", "anthropic"),
    [
        ("required", "required", "required", {"type": "any"}),
        ("auto", "auto", "auto", {"type": "auto"}),
        (
            {"name": "find"},
            {"type": "function", "function": {"name": "find"}},
            {"type": "function", "name": "find"},
            {"type": "tool", "name": "find"},
        ),
    ],
)
def test_tool_choice_is_spelled_for_each_surface(choice, chat, responses, anthropic):
    spelled = [body(surface, parameters={"tool_choice": choice})["tool_choice"] for surface in SURFACES]
    assert spelled == [chat, responses, anthropic]


def test_one_call_a_turn_is_part_of_anthropics_tool_choice():
    parameters = {"tool_choice": "required", "parallel_tool_calls": False}
    assert body(ANTHROPIC, parameters=parameters)["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    alone = body(ANTHROPIC, parameters={"parallel_tool_calls": False})["tool_choice"]
    assert alone == {"type": "auto", "disable_parallel_tool_use": True}


def test_structured_output_and_reasoning_are_nested_where_they_belong():
    parameters = {"json_schema": {"type": "object"}, "reasoning_effort": "low"}
    assert body(CHAT, parameters=parameters)["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert body(RESPONSES, parameters=parameters)["text"]["format"]["schema"] == {"type": "object"}
    assert body(RESPONSES, parameters=parameters)["reasoning"] == {"effort": "low"}
    config = body(ANTHROPIC, parameters=parameters)["output_config"]
    assert config == {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "low"}


@pytest.mark.parametrize(("surface", "name"), [(ANTHROPIC, "logit_bias"), (RESPONSES, "stop"), (CHAT, "top_k")])
def test_what_a_surface_cannot_express_is_said_not_dropped(surface, name):
    with pytest.raises(NotExpressible, match=f"{surface} has no {name}"):
        body(surface, parameters={name: 1})


def test_a_request_is_sent_as_it_stands_and_only_names_of_the_surface_are_taken():
    assert body(CHAT, request={"max_tokens": 5, "temperature": 0})["max_tokens"] == 5
    with pytest.raises(NotExpressible, match="openai-responses has no max_tokens"):
        body(RESPONSES, request={"max_tokens": 5})
    assert body(RESPONSES, request={"extra_body": {"max_tokens": 5}})["max_tokens"] == 5


@pytest.mark.parametrize("surface", SURFACES)
def test_every_neutral_parameter_has_a_place_in_the_table(surface):
    module = inspect.getmodule(registry.resolve("providers", surface))
    assert set(module.PARAMETERS) == set(PARAMETERS)


@pytest.mark.parametrize(
    ("surface", "path"),
    [
        (CHAT, ("openai.resources.chat.completions", "Completions")),
        (RESPONSES, ("openai.resources.responses.responses", "Responses")),
        (ANTHROPIC, ("anthropic.resources.messages", "Messages")),
    ],
)
def test_the_names_of_a_surface_are_those_its_sdk_knows(surface, path):
    module, kind = path
    installed = importlib.metadata.version(module.partition(".")[0])
    if not installed.startswith(HELD_AGAINST[module.partition(".")[0]]):
        pytest.skip(f"the tables were held against other versions than {installed}; look at them and move HELD_AGAINST")
    create = getattr(importlib.import_module(module), kind).create
    known = set(inspect.signature(create).parameters)
    known -= {"self", "model", "messages", "input", "extra_headers", "extra_query", "extra_body", "timeout"}
    ours = set(inspect.getmodule(registry.resolve("providers", surface)).OWN_NAMES)
    # The Messages API still has these three, though the newest SDK does not take them any more.
    assert known - ours == set()
    assert ours - known <= {"temperature", "top_p", "top_k"}


def test_a_conversation_with_tools_and_images_is_spelled_for_each_surface():
    assert body(CHAT, messages=CONVERSATION)["messages"] == list(CONVERSATION)
    items = body(RESPONSES, messages=CONVERSATION)["input"]
    assert [item.get("type", item.get("role")) for item in items] == [
        "user",
        "assistant",
        "function_call",
        "function_call_output",
        "user",
    ]
    assert items[2] == {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"n": 1}'}
    assert items[4]["content"][1] == {"type": "input_image", "image_url": "data:image/png;base64,QUJD"}
    turns = body(ANTHROPIC, messages=CONVERSATION)["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user", "user"]
    assert turns[1]["content"][1] == {"type": "tool_use", "id": "c1", "name": "find", "input": {"n": 1}}
    assert turns[2]["content"][0]["tool_use_id"] == "c1"
    assert turns[3]["content"][1]["source"] == {"type": "base64", "media_type": "image/png", "data": "QUJD"}


def test_a_system_turn_within_the_conversation_is_not_expressible_for_anthropic():
    with pytest.raises(NotExpressible, match="system role"):
        body(ANTHROPIC, messages=({"role": "system", "content": "x"},))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", SURFACES)
def test_replies_have_the_same_shape_on_every_surface_streamed_or_not(surface, stream):
    found = provider(surface).reply(answered(surface, Say("Hello wörld", calls=(("find", {"n": "1"}),)), stream=stream))
    assert found.text == "Hello wörld"
    assert found.tool_calls == (ToolCall(name="find", arguments={"n": "1"}, arguments_text='{"n": "1"}', id="call_10"),)
    assert found.finish_reason == "tool_calls"
    assert found.blocks == ("text", "tool_use")
    assert found.served_model == "m-1"
    assert (found.usage.input_tokens, found.usage.output_tokens) == (7, 2)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", SURFACES)
def test_refusals_and_cut_off_replies_are_seen(surface, stream):
    refused = provider(surface).reply(answered(surface, Say("", refusal="I can't."), stream=stream))
    assert refused.refusal
    cut = provider(surface).reply(answered(surface, Say("Hel", finish="length"), stream=stream))
    assert cut.finish_reason == "length"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", [RESPONSES, ANTHROPIC])
def test_thinking_comes_first_and_is_not_part_of_the_text(surface, stream):
    found = provider(surface).reply(answered(surface, Say("Yes", thinking="hm"), stream=stream))
    assert found.blocks == ("thinking", "text")
    assert found.text == "Yes"


@pytest.mark.parametrize(
    ("raw", "sent", "parameter"),
    [
        (error(400, "Unsupported parameter", param="temperature"), {}, "temperature"),
        (error(400, "max_tokens: Field required"), {}, "max_tokens"),
        (
            error(422, "`top_p` and temperature cannot both be set"),
            {"top_p": 1, "temperature": 0},
            "temperature + top_p",
        ),
        (error(400, "Field 'max_tokens': must be a number"), {"max_tokens": "x"}, "max_tokens"),
        (error(400, "stop is not supported by this model"), {"stop": []}, "stop"),
        (Raw(status=400, body="no"), {}, ""),
        (Raw(status=400, body='{"detail": [{"loc": ["body", "seed"]}]}'), {"seed": 1}, "seed"),
    ],
)
def test_a_rejection_names_the_parameter_that_the_server_names(raw, sent, parameter):
    found = provider(CHAT).reply(
        exchange(CHAT, Response(status=raw.status, body=raw.body), sent={"model": "m", **sent})
    )
    assert found.rejection.parameter == parameter


def test_azures_content_filter_is_a_refusal_of_the_prompt_and_not_of_the_request():
    raw = error(400, "The response was filtered", code="content_filter")
    found = provider(CHAT).reply(exchange(CHAT, Response(status=400, body=raw.body)))
    assert found.rejection is None
    assert found.finish_reason == "content_filter"


@pytest.mark.parametrize(
    ("status", "body_text", "fault"),
    [
        (200, "", "an empty body"),
        (200, "<html>oops</html>", "HTML instead of an answer"),
        (200, '{"choices": [', "no JSON instead of an answer"),
        (200, '{"error": {"message": "overloaded"}}', "an error in a response with status 200: overloaded"),
        (200, "{}", "an answer without"),
        (401, '{"error": {"message": "no key"}}', "HTTP 401: no key"),
        (400, '{"error": {"message": "Your credit balance is too low"}}', "HTTP 400: Your credit balance"),
        (301, "moved", "HTTP 301 instead of an answer"),
    ],
)
@pytest.mark.parametrize("surface", SURFACES)
def test_what_is_no_answer_is_never_behavior(surface, status, body_text, fault):
    assert fault in provider(surface).fault(exchange(surface, Response(status=status, body=body_text)))


@pytest.mark.parametrize("surface", SURFACES)
def test_a_stream_that_ends_too_early_is_no_answer(surface):
    whole = answered(surface, Say("Hello there"), stream=True)
    assert provider(surface).fault(whole) == ""
    headers = {"content-type": ("text/event-stream",)}
    cut = exchange(
        surface, Response(status=200, headers=headers, body=whole.response.body[: len(whole.response.body) // 3])
    )
    assert provider(surface).fault(cut) == "a stream that ends before it is finished"


@pytest.mark.parametrize("surface", SURFACES)
def test_an_error_within_a_stream_is_no_answer(surface):
    text = 'event: error\ndata: {"type": "error", "error": {"message": "overloaded"}}\n\n'
    headers = {"content-type": ("text/event-stream",)}
    assert "error" in provider(surface).fault(exchange(surface, Response(status=200, headers=headers, body=text))) or (
        "failed" in provider(surface).fault(exchange(surface, Response(status=200, headers=headers, body=text)))
    )


HOSTILE = [
    "[]",
    "3",
    '{"choices": 1}',
    '{"choices": [1]}',
    '{"choices": [{"message": []}]}',
    '{"output": [1, {"content": 3}]}',
]
HOSTILE += [
    '{"content": [1, {"type": "text", "text": 3}], "usage": "x"}',
    '{"choices": [{"message": {"tool_calls": [{"function": 1}]}}]}',
]
HOSTILE += [
    '{"output": [{"type": "function_call", "arguments": {}}]}',
    '{"content": [{"type": "tool_use"}], "model": {}}',
]


@pytest.mark.parametrize("document", HOSTILE)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", SURFACES)
def test_no_document_makes_a_provider_raise(surface, stream, document):
    text = f"data: {document}\n\ndata: [DONE]\n\n" if stream else document
    kind = "text/event-stream" if stream else "application/json"
    hostile = exchange(surface, Response(status=200, headers={"content-type": (kind,)}, body=text))
    provider(surface).fault(hostile)
    provider(surface).reply(hostile)


def test_content_that_streams_in_parts_is_put_together():
    def chunk(content, finish=None):
        return f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': content}, 'finish_reason': finish}]})}\n\n"

    thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]
    body = chunk(thought) + chunk([{"type": "text", "text": "Hel"}]) + chunk("lo") + chunk(None) + chunk("", "stop")
    headers = {"content-type": ("text/event-stream",)}
    reply = provider(CHAT).reply(exchange(CHAT, Response(status=200, headers=headers, body=body)))
    assert (reply.text, reply.blocks) == ("Hello", ("thinking", "text"))
