"""A tape as vcrpy's Cassette; the one module that imports vcr, and itself imported only where an SDK really runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr
from vcr.cassette import Cassette
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest
from vcr.stubs.httpx_stubs import vcr_handle_async_request, vcr_handle_request

from pytest_behavior_contract.ask.cassettes.files import refuse_what_is_no_file
from pytest_behavior_contract.ask.cassettes.tape import Tape, parse_line
from pytest_behavior_contract.ask.redaction import REQUEST_HEADERS, RESPONSE_HEADERS, kept_headers
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Exchange, Response

KEY_HEADER = "x-behavior-contract-key"
"""Carries the recording's key, sample number included, from the SDK to the cassette; never sent, never written."""


_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


_MODES = {"none": RecordMode.NONE, "missing": RecordMode.NEW_EPISODES, "all": RecordMode.ALL}


class TapeCassette(Cassette):  # type: ignore[misc]  # vcr has no types
    """vcrpy's Cassette over a tape: looked up by hash, each exchange written when it completes.

    A request names its recording in KEY_HEADER. `before_record_request` and `before_record_response` of vcrpy do the
    redaction, so what is written has passed through vcrpy's own filters.
    """

    def __init__(self, tape: Tape, *, mode: str, on_miss: Callable[[str], Exception]) -> None:
        super().__init__(
            str(tape.path),
            record_mode=_MODES[mode],
            before_record_request=_redacted_request,
            before_record_response=_redacted_response,
        )
        self._tape = tape
        self._on_miss = on_miss
        self.rewound = True

    def can_play_response_for(self, request: VcrRequest) -> bool:
        return self.holds(request.headers[KEY_HEADER])

    def holds(self, key: str) -> bool:
        """Whether the recording may be played; in replay, raises what `on_miss` makes where there is none."""
        if self.record_mode == RecordMode.ALL:
            return self._tape.is_fresh(key)
        if key in self._tape:
            return True
        if self.record_mode == RecordMode.NONE:
            raise self._on_miss(key)
        return False

    def play_response(self, request: VcrRequest) -> dict[str, Any]:
        key = request.headers[KEY_HEADER]
        exchange = self._tape.get(key)
        if exchange is None:
            raise self._on_miss(key)
        self.play_counts[key] += 1
        return vcr_response(exchange.response)

    def recorded(self, key: str) -> Exchange | None:
        return self._tape.get(key)

    def append_exchange(self, exchange: Exchange) -> Exchange:
        """Takes an exchange the way vcrpy takes one, filters included, writes it, and returns what was written."""
        headers = dict(exchange.request_headers)
        request = VcrRequest("POST", exchange.uri, json.dumps(exchange.request.body), headers)
        kept = self._before_record_request(request)
        response = self._before_record_response(vcr_response(exchange.response))
        written = dataclasses.replace(
            exchange,
            response=Response(
                status=response["status"]["code"],
                headers={name: tuple(values) for name, values in response["headers"].items()},
                body=response["body"]["string"].decode(),
                event_seconds=exchange.response.event_seconds,
            ),
            uri=kept.uri,
            request_headers=dict(kept.headers.items()),
        )
        self._tape.add(written)
        return written

    def _save(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - vcr's own signature
        """Nothing is left to save: every exchange was written when it completed."""

    def __len__(self) -> int:
        return len(self._tape)

    def __contains__(self, request: VcrRequest) -> bool:
        return request.headers[KEY_HEADER] in self._tape


def play(cassette: TapeCassette, transport: Any, request: Any) -> Any:
    """The recorded response to an httpx2 request, through vcrpy's own stub."""
    import httpx2

    return vcr_handle_request(cassette, _never_sent, httpx2)(transport, request)


async def play_async(cassette: TapeCassette, transport: Any, request: Any) -> Any:
    """The same for an async client."""
    import httpx2

    return await vcr_handle_async_request(cassette, _never_sent_async, httpx2)(transport, request)


def _never_sent(_transport: Any, request: Any) -> Any:
    raise AssertionError(f"replay tried to send {request.method} {request.url.path}")


async def _never_sent_async(transport: Any, request: Any) -> Any:
    return _never_sent(transport, request)


class TapeSerializer:
    """Lets plain vcrpy open our files: `vcr.VCR(serializer="behavior-contract")` after `register(the_vcr)`."""

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        return {"version": 1, "interactions": list(_interactions(text))}

    @staticmethod
    def serialize(cassette: Mapping[str, Any]) -> str:  # noqa: ARG004 - vcr's own signature
        raise CassetteError("cassettes of behavior contracts are written by `pytest --contract --contract-record`")


def register(recorder: vcr.VCR) -> None:
    """Makes `serializer="behavior-contract"` known to a vcrpy VCR."""
    recorder.register_serializer("behavior-contract", TapeSerializer)


def as_vcrpy_yaml(path: Path) -> str:
    """A tape as a cassette in vcrpy's own YAML, which vcrpy replays without us; raises CassetteError.

    vcrpy has no numbers of samples: it plays identical requests in the order of the file.
    """
    from vcr.serialize import serialize
    from vcr.serializers import yamlserializer

    refuse_what_is_no_file(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CassetteError(f"{path}: cannot be read: {error}") from None
    interactions = list(_interactions(text, str(path)))
    requests = [VcrRequest._from_dict(one["request"]) for one in interactions]  # noqa: SLF001 - vcr's own way to read one
    written: str = serialize(
        {"requests": requests, "responses": [one["response"] for one in interactions]}, yamlserializer
    )
    return written


def vcr_response(response: Response) -> dict[str, Any]:
    return {
        "status": {"code": response.status, "message": ""},
        "headers": {name: list(values) for name, values in response.headers.items()},
        "body": {"string": response.body.encode("utf-8", "replace")},
    }


def _interactions(text: str, where: str = "cassette") -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        exchange = parse_line(line.encode(), f"{where}:{number}")
        yield {
            "request": {
                "method": "POST",
                "uri": exchange.uri,
                # As the SDKs send it, so that even `raw_body` matches.
                "body": json.dumps(exchange.request.body, separators=(",", ":"), ensure_ascii=False),
                "headers": {name: [value] for name, value in exchange.request_headers.items()},
            },
            "response": {
                **vcr_response(exchange.response),
                "body": {"string": exchange.response.body},
            },
        }


def _redacted_request(request: VcrRequest) -> VcrRequest:
    kept = kept_headers(((name, str(value)) for name, value in request.headers.items()), REQUEST_HEADERS)
    url = urlsplit(request.uri)
    # A server on this machine has another port every time; the rest of an address may hold a name, a password or a key.
    port = f":{url.port}" if url.port and url.hostname not in _THIS_MACHINE else ""
    clean = f"{url.scheme}://{url.hostname}{port}{url.path}"
    return VcrRequest(request.method, clean, request.body, {name: values[0] for name, values in kept.items()})


def _redacted_response(response: dict[str, Any]) -> dict[str, Any]:
    pairs = ((name, value) for name, values in response["headers"].items() for value in values)
    kept = kept_headers(pairs, RESPONSE_HEADERS)
    return {**response, "headers": {name: list(values) for name, values in kept.items()}}
