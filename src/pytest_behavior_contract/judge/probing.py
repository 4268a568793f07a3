"""The samples of a clause that probes, as the lines of the table of what an endpoint takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pytest_behavior_contract.declare.contract import Case
from pytest_behavior_contract.declare.probes import ALL_BUT, WHOLE
from pytest_behavior_contract.exchange import Sample
from pytest_behavior_contract.judge.verdicts import excerpt
from pytest_behavior_contract.results import Cause, Judged, Probe, Verdict

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


def with_proven_mends(
    causes: tuple[Cause, ...], judged: Sequence[Judged], probes: Sequence[Probe]
) -> tuple[Cause, ...]:
    """Gives the rejection of the whole request the mend that other probes have proved, where it has none."""
    enough = [probe.what.removeprefix(ALL_BUT) for probe in probes if _is_enough(probe)]
    if not enough:
        return causes
    text = next((one.verdict.cause for one in judged if one.case == WHOLE and one.verdict.outcome == "fail"), "")
    mend = f"leave {' or '.join(enough)} out: all the rest together is accepted"
    return tuple(dataclasses.replace(one, mend=one.mend or mend) if one.text == text else one for one in causes)


def _is_enough(probe: Probe) -> bool:
    return probe.what.startswith(ALL_BUT) and probe.result == "accepted"
