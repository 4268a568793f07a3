"""One cassette in vcrpy's own YAML."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_behavior_contract.cli.cassette.places import new_action

if TYPE_CHECKING:
    from pytest_behavior_contract.cli.cassette.places import Actions


def add_to(actions: Actions) -> None:
    example = "cassettes/prod/orders/bare-json.jsonl > bare-json.yaml"
    action = new_action(actions, "export", "one cassette as vcrpy's own YAML", _export, example=example)
    action.add_argument("cassette", metavar="FILE")


def _export(options: argparse.Namespace) -> int:
    from pytest_behavior_contract.ask.cassettes.tape_for_vcr import as_vcrpy_yaml

    sys.stdout.write(as_vcrpy_yaml(Path(options.cassette)))
    return 0
