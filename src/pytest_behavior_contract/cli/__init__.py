"""The `behavior-contract` command; each verb is a module of its own, loaded when it is used."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

VERBS = {
    "cassette": "list and verify recordings, or hand them to vcrpy",
    "doctor": "what is configured, which keys are present, and whether the endpoints answer",
    "schema": "the JSON Schema of contract files, or of the report",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a verb; returns the exit status: 0 fine, 1 something is not, 4 the set-up is wrong."""
    from pytest_behavior_contract.errors import BehaviorContractError

    parser = argparse.ArgumentParser(
        prog="behavior-contract",
        description="Contracts for the behavior of language models. Tests are run by pytest: pytest --contract",
        epilog="example: behavior-contract doctor",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    # Only the verb that is used is imported: `schema` need not wait for what `doctor` needs.
    wanted = next((word for word in (sys.argv[1:] if arguments is None else arguments) if word in VERBS), "")
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == wanted:
            importlib.import_module(f"{__name__}.{name}").add_arguments(verb)
    options = parser.parse_args(arguments)
    if options.version:
        from importlib.metadata import version

        sys.stdout.write(f"behavior-contract {version('pytest-behavior-contract')}\n")
        return 0
    if not options.verb:
        parser.print_help()
        return 0
    try:
        return int(options.run(options))
    except BehaviorContractError as error:
        sys.stderr.write(f"behavior-contract {options.verb}: {error}\n")
        return 4
    except BrokenPipeError:
        # The reader has gone, as `head` does; that is no error of ours. Python would complain when it flushes.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
