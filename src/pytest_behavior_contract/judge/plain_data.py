"""What JSON and YAML replies share: types, keys and the paths to them, and schemas."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pytest_behavior_contract.judge.verdicts import failed, quoted, unable
from pytest_behavior_contract.results import Verdict

TypeName = Literal["object", "array", "string", "integer", "number", "boolean", "null"]
Keys = tuple[str, ...] | Mapping[str, TypeName | tuple[TypeName, ...]]
"""Keys that must be there, or those keys with the type, or types, of each."""
_TYPES: Mapping[TypeName, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_MOST_ERRORS = 100
"""Of so many violations the one to name is chosen: a hostile reply can have a million."""


def check_schema(schema: Any) -> None:
    """Raises ValueError where it is no JSON Schema, or points outside itself."""
    import jsonschema

    try:
        jsonschema.validators.validator_for(schema).check_schema(schema)
        outside = _outside_reference(schema)
    except jsonschema.SchemaError as error:
        raise ValueError(f"schema is no JSON Schema: {error.message}") from None
    except RecursionError:
        raise ValueError("schema is nested too deeply") from None
    if outside:
        raise ValueError(f"schema refers to another document: {outside}")


def validator_of(schema: Any) -> Any:
    import jsonschema
    from jsonschema_specifications import REGISTRY

    # A registry of its own keeps jsonschema from fetching what a $ref names.
    return jsonschema.validators.validator_for(schema)(schema, registry=REGISTRY)


def schema_fault(validator: Any, value: Any) -> Verdict | None:
    """What a value violates first; None where nothing."""
    from jsonschema.exceptions import best_match

    try:
        error = best_match(itertools.islice(validator.iter_errors(value), _MOST_ERRORS))
    except RecursionError:
        return failed("nested too deeply to check", shown(value))
    except Exception as unresolvable:  # noqa: BLE001 - referencing's errors share no public root
        return unable("schema cannot be applied", str(unresolvable))
    if error is None:
        return None
    if error.validator == "required" and isinstance(error.instance, Mapping):
        key = next((key for key in error.validator_value if key not in error.instance), "")
        return failed(f"key missing: {quoted(_path(error.absolute_path, key))}", error.message)
    return failed(f"schema violated at {_path(error.absolute_path)}", error.message)


def type_fault(value: Any, wanted: TypeName | None) -> Verdict | None:
    if wanted is None or is_type(value, wanted):
        return None
    return failed(f"is {type_name(value)}, not {wanted}", shown(value))


def check_keys(keys: Keys) -> None:
    """Raises ValueError for a path that names nothing."""
    for path in keys:
        if not all(_steps(path)):
            raise ValueError(f"{path!r} is no path to a key; write a, a.b or items[*].sku")


def keys_fault(value: Any, keys: Keys) -> Verdict | None:
    """The first key that is missing or of another type."""
    for path in keys:
        wanted = keys[path] if isinstance(keys, Mapping) else ()
        names = (wanted,) if isinstance(wanted, str) else wanted
        for found in _values(value, _steps(path)):
            if found is _MISSING:
                return failed(f"key missing: {quoted(path)}", shown(value))
            if names and not any(is_type(found, name) for name in names):
                cause = f"{quoted(path)} is {type_name(found)}, not {' or '.join(names)}"
                return failed(cause, shown(found))
    return None


def is_type(value: Any, name: TypeName) -> bool:
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name]) and not (name in ("number", "integer") and isinstance(value, bool))


def type_name(value: Any) -> str:
    return next(name for name in ("boolean", "object", "array", "string", "number", "null") if is_type(value, name))


def shown(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):
        return "deeply nested"


_MISSING = object()


def _steps(path: str) -> list[str]:
    return path.replace("[*]", ".[*]").removeprefix(".").split(".")


def _values(value: Any, steps: list[str]) -> Iterator[Any]:
    """What a path leads to, once for each entry of a list that it passes; _MISSING where it leads nowhere."""
    if not steps:
        yield value
    elif steps[0] == "[*]":
        if isinstance(value, list):
            for item in value:
                yield from _values(item, steps[1:])
        else:
            yield _MISSING
    elif isinstance(value, Mapping) and steps[0] in value:
        yield from _values(value[steps[0]], steps[1:])
    else:
        yield _MISSING


def _path(parts: Any, key: str = "") -> str:
    """`items[*].sku`: list positions are left out, so that the same fault in two places is one cause."""
    text = "".join("[*]" if isinstance(part, int) else f".{part}" for part in [*parts, *([key] if key else [])])
    return text.lstrip(".") or "the top"


def _outside_reference(schema: Any) -> str:
    """The first reference that leads neither into the schema itself nor to a schema of the standard; empty if none."""
    from jsonschema_specifications import REGISTRY
    from referencing import Resource
    from referencing.jsonschema import DRAFT202012

    resource: Resource[Any] = Resource.from_contents(schema, default_specification=DRAFT202012)
    return _outside_within(resource, REGISTRY.resolver_with_root(resource))


def _outside_within(resource: Any, resolver: Any) -> str:
    from referencing.exceptions import Unresolvable

    if isinstance(resource.contents, Mapping):
        for key in ("$ref", "$dynamicRef"):
            target = resource.contents.get(key)
            if not isinstance(target, str) or target.startswith("#"):
                continue  # one within the schema that leads nowhere shows when it is applied
            try:
                resolver.lookup(target)
            except (Unresolvable, ValueError):
                return target
    return next(
        (
            found
            for inner in resource.subresources()
            if (found := _outside_within(inner, resolver.in_subresource(inner)))
        ),
        "",
    )
