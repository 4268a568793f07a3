"""What one can add to the product: the shape of each family's members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pytest_behavior_contract.exchange import Exchange, FollowUp, Prompt, Reply, Request
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
class PairBehavior(Protocol):
    """A kind of check on the replies to prompts that differ in one thing."""

    def margins(self) -> Mapping[str, float]:
        """The measures it takes, each with the largest mean difference in [0, 1] that counts as alike."""
        ...

    def difference(self, measure: str, first: Reply, second: Reply) -> float:
        """How far two replies are apart, in [-1, 1]; swapping them flips the sign exactly."""
        ...

    def direction(self, measure: str, first: str, second: str) -> str:
        """What a positive difference means, in words, for prompts about `first` and `second`."""
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
