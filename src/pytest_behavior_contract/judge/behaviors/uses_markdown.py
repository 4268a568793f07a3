"""The reply is written in Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import check_bounds
from pytest_behavior_contract.judge.markdown import KINDS, NAMES, Kind, count_marks, first_mark
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class UsesMarkdown:
    """The reply has marks of Markdown, of these kinds if some are named.

    ```yaml
    expect:
      - uses_markdown
      - uses_markdown: {kinds: [heading, list]}
      - uses_markdown: {kinds: [bold, italic], any: true, at_least: 3}
    ```

    `kinds` are `heading`, `bold`, `italic`, `list`, `numbered`, `table`, `fence`, `code`, `link`, `quote`, `rule`. Each
    of them must be there or, with `any`, one; `at_least` (1) and `at_most` count the pieces of a kind, with `any` those
    of all kinds together. Without `kinds`, any kind will do.
    Causes: `no Markdown`, `no headings`, `fewer than N headings`, `more than N headings` and so on, `empty reply`.
    Limits: read by patterns, not by a renderer: stars that a renderer would leave as stars can count.
    """

    kinds: tuple[Kind, ...] = ()
    any: bool = False
    at_least: int = 1
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most)

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        if not text.strip():
            return failed("empty reply")
        if first_mark(text, KINDS) is None and self.at_least:
            return failed("no Markdown", text)
        together = self.any or not self.kinds
        groups = [self.kinds or KINDS] if together else [(kind,) for kind in self.kinds]
        for kinds in groups:
            count = sum(count_marks(text, kind) for kind in kinds)
            noun = " or ".join(NAMES[kind] for kind in kinds) if self.kinds else "marks of Markdown"
            if count < self.at_least:
                return failed(f"fewer than {self.at_least} {noun}" if count else f"no {noun}", f"{count}: {text}")
            if self.at_most is not None and count > self.at_most:
                return failed(f"more than {self.at_most} {noun}", f"{count}: {text}")
        return passed("uses Markdown")
