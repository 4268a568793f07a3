"""The reply is XML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.parsers import Fault, parse_xml
from pytest_behavior_contract.judge.payload import payload_of, placed
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_ELEMENT = re.compile(r"<[A-Za-z_][\w.:-]{0,200}[\s/>]")


@dataclass(frozen=True, kw_only=True)
class Xml:
    """The reply is one well-formed XML document.

    ```yaml
    expect:
      - xml
      - xml: {root: order, elements: [item, total], form: fenced}
    ```

    `root` is the name of the outermost element, `elements` are names that must occur somewhere in it. `form` is the
    loosest form that is allowed: `bare`, `fenced` (bare, or in one code fence), `embedded` (in a fence within text).
    Causes: ``fenced in ```xml``, `text before the fenced XML` (`after`, `around`), `text before the XML`,
    `text after the XML`, `broken XML`, `no XML`, `empty reply`, `cut off by the token limit`,
    `root is NAME, not NAME`, `element missing: NAME`.
    Limits: names are compared with their prefix, as they are written. A document with a DOCTYPE counts as broken. For
    tags around parts of a text that need not be XML, see `tags`.
    """

    root: str = ""
    elements: tuple[str, ...] = ()
    form: Literal["bare", "fenced", "embedded"] = "bare"

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        if not text.strip():
            return failed("empty reply")
        payload = payload_of(text, "XML")
        content = payload.content.strip()
        try:
            fault = self._wrong(parse_xml(content), text)
        except Fault as error:
            fault = failed(_broken(content), f"{error} · {text}")
        return placed(payload, self.form, fault, reply) or passed("is XML")

    def _wrong(self, names: list[str], text: str) -> Verdict | None:
        if self.root and names[0] != self.root:
            return failed(f"root is {quoted(names[0])}, not {quoted(self.root)}", text)
        missing = set(self.elements) - set(names)
        first = next((name for name in self.elements if name in missing), "")
        return failed(f"element missing: {quoted(first)}", text) if first else None


def _broken(content: str) -> str:
    """What to call what expat does not take: a whole document with words around it is named as that."""
    start = _ELEMENT.search(content)
    if start is None:
        return "no XML"
    end = content.rfind(">") + 1
    begins = content.find("<?xml") if content.find("<?xml") in range(start.start()) else start.start()
    try:
        parse_xml(content[begins:end])
    except Fault:
        return "broken XML"
    return "text before the XML" if begins else "text after the XML"
