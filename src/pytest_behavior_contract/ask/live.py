"""Asking for real: one SDK client per endpoint, and what its errors mean."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import importlib
import importlib.metadata
import inspect
import itertools
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.pacing import seconds_until
from pytest_behavior_contract.ask.recording import record, utc_now
from pytest_behavior_contract.ask.redaction import masked, masked_excerpt
from pytest_behavior_contract.ask.rejections import model_gone
from pytest_behavior_contract.errors import EndpointError, Transient
from pytest_behavior_contract.exchange import Exchange, Request
from pytest_behavior_contract.interfaces import Provider

if TYPE_CHECKING:
    from pytest_behavior_contract.ask.cassettes.tape import Tape
    from pytest_behavior_contract.ask.transports import Call

NO_KEY = "no-key"
"""What an SDK that insists on a key is given for a server of your own."""
_OUT_OF_QUOTA = re.compile(r"insufficient_quota|exceeded your current quota|credit balance", re.IGNORECASE)
"""A 429 that no waiting helps against."""
_GONE = re.compile(
    r"\bmodels?\b.*\b(?:deprecated|retired|decommissioned|discontinued|removed|shut ?down|sunset|no longer"
    r"|not (?:exist|found|available)|not_found)|not_found_error.*model\b",
    re.IGNORECASE | re.DOTALL,
)
"""How a server says that it is the model that is not there, and not the address."""
_CLASSES = {"openai": "OpenAI", "anthropic": "Anthropic"}


class LiveEndpoint:
    """Asks one endpoint through the vendor's SDK and records every answer.

    Args:
        endpoint: whom to ask.
        heard: told of the headers of every answer.
        secrets: values that must not be written.
        base_url: address of its server, where the endpoint's own settings do not name it.
    """

    paced = True

    def __init__(
        self,
        endpoint: Endpoint,
        heard: Callable[[Mapping[str, str]], None],
        *,
        secrets: tuple[str, ...] = (),
        base_url: str = "",
    ) -> None:
        self._endpoint = endpoint
        self._heard = heard
        self._provider: Provider = endpoint.provider
        self._secrets = secrets
        self._base_url = base_url or endpoint.base_url
        self._calls: dict[str, Call] = {}
        self._numbers = itertools.count()
        self._client: Any = None

    async def ask(
        self, request: Request, tape: Tape, *, sample: int, occurrence: int = 0, retries: int = 0
    ) -> Exchange:
        """Sends a request once, records the exchange, and returns it; raises EndpointError."""
        from pytest_behavior_contract.ask.transports import CALL_HEADER

        call = new_call(self._provider, request, tape, sample=sample, occurrence=occurrence, secrets=self._secrets)
        call.attempts = retries
        client = self._client_for_calls()
        token = str(next(self._numbers))
        self._calls[token] = call
        try:
            # The SDK's own timeout starts anew with each piece of an answer; a slow drip would never end.
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                answer = await client.post(
                    request.path,
                    body=dict(request.body),
                    cast_to=_response_class(),
                    options={"headers": {CALL_HEADER: token}},
                )
            self._heard(answer.headers)
        except TimeoutError:
            raise timed_out(self._endpoint.timeout_seconds) from None
        except Exception as error:  # noqa: BLE001 - the SDK's errors become ours here, in one place
            if call.exchange is None:
                raise explained(error, call, self._endpoint, self._secrets) from None
        finally:
            del self._calls[token]
        if call.exchange is None:
            raise call.error or EndpointError("no answer", "the client returned without one", paid=True)
        return call.exchange

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    def _client_for_calls(self) -> Any:
        if self._client is None:
            import dataclasses

            import httpx2

            from pytest_behavior_contract.ask.transports import CALL_HEADER, AsyncRecordingTransport

            def call_for(request: httpx2.Request) -> Call:
                return self._calls[request.headers[CALL_HEADER]]

            transport = AsyncRecordingTransport(call_for, connections=self._endpoint.concurrency)
            http_client = httpx2.AsyncClient(transport=transport, timeout=self._endpoint.timeout_seconds)
            # What may pass is asked again by the Asker, which knows of all that is under way.
            once = dataclasses.replace(self._endpoint, retries=0)
            self._client = sdk_client(once, http_client, asynchronous=True, base_url=self._base_url)
        return self._client


class LiveFunction:
    """Calls a Python function in the place of a model."""

    paced = True

    def __init__(self, endpoint: Endpoint, *, secrets: tuple[str, ...] = ()) -> None:
        self._endpoint = endpoint
        self._secrets = secrets
        self._provider: Provider = endpoint.provider
        self._function: Callable[[Any], Any] | None = None

    async def ask(
        self, request: Request, tape: Tape, *, sample: int, occurrence: int = 0, retries: int = 0
    ) -> Exchange:
        """Calls the function, records what it returns, and returns it; raises EndpointError."""
        from pytest_behavior_contract.ask.providers.python import response_body
        from pytest_behavior_contract.exchange import Prompt, Response, Tool

        body = request.body
        prompt = Prompt(
            messages=tuple(body["messages"]),
            system=body["system"],
            tools=tuple(Tool(name=tool["name"], parameters=tool["parameters"]) for tool in body["tools"]),
            parameters=body["parameters"],
            request=body["request"],
            stream=body["stream"],
        )
        began, began_at = time.perf_counter(), utc_now()
        try:
            function = self._load()
            async with asyncio.timeout(self._endpoint.timeout_seconds) as limit:
                if inspect.iscoroutinefunction(function):
                    answer = await function(prompt)
                else:
                    answer = await _in_thread(function, prompt)
            if time.perf_counter() - began > self._endpoint.timeout_seconds:
                # A coroutine that never awaits cannot be interrupted; its answer is too late all the same.
                raise timed_out(self._endpoint.timeout_seconds)  # noqa: TRY301 - it goes out like any other
            text = response_body(answer)
        except (EndpointError, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - a user's function may raise anything, even what ends a process
            if isinstance(error, TimeoutError) and limit.expired():
                raise timed_out(self._endpoint.timeout_seconds) from None
            detail = masked(str(error), self._secrets)
            raise EndpointError(f"{self._endpoint.model} raised {type(error).__name__}", detail) from None
        exchange = Exchange(
            request=request,
            response=Response(status=200, headers={"content-type": ("application/json",)}, body=text),
            sample=sample,
            occurrence=occurrence,
            recorded_at=began_at,
            latency_seconds=round(time.perf_counter() - began, 4),
            retries=retries,
            uri=f"python:{self._endpoint.model}",
        )
        return record(exchange, tape.add, self._provider, self._secrets)

    async def close(self) -> None:
        """Nothing is held open."""

    def _load(self) -> Callable[[Any], Any]:
        if self._function is None:
            module, colon, name = self._endpoint.model.partition(":")
            if not colon:
                raise EndpointError(f"{self._endpoint.model} is no function", "write module:function", final=True)
            try:
                found: Any = importlib.import_module(module)
                for attribute in name.split("."):
                    found = getattr(found, attribute)
            except Exception as error:  # noqa: BLE001 - an import runs foreign code
                raise EndpointError(f"{self._endpoint.model} cannot be imported", str(error), final=True) from None
            if not callable(found):
                raise EndpointError(f"{self._endpoint.model} is no function", "write module:function", final=True)
            self._function = found
        return self._function


async def _in_thread(function: Callable[[Any], Any], prompt: Any) -> Any:
    """What a function returns; who does not wait for it any more, and who ends the process, is not held up by it."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def give(result: Any, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    def run() -> None:
        result: Any = None
        failure: BaseException | None = None
        try:
            result = context.run(function, prompt)
        except StopIteration as error:  # which no future takes
            failure = RuntimeError(f"StopIteration: {error}")
        except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is waited for
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(give, result, failure)

    context = contextvars.copy_context()
    threading.Thread(target=run, name="behavior-contract function", daemon=True).start()
    return await answer


