"""The files that a contract may name: those in its own folder, small, of a known kind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LARGEST_CONTRACT = 2_000_000
LARGEST_FILE = 20_000_000
MOST_CASES = 10_000


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of a contract; nothing outside it is read."""

    path: Path
    _texts: dict[str, str] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """A file's text; raises ValueError with a message for the author for all that can be wrong with it."""
        if name in self._texts:
            return self._texts[name]
        root = self.path.resolve()
        try:
            found = (root / name).resolve()
            if not found.is_relative_to(root):
                raise ValueError(f"{name!r} is outside the contract's folder")
            return self._texts.setdefault(name, read_text(found, LARGEST_FILE))
        except OSError as error:
            raise ValueError(f"{name!r} cannot be read: {error.strerror or error}") from None

    def json(self, name: str) -> Any:
        return _json(self.text(name), name)

    def cases(self, name: str) -> list[dict[str, Any]]:
        """The cases of a JSONL or CSV file."""
        if name.lower().endswith(".csv"):
            cases = list(_csv_cases(self.text(name), name))
        elif name.lower().endswith(".jsonl"):
            cases = [
                _mapping(_json(line, f"{name}:{number}"), f"{name}:{number}")
                for number, line in enumerate(self.text(name).split("\n"), 1)
                if line.strip()
            ]
        else:
            raise ValueError(f"{name!r} is neither .jsonl nor .csv")
        if not cases:
            raise ValueError(f"{name!r} holds no cases")
        if len(cases) > MOST_CASES:
            raise ValueError(f"{name!r} holds {len(cases):,} cases; at most {MOST_CASES:,} are read")
        return cases


def read_text(path: Path, largest: int) -> str:
    """The text of a file of at most `largest` bytes; ValueError for size and encoding, OSError for the rest."""
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError(f"{path.name!r} is not a regular file")
    if size > largest:
        raise ValueError(f"{path.name!r} has {size:,} bytes; at most {largest:,} are read")
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"{path.name!r} has more than the {largest:,} bytes that are read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name!r} is not UTF-8 text (byte {error.start})") from None


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name!r} is not JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"{name!r} is nested too deeply") from None


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name!r} is not an object")  # noqa: TRY004 - one error type for the author's mistakes
    return value


def _csv_cases(text: str, name: str) -> Iterator[dict[str, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"{name}:{reader.line_num}: has more or fewer fields than the header")
            yield dict(row)
    except csv.Error as error:
        raise ValueError(f"{name!r} is not CSV: {error}") from None
