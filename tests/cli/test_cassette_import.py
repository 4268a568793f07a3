"""Logs of others become recordings of the clauses that ask the same."""

import gzip
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import anthropic
import openai
import pytest
import vcr
import yaml

from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.cli import main
from pytest_behavior_contract.declare.loading import load_contract

CONTRACT = """\
contract: sums
clauses:
  - id: digits
    assumes: A sum comes back as digits.
    system: You calculate.
    prompt: "What is {sum}?"
    parameters: {temperature: 0}
    cases: [{sum: 1 + 1}, {sum: 2 + 3}]
    contrast: colour
    expect: [{matches: "[0-9]+"}]
  - id: colour
    assumes: A colour comes back.
    prompt: Name a colour.
    expect: [{max_words: 1}]
"""
TABLE = """\
[tool.behavior-contract.endpoints]
prod = {api = "openai-chat", model = "m-1", base_url = "https://h/v1", api_key_env = "OUR_KEY"}
claude = {api = "anthropic-messages", model = "c-1", parameters = {max_output_tokens = 9}}
answers = "openai-responses:r-1"
fake = {api = "python:fake:answer"}
"""
SECRET = "swordfish-4711-swordfish"


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUR_KEY", SECRET)
    Path("pyproject.toml").write_text(TABLE)
    Path("sums.contract.yaml").write_text(CONTRACT)
    return tmp_path


def chat(text="What is 1 + 1?", model="m-1", system="You calculate.", **more):
    turns = [{"role": "system", "content": system}] if system else []
    return {"model": model, "messages": [*turns, {"role": "user", "content": text}], "temperature": 0, **more}


def answer(text="2", number=0, **more):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": f"chatcmpl-{number}", "model": "m-1-served", "created": 1790000000, "choices": [choice], **more}


def interaction(body=None, reply=None, **more):
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"], "Set-Cookie": ["a=b"]},
        "body": {"string": json.dumps(reply or answer())},
        **more.pop("response", {}),
    }
    request = {
        "method": "POST",
        "uri": "https://api.openai.com/v1/chat/completions",
        "body": json.dumps(body or chat()),
        "headers": {"Authorization": [f"Bearer {SECRET}"], "Content-Type": ["application/json"]},
        **more.pop("request", {}),
    }
    return {"request": request, "response": response}


def vcr_yaml(*interactions, name="log.yaml"):
    Path(name).write_text(yaml.dump({"version": 1, "interactions": list(interactions)}))
    return name


def lines(*entries, name="log.jsonl"):
    Path(name).write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return name


def screen(capsys, *words, endpoint="prod", status=0):
    assert main(["cassette", "import", *words, "--endpoint", endpoint]) == status
    out = capsys.readouterr().out
    assert SECRET not in out
    return out


def refused(capsys, *words, endpoint="prod"):
    """What is said where the set-up is wrong: one message, no traceback."""
    assert main(["cassette", "import", *words, "--endpoint", endpoint]) == 4
    return capsys.readouterr().err


def tape_of(clause="digits", endpoint="prod", contract="sums", root="."):
    return Tape(Path(root) / "cassettes" / endpoint / contract / f"{clause}.jsonl")


def texts(tape):
    return [json.loads(one.response.body)["choices"][0]["message"]["content"] for one in tape.exchanges()]


def test_vcrpys_yaml_becomes_recordings_of_the_clause_that_asks_the_same(capsys):
    entries = [interaction(reply=answer("2", 1)), interaction(chat("What is 2 + 3?"), answer("5", 2))]
    out = screen(capsys, vcr_yaml(*entries, interaction(reply=answer("two", 3))))
    assert out.splitlines() == [
        "log.yaml: vcrpy cassette (YAML), 3 entries",
        "sums/digits: 3 recorded, 0 were there already",
        "3 recorded at prod, 0 were there already",
    ]
    assert [(one.sample, one.request.question) for one in tape_of().exchanges()] == [
        (0, "What is 1 + 1?"),
        (0, "What is 2 + 3?"),
        (1, "What is 1 + 1?"),
    ]
    assert texts(tape_of()) == ["2", "5", "two"]


