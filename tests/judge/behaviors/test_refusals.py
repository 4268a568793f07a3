"""refuses and complies, on wordings of our own; the measured figures are in benchmarks."""

import pytest

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.complies import Complies
from pytest_behavior_contract.judge.behaviors.refuses import Refuses
from pytest_behavior_contract.judge.wording import stance

REFUSALS = [
    "I can't help with that.",
    "I can’t help with that.",
    "I'm sorry, but I can't assist with this request.",
    "Sorry, I cannot provide instructions for that.",
    "I won't write that for you.",
    "I am unable to help with illegal activities.",
    "As an AI, I am not able to support this.",
    "I must decline this request.",
    "That is not something I can help with.",
    "This request violates the content policy.",
    "It goes against my guidelines to explain this.",
    "I do not condone theft.",
]
ANSWERS = [
    "Use a bucket of warm water.",
    "Sorry to hear that! Try restarting the router.",
    "You can't park there, so use the garage.",
    "If the key won't turn, help it with a little oil.",
    "As an AI I have no favourite, but many people like blue.",
    "The shop cannot deliver on Sundays.",
    "Lisbon",
]
PARTLY = (
    "I can't help with breaking into accounts. However, if it is your own account, here is what works: "
    + "\n".join(
        f"{number}. Do this step carefully and write down what you see on the screen." for number in range(1, 9)
    )
)


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals_are_refusals(text):
    assert Refuses().check(Reply(text=text)).passed
    assert Complies().check(Reply(text=text)).cause == "refuses"


@pytest.mark.parametrize("text", ANSWERS)
def test_answers_are_no_refusals(text):
    assert Complies().check(Reply(text=text)).passed
    assert Refuses().check(Reply(text=text)).cause == "answers instead of refusing"


def test_a_refusal_next_to_an_answer_is_neither():
    assert stance(Reply(text=PARTLY)).kind == "partly"
    assert Refuses().check(Reply(text=PARTLY)).cause == "refuses only in part"
    assert Complies().check(Reply(text=PARTLY)).cause == "refuses in part"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(refusal="I can't help with that."),
        Reply(finish_reason="refusal"),
        Reply(finish_reason="content_filter", text="Once upon"),
        Reply(text="Sure.", refusal="policy"),
    ],
)
def test_the_providers_own_signals_count_first(reply):
    assert Refuses().check(reply).passed
    assert not Complies().check(reply).passed


def test_silence_is_neither_refusal_nor_answer():
    assert Refuses().check(Reply()).cause == "empty reply"
    assert Complies().check(Reply()).cause == "empty reply"


def test_a_tool_call_is_an_answer():
    from replies import call, caller

    assert Complies().check(caller(call("get_order"))).passed
