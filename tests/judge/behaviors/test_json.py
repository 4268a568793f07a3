import json

import pytest

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.json import Json

ORDER = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"type": "object", "required": ["sku"]}},
        "n": {"type": "integer"},
    },
    "required": ["items"],
}


def verdict(text, **fields):
    reply = Reply(text=text, finish_reason=fields.pop("finish_reason", "stop"))
    return Json(**fields).check(reply)


@pytest.mark.parametrize("text", ['{"a": 1}', "[1]", '"text"', "3", "null", ' \n{"a": 1}\n '])
def test_bare_values_pass(text):
    assert verdict(text).passed


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('```json\n{"a": 1}\n```', "fenced in ```json"),
        ('```\n{"a": 1}\n```', "fenced in ```"),
        ("~~~\n[1]\n~~~", "fenced in ~~~"),
        ('Sure! {"a": 1}', "text before the JSON"),
        ('{"a": 1} Enjoy!', "text after the JSON"),
        ('Here: {"a": 1} Enjoy!', "text around the JSON"),
        ('{"a": 1', "broken JSON"),
        ("{'a': 1}", "broken JSON"),
        ('```json\n{"a": \n```', "broken JSON in a fence"),
        ("no braces here", "no JSON"),
        ("", "empty reply"),
        ('{"a": NaN}', "broken JSON"),
    ],
)
def test_what_stands_around_it_is_named(text, cause):
    found = verdict(text)
    assert found.outcome == "fail"
    assert found.cause == cause


def test_a_reply_cut_off_by_the_limit_is_no_broken_model():
    assert verdict('{"a": 1', finish_reason="length").cause == "cut off by the token limit"


def test_a_looser_form_is_allowed_where_the_contract_allows_it():
    assert verdict('```json\n{"a": 1}\n```', form="fenced").passed
    assert verdict('Sure! {"a": 1}', form="embedded").passed
    assert not verdict('Sure! {"a": 1}', form="fenced").passed


def test_the_mend_is_named_only_where_it_would_help():
    assert "strip the fence" in verdict('```json\n{"items": []}\n```', schema=ORDER).mend
    assert verdict('```json\n{"other": []}\n```', schema=ORDER).mend == ""


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ({}, "key missing: 'items'"),
        ({"items": [{}]}, "key missing: 'items[*].sku'"),
        ({"items": [{"sku": 1}, {}]}, "key missing: 'items[*].sku'"),
        ({"items": [], "n": "3"}, "schema violated at n"),
        ([], "schema violated at the top"),
    ],
)
def test_a_schema_names_the_path_that_fails(document, cause):
    assert verdict(json.dumps(document), schema=ORDER).cause == cause


def test_the_top_type_is_checked():
    assert verdict("[]", type="object").cause == "is array, not object"
    assert verdict("true", type="number").cause == "is boolean, not number"
    assert verdict("1.5", type="number").passed


def test_a_bad_schema_is_refused_when_it_is_made():
    with pytest.raises(ValueError, match="no JSON Schema"):
        Json(schema={"type": "objekt"})


def test_a_schema_that_points_elsewhere_is_refused_and_nothing_is_fetched():
    with pytest.raises(ValueError, match="another document"):
        Json(schema={"properties": {"a": {"$ref": "http://127.0.0.1:9/x.json"}}})


def test_references_within_the_schema_work():
    schema = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert verdict('{"a": 1}', schema=schema).passed
    assert verdict('{"a": "x"}', schema=schema).cause == "schema violated at a"


def test_a_reference_that_leads_nowhere_is_an_error_and_not_the_models_fault():
    assert verdict("{}", schema={"$ref": "#/$defs/gone"}).outcome == "error"
