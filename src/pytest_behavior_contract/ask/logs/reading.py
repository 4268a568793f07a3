"""Files of logs to logged exchanges; what a file is, is told from what stands in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_behavior_contract.ask.logs.entries import LogFile, Logged, Logs, Refused, Unusable, too_deep
from pytest_behavior_contract.ask.logs.vcrpy_files import interactions, yaml_document
from pytest_behavior_contract.declare.contract import read_tool
from pytest_behavior_contract.declare.files import read_text
from pytest_behavior_contract.errors import CassetteError
from pytest_behavior_contract.exchange import Prompt, canonical_json

LARGEST_LOG = 300_000_000
_FORMATS: Mapping[str, tuple[str, str]] = {
    "openai-answers": ("OpenAI batch output", "response"),
    "openai-questions": ("OpenAI batch input", "request"),
    "anthropic-answers": ("Anthropic batch results", "response"),
    "anthropic-questions": ("Anthropic batch input", "request"),
    "prompts": ("prompts with responses", "entry"),
}
_EXPECTED = (
    "expected a cassette of vcrpy (YAML or JSON), an OpenAI or Anthropic batch file, or JSON Lines with `prompt` or "
    "`messages`, `response` and `model`"
)


@dataclass(slots=True)
class _Gathered:
    """What the files hold until batches' questions and answers are joined."""

    files: list[LogFile] = field(default_factory=list)
    logged: list[Logged] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    questions: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    answers: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)


def read_logs(paths: Iterable[Path]) -> Logs:
    """Reads all files; raises CassetteError for one that cannot be read, or that is no log we know."""
    gathered = _Gathered()
    for path in paths:
        _read_file(path, gathered)
    for source, kind, answer in gathered.answers:
        try:
            gathered.logged.append(_joined(source, kind, answer, gathered.questions))
        except Unusable as error:
            gathered.refused.append(Refused(source=source, reason=str(error)))
    return Logs(files=tuple(gathered.files), logged=tuple(gathered.logged), refused=tuple(gathered.refused))


def _read_file(path: Path, gathered: _Gathered) -> None:
    try:
        text = read_text(path, LARGEST_LOG)
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise CassetteError(f"{path}: {error}") from None
    if not text.strip():
        raise CassetteError(f"{path}: is empty; {_EXPECTED}")
    begins_as_json = text.lstrip()[0] in "[{"
    document = _whole_json(text, path) if begins_as_json else yaml_document(text, str(path))
    if isinstance(document, Mapping) and "interactions" in document:
        found = list(interactions(document, str(path)))
        kind = "JSON" if begins_as_json else "YAML"
        gathered.files.append(LogFile(path=str(path), format=f"vcrpy cassette ({kind})", entries=len(found)))
        gathered.logged += [one for one in found if isinstance(one, Logged)]
        gathered.refused += [one for one in found if isinstance(one, Refused)]
    elif begins_as_json:
        _read_objects(path, list(_objects(text, document, path)), gathered)
    else:
        raise CassetteError(f"{path}: it cannot be told what this is; {_EXPECTED}")


def _whole_json(text: str, path: Path) -> Any:
    """The document, where the file is one; None for JSON Lines."""
    try:
        return json.loads(text)
    except ValueError:
        return None
    except RecursionError:
        raise CassetteError(f"{path}: is nested too deeply") from None


def _objects(text: str, document: Any, path: Path) -> Iterator[tuple[str, Any]]:
    """The objects of a file, each with its place; an exception in the place of one that cannot be read."""
    requests = document.get("requests") if isinstance(document, Mapping) else document
    if isinstance(requests, list):
        yield from ((f"{path}: item {number}", one) for number, one in enumerate(requests, 1))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except (ValueError, RecursionError):
                yield f"{path}:{number}", None


def _read_objects(path: Path, objects: list[tuple[str, Any]], gathered: _Gathered) -> None:
    kind = next(filter(None, (_kind(one) for _, one in objects)), "")
    if not kind:
        first = next((one for _, one in objects if isinstance(one, Mapping)), None)
        keys = f"its first object has {', '.join(map(repr, list(first)[:6]))}; " if first else ""
        hint = "it is a cassette of ours already; " if first and {"key", "surface"} <= set(first) else ""
        raise CassetteError(f"{path}: it cannot be told what this is; {hint}{keys}{_EXPECTED}")
    name, _ = _FORMATS[kind]
    gathered.files.append(LogFile(path=str(path), format=name, entries=len(objects)))
    for source, one in objects:
        try:
            if one is None:
                raise Unusable("is no JSON")  # noqa: TRY301 - one path for all that is wrong with an entry
            if _kind(one) != kind:
                raise Unusable(f"is no entry of {name}, as the others of the file are")  # noqa: TRY301
            if too_deep(one):
                raise Unusable("is nested too deeply")  # noqa: TRY301
            _take(source, kind, one, gathered)
        except Unusable as error:
            gathered.refused.append(Refused(source=source, reason=str(error)))


def _kind(one: Any) -> str:
    if not isinstance(one, Mapping):
        return ""
    keys = set(one)
    if "custom_id" in keys:
        for key, kind in (
            ("result", "anthropic-answers"),
            ("params", "anthropic-questions"),
            ("response", "openai-answers"),
            ("body", "openai-questions"),
        ):
            if key in keys:
                return kind
    if keys & {"prompt", "messages"} and keys & {"response", "responses"}:
        return "prompts"
    return ""


