"""yaml, xml, tags, csv, table, code, fence, number: what a program reads, and what stands in its way."""

import logging

import pytest

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.code import Code
from pytest_behavior_contract.judge.behaviors.csv import Csv
from pytest_behavior_contract.judge.behaviors.fence import Fence
from pytest_behavior_contract.judge.behaviors.json import Json
from pytest_behavior_contract.judge.behaviors.number import Number
from pytest_behavior_contract.judge.behaviors.table import Table
from pytest_behavior_contract.judge.behaviors.tags import Tags
from pytest_behavior_contract.judge.behaviors.xml import Xml
from pytest_behavior_contract.judge.behaviors.yaml import Yaml

PY = "```python\nprint(1)\n```"
TABLE = "| City | Inhabitants |\n| --- | ---: |\n| Turin | 850 000 |\n| Pisa | 90 000 |"

CASES = [
    (Json(keys=("a", "b.c")), '{"a": 1, "b": {"c": null}}', ""),
    (Json(keys=("a", "b.c")), '{"a": 1, "b": []}', "key missing: 'b.c'"),
    (Json(keys={"a[*].n": "integer"}), '{"a": [{"n": 1}, {"n": 2.0}]}', ""),
    (Json(keys={"a[*].n": "integer"}), '{"a": [{"n": 1}, {"n": 2.5}]}', "'a[*].n' is number, not integer"),
    (Json(keys={"a[*].n": "integer"}), '{"a": {"n": 1}}', "key missing: 'a[*].n'"),
    (Json(keys={"[*]": "string"}), '["x", 1]', "'[*]' is number, not string"),
    (Json(keys={"a": ("string", "null")}), '{"a": null}', ""),
    (Json(keys={"a": ("string", "null")}), '{"a": true}', "'a' is boolean, not string or null"),
    (Json(), 'Here:\n```json\n{"a": 1}\n```', "text before the fenced JSON"),
    (Json(), '```json\n{"a": 1}\n```\nEnjoy!', "text after the fenced JSON"),
    (Json(), 'Here:\n```json\n{"a": 1}\n```\nEnjoy!', "text around the fenced JSON"),
    (Json(), '```json\n{"a": 1}', "fenced in ```json, never closed"),
    (Json(), 'Here:\n```json\n{"a": \n```', "broken JSON in a fence"),
    (Json(form="embedded"), 'As in [1] and {x}, it is {"a": 1}.', ""),
    (Json(form="embedded", type="object"), 'As in [1], it is {"a": 1}.', ""),
    (Json(form="embedded"), 'Install it:\n```bash\npip\n```\nThen:\n```json\n{"a": 1}\n```', ""),
    (Json(form="embedded"), '{"a": "broken\nin [1, 2] the middle"}', "broken JSON"),
    (Yaml(), "a: 1\nb: [x, y]", ""),
    (Yaml(), "- a\n- b\n", ""),
    (Yaml(), "Sure, here it is.", "plain text, no YAML"),
    (Yaml(), "a: [1, 2", "broken YAML"),
    (Yaml(), "a: 1\na: 2", "broken YAML"),
    (Yaml(), "a: &x [*x, *x]", "broken YAML"),
    (Yaml(), "a: !!python/object:os.system x", "broken YAML"),
    (Yaml(), "", "empty reply"),
    (Yaml(), "```yaml\na: 1\n```", "fenced in ```yaml"),
    (Yaml(form="fenced"), "```yaml\na: 1\n```", ""),
    (Yaml(form="fenced"), "Here:\n```yaml\na: 1\n```", "text before the fenced YAML"),
    (Yaml(keys=("a", "b")), "a: 1", "key missing: 'b'"),
    (Yaml(type="array"), "a: 1", "is object, not array"),
    (Yaml(schema={"properties": {"a": {"type": "integer"}}}), "a: x", "schema violated at a"),
    (Xml(), "<a><b>1</b></a>", ""),
    (Xml(), '<?xml version="1.0"?>\n<a/>', ""),
    (Xml(), "<a><b></a>", "broken XML"),
    (Xml(), "Sure: <a/>", "text before the XML"),
    (Xml(), "<a/> Enjoy!", "text after the XML"),
    (Xml(), "no tags", "no XML"),
    (Xml(), "if a < b and c > d", "no XML"),
    (Xml(), '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "broken XML"),
    (Xml(), "```xml\n<a/>\n```", "fenced in ```xml"),
    (Xml(form="fenced", root="a"), "```xml\n<a/>\n```", ""),
    (Xml(root="order"), "<a/>", "root is 'a', not 'order'"),
    (Xml(elements=("b", "c")), "<a><b/></a>", "element missing: 'c'"),
    (Xml(), "", "empty reply"),
    (Tags(names="answer"), "I think. <answer>42</answer>", ""),
    (Tags(names="answer", only=True), "I think. <answer>42</answer>", "text before the tags"),
    (Tags(names="answer", only=True), "<answer>42</answer> Bye", "text after the tags"),
    (Tags(names=("a", "b"), only=True), "<a>1</a> and <b>2</b>", "text between the tags"),
    (Tags(names=("a", "b"), only=True), "<a>1 < 2 & 3</a>\n<b x='1'>2</b>\n", ""),
    (Tags(names=("a", "b")), "<b>1</b><a>2</a>", "tags in another order"),
    (Tags(names=("a", "b")), "<a>1</a>", "tag missing: 'b'"),
    (Tags(names="a"), "<a>1", "tag not closed: 'a'"),
    (Tags(names="a"), "1</a>", "tag closed before it is opened: 'a'"),
    (Tags(names="a"), "<a> </a>", "tag empty: 'a'"),
    (Tags(names="a", empty=True), "<a></a>", ""),
    (Tags(names="a"), "<a>1</a><a>2</a>", "tag twice: 'a'"),
    (Tags(names="a", repeated=True), "<a>1</a><a>2</a>", ""),
    (Tags(names="a"), "", "empty reply"),
    (Csv(), "a,b\n1,2\n", ""),
    (Csv(), 'a,"b, c"\n1,2', ""),
    (Csv(), "a,b\n1,2,3", "rows of different length"),
    (Csv(), "Here it is:\na,b", "rows of different length"),
    (Csv(), "just words", "only one column"),
    (Csv(columns=1), "one\ntwo", ""),
    (Csv(columns=("a", "b"), at_least=1), "a,b\n1,2", ""),
    (Csv(columns=("a", "b"), at_least=1), "a,b", "no rows"),
    (Csv(columns=("a", "b"), at_least=3), "a,b\n1,2", "fewer than 3 rows"),
    (Csv(columns=("a", "b"), at_most=1), "a,b\n1,2\n3,4", "more than 1 rows"),
    (Csv(columns=("a", "c")), "a,b\n1,2", "columns have other names"),
    (Csv(columns=3), "a,b\n1,2", "2 columns, not 3"),
    (Csv(delimiter=";"), "a;b\n1,5;2", ""),
    (Csv(), 'a,b\n"1,2', "broken quotes"),
    (Csv(), "```csv\na,b\n1,2\n```", "fenced in ```csv"),
    (Csv(form="fenced"), "```csv\na,b\n1,2\n```", ""),
    (Csv(), "", "empty reply"),
    (Table(), TABLE, ""),
    (Table(columns=("City", "Inhabitants"), at_least=2, at_most=2, only=True), TABLE, ""),
    (Table(only=True), f"Here:\n\n{TABLE}", "text before the table"),
    (Table(only=True), f"{TABLE}\n\nBye", "text after the table"),
    (Table(), "City | Inhabitants\n--- | ---\nTurin | 850 000", ""),
    (Table(), "| a | b |\n| 1 | 2 |", "table without a head rule"),
    (Table(), "no table", "no table"),
    (Table(), "a\n---\nb", "no table"),
    (Table(), "| a | b |\n|---|---|\n| 1 |", "rows of different length"),
    (Table(), "| a | b |\n|---|---|\n| 1 \\| 2 | 3 |", ""),
    (Table(columns=3), TABLE, "2 columns, not 3"),
    (Table(columns=("Town", "Inhabitants")), TABLE, "columns have other names"),
    (Table(at_least=3), TABLE, "fewer than 3 rows"),
    (Table(), "", "empty reply"),
    (Code(language="python"), "def f(x):\n    return x", ""),
    (Code(language="python"), "def f(x)\n    return x", "does not parse as Python"),
    (Code(language="python"), "Here is the code:\nx = 1", "does not parse as Python"),
    (Code(language="python"), r"x = '\d'", ""),
    (Code(language="python"), "x = '\x00'", "does not parse as Python"),
    (Code(language="python"), "(" * 5_000, "does not parse as Python"),
    (Code(language="python"), "-" * 100_000 + "1", "does not parse as Python"),
    (Code(language="python"), PY, "fenced in ```python"),
    (Code(language="python", form="fenced"), PY, ""),
    (Code(language="python", form="fenced"), f"Here:\n{PY}", "text before the fenced Python"),
    (Code(language="python", form="embedded"), f"Here:\n{PY}\nBye", ""),
    (Code(language="python", form="embedded"), "Here:\n```python\nprint(\n```", "does not parse as Python"),
    (Code(language="python"), "", "empty reply"),
    (Code(language="sql"), "SELECT a, COUNT(*) FROM t WHERE b = 1 GROUP BY a;", ""),
    (Code(language="sql"), "WITH x AS (SELECT 1) SELECT * FROM x; DELETE FROM t WHERE a = 1", ""),
    (Code(language="sql"), "(SELECT 1) UNION (SELECT 2)", ""),
    (Code(language="sql"), "SELECT * FORM t", "does not parse as SQL"),
    (Code(language="sql"), "SELECT (a FROM t", "does not parse as SQL"),
    (Code(language="sql"), "SELECT 'a FROM t", "does not parse as SQL"),
    (Code(language="sql"), "hello world", "does not parse as SQL"),
    (Code(language="sql"), "Call me when you are there", "does not parse as SQL"),
    (Code(language="sql"), "Here is the query: SELECT 1", "does not parse as SQL"),
    (Code(language="sql"), "-- nothing", "does not parse as SQL"),
    (Code(language="sql"), "(" * 10_000, "does not parse as SQL"),
    (Code(language="sql", dialect="postgres"), "SELECT a::int FROM t WHERE b ILIKE '%x%'", ""),
    (Code(language="sql", dialect="mysql"), "SHOW TABLES", ""),
    (Code(language="json"), '{"a": NaN}', "does not parse as JSON"),
    (Code(language="json"), '{"a": 1}', ""),
    (Code(language="json"), "[" * 100_000, "does not parse as JSON"),
    (Code(language="yaml"), "a: [", "does not parse as YAML"),
    (Code(language="toml"), "[a]\nb = 1", ""),
    (Code(language="toml"), "a = ", "does not parse as TOML"),
    (Code(language="xml"), "<a>", "does not parse as XML"),
    (Fence(), PY, ""),
    (Fence(language="py"), PY, ""),
    (Fence(), "print(1)", "no code fence"),
    (Fence(language="sql"), PY, "fenced as 'python', not 'sql'"),
    (Fence(language="sql"), "```\nSELECT 1\n```", "fence without a language"),
    (Fence(), "```python\nprint(1)", "fence not closed"),
    (Fence(), "```\n\n```", "fence is empty"),
    (Fence(only=True), PY, ""),
    (Fence(only=True), f"Here:\n{PY}", "text before the fence"),
    (Fence(only=True), f"{PY}\nBye", "text after the fence"),
    (Fence(only=True), f"{PY}\nand\n{PY}", "text around the fence"),
    (Fence(at_most=1), f"{PY}\n\n{PY}", "more than 1 code fences"),
    (Fence(at_least=2), PY, "fewer than 2 code fences"),
    (Fence(), "````markdown\n```python\nprint(1)\n```\n````", ""),
    (Fence(at_least=1, at_most=1), "````markdown\n```python\nprint(1)\n```\n````", ""),
    (Number(), "42", ""),
    (Number(), " -1.5e3\n", ""),
    (Number(), "42 km", "text around the number"),
    (Number(), "42%", "text around the number"),
    (Number(), "The answer is 42.", "text around the number"),
    (Number(form="embedded"), "The answer is 42.", ""),
    (Number(form="embedded"), "Between 4 and 8", "several numbers"),
    (Number(), "four", "no number"),
    (Number(), "v2x", "no number"),
    (Number(), "1,5", "no number"),
    (Number(), "1,234", "commas between thousands"),
    (Number(grouped=True, at_least=1000), "1,234", ""),
    (Number(at_least=1, at_most=5), "6", "above 5"),
    (Number(at_least=1, at_most=5), "0.99", "below 1"),
    (Number(at_least=0.1), "0.1", ""),
    (Number(whole=True), "3.0", ""),
    (Number(whole=True), "3.5", "not a whole number"),
    (Number(), "9" * 10_000, "no number"),
    (Number(at_most=5), "1e999999", "above 5"),
    (Number(), "", "empty reply"),
]


@pytest.mark.parametrize(("behavior", "text", "cause"), CASES)
def test_a_reply_passes_or_fails_with_the_cause_that_names_the_fault(behavior, text, cause):
    assert behavior.check(Reply(text=text)).cause == cause


@pytest.mark.parametrize(
    ("behavior", "text"),
    [
        (Yaml(), "a: [1, 2"),
        (Xml(), "<a><b>"),
        (Tags(names="a"), "<a>1"),
        (Code(language="python"), "def f("),
        (Fence(), "```python\nprint("),
        (Csv(), 'a,b\n1,"2'),
        (Json(), '```json\n{"a": 1'),
        (Json(), ""),
    ],
)
def test_what_the_token_limit_cut_off_is_named_as_that(behavior, text):
    assert behavior.check(Reply(text=text, finish_reason="length")).cause == "cut off by the token limit"


def test_the_mend_is_named_only_where_what_is_inside_would_pass():
    assert "strip the fence" in Code(language="python").check(Reply(text=PY)).mend
    assert Code(language="sql").check(Reply(text=PY)).mend == ""
    assert "take the only number" in Number(at_most=50).check(Reply(text="It is 42")).mend
    assert Number(at_most=5).check(Reply(text="It is 42")).mend == ""


@pytest.mark.parametrize("language", ["python", "sql", "toml"])
def test_what_is_too_long_for_a_slow_parser_is_an_error_and_no_verdict(language):
    found = Code(language=language).check(Reply(text="a" * 300_000))
    assert found.outcome == "error"
    assert "longer than" in found.cause


def test_the_sql_parser_says_nothing_aloud_and_leaves_its_logger_as_it_was(caplog):
    logger = logging.getLogger("sqlglot")
    before = logger.level
    Code(language="sql").check(Reply(text="EXPLAIN SELECT 1"))
    assert (logger.level, caplog.records) == (before, [])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Code(language="python", dialect="mysql"), "dialect is for sql"),
        (lambda: Code(language="sql", dialect="mysq"), "mysql"),
        (lambda: Tags(names=()), "must not be empty"),
        (lambda: Tags(names="<a>"), "without < and >"),
        (lambda: Csv(delimiter="::"), "one character"),
        (lambda: Csv(columns=0), "must not be empty"),
        (lambda: Table(columns=()), "must not be empty"),
        (lambda: Table(at_least=3, at_most=2), "nothing can hold"),
        (lambda: Fence(at_most=0), "nothing can hold"),
        (lambda: Number(at_least=3, at_most=2), "nothing can hold"),
        (lambda: Json(keys=("a..b",)), "no path"),
        (lambda: Yaml(schema={"type": "objekt"}), "no JSON Schema"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_with_what_to_do(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_schema_may_refer_to_its_own_parts_by_their_id():
    schema = {
        "$id": "https://example.test/order",
        "properties": {"a": {"$ref": "count"}},
        "$defs": {"n": {"$id": "count", "type": "integer"}},
    }
    assert Json(schema=schema).check(Reply(text='{"a": 1}')).passed
    assert Json(schema=schema).check(Reply(text='{"a": "x"}')).cause == "schema violated at a"
