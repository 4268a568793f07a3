"""Arguments of a tool call held against the JSON Schema of the tool."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_behavior_contract.judge.calls import IN_A_STRING, decoded, shown_name
from pytest_behavior_contract.judge.verdicts import quoted

_WORDS = {
    "enum": "not one of its values",
    "const": "not its only value",
    "minItems": "too few items",
    "maxItems": "too many items",
    "minimum": "too small",
    "maximum": "too large",
    "minLength": "too short",
    "maxLength": "too long",
    "pattern": "does not match its pattern",
}
_MOST_ERRORS = 50


class NotASchema(ValueError):  # noqa: N818 - read as a sentence
    """A tool's parameters are no JSON Schema, or one that refers to what is not there."""


def validator_of(schema: Any) -> Any:
    """A validator; raises NotASchema."""
    import jsonschema
    from referencing import Registry

    try:
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        kind.check_schema(schema)
    except (jsonschema.SchemaError, RecursionError) as error:
        raise NotASchema(getattr(error, "message", "nested too deeply")) from None
    # The empty registry keeps jsonschema from fetching what a $ref names.
    return kind(schema, registry=Registry())


def schema_fault(validator: Any, arguments: Any) -> tuple[str, str]:
    """The cause and the evidence of the first fault, both empty where there is none; raises NotASchema."""
    try:
        errors = list(itertools.islice(validator.iter_errors(arguments), _MOST_ERRORS))
    except RecursionError:
        return "arguments nested too deeply to check", ""
    except Exception as unresolvable:  # noqa: BLE001 - referencing's errors share no public root
        raise NotASchema(str(unresolvable)) from None
    if not errors:
        return "", ""
    errors.sort(key=lambda error: (not _in_a_string(error), len(error.absolute_path)))
    return _cause(errors[0]), errors[0].message


def undeclared_argument(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """An argument that the tool has no name for, unless its schema opens itself to more; empty where there is none."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or "additionalProperties" in schema or "patternProperties" in schema:
        return ""
    # Schemas put together from others may declare the rest elsewhere.
    if any(key in schema for key in ("allOf", "anyOf", "oneOf", "$ref", "if", "unevaluatedProperties")):
        return ""
    return next((str(key) for key in arguments if key not in properties), "")


def empty_optional(schema: Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> str:
    """The path of an argument that could be left out and came as an empty text instead; empty where there is none."""
    return next((path for path, text, needed in _texts(schema, arguments) if not text and not needed), "")


def text_with_json(arguments: Mapping[str, Any]) -> str:
    """The path of an argument whose text holds a JSON object or array; empty where there is none."""
    return next((path for path, text, _ in _texts(None, arguments) if decoded(text) is not text), "")


def _texts(schema: Any, arguments: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """All texts among arguments, in their order: path, text, and whether the schema requires something there."""
    left: list[tuple[str, Any, Any, bool]] = [("", schema, arguments, True)]
    while left:
        path, declared, value, needed = left.pop()
        if isinstance(value, str):
            yield shown_name(path.lstrip(".")), value, needed
        elif isinstance(value, Mapping):
            required, properties = _member(declared, "required"), _member(declared, "properties")
            for key in reversed(value):
                must = isinstance(required, list | tuple) and key in required
                left.append((f"{path}.{key}", _member(properties, key), value[key], must))
        elif isinstance(value, list | tuple):
            left += [(f"{path}[*]", _member(declared, "items"), item, True) for item in reversed(value)]


def _member(declared: Any, key: str) -> Any:
    return declared.get(key) if isinstance(declared, Mapping) else None


def _in_a_string(error: Any) -> bool:
    found = error.instance
    return error.validator in ("type", "anyOf", "oneOf") and isinstance(found, str) and decoded(found) is not found


def _cause(error: Any) -> str:
    path = _path(error.absolute_path)
    if _in_a_string(error):
        return f"argument {path}: {IN_A_STRING}"
    if error.validator == "required":
        missing = next((key for key in error.validator_value if key not in error.instance), "")
        return f"argument missing: {quoted(_path([*error.absolute_path, missing]))}"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        extra = next((key for key in error.instance if key not in known), "")
        return f"argument not declared: {quoted(_path([*error.absolute_path, extra]))}"
    if error.validator == "type":
        wanted = error.validator_value
        return f"argument {path}: is {_type_of(error.instance)}, not {wanted if isinstance(wanted, str) else 'that'}"
    return f"argument {path}: {_WORDS.get(error.validator, f'violates {error.validator}')}"


def _path(parts: Iterable[Any]) -> str:
    """`items[*].sku`: list positions are left out, so that the same fault in two places is one cause."""
    text = "".join("[*]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
    return shown_name(text) if text else "object"


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number", type(None): "null"}
    return names.get(type(value), "something else")
