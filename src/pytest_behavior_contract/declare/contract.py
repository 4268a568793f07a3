"""What a consumer declares: contracts, their clauses, and the cases a clause asks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_behavior_contract.exchange import FollowUp, Prompt, Tool
from pytest_behavior_contract.interfaces import Behavior, GroupBehavior, PairBehavior
from pytest_behavior_contract.results import Severity

DEFAULT_RATE = 0.95


def default_floor(rate: float) -> float:
    """The rate that is no longer acceptable where the author names none: 0.95 -> 0.85, 0.99 -> 0.96, 1 -> 0.97."""
    return rate - min(0.10, max(0.03, 2 * (1 - rate)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One concrete prompt of a clause, with what is expected of its replies."""

    id: str
    """Stable within the clause; pairs the replies of two endpoints."""
    prompt: Prompt
    expect: tuple[Behavior, ...] = ()
    topic: str = ""
    """What the variants of a swapped prompt, and all prompts about the same, have in common: they count as one."""
    twin: str = ""
    """What the variants of one swapped prompt have in common, and no others."""
    variant: str = ""
    """Which variant of a swapped prompt it is, in words."""
    copy: int = 0
    """Which of the cases with the very same prompt it is, from 0: each asks for replies of its own."""
    copies: int = 1
    part: str = "replies"
    """`replies`, or `contrast` for the harmless (or harmful) twin."""
    tape: str = ""
    """The clause whose cassette holds its recordings: the twin's own, so that nothing is asked twice."""
    probe: str = ""
    """What it probes, in words; empty where it is no probe."""
    follow: FollowUp | None = None
    """The second request, if there is one."""

    def sample(self, k: int) -> int:
        """The number under which the k-th reply to this case is recorded."""
        return k * self.copies + self.copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One assumption of a contract."""

    contract: str
    id: str
    assumes: str
    why: str = ""
    relied_on_by: tuple[str, ...] = ()
    review_by: str = ""
    severity: Severity = "breaking"
    rate: float = DEFAULT_RATE
    floor: float = 0.85
    samples: int = 0
    """The cap on replies (for swapped prompts: on rounds over all variants) per endpoint; 0 for `auto`."""
    deterministic: bool = False
    cases: tuple[Case, ...] = ()
    pairs: tuple[PairBehavior, ...] = ()
    repeats: int = 1
    """How often in a row each topic is asked before it counts as one."""
    groups: tuple[GroupBehavior, ...] = ()
    marks: tuple[str, ...] = ()
    folder: str = ""
    """Where its contract lives; recordings are kept beside it."""
    source: str = ""
    """Where it is declared, as file:line."""

    @property
    def name(self) -> str:
        """Its identity: contract-id/clause-id."""
        return f"{self.contract}/{self.id}"

    @property
    def probes(self) -> bool:
        """Whether it only asks what the endpoint takes: such clauses are asked before all others."""
        return self.deterministic and bool(self.cases) and all(case.probe for case in self.cases)

    def planned(self, straight_passes: int) -> int:
        """The cap on samples, where so many straight passes suffice for a decision."""
        if self.deterministic:
            return len(self.cases)
        return self.samples or max(60, math.ceil(2.5 * straight_passes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A versioned document of clauses."""

    id: str
    version: str = ""
    consumer: str = ""
    path: str = ""
    clauses: tuple[Clause, ...] = ()


def read_tool(entry: Any) -> Tool:
    """A tool in OpenAI's Chat or Responses form, Anthropic's form, or the plain one; raises ValueError."""
    if not isinstance(entry, Mapping):
        raise ValueError(f"a tool should be a mapping, is {entry!r}")  # noqa: TRY004
    function = entry.get("function", entry)
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise ValueError("a tool has no name")  # noqa: TRY004
    parameters = function.get("parameters", function.get("input_schema", {}))
    if not isinstance(parameters, Mapping):
        raise ValueError(f"the parameters of tool {function['name']!r} should be a JSON Schema")  # noqa: TRY004
    return Tool(
        name=function["name"],
        description=str(function.get("description", "")),
        parameters=parameters,
        strict=function.get("strict"),
    )
