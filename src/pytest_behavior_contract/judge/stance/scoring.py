"""Numbers of a text to the chances of what it does, by coefficients that were learned offline."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

Heads = Mapping[str, Mapping[str, float]]
"""For each statement of a text, such as `refuses`, a coefficient a feature; under the empty name, what is added."""


def chance(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    """How likely a statement is true of a text, in [0, 1]."""
    score = weights[""] + sum(weights.get(name, 0.0) * value for name, value in values.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


@cache
def shipped() -> Heads:
    """The coefficients that came with the package; benchmarks/refusals_training.py makes them."""
    heads: Heads = json.loads((files(__package__) / "weights.json").read_text(encoding="utf-8"))
    return heads
