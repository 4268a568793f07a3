"""The reply is made of parts."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import between, check_bounds
from pytest_behavior_contract.judge.units import bare_word
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Parts:
    r"""The reply is made of parts with a separator between them, blank lines unless another is named.

    ```yaml
    expect:
      - parts: {separator: "***", at_least: 3, at_most: 3}
      - parts: {separator: "******", at_least: 2, at_most: 2, different: true}
      - parts: {at_least: 4, nth: 2, begins_with: president}
    ```

    A separator before the first or after the last part is forgiven. `different` wants no two parts alike. `nth` (from
    1) and `begins_with` name a part and its first word, letter case and punctuation forgiven.
    Causes: `fewer than N parts`, `more than N parts`, `empty part`, `two parts alike`, `no part N`,
    `part N begins with another word`, `empty reply`.
    """

    separator: str = "\n\n"
    at_least: int | None = None
    at_most: int | None = None
    different: bool = False
    nth: int = 0
    begins_with: str = ""

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most)
        if not self.separator:
            raise ValueError("separator must not be empty")
        if bool(self.nth) != bool(self.begins_with):
            raise ValueError("nth and begins_with belong together; give both or neither")
        if self.nth < 0:
            raise ValueError("nth counts the parts from 1")

    def check(self, reply: Reply) -> Verdict:
        text = reply.text.strip()
        if not text:
            return failed("empty reply")
        parts = self._split(text)
        if not parts:
            return failed("empty reply", text)
        if not all(parts):
            return failed("empty part", text)
        counted = between(len(parts), self.at_least, self.at_most, "parts", text)
        if not counted.passed:
            return counted
        if self.different and len(set(parts)) < len(parts):
            return failed("two parts alike", text)
        if not self.nth:
            return counted
        if len(parts) < self.nth:
            return failed(f"no part {self.nth}", text)
        words = parts[self.nth - 1].split(maxsplit=1)
        first = bare_word(words[0]) if words else ""
        if first.casefold() != bare_word(self.begins_with).casefold():
            return failed(f"part {self.nth} begins with another word", parts[self.nth - 1])
        return passed(f"part {self.nth} begins with {quoted(first)}")

    def _split(self, text: str) -> list[str]:
        parts = [part.strip() for part in text.split(self.separator)]
        if self.separator.isspace():
            return [part for part in parts if part]  # three line breaks in a row are no empty paragraph
        start = 0 if parts[0] else 1
        end = len(parts) if parts[-1] else len(parts) - 1
        return parts[start:end]