def test_an_imported_recording_is_clean_and_says_where_it_is_from(capsys):
    screen(capsys, vcr_yaml(interaction()))
    (found,) = tape_of().exchanges()
    assert found.response.headers == {"content-type": ("application/json",)}
    assert found.request_headers == {"content-type": "application/json"}
    assert found.uri == "https://api.openai.com/v1/chat/completions"
    assert found.recorded_at == "2026-09-21T14:13:20Z"
    assert found.versions["imported-from"] == "vcrpy"
    assert SECRET not in tape_of().path.read_text()
    assert main(["cassette", "verify"]) == 0
    assert main(["cassette", "stale"]) == 0


def test_vcrpys_json_is_read_too(capsys):
    Path("log.json").write_text(json.dumps({"version": 1, "interactions": [interaction()]}, indent=1))
    assert "log.json: vcrpy cassette (JSON), 1 entries" in screen(capsys, "log.json")
    assert texts(tape_of()) == ["2"]


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (gzip.compress, "gzip"),
        (gzip.compress, ""),
        (zlib.compress, "deflate"),
        (lambda body: zlib.compress(body)[2:-4], "deflate"),
        (bytes, ""),
    ],
)
def test_packed_bodies_are_unpacked(capsys, pack, encoding):
    body = pack(json.dumps(answer()).encode())
    headers = {"content-type": ["application/json"], **({"Content-Encoding": [encoding]} if encoding else {})}
    one = interaction(response={"headers": headers, "body": {"string": body}})
    name = vcr_yaml(one)
    assert "!!binary" in Path(name).read_text()
    screen(capsys, name)
    assert texts(tape_of()) == ["2"]


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (gzip.compress(b"x" * 100, mtime=0)[:-12], "gzip", "a compressed body that is cut off"),
        (b"\x1f\x8bnonsense", "gzip", "a compressed body that is damaged"),
        (gzip.compress(b"0" * 200_000_000, 1), "gzip", "a body that is too large unpacked"),
        (b"\xce\xb2\xcf", "br", "a body compressed with br; record it with decode_compressed_response=True"),
        (b"\xff\xfe\xfd", "", "a body that is no text"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(capsys, body, encoding, said):
    headers = {"content-encoding": [encoding]}
    name = vcr_yaml(interaction(response={"headers": headers, "body": {"string": body}}))
    out = screen(capsys, name, status=1)
    assert f"refused 1: {said} (log.yaml: interaction 1)" in out
    assert not tape_of().path.exists()


def record_with_vcrpy(server, path, serializer, call):
    recorder = vcr.VCR(serializer=serializer, record_mode="all")
    with recorder.use_cassette(str(path)):
        call()


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_what_vcrpy_itself_records_is_imported_and_exported_again(capsys, server, serializer):
    client = openai.OpenAI(api_key=SECRET, base_url=server.openai_url, max_retries=0)
    streamed = {"model": "m-1", "messages": [{"role": "user", "content": "Say it."}], "stream": True}
    with Path("sums.contract.yaml").open("a") as file:
        file.write("  - {id: said, assumes: A, prompt: Say it., stream: true, expect: [{contains: Y}]}\n")

    def call():
        client.chat.completions.create(**chat())
        list(client.chat.completions.create(**streamed))

    record_with_vcrpy(server, "log.cassette", serializer, call)
    out = screen(capsys, "log.cassette")
    assert f"vcrpy cassette ({serializer.upper()}), 2 entries" in out
    (plain,) = tape_of().exchanges()
    (stream,) = tape_of("said").exchanges()
    assert json.loads(plain.response.body)["choices"][0]["message"]["content"] == "Yes."
    assert stream.response.body.startswith("data: ")
    assert stream.response.body.endswith("[DONE]\n\n")
    assert main(["cassette", "export", str(tape_of("said").path)]) == 0
    exported = capsys.readouterr().out
    Path("again.yaml").write_text(exported)
    out = screen(capsys, "again.yaml")
    assert "sums/said: 0 recorded, 1 were there already" in out
    tape_of("said").path.unlink()
    screen(capsys, "again.yaml")
    (again,) = tape_of("said").exchanges()
    assert (again.key, again.response.body) == (stream.key, stream.response.body)


def test_the_anthropic_sdks_requests_are_matched(capsys, server):
    client = anthropic.Anthropic(api_key="none", base_url=server.url, max_retries=0)

    def call():
        client.messages.create(model="c-1", max_tokens=9, messages=[{"role": "user", "content": "Name a colour."}])

    record_with_vcrpy(server, "log.yaml", "yaml", call)
    out = screen(capsys, "log.yaml", endpoint="claude")
    assert "sums/colour: 1 recorded" in out
    assert len(tape_of("colour", "claude")) == 1


def test_openai_batch_files_are_joined_by_their_ids(capsys):
    def asked(name, body):
        return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}

    def answered(name, body, status=200):
        return {"id": "b", "custom_id": name, "response": {"status_code": status, "body": body}, "error": None}

    questions = lines(asked("a", chat()), asked("b", chat("What is 2 + 3?")), name="in.jsonl")
    answers = lines(
        answered("b", answer("5", 1)),
        answered("a", answer("2", 2)),
        answered("gone", answer()),
        {"custom_id": "a", "response": None, "error": {"code": "batch_expired"}},
        answered("a", {"error": {"message": "too many"}}, 429),
        name="out.jsonl",
    )
    out = screen(capsys, answers, questions, status=1)
    assert "out.jsonl: OpenAI batch output, 5 entries" in out
    assert "in.jsonl: OpenAI batch input, 2 entries" in out
    assert "refused 1: no request has its custom_id: give the batch's input file too (out.jsonl:3)" in out
    assert "refused 1: the batch has no answer to it: batch_expired (out.jsonl:4)" in out
    assert "refused 1: unusable answer: HTTP 429: too many (out.jsonl:5)" in out
    assert "2 recorded at prod" in out
    assert texts(tape_of()) == ["5", "2"]
    assert {one.versions["imported-from"] for one in tape_of().exchanges()} == {"openai-batch"}


