"""Writes the reference pages from the schema and the docstrings: python docs/generate.py.

A test compares the pages with what this makes of the code, so they cannot go stale.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pytest_behavior_contract import registry
from pytest_behavior_contract.ask.endpoints import BUILT_IN, Endpoint
from pytest_behavior_contract.declare.probes import SHAPES
from pytest_behavior_contract.declare.schema import PARAMETERS, behavior_fields, contract_schema
from pytest_behavior_contract.judge.behaviors import FAMILIES

DOCS = Path(__file__).parent
SURFACES = ("openai-chat", "openai-responses", "anthropic-messages")
SPELLED = {
    "tool_choice": "required",
    "json_schema": {},
    "top_logprobs": 3,
    "stop": ["…"],
    "parallel_tool_calls": False,
}
"""Example values of the parameters that a surface spells with more than a name."""
EXAMPLE = """\
contract: orders
version: 1.0.0
consumer: order-service
defaults:
  system: You extract orders from e-mails.
  parameters: {temperature: 0.3, max_output_tokens: 200}
  rate: 0.95
clauses:
  - id: bare-json
    assumes: An order comes back as one bare JSON object.
    why: json.loads is called on the text as it comes.
    relied_on_by: src/orders/parse.py:42
    severity: breaking
    review_by: 2027-06-01
    prompt: "Extract the order as JSON: {mail}"
    cases:
      - {mail: "Two blue chairs to Turin, please."}
    expect:
      - json: {type: object}
      - not: {contains: "```"}
