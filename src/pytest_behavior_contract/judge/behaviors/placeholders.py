"""The reply has placeholders, or has none left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import between, check_bounds
from pytest_behavior_contract.results import Verdict

Style = Literal["square", "curly", "angle"]
# Links, footnotes and check boxes stand in square brackets and are none.
_PATTERNS: Mapping[Style, re.Pattern[str]] = {
    "square": re.compile(r"\[(?![ xX]?\]|\^?\d+\])[^\[\]\n]{1,200}\](?!\()"),
    "curly": re.compile(r"\{\{[^{}\n]{1,200}\}\}|\{[A-Za-z_][\w .-]{0,100}\}"),
    "angle": re.compile(r"<[A-Z][A-Z0-9_ -]{1,100}>|<(?:[Yy]our|[Ii]nsert|[Ee]nter|[Aa]dd)[ _-][\w -]{1,100}>"),
}


@dataclass(frozen=True, kw_only=True)
class Placeholders:
    """The reply has so many placeholders such as [name], or none.

    ```yaml
    expect:
      - placeholders: {at_most: 0}
      - placeholders: {style: square, at_least: 3}
    ```

    `style` is `square` for [name], `curly` for {name} and {{name}}, `angle` for <NAME> and <your name>; all of them
    where it is left out.
    Causes: `placeholders, where none should be`, `no placeholders`, `fewer than N placeholders`,
    `more than N placeholders`.
    Limits: whatever stands in such brackets counts, links, footnotes and check boxes aside; code is full of brackets.
    """

    style: Style | None = None
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most, needed=True)

    def check(self, reply: Reply) -> Verdict:
        patterns = [_PATTERNS[self.style]] if self.style else list(_PATTERNS.values())
        found = [match for pattern in patterns for match in pattern.findall(reply.text)]
        shown = ", ".join(found[:5]) if found else reply.text
        return between(len(found), self.at_least, self.at_most, "placeholders", shown)
