"""How a surface spells neutral parameters: tables that one can read, and the function that applies them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_behavior_contract.errors import NotExpressible
from pytest_behavior_contract.exchange import Prompt

Spelling = str | Callable[[Any], Mapping[str, Any]] | None
"""The surface's own name, dots for nesting; a function where the value changes too; None for "has none"."""

SDK_KEYS = frozenset({"extra_body"})
"""What the SDKs' own calls take besides the body: extra_body's keys go into it as they are."""


def spell(surface: str, table: Mapping[str, Spelling], own_names: frozenset[str], prompt: Prompt) -> dict[str, Any]:
    """The parameters of a prompt as they stand in this surface's body; raises NotExpressible."""
    body: dict[str, Any] = {}
    for name, value in prompt.parameters.items():
        spelling = table.get(name)
        if spelling is None:
            raise NotExpressible(surface, name)
        _merge(body, _nested(spelling, value) if isinstance(spelling, str) else spelling(value))
    if not prompt.request:
        return body
    for name, value in prompt.request.items():
        if name == "extra_body" and isinstance(value, Mapping):
            continue
        if name not in own_names:
            raise NotExpressible(surface, name)
        body[name] = value
    extra = prompt.request.get("extra_body")
    if isinstance(extra, Mapping):
        _merge(body, extra)
    return body


def _nested(dotted: str, value: Any) -> dict[str, Any]:
    for part in reversed(dotted.split(".")):
        value = {part: value}
    return value  # type: ignore[no-any-return]  # at least one part, so a dict


def _merge(body: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(body.get(key), dict):
            _merge(body[key], value)
        else:
            body[key] = value
