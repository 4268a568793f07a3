"""Looks after recordings: what there is, what is wrong with them, what nobody needs, and recordings from elsewhere."""

from __future__ import annotations

import argparse

from pytest_behavior_contract.cli.cassette import export, importing, listing, prune, scrub, stale

_ACTIONS = (listing, stale, prune, scrub, importing, export)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: behavior-contract cassette verify contracts"
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for action in _ACTIONS:
        action.add_to(actions)
