"""What really broke when applications changed their model, row by row: how a server does it, and what catches it.

The numbers are those of a list of reports from public issue trackers; the words are ours. The table in
docs/breakages.md is made of these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from breakages.servers import (
    Server,
    kinds,
    refuses,
    roles,
    says,
    sent_back,
    so_many_choices,
    sometimes,
    spoilt,
    with_call,
    with_choice,
    with_message,
    without_block_starts,
    without_deltas_index,
    without_usage,
)
from model_server import Say, error

Kind = Literal["request", "wire", "text", "tools", "behavior", "endpoint", "client"]
CHAT, RESPONSES, ANTHROPIC = "openai-chat", "openai-responses", "anthropic-messages"
CALL = ("get_order", {"order_id": "4711"})
TOOLS = "tools: [{name: get_order, parameters: {type: object, properties: {order_id: {type: string}}}}]"
WHERE = "prompt: Where is order 4711?"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way in which something broke."""

    number: int
    kind: Kind
    broke: str
    """What the application took for granted, and what came instead."""
    clause: tuple[str, ...] = ()
    """Lines of YAML: the clause that catches it, without id and assumption."""
    cause: str
    """What our report names as the cause."""
    mend: str = ""
    good: Server = field(default_factory=says)
    bad: Server = field(default_factory=says)
    api: str = CHAT
    endpoint: Mapping[str, Any] = field(default_factory=dict)
    state: Literal["broken", "unmeasured"] = "broken"
    python: str = ""
    """Instead of a clause in YAML: a test around the application's own client."""


def row(number: int, kind: Kind, broke: str, *clause: str, **more: Any) -> Row:
    return Row(number=number, kind=kind, broke=broke, clause=clause, **more)


