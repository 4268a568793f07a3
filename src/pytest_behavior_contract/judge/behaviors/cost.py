"""The reply costs so much money."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.prices import BATCH_PRICE, Prices
from pytest_behavior_contract.exchange import Exchange, Reply
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed
from pytest_behavior_contract.registry import is_known
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One request, with its reply, costs at most so many US dollars.

    ```yaml
    expect:
      - cost: 0.002
    ```

    Reckoned from the usage that the server reports, cached tokens and all: by the endpoint's own `price` where it has
    one, else by the price list that live runs use. What came through a batch API costs half.
    Causes: `costs more than $0.002`. A reply without usage, or of a model whose price is not known, cannot be judged,
    and counts as unmeasured with that reason.
    Limits: by today's price list, not by that of the day of the recording; what is billed besides tokens (searches,
    pictures) is not in it.
    """

    usd: float

    def __post_init__(self) -> None:
        if not 0 < self.usd < math.inf:
            raise ValueError(f"usd should be above 0, is {self.usd}")

    def at_endpoint(self, endpoint: Endpoint) -> Cost:
        """The same check at an endpoint, whose own price then counts."""
        return _CostAt(usd=self.usd, endpoint=endpoint)

    def check(self, reply: Reply) -> Verdict:
        if reply.usage is None:
            return Verdict(outcome="error", cause="the server reports no usage")
        prices = self._prices(reply.exchange)
        usd = prices.of_reply(reply) if prices else None
        if usd is None:
            model = str(reply.exchange.request.body.get("model", "")) if reply.exchange else reply.served_model
            whose = excerpt(model, 100) or "the model"
            return Verdict(outcome="error", cause=f"the price of {whose} is not known; set the endpoint's `price`")
        shown = f"${usd:.6f}".rstrip("0")
        return failed(f"costs more than ${self.usd:g}", shown) if usd > self.usd else passed(shown)

    def _prices(self, exchange: Exchange | None) -> Prices | None:
        """The prices by what an exchange says of its endpoint; None where that is not enough."""
        if exchange is None or not is_known("providers", exchange.request.surface):
            return None
        base = exchange.uri.removesuffix(exchange.request.path) if exchange.uri.startswith("http") else ""
        return _listed(exchange.request.surface, str(exchange.request.body.get("model", "")), base, _share(exchange))


@dataclass(frozen=True, kw_only=True)
class _CostAt(Cost):
    called = "cost"
    endpoint: Endpoint = dataclasses.field(repr=False)

    @cached_property
    def _by_share(self) -> dict[float, Prices]:
        return {share: Prices(self.endpoint, share) for share in (1.0, BATCH_PRICE)}

    def _prices(self, exchange: Exchange | None) -> Prices | None:
        return self._by_share[_share(exchange)]


@lru_cache(maxsize=64)
def _listed(surface: str, model: str, base_url: str, share: float) -> Prices:
    return Prices(Endpoint(name="", api=surface, model=model, base_url=base_url), share)


def _share(exchange: Exchange | None) -> float:
    return BATCH_PRICE if exchange is not None and exchange.via == "batch" else 1.0
