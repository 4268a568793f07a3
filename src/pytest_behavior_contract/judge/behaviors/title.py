"""The reply has a title."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

Style = Literal["heading", "bold", "angle", "line"]
_STYLES: Mapping[Style, re.Pattern[str]] = {
    "heading": re.compile(r"#{1,6}[ \t]+(\S.*)"),
    "bold": re.compile(r"\*\*([^*]+)\*\*:?"),
    "angle": re.compile(r"<<([^<>]+)>>"),
    "line": re.compile(r"([^\s#*<].*[^.!?,;:\s]|[^\s#*<])"),
}
_LONGEST_LINE = 120


@dataclass(frozen=True, kw_only=True)
class Title:
    """The first line of the reply is a title.

    ```yaml
    expect:
      - title
      - title: {style: heading}
    ```

    `style` is `heading` (`# Title`), `bold` (`**Title**`), `angle` (`<<Title>>`, in whatever line) or `line`: a line of
    its own, short, without a stop at its end. Where it is left out, any of them will do.
    Causes: `no title`, `title in another style`, `title is not in the first line`, `empty reply`.
    """

    style: Style | None = None

    def check(self, reply: Reply) -> Verdict:
        lines = [line.strip() for line in reply.text.strip().split("\n", 50)[:50]]
        if not lines[0]:
            return failed("empty reply")
        if self.style == "angle":
            match = _STYLES["angle"].search(reply.text)
            return passed(f"title {quoted(match[1])}") if match else failed("no title", reply.text)
        found = next((style for style in _STYLES if self._is(style, lines)), None)
        if found and self.style in (None, found):
            return passed(f"title {quoted(lines[0])}")
        if found and found != "line":
            return failed("title in another style", reply.text)
        marked: tuple[Style, ...] = ("heading", "bold")
        if self.style in marked:
            marked = (self.style,)
        later = any(
            len(line) <= 2 * _LONGEST_LINE and _STYLES[style].fullmatch(line) for line in lines for style in marked
        )
        return failed("title is not in the first line" if later else "no title", reply.text)

    def _is(self, style: Style, lines: list[str]) -> bool:
        if len(lines[0]) > 2 * _LONGEST_LINE:
            return False
        if style == "line" and (len(lines) < 2 or lines[1] or len(lines[0]) > _LONGEST_LINE):
            return False
        return _STYLES[style].fullmatch(lines[0]) is not None
