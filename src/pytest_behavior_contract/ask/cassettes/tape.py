"""A file of recorded exchanges: JSON Lines, appended as they complete, looked up by key."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pytest_behavior_contract.ask.cassettes.files import append, is_cassette, rewrite
from pytest_behavior_contract.errors import CassetteError, RecordingTooLong
from pytest_behavior_contract.exchange import Exchange, Request, Response

if TYPE_CHECKING:
    from pytest_behavior_contract.ask.cassettes.entry import Entry

FORMAT = 1
LARGEST_LINE = 100_000_000
LARGEST_AT_HAND = 50_000_000
"""A larger file is never held in memory whole."""
LEAST_FREE_BYTES = 1_000_000
"""With less room on the disk nothing is asked that would have to be recorded."""
_WHOLE = b', "complete": true}'
"""What every line of ours ends in, so that one that was torn off is known without parsing it."""
_UNANSWERED = b'{"unanswered": '
"""How a line begins that is no recording but says why there is none."""
_BEGIN = b'{"key": "'
"""How a line of ours begins."""
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
        self._unanswered: dict[str, str] = {}
        self._content = b""
        self._writable = False

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
            if self._content:
                line = self._content[offset : offset + length]
            else:
                with self.path.open("rb") as file:
                    line = _line_at(file, offset, length)
        return parse_line(line, f"{self.shown} at byte {offset}", request)

    @contextlib.contextmanager
    def at_hand(self) -> Iterator[None]:
        """Keeps what the file holds in memory meanwhile: to open it for each recording is dearer than to parse one."""
        with contextlib.suppress(OSError, CassetteError):  # whoever looks up a recording is told
            if self._is_there() and self.path.stat().st_size <= LARGEST_AT_HAND:
                self._content = self.path.read_bytes()
        try:
            yield
        finally:
            self._content = b""

    def exchanges(self) -> Iterator[Exchange]:
        for key in self.all_keys():
            exchange = self.get(key)
            if exchange is not None:
                yield exchange

    def add(self, exchange: Exchange) -> Exchange:
        """Writes an exchange at the end of the file and returns it; raises CassetteError where that cannot be done."""
        line = render_line(exchange)
        if len(line) > LARGEST_LINE:
            raise RecordingTooLong(
                f"{self.shown}: as a line the answer would be {len(line) / 1e6:.0f} MB long, "
                f"and no more than {LARGEST_LINE / 1e6:.0f} MB are read"
            )
        with self._lock:
            index = self._keys()
            offset = self._append(line)
            index[exchange.key] = (offset, len(line) - 1)
            self._fresh.add(exchange.key)
        return exchange

    def check_writable(self) -> None:
        """Raises CassetteError where nothing can be written, as far as that is seen without writing."""
        if self._writable:
            return
        self._is_there()
        place = next(one for one in (self.path, *self.path.parents) if one.exists())
        reason = 0
        if not os.access(place, os.W_OK):
            reason = errno.EACCES
        elif place != self.path and not place.is_dir():
            reason = errno.ENOTDIR
        elif shutil.disk_usage(place).free < LEAST_FREE_BYTES:
            reason = errno.ENOSPC
        if reason:
            raise CassetteError(f"{self.shown}: cannot be written: {os.strerror(reason)}")
        self._writable = True

    def note_unanswered(self, key: str, cause: str, detail: str, moment: str) -> None:
        """Writes down that a question was asked and stayed without an answer, so that replay knows the reason.

        Raises CassetteError where that cannot be done.
        """
        note = {"unanswered": key, "cause": cause, "detail": detail, "at": moment, "complete": True}
        with self._lock:
            self._keys()
            self._append(json.dumps(note).encode() + b"\n")
            self._unanswered[key] = f"{cause}: {detail}".removesuffix(": ")

    def unanswered(self, key: str) -> str:
        """Why a question has no recording, if it was asked and stayed without an answer; empty where it was not."""
        return "" if key in self._keys() else self._unanswered.get(key, "")

    def _append(self, line: bytes) -> int:
        self._content = b""
        try:
            self._is_there()
            return append(self.path, line)
        except OSError as error:
            raise CassetteError(f"{self.shown}: cannot be written: {error.strerror or error}") from None

    def _is_there(self) -> bool:
        """Whether there is a cassette; raises CassetteError for what is there and must not be touched."""
        return is_cassette(self.path, self.shown)

    def reread(self) -> None:
        """Forgets where things stand, because someone else may have written to the file."""
        with self._lock:
            self._index = None

    def drop_before(self, moment: str) -> None:
        """Drops what was recorded before a moment (UTC, ISO 8601), by putting a new file in the old one's place.

        What stayed without an answer since then stays noted. Without anything newer the file stays as it is.
        """
        if not self._is_there():
            return

        def newer(lines: list[bytes]) -> list[bytes]:
            of_keys: dict[str, bytes] = {}
            notes = []
            for line in lines:
                if is_note(line):
                    notes += [line] if _noted_at(line) >= moment else []
                    continue
                with contextlib.suppress(CassetteError):
                    exchange = parse_line(line, self.shown)
                    if exchange.recorded_at >= moment:
                        of_keys[exchange.key] = line.rstrip(b"\r\n") + b"\n"
            return [*of_keys.values(), *notes] if of_keys else lines

        with self._lock:
            rewrite(self.path, newer)
            self._content = b""
            self._index = None

    def _keys(self) -> dict[str, tuple[int, int]]:
        if self._index is None:
            with self._lock:
                self._index = self._read_index()
        return self._index

    def _read_index(self) -> dict[str, tuple[int, int]]:
        index: dict[str, tuple[int, int]] = {}
        torn: list[tuple[int, bytes]] = []
        if not self._content and not self._is_there():
            return index
        try:
            with io.BytesIO(self._content) if self._content else self.path.open("rb") as file:
                offset = 0
                while line := file.readline(LARGEST_LINE):
                    bare = line.rstrip(b"\r\n")
                    found = _KEY.match(bare) if bare.endswith(_WHOLE) else None
                    key = found[1].decode() if found else self._key_of(line)
                    if key:
                        index[key] = (offset, len(bare))
                    elif key is None:
                        torn.append((offset, bare))
                    offset += len(line)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise CassetteError(f"{self.shown}: cannot be read: {error.strerror or error}") from None
        lost = [(offset, bare) for offset, bare in torn if not _is_made_good(offset, bare, index)]
        self.warnings += [self._passed_over(offset, bare) for offset, bare in lost]
        return index

    def _key_of(self, line: bytes) -> str | None:
        """The key of a line that is not as we write them; empty where it needs none, None where it is no recording."""
        if not line.strip():
            return ""
        if is_note(line):
            return self._read_unanswered(line)
        try:
            return parse_line(line, "").key
        except CassetteError:
            return None

    def _passed_over(self, offset: int, bare: bytes) -> str:
        torn = "; it looks torn off by a crash" if _is_torn(bare) else ""
        return f"{self.shown}: what stands at byte {offset} is no recording and is passed over{torn}"

    def _read_unanswered(self, line: bytes) -> str:
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            note = json.loads(line)
            self._unanswered[str(note["unanswered"])] = f"{note['cause']}: {note['detail']}".removesuffix(": ")
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
    if exchange.via:
        line["via"] = exchange.via
    if response.event_seconds:
        line["event_seconds"] = list(response.event_seconds)
    line["complete"] = True
    try:
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(line).encode() + b"\n"


def parse_line(line: bytes, where: str, expected: Request | None = None) -> Exchange:
    """A line to an exchange; raises CassetteError, whatever stands there.

    Args:
        line: what stands in the file.
        where: the place, for messages.
        expected: the request that its key was made of; an equal one has the same digest, and has computed it already.
    """
    try:
        entry = _read_entry()(line)
        request = entry.request
        asked = expected
        if asked is None or (asked.body, asked.path, asked.surface) != (request.body, entry.path, entry.surface):
            asked = Request(surface=entry.surface, path=entry.path, body=request.body)
        key, _, occurrence = entry.key.partition(".")
        exchange = Exchange(
            request=asked,
            response=Response(
                status=entry.response.status.code,
                headers=entry.response.headers,
                body=entry.response.body.string,
                event_seconds=entry.event_seconds,
            ),
            sample=int(key.partition(":")[2]),
            occurrence=int(occurrence or 0),
            recorded_at=entry.recorded_at,
            latency_seconds=entry.latency_seconds,
            retries=entry.retries,
            uri=request.uri,
            request_headers={name: values[0] for name, values in request.headers.items()},
            versions=entry.versions,
            via=entry.via,
        )
        digest = asked.digest
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise CassetteError(f"{where}: is no recording: {type(error).__name__}: {error}") from None
    if not key.startswith(f"{digest}:"):
        raise CassetteError(f"{where}: was changed by hand: its key does not fit its request")
    return exchange


def _is_torn(bare: bytes) -> bool:
    """Whether a line is the beginning of one of ours."""
    return bare.startswith(_BEGIN[: len(bare)]) and not bare.endswith(_WHOLE)


def _is_made_good(offset: int, bare: bytes, index: Mapping[str, tuple[int, int]]) -> bool:
    """Whether what a crash has torn off was recorded again: there is its key, or a later one that begins as it does."""
    if not _is_torn(bare):
        return False
    found = _KEY.match(bare)
    if found:
        return found[1].decode() in index
    begun = bare[len(_BEGIN) :].decode("ascii", "replace")
    return any(place > offset and key.startswith(begun) for key, (place, _) in index.items())


def ends_whole(line: bytes) -> bool:
    """Whether a line ends as those of ours do."""
    return line.rstrip(b"\r\n").endswith(_WHOLE)


def is_note(line: bytes) -> bool:
    """Whether a line says why a question stayed without an answer."""
    return line.startswith(_UNANSWERED)


def _noted_at(note: bytes) -> str:
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(note)
        return str(found.get("at", "")) if isinstance(found, dict) else ""
    return ""


@cache
def _read_entry() -> Callable[[bytes], Entry]:
    from pytest_behavior_contract.ask.cassettes.entry import read_entry

    return read_entry


def _line_at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
