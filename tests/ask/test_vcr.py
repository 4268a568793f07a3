"""vcrpy's own view of our files, and its filters on what is written."""

import json

import pytest
import vcr
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest

from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.cassettes.tape_for_vcr import KEY_HEADER, TapeCassette, register
from pytest_behavior_contract.errors import CassetteError, MissingRecording
from pytest_behavior_contract.exchange import Exchange, Request, Response

REQUEST = Request(surface="openai-chat", path="/chat/completions", body={"model": "m"})


def recorded(sample=0, **more):
    return Exchange(
        request=REQUEST,
        response=Response(
            status=200,
            headers={"content-type": ("application/json",), "set-cookie": ("session=1",), "x-request-id": ("r",)},
            body=f'{{"n": {sample}}}',
        ),
        sample=sample,
        uri="https://user:pass@api.example:8443/v1/chat/completions?api-key=k",
        request_headers={"authorization": "Bearer k", "anthropic-version": "2026", "cookie": "c"},
        **more,
    )


@pytest.fixture
def tape(tmp_path):
    return Tape(tmp_path / "x.jsonl")


def cassette(tape, mode):
    return TapeCassette(tape, mode=mode, on_miss=lambda key: MissingRecording("missing", key))


def asked(key):
    return VcrRequest("POST", "http://x", b"", {KEY_HEADER: key})


def test_what_is_written_has_passed_vcrpys_filters(tape):
    cassette(tape, "all").append_exchange(recorded())
    entry = json.loads(tape.path.read_text())
    assert entry["request"]["headers"] == {"anthropic-version": ["2026"]}
    assert entry["response"]["headers"] == {"content-type": ["application/json"]}
    assert entry["request"]["uri"] == "https://api.example:8443/v1/chat/completions"


def test_plain_vcrpy_opens_the_file(tape):
    cassette(tape, "all").append_exchange(recorded(0))
    cassette(tape, "all").append_exchange(recorded(1))
    recorder = vcr.VCR(serializer="behavior-contract", record_mode=RecordMode.NONE)
    register(recorder)
    with recorder.use_cassette(str(tape.path)) as opened:
        assert len(opened) == 2
        assert opened.responses[1]["body"]["string"] == b'{"n": 1}'
        assert json.loads(opened.requests[0].body) == {"model": "m"}


def test_plain_vcrpy_cannot_write_it(tape):
    recorder = vcr.VCR(serializer="behavior-contract", record_mode=RecordMode.ALL)
    register(recorder)
    with pytest.raises(CassetteError, match="written by"), recorder.use_cassette(str(tape.path)) as opened:
        opened.append(
            VcrRequest("GET", "http://x", b"", {}), {"status": {"code": 200}, "headers": {}, "body": {"string": b""}}
        )


def test_replay_plays_each_sample_and_says_what_is_missing(tape):
    for sample in (0, 1):
        cassette(tape, "all").append_exchange(recorded(sample))
    replay = cassette(tape, "none")
    assert replay.can_play_response_for(asked(f"{REQUEST.digest}:1"))
    assert replay.play_response(asked(f"{REQUEST.digest}:1"))["body"]["string"] == b'{"n": 1}'
    with pytest.raises(MissingRecording):
        replay.can_play_response_for(asked(f"{REQUEST.digest}:2"))
    assert len(replay) == 2
    assert asked(f"{REQUEST.digest}:0") in replay


def test_recording_anew_plays_only_what_this_run_recorded(tape):
    cassette(tape, "all").append_exchange(recorded(0))
    assert cassette(tape, "all").can_play_response_for(asked(f"{REQUEST.digest}:0"))
    assert not cassette(Tape(tape.path), "all").can_play_response_for(asked(f"{REQUEST.digest}:0"))
    assert cassette(Tape(tape.path), "missing").can_play_response_for(asked(f"{REQUEST.digest}:0"))
    assert not cassette(Tape(tape.path), "missing").can_play_response_for(asked(f"{REQUEST.digest}:9"))
