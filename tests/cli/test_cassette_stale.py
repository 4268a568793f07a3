"""Recordings that no contract asks for any more are found, and pruned."""

import datetime as dt
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.asker import Library
from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.cassettes.files import rewrite
from pytest_behavior_contract.ask.cassettes.stale import Judge
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.cli import main
from pytest_behavior_contract.errors import CassetteError, SettingsError
from pytest_behavior_contract.exchange import Exchange, Request, Response

STARTER = Path(__file__).parents[2] / "contracts" / "starter"
CONTRACT = """\
contract: sums
clauses:
  - id: digits
    assumes: A sum comes back as digits.
    prompt: "What is {sum}? Digits only."
    cases: [{sum: 1 + 1}, {sum: 2 + 3}]
    contrast: words
    expect: [{matches: "[0-9]+"}]
  - id: words
    assumes: A word comes back.
    prompt: Name a colour.
    expect: [{max_words: 1}]
"""
WHEN = "2026-06-01T10:00:00Z"


def asked(text, model="m", **more):
    return Request(
        surface="openai-chat",
        path="/chat/completions",
        body={"model": model, "messages": [{"role": "user", "content": text}], **more},
    )


def recorded(request, sample=0, when=WHEN, body='{"choices": [{"message": {"content": "5"}}]}'):
    response = Response(status=200, headers={"content-type": ("application/json",)}, body=body)
    return Exchange(request=request, response=response, sample=sample, recorded_at=when, uri="http://h/v1")


