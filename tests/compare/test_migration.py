"""Every row of the table that says what a change is, and what follows from it."""

import pytest

from pytest_behavior_contract.compare.migration import compare_outcomes, compare_runs, exit_status
from pytest_behavior_contract.results import Decision, Judged, Outcome, Run, Verdict

PASS, FAIL = "pass", "fail"


def outcome(state, *, verdicts=(), clause="c/x", endpoint="next", severity="breaking", **decision):
    judged = tuple(Judged(case="1", k=k, verdict=Verdict(outcome=verdict)) for k, verdict in enumerate(verdicts))
    n, passes = len(verdicts), list(verdicts).count(PASS)
    return Outcome(
        clause=clause,
        endpoint=endpoint,
        severity=severity,
        decision=Decision(**{"state": state, "n": n, "passes": passes, **decision}),
        judged=judged,
    )


WORSE = {"before": [PASS] * 20, "after": [PASS] * 12 + [FAIL] * 8}
BETTER = {"before": [PASS] * 12 + [FAIL] * 8, "after": [PASS] * 20}
SAME = {"before": [PASS] * 20, "after": [PASS] * 20}


@pytest.mark.parametrize(
    ("candidate", "baseline", "seen", "kind"),
    [
        ({"state": "unmeasured"}, {"state": "kept"}, SAME, "unmeasured"),
        ({"state": "broken"}, {"state": "broken"}, SAME, "already broken"),
        ({"state": "broken"}, {"state": "kept"}, SAME, "broke"),
        ({"state": "broken"}, {"state": "undecided"}, SAME, "broke"),
        ({"state": "broken"}, None, SAME, "broke"),
        ({"state": "kept", "marginal": True}, {"state": "broken"}, SAME, "improved"),
        ({"state": "kept", "marginal": True}, {"state": "kept", "marginal": True}, SAME, "held"),
        ({"state": "kept", "marginal": True}, {"state": "kept", "marginal": True}, WORSE, "weakened"),
        ({"state": "kept", "marginal": True}, {"state": "kept"}, SAME, "weakened"),
        ({"state": "kept"}, {"state": "broken"}, SAME, "improved"),
        ({"state": "kept"}, {"state": "kept"}, SAME, "held"),
        ({"state": "kept"}, {"state": "kept"}, BETTER, "improved"),
        ({"state": "kept"}, {"state": "kept"}, WORSE, "weakened"),
        ({"state": "kept"}, {"state": "unmeasured"}, SAME, "unmeasured"),
        ({"state": "kept"}, None, SAME, "held"),
        ({"state": "undecided"}, {"state": "kept"}, WORSE, "weakened"),
        ({"state": "undecided"}, {"state": "kept"}, SAME, "undecided"),
        ({"state": "undecided"}, {"state": "broken"}, SAME, "undecided"),
        ({"state": "undecided", "leaning": "tilted"}, {"state": "kept"}, SAME, "weakened"),
        ({"state": "undecided", "leaning": "tilted"}, None, SAME, "weakened"),
        ({"state": "undecided", "leaning": "tilted"}, {"state": "undecided", "leaning": "tilted"}, SAME, "undecided"),
        ({"state": "undecided", "leaning": "tilted"}, {"state": "broken"}, SAME, "undecided"),
    ],
)
def test_what_a_change_is_called(candidate, baseline, seen, kind):
    after = outcome(**candidate, verdicts=seen["after"])
    before = None if baseline is None else outcome(**baseline, verdicts=seen["before"], endpoint="prod")
    assert compare_outcomes(before, after).kind == kind


def test_the_change_is_the_difference_of_rates_with_newcombes_interval():
    change = compare_outcomes(
        outcome("kept", verdicts=[PASS] * 48 + [FAIL] * 32), outcome("kept", verdicts=[PASS] * 56 + [FAIL] * 14)
    )
    assert change.difference == pytest.approx(0.2)
    assert (change.low, change.high) == pytest.approx((0.0524315, 0.3338727), rel=2e-6)
    assert change.pairs == 70


def test_only_replies_to_the_same_prompt_and_sample_are_paired():
    before = outcome("kept", verdicts=[PASS] * 3)
    after = outcome("kept", verdicts=[PASS] * 5)
    assert compare_outcomes(before, after).pairs == 3


def compared(*pairs):
    before = Run(endpoint="prod", outcomes=tuple(one for one, _ in pairs if one))
    after = Run(endpoint="next", outcomes=tuple(one for _, one in pairs if one))
    comparison = compare_runs(before, after)
    return comparison.answer, exit_status(comparison)


def pair(before, after, name="x", **more):
    return outcome(before, clause=f"c/{name}", endpoint="prod"), outcome(after, clause=f"c/{name}", **more)


def test_all_held_is_a_yes():
    assert compared(pair("kept", "kept")) == ("yes", 0)


def test_one_that_broke_is_a_no_whatever_the_others_do():
    assert compared(pair("kept", "kept", "a"), pair("kept", "broken", "b"), pair("kept", "unmeasured", "c")) == (
        "no",
        1,
    )


def test_undecided_or_unmeasured_cannot_tell():
    assert compared(pair("kept", "kept", "a"), pair("kept", "undecided", "b")) == ("could not tell", 6)
    assert compared(pair("kept", "unmeasured")) == ("could not tell", 6)


def test_a_clause_that_only_the_baseline_has_cannot_be_told():
    before, _ = pair("kept", "kept")
    assert compared((before, None)) == ("could not tell", 6)


def test_nothing_compared_is_nothing_known():
    assert compared() == ("could not tell", 6)


def test_broken_before_asks_for_a_look_and_breaks_nothing():
    assert compared(pair("broken", "broken")) == ("review", 0)


def test_leaning_and_marginal_ask_for_a_look():
    assert compared(pair("kept", "undecided", leaning="broken")) == ("review", 6)
    assert compared(pair("kept", "kept", marginal=True)) == ("review", 0)


def test_a_cosmetic_clause_decides_nothing():
    assert compared(pair("kept", "kept", "a"), pair("kept", "broken", "b", severity="cosmetic")) == ("yes", 0)
    assert compared(pair("kept", "kept", severity="cosmetic")) == ("could not tell", 6)
