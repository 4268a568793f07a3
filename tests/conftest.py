"""Fixtures that several rooms of the tests need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_server import ModelServer
from pytest_behavior_contract.ask.asker import Asker
from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings

pytest_plugins = ["pytester"]

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def shared_data() -> Path:
    """Recorded replies of real models, where the workplace has them; a user's checkout does not."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the development data are not part of a checkout")
    return folder


@pytest.fixture(autouse=True)
def no_keys_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on, or could spend, what the developer has in the environment."""
    for name in (
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "OPENAI_BASE_URL",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_AUTH_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make_asker(server: ModelServer, tmp_path: Path) -> Iterator[Callable[..., Asker]]:
    """Makes the asker of an endpoint at the loopback server: `make_asker("openai-chat", mode="missing")`."""
    opened: list[Askers] = []

    def make(api: str = "openai-chat", mode: Any = "missing", **more: Any) -> Asker:
        base_url = server.url if api == "anthropic-messages" else server.openai_url
        more = {"base_url": base_url, "model": "m-1", "retries": 0, "timeout_seconds": 5.0, **more}
        endpoint = Endpoint(name="next", api=api, **more)
        askers = Askers(Settings(endpoint="next", endpoints={"next": endpoint}), mode, tmp_path)
        opened.append(askers)
        asker = askers.asker("next")
        asker.askers = askers  # type: ignore[attr-defined]  # for tests that need the engine
        return asker

    yield make
    for askers in opened:
        askers.close()
