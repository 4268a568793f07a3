"""The reply matches a regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import check_bounds
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted, unable
from pytest_behavior_contract.results import Verdict

_SECONDS = 2.0
"""An honest pattern takes milliseconds; one that backtracks without end would take the age of the universe."""
_MOST_COUNTED = 100_000


@dataclass(frozen=True, kw_only=True)
class Matches:
    r"""The reply matches a regular expression, somewhere, so many times or, with `full`, as a whole.

    ```yaml
    expect:
      - matches: 'Order \d+'
      - matches: {pattern: '\d{4}-\d\d-\d\d', full: true}
      - matches: {pattern: '^SECTION \d+$', multiline: true, at_least: 3}
    ```

    `multiline` lets `^` and `$` match at every line, `dot_all` lets `.` match a line break too. `at_least` and
    `at_most` count the matches.
    Causes: `does not match 'PATTERN'`, `fewer than N matches of 'PATTERN'`, `more than N matches of 'PATTERN'`.
    Limits: `full` forgives white space around the reply. The language is that of Python's re. A pattern that takes more
    than two seconds of computing on one reply, because it backtracks, is an error and no verdict.
    """

    pattern: str
    full: bool = False
    ignore_case: bool = False
    multiline: bool = False
    dot_all: bool = False
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most)
        if self.full and (self.at_least is not None or self.at_most is not None):
            raise ValueError("full is about the whole reply, so at_least and at_most have nothing to count")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"{self.pattern!r} is not a regular expression: {error}") from None
        import regex

        try:
            _ = self._compiled
        except regex.error as error:
            raise ValueError(f"{self.pattern!r} is not a regular expression here: {error}") from None

    @cached_property
    def _compiled(self) -> Any:
        # regex is re with a limit on time: without one, an author's pattern can hang on a hostile reply.
        import regex

        flags = (self.ignore_case, regex.I), (self.multiline, regex.M), (self.dot_all, regex.S)
        return regex.compile(self.pattern, sum(flag for wanted, flag in flags if wanted) | regex.V0)

    def check(self, reply: Reply) -> Verdict:
        try:
            if self.at_least is not None or self.at_most is not None:
                return self._counted(reply.text)
            if self.full:
                match = self._compiled.fullmatch(reply.text.strip(), timeout=_SECONDS)
            else:
                match = self._compiled.search(reply.text, timeout=_SECONDS)
        except TimeoutError:
            return unable(f"pattern takes too long: {quoted(self.pattern)}", reply.text)
        if match is None:
            return failed(f"does not match {quoted(self.pattern)}", reply.text)
        return self._matched

    def _counted(self, text: str) -> Verdict:
        found = zip(range(_MOST_COUNTED), self._compiled.finditer(text, timeout=_SECONDS), strict=False)
        count = sum(1 for _ in found)
        if self.at_least is not None and count < self.at_least:
            cause = f"fewer than {self.at_least} matches of {quoted(self.pattern)}"
            return failed(cause if count else f"does not match {quoted(self.pattern)}", f"{count} matches: {text}")
        if self.at_most is not None and count > self.at_most:
            return failed(f"more than {self.at_most} matches of {quoted(self.pattern)}", f"{count} matches: {text}")
        return passed(f"{count} matches of {quoted(self.pattern)}")

    @cached_property
    def _matched(self) -> Verdict:
        """Made once: it says the same of every reply."""
        return passed(f"matches {quoted(self.pattern)}")
