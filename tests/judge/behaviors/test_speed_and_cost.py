"""Seconds, tokens and dollars as promises."""

import pytest

from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Exchange, Prompt, Reply, Request, Response, Usage
from pytest_behavior_contract.judge.at_endpoint import at_endpoint
from pytest_behavior_contract.judge.behaviors.contains import Contains
from pytest_behavior_contract.judge.behaviors.cost import Cost
from pytest_behavior_contract.judge.behaviors.groups import Any, Not
from pytest_behavior_contract.judge.behaviors.latency import Latency
from pytest_behavior_contract.judge.behaviors.output_tokens import OutputTokens

THOUSAND_AND_HUNDRED = Usage(input_tokens=1_000, output_tokens=100)


def recorded(seconds=1.5, events=(), *, model="gpt-4o-2024-08-06", surface="openai-chat", uri="", **more):
    asked = Request(surface=surface, path="/chat/completions", body={"model": model})
    response = Response(status=200, event_seconds=events)
    exchange = Exchange(request=asked, response=response, latency_seconds=seconds, uri=uri, **more)
    return Reply(text="Hi.", usage=THOUSAND_AND_HUNDRED, exchange=exchange)


def test_a_reply_in_time_and_one_that_is_late():
    assert Latency(seconds=2).check(recorded()).passed
    found = Latency(seconds=1).check(recorded())
    assert (found.cause, found.evidence) == ("slower than 1 s", "1.50 s")


def test_the_first_event_of_a_stream_has_a_limit_of_its_own():
    first = Latency(seconds=0.4, until="first_event")
    assert first.check(recorded(9.0, (0.3, 8.9))).passed
    assert first.check(recorded(9.0, (0.5, 8.9))).cause == "first event later than 0.4 s"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (recorded(via="batch"), "it came by batch"),
        (recorded(versions={"imported-from": "vcrpy"}), "it was imported from vcrpy"),
        (recorded(0.0), "the recording does not have it"),
        (Reply(text="Hi."), "the reply belongs to no recorded exchange"),
    ],
)
def test_what_was_never_measured_is_an_error_with_its_reason(reply, reason):
    found = Latency(seconds=2).check(reply)
    assert (found.outcome, found.cause) == ("error", f"no latency on record: {reason}")


def test_a_function_in_the_place_of_a_model_may_take_no_time_at_all():
    assert Latency(seconds=2).check(recorded(0.0, uri="python:models:quick")).passed


def test_a_reply_that_was_not_streamed_has_no_first_event():
    assert Latency(seconds=2, until="first_event").check(recorded()).outcome == "error"


def test_tokens_between_bounds():
    assert OutputTokens(at_most=100).check(recorded()).passed
    assert OutputTokens(at_most=99).check(recorded()).cause == "more than 99 output tokens"
    assert OutputTokens(at_most=2_000, at_least=1_000).check(recorded()).cause == "fewer than 1,000 output tokens"
    assert OutputTokens(at_most=5).check(Reply(text="Hi.")).outcome == "error"


def test_dollars_by_the_price_list():
    # 1,000 tokens at 2.50 and 100 at 10 dollars a million.
    assert Cost(usd=0.0036).check(recorded()).passed
    found = Cost(usd=0.0034).check(recorded())
    assert (found.cause, found.evidence) == ("costs more than $0.0034", "$0.0035")


def test_a_batch_costs_half():
    assert Cost(usd=0.0018).check(recorded(via="batch")).passed


def test_dollars_by_the_endpoints_own_price():
    endpoint = Endpoint(name="ours", api="openai-chat", model="m", price={"input": 1.0, "output": 10.0})
    ours = Cost(usd=0.0015).at_endpoint(endpoint)
    assert ours.check(recorded(model="m")).evidence == "$0.002"
    assert ours.check(recorded(model="m", via="batch")).passed


def test_what_is_not_known_is_an_error_that_says_what_to_do():
    for reply in (recorded(model="no-such-model"), recorded(surface="nobody's", model="no-such-model")):
        found = Cost(usd=1).check(reply)
        assert (found.outcome, found.cause) == (
            "error",
            "the price of no-such-model is not known; set the endpoint's `price`",
        )
    assert Cost(usd=1).check(Reply(text="Hi.")).cause == "the server reports no usage"


def test_a_clause_tells_its_checks_the_endpoint_within_groups_too():
    hi, cost = Contains(text="Hi"), Cost(usd=0.0015)
    expect = (hi, Not(expectation=cost), Any(expectations=(hi, cost)), Not(expectation=hi))
    case = Case(id="1", prompt=Prompt(messages=()), expect=expect)
    clause = Clause(contract="c", id="x", assumes="It is cheap.", cases=(case, case))
    endpoint = Endpoint(name="ours", api="openai-chat", model="m", price={"input": 0.1, "output": 0.1})
    told = at_endpoint(clause, endpoint).cases[0].expect
    assert told[0] is hi
    assert told[3] is expect[3]
    assert told[1].expectation.check(recorded(model="m")).evidence == "$0.00011"
    assert told[2].expectations[1].endpoint is endpoint
    free = Clause(
        contract="c", id="x", assumes="It says hi.", cases=(Case(id="1", prompt=Prompt(messages=()), expect=(hi,)),)
    )
    assert at_endpoint(free, endpoint) is free


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Latency, {"seconds": 0}),
        (Latency, {"seconds": float("nan")}),
        (Cost, {"usd": -1}),
        (OutputTokens, {"at_most": 0}),
        (OutputTokens, {"at_most": 5, "at_least": 6}),
    ],
)
def test_bounds_that_make_no_sense_are_refused(kind, arguments):
    with pytest.raises(ValueError):
        kind(**arguments)
