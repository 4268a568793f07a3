"""All recordings below some folders: what there is of them, and what is wrong with them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from pytest_behavior_contract import registry
from pytest_behavior_contract.ask.cassettes.files import FOLDER
from pytest_behavior_contract.ask.cassettes.lines import Line, each_line
from pytest_behavior_contract.ask.redaction import (
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    find_secret,
    is_more_than_kept,
    secret_in,
)
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Exchange, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line of a cassette that should not be as it is."""

    path: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One cassette: the recordings of a clause at an endpoint."""

    path: str
    endpoint: str
    contract: str
    clause: str
    exchanges: int = 0
    """Distinct keys; of several lines with one key the last counts."""
    lines: int = 0
    size_bytes: int = 0
    recorded_from: str = ""
    recorded_until: str = ""
    served_models: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def find_cassettes(places: Iterable[Path]) -> list[Path]:
    """The cassettes among files, and below folders; raises CassetteError for a place that is not there."""
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            pattern = "*/*/*.jsonl" if place.name == FOLDER else f"**/{FOLDER}/*/*/*.jsonl"
            found.update(dict.fromkeys(sorted(place.glob(pattern))))
        elif place.is_file():
            found[place] = None
        else:
            raise CassetteError(f"{place}: there is no such file or folder")
    return list(found)


def look_at(path: Path, secrets: Iterable[str] = ()) -> Recording:
    """Reads a whole cassette, line by line; raises CassetteError where it cannot be read."""
    secrets = tuple(secrets)
    keys: set[str] = set()
    faults: list[Fault] = []
    dates: list[str] = []
    models: set[str] = set()
    number = 0
    for line in each_line(path):
        number = line.number
        if line.exchange is None:
            problems = [line.problem] if line.problem else problems_of_note(line, secrets)
        else:
            keys.add(line.exchange.key)
            dates.append(line.exchange.recorded_at)
            reply = read_reply(line.exchange)
            problems = problems_of(line, line.exchange, reply, secrets)
            models.add(reply.served_model)
        faults += [Fault(path=str(path), line=number, problem=problem) for problem in problems]
    endpoint, contract = (path.parent.parent.name, path.parent.name) if len(path.parts) > 2 else ("", "")
    return Recording(
        path=str(path),
        endpoint=unquote(endpoint),
        contract=unquote(contract),
        clause=unquote(path.stem),
        exchanges=len(keys),
        lines=number,
        size_bytes=path.stat().st_size,
        recorded_from=min(filter(None, dates), default=""),
        recorded_until=max(dates, default=""),
        served_models=tuple(sorted(filter(None, models))),
        faults=tuple(faults),
    )


def remove_empty_folders(folder: Path) -> None:
    """Removes what has become empty, up to the folder of all cassettes."""
    folder = folder.absolute()
    if FOLDER not in folder.parts:
        return
    with contextlib.suppress(OSError):
        while FOLDER in folder.parts:
            folder.rmdir()
            folder = folder.parent


def problems_of(line: Line, exchange: Exchange, reply: Reply, secrets: Iterable[str]) -> list[str]:
    """What a line holds that we would not have written."""
    problems = [f"keeps the header {name}" for name in _foreign_headers(exchange)]
    if is_more_than_kept(exchange.uri):
        problems.append("keeps more of the address than host and path")
    whole = line.raw.decode("utf-8", "replace")
    place = secret_in(exchange, reply, secrets) or find_secret({"the line": whole}, secrets)
    if place:
        problems.append(f"{place} holds something that looks like a key")
    return problems


def problems_of_note(line: Line, secrets: Iterable[str]) -> list[str]:
    """The same for a line that says why there is no answer."""
    found = find_secret({"the line": line.raw.decode("utf-8", "replace")}, secrets) if line.note else ""
    return [f"{found} holds something that looks like a key"] if found else []


def _foreign_headers(exchange: Exchange) -> list[str]:
    """Headers that we would not have written: in a cassette from elsewhere they may hold keys."""
    return sorted(
        {name for name in exchange.request_headers if name.lower() not in REQUEST_HEADERS}
        | {name for name in exchange.response.headers if name.lower() not in RESPONSE_HEADERS}
    )


def read_reply(exchange: Exchange) -> Reply:
    """What a provider reads in it; nothing where none knows the surface or the answer is beyond reading."""
    surface = exchange.request.surface
    if surface not in registry.names("providers"):
        return Reply(exchange=exchange)
    try:
        found = registry.resolve("providers", surface)().reply(exchange)
    except Exception:  # noqa: BLE001 - recordings come from strangers; what cannot be read has no text to look into
        return Reply(exchange=exchange)
    assert isinstance(found, Reply)
    return found
