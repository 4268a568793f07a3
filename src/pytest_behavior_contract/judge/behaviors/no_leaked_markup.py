"""Nothing in the text was meant for a machine."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.leaks import KINDS, LeakKind, leaks
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_CAUSES = {
    "thinking": "thinking in the text",
    "tools": "tool call in the text",
    "template": "chat template in the text",
}


@dataclass(frozen=True, kw_only=True)
class NoLeakedMarkup:
    """The text has no thinking tags, no syntax of tool calls and no tokens of a chat template.

    ```yaml
    expect:
      - no_leaked_markup
      - no_leaked_markup: {kinds: [thinking]}
      - no_leaked_markup: {allow: ["<reasoning>"]}
    ```

    `kinds` are what is looked for: `thinking` (`<think>` and its kin), `tools` (`<tool_call>`, `[TOOL_CALLS]`,
    `<function=`, a JSON object of a name and arguments, and their kin), `template` (`<|im_end|>`, `[INST]` and their
    kin); all of them where it is left out. `allow` are marks that the prompt asks for.
    Causes: `thinking in the text: MARK`, `tool call in the text: MARK`, `chat template in the text: MARK`.
    Limits: known marks only, in code fences as well. A reply that explains such a mark has it.
    """

    kinds: tuple[LeakKind, ...] = KINDS
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.kinds:
            raise ValueError("kinds must not be empty")

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        for mark in self.allow:
            text = text.replace(mark, " ").replace(f"</{mark.removeprefix('<')}", " ")
        found = next(leaks(text, self.kinds), None)
        if found is None:
            return passed("no markup")
        return failed(f"{_CAUSES[found.kind]}: {found.mark}", text[found.start :])
