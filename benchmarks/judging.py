"""What judging costs: 10,000 replies with ten behaviors each, and loading a contract before it.

Run by hand: python benchmarks/judging.py [--all]
The reference in the same run is json.loads and ten times str.find on the same replies. With --all, every behavior is
timed alone, by the example in its documentation. All times are processor time.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.contract import Case
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.exchange import Exchange, Reply, Request, Response, ToolCall, Usage
from pytest_behavior_contract.judge.decide import judge_reply

REPLIES = 10_000
RUNS = 3
STARTER = Path(__file__).parents[1] / "contracts" / "starter" / "orders.contract.yaml"
CONTRACT = """\
contract: speed
clauses:
  - id: ten
    assumes: Ten things are looked at.
    prompt: Extract the order as JSON.
    tools: [{name: get_order}]
    expect:
      - json: {type: object, schema: {type: object, required: [items], properties: {items: {type: array}}}}
      - contains: chair
      - matches: '"quantity": \\d+'
      - max_words: 400
      - one_of: [blue, green]
      - complies
      - finish_reason: stop
      - finish_matches_tool_calls
      - calls_tool: {name: get_order, arguments: {order_id: "4711"}}
      - identity: {name: Ada}
"""
WORDS = "the order of two blue chairs and one table to Turin was sent on Monday with a note about delivery".split()
_EXAMPLE = re.compile(r"```yaml\n(.*?)\n\s*```(?!\")", re.DOTALL)


def replies(count: int) -> list[Reply]:
    """Replies as applications get them: JSON bare and fenced, prose, lists, refusals, tool calls; 20 to 400 words."""
    chance = random.Random(11)
    found = []
    for number in range(count):
        prose = " ".join(chance.choice(WORDS) for _ in range(chance.choice((20, 60, 150, 400))))
        order = {"items": [{"sku": chance.choice(WORDS), "quantity": n} for n in range(1 + number % 30)], "note": prose}
        kind = number % 6
        text = (
            json.dumps(order),
            f"```json\n{json.dumps(order, indent=2)}\n```",
            f"I'm Ada. {prose.capitalize()}.",
            "\n".join(f"- {word}" for word in prose.split()),
            f"I'm sorry, but I can't help with that. {prose.capitalize()}.",
            "",
        )[kind]
        calls = (ToolCall(name="get_order", arguments={"order_id": "4711"}, arguments_text="{}", id="c"),)
        request = Request(surface="openai-chat", path="/chat/completions", body={"model": "gpt-4o-2024-08-06"})
        found.append(
            Reply(
                text=text,
                tool_calls=calls if kind == 5 else (),
                finish_reason="tool_calls" if kind == 5 else "stop",
                usage=Usage(input_tokens=100, output_tokens=len(text) // 4),
                exchange=Exchange(request=request, response=Response(status=200, body=text), latency_seconds=1.0),
            )
        )
    return found


def timed(work: Callable[[], object]) -> float:
    """Seconds of the processor, the median of a few runs; what else the machine does is not in it."""
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times)


def reference(some: list[Reply]) -> None:
    needles = [f"needle {number}" for number in range(10)]
    for reply in some:
        with contextlib.suppress(ValueError):
            json.loads(reply.text)
        for needle in needles:
            reply.text.find(needle)


def loaded(text: str, folder: Path) -> Any:
    path = folder / "speed.contract.yaml"
    path.write_text(text)
    (folder / "order.schema.json").write_text("{}")
    return load_contract(path).clauses[0]


def judging(some: list[Reply], expect: tuple[Any, ...]) -> None:
    single = [Case(id="1", prompt=None, expect=(behavior,)) for behavior in expect]  # type: ignore[arg-type]  # is not looked at
    plain = timed(lambda: reference(some))
    verdicts = timed(lambda: [judge_reply(reply, case) for reply in some for case in single])
    characters = sum(len(reply.text) for reply in some)
    print(f"{len(some):,} replies ({characters / 1e6:.1f} million characters) x {len(expect)} behaviors")
    print(f"  verdicts                               {verdicts:6.2f} s")
    print(f"  json.loads and ten times str.find      {plain:6.2f} s   ratio {verdicts / plain:.1f}")
    outcomes = Counter(behavior.check(reply).outcome for reply in some for behavior in expect)
    print(f"  {', '.join(f'{count:,} {word}' for word, count in sorted(outcomes.items()))}")
    print("  microseconds a reply")
    few = some[:1_200]
    for behavior in expect:
        seconds = timed(lambda behavior=behavior: [behavior.check(reply) for reply in few])  # type: ignore[misc]  # bound at once
        print(f"    {registry.name_of('behaviors', type(behavior)):28}{seconds / len(few) * 1e6:8.1f}")


def loading() -> None:
    """Each in a process of its own, as a run would."""
    steps = {
        "imports that any contract needs": "import jsonschema, msgspec, yaml",
        "a contract, what it names": f"load_contract(Path({str(STARTER)!r}))",
        "the whole schema": "contract_schema()",
    }
    head = (
        "import time, sys; from pathlib import Path\n"
        "import pytest_behavior_contract.declare.loading as loading\n"
        "from pytest_behavior_contract.declare.schema import contract_schema; load_contract = loading.load_contract\n"
    )
    print("loading, a process each")
    for name, step in steps.items():
        before = "" if "import" in step else "import jsonschema, msgspec, yaml\n"
        code = (
            f"{head}{before}began = time.process_time()\n{step}\n"
            "print(time.process_time() - began, sum('.judge.behaviors.' in name for name in sys.modules))"
        )
        runs = [
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
            for _ in range(7)
        ]
        seconds, modules = statistics.median(float(run[0]) for run in runs), runs[0][1]
        print(f"  {name:38} {seconds * 1000:6.1f} ms   {modules} modules of behaviors")


def every(some: list[Reply], folder: Path) -> None:
    """Each behavior alone, the slowest first."""
    found = []
    for name in registry.names("behaviors"):
        block = _EXAMPLE.search(inspect.getdoc(registry.resolve("behaviors", name)) or "")
        lines = block[1].splitlines() if block else []
        example = "\n".join(f"    {line}" for line in lines if not line.startswith("tools:"))
        prompt = (
            "" if re.search(r"^    (prompt|wordings|messages|request):", example, re.MULTILINE) else "    prompt: Hi\n"
        )
        head = "contract: c\nclauses:\n  - id: x\n    assumes: x\n    tools: [{name: get_order}]\n"
        clause = loaded(f"{head}{prompt}{example}\n", folder)
        for behavior in clause.cases[0].expect[:1]:
            if not getattr(behavior, "runs_code", False):
                seconds = timed(lambda behavior=behavior: [behavior.check(reply) for reply in some])  # type: ignore[misc]
                found.append((seconds / len(some) * 1e6, name))
    print("every behavior that looks at one reply, microseconds a reply")
    for microseconds, name in sorted(found, reverse=True):
        print(f"  {name:30}{microseconds:8.1f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        judging(replies(REPLIES), loaded(CONTRACT, Path(name)).cases[0].expect)
        loading()
        if "--all" in sys.argv:
            every(replies(300), Path(name))


if __name__ == "__main__":
    main()
