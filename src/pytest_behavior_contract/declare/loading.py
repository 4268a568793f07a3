"""A contract file to a Contract; all that is wrong with a file is reported together."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare import probes
from pytest_behavior_contract.declare.checking import key_path, schema_problems
from pytest_behavior_contract.declare.contract import DEFAULT_RATE, Case, Clause, Contract, default_floor, read_tool
from pytest_behavior_contract.declare.document import Document, DocumentError, parse
from pytest_behavior_contract.declare.document import Path as Place
from pytest_behavior_contract.declare.files import LARGEST_CONTRACT, MOST_CASES, Folder, read_text
from pytest_behavior_contract.declare.variation import UnknownSlot, fill, swapped, unique_ids
from pytest_behavior_contract.errors import ContractFileError, Problem
from pytest_behavior_contract.exchange import FollowUp, Prompt, Tool
from pytest_behavior_contract.interfaces import Behavior, PairBehavior

SUFFIX = ".contract.yaml"
_MERGED = ("parameters", "request")


class _Wrong(Exception):  # noqa: N818 - private: one mistake at one place, on its way to a Problem
    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def load_contract(path: Path, *, shown_as: str = "") -> Contract:
    """Reads a contract file.

    Args:
        path: the file.
        shown_as: how messages name it; the path itself where left out.

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
    return _Loader(document, name, Folder(path.parent)).load()


def _whole(name: str, message: str) -> ContractFileError:
    return ContractFileError([Problem(path=name, line=0, key="", message=message)])


class _Loader:
    def __init__(self, document: Document, name: str, folder: Folder) -> None:
        self._document = document
        self._name = name
        self._folder = folder
        self._problems: list[Problem] = []
        self._bad_places: list[Place] = []

    def load(self) -> Contract:
        for place, line in self._document.duplicate_keys:
            self._bad_places.append(place)
            message = f"the key {place[-1]!r} stands twice"
            self._problems.append(Problem(path=self._name, line=line, key=key_path(place), message=message))
        for place, problem in schema_problems(self._document, self._name):
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
        if bad & {"prompt", "messages", "cases", "swap", "system", "probe"}:
            for key in ("messages", "cases", "swap", "system", "contrast"):
                repaired.pop(key, None)
            repaired["prompt"] = probes.PROBE_PROMPT
            repaired |= {"swap": {"": ["", ""]}} if "swap" in entry else {}
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


