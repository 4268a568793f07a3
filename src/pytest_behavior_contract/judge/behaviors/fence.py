"""The reply has a fenced block of code."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import between, check_bounds
from pytest_behavior_contract.judge.parsers import same_language
from pytest_behavior_contract.judge.payload import fences, side
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Fence:
    """The reply has a fenced block of code, of a language if one is named.

    ```yaml
    expect:
      - fence
      - fence: {language: python, only: true}
      - fence: {language: mermaid, at_least: 1, at_most: 1}
    ```

    `language` is the word behind the opening mark; usual short forms (`py`, `js`, `yml`) mean the same. `only` allows
    nothing outside of the blocks. `at_least` (1) and `at_most` count the blocks, all of which must be of the language.
    Causes: `no code fence`, `fenced as LANGUAGE, not LANGUAGE`, `fence without a language`, `fence not closed`,
    `fence is empty`, `text before the fence` (`after`, `around`), `fewer than N code fences`,
    `more than N code fences`, `cut off by the token limit`.
    Limits: whether the code is any good, `code` looks at.
    """

    language: str = ""
    only: bool = False
    at_least: int = 1
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most)

    def check(self, reply: Reply) -> Verdict:
        cause = self._fault(reply.text)
        if isinstance(cause, Verdict):
            return cause
        if cause:
            return failed("cut off by the token limit" if reply.finish_reason == "length" else cause, reply.text)
        return passed("has a code fence")

    def _fault(self, text: str) -> Verdict | str:
        found = list(fences(text))
        if not found and self.at_least:
            return "no code fence"
        for fence in found:
            if not fence.closed:
                return "fence not closed"
            if self.language and not fence.language:
                return "fence without a language"
            if self.language and not same_language(fence.language, self.language):
                return f"fenced as {quoted(fence.language)}, not {quoted(self.language)}"
            if not fence.content.strip():
                return "fence is empty"
        counted = between(len(found), self.at_least, self.at_most, "code fences", text)
        if not counted.passed:
            return counted
        if self.only and found:
            between_them = any(text[a.end : b.start].strip() for a, b in itertools.pairwise(found))
            before, after = bool(text[: found[0].start].strip()), bool(text[found[-1].end :].strip())
            if before or after or between_them:
                return f"text {side(before=before or between_them, after=after or between_them)} the fence"
        return ""