"""
NOTE = "<!-- Made by docs/generate.py from the code; edit there. -->\n"
MARK = "<!-- From here on made by docs/generate.py from the docstrings; edit there. -->\n\n"


def contract_file() -> str:
    """Every key of a contract file, from the schema."""
    schema = contract_schema()
    clause = schema["properties"]["clauses"]["items"]
    lines = [
        NOTE,
        "# Contract files",
        "",
        "A file whose name ends in `.contract.yaml` is a contract. pytest collects it with `--contract`; editors check",
        "it against the JSON Schema that `behavior-contract schema` prints. It is YAML 1.2: `yes`, `no` and dates are",
        "text. Everything wrong with a file is reported at once, with line, key and the nearest known name.",
        "",
        "```yaml",
        *EXAMPLE.splitlines(),
        "```",
        "",
        "## The file",
        "",
        *_table(schema["properties"], schema["required"]),
        "",
        "## A clause",
        "",
        *_table(clause["properties"], clause["required"]),
        "",
        "## Neutral parameters",
        "",
        "`parameters` have names that every API surface spells in its own way; [endpoints.md](endpoints.md) has the",
        "table. What your application sends literally goes under `request`; a clause's own `request` is all that it",
        "sends, the parameters of the defaults are not added to it.",
        "",
        *_table(PARAMETERS, []),
        "",
        "## Slots",
        "",
        "`{name}` in a prompt, a message or the system prompt is filled from the clause's `cases` and `swap`; in an",
        "expectation too, so that each case can have its own right answer. `{{name}}` stands for plain braces, and",
        "braces around anything but one name are left alone. A file named in a contract lies in the contract's folder",
        "or below.",
        "",
        "## Cases",
        "",
        "Each entry of `cases` is a mapping from slots to values, or names a file of them: JSONL with one mapping a",
        "line, or CSV with the slots in its first line. An `id` names a case; where it is left out, its number does.",
        "",
        "```yaml",
        "cases:",
        '  - {mail: "Two blue chairs to Turin, please.", id: chairs}',
        "  - {file: mails.jsonl}",
        "  - {file: more-mails.csv}",
        "```",
        "",
        "With `swap`, each case is asked once for every variant, and the variants are compared; the page about",
        "[impartiality](behaviors/impartiality.md) has the forms that `swap` takes.",
        "",
        "## Expectations",
        "",
        "A behavior is its name alone (`refuses`), or its name and what it takes: `max_words: 20` where one value says",
        "it, else a mapping, `json: {type: object}`. [behaviors.md](behaviors.md) has every one with an example. All",
        "expectations of a clause must hold on a reply for the reply to pass.",
        "",
        "## Probes",
        "",
        "`probe` lists requests that are asked once each, before everything else: names of what is sent, and mappings",
        "of `parameters`, `request`, `system`, `tools`, `stream`, `prompt` or `messages` that are all that is sent.",
        "`what` names one in the table, `tools: true` stands for the clause's own. [Probes](behaviors/probes.md) has",
        "an example.",
        "",
        "| name | sends |",
        "| --- | --- |",
        *(f"| `{name}` | {what} |" for name, what in SHAPES.items()),
    ]
    return "\n".join(lines) + "\n"


def behaviors() -> str:
    """Every behavior in one line, family by family."""
    lines = [
        NOTE,
        "# Behaviors",
        "",
        "What a clause can `expect`. `not`, `any` and `all` combine the others. A request that the server rejects",
        "fails every behavior with the cause `parameter rejected: NAME`, whatever else is expected.",
        "",
    ]
    for family, members in FAMILIES.items():
        if members:
            lines += [f"## [{_title(family)}](behaviors/{family}.md)", "", "| behavior | |", "| --- | --- |"]
            lines += [f"| [`{name}`](behaviors/{family}.md#{name}) | {_first_line(name)} |" for name in members]
            lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def behavior_family(family: str) -> str:
    """The page of one family: what stands above the mark is written by hand and kept."""
    page = DOCS / "behaviors" / f"{family}.md"
    above = page.read_text(encoding="utf-8").partition(MARK)[0] if page.exists() else f"# {_title(family)}\n\n"
    lines: list[str] = []
    for name in FAMILIES[family]:
        kind = registry.resolve("behaviors", name)
        lines += [f"## {name}", "", *_paragraphs(inspect.getdoc(kind) or ""), ""]
        fields = {} if getattr(kind, "members", "") else behavior_fields(kind)["properties"]
        if fields:
            lines += [*_table(fields, behavior_fields(kind)["required"]), ""]
    return above + MARK + "\n".join(lines).rstrip() + "\n"


def _title(family: str) -> str:
    return family.replace("-", " ").capitalize()


def _first_line(name: str) -> str:
    return (inspect.getdoc(registry.resolve("behaviors", name)) or "").partition("\n")[0]


def endpoints() -> str:
    """The keys of an endpoint and the table of spellings."""
    lines = [
        NOTE,
        "# Endpoints",
        "",
        "An endpoint is a named place to ask: API surface, model, base URL and parameters, in pyproject.toml:",
        "",
        "```toml",
        "[tool.behavior-contract]",
        'endpoint = "prod"                      # what plain `pytest --contract` asks',
        'judge = "next"                         # what `judged` asks where it names no endpoint by `by`',
        "",
        "[tool.behavior-contract.endpoints]",
        'prod = {api = "openai-chat", model = "gpt-4o-2024-08-06"}',
        'next = {api = "anthropic-messages", model = "claude-sonnet-4-5", parameters = {max_output_tokens = 1024}}',
        'ours = {api = "openai-chat", model = "m", base_url = "http://127.0.0.1:8000/v1", api_key_env = "OUR_KEY"}',
        "```",
        "",
        "Wherever a name is taken, `API:MODEL` is taken too: `--contract-endpoint openai-chat:gpt-4o`. Without any",
        f"configuration there are {' and '.join(f'`{name}`' for name in BUILT_IN)}, two releases of the embedded",
        "model. `behavior-contract doctor` says what is configured and whether it answers.",
        "",
        "## Keys",
        "",
        "| key | default | meaning |",
        "| --- | --- | --- |",
        *(_endpoint_row(name, doc) for name, doc in _endpoint_fields()),
        "",
        "Keys for APIs come from the environment, never from a file: from the vendor's own variable, or from the one",
        "that `api_key_env` names. To a `base_url` of your own no key is sent unless `api_key_env` names one.",
        "",
        "The table is read from the pyproject.toml of pytest's root folder, or the nearest above it. The function of a",
        "`python` endpoint is looked for where pytest was started and along its `pythonpath`.",
        "",
        "A recording belongs to the endpoint's name and to the request: API, path, model, and everything that is sent.",
        "The host is not part of it, so that the same model behind another address, or a server of your own on another",
        "port, can be replayed. A model of the same name on another server is another endpoint: give it another name.",
        "",
        "## How parameters are spelled",
        "",
        "A request is never repaired in silence: what a surface has no word for is a finding of the clause",
        '("anthropic-messages has no logit_bias"), not a dropped key.',
        "",
        f"| neutral | {' | '.join(SURFACES)} |",
        "| --- | --- | --- | --- |",
        *(f"| `{name}` | {' | '.join(_spelled(surface, name) for surface in SURFACES)} |" for name in PARAMETERS),
        "| system prompt | message of role `system` | `instructions` | `system` |",
        "",
        "## APIs",
        "",
    ]
    for name in registry.names("providers"):
        if name != "local":
            lines += [f"### {name}", "", *_paragraphs(inspect.getdoc(registry.resolve("providers", name)) or ""), ""]
    lines += [
        "### local",
        "",
        "The embedded model: Gemma 3 270M, a base model from PyPI, served by llama.cpp on the loopback. Two chat",
        "templates with worked examples make it behave like two releases of an assistant: `local-1` answers tersely,",
        "writes bare JSON and refuses crime; `local-2` writes whole sentences, fences its JSON, and refuses whatever",
        "sounds like crime. It is for trying things out and for tests. It is often wrong, and says nothing about any",
        "other model.",
        "",
        "```toml",
        'mine = {api = "local", model = "local-2", surface = "anthropic-messages"}',
        "```",
    ]
    return "\n".join(lines) + "\n"


def breakages() -> str:
    """Every known breakage with the clause that catches it: the rows that the tests replay."""
    sys.path.insert(0, str(DOCS.parent / "tests"))
    try:
        from breakages.rows import ROWS
    finally:
        sys.path.pop(0)
    reports = {row.number for row in ROWS}
    lines = [
        NOTE,
        "# What really broke, and what catches it",
        "",
        f"{len(reports)} reports from public issue trackers of what broke when an application changed its model, in",
        f"{len(ROWS)} ways and in our words. For each a server on the loopback goes wrong in that very way, behind the",
        "real SDK: the clause is kept where all is well, and broken, with the cause that stands here, where it is not.",
        "`pytest tests/breakages` runs them all.",
        "",
        "A clause needs an `id` and a sentence under `assumes` besides. Where the cause names a mend, the server's own",
        "words or the check have shown it.",
        "",
        "| # | kind | what was taken for granted, and what came | the clause | the cause |",
        "| --- | --- | --- | --- | --- |",
        *(_breakage(row) for row in ROWS),
    ]
    return "\n".join(lines) + "\n"


def _breakage(row: Any) -> str:
    clause = "<br>".join(_code(line) for line in row.clause) or "a test around [your own client](python.md)"
    mend = f"<br>mend: {row.mend}" if row.mend else ""
    cause = f"{_code(row.cause)}{' (unmeasured)' if row.state == 'unmeasured' else ''}"
    api = f"{clause}<br>({row.api})" if row.api != "openai-chat" and not row.python else clause
    return f"| {row.number} | {row.kind} | {row.broke} | {api} | {cause}{mend} |"


def _code(text: str) -> str:
    mark = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{mark}{pad}{text}{pad}{mark}".replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "contract-file.md": contract_file,
    "behaviors.md": behaviors,
    "endpoints.md": endpoints,
    "breakages.md": breakages,
    **{f"behaviors/{family}.md": partial(behavior_family, family) for family, members in FAMILIES.items() if members},
}


def _table(properties: dict[str, Any], required: list[str]) -> list[str]:
    rows = ["| key | takes | meaning |", "| --- | --- | --- |"]
    for name, schema in properties.items():
        shown = f"**`{name}`**" if name in required else f"`{name}`"
        meaning = schema.get("description", "")
        if "default" in schema:
            meaning = f"{meaning} Default: `{json.dumps(schema['default'])}`.".strip()
        rows.append(f"| {shown} | {_takes(schema)} | {meaning} |")
    if required:
        rows += ["", "Keys in bold are needed."]
    return rows


def _takes(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_takes(option) for option in schema["anyOf"]))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "$ref" in schema:
        return "an expectation"
    names = {"object": "mapping", "array": "list", "string": "text", "boolean": "true or false"}
    kinds = schema.get("type", "anything")
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _paragraphs(text: str) -> list[str]:
    """A docstring as Markdown: `Causes:` and `Limits:` become paragraphs of their own."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(("Causes:", "Limits:")):
            label, _, rest = line.partition(":")
            lines += ["", f"**{label}**:{rest}"] if lines and lines[-1] else [f"**{label}**:{rest}"]
        else:
            lines.append(line)
    return lines


