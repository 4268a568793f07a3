"""One clause at one endpoint, from asking to outcome."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.asking import replay_clause, sample_clause
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.errors import CassetteError, EndpointError, MissingRecording, Stopped
from pytest_behavior_contract.judge.at_endpoint import at_endpoint
from pytest_behavior_contract.judge.decide import ALPHA, ClauseJudge, promises
from pytest_behavior_contract.judge.verdicts import unready_of
from pytest_behavior_contract.results import BINDING, Outcome

BASELINE_ALPHA = 0.05
"""Of a baseline it is only asked whether it was broken already; there is nothing to turn red."""


def alpha_of_each(clauses: Iterable[Clause]) -> float:
    """The chance of a false red that each promise of a run is allowed, so that the whole run stays within ALPHA."""
    return ALPHA / max(1, sum(promises(clause) for clause in clauses if clause.severity in BINDING))


def replay(clause: Clause, asker: Asker, alpha: float) -> Outcome:
    """The outcome that the recordings show; without them the clause is unmeasured."""
    judge = ClauseJudge(at_endpoint(clause, asker.endpoint), asker.endpoint.name, alpha)
    tally = Tally()
    problem = _unready(clause)
    try:
        if not problem:
            with contextlib.ExitStack() as tapes:
                for case in {case.tape: case for case in clause.cases}.values():
                    tapes.enter_context(asker.tape(clause, case).at_hand())
                replay_clause(clause, asker, judge, tally)
    except (EndpointError, CassetteError) as error:
        problem = str(error)
    return _outcome(judge, clause, asker, tally, problem)


async def measure(clause: Clause, asker: Asker, alpha: float) -> Outcome:
    """The outcome after asking for what is not recorded; where the run is stopped, that of what had come by then."""
    judge = ClauseJudge(at_endpoint(clause, asker.endpoint), asker.endpoint.name, alpha, in_batches=asker.in_batches)
    tally = Tally()
    problem = _unready(clause)
    stopped = ""
    try:
        if not problem:
            await sample_clause(clause, asker, judge, tally)
    except Stopped as error:
        stopped = str(error)
    except (EndpointError, CassetteError) as error:
        problem = str(error)
    return _outcome(judge, clause, asker, tally, problem, stopped)


def recorded_so_far(clause: Clause, asker: Asker, alpha: float, stopped: str) -> Outcome:
    """The outcome that the recordings show which there are, where asking was ended from outside."""
    judge = ClauseJudge(clause, asker.endpoint.name, alpha)
    tally = Tally()
    problem = _unready(clause)
    try:
        if not problem:
            for case in clause.cases:
                asker.tape(clause, case).reread()
            replay_clause(clause, asker, judge, tally)
    except MissingRecording:
        pass
    except (EndpointError, CassetteError) as error:
        problem = str(error)
    return _outcome(judge, clause, asker, tally, problem, stopped)


def _unready(clause: Clause) -> str:
    # Cases share the checks that have none of their values, so each is asked once.
    return unready_of({id(behavior): behavior for case in clause.cases for behavior in case.expect}.values())


def _outcome(
    judge: ClauseJudge, clause: Clause, asker: Asker, tally: Tally, problem: str, stopped: str = ""
) -> Outcome:
    return judge.outcome(
        replayed=tally.replayed,
        live=tally.live,
        problem=problem,
        stopped=stopped,
        spent=asker.purse.spent((clause.name, asker.endpoint.name)),
        model=asker.endpoint.model,
        notes=asker.tape(clause).warnings,
    )
