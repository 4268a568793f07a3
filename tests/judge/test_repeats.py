"""Repeats and variants of a clause: which replies are compared, and what follows for its decision."""

import dataclasses
import random

import pytest

import repeats as benchmark
from development_data import records
from pytest_behavior_contract.ask.sampling import Walk
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Prompt, Rejection, Reply, Sample
from pytest_behavior_contract.judge.behaviors.contains import Contains
from pytest_behavior_contract.judge.behaviors.same_answer import SameAnswer
from pytest_behavior_contract.judge.behaviors.same_reply import SameReply
from pytest_behavior_contract.judge.decide import ClauseJudge, promises
from pytest_behavior_contract.tell.wording import rate_sentence

SAME = SameAnswer()


def case(topic, variant=""):
    name = f"{topic}:{variant}" if variant else topic
    return Case(id=name, topic=topic, variant=variant, prompt=Prompt(messages=({"role": "user", "content": name},)))


def clause(*cases, **more):
    whole = {"contract": "c", "id": "x", "assumes": "It stays the same.", "cases": cases, "groups": (SAME,), **more}
    return Clause(**whole)


def walked(of, answer, *, judge=None):
    """The outcome, and how many units were asked; `answer` gives a reply, or the reason why there is none."""
    judge = judge or ClauseJudge(of, "old", 0.01)
    walk = Walk(of, judge)
    asked = 0
    while batch := walk.batch():
        for unit in batch:
            asked += 1
            given = [(one, answer(one, unit.k)) for one in unit.cases]
            samples = tuple(
                Sample(case=one.id, k=unit.k, reply=reply if isinstance(reply, Reply) else None, error=str(reply))
                for one, reply in given
            )
            if not walk.take(unit, samples):
                break
    return judge.outcome(), asked


def test_no_reply_is_compared_twice():
    outcome, asked = walked(clause(case("a")), lambda one, k: Reply(text="yes"))
    group = outcome.parts[0]
    assert (group.name, group.counted, group.decision.state) == ("same_answer", "pairs of repeats", "kept")
    assert group.decision.n == 23
    assert asked == 46
    pairs = [one for one in outcome.judged if one.part == "same_answer"]
    assert [one.k for one in pairs] == list(range(1, 46, 2))


@pytest.mark.parametrize("topics", [1, 2, 3, 7, 50])
def test_just_so_many_questions_are_asked_as_make_the_pairs(topics):
    names = [case(f"t{n}") for n in range(topics)]
    outcome, asked = walked(clause(*names), lambda one, k: Reply(text="yes"))
    assert outcome.parts[0].decision.n == 23
    # All pairs but the last round's are whole: nothing is asked that no pair can use, but that round's first half.
    assert 46 <= asked <= 46 + topics
    assert outcome.decision.state == "kept"


def test_every_prompt_is_compared_with_itself_alone():
    outcome, _ = walked(clause(case("a"), case("b")), lambda one, k: Reply(text=one.topic))
    assert outcome.decision.state == "kept"


def test_what_flips_breaks_it_with_both_answers_shown():
    outcome, _ = walked(clause(case("a")), lambda one, k: Reply(text="yes" if k % 2 else "no"))
    assert outcome.decision.state == "broken"
    assert [(cause.text, cause.count) for cause in outcome.causes] == [("answers differ", 5)]
    assert outcome.judged[-1].reply == "'no' against 'yes' ← #9: no · #10: yes"
    assert outcome.judged[-1].verdict.behavior == "same_answer"
    assert rate_sentence(outcome) == (
        "same_answer: 0 of 5 pairs of repeats agree (0% to 53%), at least 95% was promised"
    )


def test_wordings_are_compared_round_by_round():
    worded = clause(case("a", "wording 1"), case("a", "wording 2"), case("a", "wording 3"))
    outcome, asked = walked(worded, lambda one, k: Reply(text="yes"))
    assert outcome.parts[0].counted == "rounds over the variants"
    assert (outcome.decision.state, asked) == ("kept", 23)
    broken, _ = walked(worded, lambda one, k: Reply(text="no" if one.variant == "wording 3" else "yes"))
    assert broken.decision.state == "broken"


def test_the_other_expectations_are_held_against_every_reply():
    outcome, _ = walked(clause(case("a")), lambda one, k: Reply(rejection=Rejection(status=400, message="no")))
    assert outcome.decision.state == "broken"
    assert outcome.causes[0].text == "request rejected"


def test_a_pair_with_a_missing_reply_is_unanswered():
    outcome, _ = walked(clause(case("a")), lambda one, k: "timeout" if k % 8 == 0 else Reply(text="yes"))
    assert outcome.decision.state == "unmeasured"
    assert "never answered" in outcome.parts[0].decision.note


def test_a_cache_that_answers_twice_is_not_agreement():
    same = Reply(text="yes", payload={"id": "chatcmpl-Zx81kfQ0aaB3", "text": "yes"})
    outcome, asked = walked(clause(case("a")), lambda one, k: same)
    assert outcome.decision.state == "unmeasured"
    assert outcome.problem == "the same answer came twice, as from a cache: id chatcmpl-Zx81kfQ0aaB3"
    assert asked <= 46


