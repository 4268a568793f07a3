"""Samples of one clause to its outcome, while they come in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Reply, Sample
from pytest_behavior_contract.judge.pairs import Pairs, comparisons
from pytest_behavior_contract.judge.panel import Panel
from pytest_behavior_contract.judge.probing import probe_result, with_proven_mends
from pytest_behavior_contract.judge.promise import BETA, Promise
from pytest_behavior_contract.judge.proportions import straight
from pytest_behavior_contract.judge.provenance import Provenance
from pytest_behavior_contract.judge.repeats import Repeats
from pytest_behavior_contract.judge.statistics.exact import Exact
from pytest_behavior_contract.judge.statistics.rate import Rate
from pytest_behavior_contract.judge.verdicts import (
    REPLY_CHARACTERS,
    behavior_name,
    excerpt,
    failed,
    named,
    passed,
    said,
)
from pytest_behavior_contract.results import Cause, Decision, Judged, Outcome, Part, Probe, Spending, Verdict

ALPHA = 0.01
"""Chance of any false red in a whole run."""
_ORDER = ("broken", "unmeasured", "undecided", "kept")


class ClauseJudge:
    """Judges the samples of one clause at one endpoint; says how many more it wants.

    Args:
        clause: what is promised.
        endpoint: the name of the endpoint, for the outcome.
        alpha: chance of a false red of one promise: ALPHA over the number of promises in the run.
        in_batches: whether each round of questions takes long, so that the first should suffice where all is well.
        panel: the judges whose answers stand in the replies.
    """

    def __init__(
        self, clause: Clause, endpoint: str, alpha: float, *, in_batches: bool = False, panel: Panel | None = None
    ) -> None:
        self._clause = clause
        self._panel = panel or Panel(clause)
        self._in_batches = in_batches
        self._endpoint = endpoint
        self._cases = {(case.part, case.id): case for case in clause.cases}
        self._judged: list[Judged] = []
        self._failed = 0
        self._provenance = Provenance()
        self._pairs = Pairs(clause, alpha, self._panel)
        self._repeats = Repeats(clause)
        self._groups = [self._group_promise(number, alpha) for number in range(len(clause.groups))]
        self._promises: dict[str, list[Promise]] = {"replies": [*self._pairs.promises, *self._groups]}
        self._probes: dict[str, Probe] = {}
        for part in dict.fromkeys(case.part for case in clause.cases) or ("replies",):
            self._promises.setdefault(part, []).append(self._rate_promise(part, alpha))

    def parts(self) -> Sequence[str]:
        return list(self._promises)

    def planned(self, part: str) -> int:
        return max((promise.most() for promise in self._promises[part]), default=0)

    def further(self, part: str) -> int:
        """How many more units of a part are wanted; none as soon as one promise is broken, for then the clause is."""
        if any(promise.decide().state == "broken" for promises in self._promises.values() for promise in promises):
            return 0
        wanted = max((promise.further() for promise in self._promises[part]), default=0)
        if wanted and self._in_batches:
            wanted = max(wanted, *(promise.further_if_all_pass() for promise in self._promises[part]))
        return wanted

    def likely(self, part: str) -> int:
        """How many more units of a part are likely wanted in all, for plans and progress."""
        if not self.further(part):
            return 0
        return max(promise.likely() for promise in self._promises[part])

    def add(self, part: str, samples: tuple[Sample, ...]) -> bool:
        """Judges the samples of one unit; a failure among them may have settled the matter."""
        failed_before = self._failed
        for sample in samples:
            case = self._cases[part, sample.case]
            verdict = _of_part(self._verdict(case, sample), part)
            if sample.reply is not None:
                self._provenance.add(sample.reply)
                if sample.reply.first is not None:
                    self._provenance.add(sample.reply.first)
            for promise in self._promises[part]:
                if promise.of_replies:
                    promise.verdicts.append(verdict.outcome)
            self._add(_judged(case, sample, verdict, part))
            if case.probe and part == "replies":
                # Of several replies to one request, the first that is not accepted is the one to look at.
                known = self._probes.get(case.id)
                if known is None or known.result == "accepted":
                    self._probes[case.id] = probe_result(case, sample, verdict)
        if part == "replies" and self._clause.pairs:
            for one in self._pairs.add(samples, self._cases):
                self._add(one)
        if part == "replies" and self._groups:
            self._compare(samples)
        # Who lists prompts wants to know of each of them, so one failure does not keep the others from being asked.
        return self._failed > failed_before and not self._clause.deterministic

    def _compare(self, samples: tuple[Sample, ...]) -> None:
        for group in self._repeats.add(samples, self._cases):
            for behavior, promise in zip(self._clause.groups, self._groups, strict=True):
                judged = group.judged(behavior, promise.name)
                promise.verdicts.append(judged.verdict.outcome)
                self._add(dataclasses.replace(judged, verdict=named(judged.verdict, behavior)))

    def _add(self, judged: Judged) -> None:
        self._judged.append(judged)
        self._failed += judged.verdict.outcome == "fail"

    def add_verdict(self, k: int, verdict: Verdict, *, prompt: str = "", reply: str = "") -> None:
        """Takes a verdict that was reached elsewhere: by running a Python test."""
        self._promises["replies"][0].verdicts.append(verdict.outcome)
        self._judged.append(
            Judged(case="test", k=k, verdict=verdict, prompt=excerpt(prompt), reply=excerpt(reply, REPLY_CHARACTERS))
        )

    def add_replies(self, replies: Sequence[Reply]) -> None:
        """Takes replies for the outcome's provenance that are judged elsewhere."""
        for reply in replies:
            self._provenance.add(reply)

    def outcome(
        self,
        *,
        replayed: int = 0,
        live: int = 0,
        problem: str = "",
        stopped: str = "",
        spent: Spending | None = None,
        model: str = "",
        notes: Sequence[str] = (),
    ) -> Outcome:
        """All that was found; with a problem it is unmeasured, whatever was seen before.

        Args:
            replayed: how many exchanges came from recordings.
            live: how many were asked.
            problem: why the clause could not be measured; empty where it could.
            stopped: why nothing more was asked, where what was seen by then may not be enough.
            spent: what the run paid for it.
            model: the model that was asked for, to hold against what was served.
            notes: what else one should know.
        """
        clause = self._clause
        parts = tuple(
            part
            for promises in self._promises.values()
            for part in (
                *(self._pairs.parts() if promises is self._promises["replies"] else ()),
                *(_part(promise) for promise in promises if promise.of_replies or promise.repeats),
            )
        )
        if problem:
            seen = parts[0].decision if parts else Decision(state="unmeasured")
            decision = Decision(state="unmeasured", n=seen.n, passes=seen.passes)
        else:
            decision = min(
                (part.decision for part in parts), key=lambda one: (_ORDER.index(one.state), not one.leaning)
            )
            problem = stopped if stopped and decision.state == "unmeasured" else _problem(decision, self._judged)
        judged = _looked_at(self._judged, parts)
        broken = {part.name for part in parts if part.decision.state == "broken"}
        causes = _causes(judged, broken, self._pairs.causes())
        probes = tuple(self._probes[case.id] for case in clause.cases if case.id in self._probes)
        provenance = self._provenance
        served = sorted({excerpt(name, 100) for name in provenance.served})
        return Outcome(
            clause=clause.name,
            endpoint=self._endpoint,
            decision=decision,
            assumes=clause.assumes,
            why=clause.why,
            relied_on_by=clause.relied_on_by,
            review_by=clause.review_by,
            severity=clause.severity,
            rate=clause.rate,
            floor=clause.floor,
            source=clause.source,
            problem=excerpt(problem, 1000),
            parts=parts,
            causes=with_proven_mends(causes, judged, probes),
            judged=tuple(judged),
            served_models=tuple(served),
            recorded_from=provenance.earliest,
            recorded_until=provenance.latest,
            replayed=replayed,
            live=live,
            input_tokens=provenance.input_tokens,
            output_tokens=provenance.output_tokens,
            spent=spent or Spending(),
            judged_by=self._panel.judged_by(parts),
            probes=probes,
            notes=(
                *self._pairs.notes(),
                *((stopped,) if decision.state == "undecided" and stopped else ()),
                *notes,
                *(self._caps_too_low() if decision.state == "undecided" else ()),
                *_other_models(model, served),
                *self._panel.notes(model),
            ),
        )

    def _caps_too_low(self) -> list[str]:
        """What no number of passes could show; said at once, because it wastes every run until it is mended."""
        rates = [
            (one, one.statistic) for all_ in self._promises.values() for one in all_ if isinstance(one.statistic, Rate)
        ]
        return [
            f"samples: {promise.planned * size} replies{' in pairs' * (size - 1)} can never show a rate above "
            f"{statistic.floor:.0%}; {needed * size} are needed"
            for promise, statistic in rates
            for size in [promise.repeats.size if promise.repeats else 1]
            if promise.planned < (needed := statistic.least_samples())
        ] + self._pairs.caps_too_low()

    def _group_promise(self, number: int, alpha: float) -> Promise:
        """That groups of replies agree: one verdict a group, so that each reply counts once."""
        clause, repeats = self._clause, self._repeats
        names = [behavior_name(one) for one in clause.groups]
        name = names[number] + (f" {number + 1}" if names.count(names[number]) > 1 else "")
        text = f"at least {clause.rate:.0%} of {repeats.unit}"
        if clause.deterministic:
            count = len({case.topic or case.id for case in clause.cases if case.part == "replies"})
            return Promise(name, text, count, Exact(rate=clause.rate), repeats=repeats, counted=repeats.unit)
        planned = clause.samples // repeats.size or clause.planned(straight(clause.floor, BETA))
        statistic = Rate(rate=clause.rate, floor=clause.floor, alpha=alpha, beta=BETA)
        return Promise(name, text, max(1, planned), statistic, repeats=repeats, counted=repeats.unit)

    def _rate_promise(self, part: str, alpha: float) -> Promise:
        """That replies pass; of a clause that only compares variants, that they come at all."""
        clause, remark = self._clause, self._panel.remark(part)
        if clause.deterministic:
            cases = [case for case in clause.cases if case.part == part]
            repeats = clause.repeats if part == "replies" else 1
            topics = len({case.topic or case.id for case in cases}) * repeats
            count = len(cases) * repeats or clause.samples or 1
            text = f"{clause.rate:.0%} of the listed prompts"
            return Promise(part, text, count, Exact(rate=clause.rate), asked=topics, remark=remark)
        through = self._panel.scale(part)
        rate, floor = (through.rate, through.floor) if through else (clause.rate, clause.floor)
        others = [one.planned for one in self._pairs.promises] + [one.most() for one in self._groups]
        planned = max([clause.planned(straight(floor, BETA)), *others])
        statistic = Rate(rate=rate, floor=floor, alpha=alpha, beta=BETA)
        return Promise(part, f"at least {clause.rate:.0%}", planned, statistic, remark=remark)

    def _verdict(self, case: Case, sample: Sample) -> Verdict:
        if sample.reply is None:
            return Verdict(outcome="error", cause=sample.error, evidence=excerpt(sample.detail))
        return judge_reply(sample.reply, case)


