"""What is recorded, and whether every line is as it was written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_behavior_contract.ask.cassettes.shelf import Recording, look_at
from pytest_behavior_contract.cli.cassette.places import (
    add_places,
    cassettes,
    counted,
    new_action,
    print_json,
    say,
    settings_and_secrets,
)
from pytest_behavior_contract.tell.wording import shown

if TYPE_CHECKING:
    from pytest_behavior_contract.cli.cassette.places import Actions


def add_to(actions: Actions) -> None:
    summary = "what is recorded: clause, endpoint, exchanges, dates, model, size"
    add_places(new_action(actions, "list", summary, _list))
    summary = "read every line: damaged ones, changed ones, and what looks like a key"
    add_places(new_action(actions, "verify", summary, _verify))


def _list(options: argparse.Namespace) -> int:
    recordings = _recordings(options.places)
    if options.json:
        print_json([asdict(one) for one in recordings])
        return 0
    _print_table(recordings)
    exchanges, size = sum(one.exchanges for one in recordings), sum(one.size_bytes for one in recordings)
    sys.stdout.write(f"{counted(len(recordings), 'cassette')}, {counted(exchanges, 'exchange')}, {_size(size)}\n")
    return 0


def _verify(options: argparse.Namespace) -> int:
    recordings = _recordings(options.places)
    faults = [fault for one in recordings for fault in one.faults]
    if options.json:
        print_json([asdict(one) for one in recordings])
        return 1 if faults else 0
    for fault in faults:
        say(str(fault))
    exchanges = sum(one.exchanges for one in recordings)
    found = f"{counted(len(faults), 'fault')} found" if faults else "every line is as it was written"
    say(f"{counted(len(recordings), 'cassette')}, {counted(exchanges, 'exchange')}: {found}")
    return 1 if faults else 0


def _recordings(places: Sequence[str]) -> list[Recording]:
    _, secrets = settings_and_secrets()
    return [look_at(path, secrets) for path in cassettes(places)]


def _print_table(recordings: Sequence[Recording]) -> None:
    rows = [["clause", "endpoint", "exchanges", "recorded", "served model", "size"]]
    for one in recordings:
        first, last = one.recorded_from[:10], one.recorded_until[:10]
        dates = first if first == last else f"{first} – {last}"
        models = ", ".join(one.served_models) or "–"
        name = f"{one.contract}/{one.clause}"
        row = [name, one.endpoint, str(one.exchanges), dates, shown(models, 40), _size(one.size_bytes)]
        rows.append([shown(cell) for cell in row])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(1, count // 1000) if count else 0} kB"
