"""The reply says what it cost."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.ask.wire import pick
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.on_record import CHAT, came_as_stream, surface_of, usage_was_asked_for
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_OUTPUT = ("completion_tokens", "output_tokens")
_INPUT = ("prompt_tokens", "input_tokens")


@dataclass(frozen=True, kw_only=True)
class HasUsage:
    """The reply reports its tokens, input and output.

    ```yaml
    expect: [has_usage]
    ```

    For a stream it is the usage that its last events carry.
    Causes: `no usage`, `no usage: the stream was not asked for it` (OpenAI's Chat API wants
    `request: {stream_options: {include_usage: true}}`), `usage without output tokens`, `usage without input tokens`,
    `usage counts no output tokens`.
    Limits: says nothing of whether the counts are right.
    """

    def check(self, reply: Reply) -> Verdict:
        if reply.usage is None:
            unasked = came_as_stream(reply) and surface_of(reply) == CHAT and not usage_was_asked_for(reply)
            return failed("no usage: the stream was not asked for it" if unasked else "no usage", reply.text)
        document = dict(reply.payload)
        if pick(document, "usage", kind=dict) is not None:
            for side, names in (("output", _OUTPUT), ("input", _INPUT)):
                if all(pick(document, "usage", name, kind=int) is None for name in names):
                    return failed(f"usage without {side} tokens", repr(document.get("usage"))[:400])
        if reply.text and not reply.usage.output_tokens:
            return failed("usage counts no output tokens", reply.text)
        return passed(f"{reply.usage.input_tokens} in, {reply.usage.output_tokens} out")
