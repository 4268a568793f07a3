"""The table of what endpoints make of an application's requests."""

from pytest_behavior_contract.results import Decision, Outcome, Probe, Report, Run
from pytest_behavior_contract.tell.json import outcome_from_plain, outcome_to_plain, read_report
from pytest_behavior_contract.tell.probes import MOST_LINES, probe_lines
from pytest_behavior_contract.tell.terminal import Terminal

WORDS = "Unsupported value: 'temperature' does not support 0 with this model. Only the default is supported."
ACCEPTED = Probe(what="temperature: 0", result="accepted")
REJECTED = Probe(what="temperature: 0", result="rejected", parameter="temperature", words=WORDS)
IGNORED = Probe(what="stop", result="ignored", parameter="stop", words="the text goes on\x1b[31m")


def run(name, *probes):
    kept = Decision(state="kept", n=1, passes=1, basis="exact")
    return Run(endpoint=name, outcomes=(Outcome(clause="orders/taken", endpoint=name, decision=kept, probes=probes),))


def test_each_line_says_what_was_sent_what_became_of_it_and_what_was_said():
    report = Report(runs=(run("prod", ACCEPTED, IGNORED), run("next", REJECTED)))
    assert [line.rstrip() for line in probe_lines(report, width=100)] == [
        "probes of orders/taken  prod      next",
        f"  temperature: 0        accepted  rejected  next: {WORDS[:49]}…",
        "  stop                  ignored   –         prod: the text goes on\\u001b[31m",
    ]


def test_with_little_room_the_words_stand_below():
    other = Probe(what="temperature: 0", result="rejected", words="no")
    lines = probe_lines(Report(runs=(run("prod", REJECTED), run("next", other))), width=70)
    assert lines[1].split() == ["temperature:", "0", "rejected", "rejected"]
    assert lines[2:] == [f"      prod: {WORDS[:57]}…", "      next: no"]


def test_the_same_words_are_shown_once():
    lines = probe_lines(Report(runs=(run("prod", REJECTED), run("next", REJECTED))), width=100)
    assert lines[1].split("rejected  ")[-1].startswith("prod, next: Unsupported value")
    assert len(lines) == 2


def test_of_very_many_those_that_are_accepted_are_counted():
    many = [Probe(what=f"p{n}", result="accepted") for n in range(MOST_LINES)]
    report = Report(runs=(run("prod", *many, REJECTED),))
    assert probe_lines(report, width=100)[-1] == f"  … and {MOST_LINES} that are accepted (-v lists them)"
    assert len(probe_lines(report, width=100, verbosity=1)) == MOST_LINES + 2


def test_where_nothing_is_probed_nothing_is_said():
    assert probe_lines(Report(runs=(run("prod"),)), width=100) == []
    assert "probes of" not in Terminal(verbosity=-1).render(Report(runs=(run("prod", ACCEPTED),)))
    assert "probes of" in Terminal().render(Report(runs=(run("prod", ACCEPTED),)))


def test_the_table_is_data_for_scripts_and_other_processes():
    from pytest_behavior_contract.tell.json import Json

    report = Report(runs=(run("prod", REJECTED),))
    assert read_report(Json().render(report)) == report
    outcome = report.runs[0].outcomes[0]
    assert outcome_from_plain(outcome_to_plain(outcome)) == outcome