def test_the_same_id_in_two_batches_is_not_guessed(capsys):
    one = {"custom_id": "a", "url": "/v1/chat/completions", "body": chat()}
    other = {**one, "body": chat("What is 2 + 3?")}
    answered = {"custom_id": "a", "response": {"status_code": 200, "body": answer()}}
    first, second = lines(one, name="1.jsonl"), lines(other, one, name="2.jsonl")
    out = screen(capsys, first, second, lines(answered), status=1)
    assert "several requests have its custom_id: import one batch at a time" in out


@pytest.mark.parametrize("as_lines", [True, False])
def test_anthropic_batch_results_are_joined_with_their_requests(capsys, as_lines):
    params = {"model": "c-1", "max_tokens": 9, "messages": [{"role": "user", "content": "Name a colour."}]}
    message = {
        "id": "msg_1",
        "type": "message",
        "content": [{"type": "text", "text": "Red"}],
        "stop_reason": "end_turn",
    }
    requests = [{"custom_id": "a", "params": params}]
    if as_lines:
        lines(*requests, name="in.json")
    else:
        Path("in.json").write_text(json.dumps({"requests": requests}, indent=1))
    results = lines(
        {"custom_id": "a", "result": {"type": "succeeded", "message": message}},
        {"custom_id": "a", "result": {"type": "expired"}},
    )
    out = screen(capsys, "in.json", results, endpoint="claude", status=1)
    assert "in.json: Anthropic batch input, 1 entries" in out
    assert "log.jsonl: Anthropic batch results, 2 entries" in out
    assert "refused 1: the batch has no answer to it: expired (log.jsonl:2)" in out
    (found,) = tape_of("colour", "claude").exchanges()
    assert json.loads(found.response.body) == message


