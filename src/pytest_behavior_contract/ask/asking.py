"""Requests to exchanges at one endpoint: from its cassettes where they are, live where that is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.jury import Jury
from pytest_behavior_contract.ask.reading import missing, reply_of
from pytest_behavior_contract.ask.sampling import Listener, Unit, Walk
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.errors import EndpointError, MissingRecording, NotExpressible
from pytest_behavior_contract.exchange import Rejection, Reply, Sample, exchange_key


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
                for sample in samples:
                    tally.replayed += sample.reply is not None and sample.reply.exchange is not None
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
        tape, number = asker.tape(clause, case), case.sample(unit.k)
        exchange = asker.recorded(tape, request, number)
        if exchange is not None:
            samples.append(Sample(case=case.id, k=unit.k, reply=reply_of(asker.provider, exchange)))
        elif reason := tape.unanswered(exchange_key(request.digest, number)):
            # When it was recorded this one was asked and never answered; it counts as it did then.
            samples.append(Sample(case=case.id, k=unit.k, error=reason))
        else:
            return None
    return tuple(samples)


def _missing_of(unit: Unit, clause: Clause, asker: Asker, jury: Jury) -> MissingRecording:
    """The error for a unit that is not on record."""
    for case in unit.cases:
        request, number = asker.request(case.prompt), case.sample(unit.k)
        tape = asker.tape(clause, case)
        key = exchange_key(request.digest, number)
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
    try:
        number = case.sample(k)
        exchange = asker.recorded(tape, request, number)
        replayed = exchange is not None
        if exchange is None:
            exchange = await asker.ask(tape, request, number, whose=clause.name)
        reply = reply_of(asker.provider, exchange)
    except EndpointError as error:
        if error.final:
            raise
        return Sample(case=case.id, k=k, error=error.cause, detail=error.detail, replayed=False)
    tally.replayed += replayed
    tally.live += not replayed
    return Sample(case=case.id, k=k, reply=reply, replayed=replayed)
