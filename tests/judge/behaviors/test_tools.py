"""Tool calls: which, how many, with which arguments, of declared tools, with ids, and not as text."""

import json

import pytest
from replies import NASTY, call, caller, on_wire, read_back

from model_server import Say
from pytest_behavior_contract.exchange import Exchange, Reply, Request, Response, Tool, ToolCall
from pytest_behavior_contract.judge.behaviors.calls_no_tool import CallsNoTool
from pytest_behavior_contract.judge.behaviors.calls_tool import CallsTool
from pytest_behavior_contract.judge.behaviors.calls_tools import CallsTools
from pytest_behavior_contract.judge.behaviors.no_call_in_text import NoCallInText
from pytest_behavior_contract.judge.behaviors.only_declared_tools import OnlyDeclaredTools
from pytest_behavior_contract.judge.behaviors.tool_call_count import ToolCallCount
from pytest_behavior_contract.judge.behaviors.tool_call_ids import ToolCallIds
from pytest_behavior_contract.judge.behaviors.valid_tool_arguments import ValidToolArguments
from pytest_behavior_contract.judge.on_record import declared_tools

CHAT, RESPONSES, ANTHROPIC = SURFACES = ("openai-chat", "openai-responses", "anthropic-messages")
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


@pytest.mark.parametrize(
    ("match", "found", "cause"),
    [
        ("subset", {"a": 1, "b": {"c": 2, "d": 3}, "e": 0}, ""),
        ("exact", {"b": {"c": 2}, "a": 1}, ""),
        ("exact", {"a": 1, "b": {"c": 2}, "e": 0}, "argument not expected: 'e'"),
        ("exact", {"a": 1, "b": {"c": 2, "d": 3}}, "argument differs: 'b'"),
        ("ordered", {"a": 1, "b": {"c": 2}}, ""),
        ("ordered", {"b": {"c": 2}, "a": 1}, "arguments in another order"),
        ("subset", {"a": 1, "b": '{"c": 2}'}, "argument b: JSON in a string"),
        ("subset", {"a": "1", "b": {"c": 2}}, "argument differs: 'a'"),
    ],
)
def test_arguments_match_as_a_part_exactly_or_in_their_order(match, found, cause):
    wanted = CallsTool(name="f", arguments={"a": 1, "b": {"c": 2}}, match=match)
    assert wanted.check(caller(call("f", **found))).cause == cause


def test_lists_are_compared_whole_and_what_is_true_in_them_is_not_one():
    wanted = CallsTool(name="f", arguments={"ids": [1, {"x": 2}]})
    assert wanted.check(caller(call("f", ids=[1, {"x": 2, "y": 3}]))).passed
    assert not wanted.check(caller(call("f", ids=[True, {"x": 2}]))).passed
    assert not wanted.check(caller(call("f", ids=[1]))).passed


def test_a_schema_says_what_is_not_one_value():
    schema = {"properties": {"id": {"type": "string", "pattern": "^[0-9]+$"}}, "required": ["id"]}
    wanted = CallsTool(name="f", schema=schema)
    assert wanted.check(caller(call("f", id="4711"))).passed
    assert wanted.check(caller(call("f", id="x"))).cause == "argument id: does not match its pattern"
    assert wanted.check(caller(call("f"))).cause == "argument missing: 'id'"
    with pytest.raises(ValueError, match="no JSON Schema"):
        CallsTool(name="f", schema={"type": "objekt"})


def test_arguments_that_are_encoded_twice_are_named():
    twice = ToolCall(name="f", arguments='{"a": 1}', arguments_text='"{\\"a\\": 1}"')
    assert CallsTool(name="f").check(caller(twice)).cause == "arguments: JSON in a string"


@pytest.mark.parametrize("wrong", [{"at_least": -1}, {"at_most": 0}, {"at_least": 3, "at_most": 2}])
def test_bounds_that_nothing_can_keep_are_refused(wrong):
    with pytest.raises(ValueError, match="at_"):
        CallsTool(name="f", **wrong)


A1, A2, B = {"name": "a", "arguments": {"n": 1}}, {"name": "a", "arguments": {"n": 2}}, {"name": "b"}


