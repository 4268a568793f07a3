"""Which responses become recordings: those that are answers, can be read, and hold no secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pytest_behavior_contract.ask.redaction import secret_in
from pytest_behavior_contract.errors import CassetteError, EndpointError, SecretFound
from pytest_behavior_contract.exchange import Exchange
from pytest_behavior_contract.interfaces import Provider


class Recorder(Protocol):
    """What an exchange is written to: a TapeCassette, which also leaves out what is not kept."""

    def append_exchange(self, exchange: Exchange) -> Exchange: ...


def record(exchange: Exchange, recorder: Recorder, provider: Provider, secrets: Sequence[str]) -> Exchange:
    """Writes an exchange and returns what was written; raises EndpointError where it does not count or cannot be."""
    fault = provider.fault(exchange)
    if fault:
        raise EndpointError("unusable answer", fault)
    try:
        reply = provider.reply(exchange)
    except Exception as error:  # noqa: BLE001 - whatever a server sends, an answer that cannot be read is none
        raise EndpointError("unusable answer", f"{type(error).__name__}: {error}") from None
    place = secret_in(exchange, reply, secrets)
    if place:
        raise SecretFound("not recorded", f"{place} holds something that looks like a key")
    try:
        return recorder.append_exchange(exchange)
    except CassetteError as error:
        raise EndpointError("not recorded", str(error), final=True) from None
