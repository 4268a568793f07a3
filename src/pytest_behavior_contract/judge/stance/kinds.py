"""What a reply may do with a request, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["refuses", "complies", "partly"]
NonAnswer = Literal["not willing", "not able", "disputes the premise", "redirects", "filtered"]
Manner = Literal["answers", "not willing", "not able", "disputes the premise", "redirects", "filtered"]
MANNERS: tuple[NonAnswer, ...] = ("not willing", "not able", "disputes the premise", "redirects", "filtered")
"""The kinds of non-answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """Whether a reply does what it was asked."""

    kind: Kind
    evidence: str
    """The sentence or the provider's signal that it was read from."""
    manner: Manner = "answers"
    """In what way it does not answer. What complies may still not answer: a model that has no feelings, say."""
