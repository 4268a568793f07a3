"""The reply contains a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import check_bounds
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Contains:
    """The reply contains the text, each of several texts or any of them, so many times.

    ```yaml
    expect:
      - contains: Lisbon
      - contains: {text: [price, tax], ignore_case: true}
      - contains: {text: [Lisbon, Lisboa], any: true, whole_words: true}
      - contains: {text: "!", at_most: 2}
    ```

    `any` asks for any one of the texts, and counts all of them together. `at_least` and `at_most` bound how often;
    where neither is given it is at least once, and with `at_most` alone it may be missing. `whole_words` does not find
    "car" in "card".
    Causes: `does not contain 'TEXT'`, `contains none of N texts`, `contains 'TEXT' fewer than N times`,
    `contains 'TEXT' more than N times`.
    Limits: letters are compared as they are; "Zürich" written with a combining accent is another text.
    """

    text: str | tuple[str, ...]
    ignore_case: bool = False
    any: bool = False
    whole_words: bool = False
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most)
        if not self._texts or (not all(self._texts) and (self.at_most is not None or self.whole_words)):
            raise ValueError("text must not be empty")

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return (self.text,) if isinstance(self.text, str) else self.text

    @cached_property
    def _named(self) -> tuple[tuple[str, str, re.Pattern[str] | None], ...]:
        """Each text as it is shown, as it is looked for, and as a pattern where words must be whole."""
        return tuple((quoted(text), self._folded(text), self._pattern(self._folded(text))) for text in self._texts)

    def _folded(self, text: str) -> str:
        return text.casefold() if self.ignore_case else text

    def _pattern(self, text: str) -> re.Pattern[str] | None:
        return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)") if self.whole_words else None

    def check(self, reply: Reply) -> Verdict:
        text = self._folded(reply.text)
        if self.any:
            return self._together(text, reply.text)
        for shown, wanted, pattern in self._named:
            if self.at_least is None and self.at_most is None:
                if pattern.search(text) is None if pattern else wanted not in text:
                    return failed(f"does not contain {shown}", reply.text)
                continue
            wrong = self._wrong_count(_count(text, wanted, pattern), shown, reply.text)
            if wrong:
                return wrong
        return self._found

    def _together(self, text: str, whole: str) -> Verdict:
        counts = [_count(text, wanted, pattern) for _, wanted, pattern in self._named]
        shown = quoted(" | ".join(self._texts))
        if self.at_least is None and self.at_most is None:
            if not any(counts):
                return failed(f"contains none of {len(counts)} texts", whole)
            return passed(
                "contains " + next(name for (name, _, _), count in zip(self._named, counts, strict=True) if count)
            )
        return self._wrong_count(sum(counts), shown, whole) or passed(f"contains {shown} {sum(counts)} times")

    def _wrong_count(self, count: int, shown: str, text: str) -> Verdict | None:
        if self.at_least is not None and count < self.at_least:
            cause = f"contains {shown} fewer than {self.at_least} times" if count else f"does not contain {shown}"
            return failed(cause, f"{count} times: {text}")
        if self.at_most is not None and count > self.at_most:
            cause = f"contains {shown} more than {self.at_most} times" if self.at_most else f"contains {shown}"
            return failed(cause, f"{count} times: {text}")
        return None

    @cached_property
    def _found(self) -> Verdict:
        """Made once: it says the same of every reply."""
        if self.at_least is None and self.at_most is None:
            return passed("contains " + " and ".join(shown for shown, _, _ in self._named))
        return passed("contains " + " and ".join(shown for shown, _, _ in self._named) + " as often as allowed")


def _count(text: str, wanted: str, pattern: re.Pattern[str] | None) -> int:
    return sum(1 for _ in pattern.finditer(text)) if pattern else text.count(wanted)
