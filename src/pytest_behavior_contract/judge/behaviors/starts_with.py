"""The reply begins with a text."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class StartsWith:
    """The reply begins with the text, or with one of several; white space before it is forgiven.

    ```yaml
    expect:
      - starts_with: "Dear "
      - starts_with: {text: ["yes", "no"], ignore_case: true}
    ```

    Causes: `text before 'TEXT'`, `does not start with 'TEXT'`, `starts with none of N texts`, `empty reply`.
    """

    text: str | tuple[str, ...]
    ignore_case: bool = False

    def __post_init__(self) -> None:
        if not self.text or not all(self.text):
            raise ValueError("text must not be empty")

    def check(self, reply: Reply) -> Verdict:
        texts = (self.text,) if isinstance(self.text, str) else self.text
        found = reply.text.casefold() if self.ignore_case else reply.text
        if not found.strip():
            return failed("empty reply")
        for text in texts:
            wanted = text.casefold() if self.ignore_case else text
            if found.startswith(wanted) or found.lstrip().startswith(wanted):
                return passed(f"starts with {quoted(text)}")
        if len(texts) > 1:
            return failed(f"starts with none of {len(texts)} texts", reply.text)
        inside = (self.ignore_case and texts[0].casefold() in found) or texts[0] in found
        return failed(f"{'text before' if inside else 'does not start with'} {quoted(texts[0])}", reply.text)
