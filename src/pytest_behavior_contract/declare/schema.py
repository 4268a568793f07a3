"""The JSON Schema of contract files, put together from the skeleton here and from every behavior's fields."""

from __future__ import annotations

import dataclasses
import inspect
from functools import cache
from typing import Any

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.probes import SHAPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"

PYTHON = "python:"
"""Begins the name of a behavior that is a function or class of the user's own."""

PARAMETERS: dict[str, dict[str, Any]] = {
    "temperature": {"type": "number", "description": "Randomness of sampling."},
    "top_p": {"type": "number", "description": "Nucleus sampling."},
    "top_k": {"type": "integer", "description": "Sample from the k likeliest tokens."},
    "max_output_tokens": {"type": "integer", "minimum": 1, "description": "Longest reply, in tokens."},
    "stop": {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "Texts at which the reply ends.",
    },
    "seed": {"type": "integer", "description": "Seed of the sampling."},
    "presence_penalty": {"type": "number", "description": "Penalty on tokens that occurred."},
    "frequency_penalty": {"type": "number", "description": "Penalty on tokens by how often they occurred."},
    "logit_bias": {"type": "object", "description": "Bias per token id."},
    "choices": {"type": "integer", "minimum": 1, "description": "How many replies one request returns."},
    "top_logprobs": {"type": "integer", "minimum": 0, "description": "Log probabilities of this many tokens a place."},
    "tool_choice": {
        "anyOf": [
            {"enum": ["auto", "required", "none"]},
            {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
                "additionalProperties": False,
            },
        ],
        "description": "Whether a tool is called, or which: auto, required, none, or {name: TOOL}.",
    },
    "parallel_tool_calls": {"type": "boolean", "description": "Whether one turn may hold several calls."},
    "reasoning_effort": {"type": "string", "description": "How much the model reasons: low, medium, high."},
    "json_schema": {"type": "object", "description": "JSON Schema that the server shall hold the reply to."},
}
"""Parameters under names that every API surface translates; see each provider's table."""

