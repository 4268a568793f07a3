"""The vendors' batch APIs behind one shape: create, look, fetch the answers, and find a batch whose id was lost."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from pytest_behavior_contract.ask.batch_answers import Answers, anthropic_answer, openai_answer
from pytest_behavior_contract.ask.batch_state import Batch
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.live import explained
from pytest_behavior_contract.ask.redaction import masked_excerpt
from pytest_behavior_contract.ask.wire import text_at
from pytest_behavior_contract.errors import EndpointError

TAG = "behavior-contract-batch"
"""The metadata key under which OpenAI keeps a batch's tag."""
_CLOCKS_APART = dt.timedelta(hours=1)
"""How far this machine's clock and the vendor's may be apart, the time that sending takes included."""
_NOT_CREATED = frozenset({501, 505})
_UNSURE = frozenset({408, 409})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one batch may hold."""

    requests: int
    size: int
    """In bytes of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What came of sending a batch: its id, or why there is none."""

    id: str = ""
    error: EndpointError | None = None
    unsure: bool = False
    """Whether the vendor may have it all the same."""
    haste: bool = False
    """Whether there is none because it came too fast, so that it may be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search for a batch without id brought."""

    id: str = ""
    maybe: bool = False
    """Whether there is one that may be it, which shows when it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch is."""

    id: str
    ended: bool
    answered: int
    """How many questions the vendor says have an answer, be it an error."""
    succeeded: int
    """How many it says have one that is paid for."""
    cause: str = "no result"
    """What becomes of the questions without one."""
    detail: str = ""
    final: bool = False
    files: tuple[str, ...] = ()


class BatchVendor(Protocol):
    """One vendor's batch API. All but `create` raise EndpointError, `final` where asking again is pointless."""

    limits: Limits

    async def create(self, batch: Batch) -> Created:
        """Sends a batch, once: no SDK may repeat what costs money."""
        ...

    async def look(self, batch_id: str) -> Progress: ...

    async def answers(self, progress: Progress) -> Answers: ...

    async def search(self, batch: Batch, known: AbstractSet[str]) -> Found:
        """Looks for a batch that may have been sent; those with known ids are other ones."""
        ...


class OpenAIBatches:
    """A file of requests is uploaded, a batch made of it; the answers come as two files."""

    limits = Limits(requests=50_000, size=200_000_000)
    _ENDED: Mapping[str, str] = {
        "completed": "no result",
        "failed": "batch refused",
        "expired": "batch expired",
        "cancelled": "batch cancelled",
    }

    def __init__(self, client: Any, url: str, mapped: ErrorMap) -> None:
        self._client = client
        self._url = url
        self._mapped = mapped

    async def create(self, batch: Batch) -> Created:
        lines = [
            json.dumps({"custom_id": name, "method": "POST", "url": self._url, "body": item.body})
            for name, item in batch.items.items()
        ]
        try:
            content = "\n".join(lines).encode() + b"\n"
            file = await self._client.files.create(file=(f"{batch.tag}.jsonl", content), purpose="batch")
            file_id = _id_of(file)
        except Exception as error:  # noqa: BLE001 - the SDK's errors become ours
            return replace(self._mapped.not_created(error), unsure=False)
        if not file_id:
            return Created(error=EndpointError("batch not sent", "the upload was answered without the file's id"))
        try:
            made = await self._client.with_options(max_retries=0).batches.create(
                input_file_id=file_id,
                endpoint=self._url,
                completion_window="24h",
                metadata={TAG: batch.tag},
            )
        except Exception as error:  # noqa: BLE001 - likewise
            return self._mapped.not_created(error)
        return _created(made)

    async def look(self, batch_id: str) -> Progress:
        with self._mapped:
            batch = await self._client.batches.retrieve(batch_id)
        status = _text_of(batch, "status")
        counts = getattr(batch, "request_counts", None)
        files = (getattr(batch, "output_file_id", None), getattr(batch, "error_file_id", None))
        return Progress(
            id=batch_id,
            ended=status in self._ENDED,
            answered=_count(counts, "completed", "failed"),
            succeeded=_count(counts, "completed"),
            cause=self._ENDED.get(status, ""),
            detail=self._mapped.masked(_errors(batch)),
            final=status == "failed",
            files=tuple(name for name in files if isinstance(name, str) and name),
        )

    async def answers(self, progress: Progress) -> Answers:
        answers = Answers()
        for name in progress.files:
            with self._mapped:
                content = await self._client.files.content(name)
            answers.add(content.content, openai_answer)
        return answers

    async def search(self, batch: Batch, known: AbstractSet[str]) -> Found:  # noqa: ARG002 - the tag leaves no doubt
        oldest = (batch.intended_at - _CLOCKS_APART).timestamp()
        with self._mapped:
            async for one in self._client.batches.list(limit=100):
                if text_at(getattr(one, "metadata", None), TAG) == batch.tag:
                    return Found(id=_id_of(one))
                if isinstance(one.created_at, int | float) and one.created_at < oldest:
                    break
        return Found()