@pytest.mark.parametrize(
    ("wanted", "calls", "cause"),
    [
        (CallsTools(calls=(A1, B)), (call("b"), call("a", n=1)), ""),
        (CallsTools(calls=(A1, B), order="given"), (call("b"), call("a", n=1)), "calls in another order"),
        (CallsTools(calls=(A1, B), order="given"), (call("a", n=1), call("b")), ""),
        (CallsTools(calls=(A1, B)), (call("a", n=1),), "call missing: b"),
        (CallsTools(calls=(A1, A2)), (call("a", n=1), call("a", n=1)), "a: argument differs: 'n'"),
        (CallsTools(calls=(A1,)), (call("a", n=1), call("b")), "call not expected: b"),
        (CallsTools(calls=(A1,), others=True), (call("b"), call("a", n=1)), ""),
        (CallsTools(calls=(A1, B), order="given", others=True), (call("a", n=1), call("a"), call("b")), ""),
        (CallsTools(calls=(A1,)), (), "no tool call"),
        (CallsTools(calls=(A1,), match="exact"), (call("a", n=1, m=2),), "a: argument not expected: 'm'"),
    ],
)
def test_several_calls_are_a_set_or_a_sequence(wanted, calls, cause):
    assert wanted.check(Reply(text="Hi", tool_calls=calls)).cause == cause


def test_a_loose_expectation_does_not_take_the_call_that_a_strict_one_needs():
    wanted = CallsTools(calls=({"name": "a"}, A1))
    assert wanted.check(caller(call("a", n=1), call("a", n=9))).passed
    assert wanted.check(caller(call("a", n=9), call("a", n=1))).passed
    assert CallsTools(calls=({"name": "a"}, A1), order="given").check(caller(call("a", n=9), call("a", n=1))).passed


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ((), "expect calls_no_tool"),
        (({"arguments": {}},), "no name"),
        (({"name": "a", "args": {}},), "not 'args'"),
        (({"name": "a", "arguments": []},), "should be a mapping"),
    ],
)
def test_expected_calls_that_say_nothing_are_refused(calls, message):
    with pytest.raises(ValueError, match=message):
        CallsTools(calls=calls)


def test_no_call_where_none_fits():
    assert CallsNoTool().check(Reply(text="You are welcome.")).passed
    assert CallsNoTool().check(caller(call("get_order"))).cause == "calls a tool: get_order"


def test_calls_are_counted_all_or_of_one_tool():
    two = caller(call("a"), call("b"))
    assert ToolCallCount(at_least=1, at_most=1).check(two).cause == "2 calls in one turn"
    assert ToolCallCount(at_most=1, name="a").check(two).passed
    assert ToolCallCount(at_least=3).check(two).cause == "only 2 calls in one turn"
    assert ToolCallCount(at_least=1).check(Reply(text="Hi")).cause == "no tool call"
    assert ToolCallCount(at_most=1).check(Reply(text="Hi")).passed
    with pytest.raises(ValueError, match="say how many"):
        ToolCallCount()


ORDER = Tool(
    name="get_order",
    parameters={
        "type": "object",
        "properties": {
            "order_id": {"type": "string"},
            "note": {"type": "string"},
            "priority": {"enum": ["low", "high"]},
            "count": {"type": "integer", "minimum": 1},
            "where": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
        },
        "required": ["order_id"],
    },
)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("surface", SURFACES)
def test_declared_tools_are_read_from_the_request_of_every_surface(surface, stream):
    reply = on_wire(surface, Say(calls=(("get_order", {"order_id": "1"}),)), tools=(ORDER,), stream=stream)
    assert declared_tools(reply) == {"get_order": ORDER.parameters}
    assert OnlyDeclaredTools().check(reply).passed
    made_up = on_wire(surface, Say(calls=(("python", {"code": "1"}),)), tools=(ORDER,), stream=stream)
    assert OnlyDeclaredTools().check(made_up).cause == "tool not declared: python"
    assert OnlyDeclaredTools().check(made_up).evidence.endswith("declared: get_order")


def test_tools_of_a_python_endpoint_are_declared_too():
    body = {"model": "m", "tools": [{"name": "find", "parameters": {}}]}
    reply = read_back(
        Request(surface="python", path="", body=body), '{"tool_calls": [{"name": "find"}, {"name": "x"}]}'
    )
    assert OnlyDeclaredTools().check(reply).cause == "tool not declared: x"


