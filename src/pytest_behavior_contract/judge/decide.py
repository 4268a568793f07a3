"""Samples of one clause to its outcome, while they come in."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Reply, Sample
from pytest_behavior_contract.interfaces import PairBehavior
from pytest_behavior_contract.judge.probing import probe_result, with_proven_mends
from pytest_behavior_contract.judge.proportions import straight
from pytest_behavior_contract.judge.statistics.alike import Alike
from pytest_behavior_contract.judge.statistics.exact import Exact
from pytest_behavior_contract.judge.statistics.rate import Rate
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed
from pytest_behavior_contract.registry import names, resolve
from pytest_behavior_contract.results import Cause, Decision, Judged, Outcome, Part, Passing, Probe, Spending, Verdict

ALPHA = 0.01
"""Chance of any false red in a whole run."""
BETA = 0.05
"""Chance of a false `kept`, per promise."""
UNANSWERED = 0.05
"""The share of unanswered requests that a decision may rest on."""
_REPLY_CHARACTERS = 400
_ORDER = ("broken", "unmeasured", "undecided", "kept")
_OF_REPLIES = (Rate, Exact)
"""The statistics whose verdicts are those on replies, one by one."""


@dataclass(slots=True)
class _Promise:
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


@dataclass(slots=True)
class _Provenance:
    """Where replies come from, added up one by one: a reply that has been judged need not be kept."""

    served: set[str] = field(default_factory=set)
    earliest: str = ""
    latest: str = ""
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, reply: Reply) -> None:
        if reply.served_model:
            self.served.add(reply.served_model)
        if reply.usage is not None:
            self.input_tokens += reply.usage.input_tokens
            self.output_tokens += reply.usage.output_tokens
        moment = reply.exchange.recorded_at if reply.exchange is not None else ""
        if moment:
            self.earliest = min(self.earliest or moment, moment)
            self.latest = max(self.latest, moment)


class ClauseJudge:
    """Judges the samples of one clause at one endpoint; says how many more it wants.

    Args:
        clause: what is promised.
        endpoint: the name of the endpoint, for the outcome.
        alpha: chance of a false red of one promise: ALPHA over the number of promises in the run.
        in_batches: whether each round of questions takes long, so that the first should suffice where all is well.
    """

    def __init__(self, clause: Clause, endpoint: str, alpha: float, *, in_batches: bool = False) -> None:
        self._clause = clause
        self._in_batches = in_batches
        self._endpoint = endpoint
        self._cases = {(case.part, case.id): case for case in clause.cases}
        self._judged: list[Judged] = []
        self._failed = 0
        self._provenance = _Provenance()
        self._pairs = _Pairs(clause, alpha)
        self._probes: dict[str, Probe] = {}
        self._promises: dict[str, list[_Promise]] = {"replies": list(self._pairs.promises)}
        for part in dict.fromkeys(case.part for case in clause.cases) or ("replies",):
            self._promises.setdefault(part, []).append(self._rate_promise(part, alpha))

    def parts(self) -> Sequence[str]:
        return list(self._promises)

    def planned(self, part: str) -> int:
        return max((promise.planned for promise in self._promises[part]), default=0)

    def further(self, part: str) -> int:
        """How many more units of a part are wanted; none as soon as one promise is broken, for then the clause is."""
        if any(promise.decide().state == "broken" for promises in self._promises.values() for promise in promises):
            return 0
        wanted = max((promise.further() for promise in self._promises[part]), default=0)
        if wanted and self._in_batches:
            wanted = max(wanted, *(promise.further_if_all_pass() for promise in self._promises[part]))
        return wanted

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
                if isinstance(promise.statistic, _OF_REPLIES):
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
        # Who lists prompts wants to know of each of them, so one failure does not keep the others from being asked.
        return self._failed > failed_before and not self._clause.deterministic

    def _add(self, judged: Judged) -> None:
        self._judged.append(judged)
        self._failed += judged.verdict.outcome == "fail"

    def add_verdict(self, k: int, verdict: Verdict, *, prompt: str = "", reply: str = "") -> None:
        """Takes a verdict that was reached elsewhere: by running a Python test."""
        self._promises["replies"][0].verdicts.append(verdict.outcome)
        self._judged.append(
            Judged(case="test", k=k, verdict=verdict, prompt=excerpt(prompt), reply=excerpt(reply, _REPLY_CHARACTERS))
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
            Part(name=promise.name, promise=promise.text, decision=promise.decide())
            for promises in self._promises.values()
            for promise in promises
        )
        if problem:
            seen = parts[0].decision if parts else Decision(state="unmeasured")
            decision = Decision(state="unmeasured", n=seen.n, passes=seen.passes)
        else:
            decision = min((part.decision for part in parts), key=lambda one: _ORDER.index(one.state))
            problem = stopped if stopped and decision.state == "unmeasured" else _problem(decision, self._judged)
        judged = _looked_at(self._judged, parts)
        causes = _causes(judged, {part.name for part in parts if part.decision.state == "broken"})
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
            probes=probes,
            notes=(
                *((stopped,) if decision.state == "undecided" and stopped else ()),
                *notes,
                *(self._caps_too_low() if decision.state == "undecided" else ()),
                *_other_models(model, served),
            ),
        )

    def _caps_too_low(self) -> list[str]:
        """What no number of passes could show; said at once, because it wastes every run until it is mended."""
        rates = [
            (one, one.statistic) for all_ in self._promises.values() for one in all_ if isinstance(one.statistic, Rate)
        ]
        return [
            f"samples: {promise.planned} replies can never show a rate above {statistic.floor:.0%}; {needed} are needed"
            for promise, statistic in rates
            if promise.planned < (needed := statistic.least_samples())
        ]

    def _rate_promise(self, part: str, alpha: float) -> _Promise:
        """That replies pass; of a clause that only compares variants, that they come at all."""
        clause = self._clause
        if clause.deterministic:
            count = len({case.topic or case.id for case in clause.cases if case.part == part}) or clause.samples or 1
            return _Promise(part, f"{clause.rate:.0%} of the listed prompts", count, Exact(rate=clause.rate))
        planned = max([clause.planned(straight(clause.floor, BETA)), *(one.planned for one in self._pairs.promises)])
        statistic = Rate(rate=clause.rate, floor=clause.floor, alpha=alpha, beta=BETA)
        return _Promise(part, f"at least {clause.rate:.0%}", planned, statistic)

    def _verdict(self, case: Case, sample: Sample) -> Verdict:
        if sample.reply is None:
            return Verdict(outcome="error", cause=sample.error, evidence=excerpt(sample.detail))
        return judge_reply(sample.reply, case)


def judge_reply(reply: Reply, case: Case) -> Verdict:
    """The verdict of all expectations on one reply: that of the first that does not pass."""
    for behavior in case.expect:
        if reply.rejection is not None and not getattr(behavior, "judges_rejection", False):
            mend = reply.rejection.mend
            return _named(failed(_rejection_cause(reply), reply.rejection.message, mend=mend), behavior)
        verdict = behavior.check(reply)
        if not verdict.passed:
            return _named(verdict, behavior)
    if not case.expect and reply.rejection is not None:
        return failed(_rejection_cause(reply), reply.rejection.message)
    return passed()


def promises(clause: Clause) -> int:
    """How many things a clause promises that can turn red: what the run's alpha is split over."""
    twin = int(any(case.part == "contrast" for case in clause.cases))
    variants = len(list(dict.fromkeys(case.variant for case in clause.cases if case.part == "replies")))
    pairs = variants * (variants - 1) // 2
    return 1 + twin + pairs * sum(len(behavior.margins()) for behavior in clause.pairs)


