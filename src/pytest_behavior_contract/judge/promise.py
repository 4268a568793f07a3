"""One thing that a clause promises, from the verdicts on it to a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.judge.proportions import straight
from pytest_behavior_contract.judge.statistics.alike import Alike
from pytest_behavior_contract.judge.statistics.exact import Exact
from pytest_behavior_contract.judge.statistics.rate import Rate
from pytest_behavior_contract.results import Decision, Passing

BETA = 0.05
"""Chance of a false `kept`, per promise."""
UNANSWERED = 0.05
"""The share of unanswered requests that a decision may rest on."""


@dataclass(slots=True)
class Promise:
    """One thing that a clause promises, and what has been seen of it."""

    name: str
    text: str
    planned: int
    statistic: Rate | Exact | Alike
    verdicts: list[Any] = field(default_factory=list)

    def decide(self) -> Decision:
        decision = self.statistic.decide(self.verdicts, self.planned)
        if isinstance(self.statistic, Alike):
            return decision
        return _or_unmeasured(self.statistic, self.verdicts, self.planned, decision)

    def further(self) -> int:
        return self.statistic.further(self.verdicts, self.planned)

    def further_if_all_pass(self) -> int:
        """How many more replies lead to `kept` if all of them pass, within the cap."""
        if not isinstance(self.statistic, Rate):
            return 0
        enough = straight(self.statistic.floor, self.statistic.beta, most=self.planned)
        return max(0, min(enough, self.planned) - len(self.verdicts))


def _or_unmeasured(statistic: Rate | Exact, verdicts: list[Passing], planned: int, decision: Decision) -> Decision:
    """Nothing is decided on the few that answered, if those that did not could have turned it."""
    unanswered = verdicts.count("error")
    if not unanswered or decision.state == "unmeasured" or unanswered <= UNANSWERED * len(verdicts):
        return decision
    pessimistic: list[Passing] = ["fail" if verdict == "error" else verdict for verdict in verdicts]
    if statistic.decide(pessimistic, planned).state == decision.state:
        return decision
    return Decision(
        state="unmeasured",
        n=decision.n,
        passes=decision.passes,
        note=f"{unanswered} of {len(verdicts)} requests were never answered",
    )