def test_tools_of_the_vendor_and_functions_of_old_are_declared_by_name():
    tools = [{"type": "bash_20250124", "name": "bash"}, {"type": "custom", "custom": {"name": "sql"}}, {"type": "x"}, 3]
    request = Request(surface=CHAT, path="/x", body={"tools": tools, "functions": [{"name": "old"}]})
    assert declared_tools(read_back(request, "{}")) == {"bash": None, "sql": None, "old": None}


def test_without_calls_nothing_undeclared_was_called():
    assert OnlyDeclaredTools().check(Reply(text="Hi")).passed


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"order_id": "1", "note": "x", "where": {"city": "Turin"}, "items": [{"sku": "a"}]}, ""),
        ({}, "argument missing: 'order_id'"),
        ({"order_id": 1}, "argument order_id: is integer, not string"),
        ({"order_id": "1", "priority": "urgent"}, "argument priority: not one of its values"),
        ({"order_id": "1", "count": 0}, "argument count: too small"),
        ({"order_id": "1", "count": "2"}, "argument count: is string, not integer"),
        ({"order_id": "1", "count": True}, "argument count: is boolean, not integer"),
        ({"order_id": "1", "colour": "red"}, "argument not declared: 'colour'"),
        ({"order_id": "1", "where": '{"city": "Turin"}'}, "argument where: JSON in a string"),
        ({"order_id": "1", "where": {}}, "argument missing: 'where.city'"),
        ({"order_id": "1", "items": '[{"sku": "a"}]'}, "argument items: JSON in a string"),
        ({"order_id": "1", "items": [{"sku": 1}]}, "argument items[*].sku: is integer, not string"),
    ],
)
def test_arguments_are_held_against_the_declared_schema(surface, arguments, cause):
    reply = on_wire(surface, Say(calls=(("get_order", arguments),)), tools=(ORDER,))
    assert ValidToolArguments().check(reply).cause == cause


def order_call(arguments, **more):
    return ValidToolArguments(**more).check(on_wire(CHAT, Say(calls=(("get_order", arguments),)), tools=(ORDER,)))


def test_an_empty_text_in_the_place_of_nothing_is_a_fault_where_it_is_asked_for():
    omitted = {"order_id": "1", "note": ""}
    assert order_call(omitted).passed
    assert order_call(omitted, no_empty_strings=True).cause == "argument note: empty string"
    assert order_call({"order_id": ""}, no_empty_strings=True).passed
    nested = {"order_id": "1", "items": [{"sku": ""}]}
    assert order_call(nested, no_empty_strings=True).cause == "argument items[*].sku: empty string"
    assert order_call({"order_id": "1", "where": {"city": ""}}, no_empty_strings=True).passed


def test_json_in_a_string_is_a_fault_even_where_a_string_is_allowed_if_it_is_asked_for():
    note = {"order_id": "1", "note": '{"text": "x"}'}
    assert order_call(note).passed
    assert order_call(note, no_json_in_strings=True).cause == "argument note: JSON in a string"
    assert order_call({"order_id": "1", "note": "[sic] 12"}, no_json_in_strings=True).passed


def test_an_object_or_null_may_be_what_json_in_a_string_stands_for():
    tool = Tool(name="f", parameters={"properties": {"w": {"anyOf": [{"type": "object"}, {"type": "null"}]}}})
    reply = on_wire(CHAT, Say(calls=(("f", {"w": '{"a": 1}'}),)), tools=(tool,))
    assert ValidToolArguments().check(reply).cause == "argument w: JSON in a string"


def test_extra_arguments_are_allowed_where_the_schema_or_the_contract_says_so():
    assert order_call({"order_id": "1", "colour": "red"}, extra_arguments=True).passed
    open_to_more = Tool(name="f", parameters={"properties": {}, "additionalProperties": True})
    assert ValidToolArguments().check(on_wire(CHAT, Say(calls=(("f", {"x": 1}),)), tools=(open_to_more,))).passed
    closed = Tool(name="f", parameters={"type": "object", "properties": {}, "additionalProperties": False})
    verdict = ValidToolArguments().check(on_wire(CHAT, Say(calls=(("f", {"x": 1}),)), tools=(closed,)))
    assert verdict.cause == "argument not declared: 'x'"


