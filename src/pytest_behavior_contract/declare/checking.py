"""What is wrong with a contract file's content, said so that its author can mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.document import Document, Path
from pytest_behavior_contract.declare.schema import PYTHON, contract_schema
from pytest_behavior_contract.errors import Problem
from pytest_behavior_contract.registry import did_you_mean

_GROUPS = ("all", "any", "not")
_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


def schema_problems(document: Document, path: str, *, foreign_code: bool = True) -> list[tuple[Path, Problem]]:
    """Every violation of the contract schema, each with the place it is about."""
    import jsonschema

    named = (name for name in named_behaviors(document.content) if not name.startswith(PYTHON))
    known = frozenset(name for name in named if registry.is_known("behaviors", name))
    # A sound file needs the behaviors it names and no others; only to explain a mistake must all be known.
    if jsonschema.Draft202012Validator(contract_schema(known, foreign_code=foreign_code)).is_valid(document.content):
        return []
    validator = jsonschema.Draft202012Validator(contract_schema(foreign_code=foreign_code))
    found: dict[tuple[Path, str], Problem] = {}
    for error in validator.iter_errors(document.content):
        for place, message in _explain(error):
            problem = Problem(path=path, line=document.line(place), key=key_path(place), message=message)
            found[place, message] = problem
    return [(place, problem) for (place, _), problem in found.items()]


def named_behaviors(content: Any) -> set[str]:
    """The names that stand where a behavior should, known or not."""
    found: set[str] = set()
    for clause in _items(content, "clauses"):
        for holder in (clause, clause.get("contrast") if isinstance(clause, Mapping) else None):
            for item in _items(holder, "expect"):
                _collect(item, found)
    return found


def _items(holder: Any, key: str) -> list[Any]:
    items = holder.get(key) if isinstance(holder, Mapping) else None
    return items if isinstance(items, list) else []


def _collect(item: Any, found: set[str]) -> None:
    if isinstance(item, str):
        found.add(item)
    elif isinstance(item, Mapping):
        for name, inner in item.items():
            found.add(name)
            # Groups hold expectations; those of installed packages are few and need not be asked whether they do.
            if name in _GROUPS or not registry.is_built_in("behaviors", name):
                for member in inner if isinstance(inner, list) else [inner]:
                    _collect(member, found)


def key_path(place: Iterable[str | int]) -> str:
    """`clauses[0].expect[1]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def _explain(error: Any) -> Iterator[tuple[Path, str]]:
    place: Path = tuple(error.absolute_path)
    value = error.instance
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        kind = "behavior" if _is_expectation(place) else "key"
        for key in value:
            if key not in known and not (kind == "behavior" and key.startswith(PYTHON)):
                yield (*place, key), f"unknown {kind} {key!r}{did_you_mean(key, known)}"
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in value and f"{key!r} is a required" in error.message:
                yield place, _missing(key)
    elif error.validator == "anyOf":
        yield from _explain_options(error, place, value)
    elif error.validator == "enum":
        yield place, _not_among(place, value, error.validator_value)
    else:
        yield place, _SENTENCES.get(error.validator, lambda error: str(error.message))(error)


def _wrong_type(error: Any) -> str:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    hint = '; the items of a list begin with "- "' if wanted == ["array"] else ""
    return f"should be {' or '.join(_TYPES[name] for name in wanted)}, is {_shown(error.instance)}{hint}"


def _wrong_pattern(error: Any) -> str:
    if error.validator_value.startswith("^\\d{4}"):
        return f"should be a date such as 2027-06-01, is {_shown(error.instance)}"
    return f"{_shown(error.instance)} should be letters, digits, dots, dashes and underscores, at most 100"


def _too_few(error: Any) -> str:
    return f"should have at least {error.validator_value} entries" if error.instance else "is empty"


def _wrong_number_of_keys(error: Any) -> str:
    one = error.schema.get("maxProperties")
    return f"should have exactly one key, has {len(error.instance)}" if one else "is empty"


_SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "type": _wrong_type,
    "const": lambda error: f"should be {error.validator_value!r}, is {_shown(error.instance)}",
    "pattern": _wrong_pattern,
    "minItems": _too_few,
    "minLength": _too_few,
    "minProperties": _wrong_number_of_keys,
    "maxProperties": _wrong_number_of_keys,
    "minimum": lambda error: f"should be at least {error.validator_value}, is {error.instance}",
    "maximum": lambda error: f"should be at most {error.validator_value}, is {error.instance}",
    "exclusiveMinimum": lambda error: f"should be above {error.validator_value}, is {error.instance}",
}


def _is_expectation(place: Path) -> bool:
    return place[-2:-1] in (("expect",), ("any",), ("all",)) or place[-1:] == ("not",)


def _explain_options(error: Any, place: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """Of several allowed forms, the errors of the one whose type the author has chosen."""
    by_option: dict[int, list[Any]] = {}
    for inner in error.context:
        by_option.setdefault(inner.schema_path[0], []).append(inner)
    chosen = [
        errors
        for errors in by_option.values()
        if not any(inner.validator == "type" and not inner.relative_path for inner in errors)
    ]
    # An enumeration says nothing of a mapping or a list.
    if isinstance(value, dict | list):
        chosen = [errors for errors in chosen if not any(_is_scalar_test(inner) for inner in errors)] or chosen
    scalars = not isinstance(value, dict | list) and all(
        len(errors) == 1 and errors[0].validator in ("type", "const") for errors in by_option.values()
    )
    if chosen and not scalars:
        best = min(chosen, key=len)
        for inner in best:
            yield from _explain(inner)
        return
    wanted: list[str] = []
    for errors in by_option.values():
        for inner in errors:
            if inner.validator == "const":
                wanted.append(repr(inner.validator_value))
            elif inner.validator == "type" and not inner.relative_path:
                names = inner.validator_value if isinstance(inner.validator_value, list) else [inner.validator_value]
                wanted += [_TYPES[name] for name in names if _TYPES[name] not in wanted]
    quoting = "; write it in quotes" if "text" in wanted and isinstance(value, int | float) else ""
    yield place, f"should be {' or '.join(wanted)}, is {_shown(value)}{quoting}"


def _is_scalar_test(error: Any) -> bool:
    return error.validator in ("enum", "const") and not error.relative_path


def _not_among(place: Path, value: Any, allowed: list[Any]) -> str:
    names = [str(name) for name in allowed]
    if _is_expectation(place):
        everything = registry.names("behaviors")
        if value in everything:
            return f"behavior {value!r} needs arguments, as in `{value}: ...`"
        return f"unknown behavior {value!r}{did_you_mean(str(value), everything)}"
    return f"{_shown(value)} is not one of {', '.join(names)}{_near(str(value), names)}"


def _near(value: str, names: list[str]) -> str:
    said = did_you_mean(value, names)
    return said if "did you mean" in said else ""


def _missing(key: str) -> str:
    if key == "assumes":
        return "'assumes' is missing: say in one sentence what the clause assumes"
    return f"{key!r} is missing"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return _KINDS[type(value)]
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
