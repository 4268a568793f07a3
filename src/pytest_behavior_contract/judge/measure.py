"""One clause at one endpoint, from asking to outcome."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from pytest_behavior_contract.ask.asker import Asker, Tally
from pytest_behavior_contract.ask.asking import replay_clause, sample_clause
from pytest_behavior_contract.ask.budget import added
from pytest_behavior_contract.ask.jury import Jury
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.errors import CassetteError, EndpointError, MissingRecording, SettingsError, Stopped
from pytest_behavior_contract.exchange import Sample
from pytest_behavior_contract.judge.at_endpoint import at_endpoint
from pytest_behavior_contract.judge.decide import ALPHA, ClauseJudge, promises
from pytest_behavior_contract.judge.panel import Panel
from pytest_behavior_contract.judge.verdicts import unready_of
from pytest_behavior_contract.results import BINDING, Outcome

BASELINE_ALPHA = 0.05
"""Of a baseline it is only asked whether it was broken already; there is nothing to turn red."""


def alpha_of_each(clauses: Iterable[Clause]) -> float:
    """The chance of a false red that each promise of a run is allowed, so that the whole run stays within ALPHA."""
    return ALPHA / max(1, sum(promises(clause) for clause in clauses if clause.severity in BINDING))


def replay(clause: Clause, asker: Asker, alpha: float) -> Outcome:
    """The outcome that the recordings show; without them the clause is unmeasured."""
    measuring = _Measuring(clause, asker, alpha)
    try:
        _replay(measuring, clause, asker)
    except (EndpointError, CassetteError, SettingsError) as error:
        measuring.problem = str(error)
    return measuring.outcome()


def recorded_so_far(clause: Clause, asker: Asker, alpha: float, stopped: str) -> Outcome:
    """The outcome that the recordings show which there are, where asking was ended from outside."""
    measuring = _Measuring(clause, asker, alpha)
    measuring.stopped = stopped
    try:
        for case in clause.cases:
            asker.tape(clause, case).reread()
        for tape in measuring.jury.tapes():
            tape.reread()
        _replay(measuring, clause, asker)
    except MissingRecording:
        pass
    except (EndpointError, CassetteError, SettingsError) as error:
        measuring.problem = str(error)
    return measuring.outcome()


def _replay(measuring: _Measuring, clause: Clause, asker: Asker) -> None:
    """Judges what is recorded; raises MissingRecording where that is not enough."""
    if not measuring.begin():
        return
    with contextlib.ExitStack() as tapes:
        for case in {case.tape: case for case in clause.cases}.values():
            tapes.enter_context(asker.tape(clause, case).at_hand())
        for tape in measuring.jury.tapes():
            tapes.enter_context(tape.at_hand())
        examples, cases = measuring.panel.examples()
        judged, wanted = measuring.jury.on_record(examples, cases, measuring.tally)
        if wanted:
            raise measuring.jury.missing(wanted[0])
        if measuring.calibrated(judged):
            replay_clause(clause, asker, measuring.judge, measuring.tally, measuring.jury)


async def measure(clause: Clause, asker: Asker, alpha: float) -> Outcome:
    """The outcome after asking for what is not recorded; where the run is stopped, that of what had come by then."""
    measuring = _Measuring(clause, asker, alpha)
    try:
        if measuring.begin():
            examples, cases = measuring.panel.examples()
            try:
                judged = await measuring.jury.asked(examples, cases, measuring.tally)
            finally:
                await measuring.jury.settled()
            if measuring.calibrated(judged):
                await sample_clause(clause, asker, measuring.judge, measuring.tally, measuring.jury)
    except Stopped as error:
        measuring.stopped = str(error)
    except (EndpointError, CassetteError, SettingsError) as error:
        measuring.problem = str(error)
    return measuring.outcome()


class _Measuring:
    """What is known of a clause while it is measured: its judges are tried on their examples, then it is sampled."""

    def __init__(self, clause: Clause, asker: Asker, alpha: float) -> None:
        self._clause = clause
        self._asker = asker
        self._alpha = alpha
        self.jury = Jury(clause, asker)
        self.panel = Panel(clause)
        self.judge = self._made_judge()
        self.tally = Tally()
        self.problem = ""
        self.stopped = ""

    def begin(self) -> bool:
        """Whether there is no reason not to ask; raises SettingsError where a judge is none."""
        self.problem = _unready(self._clause)
        if self.jury.names and not self.problem:
            self.panel = Panel(self._clause, self.jury)
            self.problem = self.panel.problem
        return not self.problem

    def calibrated(self, examples: Sequence[Sample]) -> bool:
        """Takes what the judges said of the examples; whether they are fit to judge."""
        if self.jury.names:
            self.panel.calibrate(examples)
            self.judge = self._made_judge()
        self.problem = self.panel.problem
        return not self.problem

    def outcome(self) -> Outcome:
        asker, clause = self._asker, self._clause
        notes = list(asker.tape(clause).warnings)
        spent = asker.purse.spent((clause.name, asker.endpoint.name))
        with contextlib.suppress(SettingsError):  # then it is the problem
            notes += [warning for tape in self.jury.tapes() for warning in tape.warnings]
            spent = added([spent, *self.jury.spent()])
        return self.judge.outcome(
            replayed=self.tally.replayed,
            live=self.tally.live,
            problem=self.problem,
            stopped=self.stopped,
            spent=spent,
            model=asker.endpoint.model,
            notes=list(dict.fromkeys(notes)),
        )

    def _made_judge(self) -> ClauseJudge:
        name = self._asker.endpoint.name
        clause = at_endpoint(self._clause, self._asker.endpoint)
        return ClauseJudge(clause, name, self._alpha, in_batches=self._asker.in_batches, panel=self.panel)


def _unready(clause: Clause) -> str:
    # Cases share the checks that have none of their values, so each is asked once.
    return unready_of({id(behavior): behavior for case in clause.cases for behavior in case.expect}.values())
