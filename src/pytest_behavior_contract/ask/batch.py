"""Asking through a vendor's batch API: questions are gathered, sent together at half the price, and collected later."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_behavior_contract.ask.batch_ledger import Ledger
from pytest_behavior_contract.ask.batch_recording import since
from pytest_behavior_contract.ask.batch_state import Batch, BatchStates, Item, Place, Timing
from pytest_behavior_contract.ask.batch_vendors import Limits, not_batchable
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.redaction import find_secret
from pytest_behavior_contract.errors import BatchUnderWay, CassetteError, EndpointError, SecretFound
from pytest_behavior_contract.exchange import Exchange, Request, canonical_json, exchange_key

_LINE_SIZE = 300
"""Bytes that a question needs in a batch besides its body."""
_AGAIN = "run the same command again to collect"


@dataclass(slots=True, eq=False)
class _Question:
    """Someone waits for it."""

    item: Item
    tape: Tape
    future: asyncio.Future[Exchange]
    batch: Batch | None = None
    """Where it has been asked; None as long as it is queued."""


class LiveBatch:
    """Asks one endpoint in batches and records every answer, be it in this run or a later one.

    Args:
        endpoint: one for which `not_batchable` is empty; with any other, each question raises.
        secrets: the values that are never sent in a body nor written.
        state_folder: where batches under way are noted; endpoints and processes may share it.
        root: the folder below which the tapes are.
        paid: told of each answer that nobody in this run waits for, with the path of its tape.
        wait_seconds: how long all questions of the run together wait; afterwards they raise BatchUnderWay.
        timing: clocks and pauses.
        limits: what one batch may hold, where that is less than the vendor allows.
    """

    paced = False

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        state_folder: Path,
        root: Path,
        secrets: tuple[str, ...] = (),
        paid: Callable[[Path, Exchange], None] | None = None,
        wait_seconds: float = 0.0,
        timing: Timing | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._secrets = secrets
        self._wait_seconds = wait_seconds
        self._timing = timing or Timing()
        self._limits = limits
        self._paid = paid
        self._created: set[str] = set()
        self._states = BatchStates(state_folder, root, self._timing)
        self._ledger = Ledger(endpoint, self._states, self._timing, secrets=secrets, base_url=endpoint.base_url)
        self._questions: dict[Place, _Question] = {}
        self._queue: list[Place] = []
        self._recorded: set[Place] = set()
        self._sender: asyncio.Task[None] | None = None
        self._poller: asyncio.Task[None] | None = None
        self._deadline: float | None = None

    async def ask(
        self,
        request: Request,
        tape: Tape,
        *,
        sample: int,
        occurrence: int = 0,
        retries: int = 0,  # noqa: ARG002 - a batch is asked once
    ) -> Exchange:
        """Queues a question and waits for its batch; raises EndpointError, BatchUnderWay where that takes too long."""
        item = self._item(request, tape, sample, occurrence)
        if item.place in self._recorded:
            tape.reread()
            found = tape.get(item.key, request)
            if found is not None:
                return found
        question = self._questions.get(item.place)
        if question is None:
            question = _Question(item, tape, asyncio.get_running_loop().create_future())
            question.future.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._questions[item.place] = question
            self._enqueue([item.place])
        return await asyncio.shield(question.future)

    async def collect(self) -> list[str]:
        """Looks once at every batch of this endpoint, whether or not anyone asks, and records those that have ended.

        Returns a sentence about each of them, and about those that ended since the last call.
        """
        said: list[str] = []
        if not not_batchable(self._endpoint) and self._states.any():
            try:
                async with self._ledger.opened() as entries:
                    said += [*entries.damaged, *entries.elsewhere]
                for batch in entries.mine:
                    said += await self._said_of(batch)
            except EndpointError as error:
                said.append(f"batches of {self._endpoint.name}: {error}")
        said = [*self._ledger.news, *said]
        self._ledger.news.clear()
        return said

    async def close(self) -> None:
        """Ends what is under way here; what is under way at the vendor is collected by a later run."""
        tasks = [task for task in (self._sender, self._poller) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for question in self._questions.values():
            question.future.cancel()
        await self._ledger.close()

    def _item(self, request: Request, tape: Tape, sample: int, occurrence: int) -> Item:
        why = not_batchable(self._endpoint)
        if why:
            raise EndpointError("not batchable", why, final=True)
        if request.streamed:
            raise EndpointError("not batchable", "no batch can hold a streamed request; ask it without batches")
        name = self._states.name_of(tape.path)
        if find_secret({"the request": canonical_json(request.body)}, self._secrets):
            raise SecretFound("not sent", "the request holds something that looks like a key")
        key = exchange_key(request.digest, sample, occurrence)
        return Item(tape=name, key=key, path=request.path, body=request.body, sample=sample, occurrence=occurrence)

    def _enqueue(self, places: Iterable[Place]) -> None:
        self._queue += places
        if self._sender is None or self._sender.done():
            self._sender = asyncio.ensure_future(self._send_all())

    async def _send_all(self) -> None:
        while self._queue:
            count = 0
            while count != len(self._queue):
                count = len(self._queue)
                await self._timing.sleep(self._timing.quiet_seconds)
            places, self._queue = self._queue, []
            try:
                await self._send(places)
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, be it a bug of ours
                self._fail((place for place in places if self._is_queued(place)), error)
            if self._waiting() and (self._poller is None or self._poller.done()):
                self._poller = asyncio.ensure_future(self._poll())

    async def _send(self, places: list[Place]) -> None:
        """Sends what is neither on tape by now nor in a batch, be it another process's."""
        limits = self._limits or self._ledger.vendor.limits
        async with self._ledger.opened() as entries:
            if entries.damaged:
                raise EndpointError("batch not sent", "; ".join(entries.damaged), final=True)
            batches = [await self._ledger.confirmed(batch) for batch in entries.mine]
            held = {item.place: batch for batch in batches if batch for item in batch.items.values()}
            tapes: dict[Path, Tape] = {}
            new = []
            for place in places:
                question = self._questions[place]
                path = question.tape.path
                found = _newer(tapes.setdefault(path, Tape(path)), question)
                if found is not None:
                    self._tell(place, found)
                elif place in held:
                    question.batch = held[place]
                else:
                    new.append(question)
            for part in _parts(new, limits):
                await self._create(part)

    async def _create(self, questions: list[_Question]) -> None:
        try:
            batch = await self._ledger.create([question.item for question in questions])
        except EndpointError as error:
            if error.final:
                raise
            self._fail((question.item.place for question in questions), error)
            return
        self._created.add(batch.tag)
        for question in questions:
            question.batch = batch

    async def _poll(self) -> None:
        """Looks at the batches someone waits for until there is none, or the time is over."""
        pause = self._timing.poll_seconds
        if self._deadline is None:
            self._deadline = self._timing.clock() + self._wait_seconds
        while waiting := self._waiting():
            for batch in waiting:
                progress = await self._look_for(batch)
                if progress and self._timing.clock() >= self._deadline:
                    detail = f"batch {batch.id or batch.tag}: {progress}; {_AGAIN}"
                    self._fail(self._waiting_for(batch), BatchUnderWay(detail, paid=batch.tag in self._created))
            left = self._deadline - self._timing.clock()
            if left > 0 and self._waiting():
                await self._timing.sleep(min(pause, left))
                pause = min(pause * 2, self._timing.longest_poll_seconds)

    async def _look_for(self, batch: Batch) -> str:
        """How far a batch is, for those who wait for it; empty where none has to wait any longer."""
        try:
            return await self._look(batch)
        except EndpointError as error:
            if not error.final:
                return f"it could not be looked at ({error})"
            self._fail(self._waiting_for(batch), error)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, be it a bug of ours
            self._fail(self._waiting_for(batch), error)
        return ""

    async def _said_of(self, batch: Batch) -> list[str]:
        try:
            progress = await self._look(batch)
        except (EndpointError, CassetteError) as error:
            return [f"{batch.shown}: {error}"]
        return [f"{batch.shown}: {progress}; {_AGAIN}"] if progress else []

    async def _look(self, batch: Batch) -> str:
        """How far a batch is; empty where it has been dealt with."""
        tapes = {question.item.tape: question.tape for question in self._questions.values()}
        look = await self._ledger.look(batch, tapes)
        if look.batch is None:
            self._gone(batch)
        elif look.collected is not None:
            for place, result in look.collected.results.items():
                if isinstance(result, Exchange):
                    self._recorded.add(place)
                    if self._paid and place in look.collected.fresh and place not in self._questions:
                        self._paid(self._states.tape_path(place[0]), result)
                self._tell(place, result)
        else:
            for place in self._waiting_for(batch):
                self._questions[place].batch = look.batch
        return look.progress

    def _gone(self, batch: Batch) -> None:
        """Another process has collected a batch, so that its answers are on tape; or it was never made."""
        for place in self._waiting_for(batch):
            question = self._questions[place]
            question.tape.reread()
            found = since(question.tape, question.item, batch)
            if found is not None:
                self._tell(place, found)
            elif batch.id:
                detail = f"{batch.shown} was collected by another run, and this question had no answer"
                self._tell(place, EndpointError("no result", detail))
            else:
                question.batch = None
                self._enqueue([place])

    def _waiting(self) -> list[Batch]:
        """The batches that someone waits for."""
        batches = {question.batch.tag: question.batch for question in self._questions.values() if question.batch}
        return list(batches.values())

    def _waiting_for(self, batch: Batch) -> list[Place]:
        return [
            place
            for place, question in self._questions.items()
            if question.batch is not None and question.batch.tag == batch.tag
        ]

    def _is_queued(self, place: Place) -> bool:
        return place in self._questions and self._questions[place].batch is None

    def _fail(self, places: Iterable[Place], error: Exception) -> None:
        for place in list(places):
            self._tell(place, error)

    def _tell(self, place: Place, result: Exchange | Exception) -> None:
        question = self._questions.pop(place, None)
        if question is None or question.future.done():
            return
        if isinstance(result, Exchange):
            question.future.set_result(result)
        else:
            question.future.set_exception(result)


def _newer(on_disk: Tape, question: _Question) -> Exchange | None:
    """What another process has recorded since this one read the tape."""
    item, tape = question.item, question.tape
    try:
        found = on_disk.get(item.key)
        known = tape.get(item.key)
    except CassetteError:
        return None
    if found is None or (known is not None and known.recorded_at >= found.recorded_at):
        return None
    tape.reread()
    return found


def _parts(questions: list[_Question], limits: Limits) -> Iterator[list[_Question]]:
    """Questions as batches may hold them: of one model, which OpenAI asks for, and not too many or too large."""
    by_model: dict[str, list[_Question]] = {}
    for question in questions:
        by_model.setdefault(canonical_json(question.item.body.get("model")), []).append(question)
    for group in by_model.values():
        part: list[_Question] = []
        size = 0
        for question in group:
            more = len(json.dumps(question.item.body)) + _LINE_SIZE
            if part and (len(part) >= limits.requests or size + more > limits.size):
                yield part
                part, size = [], 0
            part.append(question)
            size += more
        if part:
            yield part
