"""A function or a class of yours is a behavior like any other."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.interfaces import Behavior
from pytest_behavior_contract.judge import functions
from pytest_behavior_contract.judge.verdicts import unready_of
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Python:
    """A function or class of your own judges the reply.

    ```yaml
    expect:
      - python: my_checks:polite
      - python:my_checks:polite: {words: 3}
    ```

    A function takes the Reply, and by name the arguments that stand behind it; it returns True or False, the cause of
    a failure as text (empty where nothing is wrong), or a Verdict. A class takes the arguments and has
    `check(reply) -> Verdict`, as every behavior here. `python: {function: ..., arguments: ...}` is the long form of
    the second line; `name` is what reports call it. It may stand within `not`, `any` and `all`.
    Causes: its own; `NAME returned False`; `NAME: assertion fails at FILE:LINE`.
    Limits: it runs in the test process, with what the model wrote, and only in contract files of your own: those of
    an installed pack cannot name it. What it raises is no verdict on the model: the reply counts as not judged, with
    the line. Its module is imported when the clause is measured, not when the file is read.
    """

    runs_code: ClassVar[bool] = True
    function: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        functions.check_path(self.function)

    @staticmethod
    def guarding(behavior: Behavior, called: str) -> Behavior:
        """An installed behavior under its name, so that what it raises ends nothing."""
        return _Guarded(behavior=behavior, called=called)

    @property
    def called(self) -> str:
        return self.name or f"python:{self.function}"

    @cached_property
    def _call(self) -> Callable[[Reply], Any] | str:
        """What judges, or why nothing does."""
        try:
            found = functions.find(self.function)
        except Exception as error:  # noqa: BLE001 - an import runs foreign code, which may raise anything
            return functions.cannot_be_imported(self.function, error)
        if inspect.isclass(found):
            return self._check_of(found)
        problem = functions.uncallable(found, Reply(), **self.arguments)
        return f"{self.function} {problem}" if problem else functools.partial(found, **self.arguments)

    def _check_of(self, kind: type) -> Callable[[Reply], Any] | str:
        import msgspec

        if not callable(getattr(kind, "check", None)):
            return f"{self.function} has no method check(reply)"
        try:
            one: Any = (
                msgspec.convert(dict(self.arguments), kind)
                if dataclasses.is_dataclass(kind)
                else kind(**self.arguments)
            )
        except Exception as error:  # noqa: BLE001 - its constructor is foreign code too
            return f"{self.function} does not take these arguments: {functions.said(error)}"
        problem = functions.uncallable(one.check, Reply())
        return f"{self.function}: check {problem}" if problem else one.check

    @cached_property
    def unready(self) -> str:
        """Why it cannot judge anything, known before anything is asked; empty where it can."""
        return self._call if isinstance(self._call, str) else ""

    def check(self, reply: Reply) -> Verdict:
        if isinstance(self._call, str):
            return Verdict(outcome="error", cause=self._call)
        return functions.judged(self.called, self._call, reply)


@dataclass(frozen=True, kw_only=True)
class _Guarded:
    behavior: Behavior
    called: str

    @property
    def unready(self) -> str:
        return unready_of((self.behavior,))

    @property
    def judges_rejection(self) -> bool:
        return bool(getattr(self.behavior, "judges_rejection", False))

    @property
    def deterministic(self) -> bool:
        return bool(getattr(self.behavior, "deterministic", False))

    def check(self, reply: Reply) -> Verdict:
        return functions.judged(self.called, self.behavior.check, reply)
