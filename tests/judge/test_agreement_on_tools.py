"""Recorded calls of real models: our verdicts against those of the leaderboard's own checker."""

import pytest

import tools
from development_data import records


@pytest.fixture(scope="module")
def measured():
    found = records("bfcl")
    if not found:
        pytest.skip("the development data are not part of a checkout")
    return tools.measure(found)


def total(tables, category=None):
    return sum((table for (name, _), table in tables.items() if category in (None, name)), tools.Table())


def test_whether_a_tool_is_called_where_none_fits_is_seen_as_the_leaderboard_sees_it(measured):
    assert total(measured.shape, "relevance").agreement == 1.0


def test_the_shape_of_calls_agrees_with_the_leaderboard(measured):
    everything = total(measured.shape)
    assert (everything.n, measured.unjudged) == (2615, 0)
    assert everything.agreement >= 0.97
    assert everything.kappa >= 0.93
    assert everything.theirs_alone <= 3


def test_no_call_with_wrong_values_passes_for_one_with_the_right_ones(measured):
    assert total(measured.values).n == 1950
    assert total(measured.values).ours_alone == 0


def test_a_tool_named_python_that_was_never_offered_counts_as_no_call():
    record = {
        "model": "m",
        "tools": [{"name": "math.sum", "parameters": {"type": "dict", "properties": {"n": {"type": "float"}}}}],
        "response": [{"python": "1 + 1"}, {"math_sum": '{"n": 1}'}],
    }
    reply = tools.reply_of(record)
    assert [call.name for call in reply.tool_calls] == ["math_sum"]
    assert tools.verdict_of(tools.CLAUSES["simple"], reply).passed
    assert tools.verdict_of(tools.CLAUSES["relevance"], reply).cause == "calls a tool: math_sum"


def test_schemas_of_the_leaderboard_become_json_schemas():
    theirs = {
        "type": "dict",
        "properties": {"type": {"type": "any"}, "xs": {"type": "tuple", "items": {"type": "float"}}},
    }
    assert tools.json_schema(theirs) == {
        "type": "object",
        "properties": {"type": {}, "xs": {"type": "array", "items": {"type": "number"}}},
    }
