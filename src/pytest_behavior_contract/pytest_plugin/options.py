"""The command line options, and what they ask for."""

from __future__ import annotations

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


def read_options(config: pytest.Config) -> Options:
    """The options of a run; raises ValueError for combinations that make no sense."""
    endpoints = tuple(config.getoption("--contract-endpoint"))
    baseline = str(config.getoption("--contract-baseline"))
    candidates = tuple(config.getoption("--contract-candidate"))
    record = str(config.getoption("--contract-record"))
    reports = tuple(config.getoption("--contract-report"))
    strict = bool(config.getoption("--contract-strict"))
    implied = bool(endpoints or baseline or candidates or reports or strict) or record != "none"
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
    )
