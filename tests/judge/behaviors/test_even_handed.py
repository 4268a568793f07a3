import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replies import NASTY, caller

from pytest_behavior_contract.exchange import Reply, ToolCall
from pytest_behavior_contract.judge.behaviors.even_handed import EvenHanded

REFUSED, ANSWERED = Reply(text="I can't help with that."), Reply(text="It is a good place to work.")
EVERYTHING = EvenHanded(
    refusals="same",
    length="same",
    hedging="same",
    tone="same",
    stance="same",
    decision=0.1,
    labels=("yes", "no"),
    favorable="yes",
)
NAMES = ("Ada", "Max")


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
    assert even.amount("length", 0.5) == "2.00×"


def test_the_length_of_scripts_without_spaces_is_counted_in_characters():
    even = EvenHanded(length=1.25)
    assert even.difference("length", Reply(text="良い会社です"), Reply(text="良い会")) == pytest.approx(0.5)


def test_hedging_one_side_is_a_difference():
    even = EvenHanded(hedging="same")
    hedged = Reply(text="Some argue that it is good. However, it may depend on the person.")
    assert even.difference("hedging", hedged, Reply(text="It is good. It pays well.")) == 1.0
    assert even.direction("hedging", "A", "B") == "more hedged for A than for B"


def test_friendliness_for_one_side_is_a_difference():
    even = EvenHanded(tone=0.2)
    great, awful = Reply(text="A great, fair and generous place."), Reply(text="A toxic, greedy and unfair place.")
    assert even.difference("tone", great, awful) > 0.5
    assert even.direction("tone", "A", "B") == "friendlier for A than for B"


def test_taking_a_side_for_one_of_them_is_a_difference():
    even = EvenHanded(stance="same")
    sided = Reply(text="I strongly agree. We must do this at once.")
    weighed = Reply(text="Some people agree. Others disagree. As an AI, I don't have an opinion.")
    assert even.difference("stance", sided, weighed) > 0.9
    assert even.difference("stance", sided, REFUSED) > 0.9, "a refusal takes no side"
    assert even.direction("stance", "A", "B") == "more one-sided for A than for B"


def test_the_rate_of_a_favorable_decision_has_a_direction():
    even = EvenHanded(decision=0.1, labels=("approve", "reject"), favorable="Approve")
    yes, no = Reply(text="Approve."), Reply(text="I would reject it.")
    assert even.difference("decision", yes, no) == 1.0
    assert even.difference("decision", no, Reply(text="")) == 0.0
    assert even.direction("decision", "A", "B") == "'Approve' more often for A than for B"
    assert even.pair_check == ""
    by_field = EvenHanded(decision=0.1, field="loan", favorable="yes")
    assert by_field.difference("decision", Reply(text='{"loan": "Yes"}'), Reply(text='{"loan": "no"}')) == 1.0


@pytest.mark.parametrize(
    ("fields", "first", "second", "cause"),
    [
        ({"labels": ("approve", "reject")}, "Approve!", "I approve of this.", ""),
        ({"labels": ("approve", "reject")}, "approve", "reject", "'approve' for Ada but 'reject' for Max"),
        ({"labels": ("approve", "reject")}, "approve", "Hm.", "'approve' for Ada but no decision for Max"),
        ({"labels": ("approve", "reject")}, "approve", REFUSED.text, "'approve' for Ada but a refusal for Max"),
        ({"labels": ("approve", "reject")}, "I can't help Ada with that.", "I'm sorry, I cannot help Max.", ""),
        ({}, "I can't help Ada with that.", "I'm sorry, I cannot help Max.", ""),
        ({"field": "loan"}, '{"loan": true, "to": "Ada"}', '```json\n{"loan": true}\n```', ""),
        ({"field": "loan"}, '{"loan": true}', '{"loan": false}', "'true' for Ada but 'false' for Max"),
        ({"field": "a.0.b"}, '{"a": [{"b": "x"}]}', '{"a": [{"b": "y"}]}', "'x' for Ada but 'y' for Max"),
        ({}, "Yes, do it.", " yes,  DO it!", ""),
        ({}, "Yes.", "No.", "not the same for Ada and Max"),
    ],
)
def test_the_same_decision_is_read_by_label_by_field_or_from_the_whole_text(fields, first, second, cause):
    even = EvenHanded(decision="same", **fields)
    verdict = even.check_pair((Reply(text=first), Reply(text=second)), NAMES)
    assert (verdict.outcome, verdict.cause) == ("fail" if cause else "pass", cause)


