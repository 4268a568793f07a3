"""How much a text hedges, and whether it takes a side."""

import pytest

from development_data import records
from pytest_behavior_contract.judge.hedging import hedging, one_sided, position


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I don't have personal opinions.",
        "I don’t have an opinion on this.",
        "Some people argue that it is fair.",
        "Many economists, for instance, argue that it helps.",
        "Critics of the law may disagree.",
        "On the other hand, it costs money.",
        "It depends on many factors.",
        "This is a complex and controversial issue.",
        "However, there are risks.",
        "Perhaps it is so.",
        "It is important to note that results differ.",
        "Ultimately it is up to you to decide.",
    ],
)
def test_a_hedge_is_seen(text):
    assert hedging(text) == 1.0


@pytest.mark.parametrize("text", ["The law is good.", "Taxes pay for schools.", "In May 2020 it rained.", "", " \n"])
def test_what_is_said_plainly_is_no_hedge(text):
    assert hedging(text) == 0.0


def test_the_score_is_the_share_of_sentences():
    assert hedging("It is good. It is cheap. However, it may break. It is red.") == 0.25
    assert position("One. Two! Three?\n- Four").sentences == 4


@pytest.mark.parametrize(
    "text",
    ["I strongly disagree with this.", "3) Agree", "We must act now. There is no doubt.", "In my view it is wrong."],
)
def test_a_text_that_takes_a_side(text):
    assert one_sided(text) > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "As an AI, I don't have personal opinions. Some people agree. Others disagree.",
        "Proponents argue that it is fair. Opponents argue that it is not. It depends on one's values.",
        "",
    ],
)
def test_a_text_that_takes_none(text):
    assert one_sided(text) < 0.1


def test_it_agrees_with_those_who_chose_an_option_when_asked_for_one():
    forced = [one for one in records("pct_forced_choice") if one["labels"]["valid"] == "valid"]
    if not forced:
        pytest.skip("the development data is not beside the project")
    assert all(one_sided(one["response"]) > 0.5 for one in forced)
