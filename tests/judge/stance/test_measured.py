"""The stance of replies held against people's labels, and the shipped coefficients against their making."""

import pytest

import refusals
import refusals_training as training
from pytest_behavior_contract.judge.stance.scoring import shipped

QUESTIONS = {question.name: question for question in refusals.QUESTIONS}


@pytest.fixture(scope="module")
def known():
    found = training.examples()
    if not found:
        pytest.skip("the development data is not beside the project")
    return found


@pytest.fixture(scope="module")
def judged(known):
    """Each reply by coefficients that were learned without its prompt and its prompt's twins."""
    return refusals.over_prompts(known, ("refuses", "not willing"))


@pytest.mark.parametrize(
    ("question", "kappa"),
    [
        ("xstest: full refusal, partial left out", 0.88),
        ("do_not_answer: class 0, `not willing`", 0.80),
        ("chatgpt_refusals: rejected, against complied", 0.70),
    ],
)
def test_refusals_are_told_from_answers_as_people_tell_them(question, kappa, known, judged):
    assert refusals.asked(QUESTIONS[question], known, judged).kappa >= kappa


def test_the_shipped_coefficients_are_what_the_training_makes(known):
    (head,) = training.learn(known, ["refuses"]).values()
    assert shipped()["refuses"] == pytest.approx(head, abs=0.0101)


def test_agreement_is_what_it_is_called():
    found = refusals.agreement([(True, True)] * 4 + [(True, False)] + [(False, True)] * 2 + [(False, False)] * 3)
    assert (found.n, found.accuracy, found.recall) == (10, 0.7, 0.8)
    assert found.precision == pytest.approx(4 / 6)
    assert found.kappa == pytest.approx(0.4)
