"""The reply is one of a few labels."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_AROUND = " \t\r\n.,;:!?\"'`*_()[]“”‘’«»"


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """The reply is one of the labels and nothing else; white space around it is forgiven.

    ```yaml
    expect:
      - one_of: [positive, negative]
      - one_of: {labels: [positive, negative], normalize: true}
    ```

    With `normalize`, letter case and punctuation, quotes and asterisks around the label are forgiven too.
    Causes: `label with other case or punctuation`, `label inside more text`, `several labels`, `none of the labels`.
    """

    labels: tuple[str, ...]
    normalize: bool = False

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError("labels must not be empty")

    def check(self, reply: Reply) -> Verdict:
        text = reply.text.strip()
        if text in self.labels:
            return passed(f"is {quoted(text)}")
        plain = _plain(text)
        if plain in {_plain(label) for label in self.labels}:
            if self.normalize:
                return passed(f"is {quoted(text)}")
            return failed(
                "label with other case or punctuation",
                text,
                mend="compare after lower-casing and stripping punctuation",
            )
        words = f" {' '.join(_plain(word) for word in text.split())} "
        named = [label for label in self.labels if f" {' '.join(_plain(word) for word in label.split())} " in words]
        if len(named) > 1:
            return failed("several labels", text)
        return failed("label inside more text" if named else "none of the labels", text)


def _plain(text: str) -> str:
    return text.strip(_AROUND).casefold()
