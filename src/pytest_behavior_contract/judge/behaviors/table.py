"""The reply has a table in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import between, check_bounds
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict

_RULE_CELL = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, kw_only=True)
class Table:
    """The reply has a Markdown table, and every row of it as many cells as its head.

    ```yaml
    expect:
      - table
      - table: {columns: [City, Population], at_least: 3, only: true}
    ```

    `columns` are the names in the head, in their order, or how many there are. `at_least` and `at_most` count the rows
    below the head. `only` allows nothing but the table. Where there are several tables, the first one counts.
    Causes: `no table`, `table without a head rule`, `rows of different length`, `N columns, not M`,
    `columns have other names`, `fewer than N rows`, `more than N rows`, `no rows`, `text before the table`
    (`after`, `around`), `empty reply`.
    Limits: tables of GitHub's Markdown; for comma-separated values see `csv`.
    """

    columns: tuple[str, ...] | int | None = None
    at_least: int | None = None
    at_most: int | None = None
    only: bool = False

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most)
        if self.columns in ((), 0) or (isinstance(self.columns, int) and self.columns < 0):
            raise ValueError("columns must not be empty")

    def check(self, reply: Reply) -> Verdict:
        text = reply.text
        if not text.strip():
            return failed("empty reply")
        lines = text.splitlines()
        found = _table(lines)
        if found is None:
            piped = sum(line.lstrip().startswith("|") for line in lines) > 1
            return failed("table without a head rule" if piped else "no table", text)
        start, end = found
        wrong = self._wrong([_cells(line) for line in lines[start:end]], text)
        if wrong:
            return wrong
        before, after = any(map(str.strip, lines[:start])), any(map(str.strip, lines[end:]))
        if self.only and (before or after):
            where = "around" if before and after else "before" if before else "after"
            return failed(f"text {where} the table", text)
        return passed(f"has a table of {end - start - 2} rows")

    def _wrong(self, rows: list[list[str]], text: str) -> Verdict | None:
        head, body = rows[0], rows[2:]
        uneven = next((row for row in rows[1:] if len(row) != len(head)), None)
        if uneven is not None:
            return failed("rows of different length", " | ".join(uneven))
        names = self.columns if isinstance(self.columns, tuple) else ()
        wanted = len(names) or self.columns or len(head)
        if len(head) != wanted:
            return failed(f"{len(head)} columns, not {wanted}", text)
        if names and tuple(name.strip("*_ ") for name in head) != names:
            return failed("columns have other names", ", ".join(quoted(name) for name in head))
        verdict = between(len(body), self.at_least, self.at_most, "rows", text)
        return None if verdict.passed else verdict


def _table(lines: list[str]) -> tuple[int, int] | None:
    """Where the first table begins and ends: a head, a rule below it, and the lines with a pipe that follow."""
    for number in _rules(lines):
        end = number + 1
        while end < len(lines) and "|" in lines[end]:
            end += 1
        return number - 1, end
    return None


def _rules(lines: list[str]) -> Iterator[int]:
    for number, line in enumerate(lines):
        if not number or "-" not in line or "|" not in lines[number - 1] or not set(line) <= set("|-: \t"):
            continue
        cells = _cells(line)
        if len(cells) == len(_cells(lines[number - 1])) and all(_RULE_CELL.fullmatch(cell) for cell in cells):
            yield number


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip() for cell in _PIPE.split(inner)]
