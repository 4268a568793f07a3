"""In which order a clause's prompts are asked, how many at once, and when to stop; no input or output of its own.

A walk says which units to ask and takes their samples, one unit after the other. The same walk serves replay and live
runs, so both see the same verdicts in the same order and come to the same decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Sample


@dataclass(slots=True)
class Unit:
    """What is asked together and judged as one: a case, or all variants of the swapped prompts of a topic."""

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

    def likely(self, part: str) -> int:
        """How many more units of this part are likely wanted in all, later ones included."""
        ...

    def add(self, part: str, samples: tuple[Sample, ...]) -> bool:
        """Judges the samples of a unit; says whether that may have settled the matter before its batch has ended."""
        ...


class Schedule:
    """The order of one part's units: rounds over all topics, each round shuffled anew, always in the same way.

    The order of a round does not depend on how many topics there are, so that a new case leaves the others in place.
    Where a topic is to be repeated before it counts, its repeats follow each other.
    """

    def __init__(self, clause: Clause, part: str) -> None:
        topics: dict[str, list[Case]] = {}
        for case in clause.cases:
            if case.part == part:
                topics.setdefault(case.topic or case.id, []).append(case)
        self._part = part
        self._name = clause.name
        self._topics = topics
        self._repeats = clause.repeats if part == "replies" else 1
        self._rounds: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self._topics)

    def unit(self, position: int) -> Unit:
        step, repeat = divmod(position, self._repeats)
        number, index = divmod(step, len(self._topics))
        if number not in self._rounds:
            name = f"{self._name}\0{self._part}\0{number}\0"
            self._rounds[number] = sorted(self._topics, key=lambda topic: sha256(f"{name}{topic}".encode()).digest())
        topic = self._rounds[number][index]
        return Unit(self._part, position, tuple(self._topics[topic]), number * self._repeats + repeat)


class Walk:
    """The way through a clause's units: batch after batch, until the listener has enough."""

    def __init__(self, clause: Clause, listener: Listener) -> None:
        self._listener = listener
        self._schedules = {part: Schedule(clause, part) for part in listener.parts()}
        self._positions = dict.fromkeys(self._schedules, 0)

    def batch(self) -> list[Unit]:
        """What to ask next, all at once; nothing where nothing more is wanted."""
        units: list[Unit] = []
        for part, schedule in self._schedules.items():
            position = self._positions[part]
            left = self._listener.planned(part) - position
            wanted = min(self._listener.further(part), left) if len(schedule) else 0
            units += [schedule.unit(position + step) for step in range(wanted)]
            self._positions[part] += max(0, wanted)
        return units

    def take(self, unit: Unit, samples: tuple[Sample, ...]) -> bool:
        """Hands the samples of a batch's next unit on; returns whether the rest of the batch is still wanted."""
        may_be_settled = self._listener.add(unit.part, samples)
        return not may_be_settled or any(self._listener.further(part) for part in self._schedules)

    def likely(self) -> int:
        """How many more units are likely to come, those of the next batch included."""
        return sum(
            min(self._listener.likely(part), self._listener.planned(part) - self._positions[part])
            for part, schedule in self._schedules.items()
            if len(schedule)
        )

    def end(self, part: str) -> None:
        """Nothing more comes for a part: its recordings have come to their end."""
        self._schedules.pop(part, None)
