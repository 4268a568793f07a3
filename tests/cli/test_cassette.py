"""Recordings listed, verified, and handed to vcrpy."""

import json
import shutil
from pathlib import Path

import openai
import pytest
import vcr
import yaml

from pytest_behavior_contract.ask.cassettes.tape import Tape, render_line
from pytest_behavior_contract.cli import main
from pytest_behavior_contract.exchange import Exchange, Request, Response

STARTER = Path(__file__).parents[2] / "contracts" / "starter"
ITALY = STARTER / "cassettes" / "local-1" / "support" / "short-answers.jsonl"
SECRET = "swordfish-4711-swordfish"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one recorded clause."""
    copy = tmp_path / "cassettes" / "local-1" / "support" / ITALY.name
    copy.parent.mkdir(parents=True)
    shutil.copy(ITALY, copy)
    monkeypatch.chdir(tmp_path)
    return copy


def exchange(body="{}", **more):
    return Exchange(
        request=Request(surface="openai-chat", path="/chat/completions", body={"model": "m", "n": 1}),
        response=Response(status=200, headers=more.pop("headers", {}), body=body),
        **more,
    )


def test_the_list_says_what_is_recorded(folder, capsys):
    assert main(["cassette", "list"]) == 0
    head, row, total = capsys.readouterr().out.splitlines()
    assert head.split() == ["clause", "endpoint", "exchanges", "recorded", "served", "model", "size"]
    assert row.split()[:3] == ["support/short-answers", "local-1", "23"]
    assert total.startswith("1 cassette, 23 exchanges")


def test_the_list_is_there_as_json(folder, capsys):
    assert main(["cassette", "list", "--json", str(folder)]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["contract"], found["clause"], found["exchanges"]) == ("support", "short-answers", 23)
    assert found["served_models"] == ["local-1"]


def test_the_starters_recordings_are_as_they_were_written(capsys):
    assert main(["cassette", "verify", str(STARTER)]) == 0
    assert "every line is as it was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\xff\xfe", "is no recording"),
        (b"[" * 100_000, "is no recording"),
        (b'{"key": "x:0"', "is no recording: JSONDecodeError"),
        (b'{"key": 3, "request": []}', "is no recording"),
        (ITALY.read_bytes().splitlines()[0].replace(b"Italy", b"Spain"), "was changed by hand"),
        (render_line(exchange(f'{{"note": "{SECRET}"}}')), "the response holds something that looks like a key"),
        (render_line(exchange(headers={"set-cookie": ("a=b",)})), "keeps the header set-cookie"),
        (render_line(exchange(request_headers={"authorization": "x"})), "keeps the header authorization"),
    ],
)
def test_what_is_not_as_it_should_be_is_named_with_its_line(folder, capsys, monkeypatch, line, said):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with folder.open("ab") as file:
        file.write(line.rstrip(b"\n") + b"\n")
    assert main(["cassette", "verify"]) == 1
    out = capsys.readouterr().out
    assert f"{folder.name}:24: {said}" in out
    assert SECRET not in out


def test_a_key_that_a_stream_has_cut_in_pieces_is_found(folder, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    pieces = [SECRET[:9], SECRET[9:]]
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    Tape(folder).add(exchange(body, headers={"content-type": ("text/event-stream",)}))
    assert main(["cassette", "verify"]) == 1
    assert "the reply's text holds something that looks like a key" in capsys.readouterr().out


def test_a_place_that_is_not_there_is_said(capsys):
    assert main(["cassette", "list", "nowhere"]) == 4
    assert "nowhere: there is no such file or folder" in capsys.readouterr().err


def test_a_folder_without_cassettes_is_said(tmp_path, capsys):
    assert main(["cassette", "verify", str(tmp_path)]) == 4
    assert "no cassettes found" in capsys.readouterr().err


def test_vcrpy_replays_what_is_exported(folder, capsys, tmp_path):
    assert main(["cassette", "export", str(folder)]) == 0
    text = capsys.readouterr().out
    (tmp_path / "plain.yaml").write_text(text)
    assert len(yaml.safe_load(text)["interactions"]) == 23
    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1", max_retries=0)
    recorder = vcr.VCR(record_mode="none", match_on=["method", "uri", "raw_body"])
    with recorder.use_cassette(str(tmp_path / "plain.yaml")) as opened:
        first = next(Tape(folder).exchanges())
        reply = client.post("/chat/completions", body=dict(first.request.body), cast_to=object)
        assert reply == json.loads(first.response.body)
        assert opened.play_count == 1


def test_what_is_no_cassette_is_not_exported(tmp_path, capsys):
    (tmp_path / "x.jsonl").write_text("!!python/object/apply:os.system ['true']\n")
    assert main(["cassette", "export", str(tmp_path / "x.jsonl")]) == 4
    assert "x.jsonl:1: is no recording" in capsys.readouterr().err