def new_call(
    provider: Provider,
    request: Request,
    tape: Tape,
    *,
    sample: int,
    occurrence: int = 0,
    secrets: tuple[str, ...] = (),
    mode: str = "all",
    on_miss: Callable[[str], Exception] | None = None,
) -> Call:
    """A call with the cassette that it is recorded on, or played from."""
    from pytest_behavior_contract.ask.cassettes.tape_for_vcr import TapeCassette
    from pytest_behavior_contract.ask.transports import Call

    return Call(
        cassette=TapeCassette(tape, mode=mode, on_miss=on_miss or KeyError),
        provider=provider,
        request=request,
        sample=sample,
        occurrence=occurrence,
        secrets=secrets,
        versions=versions(provider),
    )


def sdk_client(endpoint: Endpoint, http_client: Any, *, asynchronous: bool, base_url: str = "") -> Any:
    """The vendor's client for an endpoint, over an HTTP client of ours; raises EndpointError."""
    provider = endpoint.provider
    module = importlib.import_module(provider.sdk)
    name = endpoint.client or _CLASSES.get(provider.sdk, "")
    kind = getattr(module, f"Async{name}" if asynchronous else name, None)
    if kind is None:
        raise EndpointError(f"{provider.sdk} has no client {name}", f"endpoint {endpoint.name}", final=True)
    options: dict[str, Any] = {
        **endpoint.client_options,
        "http_client": http_client,
        "timeout": endpoint.timeout_seconds,
        "max_retries": endpoint.retries,
    }
    if base_url or endpoint.base_url:
        options["base_url"] = base_url or endpoint.base_url
    key = api_key(endpoint, own_server=bool(base_url or endpoint.base_url or endpoint.client))
    if key and "api_key" in inspect.signature(kind).parameters:
        options["api_key"] = key
    try:
        return kind(**options)
    except Exception as error:  # noqa: BLE001 - whatever the SDK objects to in its options is the user's to mend
        raise EndpointError("client cannot be made", f"{name}: {error}", final=True) from None


