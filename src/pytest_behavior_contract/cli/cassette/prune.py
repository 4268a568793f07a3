"""Removes recordings that nobody needs."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_behavior_contract.ask.cassettes.pruning import ASIDE, Pruned, prune
from pytest_behavior_contract.ask.cassettes.stale import Judge
from pytest_behavior_contract.cli.cassette.places import (
    add_places,
    cassettes,
    counted,
    new_action,
    print_json,
    say,
    settings_and_secrets,
    tallied,
)
from pytest_behavior_contract.cli.cassette.stale import add_max_age

if TYPE_CHECKING:
    from pytest_behavior_contract.cli.cassette.places import Actions


def add_to(actions: Actions) -> None:
    summary = "remove stale and superseded recordings, and lines that a crash has torn"
    action = new_action(actions, "prune", summary, _prune, example="contracts --max-age 90d --yes")
    add_places(action)
    add_max_age(action)
    action.add_argument(
        "--damaged", action="store_true", help=f"also move other lines that cannot be read to FILE{ASIDE}"
    )
    action.add_argument("--yes", action="store_true", help="do it; otherwise it is only said what would be done")


def _prune(options: argparse.Namespace) -> int:
    judge = Judge(settings_and_secrets()[0], options.max_age)
    # All contracts are read before anything is removed: an error in one of them leaves everything as it was.
    rulings = [(path, judge.rule(path)) for path in cassettes(options.places)]
    found = [prune(path, ruling, damaged=options.damaged, write=options.yes) for path, ruling in rulings]
    changed = [one for one in found if one.dropped or one.empty]
    if options.json:
        print_json({"done": options.yes, "cassettes": [{**asdict(one), "removed": one.empty} for one in found]})
        return 0
    for one in found:
        _tell(one)
    dropped, removed = sum(len(one.dropped) for one in changed), sum(one.empty for one in changed)
    if not changed:
        say(f"nothing to prune in {counted(len(found), 'cassette')}")
    else:
        words = f"{counted(dropped, 'line')} and {counted(removed, 'file')}"
        say(f"removed {words}" if options.yes else f"would remove {words}; nothing was changed: say --yes to do it")
    return 0


def _tell(pruned: Pruned) -> None:
    goes = tallied(one.kind for one in pruned.dropped)
    if pruned.empty:
        say(f"{pruned.path}: the whole file: {goes or 'it is empty'}")
    elif goes:
        say(f"{pruned.path}: {goes}; {counted(pruned.kept, 'line')} stay")
    for reason in dict.fromkeys(one.reason for one in pruned.dropped if one.kind == "stale"):
        say(f"  {reason}")
    if pruned.unreadable:
        numbers = ", ".join(map(str, pruned.unreadable[:5])) + (", …" if len(pruned.unreadable) > 5 else "")
        say(f"{pruned.path}: kept although it cannot be read: line {numbers}; --damaged moves it to a file beside it")
