"""Where a contract is put to the test: named endpoints, from TOML or from `api:model`."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

from pytest_behavior_contract import registry
from pytest_behavior_contract.ask.ages import read_age
from pytest_behavior_contract.ask.redaction import (
    SHORTEST_SECRET,
    environment_secrets,
    secret_values,
    secrets_of_address,
)
from pytest_behavior_contract.declare.schema import PARAMETERS
from pytest_behavior_contract.errors import SettingsError
from pytest_behavior_contract.interfaces import Provider

TABLE = "behavior-contract"
BUILT_IN = {"local-1": "local:local-1", "local-2": "local:local-2"}
"""Endpoints that need no configuration: two releases of the embedded model."""
DEFAULT_ENDPOINT = "local-1"
_KEYS = ("endpoint", "judge", "endpoints", "allow_connections", "max_age")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """API surface, model, base URL and parameters under one name; its fields are its TOML keys."""

    name: str
    api: str
    """A provider: openai-chat, openai-responses, anthropic-messages, local, python, or an installed one."""
    model: str = ""
    """For `python`, the function as module:function."""
    surface: str = ""
    """For `local`: which of its three API surfaces is spoken; openai-chat where left out."""
    base_url: str = ""
    """Another server than the vendor's own."""
    api_key_env: str = ""
    """Environment variable with the key. With a base_url of your own, no key is sent unless this names one."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Neutral parameters that this endpoint needs where the contract does not set them."""
    request: Mapping[str, Any] = field(default_factory=dict)
    """Verbatim parameters, likewise."""
    client: str = ""
    """Another client class of the vendor's SDK, such as AzureOpenAI or AnthropicBedrock."""
    client_options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of that class."""
    concurrency: int = 16
    """At most this many requests at a time; fewer while the server answers 429."""
    requests_per_minute: int = 0
    """0: no limit of ours."""
    timeout_seconds: float = 120.0
    """Longest time that an answer may take, to its last byte; and longest time to wait because of rate limits."""
    retries: int = 3
    """How often a request is asked again after a 5xx, a timeout, a broken connection, or a 429 that names no wait."""
    price: Mapping[str, float] = field(default_factory=dict)
    """US dollars per million tokens, as {input = 0.15, output = 0.6}; by the price list where left out."""
    max_age: str = ""
    """What rests on recordings that are older is noted, as `90d`, `12w` or `36h`; the table's own where left out."""

    @property
    def provider(self) -> Provider:
        """What speaks its API surface."""
        kind = registry.resolve("providers", self.surface or "openai-chat" if self.api == "local" else self.api)
        return cast("Provider", kind())

    @property
    def folder(self) -> str:
        """Its name as a folder of cassettes."""
        return quote(self.name, safe=" ()+,=@[]^_`{}~-").replace(":", "%3A")

    @property
    def shown(self) -> str:
        """Name and model, for people."""
        model = self.model.removeprefix("local:")
        return self.name if self.name.endswith(model) else f"{self.name} ({model})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What its configuration holds besides its key that must not be written: tokens in headers, signatures."""
        found = [*secret_values(self.client_options, only_by_name=True), *secrets_of_address(self.base_url)]
        return tuple(value for value in found if len(value) >= SHORTEST_SECRET)

    @property
    def base_path(self) -> str:
        """The path of the base URL, which the paths of requests are relative to."""
        return urlsplit(self.base_url).path.rstrip("/") if self.base_url else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The table [tool.behavior-contract] of a pyproject.toml."""

    endpoint: str = DEFAULT_ENDPOINT
    """What plain `pytest --contract` asks."""
    chosen: bool = False
    """Whether the file names that endpoint, so that it is not merely the default."""
    judge: str = ""
    """What judges replies where a check names no other endpoint; empty where there is none."""
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    allow_connections: tuple[str, ...] = ()
    """What may be connected to while clauses are replayed, as host or host:port: a database of the application."""
    max_age: str = ""
    """Of all endpoints that do not set their own."""
    source: str = ""
    """The file it came from; empty where there is none."""

    def judge_named(self, name: str) -> Endpoint:
        """The endpoint that judges, the configured one for an empty name; raises SettingsError."""
        if not name and not self.judge:
            raise SettingsError(
                f"no judge is named: write `by: ENDPOINT` in the contract, or judge = ENDPOINT in [tool.{TABLE}] of "
                f"{self.source or 'pyproject.toml'}"
            )
        try:
            return self.find(name or self.judge)
        except SettingsError as error:
            raise SettingsError(f"the judge: {error}") from None

    def secrets(self) -> tuple[str, ...]:
        """The values of all keys that it names or holds; none of them is ever written."""
        endpoints = self.endpoints.values()
        keys = environment_secrets(endpoint.api_key_env for endpoint in endpoints)
        return tuple(dict.fromkeys((*keys, *(value for endpoint in endpoints for value in endpoint.secrets))))

    def find(self, name: str) -> Endpoint:
        """The endpoint of that name, or the one that `api:model` describes; raises SettingsError."""
        if name in self.endpoints:
            return self.endpoints[name]
        spelled = BUILT_IN.get(name, name)
        api, colon, model = spelled.partition(":")
        if colon and api in registry.names("providers"):
            if not model:
                raise SettingsError(f"endpoint {name!r} has no model behind the colon")
            return _check(Endpoint(name=name, api=api, model=model), name)
        known = [*self.endpoints, *BUILT_IN]
        hint = registry.did_you_mean(name, known)
        apis = ", ".join(registry.names("providers"))
        raise SettingsError(f"unknown endpoint {name!r}{hint} (or write API:MODEL, with one of {apis})")


def load_settings(folder: Path) -> Settings:
    """Reads the pyproject.toml of a folder or of the nearest folder above it that has our table."""
    for place in (folder, *folder.parents):
        path = place / "pyproject.toml"
        if not path.is_file():
            continue
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{path}: cannot be read: {error}") from None
        tools = document.get("tool", {})
        if TABLE in tools:
            return _settings(tools[TABLE], str(path))
        for name in tools:
            if name.replace("_", "-").casefold() in (TABLE, f"pytest-{TABLE}"):
                raise SettingsError(f"{path}: [tool.{name}] is read by nobody; did you mean [tool.{TABLE}]?")
    return Settings()


def _settings(table: Any, source: str) -> Settings:
    where = f"{source}: [tool.{TABLE}]"
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where} should be a table")
    for key in table:
        if key not in _KEYS:
            raise SettingsError(f"{where}: unknown key {key!r}{registry.did_you_mean(key, _KEYS)}")
    allowed = table.get("allow_connections", [])
    if not isinstance(allowed, list) or not all(isinstance(one, str) for one in allowed):
        raise SettingsError(f'{where}: allow_connections should be a list, as in ["localhost:5432"]')
    max_age = str(table.get("max_age", ""))
    if max_age:
        read_age(max_age, f"{where}: max_age")
    described = table.get("endpoints", {})
    if not isinstance(described, Mapping):
        raise SettingsError(f"{where}: endpoints should be tables, as in [tool.{TABLE}.endpoints.NAME]")
    endpoints = {name: _endpoint(name, entry, source) for name, entry in described.items()}
    settings = Settings(
        endpoint=str(table.get("endpoint", DEFAULT_ENDPOINT)),
        chosen="endpoint" in table,
        judge=str(table.get("judge", "")),
        endpoints=endpoints,
        allow_connections=tuple(allowed),
        max_age=max_age,
        source=source,
    )
    try:
        settings.find(settings.endpoint)
    except SettingsError as error:
        raise SettingsError(f"{where}: endpoint: {error}") from None
    if settings.judge:
        try:
            settings.find(settings.judge)
        except SettingsError as error:
            raise SettingsError(f"{where}: judge: {error}") from None
    return settings


def _endpoint(name: str, entry: Any, source: str) -> Endpoint:
    import msgspec

    where = f"{source}: [tool.{TABLE}.endpoints.{name}]"
    if isinstance(entry, str):
        api, _, model = entry.partition(":")
        entry = {"api": api, "model": model}
    if not isinstance(entry, Mapping):
        raise SettingsError(f"{where} should be a table or 'API:MODEL'")
    known = [f.name for f in fields(Endpoint) if f.name != "name"]
    for key, value in entry.items():
        if "key" in key and key != "api_key_env" and isinstance(value, str):
            raise SettingsError(f"{where}: keys never stand in a file; name the environment variable in api_key_env")
        if key not in known:
            raise SettingsError(f"{where}: unknown key {key!r}{registry.did_you_mean(key, known)}")
    if "api" not in entry:
        raise SettingsError(f"{where}: 'api' is missing; one of {', '.join(registry.names('providers'))}")
    whole = {**entry, "name": name}
    if str(entry["api"]).startswith("python:"):
        # The function stands in for a model: `api = "python:module:function"` is all one needs to write.
        whole |= {"api": "python", "model": str(entry["api"]).removeprefix("python:")}
    try:
        return _check(msgspec.convert(whole, Endpoint), where)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {error}") from None


def _check(endpoint: Endpoint, where: str) -> Endpoint:
    apis = registry.names("providers")
    if endpoint.api not in apis:
        raise SettingsError(f"{where}: unknown api {endpoint.api!r}{registry.did_you_mean(endpoint.api, apis)}")
    if not endpoint.model:
        raise SettingsError(f"{where}: 'model' is missing")
    if endpoint.api_key_env and not _VARIABLE.fullmatch(endpoint.api_key_env):
        # What it holds may be the key itself, so it is not repeated.
        raise SettingsError(f"{where}: api_key_env should be the name of an environment variable, not a key")
    if endpoint.base_url and not endpoint.base_url.startswith(("http://", "https://")):
        raise SettingsError(f"{where}: base_url should begin with http:// or https://, is {endpoint.base_url!r}")
    _check_numbers(endpoint, where)
    if not endpoint.name.strip(". "):
        raise SettingsError(f"{where}: an endpoint's name is a folder's name too; {endpoint.name!r} cannot be one")
    if endpoint.api == "local":
        surfaces = [name for name in apis if name not in ("local", "python")]
        for key, value, known in (
            ("surface", endpoint.surface or surfaces[0], surfaces),
            ("model", endpoint.model, [*BUILT_IN]),
        ):
            if value not in known:
                raise SettingsError(f"{where}: unknown {key} {value!r}{registry.did_you_mean(value, known)}")
    for key in endpoint.parameters:
        if key not in PARAMETERS:
            raise SettingsError(f"{where}: unknown parameter {key!r}{registry.did_you_mean(key, PARAMETERS)}")
    if endpoint.price and (set(endpoint.price) != {"input", "output"} or not _are_amounts(endpoint.price.values())):
        raise SettingsError(f"{where}: price should be dollars per million tokens: {{input = 0.15, output = 0.6}}")
    return endpoint


def _are_amounts(values: Iterable[float]) -> bool:
    return all(0 <= value < math.inf for value in values)


def _check_numbers(endpoint: Endpoint, where: str) -> None:
    wrong = {
        "concurrency": endpoint.concurrency < 1 and "at least 1",
        "requests_per_minute": endpoint.requests_per_minute < 0 and "at least 0",
        "timeout_seconds": not 0 < endpoint.timeout_seconds < math.inf and "above 0",
        "retries": endpoint.retries < 0 and "at least 0",
    }
    for key, wanted in wrong.items():
        if wanted:
            raise SettingsError(f"{where}: {key} should be {wanted}, is {getattr(endpoint, key)}")
    if endpoint.max_age:
        read_age(endpoint.max_age, f"{where}: max_age")