_TEXT = {"type": "string", "minLength": 1}
_TOOLS: dict[str, Any] = {
    "description": "Tools the model may call: a JSON file, or a list in OpenAI's, Anthropic's or the plain form.",
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "object"}}],
}
_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "description": "Parameters under neutral names, which each API surface spells in its own way.",
    "properties": PARAMETERS,
    "additionalProperties": False,
}
_REQUEST = {
    "type": "object",
    "description": "Parameters under the API's own names, sent exactly as they stand; "
    "`extra_body` holds what only this server knows.",
}
_RATE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_SAMPLES = {
    "description": "Cap on the replies a clause may ask for per endpoint; sampling stops as soon as it is decided.",
    "anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": 10_000}],
}
_SEVERITY = {
    "enum": ["breaking", "degrading", "cosmetic"],
    "description": "breaking and degrading clauses decide the exit status; a cosmetic one is only reported.",
}
_CASES = {
    "type": "array",
    "minItems": 1,
    "description": "Values for the slots of the prompt, one prompt a case; {file: NAME} reads them from a JSONL or "
    "CSV file beside the contract. An `id` names the case; with `swap`, cases of the same `topic` count as one.",
    "items": {"type": "object", "minProperties": 1},
}
_MESSAGES = {
    "type": "array",
    "minItems": 1,
    "description": "A whole conversation instead of one prompt, in the shape of OpenAI's Chat API.",
    "items": {
        "type": "object",
        "required": ["role"],
        "properties": {
            "role": {"enum": ["system", "developer", "user", "assistant", "tool"]},
            "content": {"type": ["string", "array", "null"]},
            "tool_calls": {"type": "array", "items": {"type": "object"}},
            "tool_call_id": {"type": "string"},
            "name": {"type": "string"},
        },
        "additionalProperties": False,
    },
}
_EXPECT = {
    "type": "array",
    "minItems": 1,
    "description": "Behaviors that every reply must show; `not`, `any` and `all` combine them.",
    "items": {"$ref": "#/$defs/expectation"},
}
_PROBE_ITEM: dict[str, Any] = {
    "anyOf": [
        {"enum": list(SHAPES)},
        {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "what": {**_TEXT, "description": "How the table calls it."},
                "prompt": _TEXT,
                "messages": _MESSAGES,
                "system": {"type": "string"},
                "tools": {"anyOf": [{"const": True}, *_TOOLS["anyOf"]]},
                "parameters": _PARAMETERS,
                "request": _REQUEST,
                "stream": {"type": "boolean"},
            },
            "additionalProperties": False,
        },
    ]
}
_PROBE = {
    "description": "Requests to be asked once each, before all other clauses; see [probes](behaviors/probes.md). "
    "The rate is 1 where the clause itself names none.",
    "anyOf": [*_PROBE_ITEM["anyOf"], {"type": "array", "minItems": 1, "items": _PROBE_ITEM}],
}
_SWAP = {
    "description": "A slot whose values must be treated alike, as a list or each under a name; or a list of variants "
    "that fill several slots. Values may have {slots} that the cases fill. `stream: [false, true]` asks for the reply "
    "whole and as a stream.",
    "anyOf": [
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {
                "anyOf": [{"type": "array", "minItems": 2}, {"type": "object", "minProperties": 2}]
            },
        },
        {"type": "array", "minItems": 2, "items": {"type": "object", "minProperties": 1}},
    ],
}
_CONTRAST = {
    "description": "The harmless (or harmful) twin: the id of another clause, or a prompt with what is expected of it.",
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "required": ["expect"],
            "properties": {"prompt": _TEXT, "messages": _MESSAGES, "cases": _CASES, "expect": _EXPECT},
            "additionalProperties": False,
        },
    ],
}
_DEFAULTS = {
    "system": {"type": "string", "description": "System prompt."},
    "tools": _TOOLS,
    "parameters": _PARAMETERS,
    "request": _REQUEST,
    "stream": {"type": "boolean", "description": "Ask for the reply as a stream."},
    "rate": {**_RATE, "description": "Promised: at least this share of replies passes (0.95 where it is left out)."},
    "floor": {**_RATE, "description": "The rate that is no longer acceptable; between it and `rate` is tolerable."},
    "samples": _SAMPLES,
    "severity": _SEVERITY,
}
_CLAUSE = {
    "id": {"type": "string", "pattern": NAME, "description": "Name of the clause within the contract."},
    "assumes": {**_TEXT, "description": "The assumption in one sentence."},
    "why": {"type": "string", "description": "Why the code relies on it."},
    "relied_on_by": {
        "description": "Where the code relies on it, as file:line.",
        "anyOf": [_TEXT, {"type": "array", "items": _TEXT}],
    },
    "review_by": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$", "description": "Date to look at it again."},
    "prompt": {**_TEXT, "description": "What the user says; {slots} are filled from cases and swap."},
    "wordings": {
        "type": "array",
        "minItems": 2,
        "items": _TEXT,
        "description": "Several ways to ask the same, in the place of `prompt`: every round asks each of them.",
    },
    "messages": _MESSAGES,
    "cases": _CASES,
    "swap": _SWAP,
    "probe": _PROBE,
    "contrast": _CONTRAST,
    "expect": _EXPECT,
    "deterministic": {
        "type": "boolean",
        "description": "One reply a prompt, decided by plain comparison; for what truly never varies.",
    },
    "marks": {
        "type": "array",
        "items": {"type": "string", "pattern": r"^[A-Za-z_]\w*$"},
        "description": "pytest markers, for `-m`.",
    },
    **_DEFAULTS,
}


@cache
def contract_schema(behaviors: frozenset[str] | None = None, *, foreign_code: bool = True) -> dict[str, Any]:
    """The schema of contract files.

    Args:
        behaviors: those it knows, so that no others need be loaded; all that are built in or installed if left out.
        foreign_code: whether installed packages are imported for the fields of their behaviors; else those take
            anything.
    """
    return {
        "$schema": DIALECT,
        "title": "Behavior contract",
        "description": "What a consumer of a language model relies on.",
        "type": "object",
        "required": ["contract", "clauses"],
        "properties": {
            "format": {"const": 1, "description": "Version of this file format."},
            "contract": {"type": "string", "pattern": NAME, "description": "Name of the contract."},
            "version": {"type": ["string", "number"], "description": "Version of the contract."},
            "consumer": {"type": "string", "description": "Who relies on it."},
            "description": {"type": "string", "description": "What the contract is about."},
            "defaults": {
                "type": "object",
                "description": "What every clause has unless it says otherwise; parameters are merged key by key.",
                "properties": _DEFAULTS,
                "additionalProperties": False,
            },
            "clauses": {
                "type": "array",
                "minItems": 1,
                "description": "The assumptions.",
                "items": {
                    "type": "object",
                    "required": ["id", "assumes", "expect"],
                    "properties": _CLAUSE,
                    "additionalProperties": False,
                },
            },
        },
        "additionalProperties": False,
        "$defs": {"expectation": _expectation(behaviors, foreign_code=foreign_code)},
    }


