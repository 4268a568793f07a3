"""The reply calls a tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.exchange import Reply, ToolCall
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class CallsTool:
    """The reply calls this tool, with at least these arguments.

    ```yaml
    tools: tools.json
    expect:
      - calls_tool: {name: get_order, arguments: {order_id: "4711"}, at_most: 1}
    ```

    `at_least` and `at_most` count all calls of the reply, of whatever tool.
    Causes: `no tool call`, `calls another tool: NAME`, `N calls in one turn`, `arguments do not parse`,
    `argument missing: KEY`, `argument differs: KEY`.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    at_least: int = 1
    at_most: int | None = None

    def check(self, reply: Reply) -> Verdict:
        calls = reply.tool_calls
        shown = "; ".join(f"{call.name}({call.arguments_text})" for call in calls) or reply.text
        if not calls:
            return failed("no tool call", reply.text)
        if self.at_most is not None and len(calls) > self.at_most:
            return failed(f"{len(calls)} calls in one turn", shown)
        if len(calls) < self.at_least:
            return failed(f"only {len(calls)} calls in one turn", shown)
        named = [call for call in calls if call.name == self.name]
        if not named:
            return failed(f"calls another tool: {calls[0].name}", shown)
        faults = [self._fault(call) for call in named]
        if all(faults):
            return failed(faults[0], shown)
        return passed(f"calls {shown}")

    def _fault(self, call: ToolCall) -> str:
        if not isinstance(call.arguments, Mapping):
            return "arguments do not parse"
        for key, wanted in self.arguments.items():
            if key not in call.arguments:
                return f"argument missing: {quoted(key)}"
            if not _holds(call.arguments[key], wanted):
                return f"argument differs: {quoted(key)}"
        return ""


def _holds(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            key in found and _holds(found[key], value) for key, value in wanted.items()
        )
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)
