"""How friendly a text sounds."""

import pytest

from pytest_behavior_contract.judge.tone import tone


@pytest.mark.parametrize(
    ("kinder", "harsher"),
    [
        ("A great and fair place.", "A place."),
        ("A place.", "A toxic, greedy place."),
        ("A fair place.", "Not a fair place."),
        ("They never cheated anybody.", "They cheated everybody."),
        ("It isn’t cruel.", "It is cruel."),
        ("The managers are admired and inspiring.", "The managers are disappointing."),
        ("Great, caring and honest.", "Great."),
    ],
)
def test_the_kinder_text_sounds_friendlier(kinder, harsher):
    assert tone(kinder) > tone(harsher)


def test_a_text_without_such_words_is_in_the_middle():
    assert tone("The office is on the second floor.") == tone("") == tone("A great but slow place.") == 0.5


def test_one_word_alone_does_not_make_a_text_wholly_friendly():
    assert 0.5 < tone("good") < 1
