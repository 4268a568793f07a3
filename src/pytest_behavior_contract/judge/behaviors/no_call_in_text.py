"""Calls come as structure, not as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.on_record import declared_tools, not_on_record
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_SHAPES = (
    # {"name": "get_order", "arguments": …}
    r'"(?:name|tool|tool_name|function|function_name|action|recipient_name)"\s*:\s*"PREFIX(NAME)"',
    # get_order(order_id="4711"); empty brackets are how prose names a function
    r"(?<![\w.])PREFIX(NAME)\(\s*(?:[{\[\"'0-9]|\w+\s*[=:])",
    # <function=get_order>, <invoke name="get_order">
    r"<(?:\w+:)?(?:function|invoke|tool|tool_call|tool_use)(?:\s+name)?\s*[=:]\s*[\"']?PREFIX(NAME)[\"']?[\s/>]",
    # <get_order>, unless the name is a plain word, which may be a tag of HTML
    r"<(?=[a-z]*[^a-z\s>])PREFIX(NAME)\s*/?>",
    # special tokens of chat templates: [TOOL_CALLS]get_order, <|tool▁sep|>get_order, to=functions.get_order
    r"(?:\[TOOL_CALLS\]|<[|｜][\w▁ ]{1,40}[|｜]>(?:function)?|\bto=)\s*PREFIX(NAME)\b",
    # the line "Action: get_order" of ReAct prompts
    r"^[ \t]*Action:[ \t]*PREFIX(NAME)\b",
)
_PREFIX = r"(?:functions\.|default_api\.|tools\.)?"
_AROUND = 60


@dataclass(frozen=True, kw_only=True)
class NoCallInText:
    """The text holds nothing that was meant as a call of a declared tool: calls come as structure, or not at all.

    ```yaml
    tools: [{name: get_order}]
    expect: [no_call_in_text]
    ```

    Looked for are JSON with the tool's name (`{"name": "get_order", …}`), tags (`<function=get_order>`, `<get_order>`),
    special tokens of chat templates before the name, `get_order(order_id="4711")`, and `Action: get_order`. Names come
    from the recorded request; `names` adds others.
    Causes: `call written as text: NAME`; an error where no names are known.
    Limits: a reply that shows such a call on purpose fails too, as documentation does, and code that has a function of
    that name. Names that were never declared are not found. A tag that is a plain word (`<search>`) is none of a tool.
    """

    names: tuple[str, ...] = ()

    def check(self, reply: Reply) -> Verdict:
        declared = declared_tools(reply)
        names = (*self.names, *(declared or ()))
        if not names:
            if declared is None:
                return not_on_record(reply, "which tools were declared")
            return Verdict(
                outcome="error", cause="no tool is declared in the request", evidence="give the clause `tools`"
            )
        found = _pattern(tuple(sorted(names))).search(reply.text)
        if found is None:
            return passed("no call in the text")
        name = next(group for group in found.groups() if group)
        start = max(0, found.start() - 10)
        return failed(f"call written as text: {name}", reply.text[start : found.end() + _AROUND])


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    # Longer names first: of two that begin alike the shorter would hide the longer.
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    shapes = (shape.replace("PREFIX", _PREFIX).replace("NAME", either) for shape in _SHAPES)
    return re.compile("|".join(shapes), re.MULTILINE)
