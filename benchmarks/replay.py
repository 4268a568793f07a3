"""What replay costs per exchange, against reading the same lines bare and against vcrpy as it comes.

Run by hand: python benchmarks/replay.py [--vcrpy-most 1000]
"Floor" is a dictionary and nothing else: it reads the same files, indexes their lines by key, and then, request by
request, makes the key (canonical JSON of the request and its SHA-256, for a recording is found by its whole request
and by nothing less), looks it up, and parses the line and the response's body, all with the standard library.
"Bare" is the same without making keys, for information: it takes them from the index. "Judged" is everything between
a loaded contract and its outcomes. vcrpy compares every request with every recording, so its side is asked with few
exchanges only, unless told otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.declare.contract import Contract
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.exchange import Exchange, Response
from pytest_behavior_contract.judge.measure import replay

COUNTS = (100, 1_000, 5_000, 20_000)
CLAUSES = 20
ENDPOINT = Endpoint(name="prod", api="openai-chat", model="m-1")
SETTINGS = '[tool.behavior-contract]\nendpoint = "prod"\n[tool.behavior-contract.endpoints]\n'
FILLER = "A reply of about the length that one meets, with a few sentences in it, none of which matters here. " * 8
KEY = re.compile(rb'"key": "([^"]+)"')


def write(folder: Path, count: int) -> Contract:
    """A contract of twenty clauses with `count` prompts in all, and a recording for each."""
    each = max(1, count // CLAUSES)
    clauses = []
    for number in range(min(CLAUSES, count)):
        name = f"cases-{number}.jsonl"
        lines = (json.dumps({"id": f"{k}", "question": f"Question {number}.{k}: is it so?"}) for k in range(each))
        (folder / name).write_text("\n".join(lines) + "\n")
        clauses.append(
            f"  - {{id: c{number}, assumes: It says yes., deterministic: true, prompt: '{{question}}',"
            f" cases: [{{file: {name}}}], expect: [{{contains: Yes}}]}}"
        )
    path = folder / "x.contract.yaml"
    path.write_text("contract: x\nclauses:\n" + "\n".join(clauses) + "\n")
    (folder / "pyproject.toml").write_text(f'{SETTINGS}prod = {{api = "openai-chat", model = "m-1"}}\n')
    contract = load_contract(path)
    asker = askers(folder).asker("prod")
    for clause in contract.clauses:
        tape = asker.tape(clause)
        for case in clause.cases:
            tape.add(
                Exchange(request=asker.request(case.prompt), response=response(), recorded_at="2026-01-01T00:00:00Z")
            )
    return contract


def response() -> Response:
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": f"Yes. {FILLER}"}}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 200, "total_tokens": 210},
    }
    return Response(status=200, headers={"content-type": ("application/json",)}, body=json.dumps(body))


def askers(folder: Path) -> Askers:
    return Askers(Settings(endpoint="prod", endpoints={"prod": ENDPOINT}), "none", folder)


def index_of(path: Path) -> dict[str, bytes]:
    index: dict[str, bytes] = {}
    with path.open("rb") as file:
        for line in file:
            found = KEY.search(line)
            assert found
            index[found[1].decode()] = line
    return index


def bare_seconds(folder: Path) -> float:
    began = time.perf_counter()
    for path in sorted(folder.rglob("cassettes/**/*.jsonl")):
        for line in index_of(path).values():
            json.loads(json.loads(line)["response"]["body"]["string"])
    return time.perf_counter() - began


def floor_seconds(folder: Path, contract: Contract) -> float:
    asker = askers(folder).asker("prod")
    asked = [
        (asker.tape(clause).path, [vars(asker.request(case.prompt)) for case in clause.cases])
        for clause in contract.clauses
    ]
    began = time.perf_counter()
    for path, requests in asked:
        index = index_of(path)
        for request in requests:
            canonical = json.dumps(request, sort_keys=True, separators=(",", ":")).encode()
            line = index[f"{hashlib.sha256(canonical).hexdigest()[:32]}:0"]
            json.loads(json.loads(line)["response"]["body"]["string"])
    return time.perf_counter() - began


def judged_seconds(folder: Path, contract: Contract) -> float:
    asker = askers(folder).asker("prod")
    began = time.perf_counter()
    outcomes = [replay(clause, asker, 0.01) for clause in contract.clauses]
    took = time.perf_counter() - began
    assert all(outcome.decision.state == "kept" for outcome in outcomes), outcomes[0].problem
    return took


def pytest_seconds(folder: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--contract"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return time.perf_counter() - began


def heavy_imports(folder: Path) -> list[str]:
    """Which of the packages that speak HTTP a replaying pytest process has imported."""
    code = (
        "import pytest, sys; pytest.main(['-q', '-p', 'no:cacheprovider', '--contract']);"
        "print('LOADED', *(name for name in ('openai', 'anthropic', 'httpx2', 'vcr') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.rpartition("LOADED")[2].split()


def vcrpy_seconds(folder: Path, serializer: str) -> float:
    """The same exchanges on one cassette of vcrpy's own, asked through the openai client with bodies matched."""
    import openai
    import vcr

    tapes = [Tape(path) for path in sorted(folder.rglob("cassettes/**/*.jsonl"))]
    entries = []
    for tape in tapes:
        for exchange in tape.exchanges():
            body = json.dumps(exchange.request.body, separators=(",", ":"), ensure_ascii=False)
            request = {
                "method": "POST",
                "uri": "http://127.0.0.1:9/v1/chat/completions",
                "body": body,
                "headers": {"content-type": ["application/json"]},
            }
            answer = {
                "status": {"code": 200, "message": "OK"},
                "headers": {"content-type": ["application/json"]},
                "body": {"string": exchange.response.body},
            }
            entries.append({"request": request, "response": answer})
    path = folder / f"vcrpy.{serializer}"
    document = {"version": 1, "interactions": entries}
    if serializer == "json":
        path.write_text(json.dumps(document))
    else:
        import yaml

        path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper))
    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1:9/v1", max_retries=0)
    began = time.perf_counter()
    recorder = vcr.VCR(serializer=serializer, record_mode="none", match_on=["method", "uri", "body"])
    with recorder.use_cassette(str(path)):
        for tape in tapes:
            for exchange in tape.exchanges():
                reply = client.post("/chat/completions", body=exchange.request.body, cast_to=object)
                assert reply
    return time.perf_counter() - began