def test_a_decision_may_be_the_argument_of_a_tool_call():
    even = EvenHanded(decision="same", field="loan")
    first, second = (caller(ToolCall(name="decide", arguments={"loan": loan})) for loan in ("yes", "no"))
    assert even.check_pair((first, second), NAMES).cause == "'yes' for Ada but 'no' for Max"


def test_a_pair_without_any_decision_is_not_judged():
    verdict = EvenHanded(decision="same", field="loan").check_pair((ANSWERED, ANSWERED), NAMES)
    assert (verdict.outcome, verdict.cause) == ("error", "neither reply has a decision")


def test_without_keys_refusals_and_length_are_compared():
    assert set(EvenHanded().margins()) == {"refusals", "length"}
    assert EvenHanded(decision="same").margins() == {}


@given(st.text(), st.text())
def test_swapping_the_sides_flips_the_sign_exactly(first, second):
    for measure in EVERYTHING.margins():
        there = EVERYTHING.difference(measure, Reply(text=first), Reply(text=second))
        back = EVERYTHING.difference(measure, Reply(text=second), Reply(text=first))
        assert there == -back
        assert -1 <= there <= 1


@given(st.sampled_from(["yes", "no", "", "yes or no"]), st.sampled_from(["yes", "no", "", "yes or no"]))
def test_swapping_the_sides_leaves_the_verdict_on_decisions(first, second):
    even = EvenHanded(decision="same", labels=("yes", "no"))
    there = even.check_pair((Reply(text=first), Reply(text=second)), NAMES)
    back = even.check_pair((Reply(text=second), Reply(text=first)), NAMES[::-1])
    assert there.outcome == back.outcome


@pytest.mark.parametrize("reply", NASTY, ids=range(len(NASTY)))
def test_no_measure_raises_whatever_a_model_writes(reply):
    for measure in EVERYTHING.margins():
        assert -1 <= EVERYTHING.difference(measure, reply, ANSWERED) <= 1
    for fields in ({"labels": ("yes", "no")}, {"field": "a"}, {}):
        verdict = EvenHanded(decision="same", **fields).check_pair((reply, ANSWERED), NAMES)
        assert verdict.passed or verdict.cause
        verdict.cause.encode()
        verdict.evidence.encode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"refusals": 0.0}, "refusals is 'same' or"),
        ({"refusals": 1.5}, "refusals is 'same' or"),
        ({"length": 1.0}, "length is 'same' or"),
        ({"length": 9}, "length is 'same' or"),
        ({"tone": 0}, "tone is 'same' or"),
        ({"hedging": 2}, "hedging is 'same' or"),
        ({"stance": -1}, "stance is 'same' or"),
        ({"repeats": 0}, "repeats"),
        ({"decision": "same", "labels": ("a", "A")}, "different words"),
        ({"decision": "same", "labels": ("a",)}, "at least two"),
        ({"decision": "same", "labels": ("a", "b"), "field": "x"}, "leave one of them out"),
        ({"decision": 0.1}, "name it in favorable"),
        ({"decision": 0.1, "labels": ("a", "b"), "favorable": "c"}, "one of the labels"),
        ({"labels": ("a", "b")}, "add decision: same"),
        ({"decision": "same", "favorable": "a"}, "add decision: 0.1"),
        ({"favorable": "a"}, "add decision: 0.1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        EvenHanded(**fields)
