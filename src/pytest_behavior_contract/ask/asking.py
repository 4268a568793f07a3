"""Requests to exchanges at one endpoint: from its cassettes where they are, live where that is allowed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote

from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.sampling import Listener, Samples, Schedule, Unit, walk
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.errors import CassetteError, EndpointError, MissingRecording, NotExpressible
from pytest_behavior_contract.exchange import Exchange, Prompt, Rejection, Reply, Request, Sample, exchange_key
from pytest_behavior_contract.interfaces import Provider

RecordMode = Literal["none", "missing", "all"]
CASSETTES = "cassettes"
_HOPELESS_AFTER = 5
"""So many failures without a single answer, and an endpoint is not asked any more."""


class Live(Protocol):
    """What really asks: an SDK client, or a Python function."""

    async def ask(self, request: Request, tape: Tape, *, sample: int, occurrence: int = 0) -> Exchange: ...

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
            path = Path(folder) / CASSETTES / endpoint.folder / _file_name(contract) / f"{_file_name(clause)}.jsonl"
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


class Asker:
    """Asks one endpoint; knows what is recorded, what is under way, and whether asking has become pointless."""

    def __init__(self, endpoint: Endpoint, mode: RecordMode, library: Library, live: Callable[[], Live]) -> None:
        self.endpoint = endpoint
        self.provider: Provider = endpoint.provider
        self.mode = mode
        self._library = library
        self._make_live = live
        self._live: Live | None = None
        self._starting = asyncio.Lock()
        self._places = asyncio.Semaphore(endpoint.concurrency)
        self._requests: dict[int, tuple[Prompt, Request]] = {}
        self._under_way: dict[tuple[Path, str], asyncio.Future[Exchange]] = {}
        self._failures = 0
        self._answered = False
        self._hopeless: EndpointError | None = None

    def tape(self, clause: Clause, case: Case | None = None) -> Tape:
        name = case.tape if case is not None and case.tape else clause.id
        return self._library.tape(clause.folder, self.endpoint, clause.contract, name)

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
        parameters = {**endpoint.parameters, **prompt.parameters}
        own = {**endpoint.request, **prompt.request}
        whole = Prompt(
            messages=prompt.messages,
            system=prompt.system,
            tools=prompt.tools,
            parameters=parameters,
            request=own,
            stream=prompt.stream,
        )
        return self.provider.request(whole, endpoint.model)

    def recorded(self, tape: Tape, request: Request, sample: int, occurrence: int = 0) -> Exchange | None:
        """The recording, if the mode lets it be used; raises CassetteError for a damaged one."""
        key = exchange_key(request.digest, sample, occurrence)
        if self.mode == "all" and not tape.is_fresh(key):
            return None
        return tape.get(key, request)

    async def ask(self, tape: Tape, request: Request, sample: int, occurrence: int = 0) -> Exchange:
        """Asks live; the same question asked twice at once is sent once. Raises EndpointError."""
        key = (tape.path, exchange_key(request.digest, sample, occurrence))
        if key not in self._under_way:
            task = asyncio.ensure_future(self._ask(tape, request, sample, occurrence))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._under_way[key] = task
        return await asyncio.shield(self._under_way[key])

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
                self._live = await asyncio.to_thread(self._make_live)
        return self._live

    async def _ask(self, tape: Tape, request: Request, sample: int, occurrence: int) -> Exchange:
        async with self._places:
            if self._hopeless is not None:
                raise self._hopeless
            try:
                live = await self._started()
                exchange = await live.ask(request, tape, sample=sample, occurrence=occurrence)
            except CassetteError as error:
                self._hopeless = EndpointError("not recorded", str(error), final=True)
                raise self._hopeless from None
            except EndpointError as error:
                self._failures += 1
                if error.final or (not self._answered and self._failures >= _HOPELESS_AFTER):
                    self._hopeless = error
                raise
            self._answered = True
            return exchange


def _file_name(name: str) -> str:
    """A name as a file may have it on any system; long ones end in a piece of their hash."""
    safe = quote(name, safe=" ()+,=@[]^_{}~")
    if not safe.strip("."):
        # `..` would be the folder above.
        safe = safe.replace(".", "%2E")
    return safe if len(safe) <= 120 else f"{safe[:100]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def reply_of(provider: Provider, exchange: Exchange) -> Reply:
    """What behaviors look at; raises EndpointError for a recording that cannot be read as an answer."""
    try:
        return provider.reply(exchange)
    except Exception as error:  # noqa: BLE001 - recordings come from servers and strangers; none may end in a traceback
        raise EndpointError("unusable recording", f"{type(error).__name__}: {error}") from None


def replay_clause(clause: Clause, asker: Asker, listener: Listener, tally: Tally) -> None:
    """Walks a clause over its recordings alone.

    Raises MissingRecording where they end before the listener has enough.
    """
    steps = walk(clause, listener)
    answers: list[Samples] | None = None
    ends: dict[str, MissingRecording] = {}
    holes: dict[str, MissingRecording] = {}
    while True:
        try:
            batch = steps.send(answers) if answers is not None else next(steps)
        except StopIteration:
            break
        answers = []
        for unit in batch:
            samples: Samples = None
            if unit.part not in ends:
                try:
                    samples = _replayed(unit, clause, asker, tally)
                except MissingRecording as error:
                    if _recorded_later(unit, clause, asker, listener):
                        # When it was recorded this one was never answered; it counts as it did then.
                        samples = tuple(Sample(case=case.id, k=unit.k, error="not on record") for case in unit.cases)
                        holes[unit.part] = holes.get(unit.part, error)
                    else:
                        ends[unit.part] = holes.get(unit.part, error)
            answers.append(samples)
    for part, end in ends.items():
        if listener.further(part):
            raise end


async def sample_clause(clause: Clause, asker: Asker, listener: Listener, tally: Tally) -> None:
    """Walks a clause, asking live for what is not recorded. Raises EndpointError where asking is pointless."""
    steps = walk(clause, listener)
    answers: list[Samples] | None = None
    while True:
        try:
            batch = steps.send(answers) if answers is not None else next(steps)
        except StopIteration:
            return
        answers = list(await asyncio.gather(*(_sampled(unit, clause, asker, tally) for unit in batch)))


def inexpressible(error: NotExpressible) -> Reply:
    """A reply that stands for a request which the surface cannot even spell."""
    return Reply(rejection=Rejection(status=0, message=str(error), parameter=error.what))


def _replayed(unit: Unit, clause: Clause, asker: Asker, tally: Tally) -> tuple[Sample, ...]:
    samples = []
    for case in unit.cases:
        try:
            request = asker.request(case.prompt)
        except NotExpressible as error:
            samples.append(Sample(case=case.id, k=unit.k, reply=inexpressible(error)))
            continue
        tape = asker.tape(clause, case)
        number = case.sample(unit.k)
        exchange = asker.recorded(tape, request, number)
        if exchange is None:
            raise missing(tape, request, number, asker.endpoint.name)
        tally.replayed += 1
        samples.append(Sample(case=case.id, k=unit.k, reply=reply_of(asker.provider, exchange)))
    return tuple(samples)


def _recorded_later(unit: Unit, clause: Clause, asker: Asker, listener: Listener) -> bool:
    """Whether a later unit is on record, so that this one is a hole and not the end."""
    schedule = Schedule(clause, unit.part)
    later = (schedule.unit(position) for position in range(unit.position + 1, listener.planned(unit.part)))
    return any(
        exchange_key(asker.request(case.prompt).digest, case.sample(one.k)) in asker.tape(clause, case)
        for one in later
        for case in one.cases
    )


async def _sampled(unit: Unit, clause: Clause, asker: Asker, tally: Tally) -> tuple[Sample, ...]:
    return tuple(await asyncio.gather(*(_sample(case, unit.k, clause, asker, tally) for case in unit.cases)))


async def _sample(case: Case, k: int, clause: Clause, asker: Asker, tally: Tally) -> Sample:
    try:
        request = asker.request(case.prompt)
    except NotExpressible as error:
        return Sample(case=case.id, k=k, reply=inexpressible(error))
    tape = asker.tape(clause, case)
    try:
        number = case.sample(k)
        exchange = asker.recorded(tape, request, number)
        replayed = exchange is not None
        if exchange is None:
            exchange = await asker.ask(tape, request, number)
        reply = reply_of(asker.provider, exchange)
    except EndpointError as error:
        if error.final:
            raise
        return Sample(case=case.id, k=k, error=error.cause, detail=error.detail, replayed=False)
    tally.replayed += replayed
    tally.live += not replayed
    return Sample(case=case.id, k=k, reply=reply, replayed=replayed)


def missing(tape: Tape, request: Request, sample: int, endpoint: str) -> MissingRecording:
    """The error for a request without a recording: which file, how it differs from the nearest, how to record it."""
    if not len(tape):
        what = f"{tape.shown} does not exist" if not tape.path.exists() else f"{tape.shown} holds no recording"
    else:
        what = f"{tape.shown} has no sample {sample} of this request; {_nearest(tape, request)}"
    return MissingRecording(
        "missing recording",
        f"{what}. Record it: pytest --contract --contract-endpoint {endpoint} --contract-record=missing",
    )


def _nearest(tape: Tape, request: Request) -> str:
    best: list[str] | None = None
    seen: set[str] = set()
    for key in tape.all_keys():
        digest = key.partition(":")[0]
        if digest in seen:
            continue
        seen.add(digest)
        exchange = tape.get(key)
        if exchange is None:
            continue
        if digest == request.digest:
            return "other samples of it are there, too few to decide"
        differences = differing(exchange.request, request, "recorded")
        if best is None or len(differences) < len(best):
            best = differences
    shown = "; ".join((best or [])[:3])
    return f"the nearest recorded request differs in {shown}"


def differing(one: Request, asked: Request, word: str) -> list[str]:
    """Where a request differs from the one that is asked, as `temperature: WORD 0.7, asked 0.2`."""
    first, second = dict(_leaves(one.body)), dict(_leaves(asked.body))
    differences = [
        f"{name}: {word} {_short(first.get(name))}, asked {_short(second.get(name))}"
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    ]
    if one.surface != asked.surface:
        differences.insert(0, f"surface: {word} {one.surface}, asked {asked.surface}")
    return differences


def _leaves(document: Any, path: str = "") -> Sequence[tuple[str, Any]]:
    if isinstance(document, Mapping):
        return [leaf for key, value in document.items() for leaf in _leaves(value, f"{path}.{key}".lstrip("."))]
    if isinstance(document, list | tuple):
        return [leaf for index, value in enumerate(document) for leaf in _leaves(value, f"{path}[{index}]")]
    return [(path, document)]


def _short(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 70 else f"{text[:67]}…"
