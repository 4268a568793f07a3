"""The mathematics against published values (docs/statistics.md section 10) and against scipy and statsmodels."""

import math

import pytest

from pytest_behavior_contract.judge.proportions import (
    Bet,
    anytime_interval,
    at_least,
    at_most,
    clopper_pearson,
    last_look,
    log_e,
    log_e_of_equal,
    newcombe,
    reached,
    straight,
    wilson,
)

CLOSE = {"rel": 2e-6}


@pytest.mark.parametrize(
    ("successes", "n", "mean", "expected"),
    [
        (1, 1, 0.85, 1.129926),
        (23, 23, 0.85, 21.22276),
        (36, 37, 0.85, 12.92664),
        (3, 3, 0.05, 1041.102),
        (4, 20, 0.05, 7.444292),
        (6, 6, 0.5, 27.96076),
    ],
)
def test_e_values_are_those_of_the_specification(successes, n, mean, expected):
    assert math.exp(log_e(successes, n, mean)) == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize(("successes", "n", "mean"), [(3, 10, 0.2), (9, 9, 0.85), (0, 5, 0.5), (40, 60, 0.6)])
def test_e_value_is_an_average_of_likelihood_ratios(successes, n, mean):
    stats = pytest.importorskip("scipy.stats")
    ratios = []
    for k in (2, 5, 50):
        better = k * mean / (1 + (k - 1) * mean)
        ratios.append(stats.binom.pmf(successes, n, better) / stats.binom.pmf(successes, n, mean))
    assert math.exp(log_e(successes, n, mean)) == pytest.approx(sum(ratios) / 3)


def test_e_value_of_scores():
    bet = Bet(0.8)
    for score in (0.25, 0.5, 0.125, 0.625, 0.25):
        bet.add(score)
    assert math.exp(bet.log_e) == pytest.approx(0.09485587, **CLOSE)


def test_with_a_mean_of_zero_one_success_refutes_it_for_good():
    assert log_e(1, 5, 0.0) == math.inf
    assert log_e(0, 5, 0.0) == 0.0


@pytest.mark.parametrize(
    ("passes", "n", "low", "high"),
    [(5, 5, 0.468927, 1), (20, 20, 0.832188, 1), (16, 20, 0.502581, 0.966808), (97, 100, 0.898775, 0.997722)],
)
def test_interval_that_holds_at_any_stop(passes, n, low, high):
    assert anytime_interval(passes, n) == pytest.approx((low, high), **CLOSE)


@pytest.mark.parametrize(
    ("passes", "n", "low", "high"),
    [(1, 1, 0.025, 1), (5, 5, 0.478176, 1), (19, 20, 0.751267, 0.998735), (97, 100, 0.914824, 0.993770)],
)
def test_clopper_pearson(passes, n, low, high):
    assert clopper_pearson(passes, n, 0.025) == pytest.approx((low, high), **CLOSE)


def test_clopper_pearson_of_nothing_is_everything():
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_wilson_is_statsmodels():
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    assert wilson(19, 20) == pytest.approx(proportion.proportion_confint(19, 20, method="wilson"))
    assert wilson(0, 10) == pytest.approx((0, 0.277533), rel=2e-6, abs=1e-12)


def test_binomial_tails():
    assert at_most(16, 20, 0.95) == pytest.approx(0.01590153, **CLOSE)
    assert at_least(20, 20, 0.85) == pytest.approx(0.03875953, **CLOSE)
    assert at_most(120, 134, 0.95) == pytest.approx(0.007419961, **CLOSE)
    assert at_least(0, 5, 0.0) == 1
    assert at_most(4, 5, 1.0) == 0


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [((56, 70), (48, 80), (0.0524315, 0.3338727)), ((20, 20), (15, 20), (0.0377654, 0.4687009))],
)
def test_newcombe(a, b, expected):
    assert newcombe(*a, *b) == pytest.approx(expected, rel=2e-6)


def test_newcombe_is_statsmodels():
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    theirs = proportion.confint_proportions_2indep(30, 50, 48, 50, method="newcomb", compare="diff")
    assert newcombe(30, 50, 48, 50) == pytest.approx(theirs, abs=1e-9)


def test_newcombe_of_nothing_says_nothing():
    assert newcombe(0, 0, 3, 4) == (-1.0, 1.0)


def test_last_look_is_that_of_the_specification():
    assert last_look(20, 0.85, 0.05) == 20
    assert last_look(60, 0.85, 0.05) == 57
    assert last_look(60, 0.05, 0.01) == 9


def test_last_look_that_no_count_can_meet_is_beyond_the_cap():
    assert last_look(5, 0.85, 0.05) == 6


@pytest.mark.parametrize(
    ("floor", "passes"),
    [(0.7, 11), (0.8, 17), (0.85, 23), (0.91, 39), (0.94, 60), (0.96, 90), (0.97, 120)],
)
def test_straight_passes_that_suffice(floor, passes):
    assert straight(floor, 0.05) == passes


def test_no_row_of_successes_refutes_certainty():
    assert straight(1.0, 0.05, most=50) == 51


def test_threshold_forgives_rounding():
    assert reached(math.log(20) - 1e-13, 0.05)
    assert not reached(math.log(20) - 1e-9, 0.05)


@pytest.mark.parametrize(("value", "n", "mean"), [(0.5, 38, 0.45), (1.0, 3, 0.85), (0.0, 7, 0.2), (0.3, 500, 0.29)])
def test_equal_values_in_one_go_are_what_they_are_one_by_one(value, n, mean):
    bet = Bet(mean)
    for _ in range(n):
        bet.add(value)
    assert log_e_of_equal(value, n, mean) == pytest.approx(bet.log_e, abs=1e-9)
