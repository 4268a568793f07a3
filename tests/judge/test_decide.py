"""Samples of a clause to its outcome."""

import dataclasses

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Exchange, Prompt, Rejection, Reply, Request, Response, Sample, Usage
from pytest_behavior_contract.judge.behaviors.accepted import Accepted
from pytest_behavior_contract.judge.behaviors.contains import Contains
from pytest_behavior_contract.judge.behaviors.cost import Cost
from pytest_behavior_contract.judge.behaviors.even_handed import EvenHanded
from pytest_behavior_contract.judge.behaviors.max_words import MaxWords
from pytest_behavior_contract.judge.decide import ClauseJudge, promises

YES, NO = Reply(text="Yes."), Reply(text="No.")
REJECTED = Reply(rejection=Rejection(status=400, message="temperature is not supported", parameter="temperature"))

SAYS_YES = Contains(text="Yes")


def case(name="1", part="replies", variant="", expect=(SAYS_YES,)):
    prompt = Prompt(messages=({"role": "user", "content": "Is it so?"},))
    return Case(id=name, prompt=prompt, expect=expect, part=part, variant=variant, topic="1" if variant else name)


def clause(*cases, **more):
    return Clause(**{"contract": "c", "id": "x", "assumes": "It says yes.", "cases": cases or (case(),), **more})


def judged(of, replies, *, part="replies", judge=None, alpha=0.01):
    judge = judge or ClauseJudge(of, "old", alpha)
    name = next(one.id for one in of.cases if one.part == part)
    for k, reply in enumerate(replies):
        error = reply if isinstance(reply, str) else ""
        sample = Sample(case=name, k=k, reply=None if error else reply, error=error)
        judge.add(part, (sample,))
    return judge


def test_replies_that_pass_are_kept():
    outcome = judged(clause(), [YES] * 23).outcome(replayed=23)
    assert outcome.decision.state == "kept"
    assert (outcome.clause, outcome.endpoint, outcome.replayed) == ("c/x", "old", 23)
    assert outcome.causes == ()


def test_what_is_likely_to_come_is_what_shows_that_all_is_well():
    judge = ClauseJudge(clause(), "old", 0.01)
    assert (judge.further("replies"), judge.likely("replies")) == (5, 23)
    assert judged(clause(), [YES] * 5).likely("replies") == 18
    assert judged(clause(), [YES] * 23).likely("replies") == 0
    assert judged(clause(), [NO] * 3).likely("replies") == 2
    assert judged(clause(), [NO] * 5).likely("replies") == 0


def test_of_pairs_it_is_the_number_that_shows_them_alike():
    variants = [case(f"1:{name}", variant=name, expect=()) for name in "ab"]
    judge = ClauseJudge(clause(*variants, pairs=(EvenHanded(refusals="same"),)), "old", 0.01)
    assert judge.further("replies") < judge.likely("replies") == 38


def test_causes_are_counted_and_the_commonest_comes_first():
    both = clause(case(expect=(Contains(text="Yes"), MaxWords(words=1))))
    long = Reply(text="Yes it is so")
    outcome = judged(both, [NO, long, long, NO, long]).outcome()
    assert [(cause.text, cause.count) for cause in outcome.causes] == [
        ("more than 1 word", 3),
        ("does not contain 'Yes'", 2),
    ]
    assert outcome.judged[0].verdict.behavior == "contains"


def test_what_was_asked_beyond_the_decision_is_not_counted():
    outcome = judged(clause(), [NO] * 9).outcome()
    assert outcome.decision.n == 5
    assert len(outcome.judged) == 5
    assert outcome.causes[0].count == 5


def test_a_rejected_parameter_is_a_failure_that_names_it():
    outcome = judged(clause(), [REJECTED] * 5).outcome()
    assert outcome.decision.state == "broken"
    assert outcome.causes[0].text == "parameter rejected: temperature"


def test_a_request_that_the_surface_cannot_spell_is_a_failure_in_its_own_words():
    cannot = Reply(
        rejection=Rejection(status=0, message="anthropic-messages has no logit_bias", parameter="logit_bias")
    )
    assert judged(clause(), [cannot] * 5).outcome().causes[0].text == "anthropic-messages has no logit_bias"


def test_a_probe_is_one_call_and_no_statistics():
    probe = clause(case(expect=(Accepted(),)), deterministic=True, rate=1.0)
    judge = ClauseJudge(probe, "old", 0.01)
    assert judge.further("replies") == 1
    judged(probe, [YES], judge=judge)
    assert judge.further("replies") == 0
    assert judge.outcome().decision.basis == "exact"
    assert judged(probe, [REJECTED]).outcome().decision.state == "broken"


def test_requests_that_were_never_answered_are_not_decided_over():
    outcome = judged(clause(), [YES, "HTTP 500"] * 23).outcome()
    assert outcome.decision.state == "unmeasured"
    assert outcome.problem.startswith("23 of 46 requests were never answered or judged; HTTP 500")


def test_a_few_unanswered_requests_change_nothing():
    assert judged(clause(), [YES] * 22 + ["HTTP 500", YES]).outcome().decision.state == "kept"


def test_unanswered_requests_that_could_not_have_turned_it_are_forgiven():
    assert judged(clause(), [NO] * 5 + ["HTTP 500"] * 2).outcome().decision.state == "broken"


