"""Masks keys in recordings, and drops headers that may hold some."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_behavior_contract.ask.cassettes.scrubbing import Scrubbed, scrub
from pytest_behavior_contract.cli.cassette.places import (
    add_places,
    cassettes,
    counted,
    new_action,
    print_json,
    say,
    settings_and_secrets,
)

if TYPE_CHECKING:
    from pytest_behavior_contract.cli.cassette.places import Actions


def add_to(actions: Actions) -> None:
    summary = "mask what looks like a key, and drop headers that may hold one"
    action = new_action(actions, "scrub", summary, _scrub, example="contracts --yes")
    add_places(action)
    action.add_argument("--yes", action="store_true", help="do it; otherwise it is only said what would be done")


def _scrub(options: argparse.Namespace) -> int:
    _, secrets = settings_and_secrets()
    found = [scrub(path, secrets, write=options.yes) for path in cassettes(options.places)]
    lines = sum(len(one.cleaned) for one in found)
    unreadable = any(one.unreadable for one in found)
    status = 1 if unreadable or (lines and not options.yes) else 0
    if options.json:
        print_json({"done": options.yes, "cassettes": [asdict(one) for one in found]})
        return status
    for one in found:
        _tell(one)
    if not lines:
        say(f"nothing to scrub in {counted(len(found), 'cassette')}")
    elif options.yes:
        say(f"scrubbed {counted(lines, 'line')}; a key that was committed is to be revoked, it is in the history")
    else:
        say(f"would scrub {counted(lines, 'line')}; nothing was changed: say --yes to do it")
    return status


def _tell(scrubbed: Scrubbed) -> None:
    for one in scrubbed.cleaned:
        what = f"the line goes: {one.dropped}" if one.dropped else "; ".join(one.problems)
        say(f"{scrubbed.path}:{one.line}: {what}")
        if one.new_key:
            say("  its request has changed: a clause finds it only where it asks with *** too")
    if scrubbed.unreadable:
        numbers = ", ".join(map(str, scrubbed.unreadable[:5])) + (", …" if len(scrubbed.unreadable) > 5 else "")
        say(f"{scrubbed.path}: cannot be read: line {numbers}; it stays, with its keys masked, for: cassette prune")
