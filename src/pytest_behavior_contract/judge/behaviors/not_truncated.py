"""The reply was not cut off."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_calls
from pytest_behavior_contract.judge.on_record import not_on_record, token_limit
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_WINDOW = "model_context_window_exceeded"


@dataclass(frozen=True, kw_only=True)
class NotTruncated:
    """The reply came to its end before the token limit did.

    ```yaml
    parameters: {max_output_tokens: 300}
    expect:
      - not_truncated
      - not_truncated: {within: 0.8}
    ```

    `within` warns early: the reply may use at most this share of the limit that the request names. A model with another
    tokenizer needs more tokens for the same text.
    Causes: `cut off by the token limit`, `cut off by the context window`, `uses more than 80% of the token limit`; with
    `within` an error where the request names no limit or the reply no usage.
    Limits: believes the finish reason.
    """

    within: float | None = None

    def __post_init__(self) -> None:
        if self.within is not None and not 0 < self.within <= 1:
            raise ValueError(f"within is a share above 0 and at most 1, such as 0.8, is {self.within}")

    def check(self, reply: Reply) -> Verdict:
        if reply.raw_finish_reason == _WINDOW:
            return failed("cut off by the context window", shown_calls(reply)[-200:])
        if reply.finish_reason == "length":
            return failed("cut off by the token limit", shown_calls(reply)[-200:])
        if self.within is None:
            return passed(f"finished by {reply.finish_reason or 'nothing'}")
        limit = token_limit(reply)
        if limit is None:
            if reply.exchange is None:
                return not_on_record(reply, "the token limit")
            return Verdict(
                outcome="error",
                cause="no token limit in the request",
                evidence="give the clause `parameters: {max_output_tokens: …}`, or leave `within` out",
            )
        if reply.usage is None:
            return Verdict(outcome="error", cause="no usage to hold against the token limit", evidence=f"limit {limit}")
        used = f"{reply.usage.output_tokens} of {limit} tokens"
        if reply.usage.output_tokens > self.within * limit:
            return failed(f"uses more than {self.within:.0%} of the token limit", used)
        return passed(used)
