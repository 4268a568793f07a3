"""Whose turn it is at an endpoint, and how many have one."""

import asyncio
import datetime as dt
from email.utils import format_datetime

import pytest

from pytest_behavior_contract.ask.pacing import Pace, seconds_until
from pytest_behavior_contract.errors import Stopped


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


async def queue(pace, *names):
    """Starts to wait for a place for each name; returns the list of those who have got one, in order."""
    served = []

    async def wait(name):
        await pace.enter(name)
        served.append(name)

    tasks = [asyncio.ensure_future(wait(name)) for name in names]
    await asyncio.sleep(0)
    return served, tasks


async def turn():
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_than_the_places_are_taken():
    async def run():
        pace = Pace(2)
        served, tasks = await queue(pace, "a", "a", "a")
        await turn()
        assert len(served) == 2
        pace.leave()
        await turn()
        assert len(served) == 3
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_a_clause_of_many_samples_does_not_keep_the_others_waiting():
    async def run():
        pace = Pace(1)
        served, tasks = await queue(pace, "big", "big", "big", "big", "small", "other")
        for _ in range(5):
            await turn()
            pace.leave()
        await asyncio.gather(*tasks)
        return served

    served = asyncio.run(run())
    assert max(served.index("small"), served.index("other")) <= 3
    assert served.count("big") == 4


def test_a_refusal_halves_the_places_once_for_all_that_were_under_way():
    clock = Clock()
    pace = Pace(16, clock=clock)
    clock.now += 1
    pace.refused(0, began=100.5)
    pace.refused(0, began=100.6)
    assert pace.places == 8
    clock.now += 1
    pace.refused(0, began=101.5)
    assert pace.places == 4
    for _ in range(100):
        pace.answered({})
    assert 12 < pace.places <= 16
    for _ in range(1000):
        pace.answered({})
    assert pace.places == 16


def test_nobody_enters_before_the_wait_is_over():
    async def run():
        pace = Pace(4)
        pace.refused(0.05, began=asyncio.get_running_loop().time())
        served, tasks = await queue(pace, "a")
        await turn()
        assert served == []
        await asyncio.gather(*tasks)
        return served

    assert asyncio.run(run()) == ["a"]


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [
        ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
        ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
        ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ],
)
def test_what_the_headers_say_is_used_up_is_not_asked_for(remaining, reset):
    async def run():
        clock = Clock()
        pace = Pace(4, clock=clock)
        pace.answered({remaining: "0", reset: "30s"})
        served, tasks = await queue(pace, "a")
        await turn()
        assert served == []
        clock.now += 31
        pace.leave()
        await asyncio.gather(*tasks)
        return served

    assert asyncio.run(run()) == ["a"]


def test_stopping_sends_all_away_who_wait():
    async def run():
        pace = Pace(1)
        _, tasks = await queue(pace, "a", "b")
        await turn()
        pace.stop(Stopped("stopped"))
        with pytest.raises(Stopped):
            await pace.enter("c")
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in asyncio.run(run())] == [type(None), Stopped]


def test_who_is_cancelled_gives_its_place_back():
    async def run():
        pace = Pace(1)
        await pace.enter("a")
        served, tasks = await queue(pace, "b", "c")
        tasks[0].cancel()
        pace.leave()
        await asyncio.wait(tasks)
        return served

    assert asyncio.run(run()) == ["c"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12),
        ("1.5", 1.5),
        ("-3", 0),
        ("6m0s", 360),
        ("20ms", 0.02),
        ("1h2m", 3720),
    ],
)
def test_the_waits_that_headers_ask_for(text, seconds):
    assert seconds_until(text) == pytest.approx(seconds)


def test_the_moments_that_headers_ask_to_wait_for():
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1000)
    assert 900 < seconds_until(format_datetime(later, usegmt=True)) <= 1000
    assert 900 < seconds_until(later.isoformat()) <= 1000
    assert seconds_until(format_datetime(later - dt.timedelta(days=1), usegmt=True)) == 0


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "1x", "6m 0s and a bit", "99999999999999999999-01-01"])
def test_what_is_no_wait(text):
    assert seconds_until(text) is None
