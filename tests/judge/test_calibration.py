"""The mathematics of judges that err, against statsmodels and scipy and against what it must guarantee."""

import itertools
import random

import pytest

from pytest_behavior_contract.judge.calibration import (
    Confusion,
    confusion,
    measured,
    rogan_gladen,
    scale,
    scale_within,
)

PERFECT = Confusion(true_passes=100, true_fails=100)
TABLES = [
    Confusion(true_passes=90, false_fails=5, false_passes=3, true_fails=2),
    Confusion(true_passes=48, false_fails=2, false_passes=7, true_fails=43),
    Confusion(true_passes=10, false_fails=40, false_passes=40, true_fails=10),
    Confusion(true_passes=1, false_fails=0, false_passes=0, true_fails=1),
]


def test_kappa_is_that_of_the_specification():
    assert TABLES[0].kappa == pytest.approx(0.2920354, rel=2e-6)
    assert TABLES[0].agreement == pytest.approx(0.92)


@pytest.mark.parametrize("table", TABLES)
def test_kappa_is_that_of_statsmodels(table):
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    counts = [[table.true_passes, table.false_fails], [table.false_passes, table.true_fails]]
    assert table.kappa == pytest.approx(inter_rater.cohens_kappa(counts, return_results=False))


@pytest.mark.parametrize("table", TABLES)
def test_intervals_are_those_of_scipy(table):
    stats = pytest.importorskip("scipy.stats")
    for hits, n, found in (
        (table.true_passes, table.passes, table.interval_of_sensitivity),
        (table.true_fails, table.fails, table.interval_of_specificity),
    ):
        exact = stats.binomtest(hits, n).proportion_ci(confidence_level=0.95, method="exact")
        assert found == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_what_was_not_measured_has_no_value():
    nothing = Confusion()
    assert (nothing.sensitivity, nothing.specificity, nothing.agreement, nothing.kappa) == (None, None, None, None)
    assert Confusion(true_passes=7).kappa is None, "with one word on both sides chance alone agrees"


def test_counts_come_from_labels_and_verdicts():
    labels = [True, True, False, False, True, False]
    verdicts = [True, False, False, True, None, None]
    assert confusion(labels, verdicts) == Confusion(
        true_passes=1, false_fails=1, true_fails=1, false_passes=1, unjudged=2
    )


def test_a_turned_judge_fails_what_it_passed():
    turned = TABLES[1].turned()
    assert (turned.sensitivity, turned.specificity) == (TABLES[1].specificity, TABLES[1].sensitivity)
    assert turned.kappa == pytest.approx(TABLES[1].kappa)


def test_the_measured_scale_and_the_correction_are_those_of_the_specification():
    assert measured(0.95, 0.95, 0.9) == pytest.approx(0.9075)
    assert measured(0.85, 0.95, 0.9) == pytest.approx(0.8225)
    assert rogan_gladen(183 / 200, 0.95, 0.9) == pytest.approx(0.9588235, rel=2e-6)


def test_the_correction_stays_within_0_and_1_and_is_undefined_for_a_coin():
    assert rogan_gladen(1.0, 0.9, 0.9) == 1.0
    assert rogan_gladen(0.0, 0.9, 0.9) == 0.0
    assert rogan_gladen(0.5, 0.5, 0.5) is None
    assert rogan_gladen(0.5, None, 0.9) is None


@pytest.mark.parametrize("table", [*TABLES[:2], PERFECT])
def test_the_correction_undoes_the_errors(table):
    for rate in (0.0, 0.3, 0.95, 1.0):
        through = measured(rate, table.sensitivity, table.specificity)
        if table.sensitivity + table.specificity > 1:
            assert rogan_gladen(through, table.sensitivity, table.specificity) == pytest.approx(rate)


def test_a_perfect_judge_on_many_examples_hardly_changes_the_promise():
    through = scale(0.95, 0.85, [Confusion(true_passes=2_000, true_fails=2_000)])
    assert (through.rate, through.floor) == pytest.approx((0.95, 0.85), abs=0.003)


def test_50_examples_of_each_kind_suffice_for_the_default_promise_if_the_judge_never_errs():
    assert not scale(0.95, 0.85, [Confusion(true_passes=50, true_fails=50)]).crossed
    assert scale(0.95, 0.85, [Confusion(true_passes=20, true_fails=20)]).crossed
    assert scale(0.95, 0.85, [TABLES[2]]).crossed


def test_no_judge_within_its_intervals_leads_a_kept_promise_below_the_scale_or_a_broken_one_above():
    """Whatever the true sensitivity and specificity are, within their intervals, and whatever the true rate."""
    for table in TABLES[:2]:
        through = scale(0.95, 0.85, [table])
        ends = itertools.product(table.interval_of_sensitivity, table.interval_of_specificity)
        for sensitivity, specificity in ends:
            for step in range(11):
                good, bad = 0.95 + 0.05 * step / 10, 0.85 * step / 10
                if sensitivity + specificity > 1:
                    assert measured(good, sensitivity, specificity) >= through.rate - 1e-12
                    assert measured(bad, sensitivity, specificity) <= through.floor + 1e-12


def test_several_judges_and_other_checks_are_allowed_for_whatever_goes_together():
    """A joint distribution of truths and verdicts is drawn; its share of passes is within what the scale allows."""
    rng = random.Random(7)
    for _ in range(500):
        # Cells: (first truly meets it, second does, first is passed, second is passed), with any dependence.
        weights = {cell: rng.random() ** 4 for cell in itertools.product((True, False), repeat=4)}
        whole = sum(weights.values())

        def share(where, weights=weights, whole=whole):
            return sum(weight for cell, weight in weights.items() if where(*cell)) / whole

        sensitivities, specificities = [], []
        for truth, verdict in ((0, 2), (1, 3)):
            passes = share(lambda *cell, t=truth: cell[t])
            hits = share(lambda *cell, t=truth, v=verdict: cell[t] and cell[v])
            rejects = share(lambda *cell, t=truth, v=verdict: not cell[t] and not cell[v])
            sensitivities.append((hits / passes,) * 2)
            specificities.append((rejects / (1 - passes),) * 2)
        rate = share(lambda one, two, *_: one and two)
        passing = share(lambda *cell: cell[2] and cell[3])
        through = scale_within(rate, rate, sensitivities, specificities)
        assert through.rate - 1e-9 <= passing <= through.floor + 1e-9
        # The second truth as a check that never errs: what passes is passed by the first judge and truly by the second.
        passing = share(lambda *cell: cell[2] and cell[1])
        through = scale_within(rate, rate, sensitivities[:1], specificities[:1], others=True)
        assert through.rate - 1e-9 <= passing <= through.floor + 1e-9
