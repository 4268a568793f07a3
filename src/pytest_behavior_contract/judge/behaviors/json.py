"""The reply is JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NoReturn

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_FENCED = re.compile(r"\s*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*\n(.*?)\n?[ \t]*\1\s*", re.DOTALL)
_FORMS = ("bare", "fenced", "embedded")
_MENDS = {
    "fenced": "strip the fence before parsing; what is inside would pass",
    "embedded": "parse from the first brace or bracket to its end; what is there would pass",
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


@dataclass(frozen=True, kw_only=True)
class Json:
    """The reply is one JSON value and nothing else, of a type or schema if one is given.

    ```yaml
    expect:
      - json
      - json: {schema: order.schema.json}
      - json: {type: object, form: fenced}
    ```

    `schema` is a JSON Schema, inline or the name of a file beside the contract. `form` is the loosest form that is
    allowed: `bare` (as it comes, white space aside), `fenced` (bare, or in one code fence), `embedded` (a JSON
    value anywhere in the text).
    Causes: ``fenced in ```json``, `text before the JSON`, `text after the JSON`, `text around the JSON`,
    `cut off by the token limit`, `broken JSON`, `no JSON`, `empty reply`, `is TYPE, not TYPE`, `key missing: KEY`,
    `schema violated at PATH`.
    Limits: NaN and Infinity are no JSON. References to other documents are refused when the contract is loaded.
    """

    files: ClassVar[tuple[str, ...]] = ("schema",)
    schema: Mapping[str, Any] | bool | None = None
    type: Literal["object", "array", "string", "number", "boolean", "null"] | None = None
    form: Literal["bare", "fenced", "embedded"] = "bare"

    def __post_init__(self) -> None:
        if self.schema is None:
            return
        outside = _outside_reference(self.schema)
        if outside:
            raise ValueError(f"schema refers to another document: {outside}")
        import jsonschema

        schema: Any = self.schema
        try:
            jsonschema.validators.validator_for(schema).check_schema(schema)
        except jsonschema.SchemaError as error:
            raise ValueError(f"schema is no JSON Schema: {error.message}") from None

    @cached_property
    def _validator(self) -> Any:
        import jsonschema
        from referencing import Registry

        schema: Any = self.schema
        # The empty registry keeps jsonschema from fetching what a $ref names.
        return jsonschema.validators.validator_for(schema)(schema, registry=Registry())

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        form, value, where = _read(text)
        if form == "none":
            if reply.finish_reason == "length":
                where = "cut off by the token limit"
            return failed(where, text)
        wrong = self._wrong(value)
        if _FORMS.index(form) > _FORMS.index(self.form):
            return failed(where, text, mend="" if wrong else _MENDS[form])
        if wrong:
            return wrong
        return passed("is JSON")

    def _wrong(self, value: Any) -> Verdict | None:
        if self.type and not _is_type(value, self.type):
            return failed(f"is {_type_name(value)}, not {self.type}", _shown(value))
        if self.schema is None:
            return None
        from jsonschema.exceptions import best_match

        try:
            error = best_match(self._validator.iter_errors(value))
        except RecursionError:
            return failed("nested too deeply to check", _shown(value))
        except Exception as unresolvable:  # noqa: BLE001 - referencing's errors share no public root
            return Verdict(outcome="error", cause="schema cannot be applied", evidence=str(unresolvable))
        if error is None:
            return None
        if error.validator == "required" and isinstance(error.instance, Mapping):
            key = next((key for key in error.validator_value if key not in error.instance), "")
            return failed(f"key missing: {quoted(_path(error.absolute_path, key))}", error.message)
        return failed(f"schema violated at {_path(error.absolute_path)}", error.message)


def _read(text: str) -> tuple[Literal["none", "bare", "fenced", "embedded"], Any, str]:
    """The form in which a text holds JSON, the value, and what stands in the way of the bare form."""
    if not text.strip():
        return "none", None, "empty reply"
    try:
        return "bare", _loads(text), ""
    except (ValueError, RecursionError):
        pass
    fence = _FENCED.fullmatch(text)
    if fence:
        try:
            return "fenced", _loads(fence[3]), f"fenced in {fence[1]}{fence[2]}"
        except (ValueError, RecursionError):
            return "none", None, "broken JSON in a fence"
    start = min((text.find(mark) for mark in "{[" if mark in text), default=-1)
    if start < 0:
        return "none", None, "no JSON"
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return "none", None, "broken JSON"
    before, after = bool(text[:start].strip()), bool(text[end:].strip())
    where = "around" if before and after else "before" if before else "after"
    return "embedded", value, f"text {where} the JSON"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _loads(text: str) -> Any:
    return _DECODER.decode(text)


def _is_type(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and not (name == "number" and isinstance(value, bool))


def _type_name(value: Any) -> str:
    return next(name for name in ("boolean", *_TYPES) if _is_type(value, name))


def _path(parts: Any, key: str = "") -> str:
    """`items[*].sku`: list positions are left out, so that the same fault in two places is one cause."""
    text = "".join("[*]" if isinstance(part, int) else f".{part}" for part in [*parts, *([key] if key else [])])
    return text.lstrip(".") or "the top"


def _shown(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "deeply nested"


def _outside_reference(schema: Any) -> str:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str) and not value.startswith("#"):
                return value
            found = _outside_reference(value)
            if found:
                return found
    elif isinstance(schema, list | tuple):
        for item in schema:
            found = _outside_reference(item)
            if found:
                return found
    return ""
