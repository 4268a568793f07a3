"""The report as one screen of text."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_behavior_contract.results import Change, Comparison, Judged, Outcome, Report, Run
from pytest_behavior_contract.tell.probes import probe_lines
from pytest_behavior_contract.tell.wording import (
    ORDER,
    answer_reason,
    beside,
    bracketed,
    cause_sentence,
    counts,
    farthest_topics,
    first_failed,
    found_in,
    judge_sentences,
    measures,
    more_needed,
    percent,
    provenance,
    rate_sentence,
    reliance,
    remark,
    run_answer,
    shown,
    spending,
    spent_on,
    twin_rate,
    undecided_sentence,
)

_COLORS = {"yes": "32", "no": "31", "broke": "31", "broken": "31", "improved": "32", "held": "32", "kept": "32"}
_OTHER_COLOR = "33"
_OPEN = ("undecided", "unmeasured")
MOST_ROWS = 40
"""More clauses than this, and those that held are counted instead of listed."""
MOST_DETAILS = 20
MOST_MEASURES = 12
"""More comparisons than this, and those that show something come first."""
_INDENT = 14
_NARROW = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What stands at the end of a pytest run.

    ```console
    pytest --contract
    ```
    """

    width: int = 100
    color: bool = False
    verbosity: int = 0

    def render(self, report: Report) -> str:
        lines: list[str] = []
        for comparison in report.comparisons:
            runs = {run.endpoint: run for run in report.runs}
            lines += [*self._comparison(comparison, runs[comparison.baseline], runs[comparison.candidate]), ""]
        if not report.comparisons:
            for run in report.runs:
                lines += [*self._run(run), ""]
        probes = probe_lines(report, width=self.width, verbosity=self.verbosity)
        for part in (probes, self._warnings(report), self._payments(report)):
            lines += [*part, ""] if part else []
        return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"

    def _warnings(self, report: Report) -> list[str]:
        """What one should know of clauses that are fine, and so have no lines of their own."""
        fine = [one for run in report.runs for one in run.outcomes if one.decision.state == "kept"]
        if self.verbosity < 0:
            return []
        judges = [f"judge: {one.clause} at {one.endpoint}: {text}" for one in fine for text in judge_sentences(one)]
        return [
            *(shown(text) for text in judges),
            *(shown(f"note: {one.clause} at {one.endpoint}: {note}") for one in fine for note in one.notes),
        ]

    def _payments(self, report: Report) -> list[str]:
        """With -v, what each clause cost."""
        paid = [one for run in report.runs for one in run.outcomes if one.spent.calls]
        if self.verbosity < 1 or not paid:
            return []
        width = max(len(one.clause) for one in paid)
        lines = [f"{one.clause:<{width}}  {one.endpoint}  {spending(one.spent)}" for one in paid]
        return ["paid for live calls", *lines, f"{'in all':<{width}}  {spending(spent_on(paid))}"]

    def _comparison(self, comparison: Comparison, baseline: Run, candidate: Run) -> list[str]:
        question = f"can I move  {_named(baseline)} → {_named(candidate)} ?"
        lines = [f"{question}   {self._word(comparison.answer.upper(), comparison.answer)}"]
        words = counts((change.kind, change.binding) for change in comparison.changes)
        lines.append(self._spread(words, provenance((baseline, candidate))))
        reason = answer_reason(comparison)
        if reason:
            lines.append(reason)
        if self.verbosity < 0:
            return lines
        changes = sorted(comparison.changes, key=lambda change: ORDER.index(change.kind))
        before = {outcome.clause: outcome for outcome in baseline.outcomes}
        after = {outcome.clause: outcome for outcome in candidate.outcomes}
        details = [change for change in changes if change.kind not in ("held", "improved") and change.clause in after]
        numbers = {change.clause: number for number, change in enumerate(details, 1)}
        rows = [
            _Row(
                clause=change.clause,
                cells=(
                    _tally(before.get(change.clause)),
                    _tally(after.get(change.clause)),
                    _difference(change, after.get(change.clause), narrow=self.width < _NARROW),
                ),
                word=change.kind,
                cause=_change_cause(change, after.get(change.clause)),
                number=numbers.get(change.clause, 0),
                binding=change.binding,
            )
            for change in changes
        ]
        heads = (baseline.endpoint, candidate.endpoint, "change")
        lines += ["", *self._table(heads, "verdict", rows, quiet_words=("held",))]
        for number, change in enumerate(details[:MOST_DETAILS], 1):
            lines += ["", *self._detail(number, after[change.clause], before.get(change.clause), change.kind)]
        if len(details) > MOST_DETAILS:
            lines += ["", f"… and {len(details) - MOST_DETAILS} more; --contract-report report.json has them all"]
        return lines

    def _run(self, run: Run) -> list[str]:
        answer = run_answer(run)
        lines = [f"does  {_named(run)}  keep its contracts ?   {self._word(answer.upper(), answer)}"]
        words = counts((outcome.decision.state, outcome.binding) for outcome in run.outcomes)
        lines.append(self._spread(words or "no clause was run", provenance((run,))))
        if self.verbosity < 0 or not run.outcomes:
            return lines
        outcomes = sorted(run.outcomes, key=lambda outcome: ORDER.index(outcome.decision.state))
        details = [outcome for outcome in outcomes if outcome.decision.state != "kept"]
        numbers = {outcome.clause: number for number, outcome in enumerate(details, 1)}
        rows = [
            _Row(
                clause=outcome.clause,
                cells=(_tally(outcome), _interval(outcome)),
                word=outcome.decision.state,
                cause=_run_cause(outcome),
                number=numbers.get(outcome.clause, 0),
                binding=outcome.binding,
            )
            for outcome in outcomes
        ]
        lines += ["", *self._table((run.endpoint, "rate"), "decision", rows, quiet_words=("kept",))]
        for outcome in details[:MOST_DETAILS]:
            lines += ["", *self._detail(numbers[outcome.clause], outcome, None, outcome.decision.state)]
        if len(details) > MOST_DETAILS:
            lines += ["", f"… and {len(details) - MOST_DETAILS} more; --contract-report report.json has them all"]
        return lines

    def _table(self, heads: Sequence[str], verdict: str, rows: list[_Row], *, quiet_words: Sequence[str]) -> list[str]:
        hidden = 0
        if len(rows) > MOST_ROWS and self.verbosity < 1:
            hidden = sum(row.word in quiet_words for row in rows)
            rows = [row for row in rows if row.word not in quiet_words]
        widths = (
            [max(len(head), *(len(row.cells[i]) for row in rows), 0) for i, head in enumerate(heads)] if rows else []
        )
        words = max((len(row.shown_word) for row in rows), default=0)
        name = min(
            max((len(row.clause) for row in rows), default=6),
            max(20, self.width - sum(widths) - words - 2 * len(widths) - 20),
        )
        cells = "  ".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
        lines = [f"{'clause':<{name}}  {cells}  {verdict:<{words}}  cause"] if rows else []
        for row in rows:
            cells = "  ".join(f"{cell:>{width}}" for cell, width in zip(row.cells, widths, strict=True))
            start = f"{_clipped(row.clause, name):<{name}}  {cells}  "
            room = self.width - len(start) - words - 2
            number = f"  #{row.number}" if row.number else ""
            cause = _clipped(row.cause, max(10, room - len(number)))
            word = self._word(f"{row.shown_word:<{words}}", row.word)
            lines.append(f"{start}{word}  {cause:<{max(0, room - len(number))}}{number}")
        if any(not row.binding for row in rows):
            lines.append("(in brackets: cosmetic, so it is reported but decides nothing)")
        if hidden:
            lines.append(f"… and {hidden} that {' or '.join(quiet_words)} (-v lists them)")
        return lines

    def _detail(self, number: int, outcome: Outcome, baseline: Outcome | None, word: str) -> list[str]:
        lines = [f"#{number} {outcome.clause}  {self._word(word, word)}"]
        if outcome.assumes:  # what could not be loaded says nothing
            lines += self._said("assumes", outcome.assumes)
        if outcome.relied_on_by or outcome.why:
            lines += self._said("relied on", reliance(outcome))
        state = outcome.decision.state
        if state == "unmeasured":
            lines += self._said("problem", cause_sentence(outcome))
        else:
            lines += self._said(
                "shown", undecided_sentence(outcome) if state == "undecided" else rate_sentence(outcome)
            )
            if outcome.causes:
                lines += self._said("cause", cause_sentence(outcome))
            most = 1_000 if self.verbosity > 0 else MOST_MEASURES
            compared = measures(outcome, most)
            lines += [f"   {'' if n else 'measures':<10} {shown(one)}" for n, one in enumerate(compared)]
            if apart := farthest_topics(outcome, most // 4):
                lines += self._said("apart", apart)
        failed = first_failed(outcome)
        if failed is not None:
            for label, text in _evidence(failed, outcome, baseline):
                lines += [self._quoted(*one) for one in beside(label, text, failed.part)]
        for mend in dict.fromkeys(cause.mend for cause in outcome.causes[:3] if cause.mend):
            lines += self._said("mend", mend)
        for sentence in judge_sentences(outcome):
            lines += self._said("judge", sentence)
        for note in outcome.notes:
            lines += self._said("note", note)
        lines.append(f"   {'again':<10} {_again(outcome)}")
        return lines

    def _said(self, label: str, text: str) -> list[str]:
        """What we say, whole, on as many lines as it takes."""
        room = max(40, self.width - _INDENT)
        lines = textwrap.wrap(shown(text), room, break_long_words=False, break_on_hyphens=False) or [""]
        return [f"   {label if not number else '':<10} {line}" for number, line in enumerate(lines)]

    def _quoted(self, label: str, text: str) -> str:
        """What somebody or a model wrote: one line of it, all of it with -v."""
        return f"   {label:<10} {shown(text, max(40, self.width - _INDENT) if self.verbosity < 1 else 0)}"

    def _spread(self, left: str, right: str) -> str:
        gap = self.width - len(left) - len(right)
        return f"{left}{' ' * gap}{right}" if gap > 1 else f"{left}\n{right}"

    def _word(self, text: str, kind: str) -> str:
        return f"\x1b[{_COLORS.get(kind, _OTHER_COLOR)}m{text}\x1b[0m" if self.color else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    clause: str
    cells: tuple[str, ...]
    word: str
    cause: str
    number: int
    binding: bool

    @property
    def shown_word(self) -> str:
        return bracketed(self.word, binding=self.binding)


def _named(run: Run) -> str:
    return run.endpoint if not run.model or run.endpoint.endswith(run.model) else f"{run.endpoint} ({run.model})"


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"


def _tally(outcome: Outcome | None) -> str:
    if outcome is None or not outcome.decision.n:
        return "–"
    return f"{outcome.decision.passes}/{outcome.decision.n}"


def _interval(outcome: Outcome) -> str:
    decision = outcome.decision
    if not decision.n:
        return ""
    if decision.basis == "exact" or decision.high - decision.low >= 1:
        return percent(decision.rate)
    return f"{percent(decision.rate)} [{decision.low * 100:.0f},{decision.high * 100:.0f}]"


def _difference(change: Change, outcome: Outcome | None, *, narrow: bool) -> str:
    """The change in percent points; its interval where there is room for one and it says something."""
    if outcome is None or change.high - change.low >= 2:
        return ""
    text = f"{change.difference * 100:+.0f}"
    if narrow or outcome.decision.basis == "exact":
        return text
    return f"{text} [{change.low * 100:+.0f},{change.high * 100:+.0f}]"


def _change_cause(change: Change, outcome: Outcome | None) -> str:
    if outcome is None:
        return "not asked at the candidate"
    if change.kind == "unmeasured" and outcome.decision.state != "unmeasured":
        return "the baseline could not be measured"
    if change.kind == "undecided":
        return more_needed(outcome.decision)
    if change.kind in ("held", "improved"):
        return _kept_note(outcome)
    return cause_sentence(outcome)


def _run_cause(outcome: Outcome) -> str:
    if outcome.decision.state == "undecided":
        return more_needed(outcome.decision)
    if outcome.decision.state == "kept":
        return _kept_note(outcome)
    return cause_sentence(outcome)


def _kept_note(outcome: Outcome) -> str:
    return ", ".join(part for part in (remark(outcome.decision), twin_rate(outcome)) if part)


def _evidence(failed: Judged, outcome: Outcome, baseline: Outcome | None) -> Iterable[tuple[str, str]]:
    """The prompt and the reply that failed, below the baseline's reply to the same prompt."""
    if failed.prompt:
        yield "prompt", failed.prompt
    if baseline is not None:
        twin = next(
            (one for one in baseline.judged if (one.part, one.case, one.k) == (failed.part, failed.case, failed.k)),
            None,
        )
        if twin is not None and twin.reply:
            yield baseline.endpoint[:10], twin.reply
    if failed.reply:
        yield outcome.endpoint[:10] if baseline is not None else "reply", failed.reply
    found = found_in(failed)
    if found:
        yield "found", found


def _again(outcome: Outcome) -> str:
    path = outcome.source.rpartition(":")[0] or outcome.source
    clause = outcome.clause.partition("/")[2]
    what = [f"{path}::{clause}"] if path.endswith(".yaml") else [path, *(["-k", clause] if clause else [])]
    # What was never asked cannot be seen again; what was stopped goes on.
    unfinished = outcome.spent.calls or any("interrupted" in said for said in (outcome.problem, *outcome.notes))
    asks = outcome.problem.startswith("missing recording") or (unfinished and outcome.decision.state in _OPEN)
    record = ["--contract-record=missing"] if asks else []
    return shlex.join(["pytest", "--contract", *what, "--contract-endpoint", outcome.endpoint, *record])
