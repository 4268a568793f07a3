"""Expectations made of other expectations."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from pytest_behavior_contract.ask.jury import judges_of, open_questions, questions_of
from pytest_behavior_contract.exchange import Prompt, Question, Reply
from pytest_behavior_contract.interfaces import Behavior
from pytest_behavior_contract.judge.verdicts import failed, passed, unready_of
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Not:
    """The other expectation does not hold.

    ```yaml
    expect:
      - not: {contains: "```"}
    ```

    Causes: `not wanted: ` and what the other expectation found.
    """

    members: ClassVar[str] = "one"
    expectation: Behavior

    @property
    def unready(self) -> str:
        return unready_of((self.expectation,))

    @property
    def judges(self) -> tuple[str, ...]:
        return judges_of((self.expectation,))

    def questions(self, prompt: Prompt, reply: Reply) -> tuple[Question, ...]:
        return questions_of(self.expectation, prompt, reply)

    @property
    def judges_rejection(self) -> bool:
        return bool(getattr(self.expectation, "judges_rejection", False))

    def check(self, reply: Reply) -> Verdict:
        inner = self.expectation.check(reply)
        if inner.outcome == "error":
            return inner
        if not inner.passed:
            return passed(inner.cause)
        return failed(f"not wanted: {inner.evidence or 'it holds'}")


@dataclass(frozen=True, kw_only=True)
class Any:
    """At least one of the expectations holds.

    ```yaml
    expect:
      - any: [{contains: Lisbon}, {contains: Lisboa}]
    ```

    Causes: those of all members, joined by `and`.
    """

    members: ClassVar[str] = "many"
    expectations: tuple[Behavior, ...]

    @property
    def unready(self) -> str:
        return unready_of(self.expectations)

    @property
    def judges(self) -> tuple[str, ...]:
        return judges_of(self.expectations)

    def questions(self, prompt: Prompt, reply: Reply) -> tuple[Question, ...]:
        for one in self.expectations:
            found = questions_of(one, prompt, reply)
            if found or one.check(reply).passed:
                return found
        return ()

    @property
    def judges_rejection(self) -> bool:
        return any(getattr(one, "judges_rejection", False) for one in self.expectations)

    def check(self, reply: Reply) -> Verdict:
        failures = []
        for behavior in self.expectations:
            verdict = behavior.check(reply)
            if verdict.passed:
                return verdict
            failures.append(verdict)
        error = next((verdict for verdict in failures if verdict.outcome == "error"), None)
        if error is not None:
            return error
        return failed(" and ".join(verdict.cause for verdict in failures), failures[0].evidence)


@dataclass(frozen=True, kw_only=True)
class All:
    """All of the expectations hold; for use within `any` and `not`.

    ```yaml
    expect:
      - not:
          all: [{contains: sorry}, {max_words: 20}]
    ```

    Causes: that of the first member that fails.
    """

    members: ClassVar[str] = "many"
    expectations: tuple[Behavior, ...]

    @property
    def unready(self) -> str:
        return unready_of(self.expectations)

    @property
    def judges(self) -> tuple[str, ...]:
        return judges_of(self.expectations)

    def questions(self, prompt: Prompt, reply: Reply) -> tuple[Question, ...]:
        return open_questions(self.expectations, prompt, reply)

    @property
    def judges_rejection(self) -> bool:
        return any(getattr(one, "judges_rejection", False) for one in self.expectations)

    def check(self, reply: Reply) -> Verdict:
        found = []
        for behavior in self.expectations:
            verdict = behavior.check(reply)
            if not verdict.passed:
                return verdict
            found.append(verdict.evidence)
        return dataclasses.replace(passed(), evidence=" and ".join(evidence for evidence in found if evidence))