def api_key(endpoint: Endpoint, *, own_server: bool) -> str:
    """The key from the environment; raises EndpointError where the vendor's own server would need one.

    A server of one's own gets a key only where `api_key_env` names it: a vendor's key is not sent elsewhere.
    """
    name = endpoint.api_key_env
    if not name and own_server:
        return NO_KEY
    name = name or endpoint.provider.key_variable
    found = os.environ.get(name, "").strip()
    if found in ("", NO_KEY):
        hint = f"set it, or name another variable in api_key_env of endpoint {endpoint.name}"
        raise EndpointError(f"no key: {name} is not set", hint, final=True)
    return found


def versions(provider: Provider) -> dict[str, str]:
    names = ["pytest-behavior-contract", *([provider.sdk] if provider.sdk else [])]
    return {name: importlib.metadata.version(name) for name in names}


def explained(error: Exception, call: Call | None, endpoint: Endpoint, secrets: Sequence[str]) -> EndpointError:
    """What an SDK's error means for who runs the tests."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _explained_status(status, error, endpoint, secrets)
    if "APITimeoutError" in {kind.__name__ for kind in type(error).__mro__}:
        return timed_out(endpoint.timeout_seconds)
    return (call.error if call else None) or EndpointError(
        "client error", masked(f"{type(error).__name__}: {error}", secrets)
    )


def timed_out(seconds: float) -> Transient:
    return Transient("timeout", f"no answer within {seconds:g} s", paid=True)


def _explained_status(status: int, error: Exception, endpoint: Endpoint, secrets: Sequence[str]) -> EndpointError:
    message = masked_excerpt(str(getattr(error, "message", error)), secrets)
    if status in (401, 403, 407):
        variable = endpoint.api_key_env or endpoint.provider.key_variable
        hint = (
            f" (the key comes from {variable})"
            if endpoint.api_key_env or not endpoint.base_url
            else (" (no key was sent: name its environment variable in api_key_env)")
        )
        return EndpointError(f"not authorised: HTTP {status}", message + hint, final=True)
    # The code of an error may be in its body alone.
    gone = model_gone(f"{error} {getattr(error, 'body', '')}")
    if status in (404, 410) or (status in (400, 422) and gone):
        what = "model gone" if gone or _GONE.search(message) else "not found"
        return EndpointError(f"{what}: HTTP {status}", f"{message} (model {endpoint.model!r})", final=True)
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
    again = headers.get("x-should-retry", "").lower()
    if status == 429:
        if again == "false" or _OUT_OF_QUOTA.search(message):
            return EndpointError("rate limited: HTTP 429", message, final=True)
        wait = asked_wait(headers)
        return Transient("rate limited: HTTP 429", message, wait_seconds=wait, too_much=True, by_quota=wait is not None)
    if status >= 500 or status in (408, 409, 425) or again == "true":
        if again == "false":
            return EndpointError(f"HTTP {status}", message)
        # Anthropic's 529 and a 503 say that it is too much for everybody, not only for us.
        wait = asked_wait(headers)
        return Transient(f"HTTP {status}", message, wait_seconds=wait, too_much=status in (503, 529))
    return EndpointError(f"HTTP {status}", message, final=400 <= status < 500)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """How many seconds the server asks to be left alone; None where it does not say."""
    milliseconds = seconds_until(headers.get("retry-after-ms", ""))
    return seconds_until(headers.get("retry-after", "")) if milliseconds is None else milliseconds / 1000


def _response_class() -> Any:
    import httpx2

    return httpx2.Response