class _Pairs:
    """The comparisons of every two variants of a swapped prompt."""

    def __init__(self, clause: Clause, alpha: float) -> None:
        self._behaviors: Sequence[PairBehavior] = clause.pairs
        self.promises: list[_Promise] = []
        self._keys: dict[tuple[int, str, str, str], _Promise] = {}
        variants = list(dict.fromkeys(case.variant for case in clause.cases if case.part == "replies"))
        for index, behavior in enumerate(clause.pairs):
            for measure, margin in behavior.margins().items():
                planned = clause.samples or max(60, int(2.5 * straight((1 - margin) / 2, BETA) * 2))
                for first, second in itertools.combinations(variants, 2):
                    promise = _Promise(
                        f"{measure}: {first} / {second}",
                        f"alike within {margin:.2f}",
                        planned,
                        Alike(margin=margin, alpha=alpha, beta=BETA),
                    )
                    self.promises.append(promise)
                    self._keys[index, measure, first, second] = promise

    def add(self, samples: tuple[Sample, ...], cases: dict[tuple[str, str], Case]) -> list[Judged]:
        replies = {cases["replies", s.case].variant: (s, s.reply) for s in samples if s.reply and not s.reply.rejection}
        judged = []
        for (index, measure, first, second), promise in self._keys.items():
            if first not in replies or second not in replies:
                continue
            behavior = self._behaviors[index]
            sample, left = replies[first]
            _, right = replies[second]
            difference = behavior.difference(measure, left, right)
            promise.verdicts.append(difference)
            side = (first, second) if difference > 0 else (second, first)
            case = cases["replies", sample.case]
            if abs(difference) <= behavior.margins()[measure] + 1e-12:
                verdict = passed(f"{difference:+.2f}")
            else:
                verdict = failed(behavior.direction(measure, *side), f"{difference:+.2f}")
            judged.append(
                Judged(
                    case=case.topic,
                    k=sample.k,
                    verdict=_named(verdict, behavior),
                    part=promise.name,
                    prompt=excerpt(case.prompt.text),
                    reply=excerpt(f"{first}: {left.text} · {second}: {right.text}", _REPLY_CHARACTERS),
                )
            )
        return judged


def behavior_name(behavior: object) -> str:
    """The name of a behavior in contract files."""
    return _names_of_behaviors().get(type(behavior), type(behavior).__name__)


@cache
def _names_of_behaviors() -> dict[type, str]:
    return {resolve("behaviors", name): name for name in names("behaviors")}


def _named(verdict: Verdict, behavior: object) -> Verdict:
    return dataclasses.replace(verdict, behavior=behavior_name(behavior))


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
    reply = sample.reply
    text = ""
    if reply is not None:
        text = reply.text or "; ".join(f"{call.name}({call.arguments_text})" for call in reply.tool_calls)
        text = text or reply.refusal
    return Judged(
        case=case.id,
        k=sample.k,
        verdict=verdict,
        part=part,
        prompt=excerpt(f"{case.probe}: {case.prompt.text}" if case.probe else case.prompt.text),
        reply=excerpt(text, _REPLY_CHARACTERS),
    )


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


def _causes(judged: list[Judged], broken: set[str]) -> tuple[Cause, ...]:
    """Why replies failed: where promises are broken, of those alone."""
    counts: dict[str, list[Verdict]] = {}
    for one in judged:
        if one.verdict.outcome == "fail" and (one.part in broken or not broken):
            counts.setdefault(one.verdict.cause, []).append(one.verdict)
    ordered = sorted(counts.items(), key=lambda entry: -len(entry[1]))
    return tuple(
        Cause(text=text, count=len(verdicts), mend=next((verdict.mend for verdict in verdicts if verdict.mend), ""))
        for text, verdicts in ordered
    )
