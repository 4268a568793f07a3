"""Logged exchanges to recordings: each is recorded for every clause that asks the very same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.metadata
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_behavior_contract.ask.cassettes.asked import Asked
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.logs.bodies import response_to
from pytest_behavior_contract.ask.logs.entries import Logged, Refused, Unusable
from pytest_behavior_contract.ask.logs.reading import conversation
from pytest_behavior_contract.ask.reading import differing
from pytest_behavior_contract.ask.recording import record
from pytest_behavior_contract.ask.redaction import masked_excerpt
from pytest_behavior_contract.ask.wire import payload, pick
from pytest_behavior_contract.errors import CassetteError, EndpointError, NotExpressible
from pytest_behavior_contract.exchange import Exchange, Prompt, Request, Response, canonical_json, exchange_key

if TYPE_CHECKING:
    from pytest_behavior_contract.interfaces import Provider

SHOWN = 3
"""Of so many logged requests that no clause asks, the nearest clause is told."""
_ADDRESSES = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
_EARLIEST = dt.datetime(2018, 1, 1, tzinfo=dt.UTC).timestamp()


@dataclass(slots=True)
class Imported:
    """What an import has done, or would do."""

    recorded: Counter[str] = field(default_factory=Counter)
    """By clause."""
    already: Counter[str] = field(default_factory=Counter)
    """What was there before, by clause."""
    refused: list[Refused] = field(default_factory=list)
    unmatched: list[Logged] = field(default_factory=list)
    """What no clause asks."""
    nearest: dict[str, str] = field(default_factory=dict)
    """For the first of them, how they differ from the nearest clause; by source."""
    without_parameters: int = 0
    """Recordings of logs that do not say with which parameters was asked."""
    text_only: int = 0
    """Recordings of logs that keep a reply's text alone."""


@dataclass(slots=True)
class _Place:
    """The recordings of one request on one tape."""

    unclaimed: Counter[tuple[int, str]]
    """Responses that were there before the import, and that none of its entries has been found to be yet."""
    taken: set[int]

    def next_sample(self) -> int:
        number = next(number for number in range(len(self.taken) + 1) if number not in self.taken)
        self.taken.add(number)
        return number


def _nowhere(exchange: Exchange) -> Exchange:
    """Takes an exchange and writes it nowhere, to find out whether it could be written."""
    return exchange


