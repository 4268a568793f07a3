"""The reply is so long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge import units
from pytest_behavior_contract.judge.bounds import between, check_bounds
from pytest_behavior_contract.judge.verdicts import unable
from pytest_behavior_contract.results import Verdict

Unit = Literal[
    "words", "sentences", "paragraphs", "lines", "bullets", "numbered_items", "capital_words", "characters", "tokens"
]
_COUNTS: Mapping[Unit, Callable[[str], int]] = {
    "words": lambda text: len(units.words(text)),
    "sentences": units.sentences,
    "paragraphs": units.paragraphs,
    "lines": units.lines,
    "bullets": units.bullets,
    "numbered_items": units.numbered,
    "capital_words": units.capital_words,
    "characters": len,
}


@dataclass(frozen=True, kw_only=True)
class Length:
    """The reply has so many words, sentences, paragraphs, lines, bullets, characters or tokens.

    ```yaml
    expect:
      - length: {unit: words, at_least: 100, at_most: 200}
      - length: {unit: bullets, at_least: 3, at_most: 3}
    ```

    `words` stand between white space and have a letter or digit; each Han or Kana character counts as one.
    `sentences` end with `.`, `!`, `?`, `…` or `。`; abbreviations, initials and numbers of lists end none. `paragraphs`
    stand between blank lines, `lines` are those that are not blank. `bullets` are items that begin with `-`, `*`, `+`
    or `•`, `numbered_items` those with `1.`, `2)` or `a)`; `capital_words` are written all in capitals.
    `characters` are code points, white space included. `tokens` are the output tokens that the endpoint counted.
    Causes: `fewer than N UNIT`, `more than N UNIT`, `no UNIT`, `UNIT, where none should be`.
    Limits: sentences follow English habits and are counted up to 20,000. Tokens include those of reasoning and tool
    calls where the endpoint counts them, and differ from model to model; where it counted none, that is an error and no
    verdict.
    """

    unit: Unit
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most, needed=True)

    def check(self, reply: Reply) -> Verdict:
        if self.unit == "tokens":
            if reply.usage is None:
                return unable("the endpoint counted no tokens")
            count = reply.usage.output_tokens
        else:
            count = _COUNTS[self.unit](reply.text)
        return between(count, self.at_least, self.at_most, self.unit.replace("_", " "), reply.text)
