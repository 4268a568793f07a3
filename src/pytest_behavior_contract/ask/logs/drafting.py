"""Logged prompts that no clause asks to a contract that asks them, for a person to complete."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_behavior_contract.ask.logs.entries import Logged
from pytest_behavior_contract.declare.contract import Contract
from pytest_behavior_contract.declare.files import LARGEST_FILE, MOST_CASES
from pytest_behavior_contract.declare.loading import SUFFIX, load_contract
from pytest_behavior_contract.errors import ContractFileError, SettingsError
from pytest_behavior_contract.exchange import Prompt, Request, canonical_json

MOST_CLAUSES = 50
_ID = "logged"
_HEAD = """\
# Drafted from logs by: behavior-contract cassette import. What was asked alike is one clause.
# Complete what says TODO; `accepted` says no more than that there was an answer.
"""
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(slots=True)
class _Group:
    """Prompts that differ in their texts alone: a clause."""

    template: Mapping[str, Any]
    cases: list[dict[str, str]] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class Draft:
    """A contract file that is not written yet."""

    path: Path
    spelled: Callable[[Prompt], Request]
    """How the endpoint is asked a prompt."""
    left_out: int = 0
    """Prompts that no clause can ask: their requests have something that a contract file has no words for."""
    _groups: dict[str, _Group] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.path.name.endswith(SUFFIX) or not _contract_name(self.path):
            raise SettingsError(f"--draft {self.path}: a contract file's name is NAME{SUFFIX}")

    def add(self, logged: Logged, request: Request) -> None:
        """Makes a case of what was logged, once for the same request."""
        if request.digest in self._seen:
            return
        self._seen.add(request.digest)
        found = _template(logged, request)
        if found is None or not self._asks(found, request, exactly=logged.parameters_known):
            self.left_out += 1
            return
        template, case = found
        name = canonical_json(template)
        size = len(json.dumps(case)) + 1
        group = self._groups.get(name)
        if group is None and len(self._groups) < MOST_CLAUSES:
            group = self._groups[name] = _Group(template)
        if group is None or len(group.cases) >= MOST_CASES or group.size + size > LARGEST_FILE:
            self.left_out += 1
            return
        group.cases.append(case)
        group.size += size

    @property
    def cases(self) -> int:
        return sum(len(group.cases) for group in self._groups.values())

    @property
    def clauses(self) -> int:
        return len(self._groups)

    def write(self, *, really: bool = True) -> Contract:
        """Writes the contract and its cases, and loads it; raises SettingsError where something stands there.

        With `really` off it is written to a folder that goes away, so that what it would ask is known all the same.
        """
        files = dict(self._files())
        there = [name for name in files if (self.path.parent / name).exists()]
        if there:
            raise SettingsError(f"--draft: {self.path.parent / there[0]} exists already; nothing is overwritten")
        with tempfile.TemporaryDirectory() as scratch:
            contract = _written(Path(scratch) / self.path.name, files)
        return _written(self.path, files) if really else contract

    def _asks(self, found: tuple[Mapping[str, Any], dict[str, str]], request: Request, *, exactly: bool) -> bool:
        """Whether the clause can ask this and, `exactly`, would ask just this request."""
        template, case = found
        messages = [_filled(turn, case) for turn in template["messages"]]
        prompt = Prompt(
            messages=tuple(messages),
            system=case.get("system", ""),
            parameters=template.get("parameters", {}),
            request=template.get("request", {}),
            stream=template.get("stream", False),
        )
        try:
            asked = self.spelled(prompt)
        except Exception:  # noqa: BLE001 - whatever a logged request makes a provider do, it cannot be asked then
            return False
        return asked.digest == request.digest or not exactly

    def _files(self) -> Iterable[tuple[str, str]]:
        name = self.path.name.removesuffix(SUFFIX)
        lines = [_HEAD, f"contract: {json.dumps(_contract_name(self.path))}\n", "clauses:\n"]
        for number, group in enumerate(self._groups.values(), 1):
            clause = _ID if number == 1 else f"{_ID}-{number}"
            file = f"{name}.{clause}.jsonl"
            lines += _clause_lines(clause, group, file)
            yield file, "".join(json.dumps(case) + "\n" for case in group.cases)
        yield self.path.name, "".join(lines)


def _clause_lines(clause: str, group: _Group, file: str) -> list[str]:
    assumes = (
        f"TODO: say in one sentence what your code relies on in these replies ({len(group.cases)} logged prompts)."
    )
    lines = [f"  - id: {clause}\n", f"    assumes: {json.dumps(assumes)}\n"]
    turns = group.template["messages"]
    if group.template["system"]:
        lines.append('    system: "{system}"\n')
    sent = {key: group.template[key] for key in ("parameters", "request") if group.template.get(key)}
    lines += [f"    {key}: {json.dumps(value)}\n" for key, value in sent.items()]
    if group.template.get("stream"):
        lines.append("    stream: true\n")
    if turns == [{"role": "user", "content": "{prompt}"}]:
        lines.append('    prompt: "{prompt}"\n')
    else:
        lines.append("    messages:\n")
        lines += [f"      - {json.dumps(turn)}\n" for turn in turns]
    lines += [f"    cases: [{{file: {json.dumps(file)}}}]\n", "    expect:\n"]
    lines.append("      - accepted # TODO: what the replies have to be like\n")
    return lines


def _written(path: Path, files: Mapping[str, str]) -> Contract:
    try:
        for name, text in files.items():
            with path.with_name(name).open("x", encoding="utf-8") as file:
                file.write(text)
        return load_contract(path)
    except OSError as error:
        raise SettingsError(f"--draft {path}: cannot be written: {error.strerror or error}") from None
    except ContractFileError as error:
        raise SettingsError(f"--draft {path}: these logs cannot be written as a contract: {error}") from None


def _contract_name(path: Path) -> str:
    return _NO_NAME.sub("-", path.name.removesuffix(SUFFIX)).strip("._-")[:100]


def _template(logged: Logged, request: Request) -> tuple[dict[str, Any], dict[str, str]] | None:
    """What a clause says of all prompts like this one, and the texts of this one; None where no clause can."""
    if logged.prompt is not None:
        if logged.prompt.tools:
            return None
        return _with_slots(logged.prompt.messages, logged.prompt.system, {"parameters": dict(logged.prompt.parameters)})
    body = dict(request.body)
    body.pop("model", None)
    messages = body.pop("messages", None)
    system = ""
    if request.surface == "openai-responses":
        messages, system = body.pop("input", None), body.pop("instructions", "")
    elif isinstance(body.get("system"), str):
        system = body.pop("system")
    if not isinstance(messages, list) or not isinstance(system, str):
        return None
    more: dict[str, Any] = {}
    if body.get("stream") is True:
        body.pop("stream")
        more["stream"] = True
    return _with_slots(messages, system, {**more, "request": body})


def _with_slots(
    messages: Iterable[Any], system: str, more: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]] | None:
    turns: list[dict[str, Any]] = []
    case: dict[str, str] = {"system": system} if system else {}
    messages = list(messages)
    for number, message in enumerate(messages, 1):
        if not isinstance(message, Mapping) or set(message) != {"role", "content"}:
            return None
        content = message["content"]
        parts = [content] if isinstance(content, str) else content
        name = "prompt" if len(messages) == 1 else f"turn_{number}"
        if isinstance(content, str):
            case[name] = content
            turns.append({"role": message["role"], "content": f"{{{name}}}"})
            continue
        if not isinstance(parts, list):
            return None
        if not all(isinstance(part, Mapping) and set(part) == {"type", "text"} for part in parts):
            return None
        if not all(part["type"] == "text" and isinstance(part["text"], str) for part in parts):
            return None
        case |= {f"{name}_{index}": part["text"] for index, part in enumerate(parts, 1)}
        slots = [{"type": "text", "text": f"{{{name}_{index}}}"} for index in range(1, len(parts) + 1)]
        turns.append({"role": message["role"], "content": slots})
    return {"messages": turns, "system": bool(system), **more}, case


def _filled(turn: Mapping[str, Any], case: Mapping[str, str]) -> dict[str, Any]:
    content = turn["content"]
    if isinstance(content, str):
        return {"role": turn["role"], "content": case[content[1:-1]]}
    return {
        "role": turn["role"],
        "content": [{"type": "text", "text": case[part["text"][1:-1]]} for part in content],
    }
