"""What checks want to know of replies to answers of the endpoints that judge them: on record, or asked live."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.reading import missing, reply_of
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.errors import EndpointError, MissingRecording, NotExpressible
from pytest_behavior_contract.exchange import Answer, Prompt, Question, Reply, Request, Sample, exchange_key
from pytest_behavior_contract.interfaces import AskingPairBehavior, Behavior
from pytest_behavior_contract.results import Spending

ABOUT_EXAMPLES = "+examples"
"""Ends the name of the cassette on which a judge's answers about labelled examples are."""
_MOST_ROUNDS = 200
"""So often one reply may lead to further questions; only a check that never has enough comes to it."""

EXAMPLES = "examples"
"""The part of cases that are labelled examples."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the case that it is about, and the number under which its answer is recorded."""

    case: Case
    number: int
    question: Question


Hearing = Generator[list[Asked], Sequence[Answer], tuple[Sample, ...]]


def about_replies_of(endpoint: str) -> str:
    """Ends the name of the cassette on which a judge's answers about an endpoint's replies are."""
    return f"@{endpoint}"


def judges_of(behaviors: Iterable[object]) -> tuple[str, ...]:
    """The endpoints that some checks may ask; the judge of the configuration is an empty name."""
    return tuple(dict.fromkeys(name for one in behaviors for name in getattr(one, "judges", ())))


def judges_of_clause(clause: Clause) -> tuple[str, ...]:
    """Whom the checks of a clause may ask."""
    # Cases share the checks that have none of their values, so each is looked at once.
    checks = {id(check): check for case in clause.cases for check in case.expect}
    return judges_of([*checks.values(), *clause.pairs])


def open_questions(expect: Iterable[Behavior], prompt: Prompt, reply: Reply) -> tuple[Question, ...]:
    """What is wanted next to judge a reply by all of some checks; nothing once one of them fails without it."""
    for check in expect:
        if reply.rejection is not None and not getattr(check, "judges_rejection", False):
            return ()
        if found := questions_of(check, prompt, reply):
            return found
        if not check.check(reply).passed:
            return ()
    return ()


def questions_of(check: object, prompt: Prompt, reply: Reply) -> tuple[Question, ...]:
    """What one check still wants to know; nothing where it is no check that asks."""
    if not getattr(check, "judges", ()):
        return ()
    found: tuple[Question, ...] = check.questions(prompt, reply)  # type: ignore[attr-defined]  # it has judges to ask
    return found


def hearing(samples: tuple[Sample, ...], cases: Sequence[Case], pairs: Iterable[object] = ()) -> Hearing:
    """Yields the questions about some samples, takes the answers, and returns the samples with these at hand."""
    asking = [one for one in pairs if getattr(one, "judges", ())]
    replies = [sample.reply for sample in samples]
    for _ in range(_MOST_ROUNDS):
        wanted: list[tuple[tuple[int, ...], Question]] = [
            ((index,), question)
            for index, reply in enumerate(replies)
            if reply is not None
            for question in open_questions(cases[index].expect, cases[index].prompt, reply)
        ]
        wanted += _about_pairs(asking, replies, cases)
        if not wanted:
            break
        first = [whose[0] for whose, _ in wanted]
        numbers = [cases[index].sample(samples[index].k) for index in first]
        answers = yield [
            Asked(cases[index], number, question)
            for index, number, (_, question) in zip(first, numbers, wanted, strict=True)
        ]
        for (whose, question), answer in zip(wanted, answers, strict=True):
            for index in whose:
                replies[index] = _with_answer(replies[index], question, answer)
    return tuple(dataclasses.replace(sample, reply=reply) for sample, reply in zip(samples, replies, strict=True))


