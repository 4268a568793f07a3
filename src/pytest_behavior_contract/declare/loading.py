"""A contract file to a Contract; all that is wrong with a file is reported together."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.checking import key_path, schema_problems
from pytest_behavior_contract.declare.contract import DEFAULT_RATE, Case, Clause, Contract, default_floor, read_tool
from pytest_behavior_contract.declare.document import Document, DocumentError, parse
from pytest_behavior_contract.declare.document import Path as Place
from pytest_behavior_contract.declare.expectations import Expectations, Wrong, name_and_arguments
from pytest_behavior_contract.declare.files import LARGEST_CONTRACT, MOST_CASES, Folder, read_text
from pytest_behavior_contract.declare.variation import UnknownSlot, as_text, asks_for_stream, fill, swapped, unique_ids
from pytest_behavior_contract.errors import ContractFileError, Problem
from pytest_behavior_contract.exchange import Prompt, Tool
from pytest_behavior_contract.interfaces import Behavior

SUFFIX = ".contract.yaml"
PROBE_PROMPT = "Say OK."
"""What is asked where a clause only wants to know whether the request is accepted."""

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
        clause = _ClauseBuilder(str(content.get("contract")), _with_defaults(defaults, entry), place, self).build()
        return clause if len(self._problems) == before and self._sound(*place) else None

    def _repaired(self, entry: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """A clause with something harmless in the place of everything that breaks the schema."""
        bad = {found[2] for found in self._bad_places if found[:2] == place and len(found) > 2}
        repaired = {key: value for key, value in entry.items() if key not in bad}
        if bad & {"prompt", "messages", "wordings", "cases", "swap", "system"}:
            for key in ("messages", "wordings", "cases", "swap", "system", "contrast"):
                repaired.pop(key, None)
            repaired["prompt"] = PROBE_PROMPT
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
    for key in _MERGED:
        if key in defaults and key in entry:
            merged[key] = {**defaults[key], **entry[key]}
    return merged


class _ClauseBuilder:
    """One clause, whose keys are known to have the right types."""

    def __init__(self, contract: str, entry: dict[str, Any], place: Place, loader: _Loader) -> None:
        self._contract = contract
        self._entry = entry
        self._place = place
        self._loader = loader
        self._folder = loader.folder
        self._kinds = Expectations(loader.folder, foreign_code=loader.foreign_code)
        self._built: dict[Place, Any] = {}
        self._unfilled: set[str] = set()
        """Slots of a swap that a case does not fill; the first such case is named."""

    def build(self) -> Clause:
        entry = self._entry
        rate = float(entry.get("rate", DEFAULT_RATE))
        floor = float(entry["floor"]) if "floor" in entry else default_floor(rate)
        if floor > rate:
            self._wrong("floor", f"should be at most the rate {rate}, is {floor}")
        if entry.get("review_by"):
            self._check_date(entry["review_by"])
        tools = self._tools()
        pairs = self._compared(self._kinds.is_pair)
        groups = self._compared(self._kinds.is_group)
        self._check_variants(groups)
        repeats = {getattr(behavior, "repeats", 1) for behavior in pairs} or {1}
        if len(repeats) > 1:
            self._wrong("expect", f"a topic is asked either {' or '.join(map(str, sorted(repeats)))} times in a row")
        cases = self._cases(entry, self._place, tools, part="replies")
        if isinstance(entry.get("contrast"), Mapping):
            twin = {**entry, "swap": None, "cases": None, "prompt": None, "messages": None, "wordings": None}
            twin |= entry["contrast"]
            self._check_twin(twin["expect"])
            cases += self._cases(twin, (*self._place, "contrast"), tools, part="contrast")
        relied_on_by = entry.get("relied_on_by", ())
        return Clause(
            contract=self._contract,
            id=entry["id"],
            assumes=entry["assumes"],
            why=entry.get("why", ""),
            relied_on_by=(relied_on_by,) if isinstance(relied_on_by, str) else tuple(relied_on_by),
            review_by=entry.get("review_by", ""),
            severity=entry.get("severity", "breaking"),
            rate=rate,
            floor=floor,
            samples=0 if entry.get("samples", "auto") == "auto" else entry["samples"],
            deterministic=entry.get("deterministic", _all_probes(cases) and not pairs and not groups),
            cases=tuple(cases),
            pairs=pairs,
            repeats=max(repeats),
            groups=groups,
            marks=tuple(entry.get("marks", ())),
            folder=str(self._folder.path),
            source=self._loader.source(self._place),
        )

    def _wrong(self, key: str, message: str) -> None:
        self._loader.wrong((*self._place, key), message)

    def _check_date(self, text: str) -> None:
        try:
            dt.date.fromisoformat(text)
        except ValueError:
            self._wrong("review_by", f"{text!r} is no date")

    def _tools(self) -> tuple[Tool, ...]:
        declared = self._entry.get("tools", ())
        try:
            if isinstance(declared, str):
                declared = self._folder.json(declared)
            if not isinstance(declared, list | tuple):
                raise ValueError("should be a list of tools")  # noqa: TRY004, TRY301 - one path for all mistakes
            return tuple(read_tool(entry) for entry in declared)
        except ValueError as error:
            self._wrong("tools", str(error))
            return ()

    def _compared(self, wanted: Callable[[Any], bool]) -> tuple[Any, ...]:
        """The behaviors that look at several replies together, of one of the two kinds."""
        found: list[Any] = []
        for index, item in enumerate(self._entry["expect"]):
            if wanted(item):
                behavior = self._behavior_or_problem(item, (*self._place, "expect", index), {})
                if behavior:
                    if self._kinds.is_pair(item):
                        self._check_swap(name_and_arguments(item)[0], behavior)
                    found.append(behavior)
        return tuple(found)

    def _check_swap(self, name: str, behavior: Any) -> None:
        """A check on pairs needs what it compares: variants of a prompt, or those of one certain thing."""
        variants = swapped(self._entry["swap"]) if "swap" in self._entry else []
        if getattr(behavior, "swaps", "") == "stream":
            if {asks_for_stream(slots) for _, slots in variants} != {False, True}:
                message = f"{name} compares whole replies with streamed ones, so the clause needs"
                self._wrong("expect", f"{message} `swap: {{stream: [false, true]}}`")
        elif not variants:
            self._wrong("expect", f"{name} compares variants of a prompt, so the clause needs `swap`")

    def _check_variants(self, groups: tuple[Any, ...]) -> None:
        entry = self._entry
        if groups and entry.get("deterministic") and not ("swap" in entry or "wordings" in entry):
            self._wrong("deterministic", "asks each prompt once, so there are no repeats to compare; leave it out")
        if "wordings" in entry:
            for key in ("prompt", "messages", "swap"):
                if key in entry:
                    self._wrong(key, f"a clause has either `{key}` or `wordings`")

    def _check_twin(self, items: list[Any]) -> None:
        for index, item in enumerate(items):
            if self._kinds.is_group(item):
                name, _ = name_and_arguments(item)
                message = f"{name} compares replies with each other; give it a clause of its own"
                self._loader.wrong((*self._place, "contrast", "expect", index), message)

    def _cases(self, entry: Mapping[str, Any], place: Place, tools: tuple[Tool, ...], *, part: str) -> list[Case]:
        values = self._case_values(entry, place)
        ids = unique_ids(str(case.get("id") or number) for number, case in enumerate(values, 1))
        variants = swapped(entry["swap"]) if entry.get("swap") else [("", {})]
        wordings = entry.get("wordings") or ()
        variants = [(f"wording {number}", {}) for number in range(1, len(wordings) + 1)] or variants
        if twice := next((name for name, count in Counter(name for name, _ in variants).items() if count > 1), None):
            self._wrong("swap", f"two variants are called {twice!r}; name them: {{SLOT: {{NAME: value, NAME: value}}}}")
        cases = []
        for case_id, case in zip(ids, values, strict=True):
            for number, (variant, slots) in enumerate(variants):
                swapped_in = self._slots(slots, case, case_id, place)
                filled = {**fill(case, swapped_in, strict=False), **swapped_in}
                streams = asks_for_stream(slots)
                asked = entry if streams is None else {**entry, "stream": streams}
                cases.append(
                    Case(
                        id=f"{case_id}:{variant}" if variant else case_id,
                        prompt=self._prompt(asked, place, filled, tools, number),
                        expect=self._expectations(entry["expect"], place, filled),
                        topic=as_text(case["topic"]) if variant and "topic" in case else case_id,
                        twin=case_id,
                        variant=variant,
                        part=part,
                    )
                )
        return _numbered(cases)

    def _slots(self, slots: Mapping[str, Any], case: Mapping[str, Any], case_id: str, place: Place) -> dict[str, Any]:
        """What a variant puts into slots, with the case's own values in it: so each case can bring its own pair."""
        try:
            return dict(fill(slots, case))
        except UnknownSlot as error:
            hint = registry.did_you_mean(error.slot, [name for name in case if name != "id"])
            what = f"case {case_id!r} has no value for the slot {{{error.slot}}}{hint}"
            if error.slot not in self._unfilled:
                self._unfilled.add(error.slot)
                self._loader.wrong((*place, "swap"), f"{what} (write {{{{{error.slot}}}}} for plain braces)")
            return dict(slots)

    def _case_values(self, entry: Mapping[str, Any], place: Place) -> list[dict[str, Any]]:
        values: list[dict[str, Any]] = []
        for index, case in enumerate(entry.get("cases") or ()):
            if set(case) == {"file"} and isinstance(case["file"], str):
                try:
                    values += self._folder.cases(case["file"])
                except ValueError as error:
                    self._loader.wrong((*place, "cases", index, "file"), str(error))
            else:
                values.append(case)
        if len(values) > MOST_CASES:
            self._loader.wrong((*place, "cases"), f"{len(values):,} cases; at most {MOST_CASES:,} are read")
            return []
        return values or [{}]

    def _prompt(
        self, entry: Mapping[str, Any], place: Place, values: Mapping[str, Any], tools: tuple[Tool, ...], variant: int
    ) -> Prompt:
        wordings = entry.get("wordings")
        prompt, messages = wordings[variant] if wordings else entry.get("prompt"), entry.get("messages")
        if prompt and messages:
            self._loader.wrong((*place, "prompt"), "a clause has either `prompt` or `messages`")
        if not prompt and not messages:
            if not all(name_and_arguments(item)[0] == "accepted" for item in entry["expect"]):
                self._loader.wrong(place, "'prompt' (or 'messages') is missing")
            prompt = PROBE_PROMPT
        key = "wordings" if wordings else "messages" if messages else "prompt"
        try:
            turns = fill(messages or [{"role": "user", "content": prompt}], values)
            system = fill(entry.get("system", ""), values)
        except UnknownSlot as error:
            known = [name for name in values if name != "id"]
            hint = registry.did_you_mean(error.slot, known) or "; give it a value in `cases`"
            message = f"no case fills the slot {{{error.slot}}}{hint} (write {{{{{error.slot}}}}} for plain braces)"
            self._loader.wrong((*place, key), message)
            turns, system = [], ""
        return Prompt(
            messages=tuple(turns),
            system=system,
            tools=tools,
            parameters=dict(entry.get("parameters", {})),
            request=dict(entry.get("request", {})),
            stream=entry.get("stream", False),
        )

    def _expectations(self, items: list[Any], place: Place, values: Mapping[str, Any]) -> tuple[Behavior, ...]:
        found = (
            self._behavior_or_problem(item, (*place, "expect", index), values)
            for index, item in enumerate(items)
            if not (self._kinds.is_pair(item) or self._kinds.is_group(item))
        )
        return tuple(behavior for behavior in found if behavior)

    def _behavior_or_problem(self, item: Any, place: Place, values: Mapping[str, Any]) -> Any:
        """The behavior; the same one for all cases where it has none of their slots."""
        filled = fill(item, values, strict=False)
        if filled == item and place in self._built:
            return self._built[place]
        try:
            behavior = self._kinds.behavior(filled, place)
        except Wrong as error:
            self._loader.wrong(error.place, str(error))
            return None
        if filled == item:
            self._built[place] = behavior
        return behavior


def _numbered(cases: list[Case]) -> list[Case]:
    """Tells cases with the very same prompt apart, so that one reply is never counted as several."""
    prompts = [repr((case.prompt.messages, case.prompt.system, case.prompt.stream)) for case in cases]
    counts = Counter(prompts)
    if len(counts) == len(cases):
        return cases
    seen: Counter[str] = Counter()
    numbered = []
    for case, prompt in zip(cases, prompts, strict=True):
        numbered.append(dataclasses.replace(case, copy=seen[prompt], copies=counts[prompt]))
        seen[prompt] += 1
    return numbered


def _all_probes(cases: list[Case]) -> bool:
    return all(getattr(behavior, "deterministic", False) for case in cases for behavior in case.expect)
