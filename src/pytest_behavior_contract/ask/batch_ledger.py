"""The batches of one endpoint: created once, found again when their id was lost, and collected when they have ended."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any

from pytest_behavior_contract.ask.batch_recording import BatchRecorder, Collected
from pytest_behavior_contract.ask.batch_state import Batch, BatchStates, Item, Timing
from pytest_behavior_contract.ask.batch_vendors import BatchVendor, batch_vendor, clean_address
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.live import sdk_client
from pytest_behavior_contract.errors import EndpointError


@dataclass(slots=True)
class Entries:
    """What a state folder holds, as seen from one endpoint."""

    mine: list[Batch] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """A sentence about each file that cannot be read; nothing is sent before it is mended or gone."""
    elsewhere: list[str] = field(default_factory=list)
    """A sentence about each batch that was sent to where the endpoint no longer is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a batch stands."""

    batch: Batch | None
    """As it is noted now; None where it has been collected, or never reached the vendor."""
    progress: str = ""
    collected: Collected | None = None
    """Where this look has found it ended."""


@dataclass(frozen=True, slots=True)
class _Speaking:
    """What there is once the vendor is really spoken to: the SDK's client, and what depends on its address."""

    client: Any
    vendor: BatchVendor
    recorder: BatchRecorder
    address: str


class Ledger:
    """Speaks with the vendor and notes each step before it is taken.

    A batch is noted as intended before it is sent, and with its id afterwards. Whoever finds one without id looks for
    it at the vendor, and only one that the vendor does not have, and that is too old to be still on its way, is struck.
    The lock is held from the intention to the id, so that such a batch is nobody's who is still alive.
    """

    def __init__(
        self, endpoint: Endpoint, states: BatchStates, timing: Timing, *, secrets: tuple[str, ...], base_url: str
    ) -> None:
        self._endpoint = endpoint
        self._states = states
        self._timing = timing
        self._secrets = secrets
        self._base_url = base_url
        self._now_speaking: _Speaking | None = None
        self._doubts: dict[str, str] = {}
        """By tag: why it is not known whether the vendor has a batch."""
        self.news: list[str] = []
        """Sentences about what has come of batches, not told yet."""

    @property
    def vendor(self) -> BatchVendor:
        """The vendor's batch API; raises EndpointError where there is no key for it."""
        return self._speaking.vendor

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Entries]:
        """The entries, with the lock held; raises EndpointError."""
        here = (self._endpoint.provider.surface, self._speaking.address)
        async with self._states.locked():
            batches, damaged = self._states.load()
            entries = Entries(damaged=damaged)
            for batch in batches:
                if batch.endpoint != self._endpoint.name:
                    continue
                if (batch.surface, batch.base_url) == here:
                    entries.mine.append(batch)
                    continue
                entries.elsewhere.append(
                    f"{batch.shown} was sent to {batch.base_url} ({batch.surface}), where the endpoint no longer is; "
                    f"set that again to collect it, or delete {self._states.path(batch.tag)}"
                )
            yield entries

    async def create(self, items: Sequence[Item]) -> Batch:
        """Sends questions as one batch, which has no id where it is not known whether the vendor has it.

        Needs the lock. Raises EndpointError where the batch was surely not made.
        """
        tag = f"bc-{token_hex(8)}"
        batch = Batch(
            tag=tag,
            endpoint=self._endpoint.name,
            surface=self._endpoint.provider.surface,
            base_url=self._speaking.address,
            created_at=self._timing.stamp(),
            items={f"{tag}-{number}": item for number, item in enumerate(items)},
        )
        self._states.write(batch, self._secrets)
        created = await self.vendor.create(batch)
        for attempt in range(self._endpoint.retries):
            if not created.haste:
                break
            await self._timing.sleep(self._timing.poll_seconds * 2**attempt)
            created = await self.vendor.create(batch)
        if created.id:
            return self._sent(batch, created.id)
        assert created.error is not None
        if not created.unsure:
            self._states.remove(batch)
            raise created.error
        self._doubts[tag] = f"it is not known whether the vendor has it ({created.error})"
        return batch

    async def confirmed(self, batch: Batch) -> Batch | None:
        """A batch with its id, if the vendor has it; None where it was never made. Needs the lock."""
        if batch.id:
            return batch
        known = {one.id for one in self._states.load()[0]}
        try:
            found = await self.vendor.search(batch, known)
        except EndpointError as error:
            detail = f"{error}; so it is not known whether {self._states.path(batch.tag)} was sent"
            raise EndpointError("batch not found", detail, final=error.final) from None
        if found.id:
            return self._sent(batch, found.id)
        age = (self._timing.now() - batch.intended_at).total_seconds()
        if found.maybe or 0 <= age < self._timing.settle_seconds:
            return batch
        self._states.remove(batch)
        self.news.append(f"{batch.shown} never reached the vendor: {len(batch.items)} questions can be asked anew")
        return None

    async def look(self, batch: Batch, tapes: Mapping[str, Tape]) -> Look:
        """Looks at a batch and records it onto these tapes, or its own, if it has ended; raises EndpointError."""
        known = self._states.read(batch.tag)
        if known is not None and not known.id:
            async with self._states.locked():
                known = self._states.read(batch.tag)
                known = known and await self.confirmed(known)
        if known is None:
            return Look(batch=None)
        if not known.id:
            doubt = "it is not known yet whether the vendor has it"
            return Look(batch=known, progress=self._doubts.get(batch.tag, doubt))
        try:
            progress = await self.vendor.look(known.id)
            if not progress.ended:
                return Look(batch=known, progress=f"{progress.answered} of {len(known.items)} answered")
            async with self._states.locked():
                if self._states.read(batch.tag) is None:
                    return Look(batch=None)
                answers = await self.vendor.answers(progress)
                recorder = self._speaking.recorder
                collected = recorder.record(known, progress, answers, tapes)
                if not collected.unsaved:
                    self._states.remove(known)
        except EndpointError as error:
            if not error.cause.startswith("not found"):
                raise
            detail = f"the vendor has no {known.shown} or no results of it for this key"
            hint = f"delete {self._states.path(known.tag)} to ask anew"
            raise EndpointError("batch not found", f"{detail}; {hint}", final=True) from None
        self.news.append(recorder.sentence(known, answers, collected))
        return Look(batch=known, collected=collected)

    async def close(self) -> None:
        if self._now_speaking is not None:
            await self._now_speaking.client.close()

    def _sent(self, batch: Batch, batch_id: str) -> Batch:
        batch = replace(batch, status="sent", id=batch_id)
        self._states.write(batch, self._secrets)
        return batch

    @property
    def _speaking(self) -> _Speaking:
        if self._now_speaking is None:
            import httpx2

            http_client = httpx2.AsyncClient(timeout=self._endpoint.timeout_seconds)
            client = sdk_client(self._endpoint, http_client, asynchronous=True, base_url=self._base_url)
            address = clean_address(str(client.base_url))
            headers = {name: value for name, value in client.default_headers.items() if isinstance(value, str)}
            recorder = BatchRecorder(
                self._endpoint, self._states, self._timing, secrets=self._secrets, address=address, headers=headers
            )
            vendor = batch_vendor(self._endpoint, client, self._secrets)
            self._now_speaking = _Speaking(client, vendor, recorder, address)
        return self._now_speaking
