"""The reply makes several calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_behavior_contract.exchange import Reply, ToolCall
from pytest_behavior_contract.judge.calls import Match, argument_fault, assigned, shown_calls, shown_name
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_KEYS = {"name", "arguments"}


@dataclass(frozen=True, kw_only=True)
class CallsTools:
    """The reply makes these calls, all of them in one turn.

    ```yaml
    tools: [{name: get_order}, {name: get_weather}]
    expect:
      - calls_tools:
          calls:
            - {name: get_order, arguments: {order_id: "4711"}}
            - {name: get_weather, arguments: {city: Turin}}
          order: given
    ```

    Each expectation needs a call of its own. `order` is `any` or `given`; `others` allows calls besides; `match` is
    that of `calls_tool`: `subset`, `exact`, `ordered`.
    Causes: `no tool call`, `call missing: NAME`, `NAME: argument missing: KEY` and the other causes of `calls_tool`
    for arguments, `call not expected: NAME`, `calls in another order`.
    Limits: texts are compared letter by letter.
    """

    calls: tuple[Mapping[str, Any], ...]
    order: Literal["any", "given"] = "any"
    match: Match = "subset"
    others: bool = False

    def __post_init__(self) -> None:
        if not self.calls:
            raise ValueError("calls is empty; to want no call at all, expect calls_no_tool")
        for entry in self.calls:
            unknown = sorted(entry.keys() - _KEYS)
            if unknown:
                raise ValueError(f"a call has a name and arguments, not {unknown[0]!r}")
            if not isinstance(entry.get("name"), str):
                raise ValueError("a call has no name")  # noqa: TRY004 - one kind of error for all that YAML gets wrong
            if not isinstance(entry.get("arguments", {}), Mapping):
                raise ValueError(f"the arguments of {entry['name']} should be a mapping")  # noqa: TRY004 - the same

    def check(self, reply: Reply) -> Verdict:
        found, shown = reply.tool_calls, shown_calls(reply)
        if not found:
            return failed("no tool call", reply.text)
        fits = [[index for index, call in enumerate(found) if not self._fault(call, entry)] for entry in self.calls]
        answered = assigned(fits, len(found))
        for number, entry in enumerate(self.calls):
            if number not in answered:
                return failed(
                    self._missing(entry, [c for i, c in enumerate(found) if i not in answered.values()]), shown
                )
        extra = next((call for index, call in enumerate(found) if index not in answered.values()), None)
        if extra is not None and not self.others:
            return failed(f"call not expected: {shown_name(extra.name)}", shown)
        if self.order == "given" and not _in_order(fits):
            return failed("calls in another order", shown)
        return passed(f"calls {shown}")

    def _fault(self, call: ToolCall, entry: Mapping[str, Any]) -> str:
        if call.name != entry["name"]:
            return "another tool"
        return argument_fault(call, entry.get("arguments", {}), self.match)

    def _missing(self, entry: Mapping[str, Any], spare: list[ToolCall]) -> str:
        """Why an expectation is not met: what is wrong with the nearest call, or that there is none."""
        named = next((call for call in spare if call.name == entry["name"]), None)
        if named is None:
            return f"call missing: {entry['name']}"
        return f"{entry['name']}: {self._fault(named, entry)}"


def _in_order(fits: list[list[int]]) -> bool:
    """Whether each expectation can have a call after that of the one before: taking the earliest never costs one."""
    last = -1
    for calls in fits:
        following = next((call for call in calls if call > last), None)
        if following is None:
            return False
        last = following
    return True