def test_logs_of_prompts_are_matched_by_what_is_said_and_that_is_told_and_marked(capsys):
    log = lines(
        {"prompt": "What is 1 + 1?", "system": "You calculate.", "responses": ["2", "two", "2"], "model": "m-1"},
        {"messages": chat("What is 2 + 3?")["messages"], "response": answer("5"), "model": "m-1"},
    )
    out = screen(capsys, log)
    assert "log.jsonl: prompts with responses, 2 entries" in out
    assert (
        "4 of them were matched by messages and system prompt alone: the log does not say with which parameters was "
        "asked; they are marked so"
    ) in out
    assert "3 of them are texts alone: why a reply ended and what it cost is not known" in out
    assert texts(tape_of()) == ["2", "two", "2", "5"]
    found = list(tape_of().exchanges())
    assert found[0].request.body["temperature"] == 0
    assert found[0].versions["imported-parameters"] == "not logged"
    assert found[0].versions["imported-response"] == "text"
    assert "imported-response" not in found[3].versions
    assert json.loads(found[0].response.body)["choices"][0]["finish_reason"] == "not logged"


def test_a_log_that_says_its_parameters_must_be_asked_with_them(capsys):
    entry = {"prompt": "What is 1 + 1?", "system": "You calculate.", "response": "2", "model": "m-1"}
    log = lines({**entry, "parameters": {"temperature": 0}}, {**entry, "parameters": {"temperature": 0.7}})
    out = screen(capsys, log, status=1)
    assert "sums/digits: 1 recorded" in out
    assert "matched by messages" not in out
    assert "log.jsonl:2: nearest is sums/digits: temperature: logged 0.7, asked 0" in out
    (found,) = tape_of().exchanges()
    assert "imported-parameters" not in found.versions


@pytest.mark.parametrize(
    ("endpoint", "model", "read"),
    [
        ("claude", "c-1", lambda body: (body["content"][0]["text"], body["stop_reason"])),
        ("answers", "r-1", lambda body: (body["output"][0]["content"][0]["text"], body["status"])),
        ("fake", "fake:answer", lambda body: (body["text"], body["finish_reason"])),
    ],
)
def test_a_text_becomes_a_response_of_every_surface(capsys, endpoint, model, read):
    log = lines({"prompt": "Name a colour.", "response": "Red", "model": model})
    screen(capsys, log, endpoint=endpoint)
    (found,) = tape_of("colour", endpoint).exchanges()
    assert read(json.loads(found.response.body)) == ("Red", "not logged")
    assert main(["cassette", "verify"]) == 0


def test_a_logged_reason_why_a_reply_ended_is_kept(capsys):
    entry = {"prompt": "Name a colour.", "response": "Red", "model": "c-1", "finish_reason": "length"}
    screen(capsys, lines({**entry, "recorded_at": "2026-02-03T04:05:06+01:00"}), endpoint="claude")
    (found,) = tape_of("colour", "claude").exchanges()
    assert json.loads(found.response.body)["stop_reason"] == "max_tokens"
    assert found.recorded_at == "2026-02-03T03:05:06Z"


def test_the_same_import_done_twice_adds_nothing_twice(capsys):
    entry = {"prompt": "Name a colour.", "responses": ["Red", "Red", "Blue"], "model": "m-1"}
    log = lines(entry, {**entry, "response": "Red", "responses": ["Red"]})
    packed = vcr_yaml(interaction(), interaction(), interaction(reply=answer("2", 7)))
    assert "7 recorded at prod, 0 were there already" in screen(capsys, log, packed)
    before = tape_of().path.read_bytes(), tape_of("colour").path.read_bytes()
    assert "0 recorded at prod, 7 were there already" in screen(capsys, log, packed)
    assert (tape_of().path.read_bytes(), tape_of("colour").path.read_bytes()) == before
    longer = lines({**entry, "responses": [*entry["responses"], "Red", "Green"]})
    assert "1 recorded at prod, 4 were there already" in screen(capsys, longer)
    assert [one.sample for one in tape_of("colour").exchanges()] == [0, 1, 2, 3, 4]


