"""A cassette as a file: appended to under a lock, replaced as a whole, and never anything but a file of its folder."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pytest_behavior_contract.errors import CassetteError

FOLDER = "cassettes"
"""All cassettes of a folder's contracts lie below the folder of this name."""


def is_cassette(path: Path, shown: str = "") -> bool:
    """Whether there is a cassette; raises CassetteError for what is there and must not be touched.

    Cassettes come with the contracts of strangers. A pipe is waited for without end, a device read without end, and
    what is appended to a link that leads elsewhere is appended to a file that is no cassette. Messages name it as
    `shown`.
    """
    shown = shown or str(path)
    try:
        own = _own(path)
        if any(one.is_symlink() for one in own):
            real, home = path.resolve(), own[-1].parent.resolve() / own[-1].name
            if not real.is_relative_to(home):
                raise CassetteError(f"{shown}: is not read or written: it is a link that leads elsewhere, to {real}")
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, RuntimeError) as error:
        raise CassetteError(f"{shown}: cannot be read: {getattr(error, 'strerror', '') or error}") from None
    if not stat.S_ISREG(found.st_mode):
        raise CassetteError(f"{shown}: cannot be read: it is no file")
    return True


def _own(path: Path) -> list[Path]:
    """A cassette's path and the folders above it, up to that of all cassettes, if it lies in one."""
    names = path.parts[::-1]
    return [path, *path.parents[: names.index(FOLDER) if FOLDER in names[1:] else 0]]


def refuse_what_is_no_file(path: Path) -> None:
    """Raises CassetteError for a folder, a pipe, a link that leads elsewhere, or nothing at all."""
    if not is_cassette(path):
        raise CassetteError(f"{path}: cannot be read: it is no file")


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
        with locked(path):
            content = path.read_bytes()
            kept = b"".join(keep(split_lines(content)))
            if kept == content and content:
                return
            if kept:
                replace(path, kept)
            else:
                path.unlink()
    except OSError as error:
        raise CassetteError(f"{path}: cannot be rewritten: {error.strerror or error}") from None


def split_lines(content: bytes) -> list[bytes]:
    """The lines with their ends; only a line feed ends one, as when a file is read."""
    *whole, last = content.split(b"\n")
    return [*(line + b"\n" for line in whole), *([last] if last else [])]


def append(path: Path, line: bytes) -> int:
    """Appends in one write and returns where the line begins; a torn line before it is ended first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path) as descriptor:
        size = os.fstat(descriptor).st_size
        if size:
            os.lseek(descriptor, size - 1, os.SEEK_SET)
            if os.read(descriptor, 1) != b"\n":
                os.write(descriptor, b"\n")
                size += 1
        written = os.write(descriptor, line)
        if written != len(line):
            os.ftruncate(descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        # With O_APPEND the position after the write is the end of what was written, whoever wrote before.
        return os.lseek(descriptor, 0, os.SEEK_CUR) - len(line)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """The file, opened for appending, while no other process of ours appends to it or puts another in its place."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        try:
            _lock_file(descriptor)
            # Whoever had the lock before may have put a new file here; what is written to the old one would be lost.
            if _is_still(path, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _lock_file(descriptor: int) -> None:
    """Waits for the file's lock; closing the file gives it back, however the process ends."""
    try:
        import fcntl
    except ImportError:  # Windows does not let an open file be replaced, and appends in one write as well
        return
    with contextlib.suppress(OSError):  # a file system without locks; one write is still one write
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def replace(path: Path, content: bytes) -> None:
    """Puts a file with other content in the place of one, so that at any moment there is the one or the other."""
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
