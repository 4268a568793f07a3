"""The report as JSON: what scripts read, and what stored reports are compared by."""

from __future__ import annotations

from typing import Any

from pytest_behavior_contract.results import Outcome, Report

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


class Json:
    """One JSON document, described by `behavior-contract schema --report`.

    ```console
    pytest --contract --contract-report report.json
    ```
    """

    def render(self, report: Report) -> str:
        import msgspec

        return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def read_report(text: str | bytes) -> Report:
    """A report from its JSON; raises ValueError for anything else."""
    import msgspec

    return msgspec.json.decode(text, type=Report)


def report_schema() -> dict[str, Any]:
    """JSON Schema of the report."""
    import msgspec

    return {"$schema": SCHEMA_ID, "title": "Behavior contract report", **msgspec.json.schema(Report)}


def outcome_to_plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome as lists, dicts and plain values; what travels between pytest's processes."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(outcome)
    return plain


def outcome_from_plain(plain: dict[str, Any]) -> Outcome:
    import msgspec

    return msgspec.convert(plain, Outcome)
