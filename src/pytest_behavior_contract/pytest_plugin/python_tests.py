"""Clauses written as tests: run once a sample, until the rate is decided."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_behavior_contract.ask.bound import BoundEndpoint
from pytest_behavior_contract.ask.client_blocks import no_calls_outside_blocks
from pytest_behavior_contract.ask.client_breaks import client_break
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.declare.decorators import options_of, python_clause
from pytest_behavior_contract.declare.variation import is_hypothesis_test, run_examples
from pytest_behavior_contract.errors import EndpointError, MissingRecording, NotExpressible, Stopped
from pytest_behavior_contract.judge.decide import ClauseJudge
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed
from pytest_behavior_contract.pytest_plugin.items import SESSION, conclude, unmeasured_text
from pytest_behavior_contract.pytest_plugin.session import unmeasured
from pytest_behavior_contract.results import Outcome, Verdict

FIXTURE = "endpoint"
OUTCOME = pytest.StashKey[Outcome]()
_RUNNING = pytest.StashKey[bool]()
_WATCH = pytest.StashKey["Watch"]()
_CLIENT = "client: "
"""Begins the cause where the SDK itself refuses a parameter: a finding, although nothing is asked."""


@dataclass(slots=True)
class Watch:
    """What a test has tried beside its questions while it was replayed, its fixtures included."""

    attempts: list[EndpointError] = field(default_factory=list)
    """Connections; each was refused."""
    processes: list[str] = field(default_factory=list)
    """Programs that were started."""

    def notes(self) -> list[str]:
        names = ", ".join(dict.fromkeys(self.processes))
        return [f"replay started {names}; what other processes connect to is not seen"] if names else []


@contextlib.contextmanager
def watched(item: pytest.Item) -> Iterator[None]:
    """Keeps a test offline in replay, from the setup of its first fixture to the teardown of its last."""
    watch = item.stash[_WATCH] = Watch()
    with item.config.stash[SESSION].unconnected(watch.attempts.append, watch.processes.append):
        yield


def tried_to_connect(item: pytest.Item) -> str:
    """Where a replayed test, or a fixture of it, tried to connect to; empty where it did not."""
    attempts = item.stash.get(_WATCH, Watch()).attempts
    return str(attempts[0]) if attempts else ""


class Unmeasured(Exception):  # noqa: N818 - what pytest shows as an error of the test
    """A Python clause could not be measured."""


def uses_our_endpoint(metafunc: pytest.Metafunc) -> bool:
    """Whether a test asks for `endpoint` and means ours, not one of its own project."""
    if FIXTURE not in metafunc.fixturenames:
        return False
    definitions = getattr(metafunc, "_arg2fixturedefs", {}).get(FIXTURE, ())
    return not definitions or definitions[-1].func.__module__.startswith("pytest_behavior_contract.")


def clause_of(item: pytest.Item) -> Clause | None:
    """The clause that a test item is; None for tests that have nothing to do with contracts.

    Raises pytest.UsageError for a clause whose options are wrong.
    """
    if not isinstance(item, pytest.Function):
        return None
    test = item.function
    options = options_of(test)
    has_endpoint = hasattr(item, "callspec") and FIXTURE in item.callspec.params
    if options is None and not has_endpoint:
        return None
    where = f"{os.path.relpath(item.path, item.config.rootpath)}:{_line(item)}"
    if not has_endpoint:
        raise pytest.UsageError(f"{where}: {item.name}: a clause needs the `endpoint` fixture as an argument")
    try:
        return python_clause(
            options,
            test,
            contract=item.path.stem.removeprefix("test_"),
            name=_name(item),
            folder=str(item.path.parent),
            source=where,
        )
    except ValueError as error:
        raise pytest.UsageError(f"{where}: {item.name}: {error}") from None


def endpoint_of(item: pytest.Item) -> str:
    assert isinstance(item, pytest.Function)
    return str(item.callspec.params[FIXTURE])


def run_clause(item: pytest.Function, clause: Clause) -> bool | None:
    """Measures a test's clause by running it once a sample; None while such a run is under way."""
    if item.stash.get(_RUNNING, False):
        return None
    session = item.config.stash[SESSION]
    endpoint = item.funcargs[FIXTURE]
    assert isinstance(endpoint, BoundEndpoint)
    watch = item.stash.get(_WATCH, Watch())
    item.stash[_RUNNING] = True
    try:
        if tried := tried_to_connect(item):  # by a fixture, which may have swallowed that it was refused
            outcome = unmeasured(clause, endpoint.name, tried)
        else:
            with session.unconnected(endpoint.refuse):
                outcome = _Sampling(item, clause, endpoint, session.alpha(endpoint.name)).outcome(watch)
    finally:
        item.stash[_RUNNING] = False
    item.stash[OUTCOME] = outcome
    session.remember(outcome)
    if outcome.decision.state == "unmeasured":
        raise Unmeasured(unmeasured_text(outcome))
    conclude(session, outcome)
    return True


