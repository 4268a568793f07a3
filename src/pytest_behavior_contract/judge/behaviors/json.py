"""The reply is JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NoReturn

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.payload import Payload, fences, payload_of, placed, side
from pytest_behavior_contract.judge.plain_data import (
    TypeName,
    check_keys,
    check_schema,
    keys_fault,
    schema_fault,
    type_fault,
    validator_of,
)
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_MOST_STARTS = 20
"""So many braces and brackets of a text are tried as the beginning of a value."""
# "[see below]" and "{name}" in prose begin none, and a footnote "[1]" is told apart later.
_START = re.compile(r"\{(?=\s{0,1000}[\"}])|\[(?=\s{0,1000}[\[{\]\"\d.tfn-])")
_EMBEDDED = "parse from the first brace or bracket to its end; what is there would pass"


@dataclass(frozen=True, kw_only=True)
class Json:
    """The reply is one JSON value and nothing else, of a type, with keys or of a schema if these are given.

    ```yaml
    expect:
      - json
      - json: {schema: order.schema.json}
      - json: {type: object, form: fenced}
      - json: {keys: {sku: string, price: [number, "null"], "items[*].n": integer}, form: embedded}
    ```

    `schema` is a JSON Schema, inline or the name of a file beside the contract. `keys` is a list of keys that must be
    there, or a mapping from keys to their types; `a.b` is a key within a key, `items[*].n` one of every list entry.
    `form` is the loosest form that is allowed: `bare` (as it comes, white space aside), `fenced` (bare, or in one
    code fence), `embedded` (a JSON value anywhere in the text).
    Causes: ``fenced in ```json``, ``fenced in ```json, never closed``, `text before the JSON`, `text after the JSON`,
    `text around the JSON`, `text before the fenced JSON` (`after`, `around`), `cut off by the token limit`,
    `broken JSON`, `broken JSON in a fence`, `no JSON`, `empty reply`, `is TYPE, not TYPE`, `key missing: KEY`,
    `KEY is TYPE, not TYPE`, `schema violated at PATH`.
    Limits: NaN and Infinity are no JSON. References to other documents are refused when the contract is loaded.
    `format` in a schema is not checked. Of a text with several values the first object, or list of more than plain
    numbers and words, is the one that is looked at.
    """

    files: ClassVar[tuple[str, ...]] = ("schema",)
    schema: Mapping[str, Any] | bool | None = None
    type: TypeName | None = None
    form: Literal["bare", "fenced", "embedded"] = "bare"
    keys: tuple[str, ...] | dict[str, TypeName | tuple[TypeName, ...]] = ()

    def __post_init__(self) -> None:
        check_keys(self.keys)
        if self.schema is not None:
            check_schema(self.schema)

    @cached_property
    def _validator(self) -> Any:
        return validator_of(self.schema)

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        if not text.strip():
            return failed("cut off by the token limit" if reply.finish_reason == "length" else "empty reply")
        try:
            return self._wrong(_loads(text)) or passed("is JSON")
        except (ValueError, RecursionError):
            pass
        found = _payload(text)
        if isinstance(found, str):
            cut = reply.finish_reason == "length"
            return failed("cut off by the token limit" if cut else found, text)
        payload, value = found
        return placed(payload, self.form, self._wrong(value), reply) or passed("is JSON")

    def _wrong(self, value: Any) -> Verdict | None:
        wrong = type_fault(value, self.type) or keys_fault(value, self.keys)
        if wrong or self.schema is None:
            return wrong
        return schema_fault(self._validator, value)


def _payload(text: str) -> tuple[Payload, Any] | str:
    """The JSON of a text that is more than JSON, and where it stands; what is wrong where there is none."""
    payload = payload_of(text, "JSON")
    if payload.fence is not None:
        try:
            return payload, _loads(payload.content)
        except (ValueError, RecursionError):
            # Of several fences another may hold it.
            for fence in list(fences(text))[1:_MOST_STARTS]:
                try:
                    return payload, _loads(fence.content)
                except (ValueError, RecursionError):
                    continue
    found = _embedded(text)
    if found is not None:
        return found
    if payload.form == "fenced" or (payload.fence is not None and _START.search(payload.content)):
        return "broken JSON in a fence"
    return "broken JSON" if "{" in text or "[" in text else "no JSON"


def _embedded(text: str) -> tuple[Payload, Any] | None:
    """The first value that a text holds: an object, or a list of more than plain values unless there is no other."""
    spare: tuple[Payload, Any] | None = None
    start, end = 0, 0
    for _ in range(_MOST_STARTS):
        match = _START.search(text, max(start, end))
        if match is None:
            break
        start = match.start()
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            if match[0] == "{":
                break  # what stands within a broken object is a part of it
            start += 1
            continue
        before, after = bool(text[:start].strip()), bool(text[end:].strip())
        where = f"text {side(before=before, after=after)} the JSON"
        found = Payload(content=text[start:end], form="embedded", where=where, mend=_EMBEDDED), value
        if isinstance(value, dict) or any(isinstance(item, dict | list) for item in value):
            return found
        spare = spare or found
    return spare


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _loads(text: str) -> Any:
    return _DECODER.decode(text)
