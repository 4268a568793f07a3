"""A behavior's name and arguments, as a Python test gives them, to the behavior."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.expectations import build_behavior
from pytest_behavior_contract.declare.files import Folder
from pytest_behavior_contract.interfaces import Behavior


def built_behavior(name: str, arguments: Any, folder: str) -> Behavior:
    """A behavior by its name and what a contract file has behind it; raises ValueError with what is wrong."""
    try:
        kind = registry.resolve("behaviors", name)
    except registry.UnknownName as error:
        raise ValueError(str(error)) from None
    if getattr(kind, "pairs", False) or getattr(kind, "members", ""):
        raise ValueError(f"{name} cannot be checked on one reply in Python; write it in a contract file")
    try:
        behavior = build_behavior(kind, None if arguments is True else arguments, Folder(Path(folder)))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if getattr(behavior, "examples", ()):
        raise ValueError(f"{name}: examples are for contract files; a Python test is decided as it is judged")
    return cast("Behavior", behavior)