def judge_reply(reply: Reply, case: Case) -> Verdict:
    """The verdict of all expectations on one reply: that of the first that does not pass."""
    for behavior in case.expect:
        if reply.rejection is not None and not getattr(behavior, "judges_rejection", False):
            mend = reply.rejection.mend
            return named(failed(_rejection_cause(reply), reply.rejection.message, mend=mend), behavior)
        verdict = behavior.check(reply)
        if not verdict.passed:
            return named(verdict, behavior)
    if not case.expect and reply.rejection is not None:
        return failed(_rejection_cause(reply), reply.rejection.message)
    return passed()


def promises(clause: Clause) -> int:
    """How many things a clause promises that can turn red: what the run's alpha is split over."""
    twin = int(any(case.part == "contrast" for case in clause.cases))
    return 1 + twin + len(clause.groups) + comparisons(clause)


def _part(promise: Promise) -> Part:
    return Part(name=promise.name, promise=promise.text, decision=promise.decide(), counted=promise.counted)


def _of_part(verdict: Verdict, part: str) -> Verdict:
    """Says of a twin's fault that it is the twin's: under the clause's own name it would read as its opposite."""
    if part != "contrast" or verdict.outcome != "fail":
        return verdict
    return dataclasses.replace(verdict, cause=f"contrast twin: {verdict.cause}")


