"""A contract file to a Contract; all that is wrong with a file is reported together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare import probes
from pytest_behavior_contract.declare.checking import key_path, schema_problems
from pytest_behavior_contract.declare.clauses import ClauseBuilder
from pytest_behavior_contract.declare.contract import Clause, Contract
from pytest_behavior_contract.declare.document import Document, DocumentError, parse
from pytest_behavior_contract.declare.document import Path as Place
from pytest_behavior_contract.declare.files import LARGEST_CONTRACT, Folder, read_text
from pytest_behavior_contract.errors import ContractFileError, Problem

SUFFIX = ".contract.yaml"
_MERGED = ("parameters", "request")


def load_contract(path: Path, *, shown_as: str = "", foreign_code: bool = True) -> Contract:
    """Reads a contract file.

    Args:
        path: the file.
        shown_as: how messages name it; the path itself where left out.
        foreign_code: whether it may name code: functions by `python` or `consumer`, and behaviors of installed
            packages. False for a contract that somebody else wrote: then nothing but built-in behaviors is loaded.

    Raises:
        ContractFileError: with everything that is wrong with it.
    """
    name = shown_as or str(path)
    try:
        text = read_text(path, LARGEST_CONTRACT)
        document = parse(text)
    except OSError as error:
        raise _whole(name, f"cannot be read: {error.strerror or error}") from None
    except DocumentError as error:
        raise ContractFileError([Problem(path=name, line=error.line, key="", message=str(error))]) from None
    except ValueError as error:
        raise _whole(name, str(error)) from None
    if document.content is None:
        raise _whole(name, "is empty; a contract file begins with `contract: NAME` and lists `clauses:`")
    return _Loader(document, name, Folder(path.parent), foreign_code=foreign_code).load()


def _whole(name: str, message: str) -> ContractFileError:
    return ContractFileError([Problem(path=name, line=0, key="", message=message)])


class _Loader:
    def __init__(self, document: Document, name: str, folder: Folder, *, foreign_code: bool) -> None:
        self._document = document
        self._name = name
        self._folder = folder
        self.foreign_code = foreign_code
        self._problems: list[Problem] = []
        self._bad_places: list[Place] = []

    def load(self) -> Contract:
        for place, line in self._document.duplicate_keys:
            self._bad_places.append(place)
            message = f"the key {place[-1]!r} stands twice"
            self._problems.append(Problem(path=self._name, line=line, key=key_path(place), message=message))
        for place, problem in schema_problems(self._document, self._name, foreign_code=self.foreign_code):
            self._bad_places.append(place)
            self._problems.append(problem)
        content = self._document.content
        clauses: dict[str, Clause] = {}
        entries = content.get("clauses") if isinstance(content, Mapping) else None
        if isinstance(entries, list):
            self._check_ids(entries)
            for index, entry in enumerate(entries):
                clause = self._clause_or_problem(content, entry, index)
                if clause:
                    clauses[clause.id] = clause
            clauses = self._with_twins(entries, clauses)
        if self._problems:
            raise ContractFileError(self._problems)
        return Contract(
            id=content["contract"],
            version=str(content.get("version", "")),
            consumer=content.get("consumer", ""),
            path=self._name,
            clauses=tuple(clauses.values()),
        )

    def wrong(self, place: Place, message: str) -> None:
        """Notes a mistake, once however often it is met."""
        problem = Problem(path=self._name, line=self._document.line(place), key=key_path(place), message=message)
        if problem not in self._problems:
            self._problems.append(problem)

    def _sound(self, *prefix: str | int) -> bool:
        return not any(place[: len(prefix)] == prefix for place in self._bad_places)

    def _check_ids(self, entries: list[Any]) -> None:
        first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            found = entry.get("id") if isinstance(entry, Mapping) else None
            if not isinstance(found, str):
                continue
            if found.lower() in first:
                line = self._document.line(("clauses", first[found.lower()], "id"))
                self.wrong(("clauses", index, "id"), f"the id {found!r} stands twice; it is taken at line {line}")
            first.setdefault(found.lower(), index)

    def _clause_or_problem(self, content: Mapping[str, Any], entry: Any, index: int) -> Clause | None:
        place: Place = ("clauses", index)
        if not self._sound(*place):
            if not isinstance(entry, Mapping):
                return None
            # What is sound of it is looked at all the same, to find all faults in one go.
            entry = self._repaired(entry, place)
        defaults = content.get("defaults", {}) if self._sound("defaults") else {}
        before = len(self._problems)
        clause = ClauseBuilder(str(content.get("contract")), _with_defaults(defaults, entry), place, self).build()
        return clause if len(self._problems) == before and self._sound(*place) else None

    def _repaired(self, entry: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """A clause with something harmless in the place of everything that breaks the schema."""
        bad = {found[2] for found in self._bad_places if found[:2] == place and len(found) > 2}
        repaired = {key: value for key, value in entry.items() if key not in bad}
        if bad & {"prompt", "messages", "wordings", "cases", "swap", "system", "probe"}:
            for key in ("messages", "wordings", "cases", "swap", "system", "contrast"):
                repaired.pop(key, None)
            repaired["prompt"] = probes.PROBE_PROMPT
            repaired |= {"swap": {"": ["a", "b"]}} if "swap" in entry else {}
        items = entry.get("expect")
        if not isinstance(items, list) or not items:
            items = ["accepted"]
        harmless = [item if self._sound(*place, "expect", n) else "accepted" for n, item in enumerate(items)]
        return {"id": "", "assumes": "", **repaired, "expect": harmless}

    def _with_twins(self, entries: list[Any], clauses: dict[str, Clause]) -> dict[str, Clause]:
        """Adds to each clause with a named contrast the cases of its twin."""
        whole = {}
        for index, entry in enumerate(entries):
            if not isinstance(entry, Mapping) or entry.get("id") not in clauses:
                continue
            clause = clauses[entry["id"]]
            twin_id = entry.get("contrast")
            if isinstance(twin_id, str):
                known = [str(other["id"]) for other in entries if isinstance(other, Mapping) and "id" in other]
                if twin_id not in known or twin_id == clause.id:
                    others = [other for other in known if other != clause.id]
                    message = f"unknown clause {twin_id!r}{registry.did_you_mean(twin_id, others)}"
                    self.wrong(("clauses", index, "contrast"), message)
                elif twin_id in clauses:
                    twin = [case for case in clauses[twin_id].cases if case.part == "replies"]
                    cases = [dataclasses.replace(case, part="contrast", tape=twin_id) for case in twin]
                    clause = dataclasses.replace(clause, cases=(*clause.cases, *cases))
            whole[clause.id] = clause
        return whole

    @property
    def folder(self) -> Folder:
        return self._folder

    def source(self, place: Place) -> str:
        return f"{self._name}:{self._document.line(place)}"


def _with_defaults(defaults: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """A clause's own `request` is all that it sends: the parameters of the defaults are not added to it."""
    merged = {**defaults, **entry}
    if "request" in entry and "parameters" not in entry:
        merged.pop("parameters", None)
    if "probe" in entry and "rate" not in entry:
        merged["rate"] = 1.0
    for key in _MERGED:
        if key in defaults and key in entry:
            merged[key] = {**defaults[key], **entry[key]}
    return merged
