"""One endpoint of a run: what is recorded of it, what is under way, and everything that asking it for real takes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote

from pytest_behavior_contract.ask.budget import Purse
from pytest_behavior_contract.ask.cassettes.files import FOLDER
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.pacing import Pace
from pytest_behavior_contract.ask.prices import BATCH_PRICE, Prices
from pytest_behavior_contract.ask.recording import utc_now
from pytest_behavior_contract.ask.redaction import find_secret, masked
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.errors import (
    BatchUnderWay,
    CassetteError,
    EndpointError,
    SecretFound,
    SettingsError,
    Transient,
)
from pytest_behavior_contract.exchange import Exchange, Prompt, Request, canonical_json, exchange_key
from pytest_behavior_contract.interfaces import Provider

RecordMode = Literal["none", "missing", "all"]
HOPELESS_AFTER = 5
"""So many failures without a single answer, and an endpoint is not asked any more."""
HOPELESS_IN_A_ROW = 20
"""The same for one that has answered before."""
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 8.0
RATE_LIMITED = "rate limited"
MOST_REFUSALS = 100
"""So often one request may be told to come later."""


class Live(Protocol):
    """What really asks: an SDK client, or a Python function."""

    paced: bool
    """Whether a question under way takes a place at the endpoint."""

    async def ask(self, request: Request, tape: Tape, *, sample: int, occurrence: int, retries: int) -> Exchange:
        """Asks once and records the answer; raises EndpointError, a Transient one where asking again may help."""
        ...

    async def close(self) -> None: ...


class Library:
    """The tapes of all clauses, each opened once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tapes: dict[Path, Tape] = {}
        self._found: dict[tuple[str, str, str, str], Tape] = {}

    def tape(self, folder: str, endpoint: Endpoint, contract: str, clause: str) -> Tape:
        names = (folder, endpoint.name, contract, clause)
        if names not in self._found:
            path = Path(folder) / FOLDER / endpoint.folder / _file_name(contract) / f"{_file_name(clause)}.jsonl"
            if path not in self._tapes:
                shown = path.relative_to(self._root) if path.is_relative_to(self._root) else path
                self._tapes[path] = Tape(path, shown_as=str(shown))
            self._found[names] = self._tapes[path]
        return self._found[names]

    def warnings(self) -> list[str]:
        return [warning for tape in self._tapes.values() for warning in tape.warnings]


@dataclass(slots=True)
class Tally:
    """What was replayed and what was asked."""

    replayed: int = 0
    live: int = 0


@dataclass(slots=True, eq=False)
class _Pending:
    """A question on its way."""

    whose: str
    task: asyncio.Task[Exchange] | None = None
    waiting: int = 0
    """How many want its answer."""
    sent: bool = False


