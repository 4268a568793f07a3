"""The reply ends with a text."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import EVIDENCE_CHARACTERS, failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class EndsWith:
    """The reply ends with the text, or with one of several; white space after it is forgiven.

    ```yaml
    expect:
      - ends_with: "Best regards"
      - ends_with: {text: [".", "!", "?"]}
    ```

    Causes: `text after 'TEXT'`, `does not end with 'TEXT'`, `ends with none of N texts`, `empty reply`,
    `cut off by the token limit`.
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
            if found.endswith(wanted) or found.rstrip().endswith(wanted):
                return passed(f"ends with {quoted(text)}")
        end = reply.text[-EVIDENCE_CHARACTERS + 1 :]
        if reply.finish_reason == "length":
            return failed("cut off by the token limit", end)
        if len(texts) > 1:
            return failed(f"ends with none of {len(texts)} texts", end)
        inside = (self.ignore_case and texts[0].casefold() in found) or texts[0] in found
        return failed(f"{'text after' if inside else 'does not end with'} {quoted(texts[0])}", end)