class Importer:
    """Records logged exchanges at one endpoint.

    Args:
        endpoint: where they count as having been asked.
        asked: what is asked there, and on which tape it is recorded.
        secrets: values that are never written.
        write: whether recordings are written; otherwise they are only counted.
        now: the moment that stands in recordings whose log does not say when.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        asked: Iterable[Asked],
        secrets: Sequence[str],
        *,
        write: bool = True,
        now: dt.datetime | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._provider: Provider = endpoint.provider
        self._secrets = secrets
        self._write = write
        self._now = now or dt.datetime.now(dt.UTC)
        self._version = importlib.metadata.version("pytest-behavior-contract")
        self._path = self._provider.request(Prompt(messages=({"role": "user", "content": ""},)), "m").path
        self._by_digest: dict[str, dict[Path, Asked]] = {}
        self._by_conversation: dict[str, list[Asked]] = {}
        self._places: dict[tuple[Path, str], _Place] = {}
        self._alike: Counter[str] = Counter()
        self.result = Imported()
        self.add(asked)

    def add(self, asked: Iterable[Asked]) -> None:
        """Further requests that are asked."""
        for one in asked:
            of_this = self._by_digest.setdefault(one.request.digest, {})
            if one.tape.path not in of_this:
                of_this[one.tape.path] = one
                self._by_conversation.setdefault(conversation(one.prompt), []).append(one)

    def take(self, entries: Iterable[Logged]) -> None:
        """Records what some clause asks; raises CassetteError where a tape cannot be read or written."""
        for logged in entries:
            try:
                self._take(logged)
            except Unusable as error:
                self.result.refused.append(Refused(source=logged.source, reason=str(error)))

    def take_unmatched(self) -> None:
        """Once more what no clause asked, after `add`."""
        again, self.result.unmatched = self.result.unmatched, []
        self._alike.clear()
        self.result.nearest.clear()
        self.take(again)

    def request_of(self, logged: Logged) -> Request:
        """A logged request as this endpoint is asked it; raises Unusable where it is another's."""
        endpoint = self._endpoint
        if not logged.model:
            raise Unusable(f"says no model; only what {endpoint.model} answered belongs to endpoint {endpoint.name}")
        if logged.model != endpoint.model:
            raise Unusable(f"asked of model {logged.model!r}; endpoint {endpoint.name} is {endpoint.model!r}")
        if logged.body is not None:
            if not self._path or (logged.path and not logged.path.endswith(self._path.removeprefix("/v1"))):
                raise Unusable(f"sent to {logged.path or 'a server'}; endpoint {endpoint.name} speaks {self._surface}")
            return Request(surface=self._surface, path=self._path, body=logged.body)
        assert logged.prompt is not None
        try:
            return self._provider.request(logged.prompt, endpoint.model)
        except NotExpressible as error:
            raise Unusable(str(error)) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unusable(f"cannot be asked at {endpoint.name}: {type(error).__name__}: {error}") from None

    @property
    def _surface(self) -> str:
        return self._provider.surface

    def _take(self, logged: Logged) -> None:
        request = self.request_of(logged)
        exchange = self._exchange(logged, request)
        self._record(exchange, _nowhere)
        targets = self._targets(logged, request)
        if not targets:
            self.result.unmatched.append(logged)
            if len(self.result.nearest) < SHOWN and logged.source not in self.result.nearest:
                self.result.nearest[logged.source] = self._nearest(logged, request)
            return
        for asked in targets:
            self._put(asked, dataclasses.replace(exchange, request=asked.request), logged)

    def _targets(self, logged: Logged, request: Request) -> list[Asked]:
        if logged.prompt is None or logged.parameters_known:
            return list(self._by_digest.get(request.digest, {}).values())
        found = self._by_conversation.get(conversation(logged.prompt), [])
        return [one for one in found if not one.prompt.tools and not one.request.streamed]

    def _put(self, asked: Asked, exchange: Exchange, logged: Logged) -> None:
        """Records an exchange under the next free number, unless it is there."""
        place = self._place(asked)
        seen = (exchange.response.status, exchange.response.body)
        if place.unclaimed[seen]:
            place.unclaimed[seen] -= 1
            self.result.already[asked.clause] += 1
            return
        exchange = dataclasses.replace(exchange, sample=place.next_sample())
        self._record(exchange, self._recorder(asked.tape) if self._write else _nowhere)
        self.result.recorded[asked.clause] += 1
        self.result.without_parameters += not logged.parameters_known
        self.result.text_only += logged.is_text

    def _recorder(self, tape: Tape) -> Callable[[Exchange], Exchange]:
        if not self._path:
            return tape.add
        from pytest_behavior_contract.ask.cassettes.tape_for_vcr import TapeCassette

        return TapeCassette(tape, mode="all", on_miss=KeyError).append_exchange

    def _record(self, exchange: Exchange, write: Callable[[Exchange], Exchange]) -> None:
        try:
            record(exchange, write, self._provider, self._secrets)
        except EndpointError as error:
            if error.final:
                # Not this entry is at fault but the file, and the next would meet the same.
                raise CassetteError(error.detail) from None
            detail = masked_excerpt(error.detail, self._secrets, 200)
            raise Unusable(f"{error.cause}: {detail}" if detail else error.cause) from None

    def _place(self, asked: Asked) -> _Place:
        digest = asked.request.digest
        known = self._places.get((asked.tape.path, digest))
        if known is None:
            numbers = {int(key.partition(":")[2]) for key in asked.tape.all_keys() if _is_of(key, digest)}
            there = (asked.tape.get(exchange_key(digest, number)) for number in numbers)
            unclaimed = Counter((one.response.status, one.response.body) for one in there if one)
            known = self._places[asked.tape.path, digest] = _Place(unclaimed, numbers)
        return known

    def _exchange(self, logged: Logged, request: Request) -> Exchange:
        body, marks = logged.response, {"imported-from": logged.kind}
        if not logged.parameters_known:
            marks["imported-parameters"] = "not logged"
        if logged.is_text:
            marks["imported-response"] = "text"
            body = self._body(logged)
        response = Response(status=logged.status, headers=logged.headers, body=body)
        address = self._endpoint.base_url or _ADDRESSES.get(self._provider.sdk, "http://localhost")
        return Exchange(
            request=request,
            response=response,
            recorded_at=self._moment(logged, response),
            uri=logged.uri or (f"{address.rstrip('/')}{request.path}" if self._path else ""),
            request_headers=logged.request_headers,
            versions={"pytest-behavior-contract": self._version, **marks},
        )

    def _body(self, logged: Logged) -> str:
        """A response with the logged text; entries that are alike are told apart by their number."""
        assert logged.prompt is not None
        said = [conversation(logged.prompt), dict(logged.prompt.parameters), logged.response, logged.recorded_at]
        alike = canonical_json(said)
        number = self._alike[alike]
        self._alike[alike] += 1
        document = response_to(
            self._surface,
            logged.response,
            model=logged.model,
            finish_reason=logged.finish_reason,
            entry=f"{alike}#{number}",
        )
        if document is None:
            raise Unusable(f"a text cannot be made a response of {self._surface}; log whole response bodies")
        return json.dumps(document, ensure_ascii=False)

    def _moment(self, logged: Logged, response: Response) -> str:
        """When it was answered, as far as the log or the response says so."""
        found = self._now
        try:
            if logged.recorded_at:
                moment = dt.datetime.fromisoformat(logged.recorded_at)
                found = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
            else:
                document = payload(response)
                created = pick(document, "created", kind=int) or pick(document, "created_at", kind=int) or 0
                if _EARLIEST < created <= self._now.timestamp():
                    found = dt.datetime.fromtimestamp(created, dt.UTC)
        except (ValueError, OverflowError):
            found = self._now
        return found.isoformat(timespec="seconds").replace("+00:00", "Z")

    def _nearest(self, logged: Logged, request: Request) -> str:
        """How a request differs from the nearest one that is asked."""
        best: tuple[list[str], str] | None = None
        for asked in (one for of_this in self._by_digest.values() for one in of_this.values()):
            if logged.prompt is None or logged.parameters_known:
                differences = differing(request, asked.request, "logged")
            else:
                differences = differing(_said(logged.prompt), _said(asked.prompt), "logged")
            if best is None or len(differences) < len(best[0]):
                best = (differences, asked.clause)
        if best is None:
            return f"no clause asks anything at {self._endpoint.name}"
        told = "; ".join(best[0][:2]) or "it sends tools or asks for a stream, and the log does not say so"
        return f"nearest is {best[1]}: {told}"


def _is_of(key: str, digest: str) -> bool:
    found, _, number = key.partition(":")
    return found == digest and number.isdigit()


def _said(prompt: Prompt) -> Request:
    """What a prompt says, in a form whose parts can be compared."""
    system, turns = json.loads(conversation(prompt))
    return Request(surface="", path="", body={"system": system, "messages": turns})
