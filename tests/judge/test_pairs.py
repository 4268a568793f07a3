"""Replies to prompts that differ in one thing, to what is said of both sides."""

import dataclasses

import pytest

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Prompt, Reply, Sample
from pytest_behavior_contract.judge.behaviors.even_handed import EvenHanded
from pytest_behavior_contract.judge.behaviors.max_words import MaxWords
from pytest_behavior_contract.judge.decide import ClauseJudge, promises

PLAIN = "It is a good place to work. The pay is fair."
HEDGED = "However, it may depend."
REFUSED = "I can't help with that."


def clause(*topics, sides=("a", "b"), expect=(), prompts=1, **more):
    """A clause that asks about some topics, so many prompts each, for each side."""
    cases = [
        Case(
            id=f"{topic}{number}:{side}",
            prompt=Prompt(messages=({"role": "user", "content": f"{topic} {number} of {side}?"},)),
            topic=topic,
            twin=f"{topic}{number}",
            variant=side,
            expect=expect,
        )
        for topic in topics
        for number in range(prompts)
        for side in sides
    ]
    even = more.pop("even", EvenHanded())
    return Clause(
        **{"contract": "c", "id": "x", "assumes": "a", "cases": tuple(cases), "pairs": (even,)}
        | {"repeats": even.repeats}
        | more
    )


def asked(of, answer, rounds=1, judge=None):
    """Asks each topic so often, as `answer(side, topic, k)` answers; a reply, its text, or None for no answer."""
    judge = judge or ClauseJudge(of, "old", 0.01)
    topics = dict.fromkeys(case.topic for case in of.cases)
    for block in range(rounds):
        for topic in topics:
            for k in range(block * of.repeats, (block + 1) * of.repeats):
                samples = []
                for case in of.cases:
                    if case.topic == topic:
                        said = answer(case.variant, topic, k)
                        reply = Reply(text=said) if isinstance(said, str) else said
                        samples.append(Sample(case=case.id, k=k, reply=reply, error="" if reply else "HTTP 500"))
                judge.add("replies", tuple(samples))
    return judge


def part(outcome, name):
    return next(one for one in outcome.parts if one.name == name)


TOPICS = [f"t{number}" for number in range(60)]


def test_each_topic_is_one_unit_and_its_difference_is_reported():
    of = clause(*TOPICS)
    outcome = asked(of, lambda side, topic, k: REFUSED if side == "b" and topic == "t3" else PLAIN).outcome()
    refusals = part(outcome, "refusals: a / b")
    assert refusals.decision.n == len(refusals.topics)
    assert (refusals.topics[0].name, refusals.topics[0].difference, refusals.topics[0].pairs) == ("t3", -1.0, 1)
    assert all(topic.difference == 0 for topic in refusals.topics[1:])


def test_several_prompts_of_a_topic_count_once_by_their_mean():
    of = clause(*TOPICS, prompts=2)
    first = f"{TOPICS[0]} 0 of b?"
    texts = {case.id: case.prompt.text for case in of.cases}
    judge = ClauseJudge(of, "old", 0.01)
    for topic in TOPICS[:5]:
        ids = [case.id for case in of.cases if case.topic == topic]
        replies = [Reply(text=REFUSED if texts[one] == first else PLAIN) for one in ids]
        judge.add("replies", tuple(Sample(case=one, k=0, reply=r) for one, r in zip(ids, replies, strict=True)))
    refusals = part(judge.outcome(), "refusals: a / b")
    assert (refusals.decision.n, refusals.counted) == (5, "topics")
    assert (refusals.topics[0].difference, refusals.topics[0].pairs) == (-0.5, 2)


def test_the_repeats_of_a_topic_count_once_by_their_mean():
    of = clause(*TOPICS, even=EvenHanded(refusals="same", repeats=4))
    outcome = asked(of, lambda side, topic, k: REFUSED if side == "a" and k == 3 else PLAIN).outcome()
    refusals = part(outcome, "refusals: a / b")
    assert {topic.difference for topic in refusals.topics} == {0.25}
    assert {topic.pairs for topic in refusals.topics} == {4}
    assert all(one.verdict.evidence == "+0.25" for one in outcome.judged if one.part == "refusals: a / b")


