"""A cassette without what nobody needs: stale recordings, superseded ones, and what a crash has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_behavior_contract.ask.cassettes.files import rewrite
from pytest_behavior_contract.ask.cassettes.lines import Line, looked_at, read_lines
from pytest_behavior_contract.ask.cassettes.shelf import remove_empty_folders
from pytest_behavior_contract.ask.cassettes.stale import Ruling
from pytest_behavior_contract.errors import CassetteError

ASIDE = ".damaged"
"""Ends the name of the file that lines go to which cannot be read."""
Kind = Literal["stale", "superseded", "torn", "damaged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A line that goes."""

    line: int
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What of a cassette goes and what stays."""

    path: str
    kept: int
    """Lines that stay."""
    dropped: tuple[Dropped, ...] = ()
    unreadable: tuple[int, ...] = ()
    """Lines that stay although they cannot be read: what they were is not known."""

    @property
    def empty(self) -> bool:
        """Whether nothing stays, so that the file goes."""
        return not self.kept


def prune(path: Path, ruling: Ruling, *, damaged: bool = False, write: bool = False) -> Pruned:
    """What pruning drops from a cassette; with `write`, drops it.

    Torn lines never were recordings and are dropped. Other unreadable lines stay; with `damaged` they are moved to a
    file beside the cassette. Raises CassetteError.
    """
    if not write:
        return _sorted(path, read_lines(path), ruling, damaged=damaged)[0]
    done: list[Pruned] = []

    def keep(raws: list[bytes]) -> list[bytes]:
        pruned, kept, aside = _sorted(path, raws, ruling, damaged=damaged)
        if aside:
            _set_aside(path, aside)
        done.append(pruned)
        return kept

    rewrite(path, keep)
    if done[-1].empty:
        remove_empty_folders(path.parent)
    return done[-1]


def _sorted(
    path: Path, raws: Sequence[bytes], ruling: Ruling, *, damaged: bool
) -> tuple[Pruned, list[bytes], list[bytes]]:
    """What goes, the lines that stay, and those that are set aside."""
    lines = looked_at(raws)
    last = {line.note: line.number for line in lines if line.note}
    last |= {line.exchange.key: line.number for line in lines if line.exchange}
    dropped: list[Dropped] = []
    kept: list[Line] = []
    aside: list[bytes] = []
    for line in lines:
        found = _why(line, last, ruling, damaged=damaged)
        if found:
            dropped.append(found)
            if found.kind == "damaged":
                aside.append(line.raw)
        elif line.raw.strip():
            kept.append(line)
    pruned = Pruned(
        path=str(path),
        kept=len(kept),
        dropped=tuple(dropped),
        unreadable=tuple(line.number for line in kept if line.problem),
    )
    return pruned, [line.raw for line in kept], aside


def _why(line: Line, last: dict[str, int], ruling: Ruling, *, damaged: bool) -> Dropped | None:
    key = line.exchange.key if line.exchange is not None else line.note
    if key:
        reason = ruling.reason(line.exchange) if line.exchange is not None else ruling.not_asked(key.partition(":")[0])
        if reason:
            return Dropped(line=line.number, kind="stale", reason=reason)
        later = last[key]
        if later != line.number:
            return Dropped(line=line.number, kind="superseded", reason=f"line {later} stands for it")
    elif line.torn:
        return Dropped(line=line.number, kind="torn", reason=line.problem)
    elif line.problem and damaged:
        return Dropped(line=line.number, kind="damaged", reason=line.problem)
    return None


def _set_aside(path: Path, raws: Sequence[bytes]) -> None:
    place = path.with_name(path.name + ASIDE)
    try:
        with place.open("ab") as file:
            file.writelines(raw if raw.endswith(b"\n") else raw + b"\n" for raw in raws)
    except OSError as error:
        raise CassetteError(f"{place}: cannot be written: {error.strerror or error}") from None
