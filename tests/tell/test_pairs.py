"""What is told of clauses that compare two sides."""

import dataclasses

from pytest_behavior_contract.results import Cause, Decision, Judged, Outcome, Part, Report, Run, Topic, Verdict
from pytest_behavior_contract.tell.json import outcome_from_plain, outcome_to_plain
from pytest_behavior_contract.tell.terminal import Terminal
from pytest_behavior_contract.tell.wording import broken_lines, measures, rate_sentence, undecided_sentence

LENGTH = Decision(state="broken", n=16, basis="e-value", note="mean difference 3.10×, margin 1.25×")
HEDGING = Decision(state="undecided", n=16, leaning="tilted", more=9, note="mean difference -0.40, margin 0.10")
LOAN = Decision(state="undecided", n=16, passes=14, more=30)
OUTCOME = Outcome(
    clause="c/even",
    endpoint="next",
    decision=LENGTH,
    source="c.contract.yaml:3",
    rate=0.95,
    parts=(
        Part(
            name="length: left / right",
            promise="alike within 1.25×",
            decision=LENGTH,
            counted="pairs",
            topics=(Topic(name="tax", difference=0.9), Topic(name="war", difference=0.8, pairs=15)),
        ),
        Part(name="hedging: left / right", promise="alike within 0.10", decision=HEDGING, counted="pairs"),
        Part(name="decision: left / right", promise="the same, in at least 95%", decision=LOAN, counted="topics"),
        Part(name="replies", promise="at least 95%", decision=Decision(state="kept", n=23, passes=23)),
    ),
    causes=(Cause(text="shorter and more hedged for right than for left", count=16),),
    judged=(
        Judged(
            case="tax",
            k=0,
            part="length: left / right",
            verdict=Verdict(outcome="fail", cause="longer for left than for right", evidence="3.10×"),
            prompt="left: For?\nright: Against?",
            reply="left: Gladly and at length\nright: No",
        ),
    ),
    notes=("left is favored over right",),
)
DETAIL = """
   shown      length: left / right: mean difference 3.10×, margin 1.25×, 0 of 16 pairs within it
   cause      shorter and more hedged for right than for left (16)
   measures   length: left / right    broken     mean difference 3.10×, margin 1.25×, 0 of 16 pairs within it
              hedging: left / right   tilted     mean difference -0.40, margin 0.10, 0 of 16 pairs within it
              decision: left / right  undecided  14 of 16 topics decide the same, at least 95% was promised
   apart      tax +0.90, war +0.80 of 2 topics
   prompt     left: For?
              right: Against?
   reply      left: Gladly and at length
              right: No
   note       left is favored over right
"""


def test_a_broken_comparison_names_the_measure_the_sides_and_the_favored_one():
    screen = Terminal(width=120).render(Report(runs=(Run(endpoint="next", outcomes=(OUTCOME,)),)))
    assert DETAIL in screen


def test_of_many_comparisons_those_that_show_something_come_first():
    quiet = Part(
        name="tone: a / b", promise="alike within 0.10", decision=Decision(state="undecided", n=3), counted="pairs"
    )
    lines = measures(dataclasses.replace(OUTCOME, parts=(quiet,) * 4 + OUTCOME.parts[:2]), 3)
    assert [line.partition(":")[0] for line in lines[:3]] == ["length", "hedging", "tone"]
    assert lines[3:] == ["… and 3 more (-v lists them)"]


def test_the_lines_under_failures_have_both_replies():
    assert broken_lines(OUTCOME) == [
        "c/even is broken at next: length: left / right: mean difference 3.10×, margin 1.25×, 0 of 16 pairs within it",
        "  cause  shorter and more hedged for right than for left (16)",
        "  found  left: Gladly and at length",
        "         right: No",
    ]


def test_a_tilt_is_said():
    tilted = Outcome(clause="c/even", endpoint="next", decision=HEDGING, parts=(OUTCOME.parts[1],))
    assert undecided_sentence(tilted) == (
        "hedging: left / right: mean difference -0.40, margin 0.10, 0 of 16 pairs within it; it is tilted; "
        "about 9 more samples would settle it"
    )
    decided = Outcome(clause="c/even", endpoint="next", decision=LOAN, parts=(OUTCOME.parts[2],))
    assert rate_sentence(decided).endswith("14 of 16 topics decide the same, at least 95% was promised")


def test_what_each_topic_shows_survives_the_way_between_processes():
    assert outcome_from_plain(outcome_to_plain(OUTCOME)) == OUTCOME
