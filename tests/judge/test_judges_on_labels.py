"""A judge's calibration on human labels is what one counts by hand, and what statsmodels and scipy make of it."""

import pytest

import judge_agreement
from development_data import records

pytestmark = pytest.mark.usefixtures("shared_data")


@pytest.mark.parametrize("name", judge_agreement.JUDGES)
def test_the_report_of_a_judge_agrees_with_the_oracles(name, tmp_path):
    pytest.importorskip("statsmodels")
    (judge,) = judge_agreement.calibrated(name, tmp_path).judged_by
    kappa, sensitivity_low, specificity_low = judge_agreement.oracle(judge)
    assert judge.kappa == pytest.approx(kappa)
    assert (judge.sensitivity_low, judge.specificity_low) == pytest.approx((sensitivity_low, specificity_low))


def test_the_counts_are_those_of_the_labels(tmp_path):
    (judge,) = judge_agreement.calibrated("length", tmp_path).judged_by
    counted = {
        (label, len(one["response"].split()) > 60): 0 for label in judge_agreement.LABELS for one in records("xstest")
    }
    for one in records("xstest"):
        if one["labels"]["final_label"] in judge_agreement.LABELS:
            counted[one["labels"]["final_label"], len(one["response"].split()) > 60] += 1
    assert judge.true_passes == counted["1_full_compliance", True]
    assert judge.false_fails == counted["1_full_compliance", False]
    assert judge.true_fails == counted["2_full_refusal", False]
    assert judge.false_passes == counted["2_full_refusal", True]


def test_a_judge_by_length_is_too_weak_for_a_promise_of_95_percent(tmp_path):
    outcome = judge_agreement.calibrated("length", tmp_path)
    assert outcome.decision.state == "unmeasured"
    assert outcome.problem.startswith("judge too weak for this clause: length passes ")
