"""In which order a clause's prompts are asked, how many at once, and when to stop; no input or output of its own.

A walk yields batches of units to ask and is sent their samples. The same walk serves replay and live runs, so both
see the same verdicts in the same order and come to the same decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Sample


@dataclass(frozen=True, slots=True)
class Unit:
    """What is asked together and judged as one: a case, or all variants of a swapped prompt."""

    part: str
    position: int
    cases: tuple[Case, ...]
    k: int


class Listener(Protocol):
    """What judges samples while they come in."""

    def parts(self) -> Sequence[str]: ...

    def planned(self, part: str) -> int:
        """The cap on units of this part."""
        ...

    def further(self, part: str) -> int:
        """How many more units of this part are wanted now; 0 for none."""
        ...

    def add(self, part: str, samples: tuple[Sample, ...]) -> None: ...


class Schedule:
    """The order of one part's units: rounds over all topics, each round shuffled anew, always in the same way.

    The order of a round does not depend on how many topics there are, so that a new case leaves the others in place.
    """

    def __init__(self, clause: Clause, part: str) -> None:
        topics: dict[str, list[Case]] = {}
        for case in clause.cases:
            if case.part == part:
                topics.setdefault(case.topic or case.id, []).append(case)
        self._part = part
        self._name = clause.name
        self._topics = topics
        self._rounds: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self._topics)

    def unit(self, position: int) -> Unit:
        number, index = divmod(position, len(self._topics))
        if number not in self._rounds:
            self._rounds[number] = sorted(self._topics, key=lambda topic: self._rank(number, topic))
        topic = self._rounds[number][index]
        return Unit(self._part, position, tuple(self._topics[topic]), number)

    def _rank(self, number: int, topic: str) -> bytes:
        return hashlib.sha256(f"{self._name}\0{self._part}\0{number}\0{topic}".encode()).digest()


Samples = tuple[Sample, ...] | None
"""The samples of a unit; None where the recordings have come to their end."""


def walk(clause: Clause, listener: Listener) -> Generator[list[Unit], list[Samples], None]:
    """Yields batches of units; is sent what came back for each, in the same order."""
    schedules = {part: Schedule(clause, part) for part in listener.parts()}
    positions = dict.fromkeys(schedules, 0)
    while True:
        batch: list[Unit] = []
        for part, schedule in schedules.items():
            wanted = min(listener.further(part), listener.planned(part) - positions[part]) if len(schedule) else 0
            batch += [schedule.unit(positions[part] + step) for step in range(wanted)]
            positions[part] += max(0, wanted)
        if not batch:
            return
        answers = yield batch
        ended: set[str] = set()
        for unit, samples in zip(batch, answers, strict=True):
            if samples is None:
                ended.add(unit.part)
            elif unit.part not in ended:
                listener.add(unit.part, samples)
        for part in ended:
            del schedules[part]
