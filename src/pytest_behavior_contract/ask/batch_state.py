"""What is known of batches under way, a file each, so that a run ended at any moment loses and repeats nothing."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pytest_behavior_contract.ask.cassettes.files import FOLDER
from pytest_behavior_contract.ask.redaction import find_secret
from pytest_behavior_contract.errors import CassetteError, EndpointError, SecretFound
from pytest_behavior_contract.exchange import Request, exchange_key

FORMAT = 1
_TAG = re.compile(r"bc-[0-9a-f]{16}")
Place = tuple[str, str]
"""A tape, relative to the root, and the key of a recording on it."""


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a batch waits for what, and by which clock."""

    quiet_seconds: float = 0.5
    """A batch is sent when for so long no further question has come in."""
    poll_seconds: float = 1.0
    """Pause after the first look at a batch; each further one is twice as long."""
    longest_poll_seconds: float = 60.0
    settle_seconds: float = 60.0
    """For so long a batch that the vendor does not list may still be on its way there."""
    lock_seconds: float = 600.0
    """How long another process may be sending or collecting before one gives up."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], dt.datetime] = utc_now

    def stamp(self) -> str:
        return self.now().isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question of a batch and where its answer goes."""

    tape: str
    key: str
    path: str
    body: Mapping[str, Any]
    sample: int
    occurrence: int = 0

    @property
    def place(self) -> Place:
        return self.tape, self.key

    def request(self, surface: str) -> Request:
        return Request(surface=surface, path=self.path, body=self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as its file has it."""

    tag: str
    """What names it before the vendor has; each custom_id begins with it."""
    endpoint: str
    surface: str
    base_url: str
    """Where it was sent, without user, password and query."""
    created_at: str
    """When it was about to be sent; UTC, ISO 8601."""
    status: Literal["intended", "sent"] = "intended"
    id: str = ""
    """The vendor's; empty as long as it is not known whether the vendor has it."""
    items: Mapping[str, Item] = field(default_factory=dict)
    """By custom_id."""
    format: int = FORMAT

    @property
    def intended_at(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.created_at)

    @property
    def shown(self) -> str:
        return f"batch {self.id or self.tag} of {self.endpoint}"


class BatchStates:
    """The files of a state folder, and the lock that lets one process at a time send or collect.

    Args:
        folder: where they are; made when the first is written.
        root: the folder below which tapes may be written, in folders named `cassettes` only.
        timing: by which clock the lock is waited for.
    """

    def __init__(self, folder: Path, root: Path, timing: Timing) -> None:
        self._folder = folder
        self._root = root
        self._timing = timing
        self._read: dict[Path, tuple[tuple[int, int, int], Batch]] = {}

    def any(self) -> bool:
        return next(self._folder.glob("*.json"), None) is not None

    def load(self) -> tuple[list[Batch], list[str]]:
        """All batches, oldest first, and a sentence about each file that is none."""
        batches, problems = [], []
        for path in sorted(self._folder.glob("*.json")):
            try:
                batch = self._batch(path)
            except CassetteError as error:
                problems.append(f"{path}: {error}; mend it, or delete it to ask anew")
                continue
            if batch is not None:
                batches.append(batch)
        return sorted(batches, key=lambda batch: batch.created_at), problems

    def read(self, tag: str) -> Batch | None:
        """A batch as it stands now; None where its file is gone or damaged."""
        try:
            return self._batch(self.path(tag))
        except CassetteError:
            return None

    def write(self, batch: Batch, secrets: Sequence[str]) -> None:
        """Puts a batch's file in its place, whole or not at all; raises EndpointError."""
        import msgspec

        text = json.dumps(msgspec.to_builtins(batch))
        if find_secret({"state": text}, secrets):
            raise SecretFound("not sent", "the batch holds something that looks like a key")
        try:
            _write_whole(self.path(batch.tag), text)
        except OSError as error:
            detail = f"{self.path(batch.tag)} cannot be written: {error.strerror or error}"
            raise EndpointError("batch not sent", detail, final=True) from None

    def remove(self, batch: Batch) -> None:
        self.path(batch.tag).unlink(missing_ok=True)

    def path(self, tag: str) -> Path:
        return self._folder / f"{tag}.json"

    def name_of(self, tape: Path) -> str:
        """A tape's path as a file of state has it; raises EndpointError where no batch may write it."""
        try:
            name = (tape if tape.is_relative_to(self._root) else tape.resolve()).relative_to(
                self._root if tape.is_relative_to(self._root) else self._root.resolve()
            )
            self.tape_path(name.as_posix())
        except (ValueError, CassetteError):
            detail = f"{tape} is not in a folder {FOLDER} below {self._root}"
            raise EndpointError("not batchable", detail) from None
        return name.as_posix()

    def tape_path(self, name: str) -> Path:
        """The tape of that name; raises CassetteError for one outside the folders of cassettes."""
        pure = PurePosixPath(name)
        path = self._root / name
        inside = (
            not pure.is_absolute()
            and ".." not in pure.parts
            and "\0" not in name
            and FOLDER in pure.parts[:-1]
            and pure.suffix == ".jsonl"
        )
        try:
            inside = inside and path.resolve().is_relative_to(self._root.resolve())
        except (OSError, RuntimeError):  # links that lead in a circle
            inside = False
        if not inside:
            raise CassetteError(f"{name!r} is no tape of this project")
        return path

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Holds the folder; raises EndpointError where another process does not let go of it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            detail = f"{self._folder} cannot be written: {error.strerror or error}"
            raise EndpointError("batch not sent", detail, final=True) from None
        try:
            await self._acquire(descriptor)
            for scratch in self._folder.glob(".bc-*.json.*"):  # of a process that was ended while writing
                scratch.unlink(missing_ok=True)
            yield
        finally:
            os.close(descriptor)  # which releases it, as the end of the process does

    async def _acquire(self, descriptor: int) -> None:
        try:
            import fcntl
        except ImportError:  # pragma: no cover - Windows
            raise EndpointError("not batchable", "this system has no file locks", final=True) from None
        began = self._timing.clock()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._timing.clock() - began >= self._timing.lock_seconds:
                    detail = f"another process has held {self._folder / '.lock'} for too long"
                    raise EndpointError("batches in use", detail, final=True) from None
                await self._timing.sleep(0.1)
            except OSError as error:
                raise EndpointError("not batchable", f"{self._folder} cannot be locked: {error}", final=True) from None
            else:
                return

    def _batch(self, path: Path) -> Batch | None:
        try:
            stat = path.stat()
            # Every writing makes a new file, so what has the same inode, time and size is what was read before.
            signature = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if path not in self._read or self._read[path][0] != signature:
                self._read[path] = (signature, self._parsed(path.read_bytes(), path.stem))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CassetteError(f"cannot be read: {error.strerror or error}") from None
        return self._read[path][1]

    def _parsed(self, content: bytes, tag: str) -> Batch:
        import msgspec

        try:
            batch = msgspec.convert(json.loads(content), Batch)
            zone = batch.intended_at.tzinfo
        except (ValueError, RecursionError) as error:
            raise CassetteError(f"is no state of a batch: {error}") from None
        if batch.format != FORMAT:
            raise CassetteError(f"has format {batch.format}, and this version reads {FORMAT}")
        if batch.tag != tag or not _TAG.fullmatch(tag) or (batch.status == "sent") != bool(batch.id):
            raise CassetteError("is no state of a batch: its name, status and id do not fit together")
        if zone is None:
            raise CassetteError("is no state of a batch: created_at has no time zone")
        for custom_id, item in batch.items.items():
            if not re.fullmatch(rf"{tag}-[0-9]+", custom_id):
                raise CassetteError(f"{custom_id!r} is no question of this batch")
            self.tape_path(item.tape)
            if min(item.sample, item.occurrence) < 0 or item.key != exchange_key(
                item.request(batch.surface).digest, item.sample, item.occurrence
            ):
                raise CassetteError(f"{custom_id} was changed by hand: its key does not fit its request")
        return batch


def _write_whole(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name itself must outlive a power cut: money hangs on it
        finally:
            os.close(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise
