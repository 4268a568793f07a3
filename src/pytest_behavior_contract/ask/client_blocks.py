"""Around an application's own SDK clients: recorded, replayed and re-pointed to the endpoint under test.

Every client of the vendor's SDK goes through one method, `request`. While a block is open that method is ours: it
hands the call to a client of the endpoint under test, over our transport, and leaves the application's client alone.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pytest_behavior_contract import registry
from pytest_behavior_contract.ask.asker import Asker
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.live import NO_KEY, new_call, sdk_client
from pytest_behavior_contract.ask.reading import missing
from pytest_behavior_contract.ask.wire import http_fault
from pytest_behavior_contract.errors import EndpointError
from pytest_behavior_contract.exchange import Exchange, Prompt, Reply, Request

if TYPE_CHECKING:
    from pytest_behavior_contract.ask.transports import Call

Vendor = Literal["openai", "anthropic"]

_SURFACES: Mapping[Vendor, Mapping[str, str]] = {
    "openai": {"/chat/completions": "openai-chat", "/responses": "openai-responses"},
    "anthropic": {"/v1/messages": "anthropic-messages"},
}
"""Paths that are re-pointed; calls of all others are recorded and replayed, but go where they would go."""
_OWN_HEADERS = ("anthropic-beta", "openai-beta")
"""Headers of the application's client that go along to another server; keys and everything unknown do not."""
_FROM_THE_PROMPT = frozenset({"model", "messages", "input", "system", "instructions"})

_KEY_VARIABLES: Mapping[Vendor, str] = {"openai": "OPENAI_API_KEY"}
"""What an SDK's client needs at birth, although within a block it is never the one that sends."""
_NOWHERE = "http://replay.invalid"
"""What a client is made for that never sends anything."""

_open_blocks: list[ClientBlock] = []
_guards: dict[Vendor, list[Callable[[EndpointError], None]]] = {"openai": [], "anthropic": []}
_lent_keys: dict[str, str | None] = {}
_block_here: ContextVar[ClientBlock | None] = ContextVar("behavior_contract_block", default=None)
_lock = threading.RLock()
# These belong to the process because what is patched does: the SDK's classes.


