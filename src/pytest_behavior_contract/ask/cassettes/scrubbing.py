"""A cassette without what should never have been written: keys, and headers that may hold some."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_behavior_contract.ask.cassettes.files import rewrite
from pytest_behavior_contract.ask.cassettes.lines import Line, looked_at, read_lines
from pytest_behavior_contract.ask.cassettes.shelf import problems_of, read_reply, remove_empty_folders
from pytest_behavior_contract.ask.cassettes.tape import render_line
from pytest_behavior_contract.ask.redaction import (
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    kept_address,
    kept_headers,
    masked,
)
from pytest_behavior_contract.exchange import Exchange, Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What becomes of one line."""

    line: int
    problems: tuple[str, ...]
    """What verify finds in it."""
    dropped: str = ""
    """Why it cannot be mended and goes; empty where it is mended."""
    new_key: bool = False
    """Whether its request changed, so that only a contract that asks the masked request finds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    """What becomes of a cassette."""

    path: str
    cleaned: tuple[Cleaned, ...] = ()
    unreadable: tuple[int, ...] = ()
    """Lines that cannot be read; keys in them are masked, and they stay unreadable."""


def scrub(path: Path, secrets: Sequence[str], *, write: bool = False) -> Scrubbed:
    """What scrubbing changes in a cassette; with `write`, changes it. Raises CassetteError."""
    if not write:
        return _cleaned(path, read_lines(path), secrets)[0]
    done: list[Scrubbed] = []

    def keep(raws: list[bytes]) -> list[bytes]:
        scrubbed, kept = _cleaned(path, raws, secrets)
        done.append(scrubbed)
        return kept

    rewrite(path, keep)
    if not path.exists():
        remove_empty_folders(path.parent)
    return done[-1]


def _cleaned(path: Path, raws: Sequence[bytes], secrets: Sequence[str]) -> tuple[Scrubbed, list[bytes]]:
    secrets = _as_written(secrets)
    kept: list[bytes] = []
    cleaned: list[Cleaned] = []
    unreadable: list[int] = []
    for line in looked_at(raws):
        if line.exchange is None:
            raw = _masked_bytes(line.raw, secrets)
            if line.problem:
                unreadable.append(line.number)
            if raw != line.raw:
                cleaned.append(Cleaned(line=line.number, problems=("the line holds something that looks like a key",)))
            kept.append(raw)
            continue
        problems = problems_of(line, line.exchange, read_reply(line.exchange), secrets)
        if not problems:
            kept.append(line.raw)
            continue
        change, raw = _mended(line, line.exchange, problems, secrets)
        cleaned.append(change)
        kept += [raw] if raw else []
    return Scrubbed(path=str(path), cleaned=tuple(cleaned), unreadable=tuple(unreadable)), kept


def _mended(line: Line, exchange: Exchange, problems: list[str], secrets: Sequence[str]) -> tuple[Cleaned, bytes]:
    """A line as we would have written it; empty where that cannot be made of it."""
    try:
        mended = _without_secrets(exchange, secrets)
        raw = render_line(mended)
        left = problems_of(Line(number=line.number, raw=raw), mended, read_reply(mended), secrets)
    except RecursionError:
        left = ["it is nested too deeply"]
    dropped = ""
    if left:
        dropped = f"{left[0]}, and no single text of it can be masked"
    elif _is_json(exchange.response.body) and not _is_json(mended.response.body):
        dropped = "its response could not be read any more"
    changed = not dropped and mended.key != exchange.key
    cleaned = Cleaned(line=line.number, problems=tuple(problems), dropped=dropped, new_key=changed)
    return cleaned, b"" if dropped else raw


def _without_secrets(exchange: Exchange, secrets: Sequence[str]) -> Exchange:
    sent = kept_headers(exchange.request_headers.items(), REQUEST_HEADERS)
    received = kept_headers(
        ((name, value) for name, values in exchange.response.headers.items() for value in values), RESPONSE_HEADERS
    )
    request = exchange.request
    return dataclasses.replace(
        exchange,
        request=Request(surface=request.surface, path=request.path, body=_masked_values(request.body, secrets)),
        response=Response(
            status=exchange.response.status,
            headers={name: tuple(masked(value, secrets) for value in values) for name, values in received.items()},
            body=_masked_body(exchange.response.body, secrets),
            event_seconds=exchange.response.event_seconds,
        ),
        uri=masked(kept_address(exchange.uri), secrets),
        request_headers={name: masked(values[0], secrets) for name, values in sent.items()},
        recorded_at=masked(exchange.recorded_at, secrets),
        versions={masked(name, secrets): masked(text, secrets) for name, text in exchange.versions.items()},
    )


def _masked_body(body: str, secrets: Sequence[str]) -> str:
    """A response's text with its keys masked; where it is JSON, or a stream of JSON, within the texts of that."""
    whole = _masked_json(body, secrets)
    if whole is None:
        lines = body.split("\n")
        for number, line in enumerate(lines):
            field, colon, value = line.partition(":")
            document = _masked_json(value, secrets) if field == "data" else None
            if document is not None:
                lines[number] = f"{field}{colon} {document.strip()}" + "\r" * line.endswith("\r")
        whole = "\n".join(lines)
    return masked(whole, secrets)


def _masked_json(text: str, secrets: Sequence[str]) -> str | None:
    """JSON with its keys masked, as it was where it holds none; None for what is no JSON."""
    try:
        document = json.loads(text)
        found = _masked_values(document, secrets)
    except (ValueError, RecursionError):
        return None
    return text if found == document else json.dumps(found, ensure_ascii=False)


def _masked_values(document: Any, secrets: Sequence[str]) -> Any:
    if isinstance(document, str):
        return masked(document, secrets)
    if isinstance(document, Mapping):
        return {masked(key, secrets): _masked_values(value, secrets) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [_masked_values(item, secrets) for item in document]
    return document


def _masked_bytes(raw: bytes, secrets: Sequence[str]) -> bytes:
    """Bytes that are no text stay what they are."""
    return masked(raw.decode("utf-8", "surrogateescape"), secrets).encode("utf-8", "surrogateescape")


def _as_written(secrets: Sequence[str]) -> tuple[str, ...]:
    """The values, each also as JSON writes it."""
    written = (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for secret in secrets for ascii_only in (True, False))
    return tuple(dict.fromkeys([*secrets, *written]))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
