"""pytest's entry point: adds the options, and loads the rest only where they ask for it.

Every pytest run on a machine that has this package installed imports this module, so it imports nothing of weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_behavior_contract.pytest_plugin.options import add_options, read_options

if TYPE_CHECKING:
    from pytest_behavior_contract.ask.bound import BoundEndpoint


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "contract: a clause of a behavior contract (added by itself)")
    try:
        options = read_options(config)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    for argument in config.args:
        path = argument.partition("::")[0]
        if path.endswith(".contract.yaml") and not options.active:
            raise pytest.UsageError(f"{path} is a behavior contract; run it with: pytest --contract {argument}")
        if path.endswith((".yaml", ".yml")) and options.active and not path.endswith(".contract.yaml"):
            raise pytest.UsageError(f"{path}: the name of a contract file ends in .contract.yaml")
    if options.active:
        from pytest_behavior_contract.pytest_plugin.hooks import activate

        activate(config, options)


@pytest.fixture
def endpoint(request: pytest.FixtureRequest) -> BoundEndpoint:
    """The endpoint under test: `ask`, or `as_openai()` and `as_anthropic()` around your own client's code."""
    if not hasattr(request, "param"):
        pytest.skip("a behavior contract; run it with: pytest --contract")
    from pytest_behavior_contract.pytest_plugin.hooks import bound_endpoint

    return bound_endpoint(request)