class AnthropicBatches:
    """A batch is one request. It has no place for a tag, so a lost one is known by the custom_ids of its results."""

    limits = Limits(requests=100_000, size=256_000_000)

    def __init__(self, client: Any, url: str, mapped: ErrorMap) -> None:
        self._client = client
        self._url = url
        self._mapped = mapped

    async def create(self, batch: Batch) -> Created:
        requests = [{"custom_id": name, "params": item.body} for name, item in batch.items.items()]
        try:
            made = await self._client.with_options(max_retries=0).messages.batches.create(requests=requests)
        except Exception as error:  # noqa: BLE001 - the SDK's errors become ours
            return self._mapped.not_created(error)
        return _created(made)

    async def look(self, batch_id: str) -> Progress:
        with self._mapped:
            batch = await self._client.messages.batches.retrieve(batch_id)
        counts = getattr(batch, "request_counts", None)
        return Progress(
            id=batch_id,
            ended=_text_of(batch, "processing_status") == "ended",
            answered=_count(counts, "succeeded", "errored"),
            succeeded=_count(counts, "succeeded"),
        )

    async def answers(self, progress: Progress) -> Answers:
        """The answers, from the batch's own address at this server.

        The SDK's `results` goes wherever the server's `results_url` points, with the key.
        """
        import httpx2

        path = f"{self._url}/batches/{progress.id}/results"
        with self._mapped:
            response = await self._client.get(path, cast_to=httpx2.Response)
        answers = Answers()
        answers.add(response.content, anthropic_answer)
        return answers

    async def search(self, batch: Batch, known: AbstractSet[str]) -> Found:
        """Compares the custom_ids of ended batches that have as many questions and were created at about that time.

        One that is not ended shows no custom_ids: it may be ours, and nothing is asked anew before that is known.
        """
        first, last = batch.intended_at - _CLOCKS_APART, batch.intended_at + _CLOCKS_APART
        candidates = []
        with self._mapped:
            async for one in self._client.messages.batches.list(limit=1000):
                created = getattr(one, "created_at", None)
                if isinstance(created, dt.datetime) and created < first:
                    break
                counts = getattr(one, "request_counts", None)
                total = _count(counts, "processing", "succeeded", "errored", "canceled", "expired")
                in_time = not isinstance(created, dt.datetime) or created <= last
                if in_time and total == len(batch.items) and _id_of(one) not in known:
                    candidates.append(one)
        for one in candidates:
            if one.processing_status == "ended" and await self._is(batch, _id_of(one)):
                return Found(id=_id_of(one))
        return Found(maybe=any(one.processing_status != "ended" for one in candidates))

    async def _is(self, batch: Batch, batch_id: str) -> bool:
        try:
            answers = await self.answers(Progress(id=batch_id, ended=True, answered=0, succeeded=0))
        except EndpointError as error:
            if error.final:
                return False  # its results are not kept any more, so nothing of it can be lost
            raise
        return not batch.items.keys().isdisjoint(answers.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMap:
    """The SDKs' errors as ours, as a function and as a `with` block."""

    endpoint: Endpoint
    secrets: Sequence[str]

    def explained(self, error: Exception) -> EndpointError:
        found = self._explained(error)
        return EndpointError(found.cause, self.masked(found.detail), final=found.final)

    def masked(self, text: str) -> str:
        return masked_excerpt(text, self.secrets, 500)

    def not_created(self, error: Exception) -> Created:
        """What an error in creating a batch leaves behind: nothing, or one that may be there after all."""
        import httpx2

        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            surely = status in _NOT_CREATED or (400 <= status < 500 and status not in _UNSURE)
        else:
            surely = isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
        return Created(error=self.explained(error), unsure=not surely, haste=status == 429)

    def _explained(self, error: Exception) -> EndpointError:
        import httpx2

        cause = error.__cause__
        if isinstance(cause, httpx2.ConnectError):
            return EndpointError("no connection", str(cause))
        if isinstance(cause, httpx2.TransportError) and not isinstance(cause, httpx2.TimeoutException):
            return EndpointError("connection broke", str(cause))
        return explained(error, None, self.endpoint, self.secrets)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, EndpointError):
            raise self.explained(error) from None


SURFACES: Mapping[str, tuple[type[OpenAIBatches | AnthropicBatches], str]] = {
    "anthropic-messages": (AnthropicBatches, "/v1/messages"),
    "openai-chat": (OpenAIBatches, "/v1/chat/completions"),
    "openai-responses": (OpenAIBatches, "/v1/responses"),
}


def batch_vendor(endpoint: Endpoint, client: Any, secrets: Sequence[str]) -> BatchVendor:
    """The batch API of an endpoint for which `not_batchable` is empty."""
    kind, url = SURFACES[endpoint.api]
    return cast("BatchVendor", kind(client, url, ErrorMap(endpoint=endpoint, secrets=secrets)))


def not_batchable(endpoint: Endpoint) -> str:
    """Why an endpoint cannot be asked in batches; empty where it can."""
    if endpoint.client:
        return f"endpoint {endpoint.name} uses {endpoint.client}, whose batches are not supported"
    if endpoint.api not in SURFACES:
        return f"endpoint {endpoint.name} speaks {endpoint.api}, which has no batch API"
    return ""


def clean_address(url: str) -> str:
    """An address without user, password and query, which may be secrets."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}".rstrip("/")


def _text_of(batch: Any, name: str) -> str:
    found = getattr(batch, name, None)
    if not isinstance(found, str):
        raise EndpointError("unusable answer", f"the batch came without its {name}")
    return found


def _created(made: Any) -> Created:
    batch_id = _id_of(made)
    if batch_id:
        return Created(id=batch_id)
    return Created(error=EndpointError("unusable answer", "the new batch came without an id"), unsure=True)


def _id_of(thing: Any) -> str:
    found = getattr(thing, "id", None)
    return found if isinstance(found, str) else ""


def _count(counts: Any, *names: str) -> int:
    values = (getattr(counts, name, 0) for name in names)
    return sum(value for value in values if isinstance(value, int))


def _errors(batch: Any) -> str:
    errors = getattr(getattr(batch, "errors", None), "data", None) or []
    shown = [
        (f"line {error.line}: " if getattr(error, "line", None) else "")
        + str(getattr(error, "message", None) or getattr(error, "code", None) or error)
        for error in errors[:3]
    ]
    more = f" and {len(errors) - 3} more" if len(errors) > 3 else ""
    return "; ".join(shown) + more