class Jury:
    """The endpoints that judge the replies of one endpoint to one clause.

    Their answers lie on cassettes of their own, below the judge's folder: what one of them was asked is found by its
    whole request and by the number of the sample that it is about.
    """

    def __init__(self, clause: Clause, asker: Asker) -> None:
        self._clause = clause
        self._asker = asker
        self.names = judges_of_clause(clause)
        self._about = about_replies_of(asker.endpoint.name)

    def judge(self, name: str) -> Asker:
        """The asker of a judge; raises SettingsError where the name is none, or nobody is named."""
        return self._asker.judge(name)

    def tapes(self, *, of_twin: bool = True) -> list[Tape]:
        """Every cassette that the judges' answers to this clause may lie on; those of its twin belong to that too."""
        cases = {case.tape: case for case in self._clause.cases if of_twin or not case.tape}.values()
        return [
            self.judge(name).tape(self._clause, case, about=about)
            for name in self.names
            for case in cases or (None,)
            for about in (self._about, ABOUT_EXAMPLES)
        ]

    def on_record(
        self, samples: tuple[Sample, ...], cases: Sequence[Case], tally: Tally
    ) -> tuple[tuple[Sample, ...], list[Asked]]:
        """The samples with the recorded answers about them; or the questions next asked that have none."""
        talk = hearing(samples, cases, self._pairs(cases))
        replayed = 0
        try:
            asked = next(talk)
            while True:
                answers = [self._recorded(one) for one in asked]
                known = [answer for answer in answers if answer is not None]
                if len(known) < len(answers):
                    return samples, [one for one, answer in zip(asked, answers, strict=True) if answer is None]
                replayed += sum(answer.reply is not None for answer in known)
                asked = talk.send(known)
        except StopIteration as end:
            tally.replayed += replayed
            return _samples(end), []

    def place(self, asked: Asked) -> tuple[Path, str]:
        """Where the answer to a question is recorded: the cassette and the key."""
        _, tape, request = self._place(asked)
        return tape.path, exchange_key(request.digest, asked.number, asked.question.attempt)

    def missing(self, asked: Asked) -> MissingRecording:
        """The error for a question whose answer is not on record."""
        _, tape, request = self._place(asked)
        return missing(tape, request, asked.number, self._asker.endpoint.name)

    async def asked(self, samples: tuple[Sample, ...], cases: Sequence[Case], tally: Tally) -> tuple[Sample, ...]:
        """The samples with answers about them, asked for live where they are not on record.

        Raises EndpointError where asking a judge is pointless.
        """
        talk = hearing(samples, cases, self._pairs(cases))
        try:
            asked = next(talk)
            while True:
                asked = talk.send(await asyncio.gather(*(self._answer(one, tally) for one in asked)))
        except StopIteration as end:
            return _samples(end)

    async def settled(self) -> None:
        """Waits for what was sent to the judges and nobody waits for any more."""
        for name in self.names:
            await self.judge(name).settled(self.whose)

    def spent(self) -> list[Spending]:
        """What each judge was paid for this clause at this endpoint."""
        names = dict.fromkeys(self.judge(name).endpoint.name for name in self.names)
        return [self._asker.purse.spent((self.whose, name)) for name in names]

    @property
    def whose(self) -> str:
        """On whose account the judges are asked."""
        return f"{self._clause.name}{self._about}"

    def _pairs(self, cases: Sequence[Case]) -> Sequence[object]:
        return self._clause.pairs if cases and cases[0].part == "replies" else ()

    def _place(self, asked: Asked) -> tuple[Asker, Tape, Request]:
        judge = self.judge(asked.question.judge)
        about = ABOUT_EXAMPLES if asked.case.part == EXAMPLES else self._about
        return judge, judge.tape(self._clause, asked.case, about=about), judge.spelled(asked.question.prompt)

    def _recorded(self, asked: Asked) -> Answer | None:
        try:
            judge, tape, request = self._place(asked)
        except NotExpressible as error:
            return Answer(error=str(error))
        exchange = judge.recorded(tape, request, asked.number, asked.question.attempt)
        if exchange is not None:
            return Answer(reply=reply_of(judge.provider, exchange))
        reason = tape.unanswered(exchange_key(request.digest, asked.number, asked.question.attempt))
        return Answer(error=reason) if reason else None

    async def _answer(self, asked: Asked, tally: Tally) -> Answer:
        try:
            judge, tape, request = self._place(asked)
        except NotExpressible as error:
            return Answer(error=str(error))
        attempt = asked.question.attempt
        try:
            exchange = judge.recorded(tape, request, asked.number, attempt)
            replayed = exchange is not None
            shared = not replayed and judge.is_under_way(tape, request, asked.number, attempt)
            if exchange is None:
                exchange = await judge.ask(tape, request, asked.number, attempt, whose=self.whose)
            reply = reply_of(judge.provider, exchange)
        except EndpointError as error:
            if error.final:
                raise
            return Answer(error=error.cause, detail=error.detail)
        tally.replayed += replayed
        tally.live += not replayed and not shared
        return Answer(reply=reply)


def _samples(end: StopIteration) -> tuple[Sample, ...]:
    found: tuple[Sample, ...] = end.value
    return found


def _about_pairs(
    asking: Sequence[Any], replies: Sequence[Reply | None], cases: Sequence[Case]
) -> list[tuple[tuple[int, ...], Question]]:
    if not asking:
        return []
    answered = [index for index, reply in enumerate(replies) if reply is not None and reply.rejection is None]
    wanted: list[tuple[tuple[int, ...], Question]] = []
    for check in asking:
        assert isinstance(check, AskingPairBehavior)
        for first, second in itertools.combinations(answered, 2):
            left, right = replies[first], replies[second]
            assert left is not None
            assert right is not None
            prompts = (cases[first].prompt, cases[second].prompt)
            wanted += [((first, second), question) for question in check.pair_questions(prompts, left, right)]
    return wanted


def _with_answer(reply: Reply | None, question: Question, answer: Answer) -> Reply | None:
    if reply is None:
        return None
    known = reply.answers.get(question.key, ())
    return dataclasses.replace(reply, answers={**reply.answers, question.key: (*known, answer)})