class _ClauseBuilder:
    """One clause, whose keys are known to have the right types."""

    def __init__(self, contract: str, entry: dict[str, Any], place: Place, loader: _Loader) -> None:
        self._contract = contract
        self._entry = entry
        self._place = place
        self._loader = loader
        self._folder = loader.folder
        self._built: dict[Place, Any] = {}

    def build(self) -> Clause:
        entry = self._entry
        rate = float(entry.get("rate", DEFAULT_RATE))
        floor = float(entry["floor"]) if "floor" in entry else default_floor(rate)
        if floor > rate:
            self._wrong("floor", f"should be at most the rate {rate}, is {floor}")
        if entry.get("review_by"):
            self._check_date(entry["review_by"])
        tools = self._tools(entry.get("tools", ()))
        pairs = self._pair_behaviors()
        if pairs and "swap" not in entry:
            self._wrong("expect", "even_handed compares variants of a prompt, so the clause needs `swap`")
        cases = self._cases(entry, self._place, tools, part="replies")
        if "swap" in entry and not pairs and not any(case.expect for case in cases):
            self._wrong("expect", "is empty")
        if isinstance(entry.get("contrast"), Mapping):
            twin = {**entry, "swap": None, "cases": None, "prompt": None, "messages": None, **entry["contrast"]}
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
            deterministic=entry.get("deterministic", not pairs and probes.decided_at_once(cases)),
            cases=tuple(cases),
            pairs=pairs,
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

    def _tools(self, declared: Any) -> tuple[Tool, ...]:
        try:
            if isinstance(declared, str):
                declared = self._folder.json(declared)
            if not isinstance(declared, list | tuple):
                raise ValueError("should be a list of tools")  # noqa: TRY004, TRY301 - one path for all mistakes
            return tuple(read_tool(entry) for entry in declared)
        except ValueError as error:
            self._wrong("tools", str(error))
            return ()

    def _pair_behaviors(self) -> tuple[PairBehavior, ...]:
        found: list[Any] = []
        for index, item in enumerate(self._entry["expect"]):
            name, _ = _name_and_arguments(item)
            if _is_pair(name):
                behavior = self._behavior_or_problem(item, (*self._place, "expect", index), {})
                found += [behavior] if behavior else []
        return tuple(found)

    def _cases(self, entry: Mapping[str, Any], place: Place, tools: tuple[Tool, ...], *, part: str) -> list[Case]:
        if "probe" in entry and part == "replies":
            return self._probe_cases(entry)
        values = self._case_values(entry, place)
        ids = unique_ids(str(case.get("id") or number) for number, case in enumerate(values, 1))
        variants = swapped(entry["swap"]) if entry.get("swap") else [("", {})]
        cases = []
        for case_id, case in zip(ids, values, strict=True):
            for variant, slots in variants:
                filled = {**case, **slots}
                cases.append(
                    Case(
                        id=f"{case_id}:{variant}" if variant else case_id,
                        prompt=self._prompt(entry, place, filled, tools),
                        expect=self._expectations(entry["expect"], place, filled),
                        topic=case_id,
                        variant=variant,
                        part=part,
                    )
                )
        return _numbered([self._with_second_request(case, entry) for case in cases])

    def _with_second_request(self, case: Case, entry: Mapping[str, Any]) -> Case:
        probe = probes.sent_in_words(entry) if probes.all_of(case.expect, "probe") else ""
        return dataclasses.replace(case, probe=probe, follow=self._follow_up(case.expect, case.prompt))

    def _probe_cases(self, entry: Mapping[str, Any]) -> list[Case]:
        for key in ("cases", "swap", "contrast"):
            if entry.get(key):
                self._wrong(key, "says what to ask, and so does `probe`; a clause has one of them")
        try:
            found = probes.probes_of(entry, telling=_any_says(entry["expect"], "wants_telling_prompts"))
        except ValueError as error:
            self._wrong("probe", str(error))
            return []
        return _numbered([self._probe_case(entry, probe) for probe in found])

    def _probe_case(self, entry: Mapping[str, Any], probe: probes.Probe) -> Case:
        tools = self._tools(probe.entry.get("tools", ()))
        prompt = self._prompt({**probe.entry, "expect": entry["expect"]}, self._place, {}, tools)
        expect = self._expectations(entry["expect"], self._place, {})
        prompt = dataclasses.replace(prompt, partial=probe.partial)
        follow = probe.follow or self._follow_up(expect, prompt)
        return Case(id=probe.what, prompt=prompt, expect=expect, probe=probe.what, follow=follow)

    def _follow_up(self, expect: tuple[Behavior, ...], prompt: Prompt) -> FollowUp | None:
        wanted = probes.second_requests(expect, prompt)
        if len(wanted) > 1:
            self._wrong("expect", "asks for two different second requests; make two clauses of it")
        return next(iter(wanted), None)

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
        self, entry: Mapping[str, Any], place: Place, values: Mapping[str, Any], tools: tuple[Tool, ...]
    ) -> Prompt:
        prompt, messages = entry.get("prompt"), entry.get("messages")
        if prompt and messages:
            self._loader.wrong((*place, "prompt"), "a clause has either `prompt` or `messages`")
        if not prompt and not messages:
            if not all(_any_says([item], "probe") for item in entry["expect"]):
                self._loader.wrong(place, "'prompt' (or 'messages') is missing")
            telling = _any_says(entry["expect"], "wants_telling_prompts")
            prompt = probes.suited_prompt(probes.parameters_of(entry), telling=telling)
        key = "messages" if messages else "prompt"
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
            if not _is_pair(_name_and_arguments(item)[0])
        )
        return tuple(behavior for behavior in found if behavior)

    def _behavior_or_problem(self, item: Any, place: Place, values: Mapping[str, Any]) -> Any:
        """The behavior; the same one for all cases where it has none of their slots."""
        filled = fill(item, values, strict=False)
        if filled == item and place in self._built:
            return self._built[place]
        try:
            behavior = self._behavior(filled, place)
        except _Wrong as error:
            self._loader.wrong(error.place, str(error))
            return None
        if filled == item:
            self._built[place] = behavior
        return behavior

    def _behavior(self, item: Any, place: Place) -> Behavior | PairBehavior:
        name, arguments = _name_and_arguments(item)
        kind = registry.resolve("behaviors", name)
        members = getattr(kind, "members", "")
        if members == "one":
            return cast("Behavior", kind(expectation=self._member(arguments, (*place, name))))
        if members == "many":
            inner = tuple(self._member(member, (*place, name, index)) for index, member in enumerate(arguments))
            return cast("Behavior", kind(expectations=inner))
        try:
            return cast("Behavior", build_behavior(kind, arguments, self._folder))
        except ValueError as error:
            raise _Wrong(place, f"{name}: {error}") from None

    def _member(self, item: Any, place: Place) -> Behavior:
        if _is_pair(_name_and_arguments(item)[0]):
            raise _Wrong(place, "a check on pairs cannot stand within `not`, `any` or `all`")
        return cast("Behavior", self._behavior(item, place))


def build_behavior(kind: type, arguments: Any, folder: Folder) -> Any:
    """A behavior from what stands behind its name in YAML; raises ValueError with what is wrong."""
    import msgspec

    fields = [field.name for field in dataclasses.fields(kind)]
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping):
        arguments = {fields[0]: arguments}
    arguments = dict(arguments)
    for name in getattr(kind, "files", ()):
        if isinstance(arguments.get(name), str):
            arguments[name] = folder.json(arguments[name])
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _name_and_arguments(item: Any) -> tuple[str, Any]:
    if isinstance(item, str):
        return item, None
    ((name, arguments),) = item.items()
    return name, arguments


def _any_says(items: list[Any], attribute: str) -> bool:
    kinds = (registry.resolve("behaviors", _name_and_arguments(item)[0]) for item in items)
    return any(getattr(kind, attribute, False) for kind in kinds)


def _is_pair(name: str) -> bool:
    return getattr(registry.resolve("behaviors", name), "pairs", False)


def _numbered(cases: list[Case]) -> list[Case]:
    """Tells cases with the very same prompt apart, so that one reply is never counted as several."""
    prompts = [repr((case.prompt.messages, case.prompt.system)) for case in cases]
    counts = Counter(prompts)
    if len(counts) == len(cases):
        return cases
    seen: Counter[str] = Counter()
    numbered = []
    for case, prompt in zip(cases, prompts, strict=True):
        numbered.append(dataclasses.replace(case, copy=seen[prompt], copies=counts[prompt]))
        seen[prompt] += 1
    return numbered
