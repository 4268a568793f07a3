"""The same answer, and the very same reply."""

import pytest
from replies import call, caller

from pytest_behavior_contract.exchange import Reply, ToolCall
from pytest_behavior_contract.judge.behaviors.same_answer import SameAnswer
from pytest_behavior_contract.judge.behaviors.same_reply import SameReply

YES_NO = SameAnswer(labels=("Yes", "No"))
LETTERS = SameAnswer(labels=("A", "B", "C", "D"))


def compared(behavior, *texts):
    return behavior.compare([Reply(text=text) for text in texts])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yes.", "yes"),
        ("**Yes**", "Yes, it is."),
        ("There is no doubt. The answer is Yes.", "Yes"),
        ("First no, then no.\nFinal answer: **Yes**", "yes, not no"),
        ("Turn left, turn right: no. So the answer is yes", '{"Answer": "Yes"}'),
    ],
)
def test_labels_are_found_wherever_they_stand(one, other):
    assert compared(YES_NO, one, other).passed


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A: Let me think. A man has a dog. So the answer is (B).", "B"),
        ("(C)", "C"),
        ("**D.** Because a cat is not B.", "D"),
        ('{"Answer":"C"}', "C"),
        ("The correct answer is: B", "B"),
    ],
)
def test_one_letter_is_a_label_only_as_it_is_written(text, answer):
    assert compared(LETTERS, text, answer).evidence == f"each answers {answer!r}"


def test_different_labels_are_named_in_the_cause_whichever_came_first():
    assert compared(YES_NO, "Yes", "No").cause == compared(YES_NO, "No", "Yes").cause == "answers differ: No / Yes"


def test_a_reply_without_an_answer_is_no_agreement():
    assert compared(YES_NO, "Perhaps.", "Perhaps.").cause == "no answer: none of the labels"
    assert compared(SameAnswer(), "", "").cause == "no answer: empty reply"
    assert compared(SameAnswer(field="a"), "no JSON", "{}").cause == "no answer: no JSON"
    assert compared(SameAnswer(field="a.b"), '{"a": [1]}', "{}").cause == "no answer: no field 'a.b'"


def test_normalised_forgives_what_rarely_matters_and_exact_nothing():
    assert compared(SameAnswer(), "Berlin.", " **berlin**\n").passed
    assert compared(SameAnswer(), '{"a": 1, "b": 2}', '```json\n{"b": 2, "a": 1.0}\n```').outcome == "fail"
    assert compared(SameAnswer(), '{"a": 1, "b": 2}', '```json\n{"b": 2,\n "a": 1}\n```').passed
    found = compared(SameAnswer(by="exact"), "It was in Berlin, long ago.", "It was in Berlin, long since.")
    assert (found.cause, found.evidence) == (
        "answers differ",
        "'was in Berlin, long ago.' against 'was in Berlin, long since.' (from character 4)",
    )


def test_fields_are_compared_as_values():
    by_sku = SameAnswer(field="items.0.sku")
    assert compared(by_sku, '{"items": [{"sku": 7}]}', '{"note": "x", "items": [{"sku": 7}]}').passed
    found = compared(by_sku, '{"items": [{"sku": 7}]}', '{"items": [{"sku": "7"}]}')
    assert (found.cause, found.evidence) == ("values of items.0.sku differ", "'7' against '\"7\"'")


def test_two_refusals_by_the_provider_are_the_same_answer():
    assert SameAnswer().compare([Reply(refusal="policy"), Reply(refusal="policy")]).passed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ("Yes", "No"), "field": "a"}, "either `labels` or `field`"),
        ({"labels": ("Yes",)}, "two or more"),
        ({"labels": ("Yes", "yes")}, "stands twice"),
    ],
)
def test_what_makes_no_sense_is_said_when_the_contract_is_loaded(arguments, message):
    with pytest.raises(ValueError, match=message):
        SameAnswer(**arguments)


def test_the_very_same_reply():
    assert SameReply().compare([Reply(text="a"), Reply(text="a")]).passed
    found = SameReply().compare([Reply(text="a b c"), Reply(text="a b d")])
    assert (found.cause, found.evidence) == ("text differs", "at character 5: 'a b c' against 'a b d'")
    assert SameReply().compare([Reply(finish_reason="stop"), Reply(finish_reason="length")]).cause == (
        "finish reason differs"
    )
    assert SameReply().compare([Reply(refusal="a"), Reply(refusal="b")]).cause == "refusal differs"


def test_tool_calls_are_the_same_whatever_their_ids_and_the_order_of_their_arguments():
    one = ToolCall(name="f", arguments={"a": 1, "b": 2}, arguments_text='{"a":1,"b":2}', id="1")
    other = ToolCall(name="f", arguments={"b": 2, "a": 1}, arguments_text='{"b":2,"a":1}', id="2")
    assert SameReply().compare([caller(one), caller(other)]).passed
    assert SameReply().compare([caller(one), caller(call("f", a=2))]).cause == "tool calls differ"
