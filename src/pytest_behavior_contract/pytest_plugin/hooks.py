"""The hooks of an active contract run; each hands its arguments on."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from pytest_behavior_contract.ask.bound import BoundEndpoint
from pytest_behavior_contract.ask.redaction import masked
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.declare.variation import allow_our_fixture, is_hypothesis_test
from pytest_behavior_contract.errors import BehaviorContractError, ClauseBroken
from pytest_behavior_contract.pytest_plugin import python_tests
from pytest_behavior_contract.pytest_plugin.items import (
    SESSION,
    ContractFile,
    ContractItem,
    clauses_of_ids,
    is_contract_file,
    mark_clause,
)
from pytest_behavior_contract.pytest_plugin.options import Options
from pytest_behavior_contract.pytest_plugin.progress import Progress, plan_lines, progress_for
from pytest_behavior_contract.pytest_plugin.session import ContractSession, unmeasured, write_reports
from pytest_behavior_contract.registry import names
from pytest_behavior_contract.results import Decision, Outcome
from pytest_behavior_contract.tell.json import outcome_from_plain, outcome_to_plain
from pytest_behavior_contract.tell.terminal import Terminal

CLAUSE = pytest.StashKey[Clause]()
_REPORT_ATTRIBUTE = "behavior_contract"
_INTERRUPTED = 2
_SET_UP_IS_WRONG = 4


def activate(config: pytest.Config, options: Options) -> None:
    """Starts a contract run; raises pytest.UsageError where the set-up is wrong."""
    for path in options.reports:
        if Path(path).suffix.removeprefix(".") not in set(names("formats")) - {"terminal"}:
            known = ", ".join(f".{name}" for name in names("formats") if name != "terminal")
            raise pytest.UsageError(f"--contract-report {path}: the ending names the format; one of {known}")
    worker = getattr(config, "workerinput", None)
    addresses = worker.get("behavior_contract_addresses") if worker else None
    if str(config.invocation_params.dir) not in sys.path:
        # Consumers and python: endpoints are the project's own modules.
        sys.path.insert(0, str(config.invocation_params.dir))
    try:
        share = (int(worker["workerid"].removeprefix("gw")), int(worker["workercount"])) if worker else (0, 1)
        session = ContractSession(options, config.rootpath, config.invocation_params.dir, addresses, share)
    except BehaviorContractError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[SESSION] = session
    config.pluginmanager.register(ContractHooks(config, session, is_worker=worker is not None), "behavior_contract_run")


def bound_endpoint(request: pytest.FixtureRequest) -> BoundEndpoint:
    """The value of the `endpoint` fixture."""
    session = request.config.stash[SESSION]
    return session.bind(request.node.stash[CLAUSE], request.param)


class ContractHooks:
    """Registered only while contracts run."""

    def __init__(self, config: pytest.Config, session: ContractSession, *, is_worker: bool) -> None:
        self._config = config
        self._session = session
        self._is_worker = is_worker
        self._clauses: list[Clause] = []
        self._collected: list[ContractItem] = []
        self._problems: list[str] = []
        self._bad_files = False
        self._progress: Progress | None = None
        self._elsewhere = False
        """Whether other processes do the asking, and this one only listens (xdist's controlling process)."""

    def pytest_report_header(self) -> str:
        return self._session.description()

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        return ContractFile.from_parent(parent, path=file_path) if is_contract_file(file_path) else None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        # Of a worker's files the controlling process sees only this.
        if report.failed and is_contract_file(Path(report.nodeid)):
            self._bad_files = True
        elif report.failed:
            self._unmeasured(report.nodeid, "could not be collected")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if python_tests.uses_our_endpoint(metafunc):
            metafunc.parametrize(python_tests.FIXTURE, self._session.endpoints, indirect=True)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        clause = python_tests.clause_of(item)
        if clause is not None:
            item.stash[CLAUSE] = clause
            mark_clause(item, clause)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if _clause(item) is None]
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if _clause(item) is not None]
        if self._session.live:
            items.sort(key=lambda item: not _probes(item))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        clauses: dict[tuple[str, str], Clause] = {}
        for item in session.items:
            clause = _clause(item)
            if clause is None:
                continue
            key = (clause.name, _endpoint(item))
            if key in clauses:
                raise pytest.UsageError(
                    f"the clause {clause.name} is declared twice: {clauses[key].source} and {clause.source}"
                )
            clauses[key] = clause
        self._clauses = list(clauses.values())
        self._collected = [item for item in session.items if isinstance(item, ContractItem)]
        self._session.plan(self._clauses)
        if self._session.live and not self._is_worker and not self._config.option.collectonly:
            self._say_plan()
            self._progress = progress_for(self._config, self._session.askers.purse)
            self._session.askers.engine.while_waiting = self._progress.show if self._progress else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002 - xdist's own
        """Says the plan, which the processes that ask cannot."""
        if self._elsewhere:
            return
        self._elsewhere = True
        self._clauses = clauses_of_ids(ids, self._config.rootpath)
        self._session.plan(self._clauses)
        if self._session.live:
            self._say_plan()
            self._session.askers.purse.expect(len(ids))
            self._progress = progress_for(self._config, self._session.askers.purse, "clauses")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        # With xdist each process has every item but runs only some, so nothing is asked ahead of time there.
        if isinstance(item, ContractItem) and self._session.live and not self._is_worker:
            # Who wants to stop at the first failure does not want to pay for what comes after it.
            ahead = [item] if self._config.getoption("maxfail") else self._collected
            self._session.prefetch((one.clause, one.endpoint) for one in ahead)
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            allow_our_fixture(item.obj)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        with python_tests.watched(item) if CLAUSE in item.stash else nullcontext():
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        clause = pyfuncitem.stash.get(CLAUSE, None)
        return None if clause is None else python_tests.run_clause(pyfuncitem, clause)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if self._progress is not None:
            self._progress.clear()
        report = yield
        outcome = item.outcome if isinstance(item, ContractItem) else item.stash.get(python_tests.OUTCOME, None)
        if outcome is None and call.when == "setup" and report.failed and CLAUSE in item.stash:
            problem = python_tests.tried_to_connect(item) or "ended in an error at its setup"
            outcome = unmeasured(item.stash[CLAUSE], _endpoint(item), problem)
        if outcome is not None and (call.when == "call" or (call.when == "setup" and report.failed)):
            setattr(report, _REPORT_ATTRIBUTE, outcome_to_plain(self._session.dated(outcome)))
        ours = python_tests.Unmeasured | ClauseBroken | pytest.fail.Exception
        if call.excinfo is not None and hasattr(report, _REPORT_ATTRIBUTE) and isinstance(call.excinfo.value, ours):
            report.longrepr = masked(str(call.excinfo.value), self._session.askers.secrets())
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        plain = getattr(report, _REPORT_ATTRIBUTE, None)
        if plain is None:
            return None
        state = plain["decision"]["state"]
        if state == "unmeasured":
            return "error", "E", "UNMEASURED"
        if state == "undecided" and report.skipped:
            return "skipped", "s", "UNDECIDED"
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        plain = getattr(report, _REPORT_ATTRIBUTE, None)
        if plain is not None:
            outcome = outcome_from_plain(plain)
            self._session.report_outcomes[outcome.clause, outcome.endpoint] = outcome
            if self._elsewhere and self._progress is not None:
                self._session.heard(outcome)
                self._progress.show()
        elif report.failed:
            self._unmeasured(report.nodeid, f"ended in an error at its {report.when}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        try:
            if not self._is_worker:
                self._finish(session, int(exitstatus))
        finally:
            self._session.close()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        report = self._session.report()
        if not any(run.outcomes for run in report.runs):
            if self._bad_files or self._config.option.collectonly:
                return
            terminalreporter.write_line("no clause of a behavior contract was run, so nothing is known")
            return
        screen = Terminal(
            width=min(terminalreporter._tw.fullwidth, 140),  # noqa: SLF001 - pytest's own plugins read it there too
            color=terminalreporter.hasmarkup,
            verbosity=self._config.get_verbosity(),
        )
        terminalreporter.section("behavior contracts", sep="=")
        # A reply, or what an application says of one, may repeat a key.
        terminalreporter.write(masked(screen.render(report), self._session.askers.secrets()))
        old = self._session.of_old_recordings(report)
        if old:
            terminalreporter.write_line(old, yellow=True)
        for problem in self._problems:
            terminalreporter.write_line(problem, red=True)
        for path in self._session.options.reports if not self._problems else ():
            terminalreporter.write_line(f"report written to {path}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Serves embedded models once for all of xdist's processes."""
        if self._session.live:
            judge = self._session.askers.settings.judge
            for name in (*self._session.endpoints, *([judge] if judge else [])):
                endpoint = self._session.askers.settings.find(name)
                if endpoint.api == "local":
                    try:
                        self._session.askers.address(endpoint)
                    except BehaviorContractError as error:
                        raise pytest.UsageError(str(error)) from None
        node.workerinput["behavior_contract_addresses"] = self._session.askers.local_addresses()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keeps all endpoints of a clause in one process, where they are compared."""
        from xdist.scheduler import LoadScopeScheduling

        class ByClause(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
            def _split_scope(self, nodeid: str) -> str:
                return nodeid.rpartition("[")[0] or nodeid

        return ByClause(config, log)

    def _unmeasured(self, nodeid: str, problem: str) -> None:
        """What failed without saying anything of its clause is not known, so it is no yes."""
        name, _, rest = nodeid.rpartition("[")
        asked = rest.rstrip("]").split("-")
        endpoints = [one for one in self._session.endpoints if one in rest.rstrip("]") or one in asked]
        for endpoint in endpoints or self._session.endpoints:
            outcome = Outcome(
                clause=name or nodeid,
                endpoint=endpoint,
                decision=Decision(state="unmeasured"),
                problem=problem,
                source=f"{nodeid.partition('::')[0]}:0",
            )
            self._session.report_outcomes[outcome.clause, outcome.endpoint] = outcome

    def _say_plan(self) -> None:
        try:
            self._session.check_judges(self._clauses)
        except BehaviorContractError as error:
            raise pytest.UsageError(str(error)) from None
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is None:
            return
        # At several endpoints each clause is there several times.
        files = list({clause.name: clause for clause in self._clauses if clause.cases}.values())
        try:
            collected = self._session.collect_batches(self._clauses)
            forecasts = {
                name: (self._session.askers.settings.find(name), found)
                for name, found in self._session.forecast(files).items()
            }
            self._session.check_budget({name: found for name, (_, found) in forecasts.items()})
        except BehaviorContractError as error:
            raise pytest.UsageError(str(error)) from None
        for line in collected:
            reporter.write_line(line)
        tests = len({clause.name for clause in self._clauses}) - len({clause.name for clause in files})
        for line in plan_lines(forecasts, tests, self._session.askers.purse):
            reporter.write_line(line)

    def _report_interrupted(self) -> None:
        """Of an interrupted run, all that is known, and for what was not run that nothing is."""
        for outcome in self._session.interrupt():
            self._session.report_outcomes.setdefault((outcome.clause, outcome.endpoint), outcome)
        for clause in self._clauses:
            for endpoint in self._session.endpoints:
                if (clause.name, endpoint) in self._session.report_outcomes:
                    continue
                outcome = unmeasured(clause, endpoint, "interrupted before it was run")
                if self._elsewhere and clause.cases:
                    found = self._session.interrupted_elsewhere(clause, endpoint)
                    outcome = found if found.judged else outcome
                self._session.report_outcomes[clause.name, endpoint] = outcome

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == _INTERRUPTED:
            self._report_interrupted()
        report = self._session.report()
        self._problems = write_reports(report, self._session.options.reports, self._session.askers.secrets())
        # A run that was ended from outside has not made everything anew.
        if self._session.options.record == "all" and exitstatus in (0, 1):
            try:
                self._session.drop_old_recordings(self._clauses)
            except BehaviorContractError as error:
                self._problems.append(str(error))
        if self._bad_files or self._problems:
            session.exitstatus = _SET_UP_IS_WRONG
        elif self._session.baseline and exitstatus in (0, 1):
            session.exitstatus = self._session.exit_status(report)


def _clause(item: pytest.Item) -> Clause | None:
    return item.clause if isinstance(item, ContractItem) else item.stash.get(CLAUSE, None)


def _probes(item: pytest.Item) -> bool:
    clause = _clause(item)
    return clause is not None and clause.probes


def _endpoint(item: pytest.Item) -> str:
    return item.endpoint if isinstance(item, ContractItem) else python_tests.endpoint_of(item)
