"""The reply ended for an expected reason."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_name
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class FinishReason:
    """The reply ended for this reason, or for one of several.

    ```yaml
    expect:
      - finish_reason: stop
      - finish_reason: [stop, tool_calls]
    ```

    The words are `stop`, `length`, `tool_calls`, `content_filter`, `refusal`, the same for every surface
    (Anthropic's `end_turn` is `stop`); a surface's own word is accepted too.
    Causes: `finished by REASON`, `no finish reason`.
    """

    reason: str | tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("name the reasons that are expected, such as stop")

    def check(self, reply: Reply) -> Verdict:
        wanted = (self.reason,) if isinstance(self.reason, str) else self.reason
        if {reply.finish_reason, reply.raw_finish_reason} & set(wanted):
            return passed(f"finished by {reply.finish_reason}")
        if not reply.finish_reason:
            return failed("no finish reason", reply.text)
        return failed(f"finished by {shown_name(reply.finish_reason)}", reply.text)