def exponent(times: dict[int, float]) -> float:
    """The slope of log time over log count, by least squares: 1 is linear, 2 quadratic."""
    points = [(math.log(count), math.log(took)) for count, took in times.items()]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--vcrpy-most", type=int, default=1_000, help="do not ask vcrpy for more exchanges than this")
    most = options.parse_args().vcrpy_most
    floors, ours, whole = {}, {}, {}
    imported: list[str] = []
    print(
        f"{'exchanges':>9}  {'bare':>8}  {'floor':>8}  {'judged':>8}  {'judged/floor':>12}  {'pytest':>8}"
        "  vcrpy json / yaml  (ms an exchange)"
    )
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            contract = write(folder, count)
            rounds = [
                (bare_seconds(folder), floor_seconds(folder, contract), judged_seconds(folder, contract))
                for _ in range(7)
            ]
            bare, floors[count], ours[count] = (min(times) for times in zip(*rounds, strict=True))
            whole[count] = pytest_seconds(folder)
            imported = imported or heavy_imports(folder)
            theirs = ["not asked", ""]
            if count <= most:
                theirs = [f"{vcrpy_seconds(folder, form) / count * 1000:.2f}" for form in ("json", "yaml")]
            each = [seconds / count * 1000 for seconds in (bare, floors[count], ours[count], whole[count])]
            print(
                f"{count:>9}  {each[0]:8.4f}  {each[1]:8.4f}  {each[2]:8.4f}  {each[2] / each[1]:12.2f}  {each[3]:8.3f}"
                f"  {' / '.join(filter(None, theirs))}"
            )
    print(f"exponent: floor {exponent(floors):.2f}, judged {exponent(ours):.2f} (1 is linear)")
    print(f"pytest and everything, {COUNTS[-1]} exchanges: {whole[COUNTS[-1]]:.2f} s")
    print(f"SDKs and vcrpy imported by replay: {', '.join(imported) or 'none'}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest memory of a pytest process: {peak:.0f} MB (pid {os.getpid()} is not counted)")


if __name__ == "__main__":
    main()
