"""Which recordings nobody asks for any more."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_behavior_contract.ask.cassettes.lines import each_line
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

if TYPE_CHECKING:
    from pytest_behavior_contract.cli.cassette.places import Actions

_SHOWN = 3
"""Of so many requests in a cassette that are not asked any more, the nearest one that is asked is told."""


def add_to(actions: Actions) -> None:
    summary = "recordings that no clause asks for any more, or that are too old"
    action = new_action(actions, "stale", summary, _stale, example="contracts --max-age 90d")
    add_places(action)
    add_max_age(action)


def add_max_age(action: argparse.ArgumentParser) -> None:
    action.add_argument("--max-age", metavar="AGE", default="", help="what is older is stale too: 36h, 90d, 12w")


def _stale(options: argparse.Namespace) -> int:
    judge = Judge(settings_and_secrets()[0], options.max_age)
    found = [_look_at(path, judge) for path in cassettes(options.places)]
    stale = sum(len(one["stale"]) for one in found)
    recordings = sum(one["recordings"] for one in found)
    if options.json:
        print_json({"recordings": recordings, "stale": stale, "cassettes": found})
        return 1 if stale else 0
    for one in found:
        _tell(one)
    unknown = [one for one in found if one["cannot_tell"]]
    if unknown:
        reasons = "; ".join(dict.fromkeys(one["cannot_tell"] for one in unknown))
        say(f"{counted(len(unknown), 'cassette')} cannot be told: {reasons}")
    where = f"of {counted(recordings, 'recording')} in {counted(len(found), 'cassette')}"
    if stale:
        say(f"{stale} {where} stale; remove with: behavior-contract cassette prune")
    else:
        say(f"none {where} stale")
    return 1 if stale else 0


def _look_at(path: Path, judge: Judge) -> dict[str, Any]:
    ruling = judge.rule(path)
    stale: list[dict[str, Any]] = []
    differences: dict[str, str] = {}
    recordings = unreadable = 0
    for line in each_line(path):
        exchange = line.exchange
        if exchange is None:
            unreadable += bool(line.problem)
            continue
        recordings += 1
        reason = ruling.reason(exchange)
        if reason:
            one = {"line": line.number, "sample": exchange.sample, "recorded_at": exchange.recorded_at}
            stale.append({**one, "reason": reason})
            digest = exchange.request.digest
            if digest not in differences and len(differences) < _SHOWN:
                differences[digest] = ruling.nearest(exchange)
    parts = path.absolute().parts
    return {
        "path": str(path),
        "endpoint": unquote(parts[-3]) if len(parts) > 2 else "",
        "contract": unquote(parts[-2]) if len(parts) > 1 else "",
        "clause": unquote(path.stem),
        "recordings": recordings,
        "unreadable": unreadable,
        "cannot_tell": ruling.cannot_tell,
        "stale": stale,
        "differences": [difference for difference in differences.values() if difference],
    }


def _tell(found: dict[str, Any]) -> None:
    stale = found["stale"]
    if stale:
        reasons = tallied(one["reason"] for one in stale) if len({one["reason"] for one in stale}) > 1 else ""
        say(f"{found['path']}: {len(stale)} of {found['recordings']} stale: {reasons or stale[0]['reason']}")
    for difference in dict.fromkeys(found["differences"]):
        say(f"  {difference}")
    if found["unreadable"]:
        say(f"{found['path']}: {counted(found['unreadable'], 'line')} cannot be read; see: cassette verify")
