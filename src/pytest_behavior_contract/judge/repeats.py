"""Samples of a clause to the groups that should say the same: pairs of repeats, or rounds over a prompt's variants.

No reply enters two groups. Comparing all pairs of twenty repeats would count each reply nineteen times, and the
decision would be surer than the replies are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Reply, Sample
from pytest_behavior_contract.interfaces import GroupBehavior
from pytest_behavior_contract.judge.verdicts import REPLY_CHARACTERS, excerpt, said
from pytest_behavior_contract.results import Judged, Verdict

_UNIQUE = re.compile(r"[A-Za-z0-9]{8}$")
"""How ids end that no two answers share; a server that numbers its answers `chatcmpl-1` tells nothing by it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Replies that should say the same."""

    topic: str
    k: int
    members: tuple[tuple[Case, Sample], ...]

    def judged(self, behavior: GroupBehavior, part: str) -> Judged:
        """What a behavior says of it; an error where one of the replies is missing or no reply of its own."""
        verdict = self._problem() or behavior.compare([_reply(sample) for _, sample in self.members])
        shown = " · ".join(f"{_name(case, sample)}: {_text(sample)}" for case, sample in self.members)
        found = f"{verdict.evidence} ← {shown}" if verdict.outcome == "fail" else shown
        prompts = dict.fromkeys(case.prompt.text for case, _ in self.members)
        return Judged(
            case=self.topic,
            k=self.k,
            verdict=verdict,
            part=part,
            prompt=excerpt(" · ".join(prompts)),
            reply=excerpt(found, REPLY_CHARACTERS),
        )

    def _problem(self) -> Verdict | None:
        for _, sample in self.members:
            if sample.reply is None:
                return Verdict(outcome="error", cause=sample.error, evidence=excerpt(sample.detail))
            if sample.reply.rejection is not None:
                return Verdict(
                    outcome="error", cause="request rejected", evidence=excerpt(sample.reply.rejection.message)
                )
        replies = [_reply(sample) for _, sample in self.members]
        first = replies[0].payload
        # A cache gives the whole answer again, its id included: that is one sample, not two that agree.
        name = str(first.get("id", ""))
        if _UNIQUE.search(name) and all(_is_same(one.payload, first) for one in replies[1:]):
            evidence = excerpt(f"id {name}")
            return Verdict(outcome="error", cause="the same answer came twice, as from a cache", evidence=evidence)
        return None


class Repeats:
    """Gathers the samples of one clause into groups."""

    def __init__(self, clause: Clause) -> None:
        cases = [case for case in clause.cases if case.part == "replies"]
        self._topics = len({case.topic or case.id for case in cases})
        self._waiting: dict[str, tuple[Case, Sample]] = {}
        self._taken = 0
        self.by_variants = len(cases) > self._topics
        """Whether a group is one round over a prompt's variants, not two repeats of one prompt."""

    @property
    def unit(self) -> str:
        return "rounds over the variants" if self.by_variants else "pairs of repeats"

    @property
    def size(self) -> int:
        """How many units of questions a group takes."""
        return 1 if self.by_variants else 2

    def units(self, groups: int) -> int:
        """After how many units of questions so many groups are there: the second round over all topics pairs."""
        if self.by_variants or not self._topics:
            return groups
        whole, rest = divmod(groups, self._topics)
        return 2 * self._topics * whole + (self._topics + rest if rest else 0)

    def further(self, groups: int) -> int:
        """How many more units of questions lead to so many groups in all."""
        return max(0, self.units(groups) - self._taken)

    def add(self, samples: tuple[Sample, ...], cases: Mapping[tuple[str, str], Case]) -> Iterator[Group]:
        """Takes the samples of one unit; gives the group that it completes, if it does."""
        self._taken += 1
        members = tuple((cases["replies", sample.case], sample) for sample in samples)
        case, sample = members[0]
        topic = case.topic or case.id
        if self.by_variants:
            yield Group(topic, sample.k, members)
        elif topic in self._waiting:
            yield Group(topic, sample.k, (self._waiting.pop(topic), *members))
        else:
            self._waiting[topic] = members[0]


def _reply(sample: Sample) -> Reply:
    assert sample.reply is not None
    return sample.reply


def _is_same(one: object, other: object) -> bool:
    try:
        return one == other
    except RecursionError:
        return False


def _name(case: Case, sample: Sample) -> str:
    return case.variant or f"#{sample.k + 1}"


def _text(sample: Sample) -> str:
    return sample.error if sample.reply is None else excerpt(said(sample.reply), REPLY_CHARACTERS // 2)
