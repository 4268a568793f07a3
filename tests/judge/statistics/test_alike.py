"""Treated alike: shown in both directions, or not at all."""

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
