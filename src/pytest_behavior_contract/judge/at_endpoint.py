"""A clause as it is at one endpoint: some of its checks must know whom they judge."""

from __future__ import annotations

import dataclasses
from typing import Any

from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.declare.contract import Clause


def at_endpoint(clause: Clause, endpoint: Endpoint) -> Clause:
    """The clause with every check that has a method `at_endpoint` told of the endpoint, within groups too."""
    # Cases share the checks that have none of their values, so each is told once.
    distinct = {id(behavior): behavior for case in clause.cases for behavior in case.expect}
    told = {key: _told(behavior, endpoint) for key, behavior in distinct.items()}
    if all(told[key] is behavior for key, behavior in distinct.items()):
        return clause
    cases = (dataclasses.replace(case, expect=tuple(told[id(one)] for one in case.expect)) for case in clause.cases)
    return dataclasses.replace(clause, cases=tuple(cases))


def _told(behavior: Any, endpoint: Endpoint) -> Any:
    if hasattr(behavior, "at_endpoint"):
        return behavior.at_endpoint(endpoint)
    members = getattr(behavior, "members", "")
    if members == "one":
        inner = _told(behavior.expectation, endpoint)
        return behavior if inner is behavior.expectation else dataclasses.replace(behavior, expectation=inner)
    if members == "many":
        parts = tuple(_told(one, endpoint) for one in behavior.expectations)
        same = all(new is old for new, old in zip(parts, behavior.expectations, strict=True))
        return behavior if same else dataclasses.replace(behavior, expectations=parts)
    return behavior
