"""What a reply begins with."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.ask.wire import pick
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_name
from pytest_behavior_contract.judge.on_record import CHAT, surface_of
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class FirstBlock:
    """The first block of the content is of this kind, or of one of several: what `content[0].text` takes for granted.

    ```yaml
    expect:
      - first_block: text
      - first_block: [text, tool_use]
    ```

    The kinds are `text`, `tool_use`, `thinking`, the same for every surface, and whatever else a server sends under its
    own name.
    Causes: `first block is KIND, not KIND`, `no block`.
    Limits: on OpenAI's Chat API reasoning stands beside the content, in a field of its own, and is no block of it; only
    where the content itself is a list can anything precede the text.
    """

    kind: str | tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.kind:
            raise ValueError("name the kinds that are expected, such as text")

    def check(self, reply: Reply) -> Verdict:
        wanted = (self.kind,) if isinstance(self.kind, str) else self.kind
        blocks = _blocks(reply)
        if not blocks:
            return failed("no block", f"finished by {reply.finish_reason or 'nothing'}")
        if blocks[0] in wanted:
            return passed(f"begins with {blocks[0]}")
        return failed(f"first block is {shown_name(blocks[0])}, not {' or '.join(wanted)}", ", ".join(blocks))


def _blocks(reply: Reply) -> tuple[str, ...]:
    in_a_list = pick(dict(reply.payload), "choices", 0, "message", "content", kind=list) is not None
    if surface_of(reply) == CHAT and reply.blocks[:1] == ("thinking",) and not in_a_list:
        return reply.blocks[1:]
    return reply.blocks
