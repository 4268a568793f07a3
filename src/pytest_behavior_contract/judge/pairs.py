"""The replies to prompts that differ in one thing, to verdicts on how they differ."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Sample
from pytest_behavior_contract.interfaces import PairBehavior
from pytest_behavior_contract.judge.promise import BETA, Promise
from pytest_behavior_contract.judge.proportions import straight
from pytest_behavior_contract.judge.statistics.alike import Alike
from pytest_behavior_contract.judge.verdicts import REPLY_CHARACTERS, excerpt, failed, named, passed
from pytest_behavior_contract.results import Judged


class Pairs:
    """The comparisons of every two variants of a swapped prompt."""

    def __init__(self, clause: Clause, alpha: float) -> None:
        self._behaviors: Sequence[PairBehavior] = clause.pairs
        self.promises: list[Promise] = []
        self._keys: dict[tuple[int, str, str, str], Promise] = {}
        variants = list(dict.fromkeys(case.variant for case in clause.cases if case.part == "replies"))
        for index, behavior in enumerate(clause.pairs):
            for measure, margin in behavior.margins().items():
                planned = clause.samples or max(60, int(2.5 * straight((1 - margin) / 2, BETA) * 2))
                for first, second in itertools.combinations(variants, 2):
                    promise = Promise(
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
                    verdict=named(verdict, behavior),
                    part=promise.name,
                    prompt=excerpt(case.prompt.text),
                    reply=excerpt(f"{first}: {left.text} · {second}: {right.text}", REPLY_CHARACTERS),
                )
            )
        return judged
