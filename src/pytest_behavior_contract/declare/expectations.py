"""One entry of `expect` to the behavior it names."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any, cast

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.document import Path as Place
from pytest_behavior_contract.declare.files import Folder
from pytest_behavior_contract.declare.schema import PYTHON
from pytest_behavior_contract.interfaces import Behavior


class Wrong(Exception):  # noqa: N818 - one mistake at one place, on its way to a Problem
    """What is wrong with an expectation, and where."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


class Expectations:
    """Builds behaviors.

    Args:
        folder: where the files that they name lie.
        foreign_code: whether an expectation may name code; this is the one place where it is had.
    """

    def __init__(self, folder: Folder, *, foreign_code: bool) -> None:
        self._folder = folder
        self._foreign_code = foreign_code
        self._known: dict[str, Any] = {}

    def behavior(self, item: Any, place: Place) -> Any:
        """The behavior of a filled-in expectation; raises Wrong."""
        name, arguments = name_and_arguments(item)
        kind = self._kind(name, place)
        members = getattr(kind, "members", "")
        try:
            if members == "one":
                behavior = kind(expectation=self._member(arguments, (*place, name)))
            elif members == "many":
                inner = tuple(self._member(member, (*place, name, index)) for index, member in enumerate(arguments))
                behavior = kind(expectations=inner)
            else:
                behavior = build_behavior(kind, arguments, self._folder)
        except ValueError as error:
            raise Wrong(place, f"{name}: {error}") from None
        return behavior if registry.is_built_in("behaviors", name) else _guarded(behavior, name, place)

    def is_pair(self, item: Any) -> bool:
        """Whether an expectation compares the replies to variants of a prompt."""
        return self.says(item, "pairs")

    def is_group(self, item: Any) -> bool:
        """Whether an expectation looks at several replies to the same question."""
        return self.says(item, "group")

    def says(self, item: Any, attribute: str) -> bool:
        """Whether the class of an expectation's behavior has an attribute that is true."""
        try:
            kind = self._kind(name_and_arguments(item)[0], ())
        except Wrong:
            return False  # it is said where the behavior is built
        return bool(getattr(kind, attribute, False))

    def _kind(self, name: str, place: Place) -> Any:
        # Thousands of cases ask for the same few.
        if name not in self._known:
            self._known[name] = self._found(name, place)
        return self._known[name]

    def _found(self, name: str, place: Place) -> Any:
        if not self._foreign_code and not registry.is_built_in("behaviors", name):
            raise Wrong(place, f"{name!r} is of an installed package; a contract that others wrote cannot name it")
        try:
            kind = registry.resolve("behaviors", name)
        except registry.BrokenMember as error:
            raise Wrong(place, str(error)) from None
        if not self._foreign_code and getattr(kind, "runs_code", False):
            raise Wrong(place, f"{name!r} runs code; a contract that others wrote cannot name it")
        return kind

    def _member(self, item: Any, place: Place) -> Behavior:
        if self.is_pair(item):
            raise Wrong(place, "a check on pairs cannot stand within `not`, `any` or `all`")
        if self.is_group(item):
            raise Wrong(place, "a check on several replies cannot stand within `not`, `any` or `all`")
        return cast("Behavior", self.behavior(item, place))


def name_and_arguments(item: Any) -> tuple[str, Any]:
    """What an expectation names, and what stands behind the name."""
    name, arguments = (item, None) if isinstance(item, str) else next(iter(item.items()))
    if name.startswith(PYTHON):
        return "python", {"function": name.removeprefix(PYTHON), "arguments": arguments or {}}
    return name, arguments


def build_behavior(kind: Any, arguments: Any, folder: Folder) -> Any:
    """A behavior from what stands behind its name in YAML; raises ValueError with what is wrong."""
    import msgspec

    if not dataclasses.is_dataclass(kind):
        return _of_function(kind, arguments)
    assert isinstance(kind, type)
    fields = [field.name for field in dataclasses.fields(kind)]
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping):
        arguments = {fields[0]: arguments}
    arguments = dict(arguments)
    for name in getattr(kind, "files", ()):
        if isinstance(arguments.get(name), str):
            arguments[name] = _from_file(arguments[name], folder)
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError) as error:
        # A class of an installed package checks its arguments as it likes.
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _from_file(name: str, folder: Folder) -> Any:
    return folder.cases(name) if name.lower().endswith((".jsonl", ".csv")) else folder.json(name)


def _guarded(behavior: Any, name: str, place: Place) -> Any:
    """What an installed package gives, so that whatever it raises on a reply ends nothing."""
    if getattr(behavior, "pairs", False) or getattr(behavior, "group", False):
        return behavior
    if not isinstance(behavior, Behavior):
        raise Wrong(place, f"{name}: {type(behavior).__qualname__} of an installed package has no check(reply)")
    return registry.resolve("behaviors", "python").guarding(behavior, name)


def _of_function(function: Any, arguments: Any) -> Any:
    """The behavior that a function of an installed package is."""
    if not inspect.isfunction(function):
        raise ValueError(f"{function!r} is neither a dataclass with check(reply) nor a function that takes the reply")
    path = f"{function.__module__}:{function.__qualname__}"
    return registry.resolve("behaviors", "python")(function=path, arguments=arguments or {})
