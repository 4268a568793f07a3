"""How far the behaviors of tool calls agree with the leaderboard checker of the Berkeley Function Calling Leaderboard.

Run: python benchmarks/tools.py [--disagreements]
Each record of bfcl.jsonl becomes a reply, and its category the clause that a consumer would write without knowing the
right values: one valid call of a declared tool (simple, multiple_function), several (parallel_function), none
(relevance). The records hold no gold answers. So a second table takes for the right calls those that another model made
for the same prompt and the leaderboard called valid, and holds the reply against each by `calls_tools`.
Names are written as the APIs want them, with underscores for dots. Calls of a tool `python` that was never offered are
left out, as the leaderboard does. Ids are printed, never texts.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from development_data import records
from pytest_behavior_contract.exchange import Exchange, Reply, Request, Response, ToolCall
from pytest_behavior_contract.interfaces import Behavior
from pytest_behavior_contract.judge.behaviors.calls_no_tool import CallsNoTool
from pytest_behavior_contract.judge.behaviors.calls_tools import CallsTools
from pytest_behavior_contract.judge.behaviors.only_declared_tools import OnlyDeclaredTools
from pytest_behavior_contract.judge.behaviors.tool_call_count import ToolCallCount
from pytest_behavior_contract.judge.behaviors.valid_tool_arguments import ValidToolArguments
from pytest_behavior_contract.results import Verdict

TYPES = {"dict": "object", "float": "number", "tuple": "array"}
"""What the leaderboard's schemas call by Python's names."""
PYTHON = "python"
_SOUND: tuple[Behavior, ...] = (OnlyDeclaredTools(), ValidToolArguments())
CLAUSES: Mapping[str, tuple[Behavior, ...]] = {
    "relevance": (CallsNoTool(),),
    "simple": (ToolCallCount(at_least=1, at_most=1), *_SOUND),
    "multiple_function": (ToolCallCount(at_least=1, at_most=1), *_SOUND),
    "parallel_function": (ToolCallCount(at_least=2), *_SOUND),
}


def json_schema(parameters: Any) -> Any:
    """A schema of the leaderboard as JSON Schema: its types by their own names, `any` for no type at all."""
    if isinstance(parameters, list):
        return [json_schema(item) for item in parameters]
    if not isinstance(parameters, Mapping):
        return parameters
    found = {}
    for key, value in parameters.items():
        if key == "properties" and isinstance(value, Mapping):
            found[key] = {name: json_schema(inner) for name, inner in value.items()}
        elif key == "type" and isinstance(value, str):
            found |= {} if value == "any" else {"type": TYPES.get(value, value)}
        elif key in ("items", "required", "enum", "minItems", "maxItems", "minimum", "maximum"):
            found[key] = json_schema(value) if key == "items" else value
    return found


def reply_of(record: Mapping[str, Any]) -> Reply:
    """The reply that a record holds, with the tools that were offered."""
    tools = [
        {
            "type": "function",
            "function": {"name": tool["name"].replace(".", "_"), "parameters": json_schema(tool["parameters"])},
        }
        for tool in record["tools"]
    ]
    offered = {tool["function"]["name"] for tool in tools}
    request = Request(surface="openai-chat", path="/chat/completions", body={"model": record["model"], "tools": tools})
    exchange = Exchange(request=request, response=Response(status=200))
    response = record["response"]
    if isinstance(response, str):
        return Reply(text=response, finish_reason="stop", exchange=exchange)
    named = [(name, arguments) for entry in response for name, arguments in entry.items()]
    calls = tuple(_call(name, arguments) for name, arguments in named if name != PYTHON or name in offered)
    return Reply(tool_calls=calls, finish_reason="tool_calls", exchange=exchange)


def _call(name: str, text: str) -> ToolCall:
    try:
        return ToolCall(name=name, arguments=json.loads(text), arguments_text=text)
    except ValueError:
        return ToolCall(name=name, arguments_text=text)


def verdict_of(behaviors: Iterable[Behavior], reply: Reply) -> Verdict:
    """That of the first that does not pass, as a clause has it."""
    verdict = Verdict(outcome="pass")
    for behavior in behaviors:
        verdict = behavior.check(reply)
        if not verdict.passed:
            break
    return verdict


@dataclass
class Table:
    """Verdicts against labels."""

    both: int = 0
    ours_alone: int = 0
    theirs_alone: int = 0
    neither: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, ours: bool, theirs: bool, name: str) -> None:  # noqa: FBT001
        if ours and theirs:
            self.both += 1
        elif ours:
            self.ours_alone += 1
        elif theirs:
            self.theirs_alone += 1
        else:
            self.neither += 1
        if ours != theirs:
            self.ids.append(name)

    @property
    def n(self) -> int:
        return self.both + self.ours_alone + self.theirs_alone + self.neither

    @property
    def agreement(self) -> float:
        return (self.both + self.neither) / self.n if self.n else 0.0

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None where one side says the same of everything, for then it means nothing."""
        ours, theirs = self.both + self.ours_alone, self.both + self.theirs_alone
        if not self.n or ours in (0, self.n) or theirs in (0, self.n):
            return None
        chance = (ours * theirs + (self.n - ours) * (self.n - theirs)) / self.n**2
        return (self.agreement - chance) / (1 - chance)

    def __add__(self, other: Table) -> Table:
        return Table(
            self.both + other.both,
            self.ours_alone + other.ours_alone,
            self.theirs_alone + other.theirs_alone,
            self.neither + other.neither,
            self.ids + other.ids,
        )

    @property
    def row(self) -> str:
        kappa = "—" if self.kappa is None else f"{self.kappa:.3f}"
        valid, passes = self.both + self.theirs_alone, self.both + self.ours_alone
        wrong = f"{self.ours_alone} | {self.theirs_alone}"
        return f"{self.n} | {valid} | {passes} | {wrong} | {self.agreement:.1%} | {kappa} |"