def test_samples_take_the_next_free_numbers(capsys):
    screen(capsys, vcr_yaml(interaction(reply=answer("a", 1)), interaction(reply=answer("b", 2))))
    path = tape_of().path
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[1])
    screen(capsys, vcr_yaml(interaction(reply=answer("c", 3)), interaction(reply=answer("d", 4))))
    assert [(one.sample, text) for one, text in zip(tape_of().exchanges(), texts(tape_of()))] == [
        (1, "b"),
        (0, "c"),
        (2, "d"),
    ]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (interaction(chat(model="m-2")), "asked of model 'm-2'; endpoint prod is 'm-1'"),
        (
            interaction(request={"uri": "https://api.openai.com/v1/responses"}),
            "sent to /v1/responses; endpoint prod speaks openai-chat",
        ),
        (interaction(request={"method": "GET"}), "no POST request, so nothing that asks a model"),
        (interaction(request={"uri": "file:///etc/passwd"}), "the request's address cannot be read"),
        (interaction(request={"uri": "http://h:99999999/x"}), "the request's address cannot be read"),
        (interaction(request={"uri": 3}), "the request has no address"),
        (interaction(request={"body": "no json"}), "the request's body is no JSON object"),
        (interaction(request={"body": "[" * 5000}), "the request's body is no JSON object"),
        (interaction(request={"body": 3}), "a body that is neither text nor bytes"),
        (interaction(response={"status": "fine"}), "the response has no status"),
        (interaction(response={"headers": []}), "unusable answer"),
        (interaction(response={"headers": ["x"]}), "headers that are no mapping"),
        (interaction(response={"status": {"code": 500}}), "unusable answer: HTTP 500"),
        (interaction(response={"status": {"code": 401}}), "unusable answer: HTTP 401"),
        (interaction(response={"body": {"string": "<html>"}}), "unusable answer: HTML instead of an answer"),
        (interaction(reply={"choices": []}), "unusable answer: an answer without choices"),
        (interaction(reply=answer(SECRET)), "not recorded: the response holds something that looks like a key"),
        (interaction(chat(f"x {SECRET}")), "not recorded: the request holds something that looks like a key"),
        ({"request": {}}, "an interaction without a response"),
        (["x"], "an interaction without a request"),
        ("x", "an interaction without a request"),
        (None, "an interaction without a request"),
    ],
)
def test_what_cannot_be_a_recording_is_refused_with_the_reason(capsys, entry, said):
    if said == "unusable answer":
        entry["response"]["body"] = {"string": ""}
    out = screen(capsys, vcr_yaml(entry), status=1)
    assert f"refused 1: {said}" in out
    assert "(log.yaml: interaction 1)" in out
    assert "0 recorded at prod" in out
    assert not Path("cassettes").exists()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"prompt": "x", "response": "y"}, "says no model; only what m-1 answered belongs to endpoint prod"),
        ({"prompt": 3, "response": "y"}, "`prompt` is no text"),
        ({"messages": [], "response": "y"}, "`messages` is no list of messages"),
        ({"messages": [3], "response": "y"}, "a message without a role"),
        ({"messages": [{"role": "user", "content": 3}], "response": "y"}, "content is neither text nor parts"),
        ({"prompt": "x", "system": 3, "response": "y"}, "`system` is no text"),
        ({"prompt": "x", "parameters": 3, "response": "y"}, "`parameters` is no mapping"),
        ({"prompt": "x", "responses": "y"}, "`responses` is no list of responses"),
        ({"prompt": "x", "response": 3}, "a response is neither text nor the body of one"),
        ({"prompt": "x", "response": "y", "model": 3}, "`model` is no text"),
        ({"prompt": "x", "response": "y", "model": "m-1", "tools": [3]}, "a tool should be a mapping"),
        ({"prompt": "x", "response": "y", "model": "m-1", "parameters": {"top_k": 1}}, "openai-chat has no top_k"),
        (
            {"prompt": "x", "response": "y", "model": "m-1", "parameters": {"tool_choice": {}}},
            "cannot be asked at prod: KeyError: 'name'",
        ),
        ({"custom_id": "a", "body": {}}, "is no entry of prompts with responses, as the others of the file are"),
        ([3], "is no entry of prompts with responses"),
    ],
)
def test_a_wrong_entry_among_prompts_is_refused_with_its_line(capsys, entry, said):
    good = {"prompt": "Name a colour.", "response": "Red", "model": "m-1"}
    out = screen(capsys, lines(good, entry), status=1)
    assert said in out
    assert "(log.jsonl:2)" in out
    assert "1 recorded at prod" in out


