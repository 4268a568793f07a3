"""Parts of the reply stand between tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_NAME = re.compile(r"[A-Za-z_][\w.:-]*")


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Each of these tags is opened and closed once, in this order, with something in it.

    ```yaml
    expect:
      - tags: answer
      - tags: {names: [reasoning, answer], only: true}
    ```

    `only` allows nothing outside of the tags, `repeated` allows each of them more than once, `empty` allows nothing
    within. Tags may have attributes and are not nested in each other.
    Causes: `tag missing: NAME`, `tag not closed: NAME`, `tag closed before it is opened: NAME`, `tag twice: NAME`,
    `tags in another order`, `tag empty: NAME`, `text before the tags`, `text between the tags`, `text after the tags`,
    `empty reply`, `cut off by the token limit`.
    Limits: what stands within need not be XML, so a tag that the text only speaks of counts as one.
    """

    names: str | tuple[str, ...]
    only: bool = False
    repeated: bool = False
    empty: bool = False

    def __post_init__(self) -> None:
        if not self._names:
            raise ValueError("names must not be empty")
        for name in self._names:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a tag; write it without < and >")

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return (self.names,) if isinstance(self.names, str) else self.names

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Attributes end at the next bracket of either kind, so that no stretch of text is looked at twice.
        names = "|".join(re.escape(name) for name in self._names)
        return re.compile(rf"<(/?)({names})(?:\s[^<>]*)?>")

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        if not text.strip():
            return failed("empty reply")
        cause = self._fault(text)
        if not cause:
            return passed("has " + " and ".join(f"<{name}>" for name in self._names))
        return failed("cut off by the token limit" if reply.finish_reason == "length" else cause, text)

    def _fault(self, text: str) -> str:
        opened: re.Match[str] | None = None
        order: list[str] = []
        outside = ""
        end = 0
        for tag in self._pattern.finditer(text):
            if opened is None:
                if tag[1]:
                    return f"tag closed before it is opened: {quoted(tag[2])}"
                if not outside and text[end : tag.start()].strip():
                    outside = "between" if order else "before"
                opened = tag
            elif tag[1] and tag[2] == opened[2]:
                if not self.empty and not text[opened.end() : tag.start()].strip():
                    return f"tag empty: {quoted(tag[2])}"
                order.append(tag[2])
                opened, end = None, tag.end()
        if opened is not None:
            return f"tag not closed: {quoted(opened[2])}"
        if not outside and text[end:].strip():
            outside = "after"
        return self._order_fault(order) or (f"text {outside} the tags" if self.only and outside else "")

    def _order_fault(self, order: list[str]) -> str:
        missing = next((name for name in self._names if name not in order), "")
        if missing:
            return f"tag missing: {quoted(missing)}"
        if not self.repeated and len(order) > len(self._names):
            return f"tag twice: {quoted(next(name for name in self._names if order.count(name) > 1))}"
        return "" if tuple(dict.fromkeys(order)) == self._names else "tags in another order"
