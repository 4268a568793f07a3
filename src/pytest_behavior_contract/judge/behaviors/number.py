"""The reply is a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

# Where a number in a text begins: not within a word, a date or another number.
_NUMBER = re.compile(r"(?<![\w.,])[-+−]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,6})?(?![\w]|[.,]\d)")
_GROUPED = re.compile(r"(?<![\w.,])[-+−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w]|[.,]\d)")
_LONGEST = 1_000


@dataclass(frozen=True, kw_only=True)
class Number:
    """The reply is one number, within bounds if they are given.

    ```yaml
    expect:
      - number
      - number: {at_least: 1, at_most: 10, whole: true}
      - number: {at_least: 0, form: embedded}
    ```

    `whole` allows no fraction (3.0 is whole). `form`: `bare` (the number and nothing else, white space aside) or
    `embedded` (the only number of a text). `grouped` allows commas between thousands, as in 1,234.
    Causes: `no number`, `text around the number`, `several numbers`, `commas between thousands`, `below N`,
    `above N`, `not a whole number`, `empty reply`.
    Limits: numbers are read with a decimal point; "1,5" is none. A sign of currency or percent is text around it.
    """

    at_least: float | None = None
    at_most: float | None = None
    whole: bool = False
    form: Literal["bare", "embedded"] = "bare"
    grouped: bool = False

    def __post_init__(self) -> None:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least is {self.at_least} and at_most {self.at_most}, so nothing can hold; swap them")

    def check(self, reply: Reply) -> Verdict:
        text = reply.text.strip()
        if not text:
            return failed("empty reply")
        found = [match[0] for _, match in zip(range(2), _NUMBER.finditer(text), strict=False)]
        commas = _GROUPED.search(text)
        if commas and not found:
            found = [commas[0]]
        if not found:
            return failed("no number", text)
        wrong = self._wrong(found[0].replace(",", ""), text)
        if commas and commas[0] == found[0] and not self.grouped:
            mend = "" if wrong or text != found[0] else "take the commas out before parsing"
            return failed("commas between thousands", text, mend=mend)
        if text == found[0]:
            return wrong or passed(f"is {text}")
        if len(found) > 1 or (commas and commas[0] != found[0]):
            return failed("several numbers", text)
        if self.form == "bare":
            return failed("text around the number", text, mend="" if wrong else "take the only number of the text")
        return wrong or passed(f"is {found[0]}")

    def _wrong(self, digits: str, text: str) -> Verdict | None:
        if len(digits) > _LONGEST:
            return failed("no number", text)
        value = Decimal(digits.replace("−", "-"))
        if self.whole and value != value.to_integral_value():
            return failed("not a whole number", text)
        if self.at_least is not None and value < Decimal(str(self.at_least)):
            return failed(f"below {self.at_least:g}", text)
        if self.at_most is not None and value > Decimal(str(self.at_most)):
            return failed(f"above {self.at_most:g}", text)
        return None
