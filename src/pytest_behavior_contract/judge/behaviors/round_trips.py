"""A reply can be sent back as part of the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pytest_behavior_contract.exchange import FollowUp, Prompt, Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class RoundTrips:
    """The reply can be sent back, with the next turn behind it: a probe of two requests.

    ```yaml
    prompt: Where is order 4711?
    tools: [{name: get_order}]
    expect: [{round_trips: {echo: plain, result: "In Turin."}}]
    ```

    `echo` says how your code keeps a reply: `whole` as it came, thinking and reasoning blocks and all, as the SDKs'
    own objects are sent back; `plain` without what is neither text nor call; `empty-text` like plain, with the text ""
    beside a tool call instead of none. Then come the results of all tools that were called, each `result`, or where
    none was called the user's next turn, `say`. Both requests are recorded. Where the clause has tools the first reply
    must call one, or there is nothing to judge; `needs_calls: false` takes any reply.
    Causes: `reply sent back: ` and the cause of the rejection, as in `reply sent back: request rejected: history
    without its thinking`; the cause alone where the first request is rejected already.
    Limits: it shows that the second request is taken, not that its answer makes sense. A conversation that the server
    keeps itself (`previous_response_id`) is not tried.
    """

    deterministic: ClassVar[bool] = True
    probe: ClassVar[bool] = True
    judges_rejection: ClassVar[bool] = True
    echo: Literal["whole", "plain", "empty-text"] = "whole"
    say: str = "Thank you. Go on."
    result: str = "{}"
    needs_calls: bool = True

    def __post_init__(self) -> None:
        if not self.say:
            raise ValueError("say is empty; the user's next turn needs words")

    def follow_up(self, prompt: Prompt) -> FollowUp:
        needs_calls = self.needs_calls and bool(prompt.tools)
        return FollowUp(echo=self.echo, say=self.say, result=self.result, needs_calls=needs_calls)

    def check(self, reply: Reply) -> Verdict:
        rejection = reply.rejection
        if rejection is None and reply.first is None:
            return Verdict(outcome="error", cause="not sent back", evidence="there is no reply to a second request")
        if rejection is None:
            return passed("the second request is accepted")
        cause = rejection.cause if rejection.status else rejection.message
        if reply.first is None:
            return failed(cause, rejection.message, mend=rejection.mend)
        return failed(f"reply sent back: {cause}", rejection.message, mend=rejection.mend)
