"""What a model or its server should have kept out of the text: thoughts, tool calls, tokens of the chat template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

LeakKind = Literal["thinking", "tools", "template"]

# Wordings of servers and models; each begins with a fixed sign and is bounded, so that it takes linear time.
_PATTERNS: Mapping[LeakKind, re.Pattern[str]] = {
    "thinking": re.compile(
        r"</?(?:seed:)?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad|antthinking|antml:thinking"
        r"|inner_monologue|internal_monologue|chain_of_thought|cot)>"
        r"|◁/?think▷|\[/?THINK\]"
        r"|<\|(?:begin_of_thought|end_of_thought|begin_of_solution|end_of_solution)\|>"
        r"|<\|channel\|>(?:analysis|commentary)",
        re.IGNORECASE,
    ),
    "tools": re.compile(
        r"</?(?:antml:)?(?:tool_calls?|tool_code|tool_use|tool_response|tool_outputs?|function_calls?|function_results?"
        r"|use_mcp_tool|arg_key|arg_value)>"
        r"|<(?:antml:)?(?:invoke|parameter) name=|<function=[\w.-]{1,100}>|<(?:tool_call|function_call) (?:name|id)="
        r"|\[/?TOOL_(?:CALLS|RESULTS)\]|\[AVAILABLE_TOOLS\]"
        r"|<[|｜]tool[_▁][\w▁]{1,60}[|｜]>|<\|python_tag\|>|<\|(?:call|constrain)\|>"
        r"|\bmulti_tool_use\.parallel\b|\bto=functions\.[\w-]{1,100}|\bfunctions\.[\w-]{1,100}:\d{1,3}\b"
        r"|^[ \t]{0,20}Action:[^\n]{1,200}\n[ \t]{0,20}Action Input:"
        r"|[{\[,]\s{0,40}\"(?:tool_calls|function_call)\"\s{0,40}:\s{0,40}[\[{]"
        r"|\{\s{0,40}\"(?:name|tool|tool_name|function)\"\s{0,40}:\s{0,40}\"[\w.:-]{1,100}\"\s{0,40},\s{0,40}"
        r"\"(?:arguments|parameters|args|input|tool_input)\"\s{0,40}:\s{0,40}[{\"]",
        re.MULTILINE,
    ),
    "template": re.compile(
        r"<\|[a-z][a-z0-9_]{1,40}\|>|<[|｜][\w▁]{1,40}[|｜]>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>"
        r"|<(?:bos|eos|pad|unk)>|<\|(?:User|Assistant|System|Human)\|>"
    ),
}
KINDS: tuple[LeakKind, ...] = tuple(_PATTERNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One piece of markup, with its kind and how it is named in causes."""

    kind: LeakKind
    mark: str
    start: int


def leaks(text: str, kinds: Iterable[LeakKind] = KINDS) -> Iterator[Leak]:
    """The first piece of each kind; a closing tag is named as its opening one."""
    for kind in kinds:
        match = _PATTERNS[kind].search(text)
        if match:
            yield Leak(kind=kind, mark=_named(match[0]), start=match.start())


def _named(found: str) -> str:
    """A mark that is the same for every reply that has it."""
    if found.lstrip().startswith("Action:"):
        return "Action:"
    if '"' in found and found[0] in "{[,":
        return "JSON"
    opening = found.replace("</", "<").replace("[/", "[").replace("◁/", "◁")
    for start in ("<function=", "to=functions.", "functions."):
        if opening.startswith(start):
            return start.rstrip(".")
    return opening
