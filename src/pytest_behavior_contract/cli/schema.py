"""Prints the JSON Schema of contract files, for editors, or of the report, for scripts."""

from __future__ import annotations

import argparse
import json
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: behavior-contract schema > contract.schema.json"
    parser.add_argument("--report", action="store_true", help="the schema of the JSON report instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from pytest_behavior_contract.declare.schema import contract_schema
    from pytest_behavior_contract.tell.json import report_schema

    schema = report_schema() if options.report else contract_schema()
    sys.stdout.write(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    return 0
