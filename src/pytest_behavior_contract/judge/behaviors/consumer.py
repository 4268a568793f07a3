"""The developer's own parser is the judge."""

from __future__ import annotations

import importlib
import inspect
import sysconfig
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A function of yours takes the reply's text and does not raise.

    ```yaml
    expect:
      - consumer: "json:loads"
    ```

    Returning False counts as a failure too; any other value is fine.
    Causes: `consumer raised ERROR at FILE:LINE`, `consumer returned False`.
    Limits: the function runs in the test process, with what the model wrote.
    """

    function: str

    def __post_init__(self) -> None:
        module, colon, name = self.function.partition(":")
        if not (module and colon and name):
            raise ValueError(f"{self.function!r} is not of the form 'package.module:function'")

    @cached_property
    def _call(self) -> Callable[[str], Any]:
        module, _, name = self.function.partition(":")
        found: Any = importlib.import_module(module)
        for attribute in name.split("."):
            found = getattr(found, attribute)
        if not callable(found):
            raise TypeError(f"{self.function} is not a function")
        return found  # type: ignore[no-any-return]  # whatever it returns is looked at below

    @cached_property
    def unready(self) -> str:
        """Why it cannot judge anything, known before anything is asked; empty where it can."""
        try:
            call = self._call
        except Exception as error:  # noqa: BLE001 - an import runs foreign code, which may raise anything
            return f"consumer {self.function} cannot be imported: {type(error).__name__}: {error}"
        if inspect.iscoroutinefunction(call):
            return f"consumer {self.function} is async; give a plain function"
        try:
            inspect.signature(call).bind("")
        except TypeError as error:
            return f"consumer {self.function} cannot be called with a text: {error}"
        except ValueError:
            return ""  # some functions written in C do not tell
        return ""

    def check(self, reply: Reply) -> Verdict:
        if self.unready:
            return Verdict(outcome="error", cause=self.unready)
        try:
            result = self._call(reply.text)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the parser raises is the finding
            return failed(f"consumer raised {type(error).__name__}{_place(error)}", f"{error} · reply: {reply.text}")
        if result is False:
            return failed("consumer returned False", reply.text)
        return passed(f"{self.function} takes it")


def _place(error: BaseException) -> str:
    """` at FILE:LINE`, the last line that is neither ours nor of an installed package; empty where there is none."""
    foreign = (__file__, *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(foreign)]
    return f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
