"""The reply costs so many tokens."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class OutputTokens:
    """The reply takes at most so many output tokens, by the usage that the server reports.

    ```yaml
    expect:
      - output_tokens: 300
    ```

    `at_least` sets a lower bound too. Tokens of reasoning and of tool calls are part of it, as they are of the bill.
    Causes: `more than 300 output tokens`, `fewer than 20 output tokens`. A reply without usage cannot be judged, and
    counts as unmeasured.
    Limits: each model counts in tokens of its own; across models, compare cost or words.
    """

    at_most: int
    at_least: int = 0

    def __post_init__(self) -> None:
        if self.at_most < 1:
            raise ValueError(f"at_most should be at least 1, is {self.at_most}")
        if not 0 <= self.at_least <= self.at_most:
            raise ValueError(f"at_least should lie between 0 and at_most ({self.at_most}), is {self.at_least}")

    def check(self, reply: Reply) -> Verdict:
        if reply.usage is None:
            return Verdict(outcome="error", cause="the server reports no usage")
        tokens = reply.usage.output_tokens
        if tokens > self.at_most:
            return failed(f"more than {self.at_most:,} output tokens", f"{tokens:,}")
        if tokens < self.at_least:
            return failed(f"fewer than {self.at_least:,} output tokens", f"{tokens:,}")
        return passed(f"{tokens:,} output tokens")
