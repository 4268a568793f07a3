"""How many requests are under way at an endpoint, and whose turn it is: bounded, fair, and slower when told so."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import math
import re
import time
from collections import deque
from collections.abc import Callable, Mapping

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9.]+)(ms|s|m|h|d)")
_REMAINING = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
)
"""Headers that say how much is left, each with the one that says when there will be more."""
LONGEST_RESET_SECONDS = 60.0
"""A limit that is reset later than this is met when a request is refused, not waited for beforehand."""


class Pace:
    """The places at one endpoint; lives in one event loop.

    The number of places is halved when the server says it has had too much, and grows by one place for each round
    of answers, up to the bound (additive increase, multiplicative decrease: Chiu & Jain 1989). Those who wait take
    turns by whose they are, so that a clause of a thousand samples does not keep the others from starting.

    Args:
        places: the most requests at once.
        requests_per_minute: the most starts a minute, evenly spread; 0 for no limit.
        clock: seconds, as the event loop counts them.
    """

    def __init__(
        self, places: int, requests_per_minute: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = places
        self._limit = float(places)
        self._gap = 60 / requests_per_minute if requests_per_minute else 0.0
        self._clock = clock
        self._under_way = 0
        self._earliest = 0.0
        self._left: int | None = None
        self._reset = 0.0
        self._slowed_at = -1.0
        self._turns: dict[str, deque[asyncio.Future[None]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stopped: Exception | None = None

    @property
    def places(self) -> int:
        """How many requests may be under way now."""
        return max(1, int(self._limit))

    async def enter(self, whose: str) -> None:
        """Waits for a place; raises what `stop` was given."""
        if self._stopped is not None:
            raise self._stopped
        turn = asyncio.get_running_loop().create_future()
        self._turns.setdefault(whose, deque()).append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()
            raise

    def leave(self) -> None:
        """Gives the place back."""
        self._under_way -= 1
        self._admit()

    def stop(self, error: Exception) -> None:
        """Sends away those who wait, and all who come later, with an error."""
        self._stopped = error
        for queue in self._turns.values():
            for turn in queue:
                if not turn.done():
                    turn.set_exception(error)
        self._turns.clear()

    def answered(self, headers: Mapping[str, str]) -> None:
        """Takes note of an answer: there may be room for more, or the headers say that there is not."""
        self._limit = min(self._most, self._limit + 1 / self._limit)
        for remaining, reset in _REMAINING:
            if remaining in headers:
                self._heed(headers[remaining], headers.get(reset, ""), tokens="tokens" in remaining)

    def refused(self, wait_seconds: float, began: float) -> None:
        """Takes note that a request begun at `began` was too much: fewer at once, and none before the wait is over.

        Those that were under way together are refused together; that halves the places once.
        """
        now = self._clock()
        if began > self._slowed_at:
            self._limit = max(1.0, self._limit / 2)
            self._slowed_at = now
        self._earliest = max(self._earliest, now + wait_seconds)

    def _heed(self, remaining: str, reset: str, *, tokens: bool) -> None:
        try:
            left = int(remaining)
        except ValueError:
            return
        seconds = seconds_until(reset)
        if seconds is None or seconds > LONGEST_RESET_SECONDS:
            return
        if tokens:
            # How many a request takes is known only afterwards, so only none at all is heeded.
            if left <= 0:
                self._earliest = max(self._earliest, self._clock() + seconds)
            return
        self._left = left
        self._reset = self._clock() + seconds

    def _admit(self) -> None:
        while self._turns and self._under_way < self.places:
            now = self._clock()
            if self._left is not None and self._left <= 0 and now < self._reset:
                self._earliest = max(self._earliest, self._reset)
            if now < self._earliest:
                self._wake_at(self._earliest - now)
                return
            turn = self._next()
            if turn is None:
                return
            self._under_way += 1
            self._earliest = now + self._gap
            if self._left is not None:
                self._left -= 1
            turn.set_result(None)

    def _next(self) -> asyncio.Future[None] | None:
        """The first of whoever has waited longest for a turn; who has been served goes to the end of the row."""
        while self._turns:
            whose = next(iter(self._turns))
            queue = self._turns.pop(whose)
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    if queue:
                        self._turns[whose] = queue
                    return turn
        return None

    def _wake_at(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._admit)


def seconds_until(text: str) -> float | None:
    """The wait that a header asks for: `12`, `1.5`, `6m0s`, `20ms`, an HTTP date or an ISO 8601 time; None for none."""
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        return max(0.0, number) if math.isfinite(number) else None
    parts = _DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        try:
            return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
        except ValueError:
            return None
    moment = _moment(text)
    if moment is None:
        return None
    return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())


def _moment(text: str) -> dt.datetime | None:
    for read in (dt.datetime.fromisoformat, email.utils.parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, TypeError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    return None
