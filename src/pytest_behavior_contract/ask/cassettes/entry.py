"""A tape's line to what it holds; apart from the tape, so that msgspec is only loaded where a line is read."""

from __future__ import annotations

import json
from typing import Any

import msgspec


class Status(msgspec.Struct, gc=False):
    code: int


class Body(msgspec.Struct, gc=False):
    string: str


class Asked(msgspec.Struct, gc=False):
    body: dict[str, Any]
    headers: dict[str, tuple[str, ...]]
    uri: str = ""


class Answered(msgspec.Struct, gc=False):
    status: Status
    headers: dict[str, tuple[str, ...]]
    body: Body


class Entry(msgspec.Struct, gc=False):
    """What a line holds, as far as it is read."""

    key: str
    surface: str
    path: str
    request: Asked
    response: Answered
    recorded_at: str = ""
    latency_seconds: float = 0.0
    retries: int = 0
    event_seconds: tuple[float, ...] = ()
    versions: dict[str, str] = {}
    via: str = ""


_DECODER = msgspec.json.Decoder(Entry)


def read_entry(line: bytes) -> Entry:
    """Reads a line; raises ValueError, TypeError, LookupError, AttributeError or RecursionError for what is none."""
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        # msgspec takes less than json does; what it leaves is rare: lone surrogates, and what was written by hand.
        return _checked(json.loads(line))


def _checked(entry: Any) -> Entry:
    request, response = entry["request"], entry["response"]
    return Entry(
        key=str(entry["key"]),
        surface=_text(entry["surface"]),
        path=_text(entry["path"]),
        request=Asked(
            body=_mapping(request["body"]),
            headers={_text(name): (_text(values[0]),) for name, values in request["headers"].items()},
            uri=_text(request.get("uri", "")),
        ),
        response=Answered(
            status=Status(int(response["status"]["code"])),
            headers={_text(name): tuple(map(_text, values)) for name, values in response["headers"].items()},
            body=Body(_text(response["body"]["string"])),
        ),
        recorded_at=_text(entry.get("recorded_at", "")),
        latency_seconds=float(entry.get("latency_seconds", 0)),
        retries=int(entry.get("retries", 0)),
        event_seconds=tuple(float(seconds) for seconds in entry.get("event_seconds", ())),
        versions={_text(name): _text(version) for name, version in entry.get("versions", {}).items()},
        via=_text(entry.get("via", "")),
    )


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} is no mapping")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
