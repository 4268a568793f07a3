"""The reply is YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.parsers import Fault, parse_yaml
from pytest_behavior_contract.judge.payload import payload_of, placed
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


@dataclass(frozen=True, kw_only=True)
class Yaml:
    """The reply is one YAML document: a mapping or a list, of a schema if one is given.

    ```yaml
    expect:
      - yaml
      - yaml: {keys: [name, version], form: fenced}
    ```

    `schema`, `type` and `keys` are those of `json`, with its names of types: `object` is a mapping. `form` is the
    loosest form that is allowed: `bare`, `fenced` (bare, or in one code fence), `embedded` (in a fence within text).
    Causes: ``fenced in ```yaml``, `text before the fenced YAML` (`after`, `around`), `broken YAML`,
    `plain text, no YAML`, `empty reply`, `cut off by the token limit`, `is TYPE, not TYPE`, `key missing: KEY`,
    `KEY is TYPE, not TYPE`, `schema violated at PATH`.
    Limits: YAML 1.2: `yes`, `no` and dates are text. Any prose is a YAML text, so without a `type` only a mapping or a
    list passes; prose with a colon in it can be a mapping, so name its `keys`. Tags other than those of plain values, a
    key that stands twice, more than 60 levels and more than 50,000 values count as broken.
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
        if not reply.text.strip():
            return failed("empty reply")
        payload = payload_of(reply.text, "YAML")
        try:
            fault = self._wrong(parse_yaml(payload.content))
        except Fault as error:
            fault = failed("broken YAML", f"{error} · {reply.text}")
        return placed(payload, self.form, fault, reply) or passed("is YAML")

    def _wrong(self, value: Any) -> Verdict | None:
        if self.type is None and not isinstance(value, dict | list):
            return failed("plain text, no YAML", str(value))
        wrong = type_fault(value, self.type) or keys_fault(value, self.keys)
        if wrong or self.schema is None:
            return wrong
        return schema_fault(self._validator, value)