def test_broken_lines_among_good_ones_are_refused(capsys):
    good = json.dumps({"prompt": "Name a colour.", "response": "Red", "model": "m-1"})
    deep = f'{{"prompt": {"[" * 500}{"]" * 500}, "response": "x"}}'
    Path("log.jsonl").write_text(f"{good}\n{{torn\n\n{deep}\n{'[' * 100_000}\n")
    out = screen(capsys, "log.jsonl", status=1)
    assert "refused 2: is no JSON (log.jsonl:2 and 1 more)" in out
    assert "refused 1: is nested too deeply (log.jsonl:4)" in out
    assert "1 recorded at prod" in out


def test_what_no_clause_asks_is_told_with_the_nearest_clause(capsys):
    entries = [interaction(chat("What is 1 + 1?", temperature=0.7)), interaction(chat("Who?", system=""))]
    out = screen(capsys, vcr_yaml(*entries, *[interaction(chat("More?"))] * 3), status=1)
    assert "asked by no clause: 5; --draft writes a contract that does" in out
    assert "  log.yaml: interaction 1: nearest is sums/digits: temperature: logged 0.7, asked 0\n" in out
    assert out.count("nearest is") == 3


def test_a_log_of_prompts_does_not_stand_for_a_request_with_tools_or_a_stream(capsys):
    Path("sums.contract.yaml").write_text(CONTRACT.replace("Name a colour.", "Name a colour.\n    stream: true"))
    out = screen(capsys, lines({"prompt": "Name a colour.", "response": "Red", "model": "m-1"}), status=1)
    assert "nearest is sums/colour: it sends tools or asks for a stream, and the log does not say so" in out


def test_dry_run_writes_nothing_and_says_the_same(capsys):
    name = vcr_yaml(interaction(), interaction(chat("Who?")))
    told = screen(capsys, name, "--dry-run", "--draft", "new.contract.yaml")
    assert "2 would be recorded at prod" in told
    assert "new.contract.yaml: would be written: 1 case in 1 clause, to be completed" in told
    assert sorted(path.name for path in Path().iterdir()) == ["log.yaml", "pyproject.toml", "sums.contract.yaml"]
    assert "2 recorded at prod" in screen(capsys, name, "--draft", "new.contract.yaml")


def test_into_another_folder(capsys):
    screen(capsys, vcr_yaml(interaction()), "--into", "aside")
    assert len(tape_of(root="aside")) == 1
    assert not Path("cassettes").exists()


def test_contracts_are_looked_for_where_one_says(capsys):
    Path("deep/er").mkdir(parents=True)
    Path("sums.contract.yaml").rename("deep/er/sums.contract.yaml")
    Path("node_modules").mkdir()
    Path("node_modules/x.contract.yaml").write_text("broken: [")
    name = vcr_yaml(interaction())
    assert "1 recorded" in screen(capsys, name)
    assert "0 recorded at prod, 1 were there" in screen(capsys, name, "--contracts", "deep")
    assert "0 recorded at prod, 1 were" in screen(capsys, name, "--contracts", "deep/er/sums.contract.yaml")
    assert len(tape_of(root="deep/er")) == 1
    assert "nowhere: there is no such file or folder" in refused(capsys, name, "--contracts", "nowhere")
    Path("empty").mkdir()
    assert "no contract file in empty; name a folder with --contracts" in refused(capsys, name, "--contracts", "empty")


def test_a_recording_is_made_for_every_clause_that_asks_it(capsys):
    other = CONTRACT.replace("contract: sums", "contract: more")
    Path("more.contract.yaml").write_text(other)
    out = screen(capsys, vcr_yaml(interaction()))
    assert "more/digits: 1 recorded" in out
    assert "sums/digits: 1 recorded" in out
    assert len(tape_of(contract="more")) == len(tape_of()) == 1


def test_cases_with_the_same_prompt_get_numbers_of_their_own(capsys):
    Path("sums.contract.yaml").write_text(CONTRACT.replace("{sum: 2 + 3}", "{sum: 1 + 1}"))
    screen(capsys, vcr_yaml(*[interaction(reply=answer("2", number)) for number in range(4)]))
    assert [one.sample for one in tape_of().exchanges()] == [0, 1, 2, 3]


