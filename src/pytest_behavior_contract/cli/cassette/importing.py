"""Recordings from what others have logged."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_behavior_contract.ask.asker import Asker, Library
from pytest_behavior_contract.ask.cassettes.asked import asked_at, load_all
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.logs.drafting import Draft
from pytest_behavior_contract.ask.logs.entries import Logs, Refused
from pytest_behavior_contract.ask.logs.importing import Imported, Importer
from pytest_behavior_contract.ask.logs.reading import read_logs
from pytest_behavior_contract.cli.cassette.places import (
    add_json,
    counted,
    new_action,
    print_json,
    say,
    settings_and_secrets,
)
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.declare.loading import SUFFIX
from pytest_behavior_contract.errors import SettingsError

if TYPE_CHECKING:
    from pytest_behavior_contract.cli.cassette.places import Actions

_NOT_LOOKED_INTO = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "cassettes"})


def add_to(actions: Actions) -> None:
    summary = "make recordings of logs: vcrpy cassettes, OpenAI and Anthropic batch files, JSON Lines"
    example = "batch-input.jsonl batch-output.jsonl --endpoint prod"
    action = new_action(actions, "import", summary, _import, example=example)
    action.description = (
        f"{action.description} A logged request is recorded for every clause that asks the very same. It only ever "
        "adds; the same import done twice adds nothing twice."
    )
    action.add_argument("files", nargs="+", metavar="FILE", help="what each is, is told from what stands in it")
    action.add_argument("--endpoint", required=True, metavar="NAME", help="which endpoint was asked")
    action.add_argument(
        "--contracts",
        action="append",
        default=[],
        metavar="PATH",
        help="contract files, or folders with some; the current folder if none",
    )
    action.add_argument("--into", metavar="FOLDER", help="record in FOLDER/cassettes, instead of beside each contract")
    action.add_argument(
        "--draft", metavar=f"FILE{SUFFIX}", help="write a contract that asks what no clause asks, to be completed"
    )
    action.add_argument("--dry-run", action="store_true", help="write nothing, only say what would be written")
    add_json(action)


def _import(options: argparse.Namespace) -> int:
    settings, secrets = settings_and_secrets()
    endpoint = settings.find(options.endpoint)
    draft = _new_draft(options, endpoint)
    logs = read_logs([Path(file) for file in options.files])
    clauses = _clauses(options.contracts)
    if not clauses and draft is None:
        raise SettingsError(
            f"no contract file in {', '.join(options.contracts) or 'the current folder'}; "
            "name a folder with --contracts, or have one written with --draft"
        )
    importer = Importer(endpoint, asked_at(endpoint, _moved(clauses, options.into)), secrets, write=not options.dry_run)
    importer.take(logs.logged)
    if draft is not None:
        for logged in importer.result.unmatched:
            draft.add(logged, importer.request_of(logged))
        if draft.cases:
            contract = draft.write(really=not options.dry_run)
            importer.add(asked_at(endpoint, _moved(contract.clauses, options.into)))
            importer.take_unmatched()
    result = importer.result
    result.refused[:0] = logs.refused
    if options.json:
        print_json(_as_json(logs, result, draft, options))
    else:
        _tell(logs, result, draft, options)
    return 1 if result.refused or result.unmatched else 0


def _new_draft(options: argparse.Namespace, endpoint: Endpoint) -> Draft | None:
    if not options.draft:
        return None
    asker = Asker(endpoint, "none", Library(Path.cwd()), _never)
    return Draft(path=Path(options.draft), spelled=asker.spelled)


def _never(_heard: object) -> Any:
    raise AssertionError("nothing is asked here")


def _clauses(places: Sequence[str]) -> list[Clause]:
    paths = [path for place in places or ["."] for path in _contract_files(Path(place))]
    return [clause for contract in load_all(dict.fromkeys(paths)) for clause in contract.clauses]


def _contract_files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    if not place.is_dir():
        raise SettingsError(f"{place}: there is no such file or folder")
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_LOOKED_INTO)
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(SUFFIX))


def _moved(clauses: Iterable[Clause], folder: str | None) -> list[Clause]:
    return [dataclasses.replace(clause, folder=folder) if folder else clause for clause in clauses]


def _tell(logs: Logs, result: Imported, draft: Draft | None, options: argparse.Namespace) -> None:
    for file in logs.files:
        say(f"{file.path}: {file.format}, {file.entries} entries")
    if draft is not None:
        would = "would be written" if options.dry_run else "written"
        what = f"{would}: {counted(draft.cases, 'case')} in {counted(draft.clauses, 'clause')}, to be completed"
        say(f"{draft.path}: {what if draft.cases else 'not needed, nothing is left to draft'}")
        if draft.left_out:
            say(f"  {draft.left_out} left out: a contract file cannot ask them as they were asked")
    for clause in dict.fromkeys([*result.recorded, *result.already]):
        say(f"{clause}: {result.recorded[clause]} recorded, {result.already[clause]} were there already")
    if result.without_parameters:
        say(
            f"{result.without_parameters} of them were matched by messages and system prompt alone: the log does not "
            "say with which parameters was asked; they are marked so"
        )
    if result.text_only:
        say(f"{result.text_only} of them are texts alone: why a reply ended and what it cost is not known")
    _tell_refused(result.refused)
    if result.unmatched:
        say(f"asked by no clause: {len(result.unmatched)}" + ("" if draft else "; --draft writes a contract that does"))
        for source, nearest in result.nearest.items():
            say(f"  {source}: {nearest}")
    recorded, already = result.recorded.total(), result.already.total()
    word = "would be recorded" if options.dry_run else "recorded"
    say(f"{recorded} {word} at {options.endpoint}, {already} were there already")


def _tell_refused(refused: Sequence[Refused]) -> None:
    sources: dict[str, list[str]] = {}
    for one in refused:
        sources.setdefault(one.reason, []).append(one.source)
    for reason, places in sources.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        say(f"refused {len(places)}: {reason} ({places[0]}{more})")


def _as_json(logs: Logs, result: Imported, draft: Draft | None, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "done": not options.dry_run,
        "files": [dataclasses.asdict(file) for file in logs.files],
        "recorded": dict(result.recorded),
        "already_there": dict(result.already),
        "matched_without_parameters": result.without_parameters,
        "text_only": result.text_only,
        "refused": [dataclasses.asdict(one) for one in result.refused],
        "unmatched": [one.source for one in result.unmatched],
        "nearest": result.nearest,
        "draft": {"path": str(draft.path), "cases": draft.cases, "left_out": draft.left_out} if draft else None,
    }
