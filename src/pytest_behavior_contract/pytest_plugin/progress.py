"""What a live run says of itself: its plan before the first call, and how far it has come."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pytest_behavior_contract.ask.budget import Purse
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.prices import UNCAPPED_OUTPUT_TOKENS
from pytest_behavior_contract.judge.forecast import Forecast
from pytest_behavior_contract.tell.wording import dollars, duration

_SAVE, _RESTORE, _CLEAR = "\x1b7", "\x1b8", "\x1b[K"
_LINE_EVERY_SECONDS = 30.0
_NARROWEST = 50
"""Columns that the line needs beside what pytest has written."""


def plan_lines(forecasts: Mapping[str, tuple[Endpoint, Forecast]], python_tests: int, purse: Purse) -> list[str]:
    """What a live run is going to ask and pay, and what stops it."""
    width = max((len(endpoint.shown) for endpoint, _ in forecasts.values()), default=0)
    lines = []
    for endpoint, forecast in forecasts.values():
        lines.append(f"plan: {endpoint.shown:<{width}}  {_asked(endpoint, forecast)}")
        if forecast.uncapped and forecast.most_usd is not None:
            lines.append(
                f"      {forecast.uncapped} of these calls set no limit of output tokens; "
                f"{UNCAPPED_OUTPUT_TOKENS} were taken for it"
            )
    if python_tests:
        tests = "1 test" if python_tests == 1 else f"{python_tests} tests"
        lines.append(f"      and the calls of {tests} in Python, which are not known beforehand")
    limits = [] if purse.most_usd is None else [dollars(purse.most_usd)]
    limits += [] if purse.most_calls is None else [f"{purse.most_calls} calls"]
    if limits:
        lines.append(f"      stops before it exceeds {' or '.join(limits)}")
    return lines


def _asked(endpoint: Endpoint, forecast: Forecast) -> str:
    if not forecast.most_calls:
        return "nothing is missing, so nothing is asked"
    calls = f"about {forecast.calls} calls, at most {forecast.most_calls}"
    if forecast.usd is None or forecast.most_usd is None:
        money = "$ unknown (no price is known for this model)"
    elif not forecast.most_usd:
        money = "$0.00"
    else:
        money = f"about {dollars(forecast.usd)}, at most {dollars(forecast.most_usd)}"
    return f"{calls} · {money} · about {duration(_seconds(endpoint, forecast))}"


def _seconds(endpoint: Endpoint, forecast: Forecast) -> float:
    return forecast.seconds(endpoint.concurrency, endpoint.requests_per_minute)


class Progress:
    """The line that says how far a live run has come: kept up to date on a terminal, now and then in the log of a CI.

    Args:
        writer: pytest's terminal writer.
        uncaptured: a context in which what is written reaches the terminal.
        purse: what knows of samples, calls and money.
        terminal: whether somebody looks at it as it is written.
        noun: what the purse counts as having come.
        clock: seconds; given by tests.
    """

    def __init__(
        self,
        writer: Any,
        uncaptured: Callable[[], AbstractContextManager[None]],
        purse: Purse,
        *,
        terminal: bool,
        noun: str = "samples",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._writer = writer
        self._uncaptured = uncaptured
        self._purse = purse
        self._terminal = terminal
        self._noun = noun
        self._clock = clock
        self._began = self._last_line = clock()
        self._shown = False

    def show(self) -> None:
        """Says where the run is."""
        if self._terminal:
            with self._uncaptured():
                self._rewrite()
        elif self._clock() - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = self._clock()
            with self._uncaptured():
                self._writer.line()
                self._writer.line(f"behavior contracts: {self.text()}")

    def clear(self) -> None:
        """Takes the line away, so that pytest may write on."""
        if self._shown:
            self._shown = False
            with self._uncaptured():
                self._writer.write_raw(_CLEAR, flush=True)

    def text(self) -> str:
        """`12 of 46 samples · 14 calls · $0.01 · about 8 s left`."""
        purse = self._purse
        spent = purse.spent()
        money = "$ unknown" if spent.usd is None else dollars(spent.usd)
        text = f"{purse.samples} of {purse.expected_samples} {self._noun} · {spent.calls} calls · {money}"
        left = purse.expected_samples - purse.samples
        if purse.samples and left > 0:
            text += f" · about {duration((self._clock() - self._began) / purse.samples * left)} left"
        return text

    def _rewrite(self) -> None:
        # It stands behind what pytest has written on its line, and the cursor stays where pytest left it.
        room = self._writer.fullwidth - self._writer.width_of_current_line - 2
        if room < _NARROWEST:
            self._writer.line()
            room = self._writer.fullwidth - 2
        self._writer.write_raw(f"{_SAVE}{_CLEAR} {self.text()[:room]}{_RESTORE}", flush=True)
        self._shown = True


def progress_for(config: Any, purse: Purse, noun: str = "samples") -> Progress | None:
    """The progress line that suits where pytest writes to; None where nobody would read it."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or config.get_verbosity() < 0:
        return None
    terminal = reporter.isatty and os.environ.get("TERM") != "dumb"
    if not terminal and not os.environ.get("CI"):
        return None
    capture = config.pluginmanager.getplugin("capturemanager")
    uncaptured = capture.global_and_fixture_disabled if capture is not None else nullcontext
    return Progress(reporter._tw, uncaptured, purse, terminal=terminal, noun=noun)  # noqa: SLF001 - pytest's own plugins write to it
