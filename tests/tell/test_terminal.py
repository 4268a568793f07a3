"""The screen, whole, against stored ones; `python tests/tell/test_terminal.py` writes them anew."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from report import CANDIDATE, MIGRATION, SINGLE

from pytest_behavior_contract.results import Decision, Outcome, Report, Run
from pytest_behavior_contract.tell.terminal import MOST_ROWS, Terminal

SCREENS = Path(__file__).with_name("screens")
CASES = {
    "migration-80": (MIGRATION, Terminal(width=80)),
    "migration-120": (MIGRATION, Terminal(width=120)),
    "migration-quiet": (MIGRATION, Terminal(width=80, verbosity=-1)),
    "single-80": (SINGLE, Terminal(width=80)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_screen_is_the_one_on_file(name):
    report, terminal = CASES[name]
    assert terminal.render(report) == (SCREENS / f"{name}.txt").read_text()


def test_color_changes_nothing_but_color():
    import re

    plain = Terminal(width=80).render(MIGRATION)
    colored = Terminal(width=80, color=True).render(MIGRATION)
    assert "\x1b[31m" in colored
    assert re.sub(r"\x1b\[\d*m", "", colored).split() == plain.split()


def test_nothing_of_a_reply_reaches_the_terminal_as_a_command():
    text = Terminal(width=80).render(MIGRATION)
    assert "\x1b" not in text
    assert "\\u001b[2J```json⏎" in text


def many(count, state="kept"):
    decision = Decision(state=state, n=23, passes=23)
    return tuple(Outcome(clause=f"c/{n}", endpoint="next", decision=decision) for n in range(count))


def test_among_many_clauses_those_that_are_fine_are_counted():
    report = Report(runs=(Run(endpoint="next", outcomes=many(MOST_ROWS + 1) + CANDIDATE.outcomes),))
    text = Terminal(width=100).render(report)
    assert "c/7" not in text
    assert f"… and {MOST_ROWS + 2} that kept (-v lists them)" in text
    assert "c/7" in Terminal(width=100, verbosity=1).render(report)


def test_no_clause_at_all_is_said():
    text = Terminal().render(Report(runs=(Run(endpoint="next"),)))
    assert "COULD NOT TELL" in text
    assert "no clause was run" in text


if __name__ == "__main__":
    for name, (report, terminal) in CASES.items():
        (SCREENS / f"{name}.txt").write_text(terminal.render(report))
