"""The samples of a clause that probes, as the lines of the table of what an endpoint takes."""

from __future__ import annotations

from pytest_behavior_contract.declare.contract import Case
from pytest_behavior_contract.exchange import Sample
from pytest_behavior_contract.judge.verdicts import excerpt
from pytest_behavior_contract.results import Probe, Verdict

_IGNORED = "ignored: "


def probe_result(case: Case, sample: Sample, verdict: Verdict) -> Probe:
    """What an endpoint made of the request of one case."""
    what = excerpt(case.probe, 100)
    if sample.reply is None:
        return Probe(what=what, result="unknown", words=excerpt(": ".join(filter(None, (sample.error, sample.detail)))))
    rejection = sample.reply.rejection
    if rejection is not None:
        named = rejection.part or rejection.parameter
        return Probe(what=what, result="rejected", parameter=excerpt(named, 100), words=excerpt(rejection.message))
    if verdict.outcome == "error":
        return Probe(what=what, result="unknown", words=excerpt(f"{verdict.cause}: {verdict.evidence}"))
    if verdict.cause.startswith(_IGNORED):
        named = verdict.cause.removeprefix(_IGNORED)
        return Probe(what=what, result="ignored", parameter=named, words=verdict.evidence)
    return Probe(what=what, result="accepted")
