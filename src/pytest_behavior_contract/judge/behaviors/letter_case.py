"""The reply is written in one letter case."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.units import bare_word, sentence_ends
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_SMALL = frozenset(
    """a an and as at but by de du en for from if in into la le nor of off on onto or over per so the to up van via von
    with yet""".split()
)
_LINE = re.compile(r"\A|\n")
# A number at the head may be that of a list; what else begins with a digit has no case.
_FIRST_LETTER = re.compile(r"[\W_]{0,20}(?:\d{1,3}[.)]\s[\W_]{0,20})?([^\W\d_])")


@dataclass(frozen=True, kw_only=True)
class LetterCase:
    """The reply is written in small letters, in capitals, with capital initials, or with capitals at sentence starts.

    ```yaml
    expect:
      - letter_case: lower
      - letter_case: {case: title}
    ```

    `lower` and `upper`: all letters. `title`: every word begins with a capital, short words such as "of" aside.
    `sentence`: every line and sentence does.
    Causes: `capital letters`, `small letters`, `words without a capital`, `sentences without a capital`,
    `no letters`, `empty reply`.
    Limits: what has no case, such as digits or Chinese, is not looked at. A `!` or `?` before a small letter is taken
    for part of the sentence, as in "Stop!" she said.
    """

    case: Literal["lower", "upper", "title", "sentence"]

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        if not text.strip():
            return failed("empty reply")
        if self.case in ("lower", "upper"):
            if text.islower() if self.case == "lower" else text.isupper():
                return passed(f"in {self.case} case")
            wrong = str.isupper if self.case == "lower" else str.islower
            word = next((word for word in text.split() if any(map(wrong, word))), "")
            if word:
                return failed("capital letters" if self.case == "lower" else "small letters", f"{word}: {text}")
            # Titlecase digraphs are neither; where nothing else has a case there is nothing to tell by.
            return failed("no letters", text)
        if text.upper() == text.lower():
            return failed("no letters", text)
        if self.case == "title":
            words = (bare_word(word) for word in text.split())
            wrong_one = next((word for word in words if word[:1].islower() and word.casefold() not in _SMALL), "")
            return failed("words without a capital", quoted(wrong_one)) if wrong_one else passed("in title case")
        heads = (match.end() for match in itertools.chain(_LINE.finditer(text), sentence_ends(text)))
        starts = (_FIRST_LETTER.match(text, head) for head in heads)
        start = next((match for match in starts if match and match[1].islower()), None)
        if start is None:
            return passed("in sentence case")
        return failed("sentences without a capital", text[start.start(1) :])
