"""Marks of Markdown in a text, kind by kind; each pattern takes time in proportion to the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

Kind = Literal["heading", "bold", "italic", "list", "numbered", "table", "fence", "code", "link", "quote", "rule"]

# Each stops at the next mark of its own kind, so that no stretch of text is looked at twice.
_PATTERNS: Mapping[Kind, re.Pattern[str]] = {
    "fence": re.compile(r"^ {0,3}(?:`{3,}|~{3,})", re.MULTILINE),
    "heading": re.compile(r"^ {0,3}#{1,6}[ \t]+(?=\S)[^\n]*", re.MULTILINE),
    "bold": re.compile(r"\*\*(?=[^\s*])[^*\n]+\*\*|(?<![\w_])__(?=[^\s_])[^_\n]+__(?!\w)"),
    "italic": re.compile(r"(?<![*\w\\])\*(?=[^\s*])[^*\n]+(?<=\S)\*(?![*\w])|(?<![\w_])_(?=[^\s_])[^_\n]+_(?![\w_])"),
    "list": re.compile(r"^[ \t]*[-*+][ \t]+(?!(?:[-*_][ \t]*)+$)(?=\S)[^\n]*", re.MULTILINE),
    "numbered": re.compile(r"^[ \t]*\d{1,4}[.)][ \t]+(?=\S)[^\n]*", re.MULTILINE),
    "table": re.compile(r"^[ \t]*\|?(?:[ \t]?:?-+:?[ \t]?\|)+(?:[ \t]?:?-+:?)?[ \t]*$", re.MULTILINE),
    "code": re.compile(r"(?<!`)`(?!`)[^`\n]+`(?!`)"),
    "link": re.compile(r"!?\[[^\[\]\n]*\]\([^()\n]*\)"),
    "quote": re.compile(r"^ {0,3}>[ \t]?(?=\S)[^\n]*", re.MULTILINE),
    "rule": re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$", re.MULTILINE),
}
KINDS: tuple[Kind, ...] = tuple(_PATTERNS)
NAMES: Mapping[Kind, str] = {
    "heading": "headings",
    "bold": "bold text",
    "italic": "italics",
    "list": "bullet lists",
    "numbered": "numbered lists",
    "table": "tables",
    "fence": "code fences",
    "code": "inline code",
    "link": "links",
    "quote": "quotes",
    "rule": "rules",
}


def first_mark(text: str, kinds: Iterable[Kind]) -> tuple[Kind, str] | None:
    """The first kind of which there is a mark, with the marked piece."""
    for kind in kinds:
        match = _PATTERNS[kind].search(text)
        if match:
            return kind, match[0]
    return None


def count_marks(text: str, kind: Kind) -> int:
    """How many pieces of a kind there are: headings, list items, bold pieces; fences come in twos and count as one."""
    count = sum(1 for _ in _PATTERNS[kind].finditer(text))
    return (count + 1) // 2 if kind == "fence" else count
