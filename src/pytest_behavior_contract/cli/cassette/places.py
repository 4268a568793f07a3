"""What every action on cassettes begins with: its arguments, the cassettes they name, and the keys to look for."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_behavior_contract.ask.cassettes.shelf import find_cassettes
from pytest_behavior_contract.ask.endpoints import Settings, load_settings
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.tell.wording import shown

if TYPE_CHECKING:
    Actions = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it
Run = Callable[[argparse.Namespace], int]


def new_action(actions: Actions, name: str, summary: str, run: Run, *, example: str = "") -> argparse.ArgumentParser:
    """An action with what it says of itself, and an example."""
    action = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    action.epilog = f"example: behavior-contract cassette {name} {example or 'contracts'}"
    action.set_defaults(run=run)
    return action


def add_places(action: argparse.ArgumentParser) -> None:
    action.add_argument("places", nargs="*", metavar="PATH", help="folders or cassettes; the current folder if none")
    add_json(action)


def add_json(action: argparse.ArgumentParser) -> None:
    action.add_argument("--json", action="store_true", help="print JSON")


def cassettes(places: Sequence[str]) -> list[Path]:
    """The cassettes that the arguments name; raises CassetteError where there are none."""
    paths = find_cassettes([Path(place) for place in places] or [Path()])
    if not paths:
        raise CassetteError("no cassettes found: they lie in a folder named cassettes beside a contract")
    return paths


def settings_and_secrets() -> tuple[Settings, tuple[str, ...]]:
    """The configuration of the current folder, and the values of the keys that it names; raises SettingsError."""
    settings = load_settings(Path.cwd())
    return settings, settings.secrets()


def say(text: str) -> None:
    """A line on the screen; what came from files cannot move its cursor."""
    sys.stdout.write(f"{shown(text)}\n")


def print_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def counted(number: int, word: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def tallied(words: Iterable[str]) -> str:
    """`3 stale, 1 torn`: how often each word comes, the first to come first."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{count} {word}" for word, count in counts.items())
