"""Looks after recordings: lists them, verifies them, hands them to vcrpy."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pytest_behavior_contract.ask.cassettes.shelf import Recording, find_cassettes, look_at
from pytest_behavior_contract.ask.endpoints import load_settings
from pytest_behavior_contract.ask.redaction import environment_secrets
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.tell.wording import shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: behavior-contract cassette verify contracts"
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for name, run_action, summary in (
        ("list", _list, "what is recorded: clause, endpoint, exchanges, dates, model, size"),
        ("verify", _verify, "read every line: damaged ones, changed ones, and what looks like a key"),
    ):
        action = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        action.epilog = f"example: behavior-contract cassette {name} contracts"
        action.add_argument(
            "places", nargs="*", metavar="PATH", help="folders or cassettes; the current folder if none"
        )
        action.add_argument("--json", action="store_true", help="print JSON")
        action.set_defaults(run=run_action)
    export = actions.add_parser("export", help="one cassette as vcrpy's own YAML", description="Vcrpy's own YAML.")
    export.epilog = "example: behavior-contract cassette export cassettes/prod/orders/bare-json.jsonl > bare-json.yaml"
    export.add_argument("cassette", metavar="FILE")
    export.set_defaults(run=_export)


def _list(options: argparse.Namespace) -> int:
    recordings = _recordings(options.places)
    if options.json:
        _print_json(recordings)
        return 0
    _print_table(recordings)
    exchanges, size = sum(one.exchanges for one in recordings), sum(one.size_bytes for one in recordings)
    sys.stdout.write(f"{len(recordings)} cassettes, {exchanges} exchanges, {_size(size)}\n")
    return 0


def _verify(options: argparse.Namespace) -> int:
    recordings = _recordings(options.places)
    faults = [fault for one in recordings for fault in one.faults]
    if options.json:
        _print_json(recordings)
        return 1 if faults else 0
    for fault in faults:
        sys.stdout.write(f"{shown(str(fault))}\n")
    exchanges = sum(one.exchanges for one in recordings)
    found = f"{len(faults)} lines are not as they should be" if faults else "every line is as it was written"
    sys.stdout.write(f"{len(recordings)} cassettes, {exchanges} exchanges: {found}\n")
    return 1 if faults else 0


def _export(options: argparse.Namespace) -> int:
    from pytest_behavior_contract.ask.cassettes.tape_for_vcr import as_vcrpy_yaml

    sys.stdout.write(as_vcrpy_yaml(Path(options.cassette)))
    return 0


def _recordings(places: Sequence[str]) -> list[Recording]:
    secrets = environment_secrets(one.api_key_env for one in load_settings(Path.cwd()).endpoints.values())
    paths = find_cassettes([Path(place) for place in places] or [Path()])
    if not paths:
        raise CassetteError("no cassettes found: they lie in a folder named cassettes beside a contract")
    return [look_at(path, secrets) for path in paths]


def _print_json(recordings: Sequence[Recording]) -> None:
    sys.stdout.write(json.dumps([asdict(one) for one in recordings], indent=2, ensure_ascii=False) + "\n")


def _print_table(recordings: Sequence[Recording]) -> None:
    rows = [("clause", "endpoint", "exchanges", "recorded", "served model", "size")]
    for one in recordings:
        first, last = one.recorded_from[:10], one.recorded_until[:10]
        dates = first if first == last else f"{first} – {last}"
        models = ", ".join(one.served_models) or "–"
        name = f"{one.contract}/{one.clause}"
        rows.append((name, one.endpoint, str(one.exchanges), dates, shown(models, 40), _size(one.size_bytes)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(1, count // 1000) if count else 0} kB"
