"""The model that was asked is the one that answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.calls import shown_name
from pytest_behavior_contract.judge.on_record import not_on_record, request_of
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_DATE = re.compile(r"[-@:](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{6}|\d{4})(?:-v\d+(?::\d+)?)?")


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """The response names the model that was asked for as the one that made it.

    ```yaml
    expect:
      - served_model
      - served_model: {match: dated}
      - served_model: {model: [gpt-4o-2024-08-06, gpt-4o-2024-11-20]}
    ```

    `model` names others than the one in the request. `match` is `exact`, `dated` (a name with a release date behind
    it is that model too: `gpt-4o-2024-08-06` for `gpt-4o`, and `-latest` stands for any date), or `prefix` (any name
    that begins so).
    Causes: `answered by NAME, not by NAME`, `no served model`; an error where neither `model` nor the request says who
    was asked.
    Limits: believes what the server says. A Python endpoint that names no model is taken for the one asked.
    """

    model: str | tuple[str, ...] = ()
    match: Literal["exact", "dated", "prefix"] = "exact"

    def check(self, reply: Reply) -> Verdict:
        wanted = (self.model,) if isinstance(self.model, str) else self.model
        if not wanted:
            asked = (request_of(reply) or {}).get("model")
            if not isinstance(asked, str) or not asked:
                return not_on_record(reply, "which model was asked for")
            wanted = (asked,)
        served = reply.served_model
        if not served:
            return failed("no served model", f"asked for {wanted[0]}")
        if any(self._is(served, name) for name in wanted):
            return passed(f"answered by {served}")
        return failed(f"answered by {shown_name(served)}, not by {' or '.join(wanted)}", served)

    def _is(self, served: str, name: str) -> bool:
        if served == name or self.match == "exact":
            return served == name
        if self.match == "prefix":
            return served.startswith(name)
        undated = name.removesuffix("-latest")
        return served.startswith(undated) and _DATE.fullmatch(served, len(undated)) is not None
