"""Contract files as pytest collects them: one item per clause and endpoint."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.declare.loading import SUFFIX, load_contract
from pytest_behavior_contract.errors import ClauseBroken, ContractFileError
from pytest_behavior_contract.pytest_plugin.session import ContractSession
from pytest_behavior_contract.results import Outcome
from pytest_behavior_contract.tell.wording import broken_lines, cause_sentence, shown, undecided_sentence

SESSION = pytest.StashKey[ContractSession]()


def is_contract_file(path: Path) -> bool:
    return path.name.endswith(SUFFIX)


def clauses_of_ids(ids: Iterable[str], root: Path) -> list[Clause]:
    """The clauses of contract files among the ids of tests that other processes have collected."""
    wanted: dict[str, set[str]] = {}
    for nodeid in ids:
        path, _, rest = nodeid.partition("::")
        if is_contract_file(Path(path)):
            wanted.setdefault(path, set()).add(rest.rpartition("[")[0])
    found = []
    for path, names in wanted.items():
        with contextlib.suppress(ContractFileError):  # said where it is collected
            found += [one for one in load_contract(root / path, shown_as=path).clauses if one.id in names]
    return found


class ContractFile(pytest.File):
    """A `*.contract.yaml` file."""

    def collect(self) -> Iterator[ContractItem]:
        try:
            contract = load_contract(self.path, shown_as=os.path.relpath(self.path, self.config.rootpath))
        except ContractFileError as error:
            raise self.CollectError(str(error)) from None
        for clause in contract.clauses:
            for endpoint in self.config.stash[SESSION].endpoints:
                yield ContractItem.from_parent(self, name=f"{clause.id}[{endpoint}]", clause=clause, endpoint=endpoint)


class ContractItem(pytest.Item):
    """One clause at one endpoint: setup gathers and measures, the test itself only says what came out."""

    def __init__(self, *, clause: Clause, endpoint: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clause = clause
        self.endpoint = endpoint
        self.outcome: Outcome | None = None
        self.extra_keyword_matches.update((clause.name, clause.contract, clause.severity))
        mark_clause(self, clause)

    def setup(self) -> None:
        self.outcome = self.config.stash[SESSION].outcome(self.clause, self.endpoint)
        if self.outcome.decision.state == "unmeasured":
            pytest.fail(unmeasured_text(self.outcome), pytrace=False)

    def runtest(self) -> None:
        assert self.outcome is not None
        conclude(self.config.stash[SESSION], self.outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ClauseBroken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        line = self.clause.source.rpartition(":")[2]
        return self.path, int(line) - 1 if line.isdigit() else None, f"{self.clause.name}[{self.endpoint}]"


def mark_clause(item: pytest.Item, clause: Clause) -> None:
    """Lets `-m` choose clauses: by the marker `contract` and by the clause's own marks."""
    item.add_marker(pytest.mark.contract)
    for name in clause.marks:
        item.config.addinivalue_line("markers", f"{name}: set in a contract file")
        item.add_marker(name)


def conclude(session: ContractSession, outcome: Outcome) -> None:
    """Turns an outcome into pytest's terms; returns where the clause is fine.

    Raises ClauseBroken, or pytest's own skip and xfail.
    """
    change = session.change(outcome)
    state = outcome.decision.state
    if state == "broken":
        text = "\n".join(broken_lines(outcome))
        if not outcome.binding:
            pytest.xfail(f"broken, but only cosmetic: {cause_sentence(outcome)}")
        if outcome.endpoint == session.baseline:
            pytest.xfail(f"broken at the baseline: {cause_sentence(outcome)}")
        if change is not None and change.kind == "already broken":
            pytest.xfail(f"already broken at the baseline {session.baseline}: {cause_sentence(outcome)}")
        raise ClauseBroken(text)
    if state == "undecided":
        text = f"{outcome.clause} is undecided: {undecided_sentence(outcome)}"
        if session.options.strict and outcome.binding and outcome.endpoint != session.baseline:
            raise ClauseBroken(text)
        pytest.skip(shown(text))


def unmeasured_text(outcome: Outcome) -> str:
    return f"{outcome.clause} could not be measured at {outcome.endpoint}: {shown(outcome.problem)}"
