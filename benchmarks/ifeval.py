"""Text behaviors against reference checkers: IFEval's verdicts, ZeroEval's JSON formats, the JSON Schema test suite.

Run by hand: python benchmarks/ifeval.py
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from development_data import records
from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.expectations import build_behavior
from pytest_behavior_contract.declare.files import Folder
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.json import Json

sys.path.append(str(Path(__file__).parents[1] / "tests" / "judge" / "behaviors"))

from ifeval_mapping import expectations, format_of


def made(item: Any) -> Any:
    """A behavior from its entry in a contract file."""
    ((name, arguments),) = item.items()
    kind = registry.resolve("behaviors", name)
    return kind(expectation=made(arguments)) if name == "not" else build_behavior(kind, arguments, Folder(Path()))


def ifeval() -> None:
    right: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    differing: defaultdict[str, list[str]] = defaultdict(list)
    replies = records("ifeval")
    spent = 0.0
    made({"language": "en"}).check(Reply(text="The train leaves at nine in the morning."))  # loads the detector
    for record in replies:
        kinds, arguments = record["meta"]["instruction_id_list"], record["meta"]["kwargs"]
        for place, (kind, given) in enumerate(zip(kinds, arguments, strict=True)):
            if place in record["labels"]["unstable_strict"]:
                continue
            behaviors = [made(item) for item in expectations(kind, given)]
            began = time.perf_counter()
            follows = all(behavior.check(Reply(text=record["response"])).passed for behavior in behaviors)
            spent += time.perf_counter() - began
            all_of[kind] += 1
            if follows == record["labels"]["strict"][place]:
                right[kind] += 1
            else:
                differing[kind].append(record["id"])
    print(f"IFEval: agreement with the reference checker's strict verdicts, {len(replies)} replies")
    for kind in sorted(all_of):
        named = f"  differs on {', '.join(differing[kind])}" if differing[kind] else ""
        print(f"  {kind:<48} {right[kind]:>3} of {all_of[kind]:>3}{named}")
    agreed, total = right.total(), all_of.total()
    print(f"  {'overall':<48} {agreed:>3} of {total:>3}  {agreed / total:.1%}")
    print(f"  {spent / len(replies) * 1000:.2f} ms per reply with {total / len(replies):.1f} instructions\n")


def zeroeval() -> None:
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    behavior = Json(type="object")
    replies = records("zeroeval_json")
    began = time.perf_counter()
    verdicts = [behavior.check(Reply(text=record["response"])) for record in replies]
    spent = time.perf_counter() - began
    for record, verdict in zip(replies, verdicts, strict=True):
        table[record["labels"]["format"]][format_of(verdict)] += 1
    columns = ("bare_json", "fenced_json", "json_inside_text", "fenced_broken_json", "broken_json", "no_json")
    agreed = sum(row[label] for label, row in table.items())
    print(f"ZeroEval: format of the JSON, label (rows) and cause of `json` (columns), {len(replies)} replies")
    print(f"  {'':<20}" + "".join(f"{column:>20}" for column in columns))
    for label in columns:
        if label in table:
            print(f"  {label:<20}" + "".join(f"{table[label][column]:>20}" for column in columns))
    print(f"  agreement {agreed} of {len(replies)}, {agreed / len(replies):.1%}")
    print(f"  {spent / len(replies) * 1000:.3f} ms a reply\n")


def json_schema() -> None:
    right: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for record in records("json_schema_test_suite"):
        meta = record["meta"]
        if meta["needs_remote"]:
            continue
        draft = f"{meta['draft']}{', optional' if meta['optional'] else ''}"
        verdict = schema_verdict(record)
        if verdict in ("refused", "error"):
            refused[f"{draft}: {verdict}"] += 1
            continue
        all_of[draft] += 1
        right[draft] += verdict == ("pass" if record["labels"]["valid"] else "fail")
    print("JSON Schema test suite: verdict of `json: {schema: …}`, tests without remote schemas")
    for draft in sorted(all_of):
        print(f"  {draft:<28} {right[draft]:>5} of {all_of[draft]:>5}  {right[draft] / all_of[draft]:.1%}")
    for what, count in sorted(refused.items()):
        print(f"  {what:<40} {count}")


def schema_verdict(record: dict[str, Any]) -> str:
    """pass, fail or error, or refused where the schema is not accepted in a contract."""
    import json

    schema = record["schema"]
    if record["meta"]["draft"] == "draft7" and isinstance(schema, dict):
        schema = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    try:
        behavior = Json(schema=schema)
    except ValueError:
        return "refused"
    return behavior.check(Reply(text=json.dumps(record["instance"]))).outcome


if __name__ == "__main__":
    if not records("ifeval"):
        sys.exit("the development data is absent")
    ifeval()
    zeroeval()
    json_schema()
