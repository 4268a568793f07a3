"""The reply is short."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class MaxWords:
    """The reply has at most so many words.

    ```yaml
    expect:
      - max_words: 50
    ```

    Causes: `more than N words`.
    Limits: a word is what stands between white space, so languages written without spaces need another measure.
    """

    words: int

    def __post_init__(self) -> None:
        if self.words < 0:
            raise ValueError("words cannot be negative")

    def check(self, reply: Reply) -> Verdict:
        count = len(reply.text.split())
        if count > self.words:
            return failed(
                f"more than {self.words} word{'' if self.words == 1 else 's'}", f"{count} words: {reply.text}"
            )
        return passed(f"{count} words")
