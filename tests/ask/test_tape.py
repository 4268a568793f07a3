"""Files of recordings: found by key, appended whole, readable after every accident."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.cassettes.files import rewrite
from pytest_behavior_contract.ask.cassettes.tape import Tape, parse_line, render_line
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Exchange, Request, Response

WHEN = "2026-11-23T10:00:00Z"


def exchange(text="Hi", sample=0, *, occurrence=0, when=WHEN, body='{"a": 1}'):
    request = Request(surface="openai-chat", path="/chat/completions", body={"model": "m", "prompt": text, "t": 1.0})
    return Exchange(
        request=request,
        response=Response(status=200, headers={"content-type": ("a", "b")}, body=body, event_seconds=(0.1, 0.25)),
        sample=sample,
        occurrence=occurrence,
        recorded_at=when,
        latency_seconds=0.5,
        retries=2,
        uri="http://x/v1",
        request_headers={"anthropic-version": "2026"},
        versions={"openai": "3"},
    )


@pytest.fixture
def tape(tmp_path):
    return Tape(tmp_path / "deep" / "er" / "x.jsonl")


@pytest.mark.parametrize("text", ["plain", "Zürich 東京", "\ud800 lone", "a\nb\u2028c", "\x00\x1f"])
def test_an_exchange_comes_back_as_it_went_in(tape, text):
    tape.add(exchange(text))
    assert Tape(tape.path).get(exchange(text).key) == exchange(text)


def test_samples_of_one_request_are_recordings_of_their_own(tape):
    for sample in range(3):
        tape.add(exchange(sample=sample, body=f'{{"n": {sample}}}'))
    tape.add(exchange(sample=1, occurrence=1, body='{"n": "again"}'))
    read = Tape(tape.path)
    assert len(read) == 4
    assert read.get(exchange(sample=2).key).response.body == '{"n": 2}'
    assert read.get(exchange(sample=1, occurrence=1).key).response.body == '{"n": "again"}'
    assert read.get(exchange(sample=3).key) is None


def test_equal_questions_have_equal_keys_and_others_have_not():
    def key(body):
        return Request(surface="s", path="/p", body=body).digest

    assert key({"a": 1, "b": [1.0]}) == key({"b": [1], "a": 1.0})
    assert len({key({"a": 1}), key({"a": 2}), key({"a": "1"}), key({"a": True}), key({"a": None}), key({})}) == 6
    assert Request(surface="t", path="/p", body={}).digest != Request(surface="s", path="/p", body={}).digest


def test_of_two_lines_with_one_key_the_last_counts(tape):
    tape.add(exchange(body="1"))
    tape.add(exchange(body="2"))
    assert Tape(tape.path).get(exchange().key).response.body == "2"


def test_a_torn_last_line_is_set_aside_said_and_recorded_again(tape):
    tape.add(exchange(sample=0))
    tape.add(exchange(sample=1))
    content = tape.path.read_bytes()
    tape.path.write_bytes(content[:-40])
    read = Tape(tape.path)
    assert len(read) == 1
    assert "torn off" in read.warnings[0]
    read.add(exchange(sample=1))
    again = Tape(tape.path)
    assert len(again) == 2
    assert again.get(exchange(sample=1).key) == exchange(sample=1)


@pytest.mark.parametrize("size", range(0, 700, 37))
def test_a_file_cut_anywhere_can_be_read_and_goes_on(tape, size):
    tape.add(exchange(sample=0))
    tape.add(exchange(sample=1))
    tape.path.write_bytes(tape.path.read_bytes()[:size])
    read = Tape(tape.path)
    before = len(read)
    read.add(exchange(sample=5))
    assert len(Tape(tape.path)) == before + 1


@pytest.mark.parametrize("kept", [1, 12, 30, 60, 200, -2])
def test_what_was_torn_off_is_not_spoken_of_once_it_is_recorded_again(tape, kept):
    tape.add(exchange(sample=0))
    tape.add(exchange(sample=1))
    first, second = tape.path.read_bytes().splitlines(keepends=True)
    tape.path.write_bytes(first + second[:kept])
    torn = Tape(tape.path)
    assert (len(torn), len(torn.warnings)) == (1, 1)
    torn.add(exchange(sample=1))
    again = Tape(tape.path)
    assert (len(again), again.warnings) == (2, [])


def test_what_was_torn_off_is_spoken_of_as_long_as_only_others_were_recorded(tape):
    tape.add(exchange(sample=0))
    tape.path.write_bytes(tape.path.read_bytes()[:-40])
    Tape(tape.path).add(exchange(sample=1))
    again = Tape(tape.path)
    assert (len(again), len(again.warnings)) == (1, 1)


def lay(path, kind, elsewhere):
    """Puts something at a path that is no cassette of its folder."""
    path.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "linked folder":
        path.parent.rmdir()
        path.parent.symlink_to(elsewhere.parent, target_is_directory=True)
    else:
        path.symlink_to({"device": "/dev/zero", "file": elsewhere, "nothing": elsewhere / "x"}.get(kind, path))


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "file", "nothing", "itself", "linked folder"])
def test_what_is_no_cassette_of_its_folder_is_neither_read_nor_written(tmp_path, kind):
    elsewhere = tmp_path / "elsewhere" / "x.jsonl"
    elsewhere.parent.mkdir()
    elsewhere.write_text("precious\n")
    hostile = Tape(tmp_path / "contracts" / "cassettes" / "prod" / "shop" / "x.jsonl", shown_as="x")
    lay(hostile.path, kind, elsewhere)
    with hostile.at_hand(), pytest.raises(CassetteError, match=r"x: (is not read or written|cannot be read)"):
        hostile.get(exchange().key)
    for write in (
        lambda: hostile.add(exchange()),
        lambda: hostile.note_unanswered(exchange().key, "", "", ""),
        lambda: hostile.drop_before("2030"),
        lambda: rewrite(hostile.path, lambda lines: lines),
    ):
        with pytest.raises(CassetteError):
            write()
    assert [path.read_text() for path in elsewhere.parent.iterdir()] == ["precious\n"]


def test_links_within_the_folder_of_cassettes_and_above_it_are_followed(tmp_path):
    folder = tmp_path / "real" / "cassettes"
    Tape(folder / "prod" / "shop" / "x.jsonl").add(exchange())
    (folder / "next").symlink_to("prod", target_is_directory=True)
    (tmp_path / "project").symlink_to("real", target_is_directory=True)
    linked = Tape(tmp_path / "project" / "cassettes" / "next" / "shop" / "x.jsonl")
    linked.add(exchange(sample=1))
    assert len(Tape(linked.path)) == 2


def test_conflict_marks_and_foreign_lines_are_passed_over(tape):
    tape.add(exchange())
    with tape.path.open("ab") as file:
        file.write(b"<<<<<<< HEAD\n\n{}\n[1]\nnull\n")
    tape.add(exchange(sample=1))
    read = Tape(tape.path)
    assert len(read) == 2
    assert len(read.warnings) == 4


HOSTILE = [
    ("response", {"status": {"code": "many"}, "headers": {}, "body": {"string": ""}}),
    ("response", {"status": 200, "headers": {}, "body": {"string": ""}}),
    ("response", {"status": {"code": 200}, "headers": [], "body": {"string": ""}}),
    ("response", {"status": {"code": 200}, "headers": {}, "body": {"string": 5}}),
    ("request", {"body": "text", "headers": {}}),
    ("versions", ["x"]),
    ("recorded_at", 5),
    ("event_seconds", ["soon"]),
    ("surface", None),
]


@pytest.mark.parametrize(("field", "value"), HOSTILE)
def test_a_line_with_wrong_types_is_one_clear_error(tape, field, value):
    tape.add(exchange())
    entry = json.loads(tape.path.read_text())
    entry[field] = value
    tape.path.write_text(json.dumps(entry) + "\n")
    with pytest.raises(CassetteError, match="is no recording"):
        Tape(tape.path).get(exchange().key)


def test_a_request_that_was_changed_by_hand_is_noticed(tape):
    tape.add(exchange("Hi"))
    tape.path.write_text(tape.path.read_text().replace('"prompt": "Hi"', '"prompt": "Ho"'))
    with pytest.raises(CassetteError, match="changed by hand"):
        Tape(tape.path).get(exchange("Hi").key)


def test_deep_nesting_is_an_error_and_no_crash():
    deep = b'{"key": "' + b"0" * 32 + b':0", "request": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(CassetteError):
        parse_line(deep, "here")


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "x").write_text("a file where a folder should be")
    with pytest.raises(CassetteError, match="cannot be written"):
        Tape(tmp_path / "x" / "y.jsonl").add(exchange())


def test_what_was_recorded_before_a_moment_is_dropped_only_when_there_is_something_newer(tape):
    tape.add(exchange(sample=0))
    tape.add(exchange(sample=1))
    tape.drop_before("2026-12-01T00:00:00Z")
    assert len(Tape(tape.path)) == 2
    tape.add(exchange(sample=0, when="2026-12-02T00:00:00Z"))
    tape.drop_before("2026-12-01T00:00:00Z")
    assert Tape(tape.path).all_keys() == [exchange(sample=0).key]
    assert [path.name for path in tape.path.parent.iterdir()] == ["x.jsonl"]


def test_what_stayed_without_an_answer_since_then_stays_noted(tape):
    tape.note_unanswered(exchange(sample=7).key, "timeout", "", "2026-01-01T00:00:00Z")
    tape.add(exchange(sample=0))
    tape.add(exchange(sample=0, when="2026-12-02T00:00:00Z"))
    tape.note_unanswered(exchange(sample=8).key, "timeout", "", "2026-12-02T00:00:00Z")
    tape.drop_before("2026-12-01T00:00:00Z")
    read = Tape(tape.path)
    assert read.all_keys() == [exchange(sample=0).key]
    assert [read.unanswered(exchange(sample=number).key) for number in (7, 8)] == ["", "timeout"]


def test_a_line_is_json_that_vcrpy_knows_the_parts_of():
    entry = json.loads(render_line(exchange()))
    assert entry["request"]["uri"] == "http://x/v1"
    assert entry["response"]["body"]["string"] == '{"a": 1}'


RECORDER = """
import sys
from test_tape import exchange, Tape
tape = Tape(__import__("pathlib").Path(sys.argv[1]))
for sample in range(int(sys.argv[2]), int(sys.argv[2]) + 50):
    tape.add(exchange(sample=sample, body="x" * 3000))
"""


def test_processes_that_record_at_once_neither_lose_nor_tear(tape):
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    workers = [
        subprocess.Popen([sys.executable, "-c", RECORDER, str(tape.path), first], env=here)
        for first in ("0", "100", "200")
    ]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    read = Tape(tape.path)
    assert len(read) == 150
    assert read.warnings == []
    assert all(read.get(key) for key in read.all_keys())
