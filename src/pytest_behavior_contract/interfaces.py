"""What one can add to the product: the shape of each family's members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pytest_behavior_contract.exchange import Exchange, FollowUp, Prompt, Question, Reply, Request
    from pytest_behavior_contract.results import Decision, Report, Verdict


@runtime_checkable
class Behavior(Protocol):
    """A kind of check on one reply: a frozen dataclass whose fields are its YAML keys.

    One that may be unable to judge anything, whatever the reply, says why in a property `unready`, and its clause is
    unmeasured before anything is asked. One that needs a second request, made from the reply to the first, has
    `follow_up(prompt) -> FollowUp | None`. A class attribute `deterministic` says that one reply decides, `probe` that
    the request itself is what is looked at, `judges_rejection` that it wants to see rejected ones too.
    """

    def check(self, reply: Reply) -> Verdict:
        """Judges one reply; never raises, whatever the reply holds."""
        ...


@runtime_checkable
class AskingBehavior(Behavior, Protocol):
    """A check that asks other endpoints about a reply; the answers stand in `reply.answers` when `check` is called.

    Asking is not its business: it says what it wants to know, and is asked again with the answers at hand.
    """

    @property
    def judges(self) -> tuple[str, ...]:
        """The endpoints it may ask, the configured judge as an empty name; none if it asks nobody."""
        ...

    def questions(self, prompt: Prompt, reply: Reply) -> tuple[Question, ...]:
        """What it still wants to know of a reply to this prompt; nothing where it can tell."""
        ...


@runtime_checkable
class PairBehavior(Protocol):
    """A kind of check on the replies to prompts that differ in one thing.

    It may have more: `repeats`, how often in a row a topic is asked before it counts as one; `generalize`, whether
    each topic counts only once; `swaps = "stream"`, where it compares whole replies with streamed ones; the methods of
    Treatment; and those of PairCheck.
    """

    def margins(self) -> Mapping[str, float]:
        """The measures it takes, each with the largest mean difference in [0, 1] that counts as alike."""
        ...

    def difference(self, measure: str, first: Reply, second: Reply) -> float:
        """How far two replies are apart, in [-1, 1]; swapping them flips the sign exactly."""
        ...

    def direction(self, measure: str, first: str, second: str) -> str:
        """What a positive difference means, in words, for prompts about `first` and `second`."""
        ...


@runtime_checkable
class Treatment(Protocol):
    """What a pair behavior can say of its measures, so that several are summed up in one phrase."""

    def amount(self, measure: str, difference: float) -> str:
        """A difference for people to read: `+0.25`, `2.00×`."""
        ...

    def gets(self, measure: str, difference: float) -> str:
        """What the side gets that has more (or less, where negative): `longer`, `more hedged`."""
        ...

    def favors(self, measure: str) -> int:
        """1 if the side that has more is favored by it, -1 if the other one is, 0 if neither is."""
        ...


@runtime_checkable
class PairCheck(Protocol):
    """A check that two replies pass or fail together."""

    @property
    def pair_check(self) -> str:
        """What is checked, in a word; empty where nothing is."""
        ...

    def check_pair(self, replies: tuple[Reply, Reply], names: tuple[str, str]) -> Verdict:
        """Judges the replies to prompts about two sides of these names."""
        ...


@runtime_checkable
class GroupBehavior(Protocol):
    """A kind of check on several replies to the same question, which should say the same.

    They are two repeats of one prompt or, where a clause has `wordings` or `swap`, one reply to each of its variants.
    Its class says `group: ClassVar[bool] = True`.
    """

    def compare(self, replies: Sequence[Reply]) -> Verdict:
        """Judges two or more replies together; never raises, whatever they hold."""
        ...


@runtime_checkable
class AskingPairBehavior(PairBehavior, Protocol):
    """A check on pairs that asks other endpoints about the two replies; the answers stand in the `answers` of both."""

    @property
    def judges(self) -> tuple[str, ...]: ...

    def pair_questions(self, prompts: tuple[Prompt, Prompt], first: Reply, second: Reply) -> tuple[Question, ...]:
        """What it still wants to know of two replies to these prompts."""
        ...

    def unjudged(self, first: Reply, second: Reply) -> Verdict | None:
        """Why nothing can be said of two replies; None where `difference` can be told."""
        ...

    def flipped(self, first: Reply, second: Reply) -> bool:
        """Whether the judge's choice changed with the order in which it saw the two."""
        ...


class Provider(Protocol):
    """The code that speaks one API surface: pure on both sides of the wire."""

    surface: ClassVar[str]
    key_variable: ClassVar[str]
    """Environment variable that holds the vendor's key; empty where none is needed."""
    sdk: ClassVar[str]
    """Name of the vendor's package, as importlib.metadata knows it; empty where there is none."""

    def request(self, prompt: Prompt, model: str) -> Request:
        """Spells a prompt on this surface; raises NotExpressible for what it has no words for."""
        ...

    def fault(self, exchange: Exchange) -> str:
        """Why a response is no answer that could count as behavior; empty where it is one."""
        ...

    def reply(self, exchange: Exchange) -> Reply:
        """Reads what behaviors look at from a recorded exchange; never needs an SDK, never raises."""
        ...

    def echoed(self, request: Request, reply: Reply, follow: FollowUp) -> Mapping[str, Any]:
        """The body of a second request: the first, the reply to it sent back, and what follows.

        Only clauses that send replies back need it.
        """
        ...


class Format(Protocol):
    """A way to write a report."""

    def render(self, report: Report) -> str: ...


class Statistic(Protocol):
    """A rule that turns verdicts into a decision."""

    def decide(self, verdicts: Sequence[Any], planned: int) -> Decision:
        """Decides on the verdicts so far, of at most `planned`."""
        ...
