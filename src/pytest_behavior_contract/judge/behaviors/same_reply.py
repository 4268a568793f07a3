"""Asked again, the model gives the very same reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_behavior_contract.exchange import Reply, canonical_json
from pytest_behavior_contract.judge.answers import first_difference
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class SameReply:
    """Repeats of a prompt get the same reply, character for character: what many expect of temperature 0.

    ```yaml
    parameters: {temperature: 0}
    expect: [same_reply]
    ```

    Text, tool calls (names and arguments, not their ids), refusal and finish reason are compared between every two
    neighbouring repeats; no reply counts twice. `rate` is promised of these pairs: hosted models rarely keep 1 even
    at temperature 0. The very same answer, id and all, is not counted: it came from a cache.
    Causes: `text differs`, `tool calls differ`, `refusal differs`, `finish reason differs`.
    Limits: log probabilities and the number of tokens are not compared.
    """

    group: ClassVar[bool] = True

    def compare(self, replies: Sequence[Reply]) -> Verdict:
        first = replies[0]
        for other in replies[1:]:
            if first.text != other.text:
                place = first_difference(first.text, other.text)
                start = max(0, place - 20)
                pieces = [repr(excerpt(one.text[start:], 60)) for one in (first, other)]
                return failed("text differs", f"at character {place + 1}: {' against '.join(pieces)}")
            if _calls(first) != _calls(other):
                return failed("tool calls differ", f"{_calls(first)} against {_calls(other)}")
            if first.refusal != other.refusal:
                return failed("refusal differs", f"{first.refusal!r} against {other.refusal!r}")
            if first.finish_reason != other.finish_reason:
                return failed("finish reason differs", f"{first.finish_reason} against {other.finish_reason}")
        return passed(f"{len(replies)} replies are the same")


def _calls(reply: Reply) -> str:
    return "; ".join(f"{call.name}({_arguments(call.arguments, call.arguments_text)})" for call in reply.tool_calls)


def _arguments(arguments: object, text: str) -> str:
    try:
        return text if arguments is None else canonical_json(arguments)
    except (TypeError, ValueError, RecursionError):
        return text