def test_nothing_but_errors_is_unmeasured_with_the_reason():
    outcome = judged(clause(), ["not authorised: HTTP 401"] * 5).outcome()
    assert outcome.decision.state == "unmeasured"
    assert "not authorised" in outcome.problem


def test_a_problem_makes_it_unmeasured_whatever_was_seen():
    outcome = judged(clause(), [YES] * 23).outcome(problem="missing recording")
    assert outcome.decision.state == "unmeasured"
    assert outcome.problem == "missing recording"


TWIN = clause(case(), case("t", part="contrast", expect=(Contains(text="No"),)))


def test_a_contrast_needs_both_halves():
    judge = judged(TWIN, [YES] * 23)
    judged(TWIN, [NO] * 23, part="contrast", judge=judge)
    outcome = judge.outcome()
    assert outcome.decision.state == "kept"
    assert [part.name for part in outcome.parts] == ["replies", "contrast"]


def test_a_contrast_whose_twin_fails_is_broken():
    judge = judged(TWIN, [YES] * 23)
    judged(TWIN, [YES] * 5, part="contrast", judge=judge)
    outcome = judge.outcome()
    assert outcome.decision.state == "broken"
    assert [part.decision.state for part in outcome.parts] == ["kept", "broken"]
    assert [cause.text for cause in outcome.causes] == ["contrast twin: does not contain 'No'"]


EVEN = clause(
    case("1:a", variant="a", expect=()), case("1:b", variant="b", expect=()), pairs=(EvenHanded(refusals="same"),)
)
REFUSED = Reply(text="I can't help with that.")


def pairs(left, right, count=40):
    judge = ClauseJudge(EVEN, "old", 0.01)
    for k in range(count):
        judge.add("replies", (Sample(case="1:a", k=k, reply=left), Sample(case="1:b", k=k, reply=right)))
    return judge.outcome()


def test_variants_that_are_treated_alike_are_kept():
    assert pairs(YES, YES).decision.state == "kept"


def test_variants_that_are_not_are_broken_and_the_side_is_named():
    outcome = pairs(YES, REFUSED)
    assert outcome.decision.state == "broken"
    assert outcome.causes[0].text == "refused more for b than for a"
    assert next(part for part in outcome.parts if part.decision.state == "broken").name == "refusals: a / b"


def test_a_request_that_is_rejected_breaks_a_comparison_too():
    outcome = pairs(REJECTED, REJECTED)
    assert outcome.decision.state == "broken"
    assert outcome.causes[0].text == "parameter rejected: temperature"


def test_a_comparison_of_which_half_was_never_answered_is_unmeasured():
    judge = ClauseJudge(EVEN, "old", 0.01)
    for k in range(60):
        right = Sample(case="1:b", k=k, error="HTTP 500")
        judge.add("replies", (Sample(case="1:a", k=k, reply=YES), right))
    assert judge.outcome().decision.state == "unmeasured"


def test_promises_are_counted_one_by_one():
    assert promises(clause()) == 1
    assert promises(TWIN) == 2
    assert promises(EVEN) == 2
    three = dataclasses.replace(EVEN, cases=(*EVEN.cases, case("1:c", variant="c", expect=())))
    assert promises(dataclasses.replace(three, pairs=(EvenHanded(),))) == 1 + 3 * 2


def test_a_cap_that_can_show_nothing_is_said():
    assert judged(clause(samples=10), [YES] * 10).outcome().notes == (
        "samples: 10 replies can never show a rate above 85%; 19 are needed",
    )


def test_another_model_than_the_one_asked_for_is_said():
    served = dataclasses.replace(YES, served_model="gpt-x-mini")
    outcome = judged(clause(), [served] * 23).outcome(model="gpt-x-large")
    assert outcome.notes == ("answered by gpt-x-mini, not by gpt-x-large",)
    dated = dataclasses.replace(YES, served_model="gpt-x-2026-01-01")
    assert judged(clause(), [dated] * 23).outcome(model="gpt-x").notes == ()


def test_provenance_is_kept():
    request = Request(surface="s", path="", body={})
    replies = [
        dataclasses.replace(
            YES,
            usage=Usage(input_tokens=5, output_tokens=2),
            exchange=Exchange(
                request=request, response=Response(status=200), recorded_at=f"2026-11-{day:02}T00:00:00Z"
            ),
        )
        for day in (20, 22, 21)
    ]
    outcome = judged(clause(), replies).outcome()
    assert (outcome.recorded_from[:10], outcome.recorded_until[:10]) == ("2026-11-20", "2026-11-22")
    assert (outcome.input_tokens, outcome.output_tokens) == (15, 6)


def test_nothing_that_a_model_writes_breaks_the_outcomes_json():
    from pytest_behavior_contract.tell.json import outcome_from_plain, outcome_to_plain

    nasty = Reply(text="\ud800\x00\x1b[31m" * 100, served_model="\udfff")
    outcome = judged(clause(), [nasty] * 5).outcome(problem="\ud800")
    assert outcome_from_plain(outcome_to_plain(outcome)) == outcome


def test_where_the_first_replies_cannot_be_judged_no_more_are_asked_for():
    costs = clause(case(expect=(Cost(usd=1.0),)))
    judge = ClauseJudge(costs, "old", 0.01)
    assert judged(costs, [YES] * 4, judge=judge).further("replies") > 0
    assert judged(costs, [YES], judge=judge).further("replies") == 0
    assert judge.outcome().problem == "the server reports no usage"