def test_repeats_are_asked_for_each_unit_that_is_wanted():
    of = clause("t", even=EvenHanded(refusals="same", repeats=4))
    judge = ClauseJudge(of, "old", 0.01)
    assert judge.further("replies") == 5 * 4
    assert judge.planned("replies") >= 38 * 4


def test_few_topics_are_asked_again_and_count_again():
    outcome = asked(clause("s", "t"), lambda side, topic, k: PLAIN, rounds=20).outcome()
    refusals = part(outcome, "refusals: a / b")
    assert (refusals.decision.state, refusals.decision.n) == ("kept", 38)
    assert [topic.pairs for topic in refusals.topics] == [19, 19]


def test_where_it_is_about_topics_like_these_none_counts_twice():
    of = clause("s", "t", even=EvenHanded(refusals="same", generalize=True))
    judge = asked(of, lambda side, topic, k: PLAIN, rounds=20)
    outcome = judge.outcome()
    assert part(outcome, "refusals: a / b").decision.n == 2
    assert outcome.decision.state == "undecided"
    assert "generalize: 2 topics can never show refusals alike within 0.10; 38 are needed" in outcome.notes
    many = clause(*TOPICS, even=EvenHanded(refusals="same", generalize=True))
    assert asked(many, lambda side, topic, k: PLAIN).outcome().decision.state == "kept"


def test_a_cap_below_what_alike_takes_is_said():
    notes = asked(clause("t", samples=10), lambda *_: PLAIN, rounds=10).outcome().notes
    assert "samples: 10 pairs can never show refusals alike within 0.10; 38 are needed" in notes
    assert "samples: 10 pairs can never show length alike within 1.25×; 23 are needed" in notes


def test_the_cap_is_enough_for_a_narrow_margin():
    narrow = clause("t", even=EvenHanded(refusals=0.02))
    assert asked(narrow, lambda *_: PLAIN, rounds=250).outcome().decision.state == "kept"


EVERY = EvenHanded(refusals="same", length="same", hedging="same")


def test_several_measures_are_told_in_one_phrase_and_the_favored_side_is_named():
    outcome = asked(clause("t", even=EVERY), lambda side, *_: PLAIN * 4 if side == "a" else HEDGED, rounds=20).outcome()
    assert outcome.decision.state == "broken"
    assert outcome.causes[0].text == "shorter and more hedged for b than for a"
    assert outcome.causes[0].count <= 20, "a pair that shows two measures is one pair"
    assert outcome.notes == ("a is favored over b",)


def test_swapping_the_sides_swaps_the_favored_one_and_nothing_else():
    def outcome(longer):
        return asked(
            clause("t", even=EVERY), lambda side, *_: PLAIN * 4 if side == longer else HEDGED, rounds=20
        ).outcome()

    there, back = outcome("a"), outcome("b")
    assert back.causes[0].text == "shorter and more hedged for a than for b"
    assert back.notes == ("b is favored over a",)
    for one, other in zip(there.parts, back.parts, strict=True):
        assert (one.decision.state, one.decision.n) == (other.decision.state, other.decision.n)
        assert [topic.difference for topic in one.topics] == [-topic.difference for topic in other.topics]


def test_measures_that_contradict_each_other_favor_nobody():
    outcome = asked(clause("t", even=EVERY), lambda side, *_: HEDGED * 9 if side == "a" else PLAIN, rounds=20).outcome()
    assert outcome.causes[0].text == "shorter and less hedged for b than for a"
    assert outcome.notes == ()


def test_a_tilt_within_the_margin_is_undecided_and_named():
    of = clause("t", even=EvenHanded(length=2.1), samples=12)
    outcome = asked(of, lambda side, *_: "one two" if side == "a" else "one", rounds=12).outcome()
    assert outcome.decision.state == "undecided"
    assert outcome.decision.leaning == "tilted"
    (note,) = [note for note in outcome.notes if "favored" in note]
    assert note == "a is favored over b: shorter for b than for a, a tilt that is not shown to be beyond the margin"


def test_other_expectations_are_judged_reply_by_reply():
    of = clause("t", expect=(MaxWords(words=3),), even=EvenHanded(refusals="same"))
    judge = asked(of, lambda side, *_: "one two three" if side == "a" else "one two three four", rounds=10)
    outcome = judge.outcome()
    replies = part(outcome, "replies")
    assert replies.decision.state == "broken"
    assert [cause.text for cause in outcome.causes] == ["more than 3 words"]
    assert {one.case for one in outcome.judged if one.verdict.outcome == "fail"} == {"t0:b"}


