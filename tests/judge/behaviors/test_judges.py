"""Behaviors that ask another endpoint: what they want to know, and what they make of the answers."""

import json

import pytest

from pytest_behavior_contract.ask.jury import hearing, judges_of, open_questions
from pytest_behavior_contract.declare.contract import Case
from pytest_behavior_contract.exchange import Answer, Prompt, Rejection, Reply, Sample
from pytest_behavior_contract.interfaces import AskingBehavior, AskingPairBehavior
from pytest_behavior_contract.judge.behaviors.contains import Contains
from pytest_behavior_contract.judge.behaviors.gives_verdict import GivesVerdict
from pytest_behavior_contract.judge.behaviors.groups import All, Any, Not
from pytest_behavior_contract.judge.behaviors.judged import Judged
from pytest_behavior_contract.judge.behaviors.judged_even_handed import JudgedEvenHanded

PROMPT = Prompt(messages=({"role": "user", "content": "My chair broke."},))
SORRY = Judged(rubric="It says sorry.", by="judge")
REFUND = Judged(rubric="It offers a refund.", by="judge")
NICER = JudgedEvenHanded(rubric="Which is nicer?", by="judge")
LABELLED = ({"reply": "Sorry.", "label": "pass"}, {"reply": "No.", "label": "fail", "prompt": "Hi"})


def answer(verdict, reason="so it is"):
    return Answer(reply=Reply(text=json.dumps({"reason": reason, "verdict": verdict})))


def heard(reply, *checks, judge):
    """The reply after a judge, a function from rubric to verdict, was asked all that the checks want; what it was asked."""
    case = Case(id="1", prompt=PROMPT, expect=checks)
    talk = hearing((Sample(case="1", k=0, reply=reply),), (case,))
    seen = []
    try:
        asked = next(talk)
        while True:
            seen += [one.question for one in asked]
            asked = talk.send([judge(one.question) for one in asked])
    except StopIteration as end:
        return end.value[0].reply, seen


def rubric_of(question):
    return question.prompt.system.partition("\n")[0].removeprefix("Rubric: ")


def by_rubric(**verdicts):
    return lambda question: answer(next(v for word, v in verdicts.items() if word in rubric_of(question)))


def test_they_fit_their_protocols():
    assert isinstance(SORRY, AskingBehavior)
    assert isinstance(NICER, AskingPairBehavior)
    assert all(isinstance(one, AskingBehavior) for one in (Not(expectation=SORRY), Any(expectations=(SORRY,))))


def test_a_verdict_of_the_judge_is_the_verdict():
    reply, _ = heard(Reply(text="Sorry."), SORRY, judge=by_rubric(sorry="pass"))
    assert SORRY.check(reply).passed
    reply, _ = heard(Reply(text="No."), SORRY, judge=by_rubric(sorry="fail"))
    assert SORRY.check(reply).cause == "judged not to meet 'It says sorry.'"
    assert SORRY.check(reply).evidence == "so it is"


def test_without_an_answer_nothing_can_be_said():
    assert SORRY.check(Reply(text="Sorry.")).outcome == "error"


def test_a_judge_that_never_gives_a_verdict_is_neither_pass_nor_fail():
    reply, seen = heard(Reply(text="Sorry."), SORRY, judge=lambda _: Answer(reply=Reply(text="8/10")))
    assert [question.attempt for question in seen] == [0, 1, 2]
    verdict = SORRY.check(reply)
    assert (verdict.outcome, verdict.cause) == ("error", "judge gave no verdict")
    assert "8/10" in verdict.evidence
    assert Not(expectation=SORRY).check(reply).outcome == "error"


def test_the_judge_is_asked_only_if_the_verdict_needs_it():
    asked = [
        len(heard(Reply(text="Sorry."), *checks, judge=by_rubric(sorry="fail", refund="pass"))[1])
        for checks in (
            (Contains(text="refund"), SORRY),
            (SORRY, REFUND),
            (Any(expectations=(Contains(text="Sorry"), SORRY)),),
            (Any(expectations=(SORRY, REFUND)),),
            (All(expectations=(SORRY, REFUND)),),
            (Not(expectation=SORRY), REFUND),
        )
    ]
    assert asked == [0, 1, 0, 2, 1, 2]
    rejected = Reply(rejection=Rejection(status=400, message="no"))
    assert open_questions((SORRY,), PROMPT, rejected) == ()


def test_groups_ask_for_their_members():
    group = Any(expectations=(Not(expectation=SORRY), All(expectations=(Contains(text="x"), REFUND))))
    assert judges_of((group, Contains(text="x"))) == ("judge",)
    reply, seen = heard(Reply(text="x"), group, judge=by_rubric(sorry="pass", refund="pass"))
    assert [rubric_of(question) for question in seen] == ["It says sorry.", "It offers a refund."]
    assert group.check(reply).passed


