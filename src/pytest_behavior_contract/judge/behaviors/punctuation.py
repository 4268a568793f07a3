"""The reply keeps to some rules of punctuation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import EVIDENCE_CHARACTERS, failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_NAMED: Mapping[str, str] = {
    "comma": ",،、，",
    "exclamation": "!！¡",
    "question": "?？¿؟",
    "colon": ":：",
    "semicolon": ";；؛",
    "dash": "–—―",
    "curly_quotes": "“”‘’„‚",
    "ellipsis": "…",
}
_ENDS = ".!?…。！？"
_CLOSING = "\"'”’»)]*_`」』"


@dataclass(frozen=True, kw_only=True)
class Punctuation:
    """The reply is without some marks, or ends as a sentence does.

    ```yaml
    expect:
      - punctuation: {without: comma}
      - punctuation: {without: [dash, exclamation, "#"], ends: true}
    ```

    `without` are names (`comma`, `exclamation`, `question`, `colon`, `semicolon`, `dash` for en and em dashes,
    `curly_quotes`, `ellipsis`, each with its kin in other scripts) or single characters. `ends` wants a stop, a
    question mark or an exclamation mark at the end, quotes and brackets behind it forgiven.
    Causes: `comma in the text`, `dash in the text`, `'#' in the text` and so on, `no stop at the end`, `empty reply`,
    `cut off by the token limit`.
    """

    without: str | tuple[str, ...] = ()
    ends: bool = False

    def __post_init__(self) -> None:
        if not self._marks and not self.ends:
            raise ValueError("give `without`, `ends` or both")
        for mark in self._marks:
            if mark not in _NAMED and len(mark) != 1:
                raise ValueError(f"{mark!r} is neither a single character nor one of {', '.join(_NAMED)}")

    @property
    def _marks(self) -> tuple[str, ...]:
        return (self.without,) if isinstance(self.without, str) else self.without

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        if not text.strip():
            return failed("empty reply")
        for mark in self._marks:
            places = [place for sign in _NAMED.get(mark, mark) if (place := text.find(sign)) >= 0]
            if places:
                named = mark if mark in _NAMED else quoted(mark)
                return failed(f"{named.replace('_', ' ')} in the text", text[max(0, min(places) - 40) :])
        if self.ends and not text.rstrip().rstrip(_CLOSING).endswith(tuple(_ENDS)):
            cause = "cut off by the token limit" if reply.finish_reason == "length" else "no stop at the end"
            return failed(cause, text[-EVIDENCE_CHARACTERS + 1 :])
        return passed("punctuation is as promised")
