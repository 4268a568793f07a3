"""Calls have ids that can be answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_calls
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class ToolCallIds:
    """Every call has an id, no two the same, and all of the form that the code relies on.

    ```yaml
    expect:
      - tool_call_ids: {pattern: "[A-Za-z0-9]{9}"}
    ```

    `pattern` is a Python regular expression that the whole id must match; without it any id will do. A reply without
    calls passes.
    Causes: `call without an id`, `id twice`, `id does not match`.
    """

    pattern: str | None = None

    def __post_init__(self) -> None:
        try:
            _ = self._compiled
        except re.error as error:
            raise ValueError(f"{self.pattern!r} is no regular expression: {error}") from None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern or ".*", re.DOTALL)

    def check(self, reply: Reply) -> Verdict:
        seen: set[str] = set()
        for call in reply.tool_calls:
            if not call.id:
                return failed("call without an id", shown_calls(reply))
            if call.id in seen:
                return failed("id twice", call.id)
            seen.add(call.id)
            if not self._compiled.fullmatch(call.id):
                return failed("id does not match", call.id)
        return passed(", ".join(seen) or "no tool call")
