"""What endpoints make of the requests that an application sends, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_behavior_contract.results import Outcome, Probe, Report
from pytest_behavior_contract.tell.wording import shown

MOST_LINES = 60
"""More probes than this, and those that every endpoint accepts are counted instead of listed."""
_LEAST_WORDS = 40
"""With less room beside the results, what was said stands below them."""


def probe_lines(report: Report, *, width: int, verbosity: int = 0) -> list[str]:
    """The table with its heading; nothing where nothing was probed, or where little is to be said."""
    endpoints = [run.endpoint for run in report.runs]
    outcomes = {(one.clause, one.endpoint): one for run in report.runs for one in run.outcomes if one.probes}
    if not outcomes or verbosity < 0:
        return []
    lines: list[str] = []
    listed = sum(len(one.probes) for one in outcomes.values()) <= MOST_LINES * len(endpoints) or verbosity > 0
    for clause in dict.fromkeys(clause for clause, _ in outcomes):
        found = {name: outcomes[clause, name] for name in endpoints if (clause, name) in outcomes}
        lines += [*([""] if lines else []), *_of_clause(clause, endpoints, found, width, whole=listed)]
    return lines


def _of_clause(
    clause: str, endpoints: Sequence[str], outcomes: Mapping[str, Outcome], width: int, *, whole: bool
) -> list[str]:
    rows: dict[str, dict[str, Probe]] = {}
    for name, outcome in outcomes.items():
        for probe in outcome.probes:
            rows.setdefault(probe.what, {})[name] = probe
    kept = {what: row for what, row in rows.items() if whole or any(one.result != "accepted" for one in row.values())}
    heading = f"probes of {shown(clause)}"
    first = max([len(heading), *(len(shown(what)) + 2 for what in kept)])
    first = min(first, max(20, width // 2))
    columns = [max(8, len(name)) for name in endpoints]
    heads = "  ".join(f"{name:<{size}}" for name, size in zip(endpoints, columns, strict=True))
    room = width - first - sum(columns) - 2 * len(columns) - 2
    lines = [f"{_cut(heading, first):<{first}}  {heads}"]
    for what, row in kept.items():
        results = [row[name].result if name in row else "–" for name in endpoints]
        cells = "  ".join(f"{result:<{size}}" for result, size in zip(results, columns, strict=True))
        start = f"  {_cut(shown(what), first - 2):<{first - 2}}  {cells}  "
        words = _words(row, named=len(endpoints) > 1)
        if len(words) == 1 and room >= _LEAST_WORDS:
            lines.append(start + _cut(words[0], room))
        else:
            lines += [start, *(f"      {_cut(text, width - 6)}" for text in words)]
    hidden = len(rows) - len(kept)
    return [*lines, *([f"  … and {hidden} that are accepted (-v lists them)"] if hidden else [])]


def _words(row: Mapping[str, Probe], *, named: bool) -> list[str]:
    """What was said of one request, each with who said it."""
    said: dict[str, list[str]] = {}
    for name, probe in row.items():
        if probe.words:
            said.setdefault(shown(probe.words), []).append(name)
    return [f"{', '.join(names)}: {words}" if named else words for words, names in said.items()]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"
