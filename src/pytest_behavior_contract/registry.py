"""Names to classes: built in, or from an installed package."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

_ROOT = "pytest_behavior_contract"
_TABLES: Mapping[str, str] = {
    "behaviors": f"{_ROOT}.judge.behaviors",
    "providers": f"{_ROOT}.ask.providers",
    "formats": f"{_ROOT}.tell",
    "statistics": f"{_ROOT}.judge.statistics",
}


class UnknownName(KeyError):  # noqa: N818 - it is what a KeyError says, with a suggestion
    """A family has no member of this name."""

    def __init__(self, family: str, name: str, known: Iterable[str]) -> None:
        self.message = f"unknown {family.removesuffix('s')} {name!r}{did_you_mean(name, known)}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class BrokenMember(ImportError):  # noqa: N818 - as UnknownName
    """A member that an installed package adds cannot be had."""

    def __init__(self, family: str, point: EntryPoint, error: BaseException) -> None:
        package = f" of {point.dist.name}" if point.dist is not None else ""
        super().__init__(
            f"{family.removesuffix('s')} {point.name!r}{package} cannot be loaded from {point.value}: "
            f"{type(error).__name__}: {error}; mend that package, or uninstall it"
        )


def names(family: str) -> list[str]:
    """All members of a family, built in and installed."""
    return sorted({*_built_in(family), *_installed(family)})


def resolve(family: str, name: str) -> Any:
    """The class or function of that name; raises UnknownName with the nearest one, or BrokenMember."""
    built_in = _built_in(family)
    if name in built_in:
        module, _, attribute = built_in[name].partition(":")
        return getattr(importlib.import_module(module, _TABLES[family]), attribute)
    installed = _installed(family)
    if name in installed:
        point = installed[name]
        try:
            return point.load()
        except Exception as error:  # noqa: BLE001 - an import runs foreign code, which may raise anything
            raise BrokenMember(family, point, error) from None
    raise UnknownName(family, name, names(family))


def is_built_in(family: str, name: str) -> bool:
    """Whether a name is one of ours, so that resolving it runs nobody else's code."""
    return name in _built_in(family)


def is_known(family: str, name: str) -> bool:
    """Whether there is a member of this name; what is installed is looked at for names that are not built in."""
    return name in _built_in(family) or name in _installed(family)


def name_of(family: str, kind: type) -> str:
    """The name of a class among a family's members, found without loading the others; empty where it has none."""
    module = kind.__module__
    if module.startswith(_TABLES[family]):
        return _names_of_places(family).get(f"{module.removeprefix(_TABLES[family])}:{kind.__qualname__}", "")
    for name in _installed(family):
        try:
            if resolve(family, name) is kind:
                return name
        except BrokenMember:
            continue
    return ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or the list of names where none is near and the list is short."""
    candidates = sorted(known)
    near = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    if 0 < len(candidates) <= 40:
        return f"; known: {', '.join(candidates)}"
    return ""


def _built_in(family: str) -> Mapping[str, str]:
    table: Mapping[str, str] = importlib.import_module(_TABLES[family]).TABLE
    return table


@cache
def _names_of_places(family: str) -> Mapping[str, str]:
    return {place: name for name, place in _built_in(family).items()}


@cache
def _installed(family: str) -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"{_ROOT}.{family}")}
