"""The reply calls a tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from pytest_behavior_contract.exchange import Reply, ToolCall
from pytest_behavior_contract.judge.argument_schema import NotASchema, schema_fault, validator_of
from pytest_behavior_contract.judge.calls import (
    Match,
    argument_fault,
    check_counts,
    count_fault,
    shown_calls,
    shown_name,
)
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class CallsTool:
    """The reply calls this tool, with at least these arguments.

    ```yaml
    tools: tools.json
    expect:
      - calls_tool: {name: get_order, arguments: {order_id: "4711"}, at_most: 1}
    ```

    `match` says how the arguments are compared: `subset` (these are among them, at any depth), `exact` (these and no
    others), `ordered` (exact, and in this order, for code that reads them while they stream). Lists are compared
    whole. `schema` is a JSON Schema for the arguments, inline or the name of a file beside the contract, for what is
    not one value: a pattern, a range. One call of this name that fits is enough. `at_least` and `at_most` count all
    calls of the reply, of whatever tool.
    Causes: `no tool call`, `calls another tool: NAME`, `N calls in one turn`, `only N calls in one turn`,
    `arguments do not parse`, `arguments: JSON in a string`, `argument missing: KEY`, `argument differs: KEY`,
    `argument KEY: JSON in a string`, `argument not expected: KEY`, `arguments in another order`, and those of a
    schema: `argument KEY: is string, not integer`, `argument KEY: not one of its values`.
    Limits: texts are compared letter by letter; where several are right, use `schema` with `enum` or `pattern`, or
    `any`.
    """

    files: ClassVar[tuple[str, ...]] = ("schema",)
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    match: Match = "subset"
    schema: Mapping[str, Any] | None = None
    at_least: int = 1
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_counts(self.at_least, self.at_most)
        if self.schema is not None:
            try:
                _ = self._validator
            except NotASchema as error:
                raise ValueError(f"schema is no JSON Schema: {error}") from None

    @cached_property
    def _validator(self) -> Any:
        return validator_of(self.schema or {})

    def check(self, reply: Reply) -> Verdict:
        calls = reply.tool_calls
        shown = shown_calls(reply)
        if not calls:
            return failed("no tool call", reply.text)
        wrong_count = count_fault(len(calls), self.at_least, self.at_most)
        if wrong_count:
            return failed(wrong_count, shown)
        named = [call for call in calls if call.name == self.name]
        if not named:
            return failed(f"calls another tool: {shown_name(calls[0].name)}", shown)
        try:
            faults = [self._fault(call) for call in named]
        except NotASchema as error:
            return Verdict(outcome="error", cause="schema cannot be applied", evidence=str(error))
        if all(faults):
            return failed(faults[0], shown)
        return passed(f"calls {shown}")

    def _fault(self, call: ToolCall) -> str:
        fault = argument_fault(call, self.arguments, self.match)
        if not fault and self.schema is not None:
            fault, _ = schema_fault(self._validator, call.arguments)
        return fault
