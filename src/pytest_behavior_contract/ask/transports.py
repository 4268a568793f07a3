"""The HTTP transports under the SDKs: they record while a reply passes through, replay, and keep out of the network.

Imported only where an SDK runs, because it imports httpx2 and vcr.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field

import httpx2

from pytest_behavior_contract.ask.cassettes.tape_for_vcr import KEY_HEADER, TapeCassette, play, play_async
from pytest_behavior_contract.ask.recording import record
from pytest_behavior_contract.ask.redaction import masked
from pytest_behavior_contract.errors import EndpointError
from pytest_behavior_contract.exchange import Exchange, Request, Response, exchange_key
from pytest_behavior_contract.interfaces import Provider

CALL_HEADER = "x-behavior-contract-call"
"""Names a call from our side of the SDK to its other side; taken off before anything is sent."""
_SHORT_OF_AN_ANSWER = frozenset({408, 409, 425, 429})


@dataclass(slots=True)
class Call:
    """One request on its way through an SDK, and what came of it."""

    cassette: TapeCassette
    provider: Provider
    request: Request
    sample: int = 0
    occurrence: int = 0
    secrets: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0
    exchange: Exchange | None = None
    error: EndpointError | None = None
    """Why the response was not recorded."""

    @property
    def key(self) -> str:
        return exchange_key(self.request.digest, self.sample, self.occurrence)

    def replayed(self) -> None:
        """Notes that the recording was played."""
        self.exchange = self.cassette.recorded(self.key)

    def finish(self, got: _Received, body: bytes, event_seconds: tuple[float, ...]) -> None:
        """Records a response that has come to its end, if it is one that counts as behavior."""
        if got.status >= 500 or got.status in _SHORT_OF_AN_ANSWER:
            self.error = EndpointError(f"HTTP {got.status}", masked(_decoded(got, body), self.secrets)[:300])
            return
        exchange = Exchange(
            request=self.request,
            response=Response(
                status=got.status,
                headers=got.headers,
                body=_decoded(got, body),
                event_seconds=event_seconds,
            ),
            sample=self.sample,
            occurrence=self.occurrence,
            recorded_at=got.began_at,
            latency_seconds=_since(got.began),
            retries=max(0, self.attempts - 1),
            uri=got.uri,
            request_headers=got.request_headers,
            versions=self.versions,
        )
        try:
            self.exchange = record(exchange, self.cassette, self.provider, self.secrets)
        except EndpointError as error:
            self.error = error


@dataclass(slots=True, kw_only=True)
class _Received:
    """The beginning of a response: all but its body."""

    status: int
    headers: dict[str, tuple[str, ...]]
    encoding: str
    uri: str
    request_headers: dict[str, str]
    began: float
    began_at: str


class AsyncRecordingTransport(httpx2.AsyncBaseTransport):
    """Under an async SDK client: `call_for` says which call a request belongs to."""

    def __init__(
        self, call_for: Callable[[httpx2.Request], Call], *, connections: int = 100, keep_alive: bool = True
    ) -> None:
        self._call_for = call_for
        self._limits = httpx2.Limits(
            max_connections=connections, max_keepalive_connections=connections if keep_alive else 0
        )
        self._inner: dict[str, httpx2.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        call = self._call_for(request)
        request.headers.pop(CALL_HEADER, None)
        request.headers[KEY_HEADER] = call.key
        # Replay raises here for what nobody recorded, so it never leaves the machine.
        if call.cassette.holds(call.key):
            played: httpx2.Response = await play_async(call.cassette, self, request)
            call.replayed()
            return played
        del request.headers[KEY_HEADER]
        request.headers["accept-encoding"] = "identity"
        call.attempts += 1
        began, began_at = time.perf_counter(), _now()
        with _noted(call, request):
            response = await self._transport(request).handle_async_request(request)
        got = _received(request, response, began, began_at)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        tee = _AsyncTee(response.stream, _Gathered(call, got))
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=tee, extensions=response.extensions
        )

    async def aclose(self) -> None:
        for transport in self._inner.values():
            await transport.aclose()

    def _transport(self, request: httpx2.Request) -> httpx2.AsyncHTTPTransport:
        proxy = _proxy(request.url)
        if proxy not in self._inner:
            self._inner[proxy] = httpx2.AsyncHTTPTransport(limits=self._limits, proxy=proxy or None)
        return self._inner[proxy]


class RecordingTransport(httpx2.BaseTransport):
    """Under a sync SDK client."""

    def __init__(self, call_for: Callable[[httpx2.Request], Call]) -> None:
        self._call_for = call_for
        self._inner: dict[str, httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        call = self._call_for(request)
        request.headers.pop(CALL_HEADER, None)
        request.headers[KEY_HEADER] = call.key
        if call.cassette.holds(call.key):
            played: httpx2.Response = play(call.cassette, self, request)
            call.replayed()
            return played
        del request.headers[KEY_HEADER]
        request.headers["accept-encoding"] = "identity"
        call.attempts += 1
        began, began_at = time.perf_counter(), _now()
        with _noted(call, request):
            response = self._transport(request).handle_request(request)
        got = _received(request, response, began, began_at)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        tee = _Tee(response.stream, _Gathered(call, got))
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=tee, extensions=response.extensions
        )

    def close(self) -> None:
        for transport in self._inner.values():
            transport.close()

    def _transport(self, request: httpx2.Request) -> httpx2.HTTPTransport:
        proxy = _proxy(request.url)
        if proxy not in self._inner:
            self._inner[proxy] = httpx2.HTTPTransport(proxy=proxy or None)
        return self._inner[proxy]


class _Gathered:
    """The body of a response as it passes by."""

    def __init__(self, call: Call, got: _Received) -> None:
        self._call = call
        self._got = got
        self._chunks: list[bytes] = []
        self._tail = b""
        self._event_seconds: list[float] = []
        self._streams = "text/event-stream" in " ".join(got.headers.get("content-type", ()))
        self.done = False

    def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        if self._streams:
            recent = (self._tail + chunk).replace(b"\r\n", b"\n")
            ended = recent.count(b"\n\n") - self._tail.count(b"\n\n")
            self._event_seconds += [_since(self._got.began)] * ended
            self._tail = recent[-1:]

    def end(self) -> None:
        if not self.done:
            self.done = True
            self._call.finish(self._got, b"".join(self._chunks), tuple(self._event_seconds))

    def broke(self) -> None:
        self.done = True
        self._call.error = EndpointError("connection broke", "in the middle of the answer")


class _AsyncTee(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, gathered: _Gathered) -> None:
        self._stream = stream
        self._gathered = gathered
        self._parts: AsyncIterator[bytes] | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._parts = self._parts or aiter(self._stream)
        try:
            async for chunk in self._parts:
                self._gathered.add(chunk)
                yield chunk
        except GeneratorExit:
            raise
        except BaseException:
            self._gathered.broke()
            raise
        self._gathered.end()

    async def aclose(self) -> None:
        # Who stops reading a stream early still gets the whole of it on record.
        with contextlib.suppress(Exception):
            if not self._gathered.done and self._parts is not None:
                async for chunk in self._parts:
                    self._gathered.add(chunk)
                self._gathered.end()
        await self._stream.aclose()


class _Tee(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, gathered: _Gathered) -> None:
        self._stream = stream
        self._gathered = gathered
        self._parts: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        self._parts = self._parts or iter(self._stream)
        try:
            for chunk in self._parts:
                self._gathered.add(chunk)
                yield chunk
        except GeneratorExit:
            raise
        except BaseException:
            self._gathered.broke()
            raise
        self._gathered.end()

    def close(self) -> None:
        with contextlib.suppress(Exception):
            if not self._gathered.done and self._parts is not None:
                for chunk in self._parts:
                    self._gathered.add(chunk)
                self._gathered.end()
        self._stream.close()


@contextlib.contextmanager
def _noted(call: Call, request: httpx2.Request) -> Iterator[None]:
    """Keeps with the call why there was no answer; the application may swallow the error."""
    where = f"{request.url.scheme}://{request.url.netloc.decode('ascii', 'replace')}"
    try:
        yield
    except httpx2.TimeoutException as error:
        call.error = EndpointError("timeout", f"{where}: {error}")
        raise
    except httpx2.ConnectError as error:
        call.error = EndpointError("no connection", f"{where}: {error}", final=True)
        raise
    except httpx2.TransportError as error:
        call.error = EndpointError("connection broke", f"{where}: {error}")
        raise


def _received(request: httpx2.Request, response: httpx2.Response, began: float, began_at: str) -> _Received:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in response.headers.multi_items():
        headers[name.lower()] = (*headers.get(name.lower(), ()), value)
    return _Received(
        status=response.status_code,
        headers=headers,
        encoding=response.headers.get("content-encoding", ""),
        uri=str(request.url),
        request_headers=dict(request.headers.items()),
        began=began,
        began_at=began_at,
    )


def _decoded(got: _Received, body: bytes) -> str:
    if got.encoding:
        with contextlib.suppress(httpx2.DecodingError):
            body = httpx2.Response(200, headers={"content-encoding": got.encoding}, content=body).content
    return body.decode("utf-8", "replace")


def _proxy(url: httpx2.URL) -> str:
    """The proxy that the environment names for an address, as the SDKs' own clients would use it."""
    if urllib.request.proxy_bypass(url.host):
        return ""
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all", "")
    return found if not found or "://" in found else f"http://{found}"


def _since(began: float) -> float:
    """Seconds, to a tenth of a millisecond: what is written is what one reads again."""
    return round(time.perf_counter() - began, 4)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