def test_import_as_json(capsys):
    entries = [interaction(), interaction(chat("Who?")), interaction(chat(model="x"))]
    document = json.loads(screen(capsys, vcr_yaml(*entries), "--json", status=1))
    assert document["recorded"] == {"sums/digits": 1}
    assert document["files"] == [{"path": "log.yaml", "format": "vcrpy cassette (YAML)", "entries": 3}]
    assert document["unmatched"] == ["log.yaml: interaction 2"]
    assert document["refused"][0]["source"] == "log.yaml: interaction 3"
    assert document["done"]


def pytest_run(*words):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--contract", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_what_was_imported_is_replayed(capsys):
    screen(capsys, lines({"prompt": "Name a colour.", "responses": ["Red"] * 60, "model": "m-1"}))
    assert "1 passed, 1 deselected" in pytest_run("--contract-endpoint", "prod", "-k", "colour")


DRAFTED = ["Who?", "What {is} {{it}}?", 'Say "x": \\ #\n- y', "Zürich 東京 \ud83d\ude00"]


def test_what_no_clause_asks_becomes_a_contract_that_asks_it(capsys):
    Path("sums.contract.yaml").unlink()
    entries = [
        *[interaction(chat(text), answer("Yes.", number)) for number, text in enumerate(DRAFTED)],
        interaction(chat("Who?"), answer("Me.", 7)),
        interaction(chat("Hi", system="", seed=3, tools=[{"type": "function", "function": {"name": "f"}}])),
        interaction({"model": "m-1", "messages": [{"role": "user", "content": [{"type": "text", "text": "Parts"}]}]}),
    ]
    out = screen(capsys, vcr_yaml(*entries), "--draft", "from-logs.contract.yaml")
    assert "from-logs.contract.yaml: written: 6 cases in 3 clauses, to be completed" in out
    assert "from-logs/logged: 5 recorded" in out
    assert "7 recorded at prod, 0 were there already" in out
    contract = load_contract(Path("from-logs.contract.yaml"))
    assert [clause.id for clause in contract.clauses] == ["logged", "logged-2", "logged-3"]
    assert contract.clauses[0].assumes.startswith("TODO")
    assert "0 recorded at prod, 7 were there already" in screen(
        capsys, "log.yaml", "--draft", "from-logs.contract.yaml"
    )
    assert main(["cassette", "stale"]) == 0
    assert "3 passed" in pytest_run("--contract-endpoint", "prod")


def test_a_draft_of_logs_without_parameters(capsys):
    log = lines(
        {"prompt": "Who?", "system": "Be brief.", "response": "Me.", "model": "c-1"},
        {
            "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
            "response": "c",
            "model": "c-1",
        },
        {"prompt": "Who?", "response": "Me.", "model": "c-1", "parameters": {"max_output_tokens": 5}},
        {"prompt": "Who?", "response": "Me.", "model": "c-1", "parameters": {}},
    )
    out = screen(capsys, log, "--draft", "new.contract.yaml", endpoint="claude", status=1)
    assert "written: 3 cases in 3 clauses" in out
    assert "1 left out: a contract file cannot ask them as they were asked" in out
    assert "asked by no clause: 1" in out
    assert "3 recorded at claude" in out
    found = [
        one.request.body
        for clause in ("logged", "logged-2", "logged-3")
        for one in tape_of(clause, "claude", "new").exchanges()
    ]
    assert [body["max_tokens"] for body in found] == [9, 9, 5]
    assert found[0]["system"] == "Be brief."
    assert found[1]["messages"][1] == {"role": "assistant", "content": "b"}


def test_a_draft_never_overwrites(capsys):
    name = vcr_yaml(interaction(chat("Who?")))
    Path("new.logged.jsonl").write_text("mine")
    assert "new.logged.jsonl exists already; nothing is overwritten" in refused(
        capsys, name, "--draft", "new.contract.yaml"
    )
    assert Path("new.logged.jsonl").read_text() == "mine"
    assert not Path("new.contract.yaml").exists()


@pytest.mark.parametrize("name", ["new.yaml", ".contract.yaml", "x/y.txt"])
def test_a_draft_is_named_as_a_contract_file(capsys, name):
    assert "a contract file's name is NAME.contract.yaml" in refused(capsys, vcr_yaml(interaction()), "--draft", name)


