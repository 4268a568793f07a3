"""What judges are asked about the clauses of contract files: which of their recordings still answer a clause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_behavior_contract.ask.asker import Asker
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.ask.jury import ABOUT_EXAMPLES, about_replies_of, judges_of
from pytest_behavior_contract.ask.reading import leaves
from pytest_behavior_contract.declare.contract import Clause
from pytest_behavior_contract.errors import NotExpressible, SettingsError
from pytest_behavior_contract.exchange import Prompt, Question, Reply, Request

_SAMPLES = (Reply(text="one reply"), Reply(text="another reply"), Reply(text="a third reply"))
_PROMPT = Prompt(messages=({"role": "user", "content": "a prompt"},))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A question to a judge without what it is about, which only the replies know."""

    request: Request
    open: frozenset[str]
    """The places in the body that differ from reply to reply."""

    def fits(self, recorded: Request) -> bool:
        """Whether a recorded request is this question about some reply."""
        mine, other = dict(leaves(self.request.body)), dict(leaves(recorded.body))
        differing = {place for place in mine.keys() | other.keys() if mine.get(place) != other.get(place)}
        return differing <= self.open and recorded.surface == self.request.surface


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What one clause asks one judge."""

    frames: tuple[Frame, ...] = ()
    unknown: bool = False
    """Whether it may ask more than the frames say."""


def is_about_a_clause(cassette: Path) -> str:
    """The file name of the clause whose judge's answers a cassette holds, without its ending; empty for any other."""
    clause, about, _ = cassette.stem.partition(about_replies_of(""))
    if about:
        return clause
    return clause.removesuffix(ABOUT_EXAMPLES) if clause.endswith(ABOUT_EXAMPLES) else ""


def judging_at(asker: Asker, settings: Settings, clauses: Iterable[Clause]) -> Iterator[tuple[Path, Judging]]:
    """What each clause asks this endpoint as a judge, by the path that the clause's own cassette there would have."""
    for clause in clauses:
        checks: dict[tuple[Path, int], Any] = {}
        for case in clause.cases:
            path = asker.tape(clause, case).path
            checks |= {(path, id(check)): check for check in case.expect}
        checks |= {(asker.tape(clause).path, id(check)): check for check in clause.pairs}
        for (path, _), check in checks.items():
            for one in _leaf_checks(check):
                if any(_is(settings, name, asker.endpoint) for name in judges_of((one,))):
                    yield path, _judging(one, asker)


def _judging(check: Any, asker: Asker) -> Judging:
    """The frames of a check, found by what it asks about replies that differ; an odd one is not guessed at."""
    rubrics = [check, *(one.check for one in (check.labelled() if hasattr(check, "labelled") else ()))]
    frames: dict[str, Frame] = {}
    for one in {repr(rubric): rubric for rubric in rubrics}.values():
        try:
            asked = [asker.spelled(question.prompt) for question in _asked(one)]
        except NotExpressible:
            continue
        if len(asked) < 2:
            return Judging(unknown=True)
        first, second = dict(leaves(asked[0].body)), dict(leaves(asked[1].body))
        open_places = frozenset(
            place for place in first.keys() | second.keys() if first.get(place) != second.get(place)
        )
        if len(open_places) != 1:
            return Judging(unknown=True)
        frames[asked[0].digest] = Frame(request=asked[0], open=open_places)
    return Judging(frames=tuple(frames.values()))


def _asked(check: Any) -> Sequence[Question]:
    if hasattr(check, "pair_questions"):
        pairs = (_SAMPLES[:2], _SAMPLES[1:])
        return [question for one, two in pairs for question in check.pair_questions((_PROMPT, _PROMPT), one, two)[:1]]
    return [question for reply in _SAMPLES[:2] for question in check.questions(_PROMPT, reply)]


def _leaf_checks(check: Any) -> Iterator[Any]:
    """The checks that a check is made of."""
    inner = (check.expectation,) if hasattr(check, "expectation") else getattr(check, "expectations", ())
    if not inner:
        yield check
    for one in inner:
        yield from _leaf_checks(one)


def _is(settings: Settings, name: str, endpoint: Endpoint) -> bool:
    try:
        return settings.judge_named(name).folder == endpoint.folder
    except SettingsError:
        return False
