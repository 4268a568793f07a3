"""What a request costs: by the price list of genai-prices, or by the endpoint's own price."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pytest_behavior_contract.ask.budget import Purse
from pytest_behavior_contract.ask.endpoints import Endpoint
from pytest_behavior_contract.ask.wire import MOST_TOKENS
from pytest_behavior_contract.errors import EndpointError, Stopped
from pytest_behavior_contract.exchange import Reply, Request

_FLAVORS = {"openai-chat": "chat", "openai-responses": "responses"}
_VENDORS = {"openai": "openai", "anthropic": "anthropic"}
_CLOUDS = {"Azure": "azure", "Bedrock": "aws", "Vertex": "google"}
_OUTPUT_CAPS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
BATCH_PRICE = 0.5
"""What both vendors ask for a batch, as a share of the list price."""
USUAL_OUTPUT_TOKENS = 300
"""What a reply is taken to be long where nothing is known of it."""
UNCAPPED_OUTPUT_TOKENS = 4096
"""What a reply without a token limit is taken to be at most."""
CHARACTERS_PER_TOKEN = 4
_MILLION = 1_000_000


class Prices:
    """The prices of one endpoint's model, in US dollars.

    Args:
        endpoint: whose `price` setting is used where there is one, else the price list that is part of genai-prices.
        share: of the list price; half of it for batches.
    """

    def __init__(self, endpoint: Endpoint, share: float = 1.0) -> None:
        self._endpoint = endpoint
        self._share = share

    @cached_property
    def known(self) -> bool:
        """Whether the price is known at all."""
        return self.of(1, 1) is not None

    def of(self, input_tokens: int, output_tokens: int) -> float | None:
        """What so many tokens cost; None where the price is not known."""
        own = self._endpoint.price
        if own or self._endpoint.api == "local":
            return (
                self._share * (input_tokens * own.get("input", 0.0) + output_tokens * own.get("output", 0.0)) / _MILLION
            )
        return self._listed(self._usage(input_tokens=input_tokens, output_tokens=output_tokens))

    def of_reply(self, reply: Reply) -> float | None:
        """What a reply cost by the usage it reports, cached tokens and all; None where that cannot be known."""
        if reply.usage is None:
            return None
        plain = (reply.usage.input_tokens, reply.usage.output_tokens)
        if self._endpoint.price or not self.known or not self._provider:
            return self.of(*plain)
        from genai_prices import extract_usage

        surface = self._endpoint.provider.surface
        vendor = _VENDORS[self._endpoint.provider.sdk]
        try:
            found = extract_usage(reply.payload, provider_id=vendor, api_flavor=_FLAVORS.get(surface, "default"))
            tokens = (found.usage.input_tokens or 0, found.usage.output_tokens or 0)
            usd = self._listed(found.usage) if max(tokens) < MOST_TOKENS else None
        except Exception:  # noqa: BLE001 - a server may say anything; what is paid and recorded ends in no traceback
            usd = None
        return self.of(*plain) if usd is None else usd

    def at_most(self, request: Request) -> float | None:
        """What a request may cost at most: a token for each byte that is sent, and all the tokens it allows."""
        return self.of(most_input_tokens(request), output_cap(request.body) or UNCAPPED_OUTPUT_TOKENS)

    def bound(self, request: Request, purse: Purse) -> float | None:
        """The same for a request that is about to be paid; raises EndpointError where a budget could not be kept."""
        if purse.most_usd is not None and not self.known:
            known = f"the price of {self._endpoint.model} is not known, so a budget in dollars cannot be kept"
            raise EndpointError("not asked", known, final=True)
        if purse.most_usd is not None and not self.capped(request):
            raise Stopped("stopped", f"--contract-budget: {uncapped(self._endpoint.name)}")
        return self.at_most(request)

    def expected(self, request: Request) -> float | None:
        """What it will cost more likely."""
        cap = output_cap(request.body)
        usual = min(cap, USUAL_OUTPUT_TOKENS) if cap else USUAL_OUTPUT_TOKENS
        return self.of(most_input_tokens(request) // CHARACTERS_PER_TOKEN, usual)

    def capped(self, request: Request) -> bool:
        """Whether a request limits its output, so that its cost at most is no guess; what is free need not."""
        return output_cap(request.body) > 0 or self.of(0, _MILLION) == 0

    @cached_property
    def _provider(self) -> Mapping[str, str]:
        """How genai-prices is told whose price it is; empty where it is nobody's that it knows."""
        endpoint = self._endpoint
        cloud = next((name for word, name in _CLOUDS.items() if word in endpoint.client), "")
        if cloud:
            return {"provider_id": cloud}
        if endpoint.base_url:
            return {"provider_api_url": endpoint.base_url}
        vendor = _VENDORS.get(endpoint.provider.sdk, "")
        return {"provider_id": vendor} if vendor else {}

    def _usage(self, **tokens: int) -> Any:
        from genai_prices import Usage

        return Usage(**tokens)

    def _listed(self, usage: Any) -> float | None:
        if not self._provider:
            return None
        # It speaks of models it does not know by a warning in the log; we say so ourselves.
        logging.getLogger("genai-prices").setLevel(logging.ERROR)
        from genai_prices import calc_price

        try:
            found = calc_price(usage, self._endpoint.model, **self._provider)  # type: ignore[call-overload]
        except (LookupError, ValueError):
            return None
        return float(found.total_price) * self._share


def uncapped(endpoint: str) -> str:
    """Why a budget cannot be kept where a request sets no limit."""
    return (
        f"a request to {endpoint} sets no limit of output tokens, so it may cost anything; set max_output_tokens in "
        f"the parameters of the clause or of the endpoint, or limit the calls: --contract-max-calls"
    )


def most_input_tokens(request: Request) -> int:
    """No tokenizer of today makes more tokens than bytes of a text; pictures and files are not counted so."""
    return len(json.dumps(request.body, ensure_ascii=False).encode("utf-8", "replace"))


def output_cap(body: Mapping[str, Any]) -> int:
    """The limit of output tokens that a request sets, for all its choices together; 0 for none."""
    caps = [body[name] for name in _OUTPUT_CAPS if isinstance(body.get(name), int) and body[name] > 0]
    choices = body.get("n", 1)
    return max(caps, default=0) * (choices if isinstance(choices, int) and choices > 0 else 1)
