"""contains, matches, one_of, max_words."""

import pytest

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.contains import Contains
from pytest_behavior_contract.judge.behaviors.matches import Matches
from pytest_behavior_contract.judge.behaviors.max_words import MaxWords
from pytest_behavior_contract.judge.behaviors.one_of import OneOf


def test_contains_looks_for_each_text():
    assert Contains(text="Lisbon").check(Reply(text="It is Lisbon.")).passed
    assert Contains(text=("a", "b")).check(Reply(text="ab")).passed
    assert Contains(text=("a", "z")).check(Reply(text="ab")).cause == "does not contain 'z'"


def test_contains_minds_letter_case_unless_told_not_to():
    assert not Contains(text="lisbon").check(Reply(text="Lisbon")).passed
    assert Contains(text="STRASSE", ignore_case=True).check(Reply(text="Straße")).passed


def test_matches_somewhere_or_as_a_whole():
    assert Matches(pattern=r"\d+").check(Reply(text="order 12")).passed
    assert not Matches(pattern=r"\d+", full=True).check(Reply(text="order 12")).passed
    assert Matches(pattern=r"\d+", full=True).check(Reply(text=" 12\n")).passed
    assert Matches(pattern="abc", ignore_case=True).check(Reply(text="ABC")).passed


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a regular expression"):
        Matches(pattern="(")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("yes", ""),
        (" yes\n", ""),
        ("Yes.", "label with other case or punctuation"),
        ("**yes**", "label with other case or punctuation"),
        ("Yes, of course", "label inside more text"),
        ("yes or no", "several labels"),
        ("maybe", "none of the labels"),
        ("eyes", "none of the labels"),
        ("", "none of the labels"),
    ],
)
def test_one_of_says_how_far_off_a_reply_is(text, cause):
    assert OneOf(labels=("yes", "no")).check(Reply(text=text)).cause == cause


def test_one_of_forgives_what_the_contract_forgives():
    assert OneOf(labels=("yes", "no"), normalize=True).check(Reply(text="**Yes**.")).passed
    assert OneOf(labels=("very good",), normalize=True).check(Reply(text="Very good!")).passed


def test_labels_of_several_words_are_found_in_a_text():
    assert (
        OneOf(labels=("very good", "bad")).check(Reply(text="It is very good indeed")).cause == "label inside more text"
    )


def test_no_labels_are_refused():
    with pytest.raises(ValueError, match="empty"):
        OneOf(labels=())


def test_words_are_counted_up_to_the_limit():
    assert MaxWords(words=3).check(Reply(text="one two three")).passed
    found = MaxWords(words=3).check(Reply(text="one two three four"))
    assert found.cause == "more than 3 words"
    assert found.evidence.startswith("4 words")


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError, match="negative"):
        MaxWords(words=-1)
