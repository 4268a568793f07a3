"""The `endpoint` of a Python test: asks, and lets the application's own client ask."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.budget import added
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.client_blocks import ClientBlock, Vendor
from pytest_behavior_contract.ask.engine import Engine
from pytest_behavior_contract.ask.jury import Jury
from pytest_behavior_contract.ask.reading import missing, reply_of
from pytest_behavior_contract.declare.building import built_behavior
from pytest_behavior_contract.declare.contract import Case, Clause, read_tool
from pytest_behavior_contract.declare.schema import PARAMETERS
from pytest_behavior_contract.errors import EndpointError, Stopped
from pytest_behavior_contract.exchange import Exchange, Prompt, Rejection, Reply, Request, Sample, Tool
from pytest_behavior_contract.registry import did_you_mean
from pytest_behavior_contract.results import Spending, Verdict

if TYPE_CHECKING:
    from pytest_behavior_contract.ask.transports import Call


class BoundEndpoint:
    """An endpoint bound to one clause; what it is asked belongs to the sample that is being taken."""

    def __init__(
        self, asker: Asker, clause: Clause, engine: Engine, *, address: Callable[[], str], secrets: tuple[str, ...]
    ) -> None:
        self._asker = asker
        self._clause = clause
        self._engine = engine
        self._address = address
        self._secrets = secrets
        self._seen: Counter[str] = Counter()
        self._calls: list[Call] = []
        self._blocks: list[ClientBlock] = []
        self._error: EndpointError | None = None
        self._juries: dict[tuple[str, ...], Jury] = {}
        self._asked_in: dict[tuple[str, int], int] = {}
        self._ahead: dict[tuple[str, int], dict[int, Future[Exchange]]] = {}
        self.further: Callable[[], int] = lambda: 0
        """How many more samples are wanted, the one that is being taken included."""
        self.purse = asker.purse
        self.sample = 0
        """Number of the sample that is being taken, from 0."""
        self.tally = Tally()
        self.prompt = ""
        self.replies: list[Reply] = []

    @property
    def name(self) -> str:
        return self._asker.endpoint.name

    @property
    def model(self) -> str:
        return self._asker.endpoint.model

    def ask(
        self,
        prompt: str = "",
        *,
        messages: Sequence[Mapping[str, Any]] = (),
        system: str = "",
        tools: Sequence[Tool | Mapping[str, Any]] = (),
        request: Mapping[str, Any] | None = None,
        stream: bool = False,
        **parameters: Any,
    ) -> Reply:
        """Asks one question and returns the reply, recorded or replayed.

        Args:
            prompt: what the user says; or give whole `messages`.
            messages: a conversation in the shape of OpenAI's Chat API.
            system: the system prompt.
            tools: what the model may call: in OpenAI's, Anthropic's or the plain form, or as Tool.
            request: parameters under the surface's own names, sent as they are.
            stream: ask for a stream; the reply is the same either way.
            **parameters: parameters under neutral names, such as temperature and max_output_tokens.

        Raises:
            MissingRecording: there is no recording, and recording was not asked for.
            EndpointError: the endpoint could not be asked.
            NotExpressible: its API has no word for something in the question.
        """
        made = self._request(prompt, messages, system, tools, request, stream=stream, parameters=parameters)
        tape = self._asker.tape(self._clause)
        occurrence = self._occurrence(made.digest)
        try:
            exchange = self._asker.recorded(tape, made, self.sample, occurrence)
            if exchange is None:
                if self._asker.mode == "none":
                    raise missing(tape, made, self.sample, self.name)
                exchange = self._asked(tape, made, occurrence)
                self.tally.live += 1
            else:
                self.tally.replayed += 1
            return self._read(exchange)
        except EndpointError as error:
            self._error = error
            raise

    def check(self, reply: Reply, **expected: Any) -> Verdict:
        """What behaviors say of a reply, written as in contract files: `endpoint.check(reply, judged={"rubric": …})`.

        Args:
            reply: what was answered.
            **expected: a behavior and what stands behind its name; all of them must hold.

        Raises:
            EndpointError: a judge could not be asked, or gave no verdict.
            ValueError: there is no such behavior, or it takes something else.
        """
        checks = tuple(built_behavior(name, arguments, self._clause.folder) for name, arguments in expected.items())
        question = reply.exchange.request.question if reply.exchange is not None else self.prompt
        prompt = Prompt(messages=({"role": "user", "content": question},))
        case = Case(id="test", prompt=prompt, expect=checks)
        jury = Jury(dataclasses.replace(self._clause, cases=(case,)), self._asker)
        self._juries[jury.names] = jury
        try:
            (judged,) = self._heard(jury, case, Sample(case=case.id, k=self.sample, reply=reply))
        except EndpointError as error:
            self._error = error
            raise
        assert judged.reply is not None
        verdict = next((found for one in checks if not (found := one.check(judged.reply)).passed), None)
        if verdict is not None and verdict.outcome == "error":
            self._error = EndpointError(verdict.cause, verdict.evidence)
            raise self._error
        return verdict or Verdict(outcome="pass")

    def _heard(self, jury: Jury, case: Case, sample: Sample) -> tuple[Sample, ...]:
        """A sample with what judges say of it."""
        samples, wanted = jury.on_record((sample,), (case,), self.tally)
        if not wanted:
            return samples
        if self._asker.mode == "none":
            raise jury.missing(wanted[0])
        return self._engine.run(jury.asked((sample,), (case,), self.tally))

    async def ask_async(self, prompt: str = "", **kwargs: Any) -> Reply:
        """The same as `ask`, for tests that run several at once."""
        import asyncio

        return await asyncio.to_thread(self.ask, prompt, **kwargs)

    def as_openai(self) -> ClientBlock:
        """A block within which every openai client is recorded, replayed and re-pointed to this endpoint."""
        return self._block("openai")

    def as_anthropic(self) -> ClientBlock:
        """A block within which every anthropic client is recorded, replayed and re-pointed to this endpoint."""
        return self._block("anthropic")

    def leave(self) -> None:
        """Ends the clause: what was asked ahead is not sent any more, or recorded if it is sent already."""
        for futures in self._ahead.values():
            for future in futures.values():
                future.cancel()
        if self._asker.is_live:
            self._engine.run(self._asker.settled(self._clause.name))
        for jury in self._juries.values():
            if self._asker.mode != "none":
                self._engine.run(jury.settled())

    def spent(self) -> Spending:
        """What this clause has cost so far."""
        own = self._asker.purse.spent((self._clause.name, self.name))
        return added([own, *(self._asker.purse.spent(account) for account in self._judges())])

    def notes(self) -> list[str]:
        """What one should know of its recordings, and of who judged."""
        return [
            *self._asker.tape(self._clause).warnings,
            *(f"as judged by {name}, whose errors are not known without examples" for _, name in self._judges()),
        ]

    def _judges(self) -> list[tuple[str, str]]:
        """The accounts of the judges that were asked."""
        found = ((jury.whose, jury.judge(name).endpoint.name) for jury in self._juries.values() for name in jury.names)
        return list(dict.fromkeys(found))

    def begin(self, sample: int) -> None:
        """Starts a sample: what is asked from now on belongs to it."""
        self.sample = sample
        self._seen.clear()
        self._calls.clear()
        self._error = None
        self.prompt = ""
        self.replies = []

    def refuse(self, error: EndpointError) -> None:
        """Notes why the sample cannot count, in case the application swallows the error."""
        self._error = self._error or error

    def finish(self) -> EndpointError | None:
        """Ends a sample; returns why it cannot count, even where the application swallowed the error."""
        for call in self._calls:
            call.end()
            # Where a limit was met, calls beside it may have been cancelled: the limit is the reason.
            if call.error is not None and (self._error is None or isinstance(call.error, Stopped)):
                self._error = call.error
            if call.exchange is not None:
                self.tally.live += call.attempts > 0
                self.tally.replayed += call.attempts == 0
                self.replies.append(reply_of(call.provider, call.exchange))
                self.prompt = call.request.question or self.prompt
        self._calls.clear()
        for block in self._blocks:
            block.close()
        self._blocks.clear()
        return self._error

    @property
    def rejection(self) -> Rejection | None:
        """The rejection of a request within this sample, if there was one."""
        return next((reply.rejection for reply in self.replies if reply.rejection), None)

    def _asked(self, tape: Tape, request: Request, occurrence: int) -> Exchange:
        """Asks live; and what comes again in the next sample will come in all, so those are asked at once."""
        question = (request.digest, occurrence)
        if self._asked_in.get(question) == self.sample - 1:
            for sample in range(self.sample + 1, self.sample + self.further()):
                if sample not in self._ahead.setdefault(question, {}):
                    work = self._asker.ask(tape, request, sample, occurrence, whose=self._clause.name)
                    self._ahead[question][sample] = self._engine.submit(work)
        self._asked_in[question] = self.sample
        return self._engine.run(self._asker.ask(tape, request, self.sample, occurrence, whose=self._clause.name))

    def _block(self, vendor: Vendor) -> ClientBlock:
        block = ClientBlock(
            vendor=vendor,
            asker=self._asker,
            tape=self._asker.tape(self._clause),
            whose=(self._clause.name, self.name),
            sample=self.sample,
            base_url=self._address,
            secrets=self._secrets,
            on_call=self._calls.append,
            occurrence=self._occurrence,
        )
        self._blocks.append(block)
        return block

    def _occurrence(self, digest: str) -> int:
        self._seen[digest] += 1
        return self._seen[digest] - 1

    def _request(
        self,
        prompt: str,
        messages: Sequence[Mapping[str, Any]],
        system: str,
        tools: Sequence[Tool | Mapping[str, Any]],
        request: Mapping[str, Any] | None,
        *,
        stream: bool,
        parameters: Mapping[str, Any],
    ) -> Request:
        for name in parameters:
            if name not in PARAMETERS:
                hint = did_you_mean(name, PARAMETERS)
                raise TypeError(f"ask() has no parameter {name!r}{hint} (`request` takes the API's own names)")
        if bool(prompt) == bool(messages):
            raise TypeError("ask() takes either a prompt or messages")
        whole = Prompt(
            messages=tuple(messages) or ({"role": "user", "content": prompt},),
            system=system,
            tools=tuple(tool if isinstance(tool, Tool) else read_tool(tool) for tool in tools),
            parameters=parameters,
            request=request or {},
            stream=stream,
        )
        self.prompt = whole.text
        return self._asker.spelled(whole)

    def _read(self, exchange: Exchange) -> Reply:
        reply = reply_of(self._asker.provider, exchange)
        self.replies.append(reply)
        return reply
