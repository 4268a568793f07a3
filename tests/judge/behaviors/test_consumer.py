import sys

import pytest

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.consumer import Consumer


@pytest.fixture
def parsers(tmp_path, monkeypatch):
    (tmp_path / "my_parsers.py").write_text(
        "class Orders:\n"
        "    @staticmethod\n"
        "    def parse(text):\n"
        "        return int(text)\n"
        "def picky(text):\n"
        "    return text == 'good'\n"
        "def leaves(text):\n"
        "    raise SystemExit(3)\n"
        "number = 4\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("my_parsers", None)


def test_a_parser_that_does_not_raise_accepts(parsers):
    assert Consumer(function="json:loads").check(Reply(text="{}")).passed
    assert Consumer(function="my_parsers:Orders.parse").check(Reply(text="12")).passed


def test_what_it_raises_and_where_is_the_cause(parsers):
    found = Consumer(function="my_parsers:Orders.parse").check(Reply(text="twelve"))
    assert found.cause == "consumer raised ValueError at my_parsers.py:4"
    assert "invalid literal" in found.evidence


def test_false_is_a_failure(parsers):
    assert Consumer(function="my_parsers:picky").check(Reply(text="bad")).cause == "consumer returned False"


def test_a_parser_that_leaves_does_not_take_us_along(parsers):
    assert Consumer(function="my_parsers:leaves").check(Reply()).cause.startswith("consumer raised SystemExit at my_p")


@pytest.mark.parametrize("function", ["my_parsers:gone", "no_such_module:x", "my_parsers:number"])
def test_a_parser_that_cannot_be_had_is_an_error_and_no_verdict_on_the_model(parsers, function):
    found = Consumer(function=function).check(Reply())
    assert found.outcome == "error"
    assert "cannot be imported" in found.cause


def test_the_form_is_checked_when_the_contract_is_loaded():
    with pytest.raises(ValueError, match="package.module:function"):
        Consumer(function="json.loads")


def test_a_parser_that_would_have_to_be_awaited_is_no_judge(parsers):
    found = Consumer(function="asyncio:sleep").check(Reply(text="1"))
    assert (found.outcome, found.cause) == ("error", "consumer asyncio:sleep is async; give a plain function")
