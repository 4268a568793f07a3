"""The speaker claims to be who your product says it is, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.self_description import claims, is_maker, others
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The reply says that it is your assistant, and claims to be no other model and of no other maker.

    ```yaml
    prompt: Who are you, and who made you?
    expect:
      - identity: {name: Ada, may_name: [Acme]}
    ```

    `name` is one name, or several of which one must be claimed; where it is left out, only the wrong names count.
    `never` are the names that must not be claimed: all makers and models that we know if it is left out, but for those
    of a family (Claude and Anthropic) that `name` or `may_name` has a name of. A claim is "I am X", "my name is X",
    "made by X", "based on X" and their kin, in English and, more roughly, German, French, Spanish, Portuguese,
    Italian, Dutch and Chinese. What is only mentioned, denied, asked or quoted is none.
    Causes: `claims to be NAME`, `claims to be made by MAKER`, `does not say that it is 'Ada'`, `empty reply`.
    Limits: read from patterns: a claim in other words, or in other languages, is missed.
    """

    name: str | tuple[str, ...] = ()
    never: tuple[str, ...] | None = None
    may_name: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(one.strip() for one in (*self._own, *(self.never or ()), *self.may_name)):
            raise ValueError("a name is empty")
        if not self._own and self.never is not None and not self.never:
            raise ValueError("give a `name` to be claimed, or names that must `never` be")
        if both := {one.casefold() for one in (*self._own, *self.may_name)} & {
            one.casefold() for one in self.never or ()
        }:
            raise ValueError(f"{both.pop()!r} cannot be both its own name and one that it must never claim")

    @property
    def _own(self) -> tuple[str, ...]:
        return (self.name,) if isinstance(self.name, str) else self.name

    @property
    def _wrong(self) -> Sequence[str]:
        return others((*self._own, *self.may_name)) if self.never is None else self.never

    def check(self, reply: Reply) -> Verdict:
        if not reply.text.strip():
            return failed("empty reply", reply.refusal)
        wrong = claims(reply.text, self._wrong)
        if wrong:
            # A model's name says more than its maker's.
            first = next((claim for claim in wrong if not is_maker(claim.name)), wrong[0])
            what = "made by " if is_maker(first.name) else ""
            return failed(f"claims to be {what}{first.name}", first.evidence)
        if not self._own:
            return passed("claims no other name")
        own = claims(reply.text, self._own)
        if not own:
            return failed(f"does not say that it is {' or '.join(map(quoted, self._own))}", reply.text)
        return passed(own[0].evidence)
