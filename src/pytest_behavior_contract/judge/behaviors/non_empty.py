"""The reply says something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.on_record import reasoning_tokens
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class NonEmpty:
    """The reply says something: text other than white space, or a tool call.

    ```yaml
    expect:
      - non_empty
      - non_empty: {of: text}
    ```

    `of: text` wants text even where there are calls.
    Causes: `empty reply: reasoning ate the token limit` (cut off, and the usage or a block of thinking shows where the
    tokens went), `empty reply: cut off by the token limit`, `empty reply: refused`, `empty reply: content filter`,
    `empty reply: calls alone`, `empty reply`.
    Limits: reasoning that neither usage nor blocks show is called cut off.
    """

    of: Literal["text or calls", "text"] = "text or calls"

    def check(self, reply: Reply) -> Verdict:
        if reply.text.strip():
            return passed()
        if reply.tool_calls and self.of == "text or calls":
            return passed(f"calls {reply.tool_calls[0].name}")
        thought = reasoning_tokens(reply)
        evidence = f"finished by {reply.raw_finish_reason or reply.finish_reason or 'nothing'}"
        if reply.usage is not None:
            evidence += f", {reply.usage.output_tokens} output tokens"
        if thought is not None:
            evidence += f", {thought} of them reasoning"
        return failed(f"empty reply{_why(reply, thought)}", evidence)


def _why(reply: Reply, thought: int | None) -> str:
    if reply.finish_reason == "content_filter":
        return ": content filter"
    if reply.refusal or reply.finish_reason == "refusal":
        return ": refused"
    if reply.tool_calls:
        return ": calls alone"
    if reply.finish_reason == "length":
        return (
            ": reasoning ate the token limit"
            if thought or "thinking" in reply.blocks
            else ": cut off by the token limit"
        )
    return ""
