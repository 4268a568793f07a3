"""The reply is a judge's verdict."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.rubrics import PASS_OR_FAIL, Opinion, read_opinion
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class GivesVerdict:
    """The reply holds a verdict that `judged` can read: for contracts about a judge itself.

    ```yaml
    prompt: 'Is "Paris." the capital of France? Answer as {"reason": "one sentence", "verdict": "pass or fail"}.'
    expect:
      - gives_verdict: {verdict: pass}
    ```

    The verdict is a JSON object with `verdict`, bare, in a fence or within prose; several must say the same.
    `verdict` is the right one; without it either will do. `one_of` lists the words that a judge of your own uses
    in the place of pass and fail. If your own code parses the judge's answers more strictly, say so with `json`.
    Causes: `no verdict in the reply`, `the verdict is none of pass, fail`, `verdicts that contradict each other`,
    `the verdict is fail, not pass`.
    """

    verdict: str | None = None
    one_of: tuple[str, ...] = PASS_OR_FAIL

    def __post_init__(self) -> None:
        if len(self.one_of) < 2 or any(word != word.strip().casefold() or not word for word in self.one_of):
            raise ValueError("one_of lists at least two words in lower case")
        if self.verdict is not None and self.verdict not in self.one_of:
            raise ValueError(f"verdict should be one of {', '.join(self.one_of)}, is {self.verdict!r}")

    def check(self, reply: Reply) -> Verdict:
        found = read_opinion(reply.text, self.one_of)
        if not isinstance(found, Opinion):
            return failed(found, reply.text)
        if self.verdict is not None and found.verdict != self.verdict:
            return failed(f"the verdict is {found.verdict}, not {self.verdict}", found.reason)
        return passed(f"the verdict is {found.verdict}")
