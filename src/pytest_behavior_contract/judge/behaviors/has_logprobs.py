"""The reply carries log probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_behavior_contract.ask.wire import objects_at
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.on_record import ANTHROPIC, CHAT, not_on_record, stream_events, surface_of
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class HasLogprobs:
    """The tokens of the text come with their log probabilities.

    ```yaml
    parameters: {top_logprobs: 3}
    expect:
      - has_logprobs: {top: 3}
    ```

    `top` is how many alternatives each token must have at least.
    Causes: `no logprobs`, `logprobs without a number`, `N top_logprobs, not N`; an error where nothing of the wire is
    on record. Anthropic's API has none to give; there the parameter is a finding already.
    Limits: not every token is held against the text. A reply of calls alone has none, and fails.
    """

    top: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.top <= 20:
            raise ValueError(f"top is a count from 0 to 20, is {self.top}")

    def check(self, reply: Reply) -> Verdict:
        surface = surface_of(reply)
        if not surface:
            return not_on_record(reply, "log probabilities")
        tokens = [] if surface == ANTHROPIC else _in_chat(reply) if surface == CHAT else _in_responses(reply)
        if not tokens:
            return failed("no logprobs", reply.text)
        if not all(isinstance(token.get("logprob"), int | float) for token in tokens):
            return failed("logprobs without a number", repr(tokens[0])[:400])
        fewest = min(len(objects_at(token, "top_logprobs")) for token in tokens)
        if fewest < self.top:
            return failed(f"{fewest} top_logprobs, not {self.top}", reply.text)
        return passed(f"{len(tokens)} tokens with logprobs")


def _in_chat(reply: Reply) -> list[dict[str, Any]]:
    chunks = [chunk for _, chunk in stream_events(reply)] or [dict(reply.payload)]
    choices = [choice for chunk in chunks for choice in objects_at(chunk, "choices")]
    return [token for choice in choices for token in objects_at(choice, "logprobs", "content")]


def _in_responses(reply: Reply) -> list[dict[str, Any]]:
    parts = [part for item in objects_at(dict(reply.payload), "output") for part in objects_at(item, "content")]
    return [token for part in parts for token in objects_at(part, "logprobs")]
