"""The HTTP transports under the SDKs: they record while a reply passes through, replay, and keep out of the network.

Imported only where an SDK runs, because it imports httpx2 and vcr.
"""

from __future__ import annotations

import contextlib
import math
import ssl
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field

import httpx2

from pytest_behavior_contract.ask.budget import Charge, Purse
from pytest_behavior_contract.ask.cassettes.tape_for_vcr import KEY_HEADER, TapeCassette, play, play_async
from pytest_behavior_contract.ask.prices import Prices
from pytest_behavior_contract.ask.recording import record, utc_now
from pytest_behavior_contract.ask.redaction import masked_excerpt, secret_values, secrets_of_address
from pytest_behavior_contract.ask.unpacking import CannotUnpack, TooMuch, Unpacker, text_of
from pytest_behavior_contract.errors import EndpointError, Stopped, Transient
from pytest_behavior_contract.exchange import Exchange, Request, Response, exchange_key
from pytest_behavior_contract.interfaces import Provider

CALL_HEADER = "x-behavior-contract-call"
"""Names a call from our side of the SDK to its other side; taken off before anything is sent."""
MOST_BYTES = 64_000_000
"""What is longer than this is no reply of a model."""
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
    purse: Purse | None = None
    """What it is paid from; None where whoever makes the call sees to that."""
    prices: Prices | None = None
    whose: tuple[str, str] = ("", "")
    charge: Charge | None = None
    exchange: Exchange | None = None
    longest_seconds: float = math.inf
    """The longest time of a whole answer; without end where whoever makes the call sees to that."""
    rest: Callable[[], None] | None = None
    """Reads what is left of an answer; None where only an event loop could."""
    error: EndpointError | None = None
    """Why the response was not recorded."""

    @property
    def key(self) -> str:
        return exchange_key(self.request.digest, self.sample, self.occurrence)

    def stopped(self, error: Stopped) -> httpx2.Response:
        """What an SDK gets for a request that is not sent any more: no network error, which it would retry."""
        self.error = error
        return httpx2.Response(403, json={"error": {"message": str(error)}})

    def settle(self) -> None:
        """Pays for what has come of sending it once."""
        if self.charge is None or self.prices is None:
            return
        if self.exchange is not None:
            reply = self.provider.reply(self.exchange)
            self.charge.answered(reply, self.prices.of_reply(reply))
        elif self.error is not None and not self.error.paid:
            self.charge.refused()
        else:
            self.charge.lost()

    def end(self) -> None:
        """Ends it with the sample it belongs to: what an application has left unread of a stream is read now."""
        if self.rest is not None and self.exchange is None and self.error is None:
            self.rest()
        if self.attempts and self.exchange is None and self.error is None:
            self.error = EndpointError(
                "an answer was not read to its end",
                "read the stream, or await the call, before the test ends",
                paid=True,
            )
            self.settle()

    def replayed(self) -> None:
        """Notes that the recording was played."""
        self.exchange = self.cassette.recorded(self.key)

    def finish(self, got: _Received, body: bytes, event_seconds: tuple[float, ...]) -> None:
        """Records a response that has come to its end, if it is one that counts as behavior."""
        # An application's own client has keys that no configuration names; the server may repeat them.
        sent = (*secret_values(got.request_headers, only_by_name=True), *secrets_of_address(got.uri))
        secrets = (*self.secrets, *sent)
        if got.status >= 500 or got.status in _SHORT_OF_AN_ANSWER:
            said = body.decode("utf-8", "replace")
            self.error = Transient(f"HTTP {got.status}", masked_excerpt(said, secrets))
            return
        try:
            text = text_of(body, " ".join(got.headers.get("content-type", ())))
        except UnicodeDecodeError:
            self.error = EndpointError("unusable answer", "bytes that are no text", paid=True)
            return
        exchange = Exchange(
            request=self.request,
            response=Response(
                status=got.status,
                headers=got.headers,
                body=text,
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
            self.exchange = record(exchange, self.cassette.append_exchange, self.provider, secrets)
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
        if call.purse is not None and call.prices is not None:
            try:
                most = call.prices.bound(call.request, call.purse)
                call.charge = await call.purse.take(call.whose, most)
            except Stopped as error:
                return call.stopped(error)
        call.attempts += 1
        began, began_at = time.perf_counter(), utc_now()
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
        if call.purse is not None and call.prices is not None:
            try:
                most = call.prices.bound(call.request, call.purse)
                call.charge = call.purse.take_now(call.whose, most)
            except Stopped as error:
                return call.stopped(error)
        call.attempts += 1
        began, began_at = time.perf_counter(), utc_now()
        with _noted(call, request):
            response = self._transport(request).handle_request(request)
        got = _received(request, response, began, began_at)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        tee = _Tee(response.stream, _Gathered(call, got))
        call.rest = tee.close
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
        self._unpacker = Unpacker(got.encoding, MOST_BYTES)
        self._tail = b""
        self._event_seconds: list[float] = []
        self._streams = "text/event-stream" in " ".join(got.headers.get("content-type", ()))
        self.done = False

    def add(self, chunk: bytes) -> None:
        """Takes the next piece.

        Raises ReadTimeout where it took too long, EndpointError where a body has grown beyond all bounds, or is none.
        """
        if _since(self._got.began) > self._call.longest_seconds:
            # An SDK's own timeout starts anew with each piece, so that a slow drip would never end.
            raise httpx2.ReadTimeout(f"no whole answer within {self._call.longest_seconds:g} s")
        try:
            chunk = self._unpacker.take(chunk)
        except TooMuch:
            # Before the SDK gets to unpack it too.
            raise self._refused(f"more than {MOST_BYTES // 10**6} MB") from None
        except CannotUnpack as error:
            raise self._refused(str(error)) from None
        self._chunks.append(chunk)
        if self._streams:
            recent = (self._tail + chunk).replace(b"\r\n", b"\n")
            ended = recent.count(b"\n\n") - self._tail.count(b"\n\n")
            self._event_seconds += [_since(self._got.began)] * ended
            self._tail = recent[-1:]

    def _refused(self, why: str) -> EndpointError:
        self.done = True
        self._chunks.clear()
        self._call.error = EndpointError("unusable answer", why, paid=True)
        self._call.settle()
        return self._call.error

    def end(self) -> None:
        if not self.done:
            self.done = True
            self._call.finish(self._got, b"".join(self._chunks), tuple(self._event_seconds))
            self._call.settle()

    def broke(self, error: BaseException) -> None:
        """Takes note that the rest of the body will not come."""
        if self.done:
            return
        self.done = True
        slow = isinstance(error, httpx2.TimeoutException)
        cause = "timeout" if slow else "connection broke"
        self._call.error = Transient(cause, "in the middle of the answer", paid=True)
        self._call.settle()


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
        except BaseException as error:
            self._gathered.broke(error)
            raise
        self._gathered.end()

    async def aclose(self) -> None:
        # Who stops reading a stream early still gets the whole of it on record.
        try:
            if not self._gathered.done and self._parts is not None:
                async for chunk in self._parts:
                    self._gathered.add(chunk)
                self._gathered.end()
        except Exception as error:  # noqa: BLE001 - nobody reads it any more; the call knows
            self._gathered.broke(error)
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
        except BaseException as error:
            self._gathered.broke(error)
            raise
        self._gathered.end()

    def close(self) -> None:
        try:
            if not self._gathered.done:
                self._parts = self._parts or iter(self._stream)
                for chunk in self._parts:
                    self._gathered.add(chunk)
                self._gathered.end()
        except Exception as error:  # noqa: BLE001 - nobody reads it any more; the call knows
            self._gathered.broke(error)
        self._stream.close()


@contextlib.contextmanager
def _noted(call: Call, request: httpx2.Request) -> Iterator[None]:
    """Keeps with the call why there was no answer; the application may swallow the error."""
    where = f"{request.url.scheme}://{request.url.netloc.decode('ascii', 'replace')}"
    try:
        yield
    except httpx2.TransportError as error:
        call.error = _no_answer(error, where)
        call.settle()
        raise
    except BaseException:
        call.settle()
        raise


def _no_answer(error: httpx2.TransportError, where: str) -> EndpointError:
    detail = f"{where}: {error}".removesuffix(": ")
    if isinstance(error, httpx2.TimeoutException):
        return Transient("timeout", detail, paid=not isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout))
    if not isinstance(error, httpx2.ConnectError):
        return Transient("connection broke", detail, paid=True)
    if _is_tls(error):
        return EndpointError("no secure connection", detail, final=True)
    # A server that is just starting, a name that is not found for a moment; after the retries it is final.
    return Transient("no connection", detail, final=True)


def _is_tls(error: BaseException) -> bool:
    """Whether the server was there and its certificate, or its way to speak TLS, was not accepted."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return True
        found = found.__cause__ or found.__context__
    return False


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
