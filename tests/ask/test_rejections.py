"""What a server's words are about, in the many forms in which servers say it."""

import json

import pytest

from pytest_behavior_contract.ask.providers.openai_chat import OpenAIChat
from pytest_behavior_contract.exchange import Exchange, Request, Response

SENT = {
    "model": "m",
    "messages": [],
    "temperature": 0,
    "top_p": 0.9,
    "max_tokens": 20,
    "stop": ["x"],
    "stream": True,
    "stream_options": {},
    "tools": [],
    "tool_choice": "required",
    "thinking": {"type": "enabled"},
    "response_format": {},
    "presence_penalty": 1,
    "parallel_tool_calls": False,
    "reasoning_effort": "minimal",
    "user": "u1",
}


def rejected(document, status=400):
    body = document if isinstance(document, str) else json.dumps(document)
    request = Request(surface="openai-chat", path="/chat/completions", body=SENT)
    found = OpenAIChat().reply(Exchange(request=request, response=Response(status=status, body=body)))
    return found.rejection


def openai(message, param=None):
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}


def anthropic(message):
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def text_of_vllm(place):
    return {"object": "error", "message": f"[{{'type': 'extra_forbidden', 'loc': ('body', '{place}'), 'msg': 'No'}}]"}


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        (openai("Unsupported value: it is fixed.", "temperature"), "parameter rejected: temperature"),
        (openai("Unknown role here.", "messages[0].role"), "parameter rejected: messages[].role"),
        (openai("Unsupported parameter: 'stop' with this model."), "parameter rejected: stop"),
        (openai("Unrecognized request argument supplied: reasoning_effort"), "parameter rejected: reasoning_effort"),
        (openai("This response_format type is not to be had"), "parameter rejected: response_format"),
        (openai("Argument not supported on this model: presencePenalty"), "parameter rejected: presence_penalty"),
        (openai('Unknown name "tools[2].parameters": no such field'), "parameter rejected: tools[].parameters"),
        (anthropic("stream_options: Extra inputs are not permitted"), "parameter rejected: stream_options"),
        (anthropic("max_tokens: Field required"), "parameter rejected: max_tokens"),
        (anthropic("`temperature` is deprecated for this model."), "parameter rejected: temperature"),
        (anthropic("tools.0.custom.input_schema: bad"), "parameter rejected: tools[].custom.input_schema"),
        (
            anthropic("`temperature` and `top_p` cannot both be given. Please use only one."),
            "parameter rejected: temperature + top_p",
        ),
        (
            anthropic("Thinking may not be enabled when tool_choice forces tool use."),
            "parameter rejected: thinking + tool_choice",
        ),
        (
            openai("Function tools with reasoning_effort are not taken here.", "reasoning_effort"),
            "parameter rejected: reasoning_effort + tools",
        ),
        ({"detail": [{"loc": ["body", "tools", 0, "name"], "msg": "bad"}]}, "parameter rejected: tools[].name"),
        (
            {"object": "error", "message": {"detail": [{"loc": ["body", "tool_choice"], "msg": "bad"}]}},
            "parameter rejected: tool_choice",
        ),
        (text_of_vllm("parallel_tool_calls"), "parameter rejected: parallel_tool_calls"),
        (anthropic("messages.3.role: no such role"), "parameter rejected: messages[].role"),
        (anthropic("The conversation must end with a user message."), "request rejected: assistant prefill"),
        (openai("Conversation roles must alternate user/assistant/user"), "request rejected: order of roles"),
        (
            anthropic("messages.1.content.0.type: Expected `thinking`, but found `tool_use`."),
            "request rejected: history without its thinking",
        ),
        (
            openai("Missing `reasoning_content` in the assistant message 2"),
            "request rejected: history without reasoning_content",
        ),
        (
            openai("Function call has no thought_signature in functionCall part"),
            "request rejected: history without thought_signature",
        ),
        (
            openai("Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item: 'rs_1'."),
            "request rejected: reasoning and its item apart",
        ),
        (
            openai("Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9."),
            "request rejected: tool call id of another model",
        ),
        (anthropic("messages: text content blocks must be non-empty"), "request rejected: empty content"),
        (
            openai(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools "
                "to work correctly, and missing thought_signature may lead to degraded performance."
            ),
            "request rejected: history without thought_signature",
        ),
        (openai("Conversation roles must alternate user/assistant"), "request rejected: order of roles"),
        (openai("The user cannot have that"), "request rejected"),
        (openai("Unrecognized request argument supplied: stop"), "parameter rejected: stop"),
        (openai("library/x does not support tools"), "parameter rejected: tools"),
        (anthropic("Thinking is not supported by this model"), "parameter rejected: thinking"),
        (anthropic("In this model temperature has been deprecated"), "parameter rejected: temperature"),
        ("no", "request rejected"),
        ({"error": []}, "request rejected"),
        ({"detail": [3, {"loc": 3}]}, "request rejected"),
    ],
)
def test_the_cause_names_what_the_server_speaks_of(document, cause):
    assert rejected(document).cause == cause


@pytest.mark.parametrize(
    ("document", "mend"),
    [
        (
            openai("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
            "send max_completion_tokens instead of max_tokens",
        ),
        (
            anthropic('"thinking.type.enabled" is gone. Use "thinking.type.adaptive" to control thinking.'),
            "send thinking.type.adaptive instead of thinking.type.enabled",
        ),
        (
            openai("'temperature' does not take 0 here. Only the default (1) value is supported.", "temperature"),
            "leave temperature out: only its default is taken",
        ),
        (
            anthropic("`temperature` and `top_p` cannot both be given. Please use only one."),
            "send only one of temperature and top_p",
        ),
        (
            openai("'minimal' is not taken. Supported values are: 'low', 'medium' and 'high'.", "reasoning_effort"),
            "send one of low, medium, high",
        ),
        (anthropic("`temperature` is deprecated for this model."), ""),
        (openai("stop is not supported", "stop"), ""),
    ],
)
def test_a_mend_is_only_what_the_server_itself_says(document, mend):
    assert rejected(document).mend == mend


def test_words_come_from_whatever_field_a_server_puts_them_into():
    assert rejected({"message": "stop is bad"}).message == "stop is bad"
    assert rejected({"error": "stop is bad"}).message == "stop is bad"
    assert rejected({"detail": [{"loc": ["body", "stop"], "msg": "is bad"}]}).message == "body.stop: is bad"
    assert rejected("plain words").message == "plain words"


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        (
            openai("Invalid schema for function 'create_payment': no type.", "tools[0].function.parameters"),
            "parameter rejected: tools[].function.parameters",
        ),
        (openai("Invalid schema for function 'insufficient_quota'"), "request rejected"),
        (openai("The tool set_billing is not described"), "request rejected"),
        ({"detail": [{"loc": ["body", "tools"], "msg": "subscription expired"}]}, "parameter rejected: tools"),
    ],
)
def test_words_of_money_within_a_request_make_no_account_of_it(document, cause):
    assert rejected(document).cause == cause


@pytest.mark.parametrize(
    "document",
    [
        anthropic("Your credit balance is too low to access the API. Please go to Plans & Billing."),
        openai("You exceeded your current quota, please check your plan and billing details."),
        openai("Billing hard limit has been reached"),
        {"error": {"message": "See 'limits' of yours.", "code": "insufficient_quota", "param": None}},
        {"error": {"message": "No more.", "code": "billing_hard_limit_reached"}},
        {"error": {"message": "Access denied, please make sure your account is in good standing."}},
    ],
)
def test_what_is_wrong_with_the_account_is_no_rejection(document):
    assert rejected(document) is None
