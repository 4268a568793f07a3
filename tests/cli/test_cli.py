"""The behavior-contract command."""

import json
import subprocess
import sys

import jsonschema
import pytest

from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.cli import VERBS, main
from pytest_behavior_contract.cli.doctor import examine


def test_schema_is_the_one_that_files_are_checked_against(capsys):
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    document = {
        "contract": "c",
        "clauses": [{"id": "a", "assumes": "b", "prompt": "c", "expect": ["refuses", {"json": {}}]}],
    }
    jsonschema.validate(document, schema)
    document["clauses"][0]["expect"] = ["refusess"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_the_reports_schema_is_one(capsys):
    assert main(["schema", "--report"]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_without_a_verb_it_says_what_there_is(capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_shows_an_example(verb, capsys):
    with pytest.raises(SystemExit) as left:
        main([verb, "--help"])
    assert left.value.code == 0
    assert f"example: behavior-contract {verb}" in capsys.readouterr().out


def test_the_command_is_installed():
    done = subprocess.run(
        [sys.executable, "-m", "pytest_behavior_contract.cli", "schema"], capture_output=True, check=True
    )
    assert done.stdout.startswith(b"{")


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m pytest_behavior_contract.cli schema | head -c 10",
        shell=True,
        capture_output=True,
        check=True,
    )
    assert b"Traceback" not in done.stderr


@pytest.fixture
def project(tmp_path, monkeypatch, server):
    (tmp_path / "pyproject.toml").write_text(
        f"""
[tool.behavior-contract]
endpoint = "prod"
[tool.behavior-contract.endpoints]
prod = {{api = "openai-chat", model = "m-1", base_url = "{server.openai_url}", api_key_env = "DOCTOR_KEY"}}
claude = {{api = "anthropic-messages", model = "c-1", base_url = "{server.url}"}}
vendor = "openai-responses:gpt-x"
fake = {{api = "python:fake_models:answer"}}
"""
    )
    (tmp_path / "fake_models.py").write_text("def answer(prompt): return 'OK'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCTOR_KEY", "a-key-nobody-may-see")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_doctor_says_what_is_configured_and_who_answers_and_never_a_key(project, capsys):
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "a-key-nobody-may-see" not in text
    assert "DOCTOR_KEY is set" in text
    assert "prod  (openai-chat: m-1)" in text
    assert text.count("answers  yes, in ") == 3
    assert "OPENAI_API_KEY is not set" in text
    assert "none sent (name it in api_key_env)" in text


def test_doctor_is_fine_when_all_that_was_asked_answers(project, capsys):
    assert main(["doctor", "prod", "claude", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(one["endpoint"], one["fine"]) for one in document["endpoints"]] == [("prod", True), ("claude", True)]
    assert document["packages"]["openai"]


def test_doctor_offline_asks_nothing(project, server, capsys):
    assert main(["doctor", "--offline"]) == 0
    assert server.asked == []


def test_doctor_says_what_a_server_objects_to(project, server, capsys):
    from model_server import error

    server.answer = lambda asked: error(400, "max_completion_tokens is not supported", param="max_completion_tokens")
    assert main(["doctor", "prod"]) == 1
    assert "no: parameter rejected: max_completion_tokens" in capsys.readouterr().out


def test_a_set_up_that_is_wrong_is_one_line_and_status_4(project, capsys):
    assert main(["doctor", "prdo"]) == 4
    assert "did you mean 'prod'" in capsys.readouterr().err
    (project / "pyproject.toml").write_text("[tool.behavior-contract]\nx = 1")
    assert main(["doctor"]) == 4
    assert "unknown key 'x'" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    endpoint = Endpoint(name="gone", api="openai-chat", model="m", base_url="http://127.0.0.1:9/v1", retries=0)
    (finding,) = examine([endpoint], Settings(endpoints={"gone": endpoint}), ask=True)
    assert not finding.fine
    assert finding.answers.startswith("no: no connection")