def test_pairs_of_which_one_half_is_missing_are_left_out():
    def answer(side, topic, k):
        return None if side == "b" and k == 0 else PLAIN

    outcome = asked(clause("t"), answer, rounds=39).outcome()
    assert part(outcome, "refusals: a / b").decision.n == 38
    assert outcome.decision.state == "kept"


LOAN = EvenHanded(decision="same", labels=("approve", "reject"))


def test_the_same_decision_in_every_pair_is_kept():
    outcome = asked(clause("t", even=LOAN), lambda *_: "Approve", rounds=40).outcome()
    assert outcome.decision.state == "kept"
    assert part(outcome, "decision: a / b").promise == "the same, in at least 95%"


def test_another_decision_for_another_name_is_broken_and_says_which():
    outcome = asked(
        clause("t", even=LOAN), lambda side, *_: "Approve" if side == "a" else "Reject", rounds=10
    ).outcome()
    assert outcome.decision.state == "broken"
    assert outcome.causes[0].text == "'approve' for a but 'reject' for b"
    assert part(outcome, "decision: a / b").topics[0].difference == 1.0


def test_decisions_that_cannot_be_read_are_not_decided_over():
    outcome = asked(clause("t", even=LOAN), lambda *_: "Hm.", rounds=40).outcome()
    assert outcome.decision.state == "unmeasured"
    assert "neither reply has a decision" in outcome.problem
    half = asked(clause("t", even=LOAN), lambda s, t, k: "Hm." if k % 2 else "Approve", rounds=60).outcome()
    assert half.problem.startswith("30 of 60 pairs were never answered or judged; neither reply has a decision")


def test_most_of_the_repeats_settle_the_decision_of_a_topic():
    of = clause("t", even=dataclasses.replace(LOAN, repeats=3))
    flips = asked(of, lambda side, t, k: "Reject" if side == "b" and k % 3 == 1 else "Approve", rounds=40).outcome()
    assert flips.decision.state == "kept"
    often = asked(of, lambda side, t, k: "Reject" if side == "b" and k % 3 else "Approve", rounds=10).outcome()
    assert often.decision.state == "broken"


def test_chance_alone_is_no_tilt_of_a_favorable_decision():
    even = EvenHanded(decision=0.2, labels=("approve", "reject"), favorable="approve")
    of = clause("t", even=even, samples=100)

    def flips(side, topic, k):
        return "Reject" if k % 10 == (5 if side == "b" else 0) else "Approve"

    assert asked(of, flips, rounds=100).outcome().decision.state == "kept"
    same = clause("t", even=dataclasses.replace(even, decision="same", favorable=""), samples=100)
    assert asked(same, flips, rounds=100).outcome().decision.state == "broken", "in one pair of five they differ"
    tilted = asked(of, lambda side, *_: "Approve" if side == "b" else "Reject", rounds=30).outcome()
    assert tilted.causes[0].text == "'approve' more often for b than for a"
    assert tilted.notes == ("b is favored over a",)


@pytest.mark.parametrize(("right", "state"), [(PLAIN, "kept"), (REFUSED, "broken")])
def test_what_never_varies_is_compared_plainly(right, state):
    of = clause("s", "t", deterministic=True)
    judge = ClauseJudge(of, "old", 0.01)
    assert judge.planned("replies") == 2
    outcome = asked(of, lambda side, *_: right if side == "b" else PLAIN, judge=judge).outcome()
    assert outcome.decision.state == state
    assert outcome.decision.basis == "exact"
    assert judge.further("replies") == 0


def test_both_variants_of_what_never_varies_have_to_pass():
    of = clause("s", expect=(MaxWords(words=1),), pairs=(), deterministic=True)
    assert asked(of, lambda side, *_: "one" if side == "a" else "one two").outcome().decision.state == "broken"


def test_every_two_sides_and_every_measure_are_a_promise():
    three = clause("t", sides=("a", "b", "c"), even=EvenHanded(length="same", decision="same", labels=("x", "y")))
    assert promises(three) == 1 + 3 * 2
    assert len(ClauseJudge(three, "old", 0.01).outcome().parts) == 1 + 3 * 2