@dataclass(eq=False)
class ClientBlock:
    """One open `with endpoint.as_openai()`.

    Args:
        vendor: whose clients are caught.
        asker: the endpoint under test.
        tape: where this test's exchanges are recorded.
        whose: the clause and the endpoint that its calls are paid for.
        sample: the number of the sample that is being taken.
        base_url: address of the endpoint's server; empty for the vendor's own.
        secrets: values that must not be written.
        on_call: told of every call, so that the sample knows what became of it.
    """

    vendor: Vendor
    asker: Asker
    tape: Tape
    whose: tuple[str, str]
    sample: int
    base_url: Callable[[], str]
    secrets: tuple[str, ...]
    on_call: Callable[[Call], None]
    occurrence: Callable[[str], int]
    error: EndpointError | None = None
    _tokens: Iterator[int] = field(default_factory=itertools.count)
    _routes: dict[str, tuple[str, str]] = field(default_factory=dict)
    _calls: dict[str, Call] = field(default_factory=dict)
    _clients: dict[Any, Any] = field(default_factory=dict)
    _http_clients: list[Any] = field(default_factory=list)
    _restore: Callable[[], None] = lambda: None
    _token: Any = None

    def __enter__(self) -> Self:
        self._check_vendor()
        with _lock:
            if not _is_patched(self.vendor):
                _patch(self.vendor)
            _open_blocks.append(self)
        self._token = _block_here.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ValueError):  # left in another context than it was entered in
            _block_here.reset(self._token)
        with _lock:
            _open_blocks.remove(self)
            if not _is_patched(self.vendor):
                _unpatch(self.vendor)
        if all(call.exchange is not None or call.error is not None for call in self._calls.values()):
            self.close()

    def close(self) -> None:
        """Closes the connections; where an answer is still to be read that waits for the end of the sample."""
        for client in self._http_clients:
            client.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *error: object) -> None:
        self.__exit__(*error)

    def prepared(self, client: Any, options: Any, *, asynchronous: bool) -> tuple[Any, Any]:
        """The client that makes the call instead, and the call's options for it."""
        from pytest_behavior_contract.ask.transports import CALL_HEADER

        path = urlsplit(str(options.url)).path
        surface = _SURFACES[self.vendor].get(path, "")
        body = options.json_data
        if surface and isinstance(body, Mapping):
            body = {**self._endpoint_parameters(surface), **body, "model": self.asker.endpoint.model}
        token = str(next(self._tokens))
        self._routes[token] = (surface, path)
        headers = options.headers if isinstance(options.headers, Mapping) else {}
        options = options.model_copy(update={"json_data": body, "headers": {**headers, CALL_HEADER: token}})
        return self._target(client, asynchronous=asynchronous, repointed=bool(surface)), options

    def failed(self, error: Exception) -> EndpointError | None:
        """What to raise instead of an SDK's error: a missing recording is not hidden behind it."""
        found = self.error
        if found is None:
            return None
        self.error = None
        return found if not isinstance(error, EndpointError) else error

    def call_for(self, request: Any) -> Call:
        """The call that an HTTP request of this block belongs to; an SDK's retries belong to the same one."""
        from pytest_behavior_contract.ask.transports import CALL_HEADER

        token = request.headers[CALL_HEADER]
        if token in self._calls:
            return self._calls[token]
        made = _request(request, *self._routes[token], self.vendor)
        call = new_call(
            _provider(made.surface),
            made,
            self.tape,
            sample=self.sample,
            occurrence=self.occurrence(made.digest),
            secrets=self.secrets,
            mode=self.asker.mode,
            on_miss=lambda _key: self._missed(call),
        )
        call.purse, call.prices, call.whose = self.asker.purse, self.asker.prices, self.whose
        call.longest_seconds = self.asker.endpoint.timeout_seconds
        self._calls[token] = call
        self.on_call(call)
        return call

    def _missed(self, call: Call) -> EndpointError:
        # Kept with the call too: an application that swallows the error must not pass for one that got an answer.
        self.error = call.error = missing(self.tape, call.request, self.sample, self.asker.endpoint.name)
        return self.error

    def _target(self, client: Any, *, asynchronous: bool, repointed: bool) -> Any:
        """The client that asks instead, one per application client and event loop."""
        import asyncio

        key = (id(client), repointed, id(asyncio.get_running_loop()) if asynchronous else 0)
        if key not in self._clients:
            # The application's client is kept with ours, so that its id stays its own.
            self._clients[key] = (client, self._made(client, asynchronous=asynchronous, repointed=repointed))
        return self._clients[key][1]

    def _made(self, client: Any, *, asynchronous: bool, repointed: bool) -> Any:
        import dataclasses

        import httpx2

        from pytest_behavior_contract.ask.transports import AsyncRecordingTransport, RecordingTransport

        http_client: Any
        if asynchronous:
            # Connections are not kept: the next call may come from another event loop.
            http_client = httpx2.AsyncClient(transport=AsyncRecordingTransport(self.call_for, keep_alive=False))
        else:
            http_client = httpx2.Client(transport=RecordingTransport(self.call_for))
            self._http_clients.append(http_client)
        replays = self.asker.mode == "none"
        retries = 0 if replays else client.max_retries
        if not repointed:
            return client.with_options(http_client=http_client, max_retries=retries)
        kept = {name: value for name, value in client.default_headers.items() if name.lower() in _OWN_HEADERS}
        options = {**self.asker.endpoint.client_options, **({"default_headers": kept} if kept else {})}
        endpoint = dataclasses.replace(self.asker.endpoint, retries=retries, client_options=options)
        base_url = _NOWHERE if replays and not endpoint.client else self.base_url()
        target = sdk_client(endpoint, http_client, asynchronous=asynchronous, base_url=base_url)
        target.timeout = client.timeout
        return target

    def _endpoint_parameters(self, surface: str) -> dict[str, Any]:
        """What the endpoint's own configuration adds to every request."""
        endpoint = self.asker.endpoint
        if not endpoint.parameters and not endpoint.request:
            return {}
        prompt = Prompt(
            messages=({"role": "user", "content": ""},), parameters=endpoint.parameters, request=endpoint.request
        )
        body = _provider(surface).request(prompt, endpoint.model).body
        return {key: value for key, value in body.items() if key not in _FROM_THE_PROMPT}

    def _check_vendor(self) -> None:
        endpoint = self.asker.endpoint
        if endpoint.api != "local" and endpoint.provider.sdk != self.vendor:
            raise EndpointError(
                f"as_{self.vendor}() at an endpoint that does not speak {self.vendor}'s API",
                f"endpoint {endpoint.name} is {endpoint.api}; requests are not translated between vendors",
                final=True,
            )


@contextlib.contextmanager
def no_calls_outside_blocks(on_call: Callable[[EndpointError], None]) -> Iterator[None]:
    """Keeps an application's clients from asking anybody but the endpoint under test.

    Of the vendors' SDKs, those that are loaded by now are watched; one that a test first loads inside itself is not.
    """
    watched: list[Vendor] = [vendor for vendor in _SURFACES if vendor in sys.modules]
    with _lock:
        for vendor in watched:
            if not _is_patched(vendor):
                _patch(vendor)
            _guards[vendor].append(on_call)
    try:
        yield
    finally:
        with _lock:
            for vendor in watched:
                _guards[vendor].remove(on_call)
                if not _is_patched(vendor):
                    _unpatch(vendor)


class OtherCalls:
    """Reads exchanges of paths that are no surface of ours: embeddings, lists of models."""

    surface: ClassVar[str] = "other"
    key_variable: ClassVar[str] = ""
    sdk: ClassVar[str] = ""

    def request(self, prompt: Prompt, model: str) -> Request:  # noqa: ARG002 - the shape of the family
        raise AssertionError("only an application's own client makes such requests")

    def fault(self, exchange: Exchange) -> str:
        return http_fault(exchange)

    def reply(self, exchange: Exchange) -> Reply:
        return Reply(exchange=exchange)


