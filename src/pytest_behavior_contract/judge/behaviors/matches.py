"""The reply matches a regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Matches:
    r"""The reply matches a regular expression of Python's re, somewhere or, with `full`, as a whole.

    ```yaml
    expect:
      - matches: 'Order \d+'
      - matches: {pattern: '\d{4}-\d\d-\d\d', full: true}
    ```

    Causes: `does not match 'PATTERN'`.
    Limits: `full` forgives white space around the reply; `.` does not match a line break unless the pattern says (?s).
    """

    pattern: str
    full: bool = False
    ignore_case: bool = False

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"{self.pattern!r} is not a regular expression: {error}") from None

    def check(self, reply: Reply) -> Verdict:
        flags = re.IGNORECASE if self.ignore_case else 0
        if self.full:
            match = re.fullmatch(self.pattern, reply.text.strip(), flags)
        else:
            match = re.search(self.pattern, reply.text, flags)
        if match is None:
            return failed(f"does not match {quoted(self.pattern)}", reply.text)
        return passed(f"matches {quoted(self.pattern)}")
