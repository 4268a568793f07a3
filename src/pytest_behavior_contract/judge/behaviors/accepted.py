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
    probe: [whole, parts]
    expect: [accepted]
    ```

    Without `probe` the request is asked as a whole, which needs no prompt: "Say OK." is asked. With it, each of the
    probes is a request of its own.
    Causes: `parameter rejected: NAME`, `parameter rejected: NAME + NAME` where they are refused together,
    `request rejected: PART` (order of roles, assistant prefill, image, …), `request rejected`, and what the API has no
    word for: `openai-responses has no stop`.
    Limits: a parameter that the server takes and ignores passes; `honours` looks for that. What a server says of its
    refusal is read in English.
    """

    deterministic: ClassVar[bool] = True
    probe: ClassVar[bool] = True
    judges_rejection: ClassVar[bool] = True

    def check(self, reply: Reply) -> Verdict:
        if reply.rejection is None:
            return passed("accepted")
        cause = reply.rejection.cause if reply.rejection.status else reply.rejection.message
        return failed(cause, reply.rejection.message, mend=reply.rejection.mend)