class Asker:
    """Asks one endpoint; knows what is recorded, what is under way, and whether asking has become pointless.

    Args:
        endpoint: whom to ask.
        mode: whether recordings are used, completed or made anew.
        library: where the tapes are.
        live: makes what really asks, given what is told of the headers of every answer.
        purse: what all askers of a run pay from.
        share: how many processes ask this endpoint at once; its limits are divided among them.
        secrets: values that must not be written.
        in_batches: whether questions go to the vendor's batch API, where each round of them takes long.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        mode: RecordMode,
        library: Library,
        live: Callable[[Callable[[Mapping[str, str]], None]], Live],
        *,
        purse: Purse | None = None,
        share: int = 1,
        secrets: tuple[str, ...] = (),
        in_batches: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.provider: Provider = endpoint.provider
        self.mode = mode
        self.purse = purse or Purse()
        self.in_batches = in_batches
        self.prices = Prices(endpoint, BATCH_PRICE if in_batches else 1.0)
        self.pace = Pace(max(1, endpoint.concurrency // share), endpoint.requests_per_minute / share)
        self._secrets = secrets
        self.find_judge: Callable[[str], Asker] | None = None
        """The other endpoints of the run, by name; None where it stands alone."""
        self._library = library
        self._make_live = live
        self._live: Live | None = None
        self._starting = asyncio.Lock()
        self._requests: dict[int, tuple[Prompt, Request]] = {}
        self._under_way: dict[tuple[Path, str], _Pending] = {}
        self._failures = 0
        self._answered = False
        self._stopped: EndpointError | None = None

    def tape(self, clause: Clause, case: Case | None = None, *, about: str = "") -> Tape:
        """Where its replies to a clause are; or, if it is a judge, its answers about something of this clause."""
        name = case.tape if case is not None and case.tape else clause.id
        return self._library.tape(clause.folder, self.endpoint, clause.contract, name + about)

    def judge(self, name: str) -> Asker:
        """Another endpoint of the run, which judges; the configured judge for an empty name. Raises SettingsError."""
        if self.find_judge is None:
            raise SettingsError(f"endpoint {self.endpoint.name} stands alone here, so that no judge can be asked")
        return self.find_judge(name)

    def request(self, prompt: Prompt) -> Request:
        """The prompt of a clause as this endpoint is asked it; raises NotExpressible."""
        known = self._requests.get(id(prompt))
        if known is None:
            # The prompt is kept with its request, so that its id stays its own.
            known = self._requests[id(prompt)] = (prompt, self.spelled(prompt))
        return known[1]

    def spelled(self, prompt: Prompt) -> Request:
        """The same for a prompt that will not come again."""
        endpoint = self.endpoint
        if not endpoint.parameters and not endpoint.request:
            return self.provider.request(prompt, endpoint.model)
        parameters = {**endpoint.parameters, **prompt.parameters}
        own = {**endpoint.request, **prompt.request}
        whole = Prompt(
            messages=prompt.messages,
            system=prompt.system,
            tools=prompt.tools,
            parameters=parameters,
            request=own,
            stream=prompt.stream,
            partial=prompt.partial,
        )
        return self.provider.request(whole, endpoint.model)

    def recorded(self, tape: Tape, request: Request, sample: int, occurrence: int = 0) -> Exchange | None:
        """The recording, if the mode lets it be used; raises CassetteError for a damaged one."""
        key = exchange_key(request.digest, sample, occurrence)
        if self.mode == "all" and not tape.is_fresh(key):
            return None
        return tape.get(key, request)

    async def ask(self, tape: Tape, request: Request, sample: int, occurrence: int = 0, *, whose: str = "") -> Exchange:
        """Asks live, as soon as there is a place; the same question asked twice at once is sent once.

        Whoever is cancelled while waiting takes the question along, unless it is sent already or others wait too.
        Raises EndpointError.
        """
        key = (tape.path, exchange_key(request.digest, sample, occurrence))
        pending = self._under_way.get(key)
        if pending is None:
            pending = self._under_way[key] = _Pending(whose)
            pending.task = asyncio.ensure_future(self._ask(pending, tape, request, sample, occurrence))
            pending.task.add_done_callback(lambda done: self._done(key, done))
        assert pending.task is not None
        pending.waiting += 1
        try:
            return await asyncio.shield(pending.task)
        except asyncio.CancelledError:
            if pending.task.cancelled() and self._stopped is not None:
                raise self._stopped from None
            raise
        finally:
            pending.waiting -= 1
            if not pending.waiting and not pending.sent:
                pending.task.cancel()

    def is_under_way(self, tape: Tape, request: Request, sample: int, occurrence: int = 0) -> bool:
        """Whether somebody asks this already, so that asking it too costs nothing."""
        return (tape.path, exchange_key(request.digest, sample, occurrence)) in self._under_way

    async def settled(self, whose: str) -> None:
        """Waits for what was sent for a clause and nobody waits for any more: it is paid, so it is recorded."""
        tasks = [one.task for one in self._under_way.values() if one.whose == whose and one.sent and one.task]
        if tasks:
            await asyncio.wait(tasks)

    def stop(self, error: EndpointError) -> None:
        """Asks nothing more, and gives up what is under way; all who wait get the error."""
        self._stopped = self._stopped or error
        self.pace.stop(error)
        for pending in list(self._under_way.values()):
            if pending.task is not None:
                pending.task.cancel()

    @property
    def is_live(self) -> bool:
        """Whether anything was really asked."""
        return self._live is not None

    async def close(self) -> None:
        if self._live is not None:
            await self._live.close()

    async def _started(self) -> Live:
        async with self._starting:
            if self._live is None:
                self._live = await asyncio.to_thread(self._make_live, self.pace.answered)
        return self._live

    async def _ask(self, pending: _Pending, tape: Tape, request: Request, sample: int, occurrence: int) -> Exchange:
        """Asks until there is an answer or no hope of one; what may pass is retried here and nowhere else."""
        patience = _Patience(self.endpoint)
        try:
            if find_secret({"the request": canonical_json(request.body)}, self._secrets):
                raise SecretFound("not asked", "the request holds something that looks like a key")
            # What cannot be kept is not paid for.
            tape.check_writable()
            while True:
                try:
                    exchange = await self._ask_once(pending, tape, request, sample, occurrence, patience.tries)
                except Transient as error:
                    pending.sent = False
                    if not pending.waiting:
                        raise
                    # While the server wants to be left alone, nobody gets a place; all else is waited for here.
                    await asyncio.sleep(patience.wait_after(error))
                else:
                    self._answered = True
                    self._failures = 0
                    return exchange
        except CassetteError as error:
            raise self._given_up(EndpointError("not recorded", str(error), final=True)) from None
        except EndpointError as error:
            self._given_up(error)
            if not error.final and not isinstance(error, SecretFound):
                key = exchange_key(request.digest, sample, occurrence)
                with contextlib.suppress(CassetteError):  # the reason it has no answer is reported anyway
                    tape.note_unanswered(key, error.cause, masked(error.detail, self._secrets), utc_now())
            raise

    async def _ask_once(
        self, pending: _Pending, tape: Tape, request: Request, sample: int, occurrence: int, retries: int
    ) -> Exchange:
        live = await self._started()
        if live.paced:
            await self.pace.enter(pending.whose)
        try:
            if self._stopped is not None:
                raise self._stopped
            most = self.prices.bound(request, self.purse)
            charge = await self.purse.take((pending.whose, self.endpoint.name), most, patient=live.paced)
            pending.sent = True
            began = time.monotonic()
            try:
                exchange = await live.ask(request, tape, sample=sample, occurrence=occurrence, retries=retries)
            except Transient as error:
                (charge.lost if error.paid else charge.refused)()
                if error.too_much:
                    wait = max(backoff(retries), error.wait_seconds or 0.0)
                    self.pace.refused(min(wait, self.endpoint.timeout_seconds), began)
                raise
            except BatchUnderWay as error:
                # What an earlier run has sent is none of this run's calls.
                (charge.lost if error.paid else charge.undone)()
                raise
            except EndpointError as error:
                (charge.lost if error.paid else charge.refused)()
                raise
            except BaseException:
                charge.lost()
                raise
            reply = self.provider.reply(exchange)
            charge.answered(reply, self.prices.of_reply(reply))
            return exchange
        finally:
            if live.paced:
                self.pace.leave()

    def _given_up(self, error: EndpointError) -> EndpointError:
        """Takes note of a question that stays without an answer; after some of these nothing more is asked."""
        self._failures += 1
        most = HOPELESS_IN_A_ROW if self._answered else HOPELESS_AFTER
        if error.cause.startswith(RATE_LIMITED) and not self._answered:
            most = 1  # one question has waited as long as any would
        if error.final or self._failures >= most:
            self._stopped = self._stopped or error
            self.pace.stop(self._stopped)
        return error

    def _done(self, key: tuple[Path, str], task: asyncio.Task[Exchange]) -> None:
        # A failure is kept, so that whoever asks the same again in this run gets the same; an answer is on tape.
        if task.cancelled() or task.exception() is None:
            self._under_way.pop(key, None)


class _Patience:
    """How often and how long one question is asked again."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._retries = self._refusals = 0
        self._waited = 0.0

    @property
    def tries(self) -> int:
        return self._retries + self._refusals

    def wait_after(self, error: Transient) -> float:
        """Seconds until the question is asked again; raises EndpointError where it is not.

        A wait that the server names is never cut short; one of none at all would be a storm of requests.
        """
        if not self._endpoint.retries:
            raise error
        asked = error.wait_seconds or 0.0
        if error.by_quota:
            self._refusals += 1
            wait = max(asked, backoff(self._refusals - 1))
        else:
            self._retries += 1
            if self._retries > self._endpoint.retries:
                raise error
            wait = max(asked, backoff(self._retries - 1))
        self._waited += wait
        if self._waited > self._endpoint.timeout_seconds or self._refusals > MOST_REFUSALS:
            word = "asked to wait" if asked > self._endpoint.timeout_seconds else "waited in vain"
            detail = f"{error.detail} ({word} for {self._waited:.0f} s)".lstrip()
            # Where it asks for more time than anybody waits, the others need not find that out one by one.
            raise EndpointError(error.cause, detail, final=asked > self._endpoint.timeout_seconds)
        return wait


def backoff(retries: int) -> float:
    """Seconds before the next try: doubled each time, and spread so that not all come back at once."""
    longest: float = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(retries, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _file_name(name: str) -> str:
    """A name as a file may have it on any system; long ones end in a piece of their hash."""
    safe = quote(name, safe=" ()+,=@[]^_{}~")
    if not safe.strip("."):
        # `..` would be the folder above.
        safe = safe.replace(".", "%2E")
    return safe if len(safe) <= 120 else f"{safe[:100]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
