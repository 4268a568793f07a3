"""The public API as types; mypy reads it, nobody runs it."""

from typing import assert_type

from hypothesis import given
from hypothesis import strategies as st

from pytest_behavior_contract import BoundEndpoint, Reply, Tool, clause


@clause(assumes="It answers.", rate=0.9, relied_on_by="src/a.py:1", severity="degrading", samples=40)
def test_plain(endpoint: BoundEndpoint) -> None:
    reply = endpoint.ask("Hi", system="Be brief", tools=[Tool(name="find")], temperature=0.5)
    assert_type(reply, Reply)
    assert_type(reply.text, str)


@clause(assumes="It answers whatever the number.")
@given(number=st.integers())
def test_varied(endpoint: BoundEndpoint, number: int) -> None:
    endpoint.ask(f"Is {number} a number?")


@clause(assumes="It answers later.")
async def test_later(endpoint: BoundEndpoint) -> None:
    assert_type(await endpoint.ask_async("Hi"), Reply)
    async with endpoint.as_openai():
        pass
    with endpoint.as_anthropic():
        pass