class _Sampling:
    """The repeated runs of one test."""

    def __init__(self, item: pytest.Function, clause: Clause, endpoint: BoundEndpoint, alpha: float) -> None:
        self._item = item
        self._judge = ClauseJudge(clause, endpoint.name, alpha)
        self._endpoint = endpoint
        self._expected = 0
        if not is_hypothesis_test(item.obj):  # which never asks the same twice for long
            endpoint.further = lambda: self._judge.further("replies")

    def outcome(self, watch: Watch) -> Outcome:
        problem = stopped = ""
        try:
            with _as_sync(self._item), no_calls_outside_blocks(self._endpoint.refuse):
                self._run()
        except Stopped as error:
            stopped = str(error)
        except EndpointError as error:
            problem = str(error)
        finally:
            self._endpoint.leave()
        tally = self._endpoint.tally
        return self._judge.outcome(
            replayed=tally.replayed,
            live=tally.live,
            problem=problem,
            stopped=stopped,
            spent=self._endpoint.spent(),
            model=self._endpoint.model,
            notes=[*self._endpoint.notes(), *watch.notes()],
        )

    def _run(self) -> None:
        test = self._item.obj
        number = 0
        purse = self._endpoint.purse
        while wanted := self._judge.further("replies"):
            purse.expect(wanted - self._expected)
            self._expected = wanted
            if is_hypothesis_test(test):
                each = functools.partial(self._example, number)
                run_examples(test, self._call_test, each, examples=self._judge.further("replies"))
            else:
                self._sample(number, self._call_test)
            number += 1

    def _example(self, number: int, inner: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """One example of a hypothesis test; once the clause is decided, the remaining ones cost nothing."""
        if self._judge.further("replies"):
            self._sample(number, lambda: _finished(inner(*args, **kwargs)))

    def _sample(self, number: int, call: Callable[[], object]) -> None:
        endpoint = self._endpoint
        endpoint.begin(number)
        caught: EndpointError | None = None
        verdict, needs_reply = passed(), True
        try:
            call()
        except NotExpressible as error:
            verdict, needs_reply = failed(str(error)), False
        except EndpointError as error:
            caught = error
        except (pytest.skip.Exception, pytest.exit.Exception):
            raise
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - what application code raises is the finding
            verdict = self._failed(error)
            needs_reply = not verdict.cause.startswith(_CLIENT)
        # What the endpoint noted counts even where the application has swallowed it.
        problem = endpoint.finish() or caught
        if problem is None and needs_reply and not endpoint.replies:
            problem = self._nothing_asked(verdict)
        if problem is not None:
            if problem.final or isinstance(problem, MissingRecording):
                raise problem
            verdict = Verdict(outcome="error", cause=problem.cause, evidence=excerpt(problem.detail))
        endpoint.purse.sampled()
        self._expected -= 1
        reply = endpoint.replies[-1].text if endpoint.replies else ""
        self._judge.add_replies(endpoint.replies)
        self._judge.add_verdict(number, verdict, prompt=endpoint.prompt, reply=reply)

    def _nothing_asked(self, verdict: Verdict) -> EndpointError:
        """A test that ended without a reply has shown nothing, whether it passed or failed."""
        detail = f"{verdict.cause}: {verdict.evidence}" if verdict.cause else "the test ended without a reply"
        # What hypothesis makes up may lead past the question now and then; a plain test does the same each time.
        return EndpointError("nothing was asked", detail, final=not is_hypothesis_test(self._item.obj))

    def _failed(self, error: BaseException) -> Verdict:
        rejection = self._endpoint.rejection
        if rejection is not None:
            return failed(rejection.cause, rejection.message, mend=rejection.mend)
        refused = client_break(error)
        if refused:
            return failed(f"{_CLIENT}{refused}", _place(error, self._item.config.rootpath))
        place = _place(error, self._item.config.rootpath)
        return failed(f"{type(error).__name__} at {place}", str(error) or type(error).__name__)

    def _call_test(self) -> None:
        # pytest and its plugins call the test as they always do; ours steps aside while _RUNNING is set.
        self._item.ihook.pytest_pyfunc_call(pyfuncitem=self._item)


class _as_sync:  # noqa: N801 - read as a phrase: with _as_sync(item)
    """Runs an async test in an event loop of its own, unless a plugin that knows async tests has taken it on."""

    def __init__(self, item: pytest.Function) -> None:
        self._item = item
        self._test = item.obj
        self._runner: asyncio.Runner | None = None

    def __enter__(self) -> None:
        test = self._test
        if inspect.iscoroutinefunction(test) and not is_hypothesis_test(test):
            runner = self._runner = asyncio.Runner()

            def run(*args: Any, **kwargs: Any) -> None:
                runner.run(test(*args, **kwargs))

            self._item.obj = run

    def __exit__(self, *_: object) -> None:
        if self._runner is not None:
            self._runner.close()
            self._item.obj = self._test


def _finished(result: object) -> object:
    """The result of an async example, run to its end."""
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _place(error: BaseException, root: Path) -> str:
    """The last line of the project's own code that it passed, as file:line; else the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    installed = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    own = [
        frame
        for frame in frames
        if Path(frame.filename).is_relative_to(root) and not frame.filename.startswith(installed)
    ]
    if own:
        return f"{Path(own[-1].filename).relative_to(root).as_posix()}:{own[-1].lineno}"
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def _name(item: pytest.Function) -> str:
    """The test's name, with its parameters but without the endpoint."""
    name = item.originalname.removeprefix("test_")
    if item.cls is not None:
        name = f"{item.cls.__name__}.{name}"
    endpoint = str(item.callspec.params[FIXTURE])
    others = item.callspec.id.removeprefix(f"{endpoint}-").removesuffix(f"-{endpoint}")
    return name if others == endpoint else f"{name}[{others}]"


def _line(item: pytest.Function) -> int:
    return (item.reportinfo()[1] or 0) + 1
