"""Replay stays off the network: whatever tries to connect while a clause is replayed is refused, and said."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePath
from typing import Any

from pytest_behavior_contract.errors import EndpointError

_EVENTS = frozenset(
    f"socket.{name}" for name in ("connect", "getaddrinfo", "gethostbyname", "gethostbyaddr", "sendto", "sendmsg")
)
_OF_PYTHON = frozenset({"uname"})
"""What Python's own `platform` runs to tell what machine it is on."""
_PROCESSES = frozenset({"subprocess.Popen", "os.posix_spawn", "os.system"})
_guards: list[tuple[Collection[str], Callable[[EndpointError], None], Callable[[str], None]]] = []
_installed: list[bool] = []
# These belong to the process, because an audit hook does: it stays until the process ends, and is idle until then.


@contextlib.contextmanager
def offline(
    allowed: Collection[str],
    on_attempt: Callable[[EndpointError], None],
    on_process: Callable[[str], None] = lambda _name: None,
) -> Iterator[None]:
    """Refuses connections of any library and any thread, as long as it is open.

    What other processes do is not seen, nor what a C library asks of the system itself.

    Args:
        allowed: addresses that may be connected to all the same, as host or host:port.
        on_attempt: told of every other one; the library that tried gets ConnectionRefusedError.
        on_process: told of every process that is started.
    """
    if not _installed:
        sys.addaudithook(_audit)
        _installed.append(True)
    guard = (allowed, on_attempt, on_process)
    _guards.append(guard)
    try:
        yield
    finally:
        _guards.remove(guard)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guards:
        return
    if event in _PROCESSES and (program := _program(arguments)) not in _OF_PYTHON:
        for _, _, on_process in _guards:
            on_process(program)
    if event not in _EVENTS:
        return
    host, port = _address(event, arguments)
    if not host or _is_socketpair():
        return
    shown = f"{host}:{port}" if port else host
    refusing = [on_attempt for allowed, on_attempt, _ in _guards if host not in allowed and shown not in allowed]
    for on_attempt in refusing:
        on_attempt(
            EndpointError(
                f"replay tried to connect to {shown}",
                f'replay never touches the network; allow_connections = ["{shown}"] in [tool.behavior-contract] '
                "exempts what is no model",
                final=True,
            )
        )
    if refusing:
        raise ConnectionRefusedError(errno.ECONNREFUSED, f"replay does not connect to {shown}")


def _address(event: str, arguments: tuple[Any, ...]) -> tuple[str, str]:
    """Host and port; empty for what is no address of a network, such as a socket in the file system."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host, port = arguments[0], arguments[1] if len(arguments) > 1 else ""
    elif isinstance(arguments[1], tuple) and len(arguments[1]) >= 2:
        host, port = arguments[1][:2]
    else:
        return "", ""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    return name, str(port or "")


def _program(arguments: tuple[Any, ...]) -> str:
    """The name of the program that a process runs."""
    named = [one for one in arguments[:2] if one]
    found = named[0] if named else ""
    if isinstance(found, list | tuple):
        found = found[0]
    if not isinstance(found, str | bytes | os.PathLike):
        return "a program"
    return PurePath((os.fsdecode(found).split() or [""])[0]).name


def _is_socketpair() -> bool:
    """Whether Python itself connects two ends within this process, as event loops on Windows need it."""
    if sys.platform != "win32":
        return False
    frame: Any = sys._getframe(2)  # noqa: SLF001 - there is no other way to know who asks
    while frame is not None:
        if frame.f_code.co_name in ("socketpair", "_fallback_socketpair"):
            return True
        frame = frame.f_back
    return False
