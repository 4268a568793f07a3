"""The purse of a run: what may be asked and paid at most, what is under way, and what was paid for whom."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from pytest_behavior_contract.errors import Stopped
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.results import Spending

_LOOK_AGAIN_SECONDS = 0.02
_ROUNDING = 1e-9


@dataclass(slots=True)
class _Account:
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def spending(self) -> Spending:
        usd = None if self.unpriced else self.usd
        return Spending(calls=self.calls, input_tokens=self.input_tokens, output_tokens=self.output_tokens, usd=usd)


def added(spendings: Iterable[Spending]) -> Spending:
    """Several spendings as one."""
    listed = list(spendings)
    known = [one.usd for one in listed if one.usd is not None]
    return Spending(
        calls=sum(one.calls for one in listed),
        input_tokens=sum(one.input_tokens for one in listed),
        output_tokens=sum(one.output_tokens for one in listed),
        usd=sum(known) if len(known) == len(listed) else None,
    )


class Purse:
    """What all endpoints of a run are asked and paid, from any thread.

    No request is sent whose cost at most is more than what is left when all that is under way costs its most; so the
    budget holds whatever the replies turn out to be.

    Args:
        most_calls: so many requests, and no more; None for no limit.
        most_usd: so much money, and no more; None for no limit.
    """

    def __init__(self, most_calls: int | None = None, most_usd: float | None = None) -> None:
        self.most_calls = most_calls
        self.most_usd = most_usd
        self.expected_samples = 0
        self.samples = 0
        self._lock = threading.Lock()
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._reserved = 0.0
        self._under_way = 0

    async def take(self, whose: tuple[str, str], usd: float | None, *, patient: bool = True) -> Charge:
        """Reserves what a request may cost; raises Stopped where that is more than may be left.

        Who is patient waits for what is under way to turn out cheaper.
        """
        # An Event would belong to one loop; those who pay are in several, and in threads.
        while (charge := self._try(whose, usd, patient=patient)) is None:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        return charge

    def take_now(self, whose: tuple[str, str], usd: float | None) -> Charge:
        """The same in a thread that may be kept waiting."""
        while (charge := self._try(whose, usd)) is None:
            time.sleep(_LOOK_AGAIN_SECONDS)
        return charge

    def expect(self, samples: int) -> None:
        """Takes note of samples that are wanted (or, below 0, of some that are not wanted any more)."""
        with self._lock:
            self.expected_samples += samples

    def sampled(self) -> None:
        """Takes note of a sample that has come."""
        with self._lock:
            self.samples += 1

    def note(self, whose: tuple[str, str], spent: Spending) -> None:
        """Takes note of what was paid elsewhere: for a batch of an earlier run, or by another process."""
        with self._lock:
            account = self._accounts.setdefault(whose, _Account())
            account.calls += spent.calls
            account.input_tokens += spent.input_tokens
            account.output_tokens += spent.output_tokens
            account.unpriced += spent.usd is None
            account.usd += spent.usd or 0.0

    def spent(self, whose: tuple[str, str] | None = None) -> Spending:
        """What was paid for one clause at one endpoint, or in all."""
        with self._lock:
            if whose is not None:
                return self._accounts.get(whose, _Account()).spending()
            whole = _Account()
            for one in self._accounts.values():
                whole.calls += one.calls
                whole.input_tokens += one.input_tokens
                whole.output_tokens += one.output_tokens
                whole.usd += one.usd
                whole.unpriced += one.unpriced
            return whole.spending()

    def _try(self, whose: tuple[str, str], usd: float | None, *, patient: bool = True) -> Charge | None:
        """A charge, or None while what is under way may leave enough; raises Stopped where it cannot."""
        with self._lock:
            calls = sum(one.calls for one in self._accounts.values())
            if self.most_calls is not None and calls >= self.most_calls:
                raise Stopped("stopped", f"--contract-max-calls: all {self.most_calls} calls are made")
            if self.most_usd is not None and usd is not None:
                paid = sum(one.usd for one in self._accounts.values())
                if paid + self._reserved + usd > self.most_usd + _ROUNDING:
                    if self._under_way and patient:
                        return None
                    left = max(0.0, self.most_usd - paid - self._reserved)
                    raise Stopped(
                        "stopped",
                        f"--contract-budget: ${left:.4f} of ${self.most_usd:g} is left, "
                        f"and the next call may cost up to ${usd:.4f}",
                    )
            account = self._accounts.setdefault(whose, _Account())
            account.calls += 1
            account.unpriced += usd is None
            self._reserved += usd or 0.0
            self._under_way += 1
            return Charge(self, account, usd)

    def _settle(self, charge: Charge, reply: Reply | None, usd: float | None) -> None:
        with self._lock:
            self._under_way -= 1
            self._reserved -= charge.usd or 0.0
            charge.account.unpriced += (usd is None) - (charge.usd is None)
            charge.account.usd += usd or 0.0
            if reply is not None and reply.usage is not None:
                charge.account.input_tokens += reply.usage.input_tokens
                charge.account.output_tokens += reply.usage.output_tokens


@dataclass(slots=True)
class Charge:
    """What is reserved for one request, until it is known what it cost."""

    purse: Purse = field(repr=False)
    account: _Account
    usd: float | None
    """At most; None where the price is not known."""
    settled: bool = False

    def answered(self, reply: Reply, usd: float | None) -> None:
        """It was answered, and cost this; where that is not known, it counts at its most."""
        self._once(reply, self.usd if usd is None else usd)

    def refused(self) -> None:
        """It was turned away, which costs nothing."""
        self._once(None, 0.0)

    def undone(self) -> None:
        """It was not sent after all."""
        if not self.settled:
            self.account.calls -= 1
        self.refused()

    def lost(self) -> None:
        """Its end was never seen; the vendor may charge for it all the same, so it counts at its most."""
        self._once(None, self.usd)

    def _once(self, reply: Reply | None, usd: float | None) -> None:
        if not self.settled:
            self.settled = True
            self.purse._settle(self, reply, usd)  # noqa: SLF001 - the two are one thing
