"""Languages that a real parser can tell good from bad in."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

LONGEST: Mapping[str, int] = {"python": 200_000, "sql": 20_000, "toml": 50_000}
"""Characters: of what is longer, or of some shapes of it, these parsers make seconds of work."""
MOST_YAML_VALUES = 50_000


class Fault(ValueError):  # noqa: N818 - read as a sentence
    """A text does not parse, with what the parser says."""


class TooLong(Exception):  # noqa: N818 - read as a sentence
    """A text is longer than its parser can take in good time."""


def parse_python(text: str, _: str = "") -> None:
    import ast

    _check_length(text, "python")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape in a reply is not a warning about the test
            ast.parse(text)
    except SyntaxError as error:
        raise Fault(f"line {error.lineno}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise Fault("nested too deeply") from None
    except ValueError as error:
        raise Fault(str(error)) from None


def parse_json(text: str, _: str = "") -> None:
    import json

    def constant(name: str) -> None:
        raise Fault(f"{name} is no JSON")

    try:
        json.loads(text, parse_constant=constant)
    except RecursionError:
        raise Fault("nested too deeply") from None
    except ValueError as error:
        raise Fault(str(error)) from None


def parse_yaml(text: str, _: str = "") -> Any:
    """The plain data; the same reader as for contract files, with the same bounds."""
    from pytest_behavior_contract.declare.document import DocumentError, parse

    try:
        document = parse(text, most_nodes=MOST_YAML_VALUES)
    except DocumentError as error:
        raise Fault(f"line {error.line}: {error}") from None
    except (RecursionError, ValueError) as error:
        raise Fault(str(error)) from None
    if document.duplicate_keys:
        place, line = document.duplicate_keys[0]
        raise Fault(f"line {line}: the key {place[-1]!r} stands twice")
    return document.content


def parse_toml(text: str, _: str = "") -> None:
    import tomllib

    _check_length(text, "toml")
    try:
        tomllib.loads(text)
    except RecursionError:
        raise Fault("nested too deeply") from None
    except ValueError as error:
        raise Fault(str(error)) from None


def parse_xml(text: str, _: str = "") -> list[str]:
    """The names of the elements in their order; expat, which reads nothing from outside; a DOCTYPE is refused."""
    from xml.parsers import expat

    names: list[str] = []

    def begins(name: str, _: Any) -> None:
        names.append(name)

    def doctype(*_: Any) -> None:
        raise Fault("declares a DOCTYPE")

    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler = begins
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text.encode("utf-8"), True)  # noqa: FBT003 - expat takes no names
    except expat.ExpatError as error:
        raise Fault(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None
    except ValueError as error:
        raise Fault(str(error)) from None
    return names


def parse_sql(text: str, dialect: str = "") -> None:
    import sqlglot
    from sqlglot import expressions
    from sqlglot.errors import SqlglotError

    _check_length(text, "sql")
    try:
        with _quiet("sqlglot"):
            found = [one for one in sqlglot.parse(text, dialect=dialect or None) if one is not None]
    except (SqlglotError, ValueError) as error:
        raise Fault(" ".join(str(error).split())) from None
    except RecursionError:
        raise Fault("nested too deeply") from None
    if not found:
        raise Fault("no statement")
    for one in found:
        # "hello world" is a column with an alias to the parser, and "Call me" a command that it does not look into.
        if isinstance(one, expressions.Command):
            raise Fault(f"a statement that the parser does not know: {one.name or one.this}")
        if isinstance(one, expressions.Condition | expressions.Alias | expressions.Tuple):
            raise Fault("an expression, and no statement")


PARSERS: Mapping[str, Callable[[str, str], Any]] = {
    "python": parse_python,
    "json": parse_json,
    "yaml": parse_yaml,
    "toml": parse_toml,
    "xml": parse_xml,
    "sql": parse_sql,
}
ALIASES: Mapping[str, frozenset[str]] = {
    "python": frozenset({"python", "py", "python3"}),
    "yaml": frozenset({"yaml", "yml"}),
    "javascript": frozenset({"javascript", "js"}),
    "typescript": frozenset({"typescript", "ts"}),
    "bash": frozenset({"bash", "sh", "shell"}),
    "markdown": frozenset({"markdown", "md"}),
    "c++": frozenset({"c++", "cpp"}),
    "c#": frozenset({"c#", "csharp", "cs"}),
}
"""Words behind a fence that mean the same language."""


def same_language(found: str, wanted: str) -> bool:
    wanted = wanted.casefold()
    return found == wanted or found in next((names for names in ALIASES.values() if wanted in names), ())


def _check_length(text: str, language: str) -> None:
    if len(text) > LONGEST[language]:
        raise TooLong(f"longer than the {LONGEST[language]:,} characters that the {language} parser is given")


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
