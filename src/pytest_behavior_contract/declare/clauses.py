"""One clause of a contract file, whose keys are known to have the right types, to a Clause."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare import probes
from pytest_behavior_contract.declare.contract import DEFAULT_RATE, Case, Clause, default_floor, read_tool
from pytest_behavior_contract.declare.document import Path as Place
from pytest_behavior_contract.declare.expectations import Expectations, Wrong, name_and_arguments
from pytest_behavior_contract.declare.files import MOST_CASES, Folder
from pytest_behavior_contract.declare.variation import UnknownSlot, as_text, asks_for_stream, fill, swapped, unique_ids
from pytest_behavior_contract.exchange import FollowUp, Prompt, Tool
from pytest_behavior_contract.interfaces import Behavior


class File(Protocol):
    """What the builder of a clause wants of the file that it stands in."""

    foreign_code: bool

    @property
    def folder(self) -> Folder: ...

    def wrong(self, place: Place, message: str) -> None:
        """Takes note of a mistake."""
        ...

    def source(self, place: Place) -> str:
        """A place as file:line."""
        ...


class ClauseBuilder:
    """One clause, whose keys are known to have the right types."""

    def __init__(self, contract: str, entry: dict[str, Any], place: Place, file: File) -> None:
        self._contract = contract
        self._entry = entry
        self._place = place
        self._file = file
        self._folder = file.folder
        self._kinds = Expectations(file.folder, foreign_code=file.foreign_code)
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
        tools = self._tools(entry.get("tools", ()))
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
            deterministic=entry.get("deterministic", not pairs and not groups and probes.decided_at_once(cases)),
            cases=tuple(cases),
            pairs=pairs,
            repeats=max(repeats),
            groups=groups,
            marks=tuple(entry.get("marks", ())),
            folder=str(self._folder.path),
            source=self._file.source(self._place),
        )

    def _wrong(self, key: str, message: str) -> None:
        self._file.wrong((*self._place, key), message)

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
                self._file.wrong((*self._place, "contrast", "expect", index), message)

    def _cases(self, entry: Mapping[str, Any], place: Place, tools: tuple[Tool, ...], *, part: str) -> list[Case]:
        if "probe" in entry and part == "replies":
            return self._probe_cases(entry)
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
        return _numbered([self._with_second_request(case, entry) for case in cases])

    def _with_second_request(self, case: Case, entry: Mapping[str, Any]) -> Case:
        probe = probes.sent_in_words(entry) if probes.all_of(case.expect, "probe") else ""
        return dataclasses.replace(case, probe=probe, follow=self._follow_up(case.expect, case.prompt))

    def _probe_cases(self, entry: Mapping[str, Any]) -> list[Case]:
        for key in ("cases", "swap", "contrast", "wordings"):
            if entry.get(key):
                self._wrong(key, "says what to ask, and so does `probe`; a clause has one of them")
        try:
            found = probes.probes_of(entry, telling=self._wants_telling_prompts(entry))
        except ValueError as error:
            self._wrong("probe", str(error))
            return []
        return _numbered([self._probe_case(entry, probe) for probe in found])

    def _probe_case(self, entry: Mapping[str, Any], probe: probes.Probe) -> Case:
        tools = self._tools(probe.entry.get("tools", ()))
        prompt = self._prompt({**probe.entry, "expect": entry["expect"]}, self._place, {}, tools, 0)
        expect = self._expectations(entry["expect"], self._place, {})
        prompt = dataclasses.replace(prompt, partial=probe.partial)
        follow = probe.follow or self._follow_up(expect, prompt)
        return Case(id=probe.what, prompt=prompt, expect=expect, probe=probe.what, follow=follow)

    def _wants_telling_prompts(self, entry: Mapping[str, Any]) -> bool:
        return any(self._kinds.says(item, "wants_telling_prompts") for item in entry["expect"])

    def _follow_up(self, expect: tuple[Behavior, ...], prompt: Prompt) -> FollowUp | None:
        wanted = probes.second_requests(expect, prompt)
        if len(wanted) > 1:
            self._wrong("expect", "asks for two different second requests; make two clauses of it")
        return next(iter(wanted), None)

    def _slots(self, slots: Mapping[str, Any], case: Mapping[str, Any], case_id: str, place: Place) -> dict[str, Any]:
        """What a variant puts into slots, with the case's own values in it: so each case can bring its own pair."""
        try:
            return dict(fill(slots, case))
        except UnknownSlot as error:
            hint = registry.did_you_mean(error.slot, [name for name in case if name != "id"])
            what = f"case {case_id!r} has no value for the slot {{{error.slot}}}{hint}"
            if error.slot not in self._unfilled:
                self._unfilled.add(error.slot)
                self._file.wrong((*place, "swap"), f"{what} (write {{{{{error.slot}}}}} for plain braces)")
            return dict(slots)

    def _case_values(self, entry: Mapping[str, Any], place: Place) -> list[dict[str, Any]]:
        values: list[dict[str, Any]] = []
        for index, case in enumerate(entry.get("cases") or ()):
            if set(case) == {"file"} and isinstance(case["file"], str):
                try:
                    values += self._folder.cases(case["file"])
                except ValueError as error:
                    self._file.wrong((*place, "cases", index, "file"), str(error))
            else:
                values.append(case)
        if len(values) > MOST_CASES:
            self._file.wrong((*place, "cases"), f"{len(values):,} cases; at most {MOST_CASES:,} are read")
            return []
        return values or [{}]

    def _prompt(
        self, entry: Mapping[str, Any], place: Place, values: Mapping[str, Any], tools: tuple[Tool, ...], variant: int
    ) -> Prompt:
        wordings = entry.get("wordings")
        prompt, messages = wordings[variant] if wordings else entry.get("prompt"), entry.get("messages")
        if prompt and messages:
            self._file.wrong((*place, "prompt"), "a clause has either `prompt` or `messages`")
        if not prompt and not messages:
            if not all(self._kinds.says(item, "probe") for item in entry["expect"]):
                self._file.wrong(place, "'prompt' (or 'messages') is missing")
            prompt = probes.suited_prompt(probes.parameters_of(entry), telling=self._wants_telling_prompts(entry))
        key = "wordings" if wordings else "messages" if messages else "prompt"
        try:
            turns = fill(messages or [{"role": "user", "content": prompt}], values)
            system = fill(entry.get("system", ""), values)
        except UnknownSlot as error:
            known = [name for name in values if name != "id"]
            hint = registry.did_you_mean(error.slot, known) or "; give it a value in `cases`"
            message = f"no case fills the slot {{{error.slot}}}{hint} (write {{{{{error.slot}}}}} for plain braces)"
            self._file.wrong((*place, key), message)
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
            self._file.wrong(error.place, str(error))
            return None
        if filled == item:
            self._built[place] = behavior
        return behavior


def _numbered(cases: list[Case]) -> list[Case]:
    """Tells cases that ask the very same apart, so that one reply is never counted as several."""
    prompts = [repr(case.prompt) for case in cases]
    counts = Counter(prompts)
    if len(counts) == len(cases):
        return cases
    seen: Counter[str] = Counter()
    numbered = []
    for case, prompt in zip(cases, prompts, strict=True):
        numbered.append(dataclasses.replace(case, copy=seen[prompt], copies=counts[prompt]))
        seen[prompt] += 1
    return numbered
