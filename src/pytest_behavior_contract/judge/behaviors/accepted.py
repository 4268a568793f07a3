"""The endpoint takes the request as it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The request is accepted: a probe, asked once a prompt and decided without statistics.

    ```yaml
    request: {temperature: 0, max_tokens: 300}
    expect: [accepted]
    ```

    Causes: `parameter rejected: NAME`, `request rejected`.
    Limits: a parameter that the server takes and ignores passes.
    """

    deterministic: ClassVar[bool] = True
    judges_rejection: ClassVar[bool] = True

    def check(self, reply: Reply) -> Verdict:
        if reply.rejection is None:
            return passed("accepted")
        return failed(reply.rejection.cause, reply.rejection.message)
