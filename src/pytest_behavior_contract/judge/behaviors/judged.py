"""The reply meets a rubric, as another model judges it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pytest_behavior_contract.exchange import Prompt, Question, Reply
from pytest_behavior_contract.judge.calibration import Labelled
from pytest_behavior_contract.judge.rubrics import PASS_OR_FAIL, opinion_of, rubric_prompt, settled
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_KEYS = ("prompt", "reply", "label", "rubric")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The reply meets a rubric, as another endpoint judges it.

    ```yaml
    expect:
      - judged: {rubric: The reply apologises once and offers a refund., by: local-2}
    ```

    `by` names an endpoint, or is API:MODEL. Where it is left out, the `judge` of the configuration is asked, never by
    itself the endpoint under test. `examples` is a JSONL or CSV file (or a list) of replies that people have labelled:
    `reply`, `label` (pass or fail) and, where it matters, `prompt`; `rubric` where the clause's own has slots. The
    judge judges them too, and the clause is decided with what that shows of its errors; without examples it is decided
    as judged. The judge answers with a small JSON object. An answer without a verdict is asked for again, three times
    in all; then the reply counts as unanswered, neither as pass nor as fail.
    Causes: `judged not to meet` and the rubric. Where there is no verdict: `judge gave no verdict`, or `judge: ` and
    why it could not be asked.
    Limits: a judge errs, and some replies talk it round; models favour their own replies. 50 labelled examples of each
    kind tell how far it can be trusted.
    """

    files: ClassVar[tuple[str, ...]] = ("examples",)
    rubric: str
    by: str = ""
    examples: tuple[Mapping[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.rubric.strip():
            raise ValueError("rubric is empty: say in a sentence what the reply must be like")
        for number, example in enumerate(self.examples, 1):
            _check_example(example, number)
        labels = {example["label"] for example in self.examples}
        if self.examples and len(labels) < 2:
            raise ValueError(
                f"examples are all labelled {labels.pop()}; a judge shows what it is worth on both kinds, 50 of each"
            )

    @property
    def judges(self) -> tuple[str, ...]:
        return (self.by,)

    def questions(self, prompt: Prompt, reply: Reply) -> tuple[Question, ...]:
        answers = reply.answers.get(self._key, ())
        if settled(answers, PASS_OR_FAIL):
            return ()
        asked = rubric_prompt(self.rubric, prompt, reply)
        return (Question(key=self._key, judge=self.by, prompt=asked, attempt=len(answers)),)

    def check(self, reply: Reply) -> Verdict:
        found = opinion_of(reply.answers.get(self._key, ()), PASS_OR_FAIL)
        if isinstance(found, Verdict):
            return found
        if found.verdict == "pass":
            return passed(f"meets {quoted(self.rubric, 80)}")
        return failed(f"judged not to meet {quoted(self.rubric, 80)}", found.reason)

    def labelled(self) -> tuple[Labelled, ...]:
        """The examples, each with the check that the judge is asked for."""
        return tuple(
            Labelled(
                prompt=Prompt(messages=({"role": "user", "content": one["prompt"]},) if one.get("prompt") else ()),
                reply=Reply(text=one["reply"]),
                passes=one["label"] == "pass",
                check=dataclasses.replace(self, rubric=one.get("rubric") or self.rubric, examples=()),
            )
            for one in self.examples
        )

    @property
    def _key(self) -> str:
        return f"judged\0{self.by}\0{self.rubric}"


def _check_example(example: Mapping[str, str], number: int) -> None:
    for key in example:
        if key not in _KEYS:
            raise ValueError(f"examples: number {number} has the key {key!r}; an example has {', '.join(_KEYS)}")
    if "reply" not in example:
        raise ValueError(f"examples: number {number} has no `reply`")
    if example.get("label") not in PASS_OR_FAIL:
        raise ValueError(f"examples: number {number}: label should be pass or fail, is {example.get('label')!r}")