def test_a_draft_into_a_folder_that_is_not_there_is_said(capsys):
    said = refused(capsys, vcr_yaml(interaction(chat("Who?"))), "--draft", "no/new.contract.yaml")
    assert "cannot be written: No such file or directory" in said


def test_no_key_gets_into_a_draft(capsys):
    out = screen(capsys, vcr_yaml(interaction(chat(f"My {SECRET}"))), "--draft", "new.contract.yaml", status=1)
    assert "not needed, nothing is left to draft" in out
    assert not Path("new.contract.yaml").exists()


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefghi", "bcdefghij")
)
TEXTS = "interactions: [" + f"&a '{'x' * 1_000_000}', " + ", ".join(["*a"] * 100_000) + "]"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"interactions: !!python/object/apply:os.system ['touch owned']", "log:1: the tag"),
        (b"interactions:\n- !!python/name:os.system x", "log:2: the tag"),
        (b"interactions: !!binary [x]", "log:1: the tag"),
        (b"interactions: [!!binary '*']", "log: interaction 1"),
        (BOMB.encode(), "expands to more than 3,000,000 values"),
        (TEXTS.encode(), "expands to more than 3,000,000 values"),
        (b"a: &a [*a]", "alias *a names nothing that was finished before it"),
        (b"a: [" * 5000, "nested more than 60 levels deep"),
        (b"a: [1", "log:"),
        (b"a: 1\n---\nb: 2", "a second document begins here"),
        (b"", "log: is empty; expected a cassette of vcrpy"),
        (b" \n\t\n", "log: is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"plain words", "it cannot be told what this is"),
        (b"a: 1", "it cannot be told what this is"),
        (b"interactions: 3", "`interactions` should be a list"),
        (b'{"interactions": {}}', "`interactions` should be a list"),
        (b"[" * 200_000, "log: "),
        (b"{torn", "it cannot be told what this is"),
        (b"[1, 2]", "it cannot be told what this is"),
        (b'{"a": 1, "b": 2}', "its first object has 'a', 'b'"),
        (b'{"key": 1, "surface": 2}', "it is a cassette of ours already"),
        (b'{"requests": 3}', "it cannot be told what this is"),
    ],
)
def test_a_hostile_file_is_a_clear_error_and_runs_nothing(capsys, content, said):
    Path("log").write_bytes(content)
    status = main(["cassette", "import", "log", "--endpoint", "prod"])
    told = capsys.readouterr()
    assert said in told.err + told.out
    assert "Traceback" not in told.err
    assert status in (1, 4)
    assert sorted(path.name for path in Path().iterdir()) == ["log", "pyproject.toml", "sums.contract.yaml"]


def test_a_place_that_is_no_file_is_said(capsys):
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    os.mkfifo("pipe")
    for name in ("folder", "loop", "pipe", "nowhere"):
        assert name in refused(capsys, name)


def test_a_file_that_is_too_large_is_said(capsys):
    with Path("log").open("wb") as file:
        file.truncate(300_000_001)
    assert "'log' has 300,000,001 bytes; at most 300,000,000 are read" in refused(capsys, "log")


def test_an_unknown_endpoint_is_said(capsys):
    assert "did you mean 'prod'" in refused(capsys, vcr_yaml(interaction()), endpoint="prd")


@pytest.mark.parametrize("name", ["../../up", "/etc/x", "..", "a/../../b"])
def test_names_in_a_log_lead_nowhere(capsys, name, project):
    entries = [interaction(chat(model=name)), interaction(request={"uri": f"https://h/{name}"})]
    screen(capsys, vcr_yaml(*entries), status=1)
    log = lines({"prompt": "Who?", "response": "x", "model": name})
    screen(capsys, log, "--draft", "new.contract.yaml", endpoint=f"openai-chat:{name}")
    (made,) = (path for path in Path().rglob("*.jsonl") if "cassettes" in path.parts)
    assert made.resolve().is_relative_to(project.resolve() / "cassettes")


def test_a_disk_that_cannot_be_written_is_one_message(capsys):
    Path("cassettes").write_text("in the way")
    assert "cannot be written" in refused(capsys, vcr_yaml(interaction(), interaction()))
