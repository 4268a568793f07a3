"""Errors that an SDK raises because it has changed, told from those of the application."""

import anthropic
import openai
import openai.resources.beta.threads.messages  # it has a class Messages, too
import pytest

from pytest_behavior_contract.ask.client_breaks import client_break


class Orders:
    def create(self):
        return None


def caught(call):
    with pytest.raises(Exception) as found:
        call()
    return found.value


def client(kind):
    return kind(api_key="no-key", base_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: client(anthropic.Anthropic).messages.create(max_tokens=1, messages=[], model="m", gone=0),
            f"anthropic {anthropic.__version__}: Messages.create() got an unexpected keyword argument 'gone'",
        ),
        (
            lambda: client(anthropic.Anthropic).messages.stream(max_tokens=1, messages=[], model="m", gone=0),
            f"anthropic {anthropic.__version__}: Messages.stream() got an unexpected keyword argument 'gone'",
        ),
        (
            lambda: client(openai.OpenAI).chat.completions.create(messages=[], model="m", gone=0),
            f"openai {openai.__version__}: Completions.create() got an unexpected keyword argument 'gone'",
        ),
        (
            lambda: openai.OpenAI(api_key="no-key", gone=1),
            f"openai {openai.__version__}: OpenAI.__init__() got an unexpected keyword argument 'gone'",
        ),
        (lambda: client(openai.OpenAI).gone, f"openai {openai.__version__}: 'OpenAI' object has no attribute 'gone'"),
        (lambda: openai.gone, f"openai {openai.__version__}: module 'openai' has no attribute 'gone'"),
    ],
)
def test_what_an_sdk_refuses_is_said_with_its_version(call, said):
    assert client_break(caught(call)) == said


def test_an_argument_that_is_missing_is_the_clients_too():
    error = caught(lambda: client(openai.OpenAI).chat.completions.create(model="m"))
    assert client_break(error).startswith(f"openai {openai.__version__}: Missing required arguments")


def test_a_name_that_cannot_be_imported_any_more_is_the_clients():
    def load():
        from openai import gone  # noqa: F401

    assert "cannot import name 'gone'" in client_break(caught(load))


@pytest.mark.parametrize(
    "call",
    [
        lambda: Orders().create(gone=1),
        lambda: Orders().gone,
        lambda: openai.types.chat.ChatCompletionMessage(role="assistant").reasoning,
        lambda: {}.gone,
        lambda: None + 1,
        lambda: __import__("no_such_module"),
        lambda: {}["temperature"],
    ],
)
def test_what_the_application_does_wrong_is_not_the_clients(call):
    assert client_break(caught(call)) == ""