ONE, TWO, COLOUR = "What is 1 + 1? Digits only.", "What is 2 + 3? Digits only.", "Name a colour."


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A contract with every request on tape, at endpoint prod."""
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text('[tool.behavior-contract.endpoints]\nprod = "openai-chat:m"\n')
    Path("sums.contract.yaml").write_text(CONTRACT)
    for clause, texts in {"digits": [ONE, TWO], "words": [COLOUR]}.items():
        tape = tape_of(clause)
        for text in texts:
            for sample in range(2):
                tape.add(recorded(asked(text), sample))
    return tmp_path


def tape_of(clause, endpoint="prod", contract="sums"):
    return Tape(Path("cassettes") / endpoint / contract / f"{clause}.jsonl")


def screen(capsys, *words, status=0):
    assert main(["cassette", *words]) == status
    return capsys.readouterr().out


def test_what_is_asked_is_not_stale_the_twins_included(project, capsys):
    assert screen(capsys, "stale") == "none of 6 recordings in 2 cassettes stale\n"


def test_the_starters_recordings_are_all_asked(capsys):
    assert "none of" in screen(capsys, "stale", str(STARTER))


@pytest.mark.parametrize(
    ("old", "new", "stale", "said"),
    [
        ("Digits only.", "Digits!", 4, "messages[0].content: recorded 'What is 1 + 1? Digits only.'"),
        (", {sum: 2 + 3}", "", 2, "messages[0].content: recorded 'What is 2 + 3? Digits only.'"),
        ("    contrast", "    parameters: {temperature: 0}\n    contrast", 4, "temperature: recorded nothing, asked 0"),
        ("id: digits", "id: numbers", 4, "contract 'sums' has no clause 'digits'"),
        ("contract: sums", "contract: more", 6, "there is no contract 'sums' in"),
    ],
)
def test_what_a_contract_does_not_ask_any_more_is_stale(project, capsys, old, new, stale, said):
    assert old in CONTRACT
    Path("sums.contract.yaml").write_text(CONTRACT.replace(old, new))
    out = screen(capsys, "stale", status=1)
    assert said in out
    assert f"{stale} of 6 recordings in 2 cassettes stale; remove with: behavior-contract cassette prune" in out


def test_another_model_makes_recordings_stale(project, capsys):
    Path("pyproject.toml").write_text('[tool.behavior-contract.endpoints]\nprod = "openai-chat:m-2"\n')
    out = screen(capsys, "stale", status=1)
    assert "model: recorded 'm', asked 'm-2'" in out
    assert "6 of 6" in out


def test_parameters_of_the_endpoint_are_part_of_what_is_asked(project, capsys):
    table = '[tool.behavior-contract.endpoints.prod]\napi = "openai-chat"\nmodel = "m"\nparameters = {seed = 1}\n'
    Path("pyproject.toml").write_text(table)
    assert "seed: recorded nothing, asked 1" in screen(capsys, "stale", status=1)


def test_recordings_of_an_endpoint_that_is_gone_are_stale(project, capsys):
    shutil.copytree("cassettes/prod", "cassettes/former")
    out = screen(capsys, "stale", status=1)
    assert "6 of 12 recordings" in out
    assert "no endpoint 'former' in" in out
    assert "pyproject.toml" in out


@pytest.mark.parametrize("name", ["local-1", "local-2", "openai-chat:gpt"])
def test_built_in_endpoints_and_those_spelled_as_api_and_model_are_known(project, capsys, name):
    endpoint = Settings().find(name)
    shutil.copytree("cassettes/prod", Path("cassettes") / endpoint.folder)
    document = json.loads(screen(capsys, "stale", "--json", status=1))
    (gone,) = {one["reason"] for cassette in document["cassettes"] for one in cassette["stale"]}
    assert gone == "its request is not asked any more"


def test_the_configuration_nearest_to_the_cassettes_knows_its_endpoints_too(
    project, capsys, tmp_path_factory, monkeypatch
):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "none of 6" in screen(capsys, "stale", str(project))


def test_a_contract_that_does_not_load_is_an_error_and_nothing_is_stale(project, capsys):
    Path("other.contract.yaml").write_text("contract: [")
    assert main(["cassette", "stale"]) == 4
    assert main(["cassette", "prune", "--yes"]) == 4
    assert "other.contract.yaml" in capsys.readouterr().err
    assert len(tape_of("digits")) == 4


def test_a_python_tests_recordings_cannot_be_told_while_the_test_is_there(project, capsys):
    tape_of("test_x", contract="orders").add(recorded(asked("Hi")))
    test = Path("test_orders.py")
    test.write_text("def test_x(endpoint): endpoint.ask('Hello')")
    out = screen(capsys, "stale")
    assert "1 cassette cannot be told: a Python test's requests are known only when it runs" in out
    cassettes = json.loads(screen(capsys, "stale", "--json"))["cassettes"]
    assert [one["clause"] for one in cassettes if one["cannot_tell"]] == ["test_x"]
    screen(capsys, "prune", "--yes")
    assert len(tape_of("test_x", contract="orders")) == 1
    test.unlink()
    assert "there is no contract 'orders'" in screen(capsys, "stale", status=1)


@pytest.mark.parametrize(
    ("line", "status"),
    [("@clause(assumes='x', contract='orders')", 0), ("@clause(contract=NAME)", 0), ("x = contract == 'orders'", 1)],
)
def test_a_contract_that_python_names_otherwise_cannot_be_told_either(project, capsys, line, status):
    tape_of("x", contract="orders").add(recorded(asked("Hi")))
    Path("test_other.py").write_text(line)
    screen(capsys, "stale", status=status)


def test_a_file_that_lies_elsewhere_cannot_be_told(project, capsys):
    shutil.copy(tape_of("words").path, "loose.jsonl")
    assert "it does not lie in a folder cassettes/ENDPOINT/CONTRACT" in screen(capsys, "stale", "loose.jsonl")


def test_with_an_age_what_is_older_is_stale(project):
    tape_of("words").add(recorded(asked(COLOUR), 2, when="2026-08-30T10:00:00+00:00"))
    tape_of("words").add(recorded(asked(COLOUR), 3, when="not a date"))
    now = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    settings = Settings(endpoints={"prod": Endpoint(name="prod", api="openai-chat", model="m")})
    ruling = Judge(settings, "12w", now=now).rule(tape_of("words").path)
    reasons = [ruling.reason(one) for one in tape_of("words").exchanges()]
    assert reasons == ["recorded before 2026-06-09"] * 2 + [""] * 2
    ruling = Judge(settings, "93d", now=now).rule(tape_of("words").path)
    assert not any(ruling.reason(one) for one in tape_of("words").exchanges())


@pytest.mark.parametrize("age", ["90", "d", "-1d", "1y", "999999d"])
def test_an_age_that_is_none_is_said(project, capsys, age):
    assert main(["cassette", "stale", f"--max-age={age}"]) == 4
    assert f"--max-age {age!r} is no age; write 90d, 12w or 36h" in capsys.readouterr().err


def test_stale_as_json(project, capsys):
    tape_of("words").add(recorded(asked("Name a fruit."), 7))
    document = json.loads(screen(capsys, "stale", "--json", status=1))
    assert (document["recordings"], document["stale"]) == (7, 1)
    (cassette,) = [one for one in document["cassettes"] if one["stale"]]
    assert (cassette["endpoint"], cassette["contract"], cassette["clause"]) == ("prod", "sums", "words")
    reason = "its request is not asked any more"
    assert cassette["stale"] == [{"line": 3, "sample": 7, "recorded_at": WHEN, "reason": reason}]


def test_prune_says_what_it_would_do_and_does_nothing(project, capsys):
    tape_of("words").add(recorded(asked("Name a fruit.")))
    before = tape_of("words").path.read_bytes()
    out = screen(capsys, "prune")
    assert "words.jsonl: 1 stale; 2 lines stay\n  its request is not asked any more\n" in out
    assert "would remove 1 line and 0 files; nothing was changed: say --yes to do it" in out
    assert tape_of("words").path.read_bytes() == before


def test_prune_removes_what_is_stale_and_keeps_the_rest_byte_by_byte(project, capsys):
    before = tape_of("words").path.read_bytes()
    tape_of("words").add(recorded(asked("Name a fruit.")))
    assert "removed 1 line and 0 files" in screen(capsys, "prune", "--yes")
    assert tape_of("words").path.read_bytes() == before
    assert "nothing to prune in 2 cassettes" in screen(capsys, "prune", "--yes")


def test_prune_removes_files_and_folders_that_are_left_empty(project, capsys):
    Path("sums.contract.yaml").unlink()
    out = screen(capsys, "prune", "--yes")
    assert "digits.jsonl: the whole file: 4 stale" in out
    assert "removed 6 lines and 2 files" in out
    assert not Path("cassettes").exists()
    assert project.exists()


def test_prune_keeps_the_later_of_two_lines_with_one_key(project, capsys):
    newer = recorded(asked(COLOUR), 1, body='{"choices": [{"message": {"content": "newer"}}]}')
    tape_of("words").add(newer)
    assert "words.jsonl: 1 superseded; 2 lines stay" in screen(capsys, "prune", "--yes")
    assert Tape(tape_of("words").path).get(newer.key) == newer


def test_prune_drops_torn_lines_and_keeps_what_else_cannot_be_read(project, capsys):
    path = tape_of("words").path
    whole = path.read_bytes()
    first = whole.splitlines(keepends=True)[0]
    changed = first.replace(b"colour", b"flower")
    path.write_bytes(b"<<<<<<< HEAD\n" + whole + first[:200] + b"\n" + changed + b"\xff\xfe\n" + first[:300])
    out = screen(capsys, "prune", "--yes")
    assert "words.jsonl: 2 torn; 5 lines stay" in out
    assert "kept although it cannot be read: line 1, 5, 6; --damaged moves it to a file beside it" in out
    assert path.read_bytes() == b"<<<<<<< HEAD\n" + whole + changed + b"\xff\xfe\n"
    out = screen(capsys, "prune", "--yes", "--damaged")
    assert "words.jsonl: 3 damaged; 2 lines stay" in out
    assert path.read_bytes() == whole
    assert path.with_name("words.jsonl.damaged").read_bytes() == b"<<<<<<< HEAD\n" + changed + b"\xff\xfe\n"


def test_prune_drops_notes_of_missing_answers_that_nobody_needs(project, capsys):
    tape = tape_of("words")
    for request, sample in ((COLOUR, 1), (COLOUR, 9), (COLOUR, 9), ("Name a fruit.", 0)):
        tape.note_unanswered(f"{asked(request).digest}:{sample}", "timeout", "120 s", WHEN)
    with tape.path.open("ab") as file:
        file.write(b'{"unanswered": "torn')
    assert "every line" not in screen(capsys, "verify", status=1)
    assert "words.jsonl: 2 superseded, 1 stale, 1 torn; 3 lines stay" in screen(capsys, "prune", "--yes")
    left = Tape(tape.path)
    assert [one.sample for one in left.exchanges()] == [0, 1]
    assert left.unanswered(f"{asked(COLOUR).digest}:9") == "timeout: 120 s"
    assert "every line is as it was written" in screen(capsys, "verify")


def test_prune_removes_an_empty_file(project, capsys):
    tape_of("none").path.write_bytes(b"")
    assert "none.jsonl: the whole file: it is empty" in screen(capsys, "prune", "--yes")
    assert not tape_of("none").path.exists()


def test_prune_as_json(project, capsys):
    Path("sums.contract.yaml").write_text(CONTRACT.replace(", {sum: 2 + 3}", ""))
    document = json.loads(screen(capsys, "prune", "--json"))
    assert not document["done"]
    assert [(one["kept"], len(one["dropped"]), one["removed"]) for one in document["cassettes"]] == [
        (2, 2, False),
        (2, 0, False),
    ]
    assert {one["kind"] for one in document["cassettes"][0]["dropped"]} == {"stale"}


def test_what_is_appended_while_a_file_is_rewritten_waits_and_stays(project):
    tape = Tape(project / "cassettes" / "x.jsonl")
    for number in range(3):
        tape.add(recorded(asked(COLOUR), number))
    late = threading.Thread(target=lambda: Tape(tape.path).add(recorded(asked(COLOUR), 10)))

    def keep(lines):
        late.start()
        return lines[1:]

    rewrite(tape.path, keep)
    late.join()
    assert [exchange.sample for exchange in Tape(tape.path).exchanges()] == [1, 2, 10]


def test_a_rewrite_that_fails_leaves_the_file_as_it_was(project, monkeypatch):
    tape = tape_of("words")
    before = tape.path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CassetteError, match="words.jsonl: cannot be rewritten: No space left on device"):
        rewrite(tape.path, lambda lines: lines[1:])
    assert tape.path.read_bytes() == before
    assert sorted(path.name for path in tape.path.parent.iterdir()) == ["digits.jsonl", "words.jsonl"]


@pytest.mark.parametrize("name", ["..", ".", "../../x", "/etc/passwd", "a/b", "...", "x" * 500])
def test_no_name_leads_out_of_the_folder_of_cassettes(tmp_path, name):
    endpoint = Settings().find(f"openai-chat:{name[:20]}")
    tape = Library(tmp_path).tape(str(tmp_path), endpoint, name, name)
    assert len(tape.path.relative_to(tmp_path).parts) == 4
    tape.add(recorded(asked("Hi")))
    assert tape.path.resolve().parents[2] == tmp_path.resolve() / "cassettes"


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_an_endpoint_cannot_be_named_as_the_folder_above(name):
    from pytest_behavior_contract.ask.endpoints import _settings

    with pytest.raises(SettingsError):
        _settings({"endpoints": {name: "openai-chat:m"}}, "x")


def test_what_is_no_file_is_said_and_not_waited_for(project, capsys):
    for make in (os.mkfifo, os.mkdir, lambda path: Path(path).symlink_to(path)):
        place = Path("cassettes/prod/sums/strange.jsonl")
        make(place)
        for action in (["list"], ["verify"], ["stale"], ["prune", "--yes"], ["scrub", "--yes"]):
            assert main(["cassette", *action]) == 4
            assert "strange.jsonl: cannot be read: it is no file" in capsys.readouterr().err
        place.rmdir() if place.is_dir() else place.unlink()


def test_a_loop_of_links_is_not_walked_forever(project, capsys):
    (project / "again").symlink_to(project)
    assert "2 cassettes" in screen(capsys, "list")


def test_a_line_that_is_too_long_is_a_fault_and_is_kept(project, capsys, monkeypatch):
    from pytest_behavior_contract.ask.cassettes import lines

    monkeypatch.setattr(lines, "LARGEST_LINE", 1000)
    path = tape_of("words").path
    before = b'{"key"' + b"x" * 5000 + b"\n" + path.read_bytes()
    path.write_bytes(before)
    out = screen(capsys, "verify", status=1)
    assert "words.jsonl:1: is no recording: longer than the 100 MB that are read" in out
    assert "1 fault found" in out
    screen(capsys, "prune", "--yes")
    assert path.read_bytes() == before


def test_a_run_replays_what_pruning_has_left(project, capsys):
    tape_of("words").add(recorded(asked("Name a fruit.")))
    screen(capsys, "prune", "--yes")
    settings = Settings(endpoints={"prod": Endpoint(name="prod", api="openai-chat", model="m")})
    askers = Askers(settings, "none", project)
    tape = askers.library.tape(str(project), askers.asker("prod").endpoint, "sums", "words")
    assert len(tape) == 2
    assert tape.warnings == []
    askers.close()