def _rejection_cause(reply: Reply) -> str:
    assert reply.rejection is not None
    if reply.rejection.status == 0:
        return reply.rejection.message
    return reply.rejection.cause


def _judged(case: Case, sample: Sample, verdict: Verdict, part: str) -> Judged:
    text = "" if sample.reply is None else said(sample.reply)
    return Judged(
        case=case.id,
        k=sample.k,
        verdict=verdict,
        part=part,
        prompt=excerpt(f"{case.probe}: {case.prompt.text}" if case.probe else case.prompt.text),
        reply=excerpt(text, REPLY_CHARACTERS),
    )


def _looked_at(judged: list[Judged], parts: tuple[Part, ...]) -> list[Judged]:
    """What the decisions rest on: of each part, the answered samples up to its decision, and all errors."""
    left = {part.name: part.decision.n for part in parts}
    kept = []
    for one in judged:
        if one.verdict.outcome != "error":
            if not left.get(one.part):
                continue
            left[one.part] -= 1
        kept.append(one)
    return kept


def _other_models(asked: str, served: Sequence[str]) -> list[str]:
    return [f"answered by {name}, not by {asked}" for name in served if asked and not name.startswith(asked)]


def _problem(decision: Decision, judged: list[Judged]) -> str:
    """Why a clause is unmeasured, from the errors of its samples."""
    if decision.state != "unmeasured":
        return ""
    errors = [one.verdict for one in judged if one.verdict.outcome == "error"]
    if not errors:
        return decision.note or "no reply was judged"
    first = errors[0]
    detail = f": {first.evidence}" if first.evidence else ""
    return f"{decision.note}; {first.cause}{detail}" if decision.note else f"{first.cause}{detail}"


def _causes(judged: list[Judged], broken: set[str], together: Mapping[str, str]) -> tuple[Cause, ...]:
    """Why replies failed: where promises are broken, of those alone.

    Args:
        judged: all verdicts.
        broken: the parts whose promise is broken.
        together: causes that are said in one, each with the words for all of them.
    """
    counts: dict[str, dict[tuple[str, ...], Verdict]] = {}
    for index, one in enumerate(judged):
        if one.verdict.outcome == "fail" and (one.part in broken or not broken):
            text = together.get(one.verdict.cause, one.verdict.cause)
            # What several measures of one pair show is one fault; what several replies show are several.
            whose = (one.case, str(one.k)) if one.verdict.cause in together else (str(index),)
            counts.setdefault(text, {}).setdefault(whose, one.verdict)
    ordered = sorted(counts.items(), key=lambda entry: -len(entry[1]))
    return tuple(
        Cause(text=text, count=len(found), mend=next((one.mend for one in found.values() if one.mend), ""))
        for text, found in ordered
    )
