"""The answers of an ended batch to recordings, and what is to be said about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_behavior_contract.ask.batch_answers import Answer, Answers
from pytest_behavior_contract.ask.batch_state import Batch, BatchStates, Item, Place, Timing
from pytest_behavior_contract.ask.batch_vendors import Progress
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.live import new_call
from pytest_behavior_contract.ask.recording import record
from pytest_behavior_contract.ask.redaction import REQUEST_HEADERS, kept_headers, masked_excerpt
from pytest_behavior_contract.errors import CassetteError, EndpointError
from pytest_behavior_contract.exchange import Exchange, Response

VIA = "batch"
_SHORT_OF_AN_ANSWER = frozenset({408, 409, 425, 429})


@dataclass(slots=True)
class Collected:
    """What came of a batch."""

    results: dict[Place, Exchange | EndpointError] = field(default_factory=dict)
    fresh: set[Place] = field(default_factory=set)
    """What this look has recorded."""
    answered: int = 0
    there: int = 0
    """How many an earlier run had recorded before it was ended."""
    failed: Counter[str] = field(default_factory=Counter)
    unsaved: int = 0
    """How many may have been answered and are on no tape; as long as there are any, the batch is kept."""


class BatchRecorder:
    """Writes answers to the tapes they belong to, as if they had been asked one by one."""

    def __init__(
        self,
        endpoint: Endpoint,
        states: BatchStates,
        timing: Timing,
        *,
        secrets: Sequence[str],
        address: str,
        headers: Mapping[str, str],
    ) -> None:
        self._endpoint = endpoint
        self._provider = endpoint.provider
        self._states = states
        self._timing = timing
        self._secrets = tuple(secrets)
        self._address = address
        self._headers = {name: values[0] for name, values in kept_headers(headers.items(), REQUEST_HEADERS).items()}

    def record(self, batch: Batch, progress: Progress, answers: Answers, tapes: Mapping[str, Tape]) -> Collected:
        """Records what is not on tape yet; `tapes` are those that are open already."""
        collected = Collected()
        opened = dict(tapes)
        for name in {item.tape for item in batch.items.values()}:
            if name not in opened:
                opened[name] = Tape(self._states.tape_path(name))
            opened[name].reread()
        for custom_id, item in batch.items.items():
            answer = answers.found.get(custom_id)
            collected.answered += bool(answer and answer.status)
            try:
                exchange = since(opened[item.tape], item, batch)
                collected.there += exchange is not None
                if exchange is None:
                    if answer is None:
                        raise self._missing(batch, progress, answers)
                    exchange = self._recorded(item, answer, opened[item.tape])
                    collected.fresh.add(item.place)
                collected.results[item.place] = exchange
            except EndpointError as error:
                collected.failed[error.cause] += 1
                # `record` is final where the tape could not be written.
                collected.unsaved += error.final if answer else _incomplete(progress, answers)
                collected.results[item.place] = error
        return collected

    def sentence(self, batch: Batch, answers: Answers, collected: Collected) -> str:
        causes = ", ".join(f"{cause}: {count}" for cause, count in collected.failed.most_common(3))
        strangers = len(answers.found.keys() - batch.items.keys())
        kept = f"kept in {self._states.path(batch.tag)}, to be collected again or deleted to ask anew"
        parts = [
            f"{collected.answered} of {len(batch.items)} answered, {len(collected.fresh)} recorded",
            f", {collected.there} recorded before" if collected.there else "",
            f", {collected.failed.total()} failed ({causes})" if collected.failed else "",
            f"; {answers.unreadable} unreadable results" if answers.unreadable else "",
            f"; {strangers} results of questions that were not asked" if strangers else "",
            f"; {answers.twice} results came twice, the first counts" if answers.twice else "",
            f"; {kept}" if collected.unsaved else "",
        ]
        return f"{batch.shown}: {''.join(parts)}"

    def _missing(self, batch: Batch, progress: Progress, answers: Answers) -> EndpointError:
        if _incomplete(progress, answers):
            detail = (
                f"{batch.shown} is collected again by the next run; delete {self._states.path(batch.tag)} to ask anew"
            )
            return EndpointError("unreadable result", detail)
        return EndpointError(progress.cause, progress.detail, final=progress.final)

    def _recorded(self, item: Item, answer: Answer, tape: Tape) -> Exchange:
        if answer.cause:
            raise EndpointError(answer.cause, masked_excerpt(answer.detail, self._secrets, 500))
        if answer.status >= 500 or answer.status in _SHORT_OF_AN_ANSWER:
            raise EndpointError(f"HTTP {answer.status}", masked_excerpt(answer.body, self._secrets))
        request = item.request(self._provider.surface)
        call = new_call(self._provider, request, tape, sample=item.sample, occurrence=item.occurrence)
        exchange = Exchange(
            request=request,
            response=Response(status=answer.status, headers={"content-type": ("application/json",)}, body=answer.body),
            sample=item.sample,
            occurrence=item.occurrence,
            recorded_at=self._timing.stamp(),
            uri=f"{self._address}{item.path}",
            request_headers=self._headers,
            versions=call.versions,
            via=VIA,
        )
        return record(exchange, call.cassette.append_exchange, self._provider, self._secrets)


def since(tape: Tape, item: Item, batch: Batch) -> Exchange | None:
    """The recording of a question, if it was made after its batch was sent."""
    try:
        exchange = tape.get(item.key, item.request(batch.surface))
    except CassetteError:
        return None
    return exchange if exchange and exchange.recorded_at >= batch.created_at else None


def _incomplete(progress: Progress, answers: Answers) -> bool:
    """Whether the vendor has more answers than could be read: they are paid for."""
    return answers.unreadable > 0 or answers.succeeded < progress.succeeded
