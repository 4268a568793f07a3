"""The endpoint heeds the parameters it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_behavior_contract.exchange import FollowUp, Prompt, Reply
from pytest_behavior_contract.judge.heeding import CHECKS, Ignored, Unseen
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.registry import did_you_mean
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Honours:
    """The parameters of the request show in the reply: a probe for what is accepted and then ignored.

    ```yaml
    request: {stop: ["END"], max_tokens: 20, seed: 7}
    probe: parts
    expect: [honours]
    ```

    Bare, it looks at every parameter of the request whose effect can be seen; named, at those alone, and one that is
    not sent or cannot be seen in this reply is an error: `honours: [stop, seed]`. What can be seen:

    | name | heeded means |
    | --- | --- |
    | `stop` | the text holds none of the stop sequences |
    | `max_tokens` | the usage counts no more output tokens than the limit, by whichever name it is sent |
    | `choices` | as many answers as `n` asks for |
    | `seed` | the same request, asked twice, gets the same text and the same calls |
    | `schema` | the text is JSON that fits the schema of the response format, or any JSON object for `json_object` |
    | `tool_choice` | a call where one is required, of the tool that is named, and none where tools are forbidden |
    | `parallel_tool_calls` | at most one call where it is switched off |
    | `logprobs` | log probabilities are there |
    | `stream` | the reply came as a stream, or did not |
    | `stream_options` | usage is there where `include_usage` asks for it |
    | `thinking` | a block of thinking is there where it is enabled |

    A clause without a prompt asks something that tells: to write out the stop sequence, to count further than the limit
    allows.
    Causes: `ignored: NAME`, and those of `accepted` where the request is rejected.
    Limits: one reply decides; a reply that would not have reached the stop sequence or the limit anyway passes. Where
    an endpoint repeats itself without a seed, a seed that is ignored cannot be told. Temperature, penalties, top_p,
    logit_bias and effort leave nothing in one reply that could be seen.
    """

    deterministic: ClassVar[bool] = True
    probe: ClassVar[bool] = True
    wants_telling_prompts: ClassVar[bool] = True
    short: ClassVar[bool] = True
    """`honours: [stop]` too, although it may stand bare."""
    parameters: tuple[str, ...] | str = ()

    def __post_init__(self) -> None:
        for name in self._names:
            if name not in CHECKS:
                raise ValueError(f"no effect of {name!r} can be seen{did_you_mean(name, CHECKS)}")

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.parameters,) if isinstance(self.parameters, str) else self.parameters

    def follow_up(self, prompt: Prompt) -> FollowUp | None:
        """A seed shows only in a second reply."""
        extra = prompt.request.get("extra_body")
        sent = {*prompt.parameters, *prompt.request, *(extra if isinstance(extra, Mapping) else ())}
        wanted = "seed" in self._names or (not self._names and "seed" in sent)
        return FollowUp(kind="again") if wanted else None

    def check(self, reply: Reply) -> Verdict:
        body = reply.exchange.request.body if reply.exchange is not None else {}
        seen = []
        for name in self._names or CHECKS:
            outcome = _looked(CHECKS[name], body, reply)
            if isinstance(outcome, Ignored):
                return failed(f"ignored: {outcome.parameter}", outcome.evidence)
            if isinstance(outcome, Unseen) and self._names:
                return Verdict(outcome="error", cause=f"cannot be seen: {name}", evidence=outcome.why)
            if outcome is None:
                seen.append(name)
        return passed(f"heeded: {', '.join(seen)}" if seen else "accepted; nothing of it could be seen")


def _looked(
    check: Callable[[Mapping[str, Any], Reply], Ignored | Unseen | None], body: Mapping[str, Any], reply: Reply
) -> Ignored | Unseen | None:
    try:
        return check(body, reply)
    except RecursionError:
        return Unseen("nested too deeply to check")
