"""Arguments of calls are what the tool's schema says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_behavior_contract.exchange import Reply, ToolCall, canonical_json
from pytest_behavior_contract.judge.argument_schema import (
    NotASchema,
    empty_optional,
    schema_fault,
    text_with_json,
    undeclared_argument,
    validator_of,
)
from pytest_behavior_contract.judge.calls import IN_A_STRING, parse_fault, shown_calls, shown_name
from pytest_behavior_contract.judge.on_record import declared_tools, not_on_record, spelling_of_arguments
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class ValidToolArguments:
    """The arguments of every call parse, and fit the schema that the request declares for the tool.

    ```yaml
    tools: tools.json
    expect:
      - valid_tool_arguments
      - valid_tool_arguments: {no_empty_strings: true, no_json_in_strings: true}
    ```

    An argument that the schema has no name for fails too, unless the schema says something of
    `additionalProperties`: `f(**arguments)` would. `extra_arguments` allows them. `no_empty_strings` fails an
    argument that could have been left out and came as `""`. JSON in a string is always a fault where the schema wants
    an object or an array; `no_json_in_strings` makes it one where a string is allowed. `name` looks at the calls of one
    tool alone. A reply without calls passes; expect `calls_tool` besides.
    Causes: `arguments do not parse`, `arguments: JSON in a string`, `arguments: an object, not JSON text`,
    `argument NAME: JSON in a string`, `argument NAME: empty string`, `argument missing: NAME`,
    `argument not declared: NAME`, `argument NAME: is TYPE, not TYPE`, `argument NAME: not one of its values`,
    `argument NAME: too small` and the like, `tool not declared: NAME`; an error where a reply with calls has no
    recorded request, or a schema is none.
    Limits: says nothing of whether values are right. Tools that have no schema, such as the vendor's own, are held to
    arguments that parse.
    """

    name: str = ""
    no_empty_strings: bool = False
    no_json_in_strings: bool = False
    extra_arguments: bool = False

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}

    def check(self, reply: Reply) -> Verdict:
        calls = [call for call in reply.tool_calls if not self.name or call.name == self.name]
        if not calls:
            return passed("no tool call")
        spelling = spelling_of_arguments(reply)
        if spelling:
            return failed(spelling, shown_calls(reply))
        for call in calls:
            fault = parse_fault(call)
            if fault:
                return failed(fault, f"{call.name}({call.arguments_text})")
        declared = declared_tools(reply)
        if declared is None:
            return not_on_record(reply, "which arguments were declared")
        for call in calls:
            try:
                cause, evidence = self._fault(call, declared)
            except NotASchema as error:
                return Verdict(outcome="error", cause=f"no JSON Schema: {call.name}", evidence=str(error))
            if cause:
                shown = f"{call.name}({call.arguments_text})"
                return failed(cause, f"{shown}: {evidence}" if evidence else shown)
        return passed(shown_calls(reply))

    def _fault(self, call: ToolCall, declared: Mapping[str, Mapping[str, Any] | None]) -> tuple[str, str]:
        if call.name not in declared:
            return f"tool not declared: {shown_name(call.name)}", ""
        schema, arguments = declared[call.name], call.arguments
        if schema is not None:
            cause, evidence = schema_fault(self._validator(schema), arguments)
            if cause:
                return cause, evidence
            extra = "" if self.extra_arguments else undeclared_argument(schema, arguments)
            if extra:
                return f"argument not declared: {quoted(extra)}", ""
        if self.no_empty_strings and (path := empty_optional(schema, arguments)):
            return f"argument {path}: empty string", ""
        if self.no_json_in_strings and (path := text_with_json(arguments)):
            return f"argument {path}: {IN_A_STRING}", ""
        return "", ""

    def _validator(self, schema: Mapping[str, Any]) -> Any:
        """The validator of a schema, made once for all replies."""
        key = canonical_json(schema)
        if key not in self._validators:
            self._validators[key] = validator_of(schema)
        return self._validators[key]
