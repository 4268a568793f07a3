"""The reply is in a language."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.payload import fences
from pytest_behavior_contract.judge.verdicts import failed, passed, unable
from pytest_behavior_contract.results import Verdict

_CODES = frozenset(
    """af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl gu ha he hi
    hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn mr ms mt my ne nl nn no
    oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz vi
    vo wa xh yo zh zu""".split()
)
"""What the detector tells apart and has two letters: among these is no Wu beside Chinese, no Pidgin beside English."""
_LONGEST = 20_000
_FEWEST_LETTERS = 16
"""Of fewer letters no detector can tell a language; a word such as "Lisbon" has none."""
_PARAGRAPH_LETTERS = 80
_SURE = 0.3
"""A likeliest language that is less probable than this, as in lists of names, tells nothing."""
_NO_WORDS = re.compile(r"https?://\S+|`[^`\n]*`|[\d_*#|<>=~]+")
_UNSPACED = re.compile("[\u0900-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts in which a letter is a syllable or a word, so that few suffice."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """The reply is in this language, or in one of several, from its beginning to its end.

    ```yaml
    expect:
      - language: en
      - language: {codes: [de, fr], throughout: false}
    ```

    `codes` are those of ISO 639-1, such as `en`, `de`, `zh`. Code, links and marks of Markdown are left out. With
    `throughout` (on) every paragraph of some length is looked at, so that a reply that drifts into another language is
    found; without it, the reply as a whole.
    Causes: `in CODE`, `drifts into CODE`, `no words`, `empty reply`.
    Limits: needs the extra `language` (`pip install 'pytest-behavior-contract[language]'`). A reply that tells no
    language, such as one of fewer than 16 letters or a list of names, is an error and no verdict. Close relatives (`no`
    and `da`, `hr` and `sr`) are confused at times; `script` is exact where the script says it all. The first 100,000
    characters are looked at.
    """

    codes: str | tuple[str, ...]
    throughout: bool = True

    def __post_init__(self) -> None:
        if not self._codes:
            raise ValueError("codes must not be empty")
        for code in self._codes:
            if code not in _CODES:
                raise ValueError(f"unknown language {code!r}; codes are those of ISO 639-1, such as en, de, zh")

    @cached_property
    def _codes(self) -> tuple[str, ...]:
        return (self.codes,) if isinstance(self.codes, str) else self.codes

    @cached_property
    def unready(self) -> str:
        """Why it cannot judge anything: what it needs is an extra."""
        if importlib.util.find_spec("py3langid") is not None:
            return ""
        return "language needs a detector; install it with pip install 'pytest-behavior-contract[language]'"

    def check(self, reply: Reply) -> Verdict:
        if self.unready:
            return unable(self.unready)
        text = reply.text
        if not text.strip():
            return failed("empty reply")
        words = _words(text)
        letters = _letters(words)
        if not letters:
            return failed("no words", text)
        if letters < _FEWEST_LETTERS:
            return unable("too short to tell its language", words.strip())
        found, chance = _likeliest(words)
        if chance < _SURE and (found not in self._codes or letters < _PARAGRAPH_LETTERS):
            return unable("cannot tell its language", f"perhaps {found}: {text}")
        sure = dict(_paragraphs(words))
        ours = found in self._codes or any(code in self._codes for code in sure)
        if not ours or (found not in self._codes and not self.throughout):
            return failed(f"in {found}", text)
        drifted = next((code for code in sure if code not in self._codes), "")
        if self.throughout and drifted:
            return failed(f"drifts into {drifted}", sure[drifted])
        return passed(f"in {' or '.join(self._codes)}")


def _paragraphs(words: str) -> Iterator[tuple[str, str]]:
    """The language of each paragraph that is long enough and leaves no doubt, and the paragraph."""
    for paragraph in words.split("\n\n"):
        if _letters(paragraph) >= _PARAGRAPH_LETTERS:
            code, chance = _likeliest(paragraph)
            if chance >= 2 * _SURE:
                yield code, paragraph.strip()


def _likeliest(words: str) -> tuple[str, float]:
    """The likeliest language and how probable it is."""
    code, chance = _identifier().classify(words[:_LONGEST])
    return code, float(chance)


def _words(text: str) -> str:
    """The text without code, links and marks, at most so long that detection takes no time."""
    kept, end = [], 0
    for fence in fences(text):
        kept.append(text[end : fence.start])
        end = fence.end
    prose = "".join([*kept, text[end:]]) if kept else text
    return _NO_WORDS.sub(" ", prose[: 5 * _LONGEST])


def _letters(words: str) -> int:
    """How much there is to tell a language by, in letters of an alphabet."""
    return sum(map(str.isalpha, words)) + 3 * len(_UNSPACED.findall(words))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_CODES)
    return identifier
