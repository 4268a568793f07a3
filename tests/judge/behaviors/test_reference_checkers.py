"""Text behaviors against verdicts of others; the records lie beside the project, and are absent in most checkouts."""

import json
from pathlib import Path

import pytest
from ifeval_mapping import MAPPING, expectations, format_of

from development_data import records
from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.expectations import build_behavior
from pytest_behavior_contract.declare.files import Folder
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.json import Json


def made(item):
    """A behavior from its entry in a contract file."""
    ((name, arguments),) = item.items()
    kind = registry.resolve("behaviors", name)
    return kind(expectation=made(arguments)) if name == "not" else build_behavior(kind, arguments, Folder(Path()))


def needed(name):
    found = records(name)
    if not found:
        pytest.skip(f"{name} is not beside this checkout")
    return found


def test_each_of_the_25_instruction_types_has_a_mapping():
    assert len(MAPPING) == 25
    kinds = {kind for record in needed("ifeval") for kind in record["meta"]["instruction_id_list"]}
    assert kinds == set(MAPPING)


def test_the_behaviors_agree_with_the_verdicts_of_ifeval():
    agreed, total = 0, 0
    for record in needed("ifeval"):
        meta, gold = record["meta"], record["labels"]
        pairs = zip(meta["instruction_id_list"], meta["kwargs"], strict=True)
        for place, (kind, arguments) in enumerate(pairs):
            if place not in gold["unstable_strict"]:
                checks = [made(item) for item in expectations(kind, arguments)]
                follows = all(check.check(Reply(text=record["response"])).passed for check in checks)
                agreed += follows == gold["strict"][place]
                total += 1
    assert total == 439
    assert agreed / total >= 0.99


def test_the_cause_of_json_agrees_with_the_labels_of_zeroeval():
    found = needed("zeroeval_json")
    behavior = Json(type="object")
    agreed = sum(
        format_of(behavior.check(Reply(text=record["response"]))) == record["labels"]["format"] for record in found
    )
    assert agreed >= 0.995 * len(found)


@pytest.mark.parametrize("draft", ["draft2020-12", "draft7"])
def test_a_schema_judges_as_the_json_schema_test_suite_does(draft):
    differing = []
    for record in needed("json_schema_test_suite"):
        meta, schema = record["meta"], record["schema"]
        if meta["draft"] != draft or meta["needs_remote"] or meta["optional"]:
            continue
        if draft == "draft7" and isinstance(schema, dict):
            schema = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
        try:
            verdict = Json(schema=schema).check(Reply(text=json.dumps(record["instance"])))
        except ValueError as error:
            assert "is not a 'regex'" in str(error)
            continue
        if verdict.outcome != ("pass" if record["labels"]["valid"] else "fail"):
            differing.append(record["id"])
    assert differing == []