def _provider(surface: str) -> Any:
    return registry.resolve("providers", surface)() if surface in registry.names("providers") else OtherCalls()


def _request(request: Any, surface: str, path: str, vendor: Vendor) -> Request:
    """What is recorded of an HTTP request: the path that the application asked, and the JSON that it sends."""
    try:
        body = json.loads(request.content or b"{}")
    except Exception:  # noqa: BLE001 - a multipart upload, or a stream that cannot be read twice
        raise EndpointError("not recordable", f"{request.method} {path} does not send JSON", final=True) from None
    if not isinstance(body, dict):
        body = {"body": body}
    return Request(surface=surface or f"{vendor} other", path=path, body=body)


def _current(vendor: Vendor) -> ClientBlock | None:
    """The block that a call belongs to: that of its own context or, for a thread without one, the only one open."""
    here = _block_here.get()
    if here is not None and here in _open_blocks and here.vendor == vendor:
        return here
    opened = [block for block in _open_blocks if block.vendor == vendor]
    if len(opened) > 1:
        raise EndpointError("two endpoints at once", "a call came from a thread that belongs to neither", final=True)
    return opened[0] if opened else None


def _is_patched(vendor: Vendor) -> bool:
    return bool(_guards[vendor]) or any(block.vendor == vendor for block in _open_blocks)


def _refuse_outside(vendor: Vendor) -> None:
    """Raises where a call stands outside every block while a contract's test runs."""
    if _guards[vendor]:
        error = EndpointError(
            f"{vendor} was called outside of a block",
            f"put the call inside `with endpoint.as_{vendor}():`, or it would go to the vendor itself",
            final=True,
        )
        for noted in _guards[vendor]:
            noted(error)
        raise error


def _classes(vendor: Vendor) -> Iterator[tuple[Any, bool]]:
    """The SDK's classes that define `request`, sync and async."""
    module = importlib.import_module(vendor)
    name = "OpenAI" if vendor == "openai" else "Anthropic"
    for asynchronous in (False, True):
        client = getattr(module, f"Async{name}" if asynchronous else name)
        yield next(kind for kind in client.__mro__ if "request" in vars(kind)), asynchronous


def _patch(vendor: Vendor) -> None:
    for kind, asynchronous in _classes(vendor):
        original = vars(kind)["request"]
        kind.request = _async_request(vendor, original) if asynchronous else _sync_request(vendor, original)
    variable = _KEY_VARIABLES.get(vendor, "")
    if variable and not os.environ.get(variable):
        _lent_keys[variable] = os.environ.get(variable)
        os.environ[variable] = NO_KEY


def _unpatch(vendor: Vendor) -> None:
    for kind, _ in _classes(vendor):
        kind.request = vars(kind)["request"].behavior_contract_original
    variable = _KEY_VARIABLES.get(vendor, "")
    if variable in _lent_keys:
        before = _lent_keys.pop(variable)
        if os.environ.get(variable) == NO_KEY:
            del os.environ[variable]
            os.environ.update({} if before is None else {variable: before})


def _sync_request(vendor: Vendor, original: Callable[..., Any]) -> Callable[..., Any]:
    def request(client: Any, cast_to: Any, options: Any, **kwargs: Any) -> Any:
        block = None if _is_ours(options) else _current(vendor)
        if block is None:
            if not _is_ours(options):
                _refuse_outside(vendor)
            return original(client, cast_to, options, **kwargs)
        target, options = block.prepared(client, options, asynchronous=False)
        try:
            return original(target, cast_to, options, **kwargs)
        except Exception as error:
            instead = block.failed(error)
            if instead is not None:
                raise instead from None
            raise

    request.behavior_contract_original = original  # type: ignore[attr-defined]  # read back by _unpatch
    return request


def _async_request(vendor: Vendor, original: Callable[..., Any]) -> Callable[..., Any]:
    async def request(client: Any, cast_to: Any, options: Any, **kwargs: Any) -> Any:
        block = None if _is_ours(options) else _current(vendor)
        if block is None:
            if not _is_ours(options):
                _refuse_outside(vendor)
            return await original(client, cast_to, options, **kwargs)
        target, options = block.prepared(client, options, asynchronous=True)
        try:
            return await original(target, cast_to, options, **kwargs)
        except Exception as error:
            instead = block.failed(error)
            if instead is not None:
                raise instead from None
            raise

    request.behavior_contract_original = original  # type: ignore[attr-defined]  # read back by _unpatch
    return request


def _is_ours(options: Any) -> bool:
    """Whether the call is one that we make ourselves, in the engine's thread."""
    from pytest_behavior_contract.ask.transports import CALL_HEADER

    return isinstance(options.headers, Mapping) and CALL_HEADER in options.headers
