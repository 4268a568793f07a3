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
class Topic:
    """How far apart the two sides of one topic are in one measure."""

    name: str
    difference: float
    """Mean over its pairs, in [-1, 1], positive where the first side has more; for decisions the share that differ."""
    pairs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the promises a clause makes: its replies, its contrast twin, one measure of its pairs, its repeats."""

    name: str
    promise: str
    decision: Decision
    counted: str = "replies"
    """What the decision's numbers count: replies; pairs (or topics, where several pairs count as one); pairs of
    repeats; rounds over the variants of a prompt."""
    topics: tuple[Topic, ...] = ()
    """For pairs: each topic that the decision rests on, those furthest apart first."""


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
class JudgedBy:
    """An endpoint that verdicts of a clause come from, and how it does on examples that people have labelled."""

    endpoint: str
    model: str = ""
    part: str = "replies"
    """Which of the clause's promises it judges."""
    rubric: str = ""
    true_passes: int = 0
    """Examples labelled pass that it passes; without examples all four counts are 0."""
    false_fails: int = 0
    true_fails: int = 0
    false_passes: int = 0
    unjudged: int = 0
    """Examples on which it gave no verdict."""
    sensitivity: float | None = None
    """Of the examples labelled pass, the share that it passes; None where there are none, as with all that follows."""
    sensitivity_low: float = 0.0
    sensitivity_high: float = 1.0
    """Clopper-Pearson's interval, 95 % in all."""
    specificity: float | None = None
    """Of the examples labelled fail, the share that it fails."""
    specificity_low: float = 0.0
    specificity_high: float = 1.0
    agreement: float | None = None
    kappa: float | None = None
    """Cohen's, between the judge and the labels."""
    shown_rate: float | None = None
    """The least that the promised rate can look like through this judge; None where the clause is decided as judged."""
    shown_floor: float | None = None
    """The most that the floor can look like."""
    corrected: float | None = None
    """The rate without the judge's errors, by Rogan and Gladen; for information."""
    pairs: int = 0
    """Pairs of replies that it compared in both orders."""
    flips: int = 0
    """Of these, those where its choice changed with the order."""

    @property
    def examples(self) -> int:
        return self.true_passes + self.false_fails + self.true_fails + self.false_passes


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
    judged_by: tuple[JudgedBy, ...] = ()
    """The judges that verdicts come from; none where no other endpoint was asked."""
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