def test_only_the_named_tool_is_looked_at():
    say = Say(calls=(("other", {"x": 1}), ("get_order", {"order_id": "1"})))
    reply = on_wire(CHAT, say, tools=(ORDER,))
    assert ValidToolArguments().check(reply).cause == "tool not declared: other"
    assert ValidToolArguments(name="get_order").check(reply).passed


def test_how_arguments_stand_on_the_wire_is_a_fault_of_its_own():
    def bare(surface, document):
        return read_back(Request(surface=surface, path="/x", body={"tools": [{"name": "f"}]}), json.dumps(document))

    call_of_chat = {"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}
    chat = bare(CHAT, {"choices": [{"message": {"tool_calls": [call_of_chat]}}]})
    responses = bare(RESPONSES, {"output": [{"type": "function_call", "name": "f", "arguments": {"a": 1}}]})
    anthropic = bare(ANTHROPIC, {"content": [{"type": "tool_use", "name": "f", "input": '{"a": 1}'}]})
    check = ValidToolArguments().check
    assert check(chat).cause == check(responses).cause == "arguments: an object, not JSON text"
    assert check(anthropic).cause == "arguments: JSON in a string"


def test_arguments_that_do_not_parse_are_named_without_any_schema():
    broken = caller(ToolCall(name="f", arguments_text='{"a": '))
    assert ValidToolArguments().check(broken).cause == "arguments do not parse"
    assert ValidToolArguments().check(Reply(text="Hi")).passed


def test_a_schema_that_is_none_is_no_verdict_on_the_reply():
    for schema in ({"type": "dict"}, {"properties": {"a": {"$ref": "https://example.com/a.json"}}}):
        reply = on_wire(CHAT, Say(calls=(("f", {"a": 1}),)), tools=(Tool(name="f", parameters=schema),))
        verdict = ValidToolArguments().check(reply)
        assert (verdict.outcome, verdict.cause) == ("error", "no JSON Schema: f")


def test_ids_are_there_differ_and_have_the_form_that_is_relied_on():
    def ids(*found, pattern=None):
        calls = tuple(ToolCall(name="f", arguments={}, arguments_text="{}", id=one) for one in found)
        return ToolCallIds(pattern=pattern).check(caller(*calls)).cause

    assert ids("a", "b") == ids() == ids("a1b2c3d4e", pattern="[a-z0-9]{9}") == ""
    assert ids("a", "") == "call without an id"
    assert ids("a", "a") == "id twice"
    assert ids("call_1", pattern="[a-z0-9]{9}") == ids("a1b2c3d4ef", pattern="[a-z0-9]{9}") == "id does not match"
    with pytest.raises(ValueError, match="no regular expression"):
        ToolCallIds(pattern="(")


WRITTEN = [
    '{"name": "get_order", "arguments": {"order_id": "4711"}}',
    '```json\n{"tool": "get_order", "parameters": {}}\n```',
    '{"recipient_name": "functions.get_order", "parameters": {}}',
    '<tool_call>\n{"name": "get_order", "arguments": {}}\n</tool_call>',
    '<function=get_order>{"order_id": "4711"}</function>',
    '<invoke name="get_order"><parameter name="order_id">4711</parameter></invoke>',
    "<get_order><order_id>4711</order_id></get_order>",
    "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_order\n```json",
    "[TOOL_CALLS]get_order{}",
    '<|python_tag|>get_order(order_id="4711")',
    "[get_order(order_id='4711')]",
    'functions.get_order({"order_id": "4711"})',
    "<|start|>assistant<|channel|>commentary to=functions.get_order <|message|>{}",
    "Thought: look it up\nAction: get_order\nAction Input: 4711",
]
PROSE = [
    "I looked the order up with get_order and it is on its way.",
    "The function `get_order()` would tell.",
    'There is a "name" field, and get_order is a tool.',
    "Use forget_orders(1) or get_order_list(1).",
    "",
    "Action: none. Result: <b>get order</b>",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_call_that_is_written_as_text_is_found(text):
    reply = on_wire(CHAT, Say(f"Let me see. {text}" if not text.startswith("Thought") else text), tools=(ORDER,))
    assert NoCallInText().check(reply).cause == "call written as text: get_order"
    assert NoCallInText(names=("get_order",)).check(Reply(text=text)).cause == "call written as text: get_order"


@pytest.mark.parametrize("text", PROSE)
def test_a_text_that_speaks_of_a_tool_calls_nothing(text):
    assert NoCallInText().check(on_wire(CHAT, Say(text), tools=(ORDER,))).passed


def test_a_tag_of_html_is_no_tool_of_that_name():
    reply = on_wire(CHAT, Say("<table><tr></tr></table>"), tools=(Tool(name="table"),))
    assert NoCallInText().check(reply).passed
    assert not NoCallInText().check(on_wire(CHAT, Say("<getOrder><id>1</id>"), tools=(Tool(name="getOrder"),))).passed


def test_of_tools_whose_names_begin_alike_the_one_that_was_written_is_named():
    tools = (Tool(name="get"), Tool(name="get_order"))
    reply = on_wire(CHAT, Say('get_order(order_id="1")'), tools=tools)
    assert NoCallInText().check(reply).cause == "call written as text: get_order"


def test_without_any_tool_there_is_nothing_to_look_for():
    assert NoCallInText().check(on_wire(CHAT, Say("Hi"))).outcome == "error"


def test_nasty_texts_with_declared_tools_are_judged():
    body = {"tools": [{"name": "get_order"}, {"name": "weird(name[.*"}]}
    exchange = Exchange(request=Request(surface=CHAT, path="/x", body=body), response=Response(status=200))
    for nasty in NASTY:
        reply = Reply(text=nasty.text, tool_calls=nasty.tool_calls, exchange=exchange)
        for check in (NoCallInText(), OnlyDeclaredTools(), ValidToolArguments(no_json_in_strings=True)):
            assert check.check(reply).outcome in ("pass", "fail")


def test_deeply_nested_arguments_do_not_raise():
    deep = None
    for _ in range(20_000):
        deep = {"a": deep}
    reply = Reply(tool_calls=(ToolCall(name="f", arguments={"a": deep}, arguments_text="…", id="c"),))
    exchange = Exchange(
        request=Request(
            surface=CHAT,
            path="/x",
            body={
                "tools": [
                    {
                        "name": "f",
                        "parameters": {
                            "$ref": "#/$defs/x",
                            "$defs": {"x": {"properties": {"a": {"$ref": "#/$defs/x"}}}},
                        },
                    }
                ]
            },
        ),
        response=Response(status=200),
    )
    reply = Reply(tool_calls=reply.tool_calls, exchange=exchange)
    wanted = {"a": {}}
    for _ in range(2_000):
        wanted = {"a": wanted}
    for check in (
        CallsTool(name="f", arguments=wanted),
        CallsTools(calls=({"name": "f", "arguments": wanted},)),
        ValidToolArguments(no_empty_strings=True, no_json_in_strings=True),
    ):
        assert check.check(reply).outcome in ("pass", "fail")


def test_a_schema_that_is_put_together_from_others_may_declare_the_rest_elsewhere():
    together = Tool(name="f", parameters={"properties": {}, "allOf": [{"properties": {"x": {"type": "integer"}}}]})
    assert ValidToolArguments().check(on_wire(CHAT, Say(calls=(("f", {"x": 1}),)), tools=(together,))).passed


def test_a_schema_in_the_contract_that_refers_elsewhere_judges_nothing():
    wanted = CallsTool(name="f", schema={"properties": {"a": {"$ref": "https://example.com/a.json"}}})
    verdict = wanted.check(caller(call("f", a=1)))
    assert (verdict.outcome, verdict.cause) == ("error", "schema cannot be applied")


def test_the_order_of_arguments_is_that_of_every_level():
    wanted = CallsTool(name="f", arguments={"a": {"x": 1, "y": 2}}, match="ordered")
    assert wanted.check(caller(call("f", a={"x": 1, "y": 2}))).passed
    assert wanted.check(caller(call("f", a={"y": 2, "x": 1}))).cause == "argument differs: 'a'"
