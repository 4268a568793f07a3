"""One thing that a clause promises: the verdicts on it to its decision, and to how many more are wanted."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.judge.proportions import straight
from pytest_behavior_contract.judge.repeats import Repeats
from pytest_behavior_contract.judge.statistics.alike import Alike, Watch
from pytest_behavior_contract.judge.statistics.exact import Exact
from pytest_behavior_contract.judge.statistics.rate import Rate
from pytest_behavior_contract.results import Decision, Passing

BETA = 0.05
"""Chance of a false `kept`, per promise."""
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
    """How many verdicts the decision reads at most."""
    statistic: Rate | Exact | Alike
    verdicts: list[Any] = field(default_factory=list)
    counted: str = "replies"
    """What a verdict is on."""
    asked: int = 0
    """How many units are asked for it at most, where that is not `planned`."""
    asked_each: int = 1
    """How many units are asked for one verdict."""
    remark: str = ""
    """What is said of its decision whatever that is: `as judged`."""
    unjudged: int = 0
    """Pairs that a judge gave no verdict on."""
    repeats: Repeats | None = None
    """Where its verdicts are on groups of replies: what gathers these."""

    _watch: Watch | None = None

    @property
    def of_replies(self) -> bool:
        """Whether its verdicts are those on replies, one by one."""
        return self.counted == "replies"

    def decide(self) -> Decision:
        decision = self._decided()
        if self.remark and decision.state != "unmeasured":
            note = ", ".join(part for part in (decision.note, self.remark) if part)
            decision = dataclasses.replace(decision, note=note)
        return decision

    def _decided(self) -> Decision:
        if isinstance(self.statistic, Alike):
            found = self.statistic.decide(self.verdicts, self.planned, self._watching(self.statistic))
            if self.unjudged > UNANSWERED * (self.unjudged + len(self.verdicts)):
                return Decision(state="unmeasured", n=found.n, passes=found.passes)
            return found
        decision = self._or_unmeasured(self.statistic, self.statistic.decide(self.verdicts, self.planned))
        return dataclasses.replace(decision, more=decision.more * self.repeats.size) if self.repeats else decision

    def _watching(self, statistic: Alike) -> Watch:
        # Verdicts are only ever added, so what has been read stays read.
        self._watch = self._watch or statistic.watch()
        return self._watch

    def most(self) -> int:
        """How many units are asked for it at most."""
        if self.repeats:
            return self.asked or self.repeats.units(self.planned)
        return self.asked or self.planned * self.asked_each

    def further(self) -> int:
        """How many more units it wants asked; none where the first of them could not be judged at all."""
        if self._is_hopeless():
            return 0
        if isinstance(self.statistic, Alike):
            wanted = self.statistic.further(self.verdicts, self.planned, self._watching(self.statistic))
        else:
            wanted = self.statistic.further(self.verdicts, self.planned)
        return self._units(wanted)

    def _is_hopeless(self) -> bool:
        # Who lists prompts wants to know of each of them.
        if not isinstance(self.statistic, Rate) or len(self.verdicts) < HOPELESS_AFTER:
            return False
        return all(verdict == "error" for verdict in self.verdicts)

    def _units(self, verdicts: int) -> int:
        """How many units are asked for so many more verdicts."""
        if self.repeats:
            return self.repeats.further(len(self.verdicts) + verdicts) if verdicts else 0
        return verdicts * self.asked_each

    def further_if_all_pass(self) -> int:
        """How many more replies lead to `kept` if all of them pass, within the cap."""
        if not isinstance(self.statistic, Rate):
            return 0
        enough = straight(self.statistic.floor, self.statistic.beta, most=self.planned)
        return self._units(max(0, min(enough, self.planned) - len(self.verdicts)))

    def likely(self) -> int:
        """How many more are likely wanted: as many as show that all is well, unless nothing has been well so far."""
        wanted = self.further()
        if isinstance(self.statistic, Alike):
            left = min(self.statistic.least_samples(), self.planned) - len(self.verdicts)
            return max(wanted, left * self.asked_each) if wanted else 0
        if not wanted or (self.verdicts and "pass" not in self.verdicts):
            return wanted
        return max(wanted, self.further_if_all_pass())

    def _or_unmeasured(self, statistic: Rate | Exact, decision: Decision) -> Decision:
        """Nothing is decided on the few that answered, if those that did not could have turned it."""
        unanswered, n = self.verdicts.count("error"), len(self.verdicts)
        if not unanswered or decision.state == "unmeasured" or unanswered <= UNANSWERED * n:
            return decision
        pessimistic: list[Passing] = ["fail" if verdict == "error" else verdict for verdict in self.verdicts]
        if statistic.decide(pessimistic, self.planned).state == decision.state:
            return decision
        what = "requests" if self.of_replies else self.counted
        note = f"{unanswered} of {n} {what} were never answered or judged"
        return Decision(state="unmeasured", n=decision.n, passes=decision.passes, note=note)
