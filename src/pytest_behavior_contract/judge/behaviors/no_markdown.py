"""The reply is plain text."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.markdown import KINDS, NAMES, Kind, first_mark
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class NoMarkdown:
    """The reply is plain text, without marks of Markdown.

    ```yaml
    expect:
      - no_markdown
      - no_markdown: {allow: [list, numbered]}
    ```

    `allow` are kinds that may be there: `heading`, `bold`, `italic`, `list`, `numbered`, `table`, `fence`, `code`,
    `link`, `quote`, `rule`.
    Causes: `Markdown: headings`, `Markdown: bold text`, `Markdown: bullet lists` and so on: the first kind found.
    Limits: a list with dashes or numbers is Markdown and plain text alike; allow it where it does no harm.
    """

    allow: tuple[Kind, ...] = ()

    def check(self, reply: Reply) -> Verdict:
        found = first_mark(reply.text, (kind for kind in KINDS if kind not in self.allow))
        if found is None:
            return passed("no Markdown")
        kind, piece = found
        return failed(f"Markdown: {NAMES[kind]}", f"{piece} · {reply.text}")
