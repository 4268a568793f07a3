"""What a reply answers, so that two replies can be held against each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from pytest_behavior_contract.exchange import Reply, canonical_json, parse_json

_AROUND = " \t\r\n\"'`*_.,;:!?()[]{}<>“”‘’«»„#"
_ANSWER = re.compile(r"\banswer\b(?:[^\w\n]{0,5}(?:is|would be|=))?[^\w\n]{0,12}", re.IGNORECASE)
"""What announces the answer in a reply that reasons first."""
_FENCE = re.compile(r"\A\s*```[\w-]*\n(.*?)\n?```\s*\Z", re.DOTALL)
LONGEST = 200_000
"""Characters of a reply that are read for its answer; the end of a longer one counts, for there the answer stands."""


class NoAnswer(ValueError):  # noqa: N818 - read as a sentence
    """A reply has nothing of the kind that is compared."""


def exact(reply: Reply) -> str:
    """The text as it is."""
    return reply.text


def normalised(reply: Reply) -> str:
    """The text without what rarely matters: case, white space, marks around it, and the order of keys in JSON."""
    text = _without_fence(reply.text)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return canonical_json(parse_json(text))
        except (ValueError, RecursionError):
            pass
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(plain.replace("**", "").split()).strip(_AROUND)


def label(reply: Reply, labels: Sequence[str]) -> str:
    """Which of some labels the reply gives as its answer; raises NoAnswer.

    In this order: the whole reply, the one behind the last "answer is", the only one that occurs, the one that the
    reply begins with, the last one.
    """
    text = reply.text[-LONGEST:]
    whole = text.strip(_AROUND)
    for one in labels:
        if whole == one or (len(one) > 1 and whole.casefold() == one.casefold()):
            return one
    pattern = _pattern(labels)
    for announced in reversed(list(_ANSWER.finditer(text))):
        found = pattern.match(text, announced.end())
        if found:
            return _as_given(found[0], labels)
    matches = [_as_given(found[0], labels) for found in pattern.finditer(text)]
    if not matches:
        raise NoAnswer("none of the labels")
    if len(set(matches)) > 1:
        first = pattern.match(text.lstrip(_AROUND))
        if first:
            return _as_given(first[0], labels)
    return matches[-1]


def json_field(reply: Reply, path: str) -> str:
    """The value at a path such as `order.items.0.sku` in the reply's JSON, as JSON; raises NoAnswer."""
    try:
        found: Any = parse_json(_without_fence(reply.text))
    except (ValueError, RecursionError):
        raise NoAnswer("no JSON") from None
    for step in path.split("."):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and len(step) < 10 and int(step) < len(found):
            found = found[int(step)]
        else:
            raise NoAnswer(f"no field {path!r}")
    try:
        return canonical_json(found)
    except (ValueError, RecursionError):
        raise NoAnswer("no JSON that can be compared") from None


def first_difference(one: str, other: str) -> int:
    """The index of the first character in which two texts differ."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _without_fence(text: str) -> str:
    fenced = _FENCE.match(text) if "```" in text[:100] else None
    return fenced[1] if fenced else text


def _pattern(labels: Sequence[str]) -> re.Pattern[str]:
    """Any of the labels as a word of its own; one letter counts only as it is written: "a" is a word, "A" a label."""
    alternatives = (
        re.escape(one) if len(one) == 1 else f"(?i:{re.escape(one)})" for one in sorted(labels, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


def _as_given(found: str, labels: Sequence[str]) -> str:
    return next((one for one in labels if one == found), "") or next(
        one for one in labels if one.casefold() == found.casefold()
    )
