"""The reply contains a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Contains:
    """The reply contains the text, or each of several texts.

    ```yaml
    expect:
      - contains: Lisbon
      - contains: {text: [price, tax], ignore_case: true}
    ```

    Causes: `does not contain 'TEXT'`.
    Limits: letters are compared as they are; "Zürich" written with a combining accent is another text.
    """

    text: str | tuple[str, ...]
    ignore_case: bool = False

    def check(self, reply: Reply) -> Verdict:
        wanted = (self.text,) if isinstance(self.text, str) else self.text
        found = reply.text.casefold() if self.ignore_case else reply.text
        for text in wanted:
            if (text.casefold() if self.ignore_case else text) not in found:
                return failed(f"does not contain {quoted(text)}", reply.text)
        return self._found

    @cached_property
    def _found(self) -> Verdict:
        """Made once: it says the same of every reply."""
        texts = (self.text,) if isinstance(self.text, str) else self.text
        return passed("contains " + " and ".join(quoted(text) for text in texts))
