"""Looks at the set-up: configuration, keys (that they are there, never what they are), and whether endpoints answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pytest_behavior_contract.ask.askers import Askers
from pytest_behavior_contract.ask.cassettes.tape import Tape
from pytest_behavior_contract.ask.endpoints import BUILT_IN, Endpoint, Settings, load_settings
from pytest_behavior_contract.declare.probes import PROBE_PROMPT
from pytest_behavior_contract.errors import BehaviorContractError
from pytest_behavior_contract.exchange import Prompt
from pytest_behavior_contract.tell.wording import shown

PACKAGES = ("pytest-behavior-contract", "pytest", "openai", "anthropic", "vcrpy", "hypothesis", "xllamacpp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What there is to say of one endpoint."""

    endpoint: str
    api: str
    model: str
    address: str
    key: str
    answers: str
    fine: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: behavior-contract doctor local-1"
    parser.add_argument("endpoints", nargs="*", metavar="NAME", help="look at these endpoints only")
    parser.add_argument(
        "--offline", action="store_true", help="ask nothing; otherwise each endpoint gets one small request"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    settings = load_settings(Path.cwd())
    sys.path[:0] = _project_path(settings)
    names = list(dict.fromkeys(options.endpoints or [settings.endpoint, *settings.endpoints]))
    findings = examine([settings.find(name) for name in names], settings, ask=not options.offline)
    if options.json:
        document = {
            "packages": _versions(),
            "configuration": settings.source,
            "default": settings.endpoint,
            "endpoints": [asdict(finding) for finding in findings],
        }
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_as_text(settings, findings))
    return 0 if all(finding.fine for finding in findings) else 1


def examine(endpoints: list[Endpoint], settings: Settings, *, ask: bool) -> list[Finding]:
    """What is configured for each endpoint, and what it answers if it is asked."""
    askers = Askers(settings, "all", Path.cwd())
    answers: list[tuple[bool, str]] = [(True, "not asked")] * len(endpoints)
    try:
        if ask:
            with tempfile.TemporaryDirectory() as folder:
                answers = askers.engine.run(_ask_all(endpoints, askers, Path(folder)))
    finally:
        askers.close()
    return [
        Finding(
            endpoint=endpoint.name,
            api=endpoint.api,
            model=endpoint.model,
            address=_address(endpoint),
            key=_key(endpoint),
            answers=answer,
            fine=fine,
        )
        for endpoint, (fine, answer) in zip(endpoints, answers, strict=True)
    ]


async def _ask_all(endpoints: list[Endpoint], askers: Askers, folder: Path) -> list[tuple[bool, str]]:
    work = (_ask(endpoint, askers, Tape(folder / f"{n}.jsonl")) for n, endpoint in enumerate(endpoints))
    return list(await asyncio.gather(*work))


async def _ask(endpoint: Endpoint, askers: Askers, tape: Tape) -> tuple[bool, str]:
    asker = askers.asker(endpoint.name)
    prompt = Prompt(messages=({"role": "user", "content": PROBE_PROMPT},), parameters={"max_output_tokens": 16})
    began = time.perf_counter()
    try:
        exchange = await asker.ask(tape, asker.request(prompt), 0)
        reply = asker.provider.reply(exchange)
    except BehaviorContractError as error:
        return False, f"no: {shown(str(error), 200)}"
    seconds = time.perf_counter() - began
    if reply.rejection is not None:
        return False, f"no: {reply.rejection.cause}: {shown(reply.rejection.message, 200)}"
    return True, f"yes, in {seconds:.1f} s, by {shown(reply.served_model or 'a model without a name', 60)}"


def _address(endpoint: Endpoint) -> str:
    if endpoint.api == "local":
        return "this machine"
    if endpoint.api == "python":
        return "this process"
    variable = f"{endpoint.provider.sdk.upper()}_BASE_URL"
    named = f"${variable}" if os.environ.get(variable) else "the vendor's"
    return endpoint.base_url or endpoint.client or named


def _key(endpoint: Endpoint) -> str:
    """Whether there is a key, by the name of its variable."""
    if endpoint.api in ("local", "python"):
        return "none needed"
    if not endpoint.api_key_env and (endpoint.base_url or endpoint.client):
        return "none sent (name it in api_key_env)"
    name = endpoint.api_key_env or endpoint.provider.key_variable
    return f"{name} is set" if os.environ.get(name, "").strip() else f"{name} is not set"


def _project_path(settings: Settings) -> list[str]:
    """Where pytest would look for the module of a `python` endpoint."""
    root = Path(settings.source).parent if settings.source else Path.cwd()
    try:
        document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        document = {}
    named = document.get("tool", {}).get("pytest", {}).get("ini_options", {}).get("pythonpath", [])
    folders = named.split() if isinstance(named, str) else named
    return [str(Path.cwd()), *(str(root / folder) for folder in folders)]


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _as_text(settings: Settings, findings: list[Finding]) -> str:
    lines = [" · ".join(f"{name} {number}" for name, number in _versions().items()), ""]
    lines.append(f"configuration  {settings.source or 'none found: no pyproject.toml with [tool.behavior-contract]'}")
    lines.append(f"default        {settings.endpoint}")
    lines.append(f"built in       {', '.join(BUILT_IN)}")
    for finding in findings:
        lines += ["", f"{finding.endpoint}  ({finding.api}: {finding.model})"]
        lines += [f"  address  {finding.address}", f"  key      {finding.key}", f"  answers  {finding.answers}"]
    return "\n".join(lines) + "\n"
