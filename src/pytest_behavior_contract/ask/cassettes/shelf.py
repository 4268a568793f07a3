"""All recordings below some folders: what there is of them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from pytest_behavior_contract import registry
from pytest_behavior_contract.ask.cassettes.tape import LARGEST_LINE, parse_line
from pytest_behavior_contract.ask.redaction import REQUEST_HEADERS, RESPONSE_HEADERS, secret_in
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Exchange, Reply

FOLDER = "cassettes"


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
    for number, line in _lines(path):
        try:
            exchange = parse_line(line, "")
        except CassetteError as error:
            torn = "" if line.endswith(b"\n") else " (torn off by a crash)"
            faults.append(Fault(path=str(path), line=number, problem=str(error).removeprefix(": ") + torn))
            continue
        keys.add(exchange.key)
        dates.append(exchange.recorded_at)
        reply = _reply(exchange)
        if reply.served_model:
            models.add(reply.served_model)
        problems = [f"keeps the header {name}" for name in _foreign_headers(exchange)]
        place = secret_in(exchange, reply, secrets)
        if place:
            problems.append(f"{place} holds something that looks like a key")
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
        served_models=tuple(sorted(models)),
        faults=tuple(faults),
    )


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LARGEST_LINE):
                number += 1
                if line.strip():
                    yield number, line
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror or error}") from None


def _foreign_headers(exchange: Exchange) -> list[str]:
    """Headers that we would not have written: in a cassette from elsewhere they may hold keys."""
    return sorted(
        {name for name in exchange.request_headers if name.lower() not in REQUEST_HEADERS}
        | {name for name in exchange.response.headers if name.lower() not in RESPONSE_HEADERS}
    )


def _reply(exchange: Exchange) -> Reply:
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