def test_causes_are_the_same_for_the_same_fault():
    inner = Not(expectation=SORRY)
    causes = {
        inner.check(heard(Reply(text="Sorry."), SORRY, judge=lambda _, n=n: answer("pass", f"reason {n}"))[0]).cause
        for n in range(3)
    }
    assert causes == {"not wanted: meets 'It says sorry.'"}


def test_examples_are_put_to_the_judge_with_their_own_prompt_and_rubric():
    check = Judged(rubric="It says sorry.", examples=({**LABELLED[0], "rubric": "It is kind."}, LABELLED[1]))
    first, second = check.labelled()
    assert (first.passes, first.check.rubric, first.prompt.text) == (True, "It is kind.", "")
    assert (second.passes, second.check.rubric, second.prompt.text) == (False, "It says sorry.", "Hi")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rubric": " "}, "rubric is empty"),
        ({"rubric": "x", "examples": ({"label": "pass"},)}, "number 1 has no `reply`"),
        (
            {"rubric": "x", "examples": (*LABELLED, {"reply": "x", "label": "good"})},
            "number 3: label should be pass or",
        ),
        ({"rubric": "x", "examples": ({"reply": "x", "label": "pass", "why": "x"},)}, "has the key 'why'"),
        ({"rubric": "x", "examples": (LABELLED[0],)}, "examples are all labelled pass"),
    ],
)
def test_wrong_arguments_are_said(fields, said):
    with pytest.raises(ValueError, match=said):
        Judged(**fields)
    with pytest.raises(ValueError, match="margin is"):
        JudgedEvenHanded(rubric="x", margin=0)
    with pytest.raises(ValueError, match="rubric is empty"):
        JudgedEvenHanded(rubric="")


def compared(first, second, judge):
    """Two replies after a judge, a function from (first text, second text), saw them in both orders."""
    cases = [Case(id=name, prompt=PROMPT, variant=name) for name in "AB"]
    samples = tuple(Sample(case=name, k=0, reply=Reply(text=text)) for name, text in zip("AB", (first, second)))
    talk = hearing(samples, cases, (NICER,))
    count = 0
    try:
        asked = next(talk)
        while True:
            count += len(asked)
            answers = []
            for one in asked:
                text = one.question.prompt.text
                order = (first, second) if text.index(f"\n{first}\n") < text.index(f"\n{second}\n") else (second, first)
                answers.append(answer(judge(*order)))
            asked = talk.send(answers)
    except StopIteration as end:
        return (*(sample.reply for sample in end.value), count)


@pytest.mark.parametrize(
    ("judge", "difference", "flipped"),
    [
        (lambda one, two: "first" if one == "kind" else "second", 1.0, False),
        (lambda one, two: "first" if one == "curt" else "second", -1.0, False),
        (lambda one, two: "tie", 0.0, False),
        (lambda one, two: "first", 0.0, True),
        (lambda one, two: "second", 0.0, True),
        (lambda one, two: "first" if one == "kind" else "tie", 0.0, True),
    ],
)
def test_a_preference_counts_only_if_it_wins_in_both_orders(judge, difference, flipped):
    kind, curt, asked = compared("kind", "curt", judge)
    assert asked == 2
    assert NICER.difference("preference", kind, curt) == difference
    assert NICER.difference("preference", curt, kind) == -difference
    assert NICER.flipped(kind, curt) is NICER.flipped(curt, kind) is flipped
    assert NICER.unjudged(kind, curt) is None
    assert NICER.direction("preference", "A", "B") == "preferred: A over B"


def test_replies_that_are_the_same_are_a_tie_without_a_question():
    one, two = Reply(text="same"), Reply(text="same")
    assert NICER.pair_questions((PROMPT, PROMPT), one, two) == ()
    assert NICER.unjudged(one, two) is None
    assert NICER.difference("preference", one, two) == 0


def test_a_pair_that_the_judge_says_nothing_of_is_no_tie():
    kind, curt, asked = compared("kind", "curt", lambda one, two: "neither")
    assert asked == 6
    assert NICER.unjudged(kind, curt).cause == "judge gave no verdict"


@pytest.mark.parametrize(
    ("check", "text", "cause"),
    [
        (GivesVerdict(), '{"verdict": "fail"}', ""),
        (GivesVerdict(verdict="pass"), '```json\n{"verdict": "pass"}\n```', ""),
        (GivesVerdict(verdict="pass"), '{"verdict": "fail"}', "the verdict is fail, not pass"),
        (GivesVerdict(), "Score: 8/10", "no verdict in the reply"),
        (GivesVerdict(one_of=("a", "b")), '{"verdict": "A"}', ""),
        (GivesVerdict(one_of=("a", "b")), '{"verdict": "pass"}', "the verdict is none of a, b"),
    ],
)
def test_a_contract_can_be_about_the_judge_itself(check, text, cause):
    assert check.check(Reply(text=text)).cause == cause


def test_wrong_words_for_a_verdict_are_said():
    with pytest.raises(ValueError, match="at least two words"):
        GivesVerdict(one_of=("pass",))
    with pytest.raises(ValueError, match="should be one of pass, fail"):
        GivesVerdict(verdict="good")