@pytest.mark.parametrize("payload", [{"id": "chatcmpl-1"}, {"id": "chatcmpl-Zx81kfQ0aaB3"}])
def test_new_answers_of_a_server_that_numbers_them_all_alike_are_compared(payload):
    def answer(one, k):
        # The one says by nothing that it was made anew, the other by its time.
        return Reply(text="yes", payload=payload if len(payload["id"]) < 15 else {**payload, "created": k})

    outcome, _ = walked(clause(case("a")), answer)
    assert outcome.decision.state == "kept"


def test_a_cap_counts_replies_and_says_what_it_cannot_show():
    outcome, asked = walked(clause(case("a"), samples=20), lambda one, k: Reply(text="yes"))
    assert (outcome.decision.state, outcome.parts[0].decision.n, asked) == ("undecided", 10, 20)
    assert outcome.notes[0] == "samples: 20 replies in pairs can never show a rate above 85%; 38 are needed"
    assert outcome.decision.more % 2 == 0


def test_listed_prompts_without_statistics_go_by_rounds():
    exact = clause(case("a", "1"), case("a", "2"), case("b", "1"), case("b", "2"), deterministic=True, rate=1.0)
    outcome, asked = walked(exact, lambda one, k: Reply(text="yes" if one.topic == "a" else one.variant))
    assert (outcome.decision.state, outcome.decision.basis, asked) == ("broken", "exact", 2)
    assert outcome.parts[0].decision.passes == 1


def test_without_statistics_every_variant_of_every_prompt_counts():
    yes = Contains(text="yes")
    cases = [dataclasses.replace(case("a", variant), expect=(yes,)) for variant in ("1", "2", "3", "4")]
    listed = clause(*cases, deterministic=True, rate=1.0, groups=())
    outcome, asked = walked(listed, lambda one, k: Reply(text="yes" if one.variant != "4" else "no"))
    assert (outcome.decision.state, outcome.decision.passes, outcome.decision.n, asked) == ("broken", 3, 4, 1)


def test_each_of_several_is_a_promise_of_its_own_and_takes_its_share_of_alpha():
    both = clause(case("a"), groups=(SAME, SameReply(), SAME))
    assert promises(both) == 4
    outcome, _ = walked(both, lambda one, k: Reply(text="Yes." if k % 2 else "yes"))
    assert {part.name: part.decision.state for part in outcome.parts} == {
        "same_answer 1": "undecided",
        "same_reply": "broken",
        "same_answer 3": "undecided",
        "replies": "undecided",
    }


@pytest.mark.slow
def test_a_model_at_the_promised_rate_is_hardly_ever_called_broken():
    """Neighbouring repeats of a fair mixture: the chance of a false red stays below alpha."""
    agree = 0.95
    # Two replies agree with probability p**2 + (1-p)**2 = 0.95.
    p = (1 + (2 * agree - 1) ** 0.5) / 2
    chance = random.Random(7)
    broken = 0
    for _ in range(300):
        outcome, _ = walked(clause(case("a"), case("b")), lambda one, k: Reply(text=str(chance.random() < p)))
        broken += outcome.decision.state == "broken"
    assert broken <= 9


@pytest.mark.parametrize("model", ["gpt-35-turbo", "gpt-35_OAI", "gpt-4o_OAI"])
def test_recorded_repeats_that_are_all_the_same_keep_it_and_flaky_ones_break_it(model):
    found = [record for record in records("repeated_sampling") if record["model"] == model]
    if not found:
        pytest.skip("the development data is not there")
    stable = [record for record in found if record["meta"]["tar_raw"]]
    flaky = [record for record in found if not record["meta"]["tar_raw"]]
    assert benchmark.outcome(benchmark.by_text(stable), SameReply()).decision.state == "kept"
    if flaky:
        assert benchmark.outcome(benchmark.by_text(flaky), SameReply()).decision.state == "broken"
    for record in found:
        replies = [Reply(text=text) for text in record["responses"]]
        assert SameReply().compare(replies).passed == record["meta"]["tar_raw"], record["id"]


@pytest.mark.parametrize("temperature", ["0.0", "0.3", "0.7", "1.0"])
def test_prompts_whose_refusal_flips_between_seeds_break_it_and_the_others_keep_it(temperature):
    found = [record["labels"]["by_temperature"] for record in records("refusal_stability_labels")]
    if not found:
        pytest.skip("the development data is not there")
    runs = {str(number): one[temperature] for number, one in enumerate(found)}
    flip = {name: seeds for name, seeds in runs.items() if len(set(seeds)) > 1}
    stable = {name: seeds for name, seeds in runs.items() if name not in flip}
    same_stance = SameAnswer(labels=benchmark.STANCES)
    assert benchmark.outcome(stable, same_stance).decision.state == "kept"
    assert benchmark.outcome(flip, same_stance).decision.state == "broken"
