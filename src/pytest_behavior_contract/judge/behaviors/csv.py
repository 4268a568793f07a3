"""The reply is CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.bounds import between, check_bounds
from pytest_behavior_contract.judge.payload import payload_of, placed
from pytest_behavior_contract.judge.verdicts import failed, passed, quoted
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Csv:
    """The reply is a table of comma-separated values: every row has as many fields as the first.

    ```yaml
    expect:
      - csv: {columns: [name, price]}
      - csv: {columns: 3, delimiter: ";", at_least: 1, at_most: 10, form: fenced}
    ```

    `columns` are the names in the first row, in their order, or how many fields a row has; left out, at least two.
    `at_least` and `at_most` count the rows below the names, all rows where `columns` has no names. `form` is the
    loosest form that is allowed: `bare`, `fenced` (bare, or in one code fence), `embedded` (in a fence within text).
    Causes: ``fenced in ```csv``, `text before the fenced CSV` (`after`, `around`), `only one column`,
    `rows of different length`, `N columns, not M`, `columns have other names`, `broken quotes`, `field too long`,
    `fewer than N rows`, `more than N rows`, `no rows`, `empty reply`, `cut off by the token limit`.
    Limits: fields are text; names are compared with white space around them forgiven.
    """

    columns: tuple[str, ...] | int | None = None
    delimiter: str = ","
    at_least: int | None = None
    at_most: int | None = None
    form: Literal["bare", "fenced", "embedded"] = "bare"

    def __post_init__(self) -> None:
        check_bounds(self.at_least, self.at_most)
        if len(self.delimiter) != 1 or self.delimiter in '\r\n"':
            raise ValueError(f"delimiter is one character such as , or ; or a tab, not {self.delimiter!r}")
        if self.columns in ((), 0) or (isinstance(self.columns, int) and self.columns < 0):
            raise ValueError("columns must not be empty")

    def check(self, reply: Reply) -> Verdict:
        if not reply.text.strip():
            return failed("empty reply")
        payload = payload_of(reply.text, "CSV")
        fault = self._wrong(payload.content, reply.text)
        return placed(payload, self.form, fault, reply) or passed("is CSV")

    def _wrong(self, content: str, text: str) -> Verdict | None:
        try:
            reader = csv.reader(io.StringIO(content.strip("\r\n"), newline=""), delimiter=self.delimiter, strict=True)
            rows = [row for row in reader if row]
        except csv.Error as error:
            return failed("field too long" if "limit" in str(error) else "broken quotes", f"{error} · {text}")
        if not rows:
            return failed("no rows", text)
        width = len(rows[0])
        uneven = next((row for row in rows if len(row) != width), None)
        if uneven is not None:
            return failed("rows of different length", self.delimiter.join(uneven))
        if width == 1 and self.columns not in (1, (rows[0][0].strip(),)):
            return failed("only one column", text)
        names = self.columns if isinstance(self.columns, tuple) else ()
        wanted = len(names) or self.columns or width
        if width != wanted:
            return failed(f"{width} columns, not {wanted}", text)
        if names and tuple(name.strip() for name in rows[0]) != names:
            return failed("columns have other names", ", ".join(quoted(name) for name in rows[0]))
        verdict = between(len(rows) - bool(names), self.at_least, self.at_most, "rows", text)
        return None if verdict.passed else verdict
