"""Requests to exchanges at one endpoint: from its cassettes where they are, live where that is allowed."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Coroutine
from typing import Any

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.conversation import NothingToSendBack, second_request
from pytest_behavior_contract.ask.jury import Jury
from pytest_behavior_contract.ask.reading import missing, reply_of
from pytest_behavior_contract.ask.sampling import Listener, Unit, Walk
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.errors import EndpointError, MissingRecording, NotExpressible
from pytest_behavior_contract.exchange import Rejection, Reply, Request, Sample, exchange_key


def replay_clause(clause: Clause, asker: Asker, listener: Listener, tally: Tally, jury: Jury | None = None) -> None:
    """Walks a clause over its recordings alone.

    Raises MissingRecording where they end before the listener has enough.
    """
    walk = Walk(clause, listener)
    jury = jury or Jury(clause, asker)
    ends: dict[str, Unit] = {}
    while batch := walk.batch():
        for unit in batch:
            if unit.part in ends:
                continue
            samples = recorded_samples(unit, clause, asker, jury, tally)
            if samples is None:
                ends[unit.part] = unit
                walk.end(unit.part)
            else:
                tally.replayed += sum(_exchanges(sample) for sample in samples)
                if not walk.take(unit, samples):
                    # A live run drops the rest of a batch here; what came all the same decides nothing later either.
                    break
    for part, unit in ends.items():
        if listener.further(part):
            raise _missing_of(unit, clause, asker, jury)


async def sample_clause(
    clause: Clause, asker: Asker, listener: Listener, tally: Tally, jury: Jury | None = None
) -> None:
    """Walks a clause, asking live for what is not recorded; what turns out not to be needed is not sent any more.

    Raises EndpointError where asking is pointless.
    """
    walk = Walk(clause, listener)
    jury = jury or Jury(clause, asker)

    async def sampled(unit: Unit) -> tuple[Sample, ...]:
        samples = await _sampled(unit, clause, asker, tally)
        return await jury.asked(samples, unit.cases, tally) if jury.names else samples

    expected = 0
    try:
        while True:
            # Before the batch is taken from the walk, it is part of what is likely to come.
            likely = walk.likely()
            asker.purse.expect(likely - expected)
            batch = walk.batch()
            if not batch:
                break
            expected = likely - await _ask_together(batch, walk, asker, sampled)
    finally:
        await asker.settled(clause.name)
        await jury.settled()


async def _ask_together(
    batch: list[Unit], walk: Walk, asker: Asker, sampled: Callable[[Unit], Coroutine[Any, Any, tuple[Sample, ...]]]
) -> int:
    """Asks a batch of units at once and hands their samples on in order, up to the one that settles the matter.

    Returns how many were taken.
    """
    taken = 0
    tasks = [asyncio.ensure_future(sampled(unit)) for unit in batch]
    try:
        for unit, task in zip(batch, tasks, strict=True):
            samples = await task
            taken += 1
            asker.purse.sampled()
            if not walk.take(unit, samples):
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return taken


def inexpressible(error: NotExpressible) -> Reply:
    """A reply that stands for a request which the surface cannot even spell."""
    return Reply(rejection=Rejection(status=0, message=str(error), parameter=error.what))


def recorded_samples(unit: Unit, clause: Clause, asker: Asker, jury: Jury, tally: Tally) -> tuple[Sample, ...] | None:
    """The samples of a unit as they are on record, with what judges say of them; None where one of these is not.

    Raises CassetteError.
    """
    samples = recorded_replies(unit, clause, asker)
    if samples is None or not jury.names:
        return samples
    found, wanted = jury.on_record(samples, unit.cases, tally)
    return None if wanted else found


def recorded_replies(unit: Unit, clause: Clause, asker: Asker) -> tuple[Sample, ...] | None:
    """The same without what judges say."""
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
    reply = sample.reply
    if reply is None or reply.exchange is None:
        return 0
    return 1 if reply.first is None else 2


def _missing_of(unit: Unit, clause: Clause, asker: Asker, jury: Jury) -> MissingRecording:
    """The error for a unit that is not on record."""
    for case in unit.cases:
        request, number, occurrence = asker.request(case.prompt), case.sample(unit.k), 0
        tape = asker.tape(clause, case)
        first = asker.recorded(tape, request, number)
        if first is not None and case.follow is not None:
            reply = reply_of(asker.provider, first)
            with contextlib.suppress(NothingToSendBack):
                request, occurrence = second_request(asker.provider, case.follow, request, reply)
        key = exchange_key(request.digest, number, occurrence)
        if key not in tape and not tape.unanswered(key):
            return missing(tape, request, number, asker.endpoint.name)
    samples = recorded_replies(unit, clause, asker)
    assert samples is not None
    _, wanted = jury.on_record(samples, unit.cases, Tally())
    assert wanted, "all of it is on record"
    return jury.missing(wanted[0])


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
