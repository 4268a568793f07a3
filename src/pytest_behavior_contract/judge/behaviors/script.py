"""The reply is written in a script."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.registry import did_you_mean
from pytest_behavior_contract.results import Verdict

# The name of a script, and the first words of its letters' names in Unicode where they differ.
_FIRST_WORDS: dict[str, tuple[str, ...]] = {
    "Han": ("CJK", "IDEOGRAPHIC", "KANGXI"),
    "Kana": ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"),
    **{
        name: (name.upper(),)
        for name in (
            "Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hangul Hebrew "
            "Kannada Khmer Lao Latin Malayalam Mongolian Myanmar Oriya Sinhala Syriac Tamil Telugu Thaana Thai Tibetan"
        ).split()
    },
}
_SCRIPTS = {word: name for name, words in _FIRST_WORDS.items() for word in words}
_COMMON = frozenset("µªº℃℉ΩK")
"""Signs of measures and the like that Unicode calls letters."""


@dataclass(frozen=True, kw_only=True)
class Script:
    """Every letter of the reply is of this script, or of one of several.

    ```yaml
    expect:
      - script: Latin
      - script: {names: [Han, Kana, Latin]}
      - script: {names: Latin, share: 0.9}
    ```

    `names` are Latin, Cyrillic, Greek, Han, Kana, Hangul, Arabic, Hebrew, Devanagari, Thai and others. `share` is the
    least share of letters in them; with 1, the default, not a single letter may be of another.
    Causes: `SCRIPT letters in the text`, `written in SCRIPT`, `no letters`, `empty reply`.
    Limits: digits, signs and marks have no script. A foreign name or a Greek letter of a formula is a letter of another
    script: lower `share` where they are welcome.
    """

    names: str | tuple[str, ...]
    share: float = 1.0

    def __post_init__(self) -> None:
        if not self._names:
            raise ValueError("names must not be empty")
        for name in self._names:
            if name not in _FIRST_WORDS:
                raise ValueError(f"unknown script {name!r}{did_you_mean(name, _FIRST_WORDS)}")
        if not 0 < self.share <= 1:
            raise ValueError("share is above 0 and at most 1")

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return (self.names,) if isinstance(self.names, str) else self.names

    def check(self, reply: Reply) -> Verdict:
        if not reply.text.strip():
            return failed("empty reply")
        counts: Counter[str] = Counter()
        examples: dict[str, str] = {}
        for sign, count in Counter(reply.text).items():
            name = _script(sign)
            if name:
                counts[name] += count
                examples.setdefault(name, sign)
        letters = counts.total()
        if not letters:
            return failed("no letters", reply.text)
        wanted = sum(counts[name] for name in self._names)
        if wanted >= self.share * letters:
            return passed(f"{100 * wanted // letters} % {' and '.join(self._names)}")
        other = max((name for name in counts if name not in self._names), key=lambda name: counts[name])
        place = max(0, reply.text.find(examples[other]) - 40)
        cause = f"{other} letters in the text" if wanted * 2 > letters else f"written in {other}"
        return failed(cause, f"{counts[other]} of {letters} letters: {reply.text[place:]}")


def _script(sign: str) -> str:
    """The script of a letter; empty for what is none."""
    if sign.isascii():
        return "Latin" if sign.isalpha() else ""
    if not sign.isalpha() or sign in _COMMON:
        return ""
    first = unicodedata.name(sign, "").partition(" ")[0]
    if first in ("FULLWIDTH", "HALFWIDTH", "MODIFIER", "MATHEMATICAL", "SCRIPT", "DOUBLE-STRUCK", "BLACK-LETTER"):
        return ""
    return _SCRIPTS.get(first, first.capitalize() or "unknown")
