"""What one pytest process knows of its contract run: the endpoints, what has been measured, and what it means."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.metadata import version
from pathlib import Path
from typing import cast

from pytest_behavior_contract.ask.ages import read_age, read_moment
from pytest_behavior_contract.ask.asker import Asker, RecordMode
from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.bound import BoundEndpoint
from pytest_behavior_contract.ask.budget import Purse
from pytest_behavior_contract.ask.endpoints import load_settings
from pytest_behavior_contract.ask.jury import Jury, judges_of_clause
from pytest_behavior_contract.ask.prices import Prices, uncapped
from pytest_behavior_contract.ask.recording import utc_now
from pytest_behavior_contract.ask.redaction import masked
from pytest_behavior_contract.compare.migration import compare_outcomes, compare_runs, exit_status
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.errors import EndpointError, SettingsError, Stopped
from pytest_behavior_contract.judge.decide import ClauseJudge
from pytest_behavior_contract.judge.forecast import Forecast, forecast, forecast_judges
from pytest_behavior_contract.judge.measure import BASELINE_ALPHA, alpha_of_each, measure, recorded_so_far, replay
from pytest_behavior_contract.pytest_plugin.offline import offline
from pytest_behavior_contract.pytest_plugin.options import Options
from pytest_behavior_contract.results import Change, Outcome, Report, Run

PRODUCT = "pytest-behavior-contract"
INTERRUPTED = ("interrupted", "what has come by then is recorded; the same command goes on from there")
_GRACE_SECONDS = 10.0
"""How long what is under way may take to end after an interrupt."""


class ContractSession:
    """A contract run in one process.

    Args:
        options: what the command line asks for.
        root: pytest's root folder.
        start: where pytest was started; the configuration is looked for upwards of the root folder, else of this.
        addresses: embedded models that the controlling process already serves.
        share: which of the processes that share the run this is, from 0, and how many they are; limits are divided.

    Raises:
        SettingsError: the configuration or an endpoint's name is wrong.
    """

    def __init__(
        self,
        options: Options,
        root: Path,
        start: Path,
        addresses: Mapping[str, str] | None = None,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.options = options
        settings = load_settings(root)
        if not settings.source:
            settings = load_settings(start)
        self._settings = settings
        mode = cast("RecordMode", options.record)
        index, processes = share
        purse = Purse(
            # What cannot be divided goes to the first of them.
            most_calls=None if options.max_calls is None else (options.max_calls + processes - 1 - index) // processes,
            most_usd=None if options.budget is None else options.budget / processes,
        )
        self.askers = Askers(
            settings,
            mode,
            root,
            addresses,
            purse=purse,
            share=processes,
            batch_wait_seconds=options.batch_wait_seconds,
        )
        self.baseline = (options.baseline or settings.endpoint) if options.candidates else ""
        names = [self.baseline, *options.candidates] if self.baseline else options.endpoints or [settings.endpoint]
        self.endpoints = tuple(dict.fromkeys(names))
        for name in self.endpoints:
            settings.find(name)
        if options.budget is not None:
            self._check_prices(self.endpoints)
        self.began_at = utc_now()
        self.report_outcomes: dict[tuple[str, str], Outcome] = {}
        """What the reports of all processes carried: by clause and endpoint."""
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._futures: dict[tuple[str, str], concurrent.futures.Future[Outcome]] = {}
        self._probing: dict[str, list[concurrent.futures.Future[Outcome]]] = {}
        self._alpha = 0.01

    @property
    def live(self) -> bool:
        """Whether anything may be asked."""
        return self.options.record != "none"

    def unconnected(
        self, on_attempt: Callable[[EndpointError], None], on_process: Callable[[str], None] = lambda _name: None
    ) -> AbstractContextManager[None]:
        """A context for measuring: in replay nothing connects to anything."""
        return nullcontext() if self.live else offline(self._settings.allow_connections, on_attempt, on_process)

    def description(self) -> str:
        """Which endpoints are asked, and whether anything is: the line in pytest's header."""
        modes = {"none": "replayed", "missing": "replayed, and asked for what is missing", "all": "asked anew"}
        what = " → ".join(self.endpoints) if self.baseline else ", ".join(self.endpoints)
        default = not self.options.endpoints and not self.options.candidates and not self._settings.chosen
        why = f" (the default; {self._settings.source or 'pyproject.toml'} names no endpoint)" if default else ""
        return f"behavior contracts: {what}{why}, {modes[self.options.record]}"

    def plan(self, clauses: Iterable[Clause]) -> None:
        """Takes note of all clauses of the run: they share its chance of a false red."""
        self._alpha = alpha_of_each({clause.name: clause for clause in clauses}.values())

    def alpha(self, endpoint: str) -> float:
        """The chance of a false red for each promise at this endpoint."""
        return BASELINE_ALPHA if endpoint == self.baseline else self._alpha

    def collect_batches(self, clauses: Iterable[Clause]) -> list[str]:
        """Records what has come of earlier batches, if this run asks by batches; says what there is of them."""
        if self.options.batch_wait_seconds is None:
            return []
        return self.askers.collect_batches(self.endpoints, set(self.judges(clauses)) - set(self.endpoints))

    def judges(self, clauses: Iterable[Clause]) -> list[str]:
        """The endpoints that are asked about replies; those that are none are said where they are needed."""
        found: dict[str, None] = {}
        for name in {name for clause in clauses for name in judges_of_clause(clause)}:
            with suppress(SettingsError):
                found[self._settings.judge_named(name).name] = None
        return sorted(found)

    def check_judges(self, clauses: Iterable[Clause]) -> None:
        """Raises SettingsError for a budget that could not be watched because of a judge."""
        if self.options.budget is not None:
            self._check_prices(self.judges(clauses))

    def forecast(self, clauses: Iterable[Clause]) -> dict[str, Forecast]:
        """What is still to be asked of some file clauses, by endpoint; of judges too, which stand last."""
        listed = list(clauses)
        found = {
            name: sum(
                (forecast(clause, self.askers.asker(name), self.alpha(name)) for clause in listed), start=Forecast()
            )
            for name in self.endpoints
        }
        planned: set[tuple[Path, str]] = set()
        for name in self.endpoints:
            for clause in listed:
                for judge, one in forecast_judges(clause, self.askers.asker(name), self.alpha(name), planned).items():
                    found[judge] = found.get(judge, Forecast()) + one
        return found

    def check_budget(self, forecasts: Mapping[str, Forecast]) -> None:
        """Raises SettingsError for a budget that requests without a limit could exceed."""
        for name, found in forecasts.items():
            if self.options.budget is not None and found.uncapped:
                raise SettingsError(f"--contract-budget: {uncapped(name)}")

    def prefetch(self, wanted: Iterable[tuple[Clause, str]]) -> None:
        """Starts to measure file clauses, all at once; each waits for a free place at its endpoint.

        Probes come first, and the others wait until they are done; not in batches, where each round takes long.
        """
        for clause, endpoint in sorted(wanted, key=lambda pair: not pair[0].probes):
            key = (clause.name, endpoint)
            if key in self._futures:
                continue
            first = (
                [] if clause.probes or self.options.batch_wait_seconds is not None else self._probing.get(endpoint, [])
            )
            self._futures[key] = self.askers.engine.submit(self._measured(clause, self.askers.asker(endpoint), first))
            if clause.probes:
                self._probing.setdefault(endpoint, []).append(self._futures[key])

    async def _measured(
        self, clause: Clause, asker: Asker, first: Sequence[concurrent.futures.Future[Outcome]]
    ) -> Outcome:
        """The outcome of a clause that is asked when others have ended, in whatever way."""
        if first:
            await asyncio.wait([asyncio.wrap_future(one) for one in first])
        return await measure(clause, asker, self.alpha(asker.endpoint.name))

    def outcome(self, clause: Clause, endpoint: str) -> Outcome:
        """The outcome of a file clause, measured now if it has not been."""
        key = (clause.name, endpoint)
        if key not in self._outcomes:
            if self.live:
                self.prefetch([(clause, endpoint)])
                self._outcomes[key] = self.askers.engine.result(self._futures[key])
            else:
                attempts: list[EndpointError] = []
                with self.unconnected(attempts.append):
                    outcome = replay(clause, self.askers.asker(endpoint), self.alpha(endpoint))
                self._outcomes[key] = unmeasured(clause, endpoint, str(attempts[0])) if attempts else outcome
        return self._outcomes[key]

    def interrupt(self) -> list[Outcome]:
        """Asks nothing more, and returns what is known of the clauses that were being measured."""
        self.askers.stop(Stopped(*INTERRUPTED))
        done, _ = concurrent.futures.wait(self._futures.values(), timeout=_GRACE_SECONDS)
        return [future.result() for future in done if not future.cancelled() and future.exception() is None]

    def interrupted_elsewhere(self, clause: Clause, endpoint: str) -> Outcome:
        """What is known of a clause that another process was measuring: what that has recorded."""
        asker = self.askers.asker(endpoint)
        return recorded_so_far(clause, asker, self.alpha(endpoint), str(Stopped(*INTERRUPTED)))

    def heard(self, outcome: Outcome) -> None:
        """Takes note of an outcome that another process has found, for the line of progress."""
        self.askers.purse.note((outcome.clause, outcome.endpoint), outcome.spent)
        self.askers.purse.sampled()

    def max_age(self, outcome: Outcome) -> str:
        """The age that is exceeded by the oldest recording an outcome rests on; empty where none is."""
        limit = self._settings.find(outcome.endpoint).max_age or self._settings.max_age
        if not limit or not outcome.replayed:
            return ""
        oldest, now = read_moment(outcome.recorded_from), read_moment(self.began_at)
        return limit if oldest and now and now - oldest > read_age(limit, "max_age") else ""

    def dated(self, outcome: Outcome) -> Outcome:
        """The outcome, with a note where it rests on recordings that are too old: it stands, and one should know."""
        limit = self.max_age(outcome)
        if not limit:
            return outcome
        note = (
            f"rests on recordings from {outcome.recorded_from[:10]}, older than max_age = {limit}; ask anew: "
            f"pytest --contract --contract-record=all --contract-endpoint {outcome.endpoint}"
        )
        return dataclasses.replace(outcome, notes=(*outcome.notes, note))

    def of_old_recordings(self, report: Report) -> str:
        """How many clauses rest on recordings that are too old, in a sentence; empty where none does."""
        outcomes = [outcome for run in report.runs for outcome in run.outcomes]
        old = [(limit, one.recorded_from[:10]) for one in outcomes if (limit := self.max_age(one))]
        if not old:
            return ""
        limits = ", ".join(sorted({limit for limit, _ in old}))
        count = f"{len(old)} of {len(outcomes)} clauses"
        return f"{count} rest on recordings older than max_age = {limits}, the oldest of {min(day for _, day in old)}"

    def remember(self, outcome: Outcome) -> None:
        """Keeps the outcome of a Python test for the comparison."""
        self._outcomes[outcome.clause, outcome.endpoint] = outcome

    def change(self, outcome: Outcome) -> Change | None:
        """What the outcome of a candidate means against the baseline's; None in a run without one."""
        if not self.baseline or outcome.endpoint == self.baseline:
            return None
        return compare_outcomes(self._outcomes.get((outcome.clause, self.baseline)), outcome)

    def bind(self, clause: Clause, endpoint: str) -> BoundEndpoint:
        """The endpoint as a Python test gets it."""
        asker = self.askers.asker(endpoint)
        return BoundEndpoint(
            asker,
            clause,
            self.askers.engine,
            address=lambda: self.askers.address(asker.endpoint),
            secrets=self.askers.secrets(),
        )

    def report(self) -> Report:
        """All that the run has found out."""
        runs = tuple(self._run(name) for name in self.endpoints)
        comparisons = tuple(compare_runs(runs[0], run) for run in runs[1:]) if self.baseline else ()
        return Report(product=f"{PRODUCT} {version(PRODUCT)}", created_at=utc_now(), runs=runs, comparisons=comparisons)

    def exit_status(self, report: Report) -> int:
        """The exit status of a migration check: the worst of its comparisons, broke before could not tell."""
        statuses = {exit_status(comparison) for comparison in report.comparisons}
        return 1 if 1 in statuses else max(statuses, default=0)

    def drop_old_recordings(self, clauses: Iterable[Clause]) -> None:
        """After everything was asked anew, leaves only the new recordings; raises CassetteError.

        Of a clause that was not decided the old ones stay: it may have been stopped before all were made anew.
        """
        for clause in clauses:
            for endpoint in self.endpoints:
                outcome = self.report_outcomes.get((clause.name, endpoint))
                if outcome is not None and outcome.live and outcome.decision.state in ("kept", "broken"):
                    asker = self.askers.asker(endpoint)
                    for tape in (asker.tape(clause), *Jury(clause, asker).tapes(of_twin=False)):
                        tape.drop_before(self.began_at)

    def close(self) -> None:
        """Cancels what is still being asked, and stops what was started."""
        for future in self._futures.values():
            future.cancel()
        self.askers.close()

    def _check_prices(self, names: Iterable[str]) -> None:
        """Raises SettingsError for a budget that could not be watched."""
        for name in names:
            endpoint = self.askers.settings.find(name)
            if not Prices(endpoint).known:
                raise SettingsError(
                    f"--contract-budget: the price of {endpoint.model} at endpoint {name} is not known, so a budget in "
                    f"dollars cannot be kept. Set its price per million tokens, price = {{input = 0.15, output = 0.6}} "
                    f"(zeros if it is free), or limit the calls: --contract-max-calls"
                )

    def _run(self, name: str) -> Run:
        endpoint = self.askers.settings.find(name)
        outcomes = sorted((one for (_, at), one in self.report_outcomes.items() if at == name), key=_place)
        return Run(endpoint=name, api=endpoint.api, model=endpoint.model, outcomes=tuple(outcomes))


def unmeasured(clause: Clause, endpoint: str, problem: str) -> Outcome:
    """The outcome of a clause that nothing is known of."""
    return ClauseJudge(clause, endpoint, 0.01).outcome(problem=problem)


def _place(outcome: Outcome) -> tuple[str, int, str]:
    """Where a clause stands: the order of a report is that of the files, whichever process came first."""
    path, _, line = outcome.source.rpartition(":")
    return path, int(line) if line.isdigit() else 0, outcome.clause


def write_reports(report: Report, paths: Iterable[str], secrets: Sequence[str]) -> list[str]:
    """Writes the report to files, each in the format its ending names; returns what went wrong."""
    from pytest_behavior_contract.registry import resolve

    problems = []
    for path in paths:
        form = Path(path).suffix.removeprefix(".")
        try:
            text = masked(resolve("formats", form)().render(report), secrets)
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            problems.append(f"the report {path} cannot be written: {error.strerror or error}")
    return problems
