"""Recordings against the contracts beside them: which of them nobody asks for any more."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from pytest_behavior_contract.ask.ages import read_age, read_moment
from pytest_behavior_contract.ask.cassettes.asked import alone, asked_at, cassettes_of, contracts_in
from pytest_behavior_contract.ask.cassettes.files import FOLDER
from pytest_behavior_contract.ask.cassettes.judged import Frame, Judging, is_about_a_clause, judging_at
from pytest_behavior_contract.ask.endpoints import BUILT_IN, Endpoint, Settings, load_settings
from pytest_behavior_contract.ask.reading import differing
from pytest_behavior_contract.declare.contract import Contract
from pytest_behavior_contract.errors import SettingsError
from pytest_behavior_contract.exchange import Exchange, Request, canonical_json

_OTHER_CONTRACT = re.compile(r"\bcontract\s*=\s*(?![=\s])(?:\"([^\"\n]*)\"|'([^'\n]*)'|())")
"""`contract="x"` in a Python file; the third group is one that is not written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Which recordings of one cassette are stale."""

    all_stale: str = ""
    """Why all of them are; empty where that is not so."""
    cannot_tell: str = ""
    """Why it cannot be told whether they are asked for; their age can be told all the same."""
    asked: Mapping[str, Request] = field(default_factory=dict)
    """What its clause asks, by digest."""
    frames: tuple[Frame, ...] = ()
    """What a judge is asked about its clause, without the replies that it is asked about."""
    not_before: dt.datetime | None = None
    """What was recorded earlier is stale whatever is asked."""

    def reason(self, exchange: Exchange) -> str:
        """Why a recording is stale; empty where it is not."""
        found = self.not_asked(exchange.request.digest)
        if self.frames and not any(frame.fits(exchange.request) for frame in self.frames):
            found = "its judge is not asked by this rubric any more"
        if found:
            return found
        moment = read_moment(exchange.recorded_at)
        if self.not_before is not None and moment is not None and moment < self.not_before:
            return f"recorded before {self.not_before:%Y-%m-%d}"
        return ""

    def not_asked(self, digest: str) -> str:
        """Why nobody asks a request of this digest; empty where somebody does, or may."""
        if self.all_stale or self.cannot_tell or self.frames or digest in self.asked:
            return self.all_stale
        return "its request is not asked any more"

    def nearest(self, exchange: Exchange) -> str:
        """How a request that is not asked differs from the nearest one that is; empty where nothing is asked."""
        text = canonical_json(exchange.request.body)
        best: tuple[int, int, list[str]] | None = None
        for asked in self.asked.values():
            found = differing(exchange.request, asked, "recorded")
            rank = (len(found), -_shared(text, canonical_json(asked.body)), found)
            best = rank if best is None or rank[:2] < best[:2] else best
        return "; ".join(best[2][:2]) if best else ""


class Judge:
    """Rules on cassettes; reads each folder's contracts once.

    Args:
        settings: where endpoints are looked up, besides the configuration nearest to a cassette.
        max_age: recordings older than this are stale; as in `90d`, `12w`, `36h`; empty for any age.
        now: the moment from which ages are counted.

    Raises:
        SettingsError: for an age that is none.
    """

    def __init__(self, settings: Settings, max_age: str = "", now: dt.datetime | None = None) -> None:
        self._settings = settings
        self._not_before = (now or dt.datetime.now(dt.UTC)) - read_age(max_age, "--max-age") if max_age else None
        self._near: dict[Path, Settings] = {}
        self._contracts: dict[Path, list[Contract]] = {}
        self._asked: dict[tuple[Path, str], dict[Path, dict[str, Request]]] = {}

    def rule(self, cassette: Path) -> Ruling:
        """Which recordings of a cassette are stale; raises ContractFileError and SettingsError."""
        cassette = cassette.absolute()
        if len(cassette.parts) < 5 or cassette.parents[2].name != FOLDER:
            return self._ruling(cannot_tell=f"it does not lie in a folder {FOLDER}/ENDPOINT/CONTRACT")
        folder = cassette.parents[3]
        name = unquote(cassette.parents[1].name)
        endpoints = self._endpoints(folder, cassette.parents[1].name)
        if not endpoints:
            return self._ruling(all_stale=f"no endpoint {name!r} in {self._sources(folder)}")
        asked = self._asked_in(folder, cassette.parents[1].name, endpoints)
        if cassette in asked:
            return self._ruling(asked=asked[cassette])
        contract, clause = unquote(cassette.parent.name), unquote(cassette.stem)
        judged = is_about_a_clause(cassette)
        if judged:
            found = self._judging(folder, endpoints).get(cassette.with_name(f"{judged}{cassette.suffix}"))
            if found is not None:
                return self._rule_judging(found)
            clause = unquote(judged)
        if _python_may_ask(folder, contract):
            return self._ruling(cannot_tell="a Python test's requests are known only when it runs")
        if any(path.parent == cassette.parent for path in asked):
            if judged and cassette.with_name(f"{judged}{cassette.suffix}") in asked:
                return self._ruling(all_stale=f"clause {clause!r} asks no judge {name!r} any more")
            return self._ruling(all_stale=f"contract {contract!r} has no clause {clause!r}")
        return self._ruling(all_stale=f"there is no contract {contract!r} in {folder.name}")

    def _rule_judging(self, found: list[Judging]) -> Ruling:
        """Which replies a judge is asked about only a run knows; by which rubric, the contract does."""
        if any(one.unknown for one in found):
            return self._ruling(cannot_tell="what a judge is asked is known only when replies are")
        frames = tuple(frame for one in found for frame in one.frames)
        ruling = self._ruling(asked={frame.request.digest: frame.request for frame in frames})
        return dataclasses.replace(ruling, frames=frames)

    def _judging(self, folder: Path, endpoints: list[Endpoint]) -> dict[Path, list[Judging]]:
        clauses = [clause for contract in self._contracts[folder] for clause in contract.clauses]
        found: dict[Path, list[Judging]] = {}
        for endpoint in endpoints:
            for settings in (self._settings, self._settings_near(folder)):
                for path, judging in judging_at(alone(endpoint), settings, clauses):
                    found.setdefault(path, []).append(judging)
        return found

    def _ruling(
        self, *, all_stale: str = "", cannot_tell: str = "", asked: Mapping[str, Request] | None = None
    ) -> Ruling:
        return Ruling(all_stale=all_stale, cannot_tell=cannot_tell, asked=asked or {}, not_before=self._not_before)

    def _endpoints(self, folder: Path, name: str) -> list[Endpoint]:
        """The endpoints whose folder has this name, as the current and as the nearest configuration describe them."""
        found: list[Endpoint] = []
        for settings in (self._settings, self._settings_near(folder)):
            known = [*settings.endpoints.values(), *(settings.find(built_in) for built_in in BUILT_IN)]
            endpoint = next((one for one in known if one.folder == name), None)
            if endpoint is None:
                try:
                    endpoint = settings.find(unquote(name))
                except SettingsError:
                    continue
            if endpoint not in found:
                found.append(endpoint)
        return found

    def _sources(self, folder: Path) -> str:
        sources = [settings.source for settings in (self._settings, self._settings_near(folder)) if settings.source]
        return " or ".join(dict.fromkeys(sources)) or "any pyproject.toml"

    def _settings_near(self, folder: Path) -> Settings:
        if folder not in self._near:
            self._near[folder] = load_settings(folder)
        return self._near[folder]

    def _asked_in(self, folder: Path, name: str, endpoints: list[Endpoint]) -> dict[Path, dict[str, Request]]:
        if folder not in self._contracts:
            self._contracts[folder] = contracts_in(folder)
        if (folder, name) not in self._asked:
            clauses = [clause for contract in self._contracts[folder] for clause in contract.clauses]
            asked: dict[Path, dict[str, Request]] = {}
            for endpoint in endpoints:
                for path in cassettes_of(endpoint, clauses):
                    asked.setdefault(path, {})
                for one in asked_at(endpoint, clauses):
                    asked[one.tape.path][one.request.digest] = one.request
            self._asked[folder, name] = asked
        return self._asked[folder, name]


def _python_may_ask(folder: Path, contract: str) -> bool:
    """Whether some Python file of a folder is, or may be, the contract: a test's module, or what `@clause` names."""
    for path in sorted(folder.glob("*.py")):
        if path.stem.removeprefix("test_") == contract:
            return True
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return True
        for found in _OTHER_CONTRACT.finditer(text):
            if found[3] is not None or contract in (found[1], found[2]):
                return True
    return False


def _shared(one: str, other: str) -> int:
    """How many characters two texts have in common, at their beginnings and their ends."""
    pairs = (zip(one, other, strict=False), zip(reversed(one), reversed(other), strict=False))
    return sum(sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], found)) for found in pairs)
