"""Asked again, or in other words, the model gives the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge import answers
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class SameAnswer:
    """Repeats of a prompt, or several wordings of it, get the same answer.

    ```yaml
    wordings:
      - Is Berlin the capital of Germany? Answer Yes or No.
      - Answer Yes or No. Germany's capital is Berlin, isn't it?
    expect:
      - same_answer: {labels: ["Yes", "No"]}
    ```

    What is compared: with `labels`, which of them the reply gives as its answer; with `field`, the value at a path in
    the reply's JSON, such as `order.items.0.sku`; else the text, `exact` or (the default) `normalised`, without case,
    white space and punctuation around it, and JSON without the order of its keys. A clause with `wordings` or `swap`
    compares the replies of one round over all of them; any other compares every two neighbouring repeats of a prompt,
    the first with the second, the third with the fourth: no reply counts twice. `rate` is promised of these rounds
    or pairs. The clause's other expectations are still held against every reply.
    Causes: `answers differ: No / Yes` (with labels), `values of FIELD differ`, `answers differ`; `no answer: none of
    the labels`, `no answer: no JSON`, `no answer: no field 'x'`, `no answer: empty reply`.
    Limits: agreement is not truth: a model that is always wrong agrees with itself. Among several labels in one reply
    the announced one counts ("the answer is B"), else the first word, else the last mention. `normalised` does not
    see that two sentences mean the same.
    """

    group: ClassVar[bool] = True
    by: Literal["exact", "normalised"] = "normalised"
    labels: tuple[str, ...] = ()
    field: str = ""

    def __post_init__(self) -> None:
        if self.labels and self.field:
            raise ValueError("either `labels` or `field` says what is compared, not both")
        if self.labels and (len(self.labels) < 2 or not all(one.strip() for one in self.labels)):
            raise ValueError("labels should be two or more texts")
        if len({one.casefold() if len(one) > 1 else one for one in self.labels}) < len(self.labels):
            raise ValueError("the same label stands twice in labels")

    def compare(self, replies: Sequence[Reply]) -> Verdict:
        found = []
        for reply in replies:
            try:
                found.append(self._answer(reply))
            except answers.NoAnswer as error:
                return failed(f"no answer: {error}", reply.text)
        if len(set(found)) == 1:
            return passed(f"each answers {quoted(found[0])}")
        if self.labels:
            return failed(f"answers differ: {' / '.join(sorted(set(found)))}", " · ".join(found))
        cause = f"values of {self.field} differ" if self.field else "answers differ"
        return failed(cause, _where(found))

    def _answer(self, reply: Reply) -> str:
        if not reply.text.strip() and not reply.refusal:
            raise answers.NoAnswer("empty reply")
        if self.labels:
            return answers.label(reply, self.labels)
        if self.field:
            return answers.json_field(reply, self.field)
        if not reply.text.strip():
            return reply.refusal
        return answers.exact(reply) if self.by == "exact" else answers.normalised(reply)


def _where(found: list[str]) -> str:
    """The texts from shortly before they part."""
    other = next(one for one in found if one != found[0])
    place = answers.first_difference(found[0], other)
    start = max(0, place - 20)
    shown = " against ".join(repr(excerpt(one[start:], 60)) for one in (found[0], other))
    return f"{shown} (from character {start + 1})" if start else shown
