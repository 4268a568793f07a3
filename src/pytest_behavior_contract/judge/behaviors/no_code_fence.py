"""The reply has no code fence."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.payload import payload_of
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class NoCodeFence:
    """The reply has no fenced block of code.

    ```yaml
    expect: [no_code_fence]
    ```

    Causes: ``fenced in ```LANGUAGE`` where the fence is all around the reply, `code fence in the text` where it is a
    part of it.
    Limits: only fences at the head of a line; code in single backticks and indented code pass.
    """

    def check(self, reply: Reply) -> Verdict:
        payload = payload_of(reply.text, "content")
        if payload.form == "bare":
            return passed("no code fence")
        if payload.form == "fenced":
            return failed(payload.where, reply.text, mend="strip the fence; what is inside has none")
        return failed("code fence in the text", reply.text)
