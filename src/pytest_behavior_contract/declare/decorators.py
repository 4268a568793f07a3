"""Contracts written as Python tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pytest_behavior_contract.declare.contract import DEFAULT_RATE, Clause, default_floor
from pytest_behavior_contract.results import Severity

_ATTRIBUTE = "__behavior_clause__"
_Test = TypeVar("_Test", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseOptions:
    """What `@clause` was called with."""

    assumes: str
    id: str = ""
    contract: str = ""
    why: str = ""
    relied_on_by: tuple[str, ...] = ()
    review_by: str = ""
    severity: Severity = "breaking"
    rate: float = DEFAULT_RATE
    floor: float | None = None
    samples: int | Literal["auto"] = "auto"
    deterministic: bool = False


def clause(  # noqa: PLR0913 - one argument for each key of a contract file
    *test: Callable[..., Any],
    assumes: str = "",
    id: str = "",  # noqa: A002 - the same word as in contract files
    contract: str = "",
    why: str = "",
    relied_on_by: str | tuple[str, ...] | list[str] = (),
    review_by: str = "",
    severity: Severity = "breaking",
    rate: float = DEFAULT_RATE,
    floor: float | None = None,
    samples: int | Literal["auto"] = "auto",
    deterministic: bool = False,
) -> Callable[[_Test], _Test]:
    """Makes a test a clause: run once a sample with the `endpoint` fixture, until its rate is decided.

    A sample passes where the test returns and fails where it raises. The arguments mean what the keys of the same
    name mean in contract files; `id` and `contract` are the names of the test and of its module where left out.

        @clause(assumes="Orders come back as one bare JSON object.", rate=0.95)
        def test_orders_parse(endpoint):
            reply = endpoint.ask("Extract the order as JSON: two chairs to Turin")
            assert orders.parse(reply.text)
    """
    if test:
        raise TypeError('a clause needs the assumption in words: @clause(assumes="The reply is bare JSON.")')
    options = ClauseOptions(
        assumes=assumes,
        id=id,
        contract=contract,
        why=why,
        relied_on_by=(relied_on_by,) if isinstance(relied_on_by, str) else tuple(relied_on_by),
        review_by=review_by,
        severity=severity,
        rate=rate,
        floor=floor,
        samples=samples,
        deterministic=deterministic,
    )

    def decorate(test: _Test) -> _Test:
        setattr(test, _ATTRIBUTE, options)
        return test

    return decorate


def options_of(test: Callable[..., Any]) -> ClauseOptions | None:
    """What `@clause` left on a test, on whichever of its wrappers."""
    seen = 0
    found: Any = test
    while found is not None and seen < 50:
        options = getattr(found, _ATTRIBUTE, None)
        if isinstance(options, ClauseOptions):
            return options
        found, seen = getattr(found, "__wrapped__", None), seen + 1
    return None


def python_clause(
    options: ClauseOptions | None, test: Callable[..., Any], *, contract: str, name: str, folder: str, source: str
) -> Clause:
    """The clause of a Python test; a test without `@clause` is one sample that passes or fails.

    Raises ValueError with what is wrong with the options.
    """
    if options is None:
        words = (test.__doc__ or name.replace("_", " ")).strip().partition("\n")[0]
        options = ClauseOptions(assumes=words, samples=1, deterministic=True, rate=1.0)
    if not options.assumes.strip():
        raise ValueError("assumes is empty: say in one sentence what the clause assumes")
    if not 0 < options.rate <= 1:
        raise ValueError(f"rate should be above 0 and at most 1, is {options.rate}")
    floor = default_floor(options.rate) if options.floor is None else options.floor
    if not 0 < floor <= options.rate:
        raise ValueError(f"floor should be above 0 and at most the rate {options.rate}, is {floor}")
    if options.samples != "auto" and options.samples < 1:
        raise ValueError(f"samples should be 'auto' or at least 1, is {options.samples}")
    if options.severity not in ("breaking", "degrading", "cosmetic"):
        raise ValueError(f"severity should be breaking, degrading or cosmetic, is {options.severity!r}")
    if options.review_by:
        dt.date.fromisoformat(options.review_by)
    return Clause(
        contract=options.contract or contract,
        id=options.id or name,
        assumes=options.assumes,
        why=options.why,
        relied_on_by=options.relied_on_by,
        review_by=options.review_by,
        severity=options.severity,
        rate=options.rate,
        floor=floor,
        samples=0 if options.samples == "auto" else options.samples,
        deterministic=options.deterministic,
        folder=folder,
        source=source,
    )