@dataclass
class Measured:
    """All that a pass over the records finds."""

    shape: dict[tuple[str, str], Table] = field(default_factory=lambda: defaultdict(Table))
    values: dict[tuple[str, str], Table] = field(default_factory=lambda: defaultdict(Table))
    errors: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By the leaderboard's kind of error: our causes, `passes` where we see nothing."""
    undeclared: Counter[str] = field(default_factory=Counter)
    """By category: replies with a call of a tool that was never offered."""
    unjudged: int = 0


def measure(found: Sequence[Mapping[str, Any]]) -> Measured:
    """Holds every record against the clause of its category and against what other models did right."""
    measured = Measured()
    right: dict[str, list[tuple[str, CallsTools]]] = defaultdict(list)
    for record in found:
        if record["labels"]["valid"] and (calls := reply_of(record).tool_calls):
            wanted = tuple({"name": call.name, "arguments": call.arguments} for call in calls)
            right[record["id"]].append((record["model"], CallsTools(calls=wanted, match="exact")))
    for record in found:
        reply, category, valid = reply_of(record), record["meta"]["category"], record["labels"]["valid"]
        key = (category, f"{record['model']} {record['meta']['run_date'][5:7]}/24")
        verdict = verdict_of(CLAUSES[category], reply)
        measured.unjudged += verdict.outcome == "error"
        measured.shape[key].add(verdict.passed, valid, record["id"])
        measured.undeclared[category] += not OnlyDeclaredTools().check(reply).passed
        if not valid:
            measured.errors[record["labels"]["error_type"]][_kind(verdict)] += 1
        others = [wanted for model, wanted in right[record["id"]] if model != record["model"]]
        if others:
            passes = any(wanted.check(reply).passed for wanted in others)
            measured.values[key].add(passes, valid, record["id"])
    return measured


def _kind(verdict: Verdict) -> str:
    """A cause without the names in it."""
    cause = "passes" if verdict.passed else verdict.cause
    for known in ("calls a tool", "tool not declared", "argument missing", "argument not declared"):
        if cause.startswith(known):
            return known
    if cause.startswith("argument "):
        return f"argument: {cause.partition(': ')[2]}"
    return "N calls in one turn" if cause.endswith("calls in one turn") else cause


def _print_table(title: str, tables: Mapping[tuple[str, str], Table]) -> None:
    print(f"\n{title}\n")
    print("| category | model and run | n | valid | passes | passes, not valid | valid, fails | agreement | kappa |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for (category, model), table in sorted(tables.items()):
        print(f"| {category} | {model} | {table.row}")
    for category in sorted({category for category, _ in tables}):
        print(f"| **{category}** | all | {sum((t for (c, _), t in tables.items() if c == category), Table()).row}")
    for model in sorted({model for _, model in tables}):
        print(f"| **all** | {model} | {sum((t for (_, m), t in tables.items() if m == model), Table()).row}")
    print(f"| **all** | all | {sum(tables.values(), Table()).row}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disagreements", action="store_true", help="print the ids on which we disagree")
    arguments = parser.parse_args()
    found = records("bfcl")
    if not found:
        print("bfcl.jsonl is not here: the development data are not part of a checkout")
        return
    measured = measure(found)
    _print_table("Shape of the calls, without the right values", measured.shape)
    _print_table("Values, held against valid calls of other models", measured.values)
    print("\nWhat the leaderboard calls invalid, and the cause we give for it\n")
    print("| error of the leaderboard | n | found | causes |\n| --- | --- | --- | --- |")
    for kind, causes in sorted(measured.errors.items(), key=lambda entry: -entry[1].total()):
        shown = ", ".join(f"{cause} ({count})" for cause, count in causes.most_common() if cause != "passes")
        print(f"| {kind} | {causes.total()} | {causes.total() - causes['passes']} | {shown} |")
    print(f"\nreplies that call a tool that was never offered: {dict(+measured.undeclared)}")
    print(f"replies that could not be judged: {measured.unjudged}")
    if arguments.disagreements:
        for name, tables in (("shape", measured.shape), ("values", measured.values)):
            for (category, model), table in sorted(tables.items()):
                if table.ids:
                    print(f"{name}, {category}, {model}: {' '.join(table.ids)}")


if __name__ == "__main__":
    main()
