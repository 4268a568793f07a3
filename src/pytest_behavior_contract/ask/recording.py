"""Which responses become recordings: those that are answers, can be read, and hold no secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from pytest_behavior_contract.ask.redaction import masked_excerpt, secret_in
from pytest_behavior_contract.errors import CassetteError, EndpointError, RecordingTooLong, SecretFound
from pytest_behavior_contract.exchange import Exchange
from pytest_behavior_contract.interfaces import Provider


def record(
    exchange: Exchange, write: Callable[[Exchange], Exchange], provider: Provider, secrets: Sequence[str]
) -> Exchange:
    """Writes an exchange and returns what was written; raises EndpointError where it does not count or cannot be.

    Args:
        exchange: what was asked and answered.
        write: puts it on tape, and may leave out what is not kept; raises CassetteError.
        provider: says whether it is an answer, and reads it.
        secrets: values that must not be written.
    """
    fault = provider.fault(exchange)
    if fault:
        raise EndpointError("unusable answer", masked_excerpt(fault, secrets), paid=True)
    try:
        reply = provider.reply(exchange)
    except Exception as error:  # noqa: BLE001 - whatever a server sends, an answer that cannot be read is none
        told = masked_excerpt(f"{type(error).__name__}: {error}", secrets)
        raise EndpointError("unusable answer", told, paid=True) from None
    place = secret_in(exchange, reply, secrets)
    if place:
        raise SecretFound("not recorded", f"{place} holds something that looks like a key", paid=True)
    try:
        return write(exchange)
    except RecordingTooLong as error:
        raise EndpointError("not recorded", str(error), paid=True) from None
    except CassetteError as error:
        raise EndpointError("not recorded", str(error), final=True, paid=True) from None


def utc_now() -> str:
    """Now, in UTC, as ISO 8601: when something is recorded."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
