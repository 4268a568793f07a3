"""A text to its words, sentences and paragraphs; everything here takes time in proportion to the text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_UNSPACED = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003134f]"
)
"""Han and Kana, which are written without spaces: each counts as a word, as word processors count them."""
_SIGN = re.compile(r"\w")
_INNER = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)
# The look behind keeps a long run of dots from being tried at each of them.
_STOP = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]*_]*(?=\s|\Z)|[。！？]+[」』）”’]*")
_ABBREVIATIONS = frozenset(
    """adj al approx apt art assoc aug ave b.a b.sc ca cf ch co corp dec dept dr e.g ed eds est et etc ex feb fig gen
    gov hon i.e inc jan jr lt ltd m.a m.d m.sc messrs mr mrs ms mt nov oct p pp ph.d prof rep rev sen sep sept sgt sr st
    u.k u.s u.s.a viz vol vs""".split()
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_MOST_STOPS = 20_000
_NUMBERED = re.compile(r"^[ \t]*[(]?(?:\d{1,4}|[A-Za-z])[.)][ \t]", re.MULTILINE)
# "* * *" is a rule.
_BULLET = re.compile(r"^[ \t]*(?:[-*+•◦▪‣–·][ \t]+|[●・][ \t\u3000]*)(?!(?:[-*_][ \t]*)+$)(?=\S)", re.MULTILINE)


def words(text: str) -> list[str]:
    """What stands between white space and has a letter or digit; each Han or Kana character by itself."""
    found = text.split()
    if text.isascii() or not _UNSPACED.search(text):
        return [word for word in found if _SIGN.search(word)]
    single = _UNSPACED.findall(text)
    return single + [word for word in _UNSPACED.sub(" ", text).split() if _SIGN.search(word)]


def bare_word(word: str) -> str:
    """A word without what stands around it: punctuation, quotes, marks of Markdown."""
    if word.isalnum():
        return word
    found = _INNER.search(word)
    return found[0] if found else ""


def sentences(text: str) -> int:
    """How many sentences there are: ends of sentences, and what is left open at the end of the text.

    A stop after an abbreviation, initials or a number of a list ends none, nor does a mark before a small letter, as in
    "Stop!" she said. Rules of English; `。！？` too.
    The first 20,000 stops are looked at: a hostile megabyte has hundreds of thousands.
    """
    count, begun = 0, 0
    for match in sentence_ends(text):
        # What has no letter or digit in it is no sentence, such as the rest of "? !".
        if _SIGN.search(text, begun, match.start()):
            count += 1
        begun = match.end()
    return count + bool(_SIGN.search(text, begun))


def sentence_ends(text: str) -> Iterator[re.Match[str]]:
    """The marks that end a sentence, with the quotes and brackets behind them."""
    small = text.islower()  # then a small letter tells nothing
    for match in itertools.islice(_STOP.finditer(text), _MOST_STOPS):
        follows = text[match.end() : match.end() + 3].lstrip(" \t")[:1]
        goes_on = follows.islower() and not small
        if _ends(text, match, follows) if match[0].startswith(".") else not goes_on:
            yield match


def _ends(text: str, stop: re.Match[str], follows: str) -> bool:
    """Whether a full stop ends a sentence."""
    start = stop.start()
    last = text[max(0, start - 12) : start].split()
    word = last[-1].lstrip("(\"'“‘[*_").casefold() if last and not text[start - 1].isspace() else ""
    if not word:
        return True
    head = text[max(0, start - 12) : start].rpartition("\n")
    if (head[1] or start <= 12) and head[2].strip().isdigit() and len(head[2].strip()) <= 3:
        return False  # "1. " at the head of a line numbers it
    if follows.islower() and stop[0].startswith(".."):
        return False
    if word in ("a.m", "p.m"):
        return not (follows.islower() or follows.isdigit())
    if word == "no":
        return not follows.isdigit()
    initial = len(word) == 1 and word.isalpha() and word != "i" and bool(follows.strip())
    return not (initial or word in _ABBREVIATIONS or _INITIALS.fullmatch(word))


def paragraphs(text: str) -> int:
    """Blocks of lines between blank lines."""
    count, inside = 0, False
    for line in text.split("\n"):
        if line.isspace() or not line:
            inside = False
        elif not inside:
            count, inside = count + 1, True
    return count


def lines(text: str) -> int:
    """Lines that are not blank."""
    return sum(1 for line in text.splitlines() if line and not line.isspace())


def bullets(text: str) -> int:
    return sum(1 for _ in _BULLET.finditer(text))


def numbered(text: str) -> int:
    return sum(1 for _ in _NUMBERED.finditer(text))


def capital_words(text: str) -> int:
    """Words all in capitals, "I" and "A" included."""
    return sum(1 for word in text.split() if word.isupper())
