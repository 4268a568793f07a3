"""What judging and comparing find out; plain data that survives xdist and JSON unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Passing = Literal["pass", "fail", "error"]
State = Literal["kept", "broken", "undecided", "unmeasured"]
Kind = Literal["held", "broke", "weakened", "improved", "already broken", "undecided", "unmeasured"]
Answer = Literal["yes", "no", "review", "could not tell"]
Severity = Literal["breaking", "degrading", "cosmetic"]

REPORT_FORMAT = 1
BINDING: frozenset[str] = frozenset({"breaking", "degrading"})
"""Severities that decide the exit status; a cosmetic clause is only reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one behavior says of one reply."""

    outcome: Passing
    cause: str = ""
    """Why it failed, in words that are the same for the same fault, so that they can be counted."""
    evidence: str = ""
    """What was found in this very reply."""
    behavior: str = ""
    mend: str = ""
    """What would have made this reply pass, where the check has proved it."""

    @property
    def passed(self) -> bool:
        return self.outcome == "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the verdicts on one promise at one endpoint show."""

    state: State
    n: int = 0
    """Replies (or pairs) judged."""
    passes: int = 0
    low: float = 0.0
    high: float = 1.0
    """Interval of the rate; each side has 95 % confidence at any stop."""
    basis: Literal["e-value", "last look", "exact", "none"] = "none"
    marginal: bool = False
    """Kept, but a rate below the promise is shown too: it lies between floor and promise."""
    leaning: Literal["", "broken", "tilted"] = ""
    more: int = 0
    """For undecided: about how many further replies would settle it; 0 where none would."""
    note: str = ""

    @property
    def rate(self) -> float:
        return self.passes / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One reply (or one pair of replies) and the verdict on it."""

    case: str
    k: int
    verdict: Verdict
    part: str = "replies"
    prompt: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the promises a clause makes: its replies, its contrast twin, one measure of its pairs."""

    name: str
    promise: str
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why replies of a clause failed, with how many of them."""

    text: str
    count: int
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What an endpoint makes of one request that an application sends."""

    what: str
    """What it sends, in words: `temperature: 0`, `developer role`."""
    result: Literal["accepted", "rejected", "ignored", "unknown"]
    """`ignored`: accepted, and the reply shows that it was not heeded. `unknown`: it was not answered."""
    parameter: str = ""
    """The parameter that the server names, or that was ignored."""
    words: str = ""
    """What the server says of it; for `ignored`, what the reply shows; for `unknown`, why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a run paid for: taken from the usage that the replies report."""

    calls: int = 0
    """Requests sent, those that were refused or never answered included."""
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    """US dollars; None where the price of the model is not known. What was never answered counts at its most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that was found out about one clause at one endpoint."""

    clause: str
    endpoint: str
    decision: Decision
    assumes: str = ""
    why: str = ""
    relied_on_by: tuple[str, ...] = ()
    review_by: str = ""
    severity: Severity = "breaking"
    rate: float = 1.0
    floor: float = 0.0
    source: str = ""
    """Where the clause is declared, as file:line."""
    problem: str = ""
    """Why it is unmeasured."""
    parts: tuple[Part, ...] = ()
    causes: tuple[Cause, ...] = ()
    judged: tuple[Judged, ...] = ()
    served_models: tuple[str, ...] = ()
    recorded_from: str = ""
    recorded_until: str = ""
    replayed: int = 0
    live: int = 0
    input_tokens: int = 0
    """Of all replies that were looked at, recorded or not."""
    output_tokens: int = 0
    spent: Spending = Spending()
    """What this run paid for it."""
    probes: tuple[Probe, ...] = ()
    """Of a clause that asks what the endpoint takes: what it makes of each request, in the order of the clause."""
    notes: tuple[str, ...] = ()
    """What one should know besides: damaged recordings, another model that answered, a cap that decides nothing."""

    @property
    def binding(self) -> bool:
        return self.severity in BINDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All outcomes of one endpoint."""

    endpoint: str
    api: str = ""
    model: str = ""
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one clause when one endpoint takes the place of another."""

    clause: str
    kind: Kind
    binding: bool = True
    difference: float = 0.0
    """Observed rate of the candidate minus that of the baseline."""
    low: float = -1.0
    high: float = 1.0
    """Newcombe's 95 % interval of the difference, for information; it decides nothing."""
    pairs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs held against each other."""

    baseline: str
    candidate: str
    answer: Answer
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a format renders."""

    format: int = REPORT_FORMAT
    product: str = ""
    created_at: str = ""
    runs: tuple[Run, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
