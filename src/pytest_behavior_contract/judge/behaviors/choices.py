"""So many answers come to one request."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The response holds so many choices, as many as `choices` (OpenAI's `n`) asked for.

    ```yaml
    parameters: {choices: 3}
    expect:
      - choices: 3
    ```

    Causes: `N choices, not N`.
    Limits: APIs without `n` have one choice always; there the parameter itself is a finding.
    """

    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"a response has at least one choice, not {self.count}")

    def check(self, reply: Reply) -> Verdict:
        if reply.choices == self.count:
            return passed(f"{reply.choices} choices")
        return failed(f"{reply.choices} choice{'s' * (reply.choices != 1)}, not {self.count}", reply.text)
