"""What a reply carries when a program is to read it: the text itself, or the inside of its code fence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed
from pytest_behavior_contract.results import Verdict

Form = Literal["bare", "fenced", "embedded"]
FORMS: tuple[Form, ...] = ("bare", "fenced", "embedded")
# Nothing in it can match in two ways: on a hostile megabyte, that is the difference between linear and never.
_MARK = re.compile(r"^ {0,3}(`{3,}|~{3,})([^`\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A fenced block of code."""

    content: str
    language: str
    """The first word behind the opening mark; empty where there is none."""
    mark: str
    start: int
    end: int
    closed: bool

    @property
    def opening(self) -> str:
        return f"{self.mark[:3]}{self.language}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The part of a text that a program would want."""

    content: str
    form: Form
    where: str = ""
    """What stands in the way of the bare form, as a cause; empty where nothing does."""
    fence: Fence | None = None
    mend: str = ""


def fences(text: str) -> Iterator[Fence]:
    """The fenced blocks of a text in their order; one that is never closed reaches to the end."""
    opened: re.Match[str] | None = None
    for match in _MARK.finditer(text):
        if opened is None:
            opened = match
        elif match[1][0] == opened[1][0] and len(match[1]) >= len(opened[1]) and not match[2].strip():
            yield _fence(text, opened, match.start(), match.end(), closed=True)
            opened = None
    if opened is not None:
        yield _fence(text, opened, len(text), len(text), closed=False)


def payload_of(text: str, noun: str) -> Payload:
    """The inside of the first fence where there is one, else the whole text; `noun` names it in causes."""
    fence = next(fences(text), None)
    if fence is None:
        return Payload(content=text, form="bare")
    before, after = bool(text[: fence.start].strip()), bool(text[fence.end :].strip())
    if not before and not after:
        where = f"fenced in {fence.opening}" + ("" if fence.closed else ", never closed")
        mend = "strip the fence before parsing; what is inside would pass"
        return Payload(content=fence.content, form="fenced", where=where, fence=fence, mend=mend)
    return Payload(
        content=fence.content,
        form="embedded",
        where=f"text {side(before=before, after=after)} the fenced {noun}",
        fence=fence,
        mend=f"take the {noun} out of the code fence; what is inside would pass",
    )


def side(*, before: bool, after: bool) -> str:
    return "around" if before and after else "before" if before else "after"


def placed(payload: Payload, allowed: Form, fault: Verdict | None, reply: Reply) -> Verdict | None:
    """What is wrong with a payload, its place first; None where nothing is.

    Args:
        payload: what was found.
        allowed: the loosest form that the contract allows.
        fault: what is wrong with the payload itself.
        reply: the reply that it is part of.
    """
    if fault is not None and fault.outcome == "error":
        return fault
    if fault is not None and reply.finish_reason == "length":
        return failed("cut off by the token limit", reply.text)
    if FORMS.index(payload.form) > FORMS.index(allowed):
        return failed(payload.where, reply.text, mend="" if fault else payload.mend)
    return fault


def _fence(text: str, opened: re.Match[str], until: int, end: int, *, closed: bool) -> Fence:
    language = opened[2].split(maxsplit=1)
    return Fence(
        content=text[opened.end() + 1 : until],
        language=language[0].casefold() if language else "",
        mark=opened[1],
        start=opened.start(),
        end=end,
        closed=closed,
    )
