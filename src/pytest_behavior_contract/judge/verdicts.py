"""How a check says what it found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.interfaces import Behavior
from pytest_behavior_contract.registry import name_of
from pytest_behavior_contract.results import Verdict

EVIDENCE_CHARACTERS = 300
REPLY_CHARACTERS = 400
"""How much of a reply a report carries."""


_PASSED = Verdict(outcome="pass")


def passed(evidence: str = "") -> Verdict:
    return Verdict(outcome="pass", evidence=excerpt(evidence)) if evidence else _PASSED


def failed(cause: str, evidence: str = "", *, mend: str = "") -> Verdict:
    return Verdict(outcome="fail", cause=excerpt(cause, 160), evidence=excerpt(evidence), mend=mend)


def unable(cause: str, evidence: str = "") -> Verdict:
    """Says that a reply cannot be judged, which is neither a pass nor the model's fault."""
    return Verdict(outcome="error", cause=excerpt(cause, 160), evidence=excerpt(evidence))


def excerpt(text: str, most: int = EVIDENCE_CHARACTERS) -> str:
    """The beginning of a text; characters that no encoding can carry (lone surrogates) become question marks."""
    short, rest = (text, "") if len(text) <= most else (text[: most - 1], "…")
    return (short if short.isascii() else short.encode("utf-8", "replace").decode("utf-8")) + rest


def said(reply: Reply) -> str:
    """What a reply says, for people to read: its text, or else its calls, or else its refusal."""
    return reply.text or "; ".join(f"{call.name}({call.arguments_text})" for call in reply.tool_calls) or reply.refusal


def quoted(text: str, most: int = 40) -> str:
    """A short piece of text for a cause, on one line."""
    return repr(excerpt(" ".join(text.split()), most))


def unready_of(behaviors: Iterable[Behavior]) -> str:
    """Why one of some checks can judge nothing, as far as it says so by an attribute `unready`; empty where all can."""
    return next((found for one in behaviors if (found := str(getattr(one, "unready", "")))), "")


def behavior_name(behavior: object) -> str:
    """The name of a behavior in contract files; one that stands for something else says its own by `called`."""
    kind = type(behavior)
    return str(getattr(behavior, "called", "")) or name_of("behaviors", kind) or kind.__name__


def named(verdict: Verdict, behavior: object) -> Verdict:
    return dataclasses.replace(verdict, behavior=behavior_name(behavior))
