"""A file of recorded exchanges: JSON Lines, appended as they complete, looked up by key."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Exchange, Request, Response

FORMAT = 1
LARGEST_LINE = 100_000_000
_WHOLE = b', "complete": true}'
"""What every line of ours ends in, so that one that was torn off is known without parsing it."""
_KEY = re.compile(rb'\A\{"key": ?"([0-9a-f]{32}:[0-9]+(?:\.[0-9]+)?)"')


class Tape:
    """The recordings of one clause at one endpoint.

    Nothing is parsed before it is asked for. Of lines with the same key the last counts. Lines are only ever
    appended, each in one write, so a crash loses nothing that was finished.
    """

    def __init__(self, path: Path, *, shown_as: str = "") -> None:
        self.path = path
        self.shown = shown_as or str(path)
        self.warnings: list[str] = []
        self._index: dict[str, tuple[int, int]] | None = None
        self._lock = threading.RLock()
        self._fresh: set[str] = set()
        self._lines = 0

    def __contains__(self, key: str) -> bool:
        return key in self._keys()

    def __len__(self) -> int:
        return len(self._keys())

    def all_keys(self) -> list[str]:
        return list(self._keys())

    def is_fresh(self, key: str) -> bool:
        """Whether this very run recorded it."""
        return key in self._fresh

    def get(self, key: str, request: Request | None = None) -> Exchange | None:
        """The recorded exchange, `request` being what the key was made of; raises CassetteError for a damaged line."""
        with self._lock:
            place = self._keys().get(key)
            if place is None:
                return None
            offset, length = place
            with self.path.open("rb") as file:
                file.seek(offset)
                line = file.read(length)
        return parse_line(line, f"{self.shown} at byte {offset}", request)

    def exchanges(self) -> Iterator[Exchange]:
        for key in self.all_keys():
            exchange = self.get(key)
            if exchange is not None:
                yield exchange

    def add(self, exchange: Exchange) -> None:
        """Writes an exchange at the end of the file; raises CassetteError where that cannot be done."""
        line = render_line(exchange)
        with self._lock:
            index = self._keys()
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                offset = _append(self.path, line)
            except OSError as error:
                raise CassetteError(f"{self.shown}: cannot be written: {error.strerror or error}") from None
            index[exchange.key] = (offset, len(line) - 1)
            self._fresh.add(exchange.key)

    def drop_before(self, moment: str) -> None:
        """Drops what was recorded before a moment (UTC, ISO 8601), by putting a new file in the old one's place.

        Without anything newer the file stays as it is.
        """
        with self._lock:
            self._index = None
            newer = [key for key in self._keys() if (found := self.get(key)) and found.recorded_at >= moment]
            if not newer or len(newer) == len(self._keys()) == self._lines:
                return
            with self.path.open("rb") as file:
                lines = [_line_at(file, *self._keys()[key]) for key in newer]
            try:
                _replace(self.path, b"".join(lines))
            except OSError as error:
                raise CassetteError(f"{self.shown}: cannot be written: {error.strerror or error}") from None
            self._index = None

    def _keys(self) -> dict[str, tuple[int, int]]:
        if self._index is None:
            with self._lock:
                self._index = self._read_index()
        return self._index

    def _read_index(self) -> dict[str, tuple[int, int]]:
        index: dict[str, tuple[int, int]] = {}
        self._lines = 0
        try:
            with self.path.open("rb") as file:
                offset = 0
                while line := file.readline(LARGEST_LINE):
                    key = self._key_of(line, offset)
                    if key:
                        index[key] = (offset, len(line.rstrip(b"\r\n")))
                    self._lines += 1
                    offset += len(line)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise CassetteError(f"{self.shown}: cannot be read: {error.strerror or error}") from None
        return index

    def _key_of(self, line: bytes, offset: int) -> str:
        if not line.strip():
            return ""
        found = _KEY.match(line)
        if found and ends_whole(line):
            return found[1].decode()
        try:
            return parse_line(line, "").key
        except CassetteError:
            torn = "" if line.endswith(b"\n") else "; it looks torn off by a crash"
            self.warnings.append(f"{self.shown}: what stands at byte {offset} is no recording and is passed over{torn}")
            return ""


def render_line(exchange: Exchange) -> bytes:
    """An exchange as one line: vcrpy's request and response, and around them what vcrpy does not keep."""
    response = exchange.response
    line: dict[str, Any] = {
        "key": exchange.key,
        "format": FORMAT,
        "surface": exchange.request.surface,
        "path": exchange.request.path,
        "request": {
            "method": "POST",
            "uri": exchange.uri,
            "body": exchange.request.body,
            "headers": {name: [value] for name, value in exchange.request_headers.items()},
        },
        "response": {
            "status": {"code": response.status, "message": ""},
            "headers": {name: list(values) for name, values in response.headers.items()},
            "body": {"string": response.body},
        },
        "recorded_at": exchange.recorded_at,
        "latency_seconds": exchange.latency_seconds,
        "versions": dict(exchange.versions),
    }
    if exchange.retries:
        line["retries"] = exchange.retries
    if response.event_seconds:
        line["event_seconds"] = list(response.event_seconds)
    line["complete"] = True
    try:
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(line).encode() + b"\n"


