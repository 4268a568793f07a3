"""The reply repeats what was asked."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, unable
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class RepeatsPrompt:
    """The reply begins with the prompt, word for word.

    ```yaml
    prompt: "Repeat this request, then answer it: {request}"
    cases: [{request: "Where is Turin?"}]
    expect:
      - repeats_prompt: {text: "{request}"}
    ```

    `text` is what must be repeated; where it is left out, the last message that was sent. `anywhere` lets it stand
    anywhere in the reply. Letter case and the width of white space are forgiven. `not: repeats_prompt` is the promise
    that the prompt is not echoed at the beginning.
    Causes: `prompt not repeated`, `text before the repeated prompt`, `prompt repeated in part`, `empty reply`.
    Limits: without `text` and without a recorded request there is nothing to compare, which is an error.
    """

    text: str = ""
    anywhere: bool = False

    def check(self, reply: Reply) -> Verdict:
        asked = self.text or (reply.exchange.request.question if reply.exchange is not None else "")
        wanted = _plain(asked)
        if not wanted:
            return unable("the prompt is not known; give it as `text`")
        found = _plain(reply.text)
        if not found:
            return failed("empty reply")
        place = found.find(wanted)
        if place == 0 or (place > 0 and self.anywhere):
            return passed("repeats the prompt")
        if place > 0:
            return failed("text before the repeated prompt", reply.text)
        in_part = len(wanted) >= 40 and wanted[: len(wanted) // 2] in found
        return failed("prompt repeated in part" if in_part else "prompt not repeated", reply.text)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
