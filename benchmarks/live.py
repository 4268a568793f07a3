"""What a live run costs beside its replies, against the openai client in a bare gather; and what stopping early saves.

Run by hand: python benchmarks/live.py
A server on the loopback answers each request after 200 ms. "Bare" asks 1,000 questions through one AsyncOpenAI client,
50 at a time, and throws the answers away. "Ours" asks the same 1,000 as samples of twenty clauses: paced, paid for,
recorded, judged. Both in turn, three times; the smaller time of each counts.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.endpoints import Endpoint, Settings
from pytest_behavior_contract.declare.contract import Contract
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.judge.measure import measure

SAMPLES, CLAUSES, CONCURRENCY, LATENCY_SECONDS = 1_000, 20, 50, 0.2
TARGET = 1.10
ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Yes, it is."}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14},
    }
).encode()


def serve(pipe: Connection) -> None:
    """Answers everything after a while, in a process of its own so that it takes no time from who asks."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                await asyncio.sleep(LATENCY_SECONDS)
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER)
                    + ANSWER
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def write(folder: Path, *, deterministic: bool) -> Contract:
    each = SAMPLES // CLAUSES
    clauses = []
    for number in range(CLAUSES):
        questions = [json.dumps({"id": f"{k}", "question": f"Question {number}.{k}?"}) for k in range(each)]
        (folder / f"cases-{number}.jsonl").write_text("\n".join(questions) + "\n")
        how = "deterministic: true" if deterministic else "samples: 50"
        clauses.append(
            f"  - {{id: c{number}, assumes: It says yes., {how}, prompt: '{{question}}',"
            f" cases: [{{file: cases-{number}.jsonl}}], expect: [{{contains: Yes}}]}}"
        )
    path = folder / "x.contract.yaml"
    path.write_text("contract: x\nclauses:\n" + "\n".join(clauses) + "\n")
    return load_contract(path)


def bare_seconds(url: str) -> float:
    from openai import AsyncOpenAI

    async def run() -> float:
        places = asyncio.Semaphore(CONCURRENCY)
        async with AsyncOpenAI(api_key="none", base_url=url) as client:

            async def one(number: int) -> None:
                async with places:
                    await client.chat.completions.create(
                        model="m-1", messages=[{"role": "user", "content": f"Question {number}?"}]
                    )

            began = time.perf_counter()
            await asyncio.gather(*(one(number) for number in range(SAMPLES)))
            return time.perf_counter() - began

    return asyncio.run(run())


def our_run(url: str, *, deterministic: bool) -> tuple[float, int]:
    """Seconds and calls of a live run."""
    with tempfile.TemporaryDirectory() as name:
        contract = write(Path(name), deterministic=deterministic)
        endpoint = Endpoint(name="prod", api="openai-chat", model="m-1", base_url=url, concurrency=CONCURRENCY)
        askers = Askers(Settings(endpoint="prod", endpoints={"prod": endpoint}), "missing", Path(name))
        asker = askers.asker("prod")
        began = time.perf_counter()
        futures = [askers.engine.submit(measure(clause, asker, 0.01)) for clause in contract.clauses]
        outcomes = [future.result() for future in futures]
        took = time.perf_counter() - began
        calls = askers.purse.spent().calls
        recorded = sum(len(asker.tape(clause)) for clause in contract.clauses)
        askers.close()
    assert all(outcome.decision.state == "kept" for outcome in outcomes), outcomes[0]
    assert recorded == calls
    return took, calls


def main() -> None:
    import openai  # noqa: F401 - both sides have it loaded

    ours_end, theirs_end = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs_end,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours_end.recv()}/v1"
    pairs = [(bare_seconds(url), our_run(url, deterministic=True)) for _ in range(3)]
    bare, ours = min(pair[0] for pair in pairs), min(pair[1][0] for pair in pairs)
    calls = pairs[0][1][1]
    print(f"{SAMPLES} requests of {LATENCY_SECONDS * 1000:.0f} ms, {CONCURRENCY} at a time; {calls} recorded")
    print(f"bare gather of the openai client: {bare:.2f} s")
    print(f"a live run, recorded and judged:  {ours:.2f} s, {ours / bare:.2f} times that (target {TARGET:.2f})")
    took, early = our_run(url, deterministic=False)
    print(f"the same clauses with early stopping: {early} calls instead of {SAMPLES}, {took:.2f} s")
    server.terminate()


if __name__ == "__main__":
    main()
