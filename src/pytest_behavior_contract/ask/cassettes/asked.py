"""What contract files ask at an endpoint: each request, and the cassette that its recordings belong to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_behavior_contract.ask.asker import Asker, Library, Live
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.conversation import second_request
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.declare.contract import Clause, Contract
from pytest_behavior_contract.declare.loading import SUFFIX, load_contract
from pytest_behavior_contract.errors import CassetteError, ContractFileError, EndpointError, NotExpressible, Problem
from pytest_behavior_contract.exchange import FollowUp, Prompt, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request of a clause, as an endpoint is asked it."""

    tape: Tape
    clause: str
    """contract-id/clause-id."""
    prompt: Prompt
    request: Request


def contracts_in(folder: Path) -> list[Contract]:
    """The contract files of one folder; raises ContractFileError with what is wrong with any of them."""
    return load_all(sorted(folder.glob(f"*{SUFFIX}")))


def load_all(paths: Iterable[Path]) -> list[Contract]:
    """These contract files; raises ContractFileError with what is wrong with any of them."""
    contracts: list[Contract] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            contracts.append(load_contract(path))
        except ContractFileError as error:
            problems += error.problems
    if problems:
        raise ContractFileError(problems)
    return contracts


def asked_at(endpoint: Endpoint, clauses: Iterable[Clause]) -> Iterator[Asked]:
    """Every request of these clauses; what the endpoint's API has no word for is not asked."""
    asker = alone(endpoint)
    for clause in clauses:
        for case in clause.cases:
            tape = asker.tape(clause, case)
            try:
                request = asker.spelled(case.prompt)
            except NotExpressible:
                continue
            name = f"{clause.contract}/{case.tape or clause.id}"
            yield Asked(tape=tape, clause=name, prompt=case.prompt, request=request)
            if case.follow is not None:
                for second in _second_requests(asker, tape, request, case.follow):
                    yield Asked(tape=tape, clause=name, prompt=case.prompt, request=second)


def _second_requests(asker: Asker, tape: Tape, request: Request, follow: FollowUp) -> Iterator[Request]:
    """What is asked after the recorded replies to a first request."""
    for key in tape.all_keys():
        if key.partition(":")[0] == request.digest:
            with contextlib.suppress(EndpointError, CassetteError):  # what cannot be read leads to nothing
                first = tape.get(key)
                if first is not None:
                    yield second_request(asker.provider, follow, request, asker.provider.reply(first))[0]


def alone(endpoint: Endpoint) -> Asker:
    """What spells requests and knows where cassettes are, but asks nothing."""
    return Asker(endpoint, "none", Library(Path.cwd()), _never)


def cassettes_of(endpoint: Endpoint, clauses: Iterable[Clause]) -> set[Path]:
    """Where the recordings of these clauses belong, whether there are any or not."""
    asker = alone(endpoint)
    return {asker.tape(clause).path for clause in clauses}


def _never(_heard: Callable[[Mapping[str, str]], None]) -> Live:
    raise AssertionError("nothing is asked here")
