"""Keys and foreign headers are taken out of recordings, and nothing else."""

import json
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.cassettes.tape import Tape, render_line
from pytest_behavior_contract.cli import main
from pytest_behavior_contract.exchange import Exchange, Request, Response

SECRET = "swordfish-4711-swordfish"
SHAPED = "sk-" + "a1B2" * 8
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUR_KEY", SECRET)
    table = '[tool.behavior-contract.endpoints.prod]\napi = "openai-chat"\nmodel = "m"\napi_key_env = "OUR_KEY"\n'
    Path("pyproject.toml").write_text(table)
    return tmp_path


PATH = Path("cassettes/prod/sums/digits.jsonl")


def exchange(text="Hi.", question="Hello?", headers=None, stream=False, **more):
    document = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]}
    body = more.pop("body", json.dumps(document))
    kept = {"content-type": ("text/event-stream" if stream else "application/json",), **(headers or {})}
    request = {"model": "m", "messages": [{"role": "user", "content": question}]}
    return Exchange(
        request=Request(surface="openai-chat", path="/chat/completions", body=request),
        response=Response(status=200, headers=kept, body=body),
        **{"uri": "https://h/v1/chat/completions", "recorded_at": "2026-01-01T00:00:00Z", **more},
    )


def stream_of(*pieces):
    events = [{"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


def screen(capsys, *words, status=0):
    assert main(["cassette", *words]) == status
    return capsys.readouterr().out


def scrubbed(capsys, *exchanges):
    """What is left of these exchanges; verify finds nothing in it any more."""
    for one in exchanges:
        Tape(PATH).add(one)
    screen(capsys, "verify", status=1)
    out = screen(capsys, "scrub", "--yes")
    assert SECRET not in out
    if PATH.exists():
        assert "every line is as it was written" in screen(capsys, "verify")
        assert SECRET not in PATH.read_text()
        assert SHAPED not in PATH.read_text()
    return out, list(Tape(PATH).exchanges())


@pytest.mark.parametrize("secret", [SECRET, SHAPED])
@pytest.mark.parametrize("before", ["", "\n", '"\\n', "key: "])
def test_a_key_in_a_response_is_masked_and_the_rest_stays(capsys, secret, before):
    text = f"{before}{secret} is the key"
    _, (found,) = scrubbed(capsys, exchange(text))
    assert json.loads(found.response.body)["choices"][0]["message"]["content"] == f"{before}*** is the key"
    assert found.key == exchange(text).key


def test_a_key_in_a_request_is_masked_and_the_recording_gets_its_new_key(capsys):
    before = exchange(question=f"My key is {SECRET}.", sample=3)
    out, (found,) = scrubbed(capsys, before)
    assert found.request.question == "My key is ***."
    assert found.sample == 3
    assert found.key != before.key
    assert "its request has changed: a clause finds it only where it asks with *** too" in out


def test_a_key_in_one_chunk_of_a_stream_is_masked(capsys):
    body = stream_of("the key ", SECRET, " is it")
    _, (found,) = scrubbed(capsys, exchange(body=body, stream=True))
    assert found.response.body == body.replace(SECRET, "***")


def test_a_key_cut_in_pieces_by_a_stream_drops_the_line_and_says_so(capsys):
    whole = exchange("nothing", sample=1)
    body = stream_of("the key ", SECRET[:9], SECRET[9:], " is it")
    Tape(PATH).add(exchange(body=body, stream=True))
    out, left = scrubbed(capsys, whole)
    assert left == [whole]
    told = (
        "the line goes: the reply's text holds something that looks like a key, and no single text of it can be masked"
    )
    assert f"digits.jsonl:1: {told}" in out


def test_when_every_line_goes_the_file_goes(capsys):
    _, left = scrubbed(capsys, exchange(body=stream_of(SECRET[:9], SECRET[9:]), stream=True))
    assert left == []
    assert not Path("cassettes").exists()


def test_foreign_headers_are_dropped_and_ours_stay(capsys):
    before = exchange(
        headers={"Set-Cookie": ("a=b",), "openai-processing-ms": ("12",)},
        request_headers={"authorization": "Bearer x", "content-type": "application/json"},
    )
    out, (found,) = scrubbed(capsys, before)
    assert found.response.headers == {"content-type": ("application/json",), "openai-processing-ms": ("12",)}
    assert found.request_headers == {"content-type": "application/json"}
    assert found.response.body == before.response.body
    assert "digits.jsonl:1: keeps the header Set-Cookie; keeps the header authorization" in out


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ({"uri": f"https://h/v1/x?key={SECRET}"}, {"uri": "https://h/v1/x"}),
        ({"uri": "https://me:word@h:8/v1/x"}, {"uri": "https://h:8/v1/x"}),
        ({"uri": f"https://h/{SHAPED}/x"}, {"uri": "https://h/***/x"}),
        ({"uri": "https://[/x?y"}, {"uri": ""}),
        ({"versions": {"x": SHAPED}}, {"versions": {"x": "***"}}),
        ({"recorded_at": SHAPED}, {"recorded_at": "***"}),
        ({"request_headers": {"openai-beta": SHAPED}}, {"request_headers": {"openai-beta": "***"}}),
    ],
)
def test_a_key_is_found_wherever_a_line_can_hold_one(capsys, more, left):
    _, (found,) = scrubbed(capsys, exchange(**more))
    ((field, value),) = left.items()
    assert getattr(found, field) == value


