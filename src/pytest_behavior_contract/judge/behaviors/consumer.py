"""The developer's own parser is the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge import functions
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
    Limits: the function runs in the test process, with what the model wrote, and only in contract files of your own:
    those of an installed pack cannot name it.
    """

    runs_code: ClassVar[bool] = True
    function: str

    def __post_init__(self) -> None:
        functions.check_path(self.function)

    @cached_property
    def _call(self) -> Callable[[str], Any]:
        return functions.find(self.function)  # type: ignore[no-any-return]  # whatever it returns is looked at below

    @cached_property
    def unready(self) -> str:
        """Why it cannot judge anything, known before anything is asked; empty where it can."""
        try:
            call = self._call
        except Exception as error:  # noqa: BLE001 - an import runs foreign code, which may raise anything
            return f"consumer {functions.cannot_be_imported(self.function, error)}"
        problem = functions.uncallable(call, "")
        return f"consumer {self.function} {problem}" if problem else ""

    def check(self, reply: Reply) -> Verdict:
        if self.unready:
            return Verdict(outcome="error", cause=self.unready)
        try:
            result = self._call(reply.text)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the parser raises is the finding
            place = functions.place_of(error)
            return failed(
                f"consumer raised {type(error).__name__}{place}", f"{functions.said(error)} · reply: {reply.text}"
            )
        if result is False:
            return failed("consumer returned False", reply.text)
        return passed(f"{self.function} takes it")