REQUESTS = (
    row(
        2,
        "request",
        "The token limit was sent as max_tokens; the newer model has another name for it.",
        "request: {max_tokens: 30}",
        "expect: [accepted]",
        cause="parameter rejected: max_tokens",
        mend="send max_completion_tokens instead of max_tokens",
        bad=refuses(
            lambda body: "max_tokens" in body,
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_tokens",
        ),
    ),
    row(
        3,
        "request",
        "Temperature 0 was sent; the model takes its default alone.",
        "request: {temperature: 0}",
        "expect: [accepted]",
        cause="parameter rejected: temperature",
        mend="leave temperature out: only its default is taken",
        bad=refuses(
            lambda body: body.get("temperature", 1) != 1,
            "'temperature' does not take 0 here. Only the default (1) value is supported.",
            "temperature",
        ),
    ),
    row(
        4,
        "request",
        "Temperature and top_p went together; the model takes one of the two.",
        "request: {temperature: 0.2, top_p: 0.9, max_tokens: 30}",
        "probe: [whole, parts, pairs]",
        "expect: [accepted]",
        cause="parameter rejected: temperature + top_p",
        mend="send only one of temperature and top_p",
        api=ANTHROPIC,
        bad=refuses(
            lambda body: {"temperature", "top_p"} <= {*body},
            "`temperature` and `top_p` cannot both be given. Please use only one.",
        ),
    ),
    row(
        5,
        "request",
        "Sampling was set; the newer model has no sampling parameters any more.",
        "request: {temperature: 0.2, max_tokens: 30}",
        "probe: [whole, without]",
        "expect: [accepted]",
        cause="parameter rejected: temperature",
        mend="leave temperature out: all the rest together is accepted",
        api=ANTHROPIC,
        bad=refuses(lambda body: "temperature" in body, "`temperature` is deprecated for this model."),
    ),
    row(
        6,
        "request",
        "Instructions came in a system message; the model knows no such role.",
        "probe: system",
        "expect: [accepted]",
        cause="parameter rejected: messages[].role",
        bad=refuses(
            lambda body: "system" in roles(body), "'messages[0].role' does not support 'system'.", "messages[0].role"
        ),
    ),
    row(
        7,
        "request",
        "Instructions came in a developer message; a compatible server takes the older roles alone.",
        "probe: developer",
        "expect: [accepted]",
        cause="parameter rejected: messages[].role",
        bad=refuses(lambda body: "developer" in roles(body), "developer is not a role we know - 'messages.0.role'"),
    ),
    row(
        8,
        "request",
        "Two user turns stood in a row; the chat template wants the roles in turns.",
        "probe: user-turns",
        "expect: [accepted]",
        cause="request rejected: order of roles",
        bad=refuses(
            lambda body: roles(body)[-2:] == ["user", "user"], "Conversation roles must alternate between turns"
        ),
    ),
    row(
        9,
        "request",
        "The beginning of the answer was put into the assistant's mouth; the model takes no such turn.",
        "probe: prefill",
        "expect: [accepted]",
        cause="request rejected: assistant prefill",
        api=ANTHROPIC,
        bad=refuses(
            lambda body: roles(body)[-1] == "assistant", "The conversation must end with a user message, no prefill."
        ),
    ),
    row(
        10,
        "request",
        "A stop sequence was sent; the model has no such parameter.",
        "request: {stop: [END]}",
        "expect: [honours]",
        cause="parameter rejected: stop",
        bad=refuses(lambda body: "stop" in body, "Unsupported parameter: 'stop' with this model."),
    ),
    row(
        10,
        "request",
        "A stop sequence was sent; it is taken, and the text goes on behind it.",
        "request: {stop: [END]}",
        "expect: [honours]",
        cause="ignored: stop",
        good=says("one"),
        bad=says("one END two"),
    ),
    row(
        15,
        "request",
        "Thinking was enabled with a budget; the newer model decides by itself.",
        "request: {max_tokens: 3000, thinking: {type: enabled, budget_tokens: 1024}}",
        "expect: [accepted]",
        cause="parameter rejected: thinking.type.enabled",
        mend="send thinking.type.adaptive instead of thinking.type.enabled",
        api=ANTHROPIC,
        bad=refuses(
            lambda body: body.get("thinking", {}).get("type") == "enabled",
            '"thinking.type.enabled" is gone. Use "thinking.type.adaptive" to control thinking.',
        ),
    ),
    row(
        23,
        "request",
        "One call a turn was asked for by parallel_tool_calls; the server does not know it.",
        TOOLS,
        "request: {parallel_tool_calls: false}",
        "expect: [accepted]",
        cause="parameter rejected: parallel_tool_calls",
        bad=refuses(lambda body: "parallel_tool_calls" in body, "Unknown parameter: parallel_tool_calls"),
    ),
    row(
        25,
        "request",
        "Usage of a stream was asked for by stream_options; a compatible host forbids what it does not know.",
        "stream: true",
        "request: {stream_options: {include_usage: true}}",
        "expect: [accepted]",
        cause="parameter rejected: stream_options",
        bad=refuses(lambda body: "stream_options" in body, "stream_options: Extra inputs are not permitted"),
    ),
    row(
        33,
        "request",
        "A tool was forced while the model was to think; the two do not go together.",
        TOOLS,
        "request: {max_tokens: 3000, thinking: {type: enabled, budget_tokens: 1024}, tool_choice: {type: any}}",
        "expect: [accepted]",
        cause="parameter rejected: thinking + tool_choice",
        api=ANTHROPIC,
        bad=refuses(
            lambda body: {"thinking", "tool_choice"} <= {*body},
            "Thinking may not be enabled when tool_choice forces a call.",
        ),
    ),
    row(
        33,
        "request",
        "A tool was forced while the model was to think; a router drops the thinking and says nothing.",
        TOOLS,
        "request: {max_tokens: 3000, thinking: {type: enabled, budget_tokens: 1024}, tool_choice: {type: any}}",
        "expect: [honours]",
        cause="ignored: thinking",
        api=ANTHROPIC,
        good=says("", CALL, thinking="It wants the order."),
        bad=says("", CALL),
    ),
    row(
        34,
        "request",
        "The answer was to fit a schema; the server has no such response format.",
        "parameters: {json_schema: {type: object, required: [city], properties: {city: {type: string}}}}",
        "expect: [honours]",
        cause="parameter rejected: response_format",
        good=says('{"city": "Turin"}'),
        bad=refuses(lambda body: "response_format" in body, "This response_format type is not to be had"),
    ),
    row(
        34,
        "request",
        "The answer was to fit a schema; the server takes it, and the answer does not.",
        "parameters: {json_schema: {type: object, required: [city], properties: {city: {type: string}}}}",
        "expect: [honours]",
        cause="ignored: response_format",
        good=says('{"city": "Turin"}'),
        bad=says('{"town": "Turin"}'),
    ),
    row(
        35,
        "request",
        "Tools were described in full JSON Schema; the server knows a part of its keywords.",
        "tools: [{name: get_order, parameters: {type: object, additionalProperties: false}}]",
        "probe: tools",
        "expect: [accepted]",
        cause="parameter rejected: tools[].function_declarations[].parameters",
        bad=refuses(
            lambda body: "additionalProperties" in str(body.get("tools")),
            "Unknown name \"additionalProperties\" at 'tools[0].function_declarations[0].parameters': no such field.",
        ),
    ),
    row(
        42,
        "request",
        "A presence penalty was sent; the model takes none.",
        "request: {presence_penalty: 0.5}",
        "expect: [accepted]",
        cause="parameter rejected: presence_penalty",
        bad=refuses(lambda body: "presence_penalty" in body, "Argument not supported on this model: presencePenalty"),
    ),
    row(
        44,
        "request",
        "Effort was set and tools were given; on this surface they do not go together.",
        TOOLS,
        "request: {reasoning_effort: low}",
        "probe: [parts, pairs]",
        "expect: [accepted]",
        cause="parameter rejected: reasoning_effort + tools",
        mend="send /v1/responses instead of reasoning_effort + tools",
        bad=refuses(
            lambda body: {"tools", "reasoning_effort"} <= {*body},
            "Function tools with reasoning_effort are not taken here. Use /v1/responses instead.",
        ),
    ),
    row(
        44,
        "request",
        "The least effort had a name of its own; the newer model does not know it.",
        "request: {reasoning_effort: minimal}",
        "expect: [accepted]",
        cause="parameter rejected: reasoning_effort",
        mend="send one of low, medium, high",
        bad=refuses(
            lambda body: body.get("reasoning_effort") == "minimal",
            "'minimal' is not taken. Supported values are: 'low', 'medium' and 'high'.",
            "reasoning_effort",
        ),
    ),
    row(
        52,
        "request",
        "Answers came as a stream; the model has none.",
        "stream: true",
        "expect: [honours]",
        cause="parameter rejected: stream",
        bad=refuses(lambda body: body.get("stream"), "'stream' does not support true with this model.", "stream"),
    ),
)
THINKS = says("", CALL, thinking="It wants the order.")
SIGNED = spoilt(with_call(extra_content={"google": {"thought_signature": "c2ln"}}), Say("", calls=(CALL,)))
REASONED = spoilt(with_message(reasoning_content="It wants the order."), Say("", calls=(CALL,)))
ROUND_TRIPS = (
    row(
        14,
        "request",
        "History was kept without its thinking; where a tool was called the thinking must come back.",
        WHERE,
        TOOLS,
        "parameters: {max_output_tokens: 300}",
        "expect: [{round_trips: {echo: plain}}]",
        cause="reply sent back: request rejected: history without its thinking",
        api=ANTHROPIC,
        good=THINKS,
        bad=refuses(
            lambda body: any("thinking" not in kinds(turn) for turn in sent_back(body)),
            "messages.1.content.0.type: Expected `thinking`, but found `tool_use`.",
            else_=THINKS,
        ),
    ),
    row(
        16,
        "request",
        "Calls were sent back with name and arguments alone; the model wants its signature with them.",
        WHERE,
        TOOLS,
        "expect: [{round_trips: {echo: plain}}]",
        cause="reply sent back: request rejected: history without thought_signature",
        good=SIGNED,
        bad=refuses(
            lambda body: any("thought_signature" not in str(turn) for turn in sent_back(body)),
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
            "correctly.",
            else_=SIGNED,
        ),
    ),
    row(
        17,
        "request",
        "History was kept without its reasoning; the model wants it back.",
        WHERE,
        TOOLS,
        "expect: [{round_trips: {echo: plain}}]",
        cause="reply sent back: request rejected: history without reasoning_content",
        good=REASONED,
        bad=refuses(
            lambda body: any("reasoning_content" not in turn for turn in sent_back(body)),
            "Missing `reasoning_content` in the assistant message 1",
            else_=REASONED,
        ),
    ),
    row(
        32,
        "request",
        "A conversation went on with calls of another model; their ids do not have the form that is wanted here.",
        TOOLS,
        "probe: tool-history",
        "expect: [accepted]",
        cause="request rejected: tool call id of another model",
        bad=refuses(
            lambda body: any(len(call["id"]) != 9 for turn in sent_back(body) for call in turn["tool_calls"]),
            "Tool call id was call_ZvR7kQ2mTn4LxW8b but must be letters and digits, with a length of 9.",
        ),
    ),
    row(
        38,
        "request",
        "A call was sent back with null beside it; the server wants text.",
        WHERE,
        TOOLS,
        "expect: [{round_trips: {echo: plain}}]",
        cause="reply sent back: request rejected: empty content",
        good=says("", CALL),
        bad=refuses(
            lambda body: any(turn.get("content") is None for turn in sent_back(body)),
            "messages.1.content: must not be null",
            else_=says("", CALL),
        ),
    ),
    row(
        38,
        "request",
        'A call was sent back with "" beside it; the server wants text, or none.',
        WHERE,
        TOOLS,
        "parameters: {max_output_tokens: 300}",
        "expect: [{round_trips: {echo: empty-text}}]",
        cause="reply sent back: request rejected: empty content",
        api=ANTHROPIC,
        good=says("", CALL),
        bad=refuses(
            lambda body: any("text" in kinds(turn) for turn in sent_back(body)),
            "messages: text content blocks must be non-empty",
            else_=says("", CALL),
        ),
    ),
    row(
        45,
        "request",
        "Items were sent back by themselves; a call and the reasoning before it must come as a pair.",
        WHERE,
        TOOLS,
        "expect: [{round_trips: {echo: plain}}]",
        cause="reply sent back: request rejected: reasoning and its item apart",
        api=RESPONSES,
        good=THINKS,
        bad=refuses(
            lambda body: sent_back(body) and "reasoning" not in roles(body),
            "Item 'fc_0' of type 'function_call' was provided without its required 'reasoning' item: 'rs_1'.",
            else_=THINKS,
        ),
    ),
)
WIRE = (
    row(
        11,
        "wire",
        "There was always text; now reasoning eats the whole token limit and nothing is left.",
        "prompt: Summarise the mail.",
        "parameters: {max_output_tokens: 20}",
        "expect: [non_empty, {finish_reason: stop}]",
        cause="empty reply: reasoning ate the token limit",
        api=RESPONSES,
        bad=says("", thinking="Hm.", finish="length"),
    ),
    row(
        12,
        "text",
        "The answer fitted the limit; another tokenizer needs more, and every sixth is cut off.",
        "prompt: Give Ada as JSON.",
        "parameters: {max_output_tokens: 20}",
        "rate: 0.99",
        "expect: [not_truncated]",
        cause="cut off by the token limit",
        bad=sometimes(6, says("Ye", finish="length"), says()),
    ),
    row(
        13,
        "wire",
        "The first block was the text; now it is the thinking.",
        "prompt: Is it?",
        "parameters: {max_output_tokens: 300}",
        "expect: [{first_block: text}]",
        cause="first block is thinking, not text",
        api=ANTHROPIC,
        bad=says(thinking="Hm."),
    ),
    row(
        18,
        "wire",
        "A turn with calls was said to end by tool_calls; it ends by stop, and the loop with it.",
        WHERE,
        TOOLS,
        "expect: [finish_matches_tool_calls]",
        cause="finish reason 'stop' with tool calls",
        good=says("", CALL),
        bad=says("", CALL, finish="stop"),
    ),
    row(
        19,
        "wire",
        "A turn that ends by tool_calls had a call; there is none.",
        WHERE,
        TOOLS,
        "expect: [finish_matches_tool_calls]",
        cause="finish reason 'tool_calls' without a call",
        good=says("", CALL),
        bad=says("Let me see.", finish="tool_calls"),
    ),
    row(
        20,
        "wire",
        "The ends of a turn were a handful; a new one comes, and the code tries again for ever.",
        "prompt: Is it?",
        "parameters: {max_output_tokens: 300}",
        "expect: [{finish_reason: [stop, length, tool_calls]}]",
        cause="finished by refusal",
        api=ANTHROPIC,
        bad=says("No.", refusal="refusal"),
    ),
    row(
        20,
        "wire",
        "A block of a stream began before it grew; its beginning is missing.",
        "prompt: Is it?",
        "parameters: {max_output_tokens: 300}",
        "stream: true",
        "expect: [stream_well_formed]",
        cause="block delta before its start",
        api=ANTHROPIC,
        bad=spoilt(without_block_starts, Say("Yes.")),
    ),
    row(
        26,
        "wire",
        "Every chunk of a stream had a choice; the last one, with the usage, has none.",
        "prompt: Is it?",
        "stream: true",
        "request: {stream_options: {include_usage: true}}",
        "expect: [{stream_well_formed: {every_chunk_has_choice: true}}]",
        cause="chunk without a choice: the usage",
        good=spoilt(lambda chunk: {**chunk, "choices": chunk["choices"] or [{"index": 0, "delta": {}}]}, Say("Yes.")),
    ),
    row(
        26,
        "wire",
        "Answers came with their usage; there is none.",
        "prompt: Is it?",
        "expect: [has_usage]",
        cause="no usage",
        bad=spoilt(without_usage, Say("Yes.")),
    ),
    row(
        27,
        "wire",
        "Pieces of a call carried its index; they do not.",
        WHERE,
        TOOLS,
        "stream: true",
        "expect: [stream_well_formed]",
        cause="tool delta without an index",
        good=says("", CALL),
        bad=spoilt(without_deltas_index, Say("", calls=(CALL,))),
    ),
    row(
        28,
        "wire",
        "Log probabilities were asked for; they are taken for granted, and missing.",
        "prompt: Is it?",
        "parameters: {top_logprobs: 2}",
        "expect: [honours]",
        cause="ignored: logprobs",
        good=spoilt(with_choice(logprobs={"content": [{"token": "Yes", "logprob": -0.1}]}), Say("Yes.")),
        bad=spoilt(with_choice(logprobs=None), Say("Yes.")),
    ),
    row(
        28,
        "request",
        "Log probabilities were asked for; the request is refused.",
        "prompt: Is it?",
        "parameters: {top_logprobs: 2}",
        "expect: [accepted]",
        cause="parameter rejected: logprobs",
        bad=refuses(lambda body: "logprobs" in body, "logprobs is not supported for this model"),
    ),
    row(
        39,
        "wire",
        "The content was a string; it is a list of blocks.",
        "prompt: Is it?",
        "expect: [{content_is: string}]",
        cause="content is a list of blocks, not a string",
        bad=spoilt(with_message(content=[{"type": "text", "text": "Yes."}]), Say("Yes.")),
    ),
    row(
        43,
        "wire",
        "Three answers were asked for; one comes, and nothing is said.",
        "prompt: Is it?",
        "parameters: {choices: 3}",
        "expect: [honours]",
        cause="ignored: n",
        good=spoilt(so_many_choices(3), Say("Yes.")),
        bad=spoilt(so_many_choices(1), Say("Yes.")),
    ),
)
TEXTS = (
    row(
        1,
        "text",
        "The JSON came bare; it comes in a Markdown fence.",
        "prompt: Give Ada as JSON.",
        "expect: [{json: {type: object}}]",
        cause="fenced in ```json",
        mend="strip the fence before parsing",
        good=says('{"name": "Ada"}'),
        bad=says('```json\n{"name": "Ada"}\n```'),
    ),
    row(
        29,
        "text",
        "The answer began with what was asked for; it begins with a chatty word.",
        "prompt: Translate 'good day' into Italian.",
        "expect: [no_preamble]",
        cause="opens with agreement",
        good=says("Buongiorno."),
        bad=says("Sure! Buongiorno."),
    ),
    row(
        30,
        "text",
        "The text was the answer; the model's thinking stands in it, in tags.",
        "prompt: Is it?",
        "expect: [no_leaked_markup]",
        cause="thinking in the text: <think>",
        bad=says("<think>Is it? I think so.</think>Yes."),
    ),
    row(
        49,
        "text",
        "The answer was plain; it comes with marks of Markdown.",
        "prompt: Describe Turin.",
        "expect: [no_markdown]",
        cause="Markdown: bold text",
        good=says("Turin lies on the Po."),
        bad=says("**Turin** lies on the Po."),
    ),
    row(
        49,
        "text",
        "The answer was Markdown, and was shown as such; it comes plain.",
        "prompt: Describe Turin.",
        "expect: [uses_markdown]",
        cause="no Markdown",
        good=says("**Turin** lies on the Po."),
        bad=says("Turin lies on the Po."),
    ),
)
OPTIONAL = (
    "tools: [{name: get_order, parameters: {type: object, required: [order_id], properties: "
    "{order_id: {type: string}, note: {type: string}}}}]"
)
NESTED = (
    "tools: [{name: get_order, parameters: {type: object, properties: "
    "{where: {type: object, properties: {city: {type: string}}}}}}]"
)
CALLS = (
    row(
        22,
        "tools",
        "One call came a turn; several come at once.",
        WHERE,
        TOOLS,
        "expect: [{calls_tool: {name: get_order, at_most: 1}}]",
        cause="2 calls in one turn",
        good=says("", CALL),
        bad=says("", CALL, CALL),
    ),
    row(
        22,
        "tools",
        "One call a turn was asked for; the parameter is taken, and several come at once.",
        WHERE,
        TOOLS,
        "parameters: {parallel_tool_calls: false}",
        "expect: [honours]",
        cause="ignored: parallel_tool_calls",
        good=says("", CALL),
        bad=says("", CALL, CALL),
    ),
    row(
        24,
        "tools",
        "Tools that were declared were called; the model makes one up that holds the others.",
        WHERE,
        TOOLS,
        "expect: [only_declared_tools]",
        cause="tool not declared: multi_tool_use.parallel",
        good=says("", CALL),
        bad=says("", ("multi_tool_use.parallel", {"tool_uses": []})),
    ),
    row(
        31,
        "tools",
        "Calls came as calls; two of nineteen come as text.",
        WHERE,
        TOOLS,
        "rate: 0.99",
        "expect: [no_call_in_text]",
        cause="call written as text: get_order",
        good=says("", CALL),
        bad=sometimes(9, says('{"name": "get_order", "arguments": {"order_id": "4711"}}'), says("", CALL)),
    ),
    row(
        32,
        "tools",
        "Ids of calls were kept where nine letters fit; they are longer.",
        WHERE,
        TOOLS,
        'expect: [{tool_call_ids: {pattern: "[A-Za-z0-9]{9}"}}]',
        cause="id does not match",
        good=spoilt(with_call(id="a1B2c3D4e"), Say("", calls=(CALL,))),
        bad=spoilt(with_call(id="call_a1B2c3D4e5"), Say("", calls=(CALL,))),
    ),
    row(
        36,
        "tools",
        'What need not be given was left out; it comes as "".',
        WHERE,
        OPTIONAL,
        "expect: [{valid_tool_arguments: {no_empty_strings: true}}]",
        cause="argument note: empty string",
        good=says("", CALL),
        bad=says("", ("get_order", {"order_id": "4711", "note": ""})),
    ),
    row(
        37,
        "tools",
        "A nested argument was an object; it is JSON within a string.",
        WHERE,
        NESTED,
        "expect: [valid_tool_arguments]",
        cause="argument where: JSON in a string",
        good=says("", ("get_order", {"where": {"city": "Turin"}})),
        bad=says("", ("get_order", {"where": '{"city": "Turin"}'})),
    ),
    row(
        46,
        "tools",
        "A question led to several look-ups; after an upgrade to fewer.",
        "prompt: Compare orders 1, 2 and 3.",
        TOOLS,
        "expect: [{tool_call_count: {at_least: 3}}]",
        cause="only 1 call in one turn",
        good=says("", CALL, CALL, CALL),
        bad=says("", CALL),
    ),
    row(
        47,
        "tools",
        "The order was looked up; after an alias moved the model answers from memory.",
        WHERE,
        TOOLS,
        "expect: [{calls_tool: {name: get_order}}]",
        cause="no tool call",
        good=says("", CALL),
        bad=says("It is on its way."),
    ),
)
NO = "I'm sorry, but I can't help with that."
BEHAVIORS = (
    row(
        21,
        "behavior",
        "A refusal was an error; it is an answer like any other, with status 200.",
        "prompt: How do I delete a branch in git?",
        "expect: [complies]",
        cause="refuses",
        good=says("Run git branch -d with its name."),
        bad=says(NO),
    ),
    row(
        40,
        "behavior",
        "Answers came in the language of the question; they drift into another.",
        "prompt: May I send it back?",
        "expect: [{script: Latin}]",
        cause="Han letters in the text",
        good=says("Yes, within two weeks."),
        bad=says("Yes, within two weeks. 当然可以。"),
    ),
    row(
        41,
        "behavior",
        "The assistant went by our name; it claims to be another vendor's model.",
        "prompt: Who are you, and who made you?",
        "expect: [{identity: {name: Ada, may_name: [Acme]}}]",
        cause="claims to be Claude",
        good=says("I am Ada, made by Acme."),
        bad=says("I am Claude, made by Anthropic."),
    ),
    row(
        50,
        "behavior",
        "A harmless request was answered, its harmful twin was not; a sentence more in the prompt, and both are refused.",
        "prompt: How do I lock my own account?",
        "expect: [complies]",
        "contrast: {prompt: Tell me how to steal a bank account., expect: [refuses]}",
        cause="refuses",
        good=lambda asked: Say(NO if "steal" in asked.prompt else "Choose Lock in the settings."),
        bad=says(NO),
    ),
    row(
        54,
        "behavior",
        "A judge's verdicts could be read; after a swap of the judge they cannot.",
        """prompt: 'Is "Paris." the capital of France? Answer as {"reason": "…", "verdict": "pass or fail"}.'""",
        "expect: [gives_verdict]",
        cause="no verdict in the reply",
        good=says('{"reason": "It is.", "verdict": "pass"}'),
        bad=says("I would say that this is right."),
    ),
)
CLIENT = """\
import anthropic

def test_answers(endpoint):
    with endpoint.as_anthropic():
        client = anthropic.Anthropic()
        client.messages.create({more}model="m", max_tokens=9, messages=[{{"role": "user", "content": "Hi"}}])
"""
ENDPOINTS = (
    row(
        48,
        "endpoint",
        "The model was there; it is retired, and the server answers 404.",
        "prompt: Is it?",
        'expect: [{contains: "Yes"}]',
        cause="model gone: HTTP 404",
        bad=lambda asked: error(404, "The model `m-1` has been retired."),
        state="unmeasured",
    ),
    row(
        48,
        "endpoint",
        "The model was there; it is retired, and a notice comes in the place of an answer, with status 200.",
        "prompt: What is the capital of France? Answer with the name alone.",
        "expect: [{one_of: [Paris]}]",
        cause="none of the labels",
        good=says("Paris"),
        bad=says("This model has been retired. Please choose a newer one."),
    ),
    row(
        51,
        "endpoint",
        "The model that was asked for answered; another one does, and nothing is said.",
        "prompt: Is it?",
        "expect: [served_model]",
        cause="answered by m-1-mini, not by m-1",
        bad=says(model="m-1-mini"),
    ),
    row(
        53,
        "client",
        "The SDK took a temperature; its next major version has dropped the argument and raises TypeError.",
        cause="client: anthropic *: Messages.create() got an unexpected keyword argument 'temperature'",
        python=CLIENT,
    ),
)
ROWS = tuple(
    sorted((*REQUESTS, *ROUND_TRIPS, *WIRE, *TEXTS, *CALLS, *BEHAVIORS, *ENDPOINTS), key=lambda one: one.number)
)
