"""Contracts for the behavior of language models, checked by pytest on recorded and on live replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_behavior_contract.ask.bound import BoundEndpoint
    from pytest_behavior_contract.declare.decorators import clause
    from pytest_behavior_contract.errors import (
        BehaviorContractError,
        CassetteError,
        ClauseBroken,
        ContractFileError,
        EndpointError,
        MissingRecording,
        NotExpressible,
        SettingsError,
    )
    from pytest_behavior_contract.exchange import Exchange, Prompt, Reply, Tool, ToolCall
    from pytest_behavior_contract.results import Verdict

_ROOMS = {
    "ask.bound": ["BoundEndpoint"],
    "declare.decorators": ["clause"],
    "errors": [
        "BehaviorContractError",
        "CassetteError",
        "ClauseBroken",
        "ContractFileError",
        "EndpointError",
        "MissingRecording",
        "NotExpressible",
        "SettingsError",
    ],
    "exchange": ["Exchange", "Prompt", "Reply", "Tool", "ToolCall"],
    "results": ["Verdict"],
}

__all__ = [
    "BehaviorContractError",
    "BoundEndpoint",
    "CassetteError",
    "ClauseBroken",
    "ContractFileError",
    "EndpointError",
    "Exchange",
    "MissingRecording",
    "NotExpressible",
    "Prompt",
    "Reply",
    "SettingsError",
    "Tool",
    "ToolCall",
    "Verdict",
    "clause",
]


def __getattr__(name: str) -> Any:
    """Loads a public name from its room when it is first used: every pytest run imports this package."""
    import importlib

    for room, names in _ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{room}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
