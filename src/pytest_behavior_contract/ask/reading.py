"""A recording to the reply in it; and where there is none, how it differs from the nearest and how to make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.redaction import masked_excerpt
from pytest_behavior_contract.errors import EndpointError, MissingRecording
from pytest_behavior_contract.exchange import Exchange, Reply, Request
from pytest_behavior_contract.interfaces import Provider


def reply_of(provider: Provider, exchange: Exchange) -> Reply:
    """What behaviors look at; raises EndpointError for a recording that is no answer, which nobody would have made."""
    try:
        reply = provider.reply(exchange)
        # What says something is an answer; only what says nothing is worth a second look.
        says = reply.text or reply.tool_calls or reply.refusal or reply.rejection
        fault = "" if says and exchange.response.status < 500 else provider.fault(exchange)
    except Exception as error:  # noqa: BLE001 - recordings come from servers and strangers; none may end in a traceback
        raise EndpointError("unusable recording", f"{type(error).__name__}: {error}", final=True) from None
    if fault:
        raise EndpointError("unusable recording", masked_excerpt(fault, ()), final=True)
    return reply


def missing(tape: Tape, request: Request, sample: int, endpoint: str) -> MissingRecording:
    """The error for a request without a recording: which file, how it differs from the nearest, how to record it."""
    if not len(tape):
        what = f"{tape.shown} does not exist" if not tape.path.exists() else f"{tape.shown} holds no recording"
    else:
        what = f"{tape.shown} has no sample {sample} of this request; {_nearest(tape, request)}"
    return MissingRecording(
        "missing recording",
        f"{what}. Record it: pytest --contract --contract-endpoint {endpoint} --contract-record=missing",
    )


def _nearest(tape: Tape, request: Request) -> str:
    best: list[str] | None = None
    seen: set[str] = set()
    for key in tape.all_keys():
        digest = key.partition(":")[0]
        if digest in seen:
            continue
        seen.add(digest)
        exchange = tape.get(key)
        if exchange is None:
            continue
        if digest == request.digest:
            return "other samples of it are there, too few to decide"
        differences = differing(exchange.request, request, "recorded")
        if best is None or len(differences) < len(best):
            best = differences
    shown = "; ".join((best or [])[:3])
    return f"the nearest recorded request differs in {shown}"


def differing(one: Request, asked: Request, word: str) -> list[str]:
    """Where a request differs from the one that is asked, as `temperature: WORD 0.7, asked 0.2`."""
    first, second = dict(leaves(one.body)), dict(leaves(asked.body))
    differences = [
        f"{name}: {word} {_short(first.get(name))}, asked {_short(second.get(name))}"
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    ]
    if one.surface != asked.surface:
        differences.insert(0, f"surface: {word} {one.surface}, asked {asked.surface}")
    return differences


def leaves(document: Any, path: str = "") -> Sequence[tuple[str, Any]]:
    """The values within a document, each with its place: `messages[0].content`."""
    if isinstance(document, Mapping):
        return [leaf for key, value in document.items() for leaf in leaves(value, f"{path}.{key}".lstrip("."))]
    if isinstance(document, list | tuple):
        return [leaf for index, value in enumerate(document) for leaf in leaves(value, f"{path}[{index}]")]
    return [(path, document)]


def _short(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 70 else f"{text[:67]}…"
