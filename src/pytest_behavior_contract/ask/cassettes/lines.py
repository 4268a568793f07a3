"""A cassette to its lines: which are recordings, which cannot be read, and which a crash has cut off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_behavior_contract.ask.cassettes.files import refuse_what_is_no_file, split_lines
from pytest_behavior_contract.ask.cassettes.tape import (
    LARGEST_LINE,
    ends_whole,
    is_note,
    parse_line,
)
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a cassette."""

    number: int
    """From 1."""
    raw: bytes
    """With its line end; empty where it is too long to be read."""
    exchange: Exchange | None = None
    note: str = ""
    """Of a line that says why a question stayed without an answer: the key that its recording would have."""
    problem: str = ""
    """Why it is neither; empty for a blank line too."""
    torn: bool = False
    """Whether it is the beginning of a line of ours: what a crash leaves behind. It never was a recording."""


def each_line(path: Path) -> Iterator[Line]:
    """Reads a cassette line by line; raises CassetteError where it cannot be read."""
    refuse_what_is_no_file(path)
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(LARGEST_LINE):
                number += 1
                if len(raw) >= LARGEST_LINE and not raw.endswith(b"\n"):
                    while raw and not raw.endswith(b"\n"):
                        raw = file.readline(LARGEST_LINE)
                    yield Line(number=number, raw=b"", problem=_TOO_LONG)
                else:
                    yield _read(number, raw)
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_lines(path: Path) -> list[bytes]:
    """All lines as they stand; raises CassetteError where they cannot be read."""
    refuse_what_is_no_file(path)
    try:
        return split_lines(path.read_bytes())
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror or error}") from None


def looked_at(raws: Iterable[bytes]) -> list[Line]:
    """Lines that were read, with what they hold."""
    return [_read(number, raw) for number, raw in enumerate(raws, 1)]


_TOO_LONG = f"is no recording: longer than the {LARGEST_LINE // 1_000_000} MB that are read"


def _read(number: int, raw: bytes) -> Line:
    if not raw.strip():
        return Line(number=number, raw=raw)
    if len(raw) > LARGEST_LINE:
        return Line(number=number, raw=raw, problem=_TOO_LONG)
    if is_note(raw):
        return _read_note(number, raw)
    try:
        return Line(number=number, raw=raw, exchange=parse_line(raw, ""))
    except CassetteError as error:
        torn = _torn(raw)
        told = str(error).removeprefix(": ") + (" (torn off by a crash)" if torn else "")
        return Line(number=number, raw=raw, problem=told, torn=torn)


def _read_note(number: int, raw: bytes) -> Line:
    try:
        return Line(number=number, raw=raw, note=str(json.loads(raw)["unanswered"]))
    except (ValueError, RecursionError):
        torn = not ends_whole(raw)
        told = "is no note of a missing answer" + (" (torn off by a crash)" if torn else "")
        return Line(number=number, raw=raw, problem=told, torn=torn)


def _torn(raw: bytes) -> bool:
    if not raw.startswith(b'{"key"') or ends_whole(raw):
        return False
    try:
        json.loads(raw)
    except RecursionError:
        return False
    except ValueError:
        return True
    return False
