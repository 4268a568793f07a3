"""Baseline and candidate, clause by clause, and whether one may take the other's place."""

from __future__ import annotations

from pytest_behavior_contract.judge.proportions import Bet, newcombe, reached
from pytest_behavior_contract.results import Answer, Change, Comparison, Kind, Outcome, Run

MIN_CHANGE = 0.02
"""The smallest observed change that is called weakened or improved."""
_LEVEL = 0.05


def compare_runs(baseline: Run, candidate: Run) -> Comparison:
    """Holds every clause of the candidate against the baseline's; clauses that only the baseline has are unmeasured."""
    before = {outcome.clause: outcome for outcome in baseline.outcomes}
    after = {outcome.clause: outcome for outcome in candidate.outcomes}
    changes = [compare_outcomes(before.get(name), outcome) for name, outcome in after.items()]
    changes += [
        Change(clause=name, kind="unmeasured", binding=outcome.binding)
        for name, outcome in before.items()
        if name not in after
    ]
    return Comparison(
        baseline=baseline.endpoint,
        candidate=candidate.endpoint,
        answer=_answer(changes, after),
        changes=tuple(changes),
    )


def compare_outcomes(baseline: Outcome | None, candidate: Outcome) -> Change:
    """What happens to one clause; the table of cases is section 5 of docs/statistics.md."""
    down, up, pairs = _paired(baseline, candidate)
    before, after = (baseline.decision if baseline else None), candidate.decision
    low, high = newcombe(after.passes, after.n, before.passes, before.n) if before else (-1.0, 1.0)
    return Change(
        clause=candidate.clause,
        kind=_kind(baseline, candidate, down=down, up=up),
        binding=candidate.binding,
        difference=after.rate - before.rate if before and before.n and after.n else 0.0,
        low=low,
        high=high,
        pairs=pairs,
    )


def exit_status(comparison: Comparison) -> int:
    """0: nothing broke and all is decided; 1: a binding clause broke; 6: it could not be told."""
    binding = [change for change in comparison.changes if change.binding]
    if any(change.kind == "broke" for change in binding):
        return 1
    if not binding or any(change.kind in ("undecided", "unmeasured") for change in binding):
        return 6
    return 0


def _kind(baseline: Outcome | None, candidate: Outcome, *, down: bool, up: bool) -> Kind:
    after = candidate.decision
    state = baseline.decision.state if baseline else "unmeasured"
    if after.state == "unmeasured":
        return "unmeasured"
    if after.state == "broken":
        return "already broken" if state == "broken" else "broke"
    if after.state == "undecided":
        tilted = after.leaning == "tilted" and not _was_tilted(baseline)
        return "weakened" if down or tilted else "undecided"
    if baseline is not None and state == "unmeasured":
        return "unmeasured"
    if state == "broken":
        return "improved"
    if after.marginal:
        marginal_before = baseline is not None and baseline.decision.marginal
        return "held" if marginal_before and not down else "weakened"
    return "improved" if up else "weakened" if down else "held"


def _was_tilted(baseline: Outcome | None) -> bool:
    return baseline is not None and (baseline.decision.state == "broken" or baseline.decision.leaning == "tilted")


def _paired(baseline: Outcome | None, candidate: Outcome) -> tuple[bool, bool, int]:
    """Whether the candidate is shown to be worse, or better, on replies to the same prompts; the number of pairs."""
    if baseline is None:
        return False, False, 0
    before, after = _by_sample(baseline), _by_sample(candidate)
    shared = [key for key in after if key in before]
    worse, better = Bet(0.5), Bet(0.5)
    balance = 0
    for key in shared:
        difference = int(after[key]) - int(before[key])
        balance += difference
        worse.add((1 - difference) / 2)
        better.add((1 + difference) / 2)
    change = balance / len(shared) if shared else 0.0
    return (
        reached(worse.highest, _LEVEL) and change <= -MIN_CHANGE,
        reached(better.highest, _LEVEL) and change >= MIN_CHANGE,
        len(shared),
    )


def _by_sample(outcome: Outcome) -> dict[tuple[str, str, int], bool]:
    return {
        (judged.part, judged.case, judged.k): judged.verdict.passed
        for judged in outcome.judged
        if judged.verdict.outcome != "error"
    }


def _answer(changes: list[Change], after: dict[str, Outcome]) -> Answer:
    binding = [change for change in changes if change.binding]
    kinds = {change.kind for change in binding}
    if "broke" in kinds:
        return "no"
    if {"weakened", "already broken"} & kinds or any(
        _doubtful(after[one.clause]) for one in binding if one.clause in after
    ):
        return "review"
    if not binding or {"undecided", "unmeasured"} & kinds:
        return "could not tell"
    return "yes"


def _doubtful(outcome: Outcome) -> bool:
    return outcome.decision.marginal or outcome.decision.leaning == "broken"
