"""vcrpy's cassettes, YAML and JSON, to logged exchanges; nothing in them is run, whatever their tags say."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pytest_behavior_contract.ask.cassettes.tape import LARGEST_LINE
from pytest_behavior_contract.ask.logs.entries import Logged, Refused, Unusable, too_deep
from pytest_behavior_contract.declare.document import DocumentError, parse
from pytest_behavior_contract.errors import CassetteError

KIND = "vcrpy"
MOST_VALUES = 3_000_000
_GZIP = b"\x1f\x8b"


def yaml_document(text: str, path: str) -> Any:
    """The plain data of a YAML file; raises CassetteError with the line of what is not allowed."""
    try:
        return parse(text, most_nodes=MOST_VALUES, binary=True).content
    except DocumentError as error:
        raise CassetteError(f"{path}:{error.line}: {error}") from None


def interactions(document: Mapping[str, Any], path: str) -> Iterator[Logged | Refused]:
    """The exchanges of a cassette."""
    entries = document.get("interactions")
    if not isinstance(entries, list):
        raise CassetteError(f"{path}: `interactions` should be a list; this is no cassette of vcrpy")
    for number, entry in enumerate(entries, 1):
        source = f"{path}: interaction {number}"
        try:
            yield _logged(entry, source)
        except Unusable as error:
            yield Refused(source=source, reason=str(error))


def _logged(entry: Any, source: str) -> Logged:
    request, response = _mapping(entry, "request"), _mapping(entry, "response")
    if str(request.get("method", "POST")).upper() != "POST":
        raise Unusable("no POST request, so nothing that asks a model")
    uri = request.get("uri")
    if not isinstance(uri, str):
        raise Unusable("the request has no address")
    try:
        url = urlsplit(uri)
        known = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        known = False
    if not known:
        raise Unusable("the request's address cannot be read")
    headers = _headers(response)
    body = _json(_decoded(request.get("body"), _headers(request)))
    raw = response.get("body", response.get("content"))
    raw = raw.get("string") if isinstance(raw, Mapping) else raw
    recorded_at = entry.get("recorded_at", "")
    return Logged(
        source=source,
        kind=KIND,
        body=body,
        path=url.path,
        model=str(body.get("model", "")),
        status=_status(response),
        headers=headers,
        response=_decoded(raw, headers),
        recorded_at=recorded_at if isinstance(recorded_at, str) else "",
        uri=uri,
        request_headers={name: values[0] for name, values in _headers(request).items() if values},
    )


def _mapping(entry: Any, key: str) -> Mapping[str, Any]:
    found = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(found, Mapping):
        raise Unusable(f"an interaction without a {key}")
    return found


def _status(response: Mapping[str, Any]) -> int:
    status = response.get("status", response.get("status_code"))
    code = status.get("code") if isinstance(status, Mapping) else status
    if not isinstance(code, int):
        raise Unusable("the response has no status")
    return code


def _headers(message: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    headers = message.get("headers") or {}
    if not isinstance(headers, Mapping):
        raise Unusable("headers that are no mapping")
    listed = ((str(name).lower(), values if isinstance(values, list) else [values]) for name, values in headers.items())
    return {name: tuple(str(value) for value in values) for name, values in listed}


def _json(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Unusable("the request's body is no JSON object")
    if too_deep(document):
        raise Unusable("the request's body is nested too deeply")
    return document


def _decoded(body: Any, headers: Mapping[str, tuple[str, ...]]) -> str:
    """A body as text, unpacked where it still is as it came over the wire."""
    if body is None:
        return ""
    if isinstance(body, str):
        return body
    if not isinstance(body, bytes):
        raise Unusable("a body that is neither text nor bytes")
    encoding = " ".join(headers.get("content-encoding", ())).lower()
    if body.startswith(_GZIP):
        body = _unpacked(body, 16 + zlib.MAX_WBITS)
    elif "deflate" in encoding:
        body = _unpacked(body, zlib.MAX_WBITS if body[:1] == b"\x78" else -zlib.MAX_WBITS)
    try:
        return str(body, "utf-8")
    except UnicodeDecodeError:
        if encoding and "gzip" not in encoding and "deflate" not in encoding:
            what = f"a body compressed with {encoding}; record it with decode_compressed_response=True"
            raise Unusable(what) from None
        raise Unusable("a body that is no text") from None


def _unpacked(body: bytes, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        unpacked = unpacker.decompress(body, LARGEST_LINE)
    except zlib.error:
        raise Unusable("a compressed body that is damaged") from None
    if not unpacker.eof:
        large = bool(unpacker.unconsumed_tail)
        raise Unusable("a body that is too large unpacked" if large else "a compressed body that is cut off")
    return unpacked
