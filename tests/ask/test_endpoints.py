"""Endpoints from TOML and from API:MODEL."""

import pytest

from pytest_behavior_contract.ask.endpoints import Endpoint, load_settings
from pytest_behavior_contract.errors import SettingsError


def settings(folder, text):
    (folder / "pyproject.toml").write_text(text)
    return load_settings(folder)


def test_two_lines_of_toml_are_enough(tmp_path):
    found = settings(
        tmp_path,
        '[tool.behavior-contract.endpoints]\nmine = {api = "openai-chat", model = "m", base_url = "http://127.0.0.1:1/v1"}',
    )
    assert found.find("mine").base_url == "http://127.0.0.1:1/v1"
    assert found.endpoint == "local-1"


def test_an_endpoint_may_be_one_word(tmp_path):
    found = settings(
        tmp_path,
        '[tool.behavior-contract]\nendpoint = "prod"\n[tool.behavior-contract.endpoints]\nprod = "anthropic-messages:claude-x"',
    )
    assert (found.find("prod").api, found.find("prod").model) == ("anthropic-messages", "claude-x")


def test_a_description_is_taken_wherever_a_name_is(tmp_path):
    found = load_settings(tmp_path).find("openai-chat:gpt-x")
    assert (found.name, found.api, found.model) == ("openai-chat:gpt-x", "openai-chat", "gpt-x")


def test_a_python_function_is_an_endpoint(tmp_path):
    found = settings(tmp_path, '[tool.behavior-contract.endpoints.fake]\napi = "python:my.models:answer"')
    assert (found.find("fake").api, found.find("fake").model) == ("python", "my.models:answer")
    assert load_settings(tmp_path).find("python:my.models:answer").model == "my.models:answer"


def test_the_nearest_file_with_our_table_counts(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.behavior-contract.endpoints]\nup = "local:local-2"')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nx = 1")
    assert load_settings(inner).find("up").model == "local-2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.behavior-contract]\nendpont = 'x'", "unknown key 'endpont'; did you mean 'endpoint'"),
        ("[tool.behavior-contract]\nendpoint = 'gone'", "unknown endpoint 'gone'"),
        ("[tool.behavior-contract.endpoints.a]\nmodel = 'm'", "'api' is missing"),
        ("[tool.behavior-contract.endpoints.a]\napi = 'openai-chat'", "'model' is missing"),
        (
            "[tool.behavior-contract.endpoints.a]\napi = 'openai-chta'\nmodel = 'm'",
            "unknown api 'openai-chta'; did you mean 'openai-chat'",
        ),
        (
            "[tool.behavior-contract.endpoints.a]\napi = 'openai-chat'\nmodel = 'm'\nmodle = 1",
            "unknown key 'modle'; did you mean 'model'",
        ),
        (
            "[tool.behavior-contract.endpoints.a]\napi = 'openai-chat'\nmodel = 'm'\nconcurrency = 'many'",
            "Expected `int`, got `str`",
        ),
        (
            "[tool.behavior-contract.endpoints.a]\napi = 'openai-chat'\nmodel = 'm'\napi_key = 'sk-x'",
            "keys never stand in a file",
        ),
        (
            "[tool.behavior-contract.endpoints.a]\napi = 'openai-chat'\nmodel = 'm'\nparameters = {temprature = 0}",
            "unknown parameter 'temprature'",
        ),
        ("[tool.behavior-contract]\nmax_age = 'old'", "max_age 'old' is no age; write 90d, 12w or 36h"),
        (
            "[tool.behavior-contract.endpoints.a]\napi = 'openai-chat'\nmodel = 'm'\nmax_age = '3 years'",
            "max_age '3 years' is no age",
        ),
        ("[tool.behavior-contract]\nendpoints = 3", "should be tables"),
        ("[tool]\nbehavior-contract = 3", "should be a table"),
        ("[tool.behavior-contract.endpoints]\na = 3", "should be a table or 'API:MODEL'"),
        ("not toml", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_the_nearest_name(tmp_path, text, message):
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, text)
    assert message in str(caught.value)
    assert "sk-x" not in str(caught.value)


def test_an_unknown_name_lists_what_there_is(tmp_path):
    with pytest.raises(SettingsError, match="unknown endpoint 'local-3'; did you mean 'local-"):
        load_settings(tmp_path).find("local-3")
    with pytest.raises(SettingsError, match="has no model behind the colon"):
        load_settings(tmp_path).find("openai-chat:")


def test_names_are_safe_as_folders():
    assert Endpoint(name="openai-chat:org/m", api="openai-chat", model="m").folder == "openai-chat%3Aorg%2Fm"
    assert Endpoint(name="../up", api="openai-chat", model="m").folder == "..%2Fup"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("concurrency = 0", "concurrency should be at least 1, is 0"),
        ("timeout_seconds = nan", "timeout_seconds should be above 0"),
        ("retries = -3", "retries should be at least 0"),
        ('base_url = "not a url"', "base_url should begin with http"),
        ('api_key_env = "sk-abc-def"', "api_key_env should be the name of an environment variable, not a key"),
    ],
)
def test_settings_that_cannot_be_meant_are_said(tmp_path, more, said):
    text = f'[tool.behavior-contract.endpoints.a]\napi = "openai-chat"\nmodel = "m"\n{more}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(SettingsError, match=said) as found:
        load_settings(tmp_path)
    assert "sk-abc" not in str(found.value)


@pytest.mark.parametrize(("key", "value"), [("surface", "foo"), ("model", "local-9")])
def test_an_embedded_model_that_does_not_exist_is_said_at_once(tmp_path, key, value):
    entry = {"api": "local", "model": "local-1", key: value}
    lines = "\n".join(f'{name} = "{text}"' for name, text in entry.items())
    (tmp_path / "pyproject.toml").write_text(f"[tool.behavior-contract.endpoints.a]\n{lines}\n")
    with pytest.raises(SettingsError, match=f"unknown {key} '{value}'"):
        load_settings(tmp_path)
