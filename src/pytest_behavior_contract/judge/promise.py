"""One thing that a clause promises: the verdicts on it to its decision, and to how many more are wanted."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.judge.proportions import straight
from pytest_behavior_contract.judge.repeats import Repeats
from pytest_behavior_contract.judge.statistics.alike import Alike
from pytest_behavior_contract.judge.statistics.exact import Exact
from pytest_behavior_contract.judge.statistics.rate import Rate
from pytest_behavior_contract.results import Decision, Passing

UNANSWERED = 0.05
"""The share of unanswered requests that a decision may rest on."""
HOPELESS_AFTER = 5
"""After so many verdicts that are all errors nothing more is asked: it would cost money and show nothing."""


@dataclass(slots=True)
class Promise:
    """One thing that a clause promises, and what has been seen of it."""

    name: str
    text: str
    planned: int
    statistic: Rate | Exact | Alike
    verdicts: list[Any] = field(default_factory=list)
    asked: int = 0
    """The cap on units of questions, where it is another number than that of verdicts."""
    repeats: Repeats | None = None
    """Where its verdicts are on groups of replies: what gathers these."""

    def decide(self) -> Decision:
        decision = self.statistic.decide(self.verdicts, self.planned)
        if isinstance(self.statistic, Alike):
            return decision
        decision = _or_unmeasured(self.statistic, self.verdicts, self.planned, decision)
        return dataclasses.replace(decision, more=decision.more * self.repeats.size) if self.repeats else decision

    def further(self) -> int:
        """How many more units of questions it wants; none where the first of them could not be judged at all."""
        if self._is_hopeless():
            return 0
        return self._units(self.statistic.further(self.verdicts, self.planned))

    def _is_hopeless(self) -> bool:
        # Who lists prompts wants to know of each of them.
        if not isinstance(self.statistic, Rate) or len(self.verdicts) < HOPELESS_AFTER:
            return False
        return all(verdict == "error" for verdict in self.verdicts)

    def most(self) -> int:
        """The cap on units of questions."""
        return self.asked or (self.repeats.units(self.planned) if self.repeats else self.planned)

    def _units(self, verdicts: int) -> int:
        return self.repeats.further(len(self.verdicts) + verdicts) if verdicts and self.repeats else verdicts

    def further_if_all_pass(self) -> int:
        """How many more replies lead to `kept` if all of them pass, within the cap."""
        if not isinstance(self.statistic, Rate):
            return 0
        enough = straight(self.statistic.floor, self.statistic.beta, most=self.planned)
        return self._units(max(0, min(enough, self.planned) - len(self.verdicts)))


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
        note=f"{unanswered} of {len(verdicts)} requests were never answered or judged",
    )