def _take(source: str, kind: str, one: Mapping[str, Any], gathered: _Gathered) -> None:
    if kind == "prompts":
        gathered.logged += _prompt_entries(source, one)
        return
    name = one["custom_id"]
    if not isinstance(name, str):
        raise Unusable("custom_id is no text")
    vendor, _, role = kind.partition("-")
    if role == "answers":
        gathered.answers.append((source, vendor, one))
        return
    body = one["body" if vendor == "openai" else "params"]
    if not isinstance(body, Mapping):
        raise Unusable("a request without a body")
    path = str(one.get("url", "")) if vendor == "openai" else ""
    questions = gathered.questions.setdefault(name, [])
    question = {"path": path, "body": body}
    if question not in questions:
        questions.append(question)


def _joined(source: str, vendor: str, one: Mapping[str, Any], questions: Mapping[str, Any]) -> Logged:
    """An answer of a batch with the question it answers."""
    name = one["custom_id"]
    found = questions.get(name, [])
    if not found:
        raise Unusable("no request has its custom_id: give the batch's input file too")
    if len(found) > 1:
        raise Unusable("several requests have its custom_id: import one batch at a time")
    status, answer = _openai_answer(one) if vendor == "openai" else _anthropic_answer(one)
    body = found[0]["body"]
    return Logged(
        source=source,
        kind=f"{vendor}-batch",
        body=body,
        path=found[0]["path"],
        model=str(body.get("model", "")),
        status=status,
        headers={"content-type": ("application/json",)},
        response=json.dumps(answer, ensure_ascii=False),
    )


def _openai_answer(one: Mapping[str, Any]) -> tuple[int, Any]:
    response, error = one["response"], one.get("error")
    if not isinstance(response, Mapping):
        told = error.get("code") or error.get("message") if isinstance(error, Mapping) else ""
        raise Unusable(f"the batch has no answer to it: {str(told or 'no response')[:100]}")
    status = response.get("status_code")
    if not isinstance(status, int):
        raise Unusable("the response has no status_code")
    return status, response.get("body")


def _anthropic_answer(one: Mapping[str, Any]) -> tuple[int, Any]:
    result = one["result"]
    kind = result.get("type") if isinstance(result, Mapping) else None
    if kind != "succeeded":
        raise Unusable(f"the batch has no answer to it: {str(kind)[:100]}")
    return 200, result.get("message")


def _prompt_entries(source: str, one: Mapping[str, Any]) -> list[Logged]:
    """The responses to one logged prompt, each as an entry of its own."""
    prompt, known = _prompt(one)
    responses = one["responses"] if "responses" in one else [one["response"]]
    if not isinstance(responses, list) or not responses:
        raise Unusable("`responses` is no list of responses")
    model = one.get("model", "")
    if not isinstance(model, str):
        raise Unusable("`model` is no text")
    reason, when = one.get("finish_reason"), one.get("recorded_at")
    entries: list[Logged] = []
    for response in responses:
        if not isinstance(response, str | Mapping):
            raise Unusable("a response is neither text nor the body of one")
        is_text = isinstance(response, str)
        served = "" if isinstance(response, str) else str(response.get("model", ""))
        entries.append(
            Logged(
                source=source,
                kind="jsonl",
                prompt=prompt,
                parameters_known=known,
                model=model or served,
                headers={"content-type": ("application/json",)},
                response=response if isinstance(response, str) else json.dumps(response, ensure_ascii=False),
                is_text=is_text,
                finish_reason=reason if isinstance(reason, str) else "",
                recorded_at=when if isinstance(when, str) else "",
            )
        )
    return entries


def _prompt(one: Mapping[str, Any]) -> tuple[Prompt, bool]:
    """What was asked, and whether the log says with which parameters."""
    messages, text, system = one.get("messages"), one.get("prompt"), one.get("system")
    if messages is None and isinstance(text, str):
        messages = [{"role": "user", "content": text}]
    if not isinstance(messages, list) or not messages:
        raise Unusable("`prompt` is no text" if messages is None else "`messages` is no list of messages")
    for message in messages:
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
            raise Unusable("a message without a role")
        if not isinstance(message.get("content"), str | list | None):
            raise Unusable("a message whose content is neither text nor parts")
    if not isinstance(system, str | None):
        raise Unusable("`system` is no text")
    parameters = one.get("parameters")
    if not isinstance(parameters, Mapping | None):
        raise Unusable("`parameters` is no mapping")
    try:
        tools = tuple(read_tool(tool) for tool in one.get("tools") or ())
    except (ValueError, TypeError) as error:
        raise Unusable(str(error)) from None
    prompt = Prompt(messages=tuple(messages), system=system or "", tools=tools, parameters=dict(parameters or {}))
    return prompt, parameters is not None


def conversation(prompt: Prompt) -> str:
    """What a prompt says, whoever spelled it: the system prompt and the turns, in one text to compare."""
    system = [prompt.system] if prompt.system else []
    turns: list[dict[str, Any]] = []
    for message in prompt.messages:
        content = _plain(message.get("content"))
        if message["role"] in ("system", "developer") and not turns and isinstance(content, str):
            system.append(content)
        else:
            turns.append({**message, "content": content})
    return canonical_json([system, turns])


def _plain(content: Any) -> Any:
    """The text of a content that is one text part."""
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], Mapping):
        part = content[0]
        if set(part) == {"type", "text"} and part["type"] in ("text", "input_text"):
            return part["text"]
    return content
