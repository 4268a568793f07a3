"""Requests to exchanges at one endpoint: from its cassettes where they are, live where that is allowed."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.conversation import NothingToSendBack, second_request
from pytest_behavior_contract.ask.sampling import Listener, Unit, Walk
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.errors import EndpointError, MissingRecording, NotExpressible
from pytest_behavior_contract.exchange import Exchange, Rejection, Reply, Request, Sample, exchange_key
from pytest_behavior_contract.interfaces import Provider


def reply_of(provider: Provider, exchange: Exchange) -> Reply:
    """What behaviors look at; raises EndpointError for a recording that is no answer, which nobody would have made."""
    try:
        reply = provider.reply(exchange)
        # What says something is an answer; only what says nothing is worth a second look.
        says = reply.text or reply.tool_calls or reply.refusal or reply.rejection
        fault = "" if says and exchange.response.status < 500 else provider.fault(exchange)
    except Exception as error:  # noqa: BLE001 - recordings come from servers and strangers; none may end in a traceback
        raise EndpointError("unusable recording", f"{type(error).__name__}: {error}", final=True) from None
    if fault:
        raise EndpointError("unusable recording", fault, final=True)
    return reply


def replay_clause(clause: Clause, asker: Asker, listener: Listener, tally: Tally) -> None:
    """Walks a clause over its recordings alone.

    Raises MissingRecording where they end before the listener has enough.
    """
    walk = Walk(clause, listener)
    ends: dict[str, Unit] = {}
    while batch := walk.batch():
        for unit in batch:
            if unit.part in ends:
                continue
            samples = recorded_samples(unit, clause, asker)
            if samples is None:
                ends[unit.part] = unit
                walk.end(unit.part)
            else:
                tally.replayed += sum(_exchanges(sample) for sample in samples)
                walk.take(unit, samples)
    for part, unit in ends.items():
        if listener.further(part):
            raise _missing_of(unit, clause, asker)


async def sample_clause(clause: Clause, asker: Asker, listener: Listener, tally: Tally) -> None:
    """Walks a clause, asking live for what is not recorded; what turns out not to be needed is not sent any more.

    Raises EndpointError where asking is pointless.
    """
    walk = Walk(clause, listener)
    try:
        while batch := walk.batch():
            await _ask_together(batch, walk, clause, asker, tally)
    finally:
        await asker.settled(clause.name)


async def _ask_together(batch: list[Unit], walk: Walk, clause: Clause, asker: Asker, tally: Tally) -> None:
    """Asks a batch of units at once and hands their samples on in order, up to the one that settles the matter."""
    asker.purse.expect(len(batch))
    taken = 0
    tasks = [asyncio.ensure_future(_sampled(unit, clause, asker, tally)) for unit in batch]
    try:
        for unit, task in zip(batch, tasks, strict=True):
            samples = await task
            taken += 1
            asker.purse.sampled()
            if not walk.take(unit, samples):
                break
    finally:
        asker.purse.expect(taken - len(batch))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def inexpressible(error: NotExpressible) -> Reply:
    """A reply that stands for a request which the surface cannot even spell."""
    return Reply(rejection=Rejection(status=0, message=str(error), parameter=error.what))


def recorded_samples(unit: Unit, clause: Clause, asker: Asker) -> tuple[Sample, ...] | None:
    """The samples of a unit as they are on record; None where one of them is not. Raises CassetteError."""
    samples = []
    for case in unit.cases:
        try:
            # What is asked once need not be kept; of 20,000 requests that is felt.
            request = asker.spelled(case.prompt) if clause.deterministic else asker.request(case.prompt)
        except NotExpressible as error:
            samples.append(Sample(case=case.id, k=unit.k, reply=inexpressible(error)))
            continue
        sample = _recorded_sample(case, unit.k, request, asker, asker.tape(clause, case))
        if sample is None:
            return None
        samples.append(sample)
    return tuple(samples)


def _recorded_sample(case: Case, k: int, request: Request, asker: Asker, tape: Tape) -> Sample | None:
    """A sample as it is on record, with its second request if it has one; None where something is missing."""
    number, occurrence, first = case.sample(k), 0, None
    while True:
        exchange = asker.recorded(tape, request, number, occurrence)
        if exchange is None:
            reason = tape.unanswered(exchange_key(request.digest, number, occurrence))
            # When it was recorded this one was asked and never answered; it counts as it did then.
            return Sample(case=case.id, k=k, error=reason) if reason else None
        reply = reply_of(asker.provider, exchange)
        if first is not None or case.follow is None or reply.rejection is not None:
            return Sample(case=case.id, k=k, reply=_second(reply, first))
        first = reply
        try:
            request, occurrence = second_request(asker.provider, case.follow, request, reply)
        except NothingToSendBack as error:
            return Sample(case=case.id, k=k, error=error.cause, detail=error.detail)


def _second(reply: Reply, first: Reply | None) -> Reply:
    return reply if first is None else dataclasses.replace(reply, first=first)


def _exchanges(sample: Sample) -> int:
    """How many recordings a sample was read from."""
    replies = [sample.reply, sample.reply.first] if sample.reply else []
    return sum(one is not None and one.exchange is not None for one in replies)


def _missing_of(unit: Unit, clause: Clause, asker: Asker) -> MissingRecording:
    """The error for a unit that is not on record."""
    for case in unit.cases:
        request, number, occurrence = asker.request(case.prompt), case.sample(unit.k), 0
        tape = asker.tape(clause, case)
        first = asker.recorded(tape, request, number)
        if first is not None and case.follow is not None:
            reply = reply_of(asker.provider, first)
            with contextlib.suppress(NothingToSendBack):
                request, occurrence = second_request(asker.provider, case.follow, request, reply)
        if exchange_key(request.digest, number, occurrence) not in tape:
            return missing(tape, request, number, asker.endpoint.name)
    raise AssertionError("all of it is on record")


async def _sampled(unit: Unit, clause: Clause, asker: Asker, tally: Tally) -> tuple[Sample, ...]:
    return tuple(await asyncio.gather(*(_sample(case, unit.k, clause, asker, tally) for case in unit.cases)))


async def _sample(case: Case, k: int, clause: Clause, asker: Asker, tally: Tally) -> Sample:
    try:
        request = asker.request(case.prompt)
    except NotExpressible as error:
        return Sample(case=case.id, k=k, reply=inexpressible(error))
    tape = asker.tape(clause, case)
    number, replayed = case.sample(k), True

    async def answer(request: Request, occurrence: int) -> Reply:
        nonlocal replayed
        exchange = asker.recorded(tape, request, number, occurrence)
        tally.replayed += exchange is not None
        if exchange is None:
            replayed = False
            exchange = await asker.ask(tape, request, number, occurrence, whose=clause.name)
            tally.live += 1
        return reply_of(asker.provider, exchange)

    try:
        reply = await answer(request, 0)
        if case.follow is not None and reply.rejection is None:
            second, occurrence = second_request(asker.provider, case.follow, request, reply)
            reply = _second(await answer(second, occurrence), reply)
    except EndpointError as error:
        if error.final:
            raise
        return Sample(case=case.id, k=k, error=error.cause, detail=error.detail, replayed=False)
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
