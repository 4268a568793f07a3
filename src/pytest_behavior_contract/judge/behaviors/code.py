"""The reply is code that parses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.parsers import PARSERS, Fault, TooLong
from pytest_behavior_contract.judge.payload import payload_of, placed
from pytest_behavior_contract.judge.verdicts import failed, passed, unable
from pytest_behavior_contract.results import Verdict

_SHOWN = {"python": "Python", "json": "JSON", "yaml": "YAML", "toml": "TOML", "xml": "XML", "sql": "SQL"}


@dataclass(frozen=True, kw_only=True)
class Code:
    """The reply is code that a real parser of its language takes; it is never run.

    ```yaml
    expect:
      - code: python
      - code: {language: sql, dialect: postgres, form: fenced}
    ```

    `language` is `python` (the parser of the Python that runs the tests), `sql` (sqlglot; `dialect` is one of its
    names, such as `postgres`, `mysql`, `sqlite`, `bigquery`, `tsql`), `json`, `yaml`, `toml` or `xml`. `form` is the
    loosest form that is allowed: `bare` (the reply is code and nothing else), `fenced` (bare, or in one code fence),
    `embedded` (the first code fence within text).
    Causes: ``fenced in ```python``, `text before the fenced Python` (`after`, `around`), `does not parse as Python`,
    `empty reply`, `cut off by the token limit`.
    Limits: SQL is read leniently: an empty GROUP BY or a comma before FROM passes, and a statement that the parser does
    not know in the dialect fails. More than 200,000 characters of Python, 20,000 of SQL or 50,000 of TOML are an error
    and no verdict. Plain words can be YAML. For a language without a parser here give your own check: `consumer`.
    """

    language: Literal["python", "sql", "json", "yaml", "toml", "xml"]
    form: Literal["bare", "fenced", "embedded"] = "bare"
    dialect: str = ""

    def __post_init__(self) -> None:
        if not self.dialect:
            return
        if self.language != "sql":
            raise ValueError(f"dialect is for sql, not for {self.language}")
        from sqlglot.dialects.dialect import Dialect

        try:
            Dialect.get_or_raise(self.dialect)
        except ValueError as error:
            raise ValueError(f"dialect: {error}") from None

    def check(self, reply: Reply) -> Verdict:
        shown = _SHOWN[self.language]
        payload = payload_of(reply.text, shown)
        if not payload.content.strip():
            return failed("empty reply", reply.text)
        fault = None
        try:
            PARSERS[self.language](payload.content.strip(), self.dialect)
        except Fault as error:
            fault = failed(f"does not parse as {shown}", f"{error} · {payload.content}")
        except TooLong as error:
            return unable(str(error))
        return placed(payload, self.form, fault, reply) or passed(f"parses as {shown}")
