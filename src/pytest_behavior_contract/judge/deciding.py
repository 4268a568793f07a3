"""What a reply decides: by a field of its JSON, by one of several labels, or by its whole text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_behavior_contract.exchange import Reply, parse_json

_FENCED = re.compile(r"```\w*\s*\n(.*?)```", re.DOTALL)
_SPACE = re.compile(r"\s+")
_EDGES = " \t\r\n.,;:!?*_`'\"“”‘’()[]#-"
_LONGEST = 100_000
"""So many characters of a reply are read."""
_DENIED = re.compile(r"\b(?:not|never|cannot|can't|don't|doesn't|wouldn't|won't|isn't|neither|nor)(?: \w+){0,2} \Z")


def decision_of(reply: Reply, labels: Sequence[str] = (), field: str = "") -> str:
    """The decision of a reply in plain words; empty where none can be read.

    Args:
        reply: the reply.
        labels: what it may decide; found as whole words, whatever their case. Where several stand in the text, the one
            that it begins with, else the only one of its last sentence.
        field: where the decision stands in the reply's JSON, or in the arguments of its first tool call: `a.b.c`.
    """
    if field:
        return _plain(_at(_document(reply), field))
    text = reply.text[:_LONGEST]
    if labels:
        return _label(text, labels)
    if not text.strip() and reply.tool_calls:
        return "; ".join(f"{call.name} {call.arguments_text}" for call in reply.tool_calls)
    return _normal(text)


def _document(reply: Reply) -> Any:
    """The JSON of a reply, bare, fenced or after a preamble; else what its first tool call is given."""
    text = reply.text[:_LONGEST]
    fenced = _FENCED.search(text)
    for piece in (text, fenced[1] if fenced else ""):
        try:
            return parse_json(piece)
        except (ValueError, RecursionError):
            continue
    start = text.find("{")
    if start >= 0:
        try:
            return json.JSONDecoder().raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            pass
    return reply.tool_calls[0].arguments if reply.tool_calls else None


def _at(document: Any, field: str) -> Any:
    for name in field.split("."):
        if isinstance(document, Mapping):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _normal(value)
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError:
        return ""


def _normal(text: str) -> str:
    """A text without what makes no difference: case, white space, marks at its ends."""
    return _SPACE.sub(" ", text).strip(_EDGES).casefold()


def _label(text: str, labels: Sequence[str]) -> str:
    normal = {_normal(label): label for label in labels}
    # The longest come first, so that "strongly agree" is not read as "agree".
    ordered = sorted(normal, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(label)}(?!\w)" for label in ordered if label))
    text = _SPACE.sub(" ", text).casefold().replace("’", "'")
    found = [
        match
        for match in pattern.finditer(text)
        if not _DENIED.search(text[max(0, match.start() - 40) : match.start()])
    ]
    if not found:
        return ""
    last = re.split(r"(?<=[.!?]) ", text.rstrip())[-1]
    for some in ({match[0] for match in found}, _opening(found[0], text), set(pattern.findall(last))):
        if len(some) == 1:
            return normal[some.pop()]
    return ""


def _opening(first: re.Match[str], text: str) -> set[str]:
    return {first[0]} if not text[: first.start()].strip(_EDGES + "0123456789") else set()
