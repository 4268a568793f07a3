"""Plain comparison, for promises about exactly the listed prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_behavior_contract.results import Decision, Passing


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """One reply a prompt, and no statistics: for probes and for what is truly deterministic.

    ```yaml
    deterministic: true
    ```
    """

    rate: float = 1.0

    def decide(self, verdicts: Sequence[Passing], planned: int) -> Decision:
        answered = [verdict for verdict in verdicts if verdict != "error"]
        n, passes = len(answered), answered.count("pass")
        if n == 0:
            return Decision(state="unmeasured")
        unasked = planned - n
        note = "exact for the listed prompts"
        if passes >= self.rate * planned - 1e-9:
            return Decision(state="kept", n=n, passes=passes, basis="exact", note=note)
        if passes + unasked < self.rate * planned - 1e-9:
            return Decision(state="broken", n=n, passes=passes, basis="exact", note=note)
        return Decision(
            state="unmeasured", n=n, passes=passes, basis="exact", note=f"{unasked} of {planned} prompts have no reply"
        )

    def further(self, verdicts: Sequence[Passing], planned: int) -> int:
        return max(0, planned - len(verdicts))