def test_a_private_key_is_masked_to_its_end(capsys):
    _, (found,) = scrubbed(capsys, exchange(f"Here: {PEM} so."))
    assert json.loads(found.response.body)["choices"][0]["message"]["content"] == "Here: *** so."
    Path(PATH).unlink()
    _, (found,) = scrubbed(capsys, exchange(PEM[:50]))
    assert json.loads(found.response.body)["choices"][0]["message"]["content"] == "***"


def test_a_key_with_signs_that_json_escapes_is_found(capsys, monkeypatch):
    monkeypatch.setenv("OUR_KEY", 'pass"word\\ümlaut')
    Tape(PATH).add(exchange('is pass"word\\ümlaut it'))
    screen(capsys, "scrub", "--yes")
    (found,) = Tape(PATH).exchanges()
    assert json.loads(found.response.body)["choices"][0]["message"]["content"] == "is *** it"


def test_what_is_in_a_line_besides_the_exchange_goes(capsys):
    line = json.loads(render_line(exchange()))
    PATH.parent.mkdir(parents=True)
    PATH.write_text(json.dumps({**line, "note": SECRET, "complete": True}) + "\n")
    assert "the line holds something that looks like a key" in screen(capsys, "verify", status=1)
    _, (found,) = scrubbed(capsys)
    assert found == exchange()


def test_a_number_that_is_a_key_drops_the_line(capsys, monkeypatch):
    monkeypatch.setenv("OUR_KEY", "4711471147")
    Tape(PATH).add(exchange(body='{"choices": [], "n": 4711471147}'))
    out = screen(capsys, "scrub", "--yes")
    assert "the line goes: its response could not be read any more" in out


def test_without_yes_nothing_is_changed(capsys):
    Tape(PATH).add(exchange(SECRET))
    before = PATH.read_bytes()
    out = screen(capsys, "scrub", status=1)
    assert "digits.jsonl:1: the response holds something that looks like a key" in out
    assert "would scrub 1 line; nothing was changed: say --yes to do it" in out
    assert PATH.read_bytes() == before


def test_lines_without_a_fault_stay_byte_by_byte(capsys):
    odd = render_line(exchange("fine")).replace(b'{"key": ', b'{"key":')
    PATH.parent.mkdir(parents=True)
    PATH.write_bytes(odd)
    Tape(PATH).add(exchange(SECRET, sample=1))
    screen(capsys, "scrub", "--yes")
    assert PATH.read_bytes().splitlines(keepends=True)[0] == odd
    assert "nothing to scrub in 1 cassette" in screen(capsys, "scrub", "--yes")


def test_in_lines_that_cannot_be_read_keys_are_masked_all_the_same(capsys):
    PATH.parent.mkdir(parents=True)
    PATH.write_bytes(f"<<<<<<< {SECRET}\n".encode() + b"\xff" + SHAPED.encode() + b"\n" + b"[" * 50_000 + b"\n")
    out = screen(capsys, "scrub", "--yes", status=1)
    assert "digits.jsonl: cannot be read: line 1, 2, 3; it stays, with its keys masked, for: cassette prune" in out
    assert "scrubbed 2 lines" in out
    assert PATH.read_bytes() == b"<<<<<<< ***\n\xff***\n" + b"[" * 50_000 + b"\n"


@pytest.mark.parametrize("depth", [100, 200, 300, 400, 440, 450, 460, 470, 480, 490, 500])
def test_a_deeply_nested_request_is_no_traceback(capsys, depth):
    deep = SECRET
    for _ in range(depth):
        deep = [deep]
    request = Request(surface="openai-chat", path="/p", body={"model": "m", "x": deep})
    one = Exchange(request=request, response=Response(status=200, body="{}"), uri="https://h/")
    PATH.parent.mkdir(parents=True)
    key = "0" * 32 + ":0"
    try:
        line = render_line(one)
    except RecursionError:
        line = f'{{"key": "{key}", "request": {{"body": {"[" * depth}"{SECRET}"{"]" * depth}}}}}\n'.encode()
    PATH.write_bytes(line)
    assert main(["cassette", "scrub", "--yes"]) in (0, 1)
    assert SECRET not in (PATH.read_text() if PATH.exists() else "")


def test_a_key_in_a_note_of_a_missing_answer_is_masked(capsys):
    Tape(PATH).note_unanswered("a:0", "HTTP 500", f"no {SECRET}", "2026-01-01T00:00:00Z")
    assert "the line holds something that looks like a key" in screen(capsys, "verify", status=1)
    scrubbed(capsys)
    assert Tape(PATH).unanswered("a:0") == "HTTP 500: no ***"


def test_scrub_as_json(capsys):
    Tape(PATH).add(exchange(SECRET))
    document = json.loads(screen(capsys, "scrub", "--json", "--yes"))
    (cassette,) = document["cassettes"]
    assert document["done"]
    assert cassette["cleaned"] == [
        {
            "line": 1,
            "problems": ["the response holds something that looks like a key"],
            "dropped": "",
            "new_key": False,
        }
    ]
    assert Path(cassette["path"]) == PATH
