"""The command line options, and what they ask for."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

MODES = ("none", "missing", "all")


@dataclass(frozen=True)
class Options:
    """What the command line asks for; endpoint names are not looked up yet."""

    active: bool
    endpoints: tuple[str, ...]
    baseline: str
    candidates: tuple[str, ...]
    record: str
    reports: tuple[str, ...]
    strict: bool
    budget: float | None = None
    max_calls: int | None = None
    batch_wait_seconds: float | None = None
    """None where questions are asked one by one."""


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("behavior contracts", "contracts for the behavior of language models")
    group.addoption(
        "--contract",
        action="store_true",
        help="run behavior contracts: *.contract.yaml files and tests that use the `endpoint` fixture, nothing else; "
        "every other --contract option implies it",
    )
    group.addoption(
        "--contract-endpoint",
        action="append",
        default=[],
        metavar="NAME",
        help="the endpoint to check: a name from [tool.behavior-contract.endpoints], API:MODEL, local-1 or local-2; "
        "may be given several times",
    )
    group.addoption(
        "--contract-baseline",
        default="",
        metavar="NAME",
        help="the endpoint that is used today; together with --contract-candidate this is a migration check",
    )
    group.addoption(
        "--contract-candidate",
        action="append",
        default=[],
        metavar="NAME",
        help="the endpoint that may take the baseline's place; may be given several times",
    )
    group.addoption(
        "--contract-record",
        choices=MODES,
        default="none",
        help="none (default): replay only, never touch the network; missing: ask for what is not recorded; "
        "all: ask for everything anew",
    )
    group.addoption(
        "--contract-budget",
        type=_amount,
        metavar="USD",
        help="the most money that live calls may cost; what is decided by then is reported",
    )
    group.addoption(
        "--contract-max-calls",
        type=_count,
        metavar="N",
        help="the most requests that may be sent; what is decided by then is reported",
    )
    group.addoption(
        "--contract-batch",
        action="store_true",
        help="ask for what is not recorded through the vendor's batch API, at half the price; the same command again "
        "collects the answers",
    )
    group.addoption(
        "--contract-batch-wait",
        type=_amount,
        default=0.0,
        metavar="MINUTES",
        help="how long to wait for batches before giving the run up (default: 0)",
    )
    group.addoption(
        "--contract-report",
        action="append",
        default=[],
        metavar="FILE",
        help="write the report to FILE; the ending names the format (.json); may be given several times",
    )
    group.addoption(
        "--contract-strict",
        action="store_true",
        help="a clause that stays undecided fails instead of being skipped",
    )


def _amount(text: str) -> float:
    value = float(text.removeprefix("$"))
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is below 0 or without end")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is no number of calls")
    return value


def read_options(config: pytest.Config) -> Options:
    """The options of a run; raises ValueError for combinations that make no sense."""
    endpoints = tuple(config.getoption("--contract-endpoint"))
    baseline = str(config.getoption("--contract-baseline"))
    candidates = tuple(config.getoption("--contract-candidate"))
    record = str(config.getoption("--contract-record"))
    reports = tuple(config.getoption("--contract-report"))
    strict = bool(config.getoption("--contract-strict"))
    budget, max_calls = config.getoption("--contract-budget"), config.getoption("--contract-max-calls")
    limited = budget is not None or max_calls is not None
    batch = bool(config.getoption("--contract-batch"))
    if batch and record == "all":
        raise ValueError("--contract-batch completes recordings over several runs; it cannot make all of them anew")
    record = "missing" if batch else record
    implied = bool(endpoints or baseline or candidates or reports or strict or limited) or record != "none"
    if limited and record == "none":
        raise ValueError("--contract-budget and --contract-max-calls are for live runs; add --contract-record=missing")
    if baseline and not candidates:
        raise ValueError("--contract-baseline needs --contract-candidate NAME: what should take its place?")
    if endpoints and candidates:
        raise ValueError("--contract-endpoint checks one endpoint, --contract-candidate compares two; use one of them")
    if baseline and baseline in candidates:
        raise ValueError(f"baseline and candidate are the same endpoint: {baseline}")
    return Options(
        active=implied or bool(config.getoption("--contract")),
        endpoints=endpoints,
        baseline=baseline,
        candidates=candidates,
        record=record,
        reports=reports,
        strict=strict,
        budget=budget,
        max_calls=max_calls,
        batch_wait_seconds=60 * float(config.getoption("--contract-batch-wait")) if batch else None,
    )
