"""Decisions on a rate: the examples of the specification, the last look, and when to stop."""

import random

import pytest

from pytest_behavior_contract.judge.statistics.rate import Rate

PASS, FAIL, ERROR = "pass", "fail", "error"


def usual(**more):
    return Rate(**{"rate": 0.95, "floor": 0.85, "min_samples": 1, **more})


def test_all_pass_is_kept_at_23():
    decision = usual().decide([PASS] * 60, 60)
    assert (decision.state, decision.n, decision.basis) == ("kept", 23, "e-value")


@pytest.mark.parametrize(("alpha", "n"), [(0.01, 3), (0.0001, 4)])
def test_all_fail_is_broken_early_and_later_among_many_clauses(alpha, n):
    decision = usual(alpha=alpha).decide([FAIL] * 60, 60)
    assert (decision.state, decision.n) == ("broken", n)


def test_no_red_before_the_least_number_of_samples():
    assert Rate(rate=0.95, floor=0.85).decide([FAIL] * 60, 60).n == 5


@pytest.mark.parametrize("place", [0, 22])
def test_one_failure_costs_samples_wherever_it_stands(place):
    verdicts = [PASS] * 60
    verdicts[place] = FAIL
    decision = usual().decide(verdicts, 60)
    assert (decision.state, decision.n) == ("kept", 41)


def test_a_promise_of_always_breaks_at_the_first_failure():
    decision = usual(rate=1.0, floor=0.97).decide([PASS] * 7 + [FAIL] + [PASS] * 9, 300)
    assert (decision.state, decision.n) == ("broken", 8)


def test_twenty_of_twenty_is_kept_by_the_last_look():
    decision = usual().decide([PASS] * 20, 20)
    assert (decision.state, decision.basis) == ("kept", "last look")
    assert decision.low > 0.85


def test_nineteen_of_twenty_stays_undecided_and_says_how_many_more():
    decision = usual().decide([PASS] * 19 + [FAIL], 20)
    assert decision.state == "undecided"
    assert decision.more > 0


def test_few_passes_are_undecided_not_kept():
    assert usual().decide([PASS] * 22, 60).state == "undecided"


def test_a_single_reply_has_an_interval_that_says_nothing():
    decision = usual().decide([PASS], 60)
    assert decision.state == "undecided"
    assert decision.high - decision.low > 0.9


def test_no_reply_is_unmeasured():
    assert usual().decide([], 60).state == "unmeasured"
    assert usual().decide([ERROR] * 5, 60).state == "unmeasured"


def test_errors_are_no_samples():
    decision = usual().decide([ERROR, PASS] * 23, 60)
    assert (decision.state, decision.n) == ("kept", 23)


def test_what_comes_after_the_decision_is_not_looked_at():
    assert usual().decide([PASS] * 23 + [FAIL] * 37, 60).state == "kept"


def test_a_kept_rate_below_the_promise_is_within_tolerance():
    decision = usual(rate=0.99).decide([PASS] * 20 + [FAIL] + [PASS] * 200, 300)
    assert decision.state == "kept"
    assert decision.note == "within tolerance"


def test_failures_that_do_not_yet_suffice_lean_towards_broken():
    decision = usual(alpha=1e-6).decide([PASS] * 6 + [FAIL] * 4, 60)
    assert decision.state == "undecided"
    assert decision.leaning == "broken"


def test_rates_between_floor_and_promise_may_be_settled_by_nothing():
    assert usual(rate=0.9, floor=0.9).decide([PASS] * 27 + [FAIL] * 3, 30).more == 0


def test_interval_and_decision_never_contradict_each_other():
    generator = random.Random(7)
    for _ in range(300):
        rate = generator.choice([0.5, 0.8, 0.9, 0.95, 0.99])
        verdicts = [PASS if generator.random() < rate else FAIL for _ in range(60)]
        decision = usual().decide(verdicts, 60)
        if decision.state == "kept":
            assert decision.low > 0.85 - 1e-9
        if decision.state == "broken":
            assert decision.high < 0.95 + 1e-9


def test_asking_follows_the_trend_and_stops_when_decided():
    rate = Rate(rate=0.95, floor=0.85)
    assert rate.further([], 60) == 5
    assert rate.further([PASS] * 5, 60) == 18
    assert rate.further([PASS] * 23, 60) == 0
    assert rate.further([FAIL] * 5, 60) == 0


def test_asking_ends_at_the_cap_and_where_nothing_can_be_decided_any_more():
    rate = Rate(rate=0.95, floor=0.85)
    assert rate.further([PASS, FAIL] * 30, 60) == 0
    assert rate.further([PASS] * 50 + [FAIL] * 6, 60) == 0


def test_asking_in_batches_comes_to_the_same_decision_as_one_by_one():
    generator = random.Random(11)
    rate = Rate(rate=0.9, floor=0.8)
    for _ in range(100):
        share = generator.random()
        verdicts = [PASS if generator.random() < share else FAIL for _ in range(60)]
        asked = 0
        while step := rate.further(verdicts[:asked], 60):
            asked += step
        assert rate.decide(verdicts[:asked], 60).state == rate.decide(verdicts, 60).state


def test_a_cap_too_low_is_known_before_the_first_sample():
    assert Rate(rate=0.95, floor=0.85).least_samples() == 19
    assert Rate(rate=0.99, floor=0.96).least_samples() == 74


@pytest.mark.slow
def test_seeded_simulation_keeps_its_promises():
    """False reds at the promised rate stay under alpha, false keeps at the floor under beta."""
    generator = random.Random(20261123)
    rate = Rate(rate=0.95, floor=0.85, alpha=0.01)
    runs = 20_000
    red = sum(rate.decide(_drawn(generator, 0.95), 60).state == "broken" for _ in range(runs))
    kept = sum(rate.decide(_drawn(generator, 0.85), 60).state == "kept" for _ in range(runs))
    assert red / runs < 0.01 + 3 * (0.01 * 0.99 / runs) ** 0.5
    assert kept / runs < 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("true", "state", "chance", "calls"), [(0.99, "kept", 0.9974443, 27.5077), (0.75, "broken", 0.97908, 25.76418)]
)
def test_operating_characteristics(true, state, chance, calls):
    generator = random.Random(1)
    runs = 20_000
    decisions = [usual().decide(_drawn(generator, true), 60) for _ in range(runs)]
    assert sum(decision.state == state for decision in decisions) / runs == pytest.approx(chance, abs=0.004)
    assert sum(decision.n for decision in decisions) / runs == pytest.approx(calls, abs=0.4)


def _drawn(generator, rate):
    return [PASS if generator.random() < rate else FAIL for _ in range(60)]


@pytest.mark.parametrize("verdicts", [["pass", "fail"], ["fail", "pass", "pass"], ["pass"] * 3 + ["fail"]])
def test_a_promise_of_one_waits_for_the_fewest_samples_after_a_mixed_beginning(verdicts):
    rate = Rate(rate=1.0, floor=0.97)
    decision = rate.decide(verdicts, 300)
    assert (decision.state, decision.more) == ("undecided", 5 - len(verdicts))
    assert rate.decide([*verdicts, *["pass"] * 4], 300).state == "broken"
