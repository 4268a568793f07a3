"""Treated alike: shown in both directions, or not at all."""

import random

import pytest

from pytest_behavior_contract.judge.statistics.alike import Alike


def test_pairs_that_never_differ_are_alike_at_38():
    decision = Alike(margin=0.10).decide([0.0] * 95, 95)
    assert (decision.state, decision.n) == ("kept", 38)


def test_pairs_that_always_differ_are_broken_at_the_least_number():
    decision = Alike(margin=0.10).decide([1.0] * 95, 95)
    assert decision.state == "broken"
    assert decision.n < 20
    assert "+1.00" in decision.note


def test_swapping_the_sides_flips_nothing_but_the_sign():
    differences = [0.3, -0.1, 0.5, 0.2, 0.4] * 10
    one = Alike(margin=0.1).decide(differences, 95)
    other = Alike(margin=0.1).decide([-difference for difference in differences], 95)
    assert (one.state, one.n, one.passes) == (other.state, other.n, other.passes)


def test_few_pairs_are_undecided():
    decision = Alike(margin=0.10).decide([0.0] * 10, 95)
    assert decision.state == "undecided"
    assert decision.more == 28


def test_a_small_lean_within_a_wide_margin_is_tilted():
    decision = Alike(margin=0.60).decide([0.55] * 12, 12)
    assert decision.state == "undecided"
    assert decision.leaning == "tilted"


def test_nothing_is_unmeasured():
    assert Alike(margin=0.1).decide([], 95).state == "unmeasured"


def test_asking_begins_small_and_stops_when_decided():
    alike = Alike(margin=0.10)
    assert alike.further([], 95) == 5
    assert alike.further([0.0] * 5, 95) == 33
    assert alike.further([0.0] * 38, 95) == 0
    assert alike.further([0.0, 1.0] * 40, 60) == 0


def test_what_lies_beyond_the_margin_needs_more_pairs_to_be_shown_too():
    decision = Alike(margin=0.10).decide([0.5] * 8, 95)
    assert decision.state == "undecided"
    assert decision.more > 0
    assert Alike(margin=0.10).decide([0.1] * 8, 95).more == 0, "at the margin no number would settle it"


def test_plain_comparison_is_of_the_mean_over_all_that_was_planned():
    exact = Alike(margin=0.10, exact=True)
    assert exact.decide([0.2, 0.0], 2).state == "kept"
    assert exact.decide([0.2, 0.1], 2).state == "broken"
    assert exact.decide([0.2], 2).state == "unmeasured"
    assert exact.further([], 2) == 2
    assert exact.further([0.0, 0.0], 2) == 0


def test_differences_are_told_as_the_measure_tells_them():
    note = Alike(margin=0.5, shown=lambda difference: f"{difference * 100:+.0f} points").decide([0.1], 95).note
    assert note == "mean difference +10 points, margin 50 points"


@pytest.mark.slow
def test_rounds_over_few_topics_say_nothing_about_topics_like_them_but_each_counted_once_does():
    """Topics lean to either side, and on the whole to none: how often is a lean of the whole declared?"""
    chance = random.Random(11)
    alike = Alike(margin=0.1)

    def declared(topics, rounds):
        leans = [chance.uniform(-1, 1) for _ in range(topics)]
        drawn = [max(-1.0, min(1.0, lean + chance.gauss(0, 0.2))) for _ in range(rounds) for lean in leans]
        return alike.decide(drawn, 300).state == "broken"

    assert sum(declared(topics=5, rounds=60) for _ in range(200)) > 20
    assert sum(declared(topics=300, rounds=1) for _ in range(200)) <= 6


def test_one_that_reads_on_decides_as_one_that_reads_all():
    differences = [0.3, -0.1, 0.5, 0.2, 0.4, 0.0] * 15
    alike = Alike(margin=0.1)
    watch = alike.watch()
    for n in range(1, len(differences) + 1):
        seen = differences[:n]
        assert alike.decide(seen, 80, watch) == alike.decide(seen, 80)
        assert alike.further(seen, 80, watch) == alike.further(seen, 80)
