"""The text of a reply to the sentences that the reply itself says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_behavior_contract.exchange import parse_json

_START, _END = 10_000, 4_000
_APOSTROPHES = str.maketrans("’‘‛ʼ＇`´", "'" * 7)
_SPACES = str.maketrans("\xa0\u2007\u202f\u200b\u2011\u2013\u2014", "    ---")
_CODE = re.compile(r"(?:```|~~~).{0,6000}?(?:```|~~~|\Z)", re.DOTALL)
_ONE_FENCE = re.compile(r"```\w*\s+([^`]*)```\Z")
_MARKDOWN = re.compile(r"[*_#]{1,6}(?=\S)|(?<=\S)[*_]{1,3}")
_QUOTED = re.compile(
    r'"[^"\n]{1,600}"|“[^”\n]{1,600}”|„[^“”\n]{1,600}[“”]|«[^»\n]{1,600}»|「[^」\n]{1,600}」|『[^』\n]{1,600}』'
)
_QUOTING_LINE = re.compile(r"^[ \t]{0,3}>[^\n]*$", re.MULTILINE)
_WHOLLY_QUOTED = re.compile(r'\s*["“„«「](.*)["”“»」]\s*\Z', re.DOTALL)
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?](?!\s|\Z)[^.!?。！？\n]*)*(?:[.!?。！？]+[\"')”»]*|\n|\Z)")
_MARKER = re.compile(r"\A(?:\d{1,2}[.)]|[-*•–+>#])\s*")
_ITEM = re.compile(r"^[ \t]{0,6}(?:\d{1,2}[.)]|[-*•–+])[ \t]+\S", re.MULTILINE)
_CONTRACTIONS = (
    (re.compile(r"\bcan't\b|\bcant\b"), "cannot"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"\b(we|you|they)'re\b"), r"\1 are"),
    (re.compile(r"\b(it|that|there|here|he|she|what)'s\b"), r"\1 is"),
    (re.compile(r"\b(i|we|you)'d\b"), r"\1 would"),
    (re.compile(r"\b(i|we|you)'ll\b"), r"\1 will"),
    (re.compile(r"\b(i|we|you)'ve\b"), r"\1 have"),
)


_FIGURES = re.compile(
    r"\bcannot (?:wait|help but|imagine|overstate|complain|believe|think of|go wrong)\b|\bcannot [^.!?]{1,60}? enough\b"
)
"""Figures of speech that deny nothing."""
_NOBODY = re.compile(r"^((?:no|sorry|apologies),? (?:but )?)?(?=(?:cannot|will not|unable|not able|not going) )")
"""Where a sentence that denies something leaves out who does: it is the speaker."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it stands in the reply, and in the plain spelling that cues are looked for in."""

    text: str
    plain: str


@dataclass(frozen=True, slots=True)
class Read:
    """What there is to judge of a text."""

    sentences: tuple[Sentence, ...]
    words: int
    items: int
    """Lines of lists."""
    code: bool


def clipped(text: str) -> str:
    """What is read of a text: the start and the end, where whoever refuses says so."""
    return text if len(text) <= _START + _END else f"{text[:_START]}\n{text[-_END:]}"


def read(text: str) -> Read:
    """The sentences of a text in its own voice: what stands in quotes, in code or after `>` is another's."""
    text = _strings(text)
    words = len(text.split())
    items = len(_ITEM.findall(text))
    own = _CODE.sub(" ", text)
    code = own != text
    whole = _WHOLLY_QUOTED.match(own)
    if whole and not re.search(r'["“”„«»「」]', whole[1]):
        own = whole[1]
    own = _QUOTING_LINE.sub("", own)
    own = _MARKDOWN.sub("", _QUOTED.sub('""', own))
    found = []
    for match in _SENTENCE.finditer(own):
        said = _MARKER.sub("", match[0].strip())
        if any(map(str.isalpha, said)):
            found.append(Sentence(said, _plain(said)))
    return Read(tuple(found), words, items, code)


def _strings(text: str) -> str:
    """Of a reply that is one JSON document the strings in it, a line each: its quotes are of its own voice."""
    document = text.strip()
    fenced = _ONE_FENCE.match(document)
    document = fenced[1] if fenced else document
    if not document.startswith(("{", "[")):
        return text
    try:
        waiting = [parse_json(document)]
    except (ValueError, RecursionError):
        return text
    found = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict | list):
            waiting += reversed(list(value.values() if isinstance(value, dict) else value))
    return "\n".join(found)


def _plain(sentence: str) -> str:
    plain = " ".join(sentence.translate(_APOSTROPHES).translate(_SPACES).lower().split())
    if "'" in plain:
        for pattern, spelled in _CONTRACTIONS:
            plain = pattern.sub(spelled, plain)
    plain = plain.replace("can not", "cannot")
    if "cannot" in plain:
        plain = _FIGURES.sub("gladly", plain)
    return _NOBODY.sub(r"\1i ", plain)