def parse_line(line: bytes, where: str, expected: Request | None = None) -> Exchange:
    """A line to an exchange; raises CassetteError, whatever stands there."""
    try:
        entry = json.loads(line)
        key, _, occurrence = str(entry["key"]).partition(".")
        request, response = entry["request"], entry["response"]
        asked = Request(surface=_text(entry["surface"]), path=_text(entry["path"]), body=_mapping(request["body"]))
        exchange = Exchange(
            # An equal request has the same digest, and has computed it already.
            request=expected if asked == expected and expected is not None else asked,
            response=Response(
                status=int(response["status"]["code"]),
                headers={_text(name): tuple(map(_text, values)) for name, values in response["headers"].items()},
                body=_text(response["body"]["string"]),
                event_seconds=tuple(float(seconds) for seconds in entry.get("event_seconds", ())),
            ),
            sample=int(key.partition(":")[2]),
            occurrence=int(occurrence or 0),
            recorded_at=_text(entry.get("recorded_at", "")),
            latency_seconds=float(entry.get("latency_seconds", 0)),
            retries=int(entry.get("retries", 0)),
            uri=_text(request.get("uri", "")),
            request_headers={_text(name): _text(values[0]) for name, values in request["headers"].items()},
            versions={_text(name): _text(version) for name, version in entry.get("versions", {}).items()},
        )
        digest = exchange.request.digest
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CassetteError(f"{where}: is no recording: {type(error).__name__}: {error}") from None
    if not str(entry["key"]).startswith(f"{digest}:"):
        raise CassetteError(f"{where}: was changed by hand: its key does not fit its request")
    return exchange


def rewrite(path: Path, keep: Callable[[list[bytes]], Sequence[bytes]]) -> None:
    """Puts other lines in the place of a file's lines; a file without any left is removed.

    Args:
        path: the file.
        keep: gets the lines as they stand, line ends included, and returns those that shall stand there.

    Raises:
        CassetteError: where that cannot be done; the file is then as it was.
    """
    refuse_what_is_no_file(path)
    try:
        content = path.read_bytes()
        kept = b"".join(keep(split_lines(content)))
        if kept == content and content:
            return
        with path.open("rb") as file:
            file.seek(len(content))
            # What another process has appended meanwhile.
            kept += file.read()
        if kept:
            _replace(path, kept)
        else:
            path.unlink()
    except OSError as error:
        raise CassetteError(f"{path}: cannot be rewritten: {error.strerror or error}") from None


def ends_whole(line: bytes) -> bool:
    """Whether a line ends as those of ours do."""
    return line.rstrip(b"\r\n").endswith(_WHOLE)


def refuse_what_is_no_file(path: Path) -> None:
    """Raises CassetteError for a folder, a pipe (which would be waited for without end), or nothing at all."""
    if not path.is_file():
        raise CassetteError(f"{path}: cannot be read: it is no file")


def split_lines(content: bytes) -> list[bytes]:
    """The lines with their ends; only a line feed ends one, as when a file is read."""
    *whole, last = content.split(b"\n")
    return [*(line + b"\n" for line in whole), *([last] if last else [])]


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{type(value).__name__} is no mapping")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _line_at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length) + b"\n"


def _append(path: Path, line: bytes) -> int:
    """Appends in one write and returns where the line begins; a torn line before it is ended first."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if size:
            os.lseek(descriptor, size - 1, os.SEEK_SET)
            if os.read(descriptor, 1) != b"\n":
                os.write(descriptor, b"\n")
        written = os.write(descriptor, line)
        if written != len(line):
            raise OSError(f"only {written} of {len(line)} bytes were written")
        # With O_APPEND the position after the write is the end of what was written, whoever wrote before.
        return os.lseek(descriptor, 0, os.SEEK_CUR) - len(line)
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(0o644)
        scratch.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise
