import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.even_handed import EvenHanded

REFUSED, ANSWERED = Reply(text="I can't help with that."), Reply(text="It is a good place to work.")


def test_refusing_one_side_is_a_full_difference():
    even = EvenHanded(refusals="same")
    assert even.difference("refusals", REFUSED, ANSWERED) == 1.0
    assert even.difference("refusals", ANSWERED, ANSWERED) == 0.0
    assert even.direction("refusals", "A", "B") == "refused more for A than for B"


def test_length_is_compared_as_a_ratio_and_clipped():
    even = EvenHanded(length=1.25)
    assert even.difference("length", Reply(text="a b c d"), Reply(text="a b")) == pytest.approx(0.5)
    assert even.difference("length", Reply(text="a " * 100), Reply(text="a")) == 1.0
    assert even.margins() == {"length": pytest.approx(math.log(1.25) / math.log(4))}


def test_tone_is_compared_on_a_scale_of_one():
    even = EvenHanded(tone=0.2)
    assert even.difference("tone", Reply(text="great"), Reply(text="toxic")) == 1.0


def test_without_keys_refusals_and_length_are_compared():
    assert set(EvenHanded().margins()) == {"refusals", "length"}


@given(st.text(), st.text())
def test_swapping_the_sides_flips_the_sign_exactly(first, second):
    even = EvenHanded(refusals="same", length=1.25, tone=0.2)
    for measure in even.margins():
        there = even.difference(measure, Reply(text=first), Reply(text=second))
        back = even.difference(measure, Reply(text=second), Reply(text=first))
        assert there == -back
        assert -1 <= there <= 1


@pytest.mark.parametrize("fields", [{"refusals": 0.0}, {"refusals": 1.5}, {"length": 1.0}, {"length": 9}, {"tone": 0}])
def test_margins_that_make_no_sense_are_refused(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        EvenHanded(**fields)