def _endpoint_fields() -> list[tuple[str, str]]:
    """The fields of Endpoint with the string under each, which only the source has."""
    (kind,) = ast.parse(inspect.getsource(Endpoint)).body
    assert isinstance(kind, ast.ClassDef)
    found: list[tuple[str, str]] = []
    for statement in kind.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found.append((statement.target.id, ""))
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and found:
            found[-1] = (found[-1][0], str(statement.value.value))
    return [(name, " ".join(doc.split())) for name, doc in found if name != "name"]


def _endpoint_row(name: str, doc: str) -> str:
    field = Endpoint.__dataclass_fields__[name]
    default = "" if name in ("api", "model") else "{}" if callable(field.default_factory) else repr(field.default)
    return f"| `{name}` | {f'`{default}`' if default else ''} | {doc} |"


def _spelled(surface: str, name: str) -> str:
    table = inspect.getmodule(registry.resolve("providers", surface)).PARAMETERS  # type: ignore[union-attr]
    spelling = table[name]
    if spelling is None:
        return "—"
    if isinstance(spelling, str):
        return f"`{spelling}`"
    return f"`{json.dumps(spelling(SPELLED[name]), ensure_ascii=False)}`"


if __name__ == "__main__":
    for page, make in PAGES.items():
        (DOCS / page).write_text(make(), encoding="utf-8")
    sys.stdout.write(f"wrote {', '.join(PAGES)}\n")
