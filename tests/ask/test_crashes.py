"""What is recorded stays recorded: whatever ends a process, and whoever else writes to the same file."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Exchange, Request, Response

REQUEST = Request(surface="openai-chat", path="/chat/completions", body={"messages": ["x" * 2000]})


def exchange(sample, moment="2026-01-01T00:00:00Z"):
    return Exchange(request=REQUEST, response=Response(status=200, body="y" * 3000), sample=sample, recorded_at=moment)


def add(path, numbers, moment="2026-01-01T00:00:00Z"):
    tape = Tape(path)
    for number in numbers:
        tape.add(exchange(number, moment))


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_crashes import Tape, exchange
tape = Tape(Path(sys.argv[2]))
for number in range(*map(int, sys.argv[3:])):
    tape.add(exchange(number))
    print(number, flush=True)
"""


def start(path, *numbers):
    """Another process that records samples, and says each when it is done."""
    arguments = [str(Path(__file__).parent), str(path), *map(str, numbers)]
    return subprocess.Popen([sys.executable, "-c", WRITER, *arguments], stdout=subprocess.PIPE, text=True)


def test_a_process_that_is_killed_has_lost_nothing_that_it_had_finished(tmp_path):
    path = tmp_path / "x.jsonl"
    process = start(path, 10**9)
    finished = [int(process.stdout.readline()) for _ in range(50)]
    os.kill(process.pid, signal.SIGKILL)
    finished += [int(line) for line in process.stdout.read().splitlines() if line]
    process.stdout.close()
    process.wait()
    tape = Tape(path)
    assert all(tape.get(exchange(number).key) == exchange(number) for number in finished)
    tape.add(exchange(10**9))
    assert Tape(path).get(exchange(10**9).key) == exchange(10**9)


@pytest.mark.parametrize("kept", [1, 20, 2000, -2])
def test_a_torn_line_is_set_aside_with_a_warning_and_recorded_again(tmp_path, kept):
    path = tmp_path / "x.jsonl"
    add(path, range(3))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] + lines[2][:kept])
    tape = Tape(path)
    assert [exchange(number).key in tape for number in range(3)] == [True, True, False]
    assert "torn off by a crash" in tape.warnings[0]
    tape.add(exchange(2))
    again = Tape(path)
    assert [again.get(exchange(number).key) for number in range(3)] == [exchange(number) for number in range(3)]


def test_two_processes_that_record_one_clause_neither_lose_nor_tear(tmp_path):
    path = tmp_path / "x.jsonl"
    writers = [start(path, first, 400, 2) for first in (0, 1)]
    for writer in writers:
        writer.communicate()
    tape = Tape(path)
    assert len(tape) == 400
    assert tape.warnings == []
    assert all(tape.get(exchange(number).key) == exchange(number) for number in range(400))


def test_what_is_recorded_while_another_process_drops_old_recordings_is_not_lost(tmp_path):
    path = tmp_path / "x.jsonl"
    add(path, range(1000, 1020), "2025-01-01T00:00:00Z")
    writer = start(path, 300)
    writer.stdout.readline()
    inodes = set()
    while writer.poll() is None:
        add(path, [1000], "2025-01-01T00:00:00Z")
        Tape(path).drop_before("2026-01-01T00:00:00Z")
        inodes.add(path.stat().st_ino)
    writer.communicate()
    assert len(inodes) > 1
    tape = Tape(path)
    assert all(exchange(number).key in tape for number in range(300))


def test_a_full_disk_is_one_clear_error_and_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "x.jsonl"
    add(path, range(2))
    before = path.read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:100]))
    with pytest.raises(CassetteError, match="x.jsonl: cannot be written: No space left on device"):
        Tape(path).add(exchange(2))
    assert path.read_bytes() == before
    monkeypatch.setattr(os, "write", lambda descriptor, line: (_ for _ in ()).throw(OSError(errno.EROFS, "Read-only")))
    with pytest.raises(CassetteError, match="cannot be written: Read-only"):
        Tape(path).add(exchange(2))
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "cassettes").write_text("a file where the folder should be")
    with pytest.raises(CassetteError, match="cannot be written: Not a directory"):
        Tape(tmp_path / "cassettes" / "prod" / "x.jsonl").add(exchange(0))


def test_why_a_question_stayed_without_an_answer_is_kept_until_it_has_one(tmp_path):
    path = tmp_path / "x.jsonl"
    Tape(path).note_unanswered(exchange(0).key, "timeout", "no answer within 5 s", "2026-01-01T00:00:00Z")
    tape = Tape(path)
    assert exchange(0).key not in tape
    assert tape.unanswered(exchange(0).key) == "timeout: no answer within 5 s"
    assert tape.warnings == []
    tape.add(exchange(0))
    assert Tape(path).unanswered(exchange(0).key) == ""
