"""Tool calls of a reply held against calls that were expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pytest_behavior_contract.exchange import Reply, ToolCall, parse_json
from pytest_behavior_contract.judge.verdicts import excerpt, quoted

Match = Literal["subset", "exact", "ordered"]
IN_A_STRING = "JSON in a string"


def shown_calls(reply: Reply) -> str:
    """The calls of a reply for people to read; its text where there are none."""
    return "; ".join(f"{call.name}({call.arguments_text})" for call in reply.tool_calls) or reply.text


def shown_name(name: str) -> str:
    """A name that a model made up, short and on one line, as a part of a cause."""
    return excerpt(" ".join(name.split()), 60) or "without a name"


def count_fault(count: int, at_least: int, at_most: int | None) -> str:
    """What is wrong with a number of calls; empty where nothing is."""
    if at_most is not None and count > at_most:
        return f"{count} call{'s' * (count != 1)} in one turn"
    if count < at_least:
        return f"only {count} call{'s' * (count != 1)} in one turn" if count else "no tool call"
    return ""


def check_counts(at_least: int, at_most: int | None) -> None:
    """Raises ValueError for bounds that nothing can keep."""
    if at_least < 0:
        raise ValueError(f"at_least is a count from 0 on, is {at_least}")
    if at_most is not None and at_most < max(at_least, 0):
        raise ValueError(
            f"at_most should not be below at_least ({at_least}), is {at_most}; to want none: calls_no_tool"
        )


def parse_fault(call: ToolCall) -> str:
    """Why a call has no arguments by name; empty where it has."""
    if isinstance(call.arguments, Mapping):
        return ""
    if isinstance(decoded(call.arguments), Mapping):
        return f"arguments: {IN_A_STRING}"
    return "arguments do not parse"


def argument_fault(call: ToolCall, wanted: Mapping[str, Any], match: Match) -> str:
    """The first difference between a call's arguments and what was wanted; empty where there is none."""
    fault = parse_fault(call)
    if fault:
        return fault
    found: Mapping[str, Any] = call.arguments
    for key, value in wanted.items():
        if key not in found:
            return f"argument missing: {quoted(key)}"
        if not _holds(found[key], value, match):
            if not isinstance(value, str) and _holds(decoded(found[key]), value, match):
                return f"argument {shown_name(key)}: {IN_A_STRING}"
            return f"argument differs: {quoted(key)}"
    if match != "subset":
        extra = next((key for key in found if key not in wanted), None)
        if extra is not None:
            return f"argument not expected: {quoted(str(extra))}"
    if match == "ordered" and list(found) != list(wanted):
        return "arguments in another order"
    return ""


def decoded(value: Any) -> Any:
    """What a text holds as JSON; the value itself where it is no text or holds none."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return parse_json(value)
    except (ValueError, RecursionError):
        return value


def assigned(fits: Sequence[Sequence[int]], calls: int) -> dict[int, int]:
    """Which call answers which expectation, as many as can be: `fits` holds for each the calls that would do."""
    taken: dict[int, int] = {}

    def place(expected: int, tried: set[int]) -> bool:
        for call in fits[expected]:
            if call in tried:
                continue
            tried.add(call)
            if call not in taken or place(taken[call], tried):
                taken[call] = expected
                return True
        return False

    for expected in range(len(fits)):
        if len(taken) < calls:
            place(expected, set())
    return {expected: call for call, expected in taken.items()}


def _holds(found: Any, wanted: Any, match: Match) -> bool:
    try:
        return _equal(found, wanted, match)
    except RecursionError:
        return False


def _equal(found: Any, wanted: Any, match: Match) -> bool:
    if isinstance(wanted, Mapping):
        if not isinstance(found, Mapping) or not all(key in found for key in wanted):
            return False
        if match != "subset" and len(found) != len(wanted):
            return False
        if match == "ordered" and list(found) != list(wanted):
            return False
        return all(_equal(found[key], value, match) for key, value in wanted.items())
    if isinstance(wanted, list | tuple):
        return (
            isinstance(found, list | tuple)
            and len(found) == len(wanted)
            and all(_equal(one, other, match) for one, other in zip(found, wanted, strict=True))
        )
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)