def behavior_fields(kind: type) -> dict[str, Any]:
    """JSON Schema of a behavior's fields, `{properties, required}`, in the order they are declared."""
    import msgspec

    document = msgspec.json.schema(kind)
    fields = document["$defs"][kind.__name__]
    properties = {name: _without_null(field) for name, field in fields.get("properties", {}).items()}
    for name in getattr(kind, "files", ()):
        properties[name] = {"anyOf": [*_options(properties[name]), {"type": "string"}]}
    return {"properties": properties, "required": fields.get("required", [])}


def _expectation(behaviors: frozenset[str] | None, *, foreign_code: bool) -> dict[str, Any]:
    bare: list[str] = []
    keyed: dict[str, Any] = {}
    for name in registry.names("behaviors") if behaviors is None else sorted(behaviors):
        if foreign_code or registry.is_built_in("behaviors", name):
            may_stand_alone, keyed[name] = _behavior(name)
        else:
            may_stand_alone, keyed[name] = True, {}
        bare += [name] if may_stand_alone else []
    return {
        "anyOf": [
            {"enum": bare},
            {"type": "string", "pattern": f"^{PYTHON}", "description": "python:MODULE:FUNCTION, a check of your own."},
            {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "properties": keyed,
                "patternProperties": {f"^{PYTHON}": {"type": "object", "description": "A check of your own."}},
                "additionalProperties": False,
            },
        ]
    }


@cache
def _behavior(name: str) -> tuple[bool, dict[str, Any]]:
    """Whether a behavior's name may stand alone, and what may stand behind it."""
    try:
        kind = registry.resolve("behaviors", name)
    except registry.BrokenMember as error:
        return True, {"description": str(error)}
    described = {"description": (inspect.getdoc(kind) or "").partition("\n")[0]}
    members = getattr(kind, "members", "")
    reference = {"$ref": "#/$defs/expectation"}
    if members == "one":
        return False, {**described, **reference}
    if members == "many":
        return False, {**described, "type": "array", "minItems": 1, "items": reference}
    if not dataclasses.is_dataclass(kind):
        return _function(kind, described)
    assert isinstance(kind, type)
    return not behavior_fields(kind)["required"], {**described, **_arguments(kind)}


def _function(function: Any, described: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """The same of a function that an installed package gives: it takes the reply, and its arguments by name."""
    try:
        _, *arguments = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True, described
    if any(one.kind is one.VAR_KEYWORD for one in arguments):
        return True, {**described, "type": "object"}
    named = [one for one in arguments if one.kind is not one.VAR_POSITIONAL]
    required = [one.name for one in named if one.default is one.empty]
    properties: dict[str, Any] = {one.name: {} for one in named}
    whole = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return not required, {**described, **whole}


def _arguments(kind: type) -> dict[str, Any]:
    """What may stand behind a behavior's name: its fields, or the value of its first field alone."""
    fields = behavior_fields(kind)
    whole = {"type": "object", **fields, "additionalProperties": False}
    if not fields["properties"]:
        return {"type": "object", "maxProperties": 0}
    first_name, first = next(iter(fields["properties"].items()))
    if first_name in getattr(kind, "files", ()):
        short: list[dict[str, Any]] = [{"type": "string"}]
    elif fields["required"] == [first_name] or getattr(kind, "short", False):
        short = [option for option in _options(first) if option.get("type") != "object"]
    else:
        short = []
    return {"anyOf": [*short, whole]} if short else whole


def _options(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return list(schema["anyOf"]) if "anyOf" in schema else [schema]


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A field that may be left out is left out in YAML, not written as null."""
    kept = {key: value for key, value in field.items() if key != "default" or value is not None}
    options = [option for option in kept.get("anyOf", ()) if option.get("type") != "null"]
    if not options:
        return kept
    del kept["anyOf"]
    return {**kept, **options[0]} if len(options) == 1 else {**kept, "anyOf": options}
