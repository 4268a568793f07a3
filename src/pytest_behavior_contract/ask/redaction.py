"""What never reaches a file: keys, authorization, and whatever looks like one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from pytest_behavior_contract.ask.texts import texts_of
from pytest_behavior_contract.exchange import Exchange, Reply, canonical_json

REQUEST_HEADERS = frozenset({"content-type", "anthropic-version", "anthropic-beta", "openai-beta"})
RESPONSE_HEADERS = frozenset(
    {
        "content-type",
        "openai-processing-ms",
        "openai-version",
        "retry-after",
        "x-should-retry",
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-tokens-limit",
        "x-ratelimit-limit-requests",
        "x-ratelimit-limit-tokens",
    }
)
"""Headers that are kept; all others are not, because what nobody has thought of may hold a key."""

SHORTEST_SECRET = 8
_VENDOR_VARIABLES = (
    "OPENAI_API_KEY",
    "OPENAI_ADMIN_KEY",
    "OPENAI_WEBHOOK_SECRET",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_ENVIRONMENT_KEY",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "ANTHROPIC_WEBHOOK_SIGNING_KEY",
    "ANTHROPIC_WORK_SECRET",
    "AZURE_OPENAI_AD_TOKEN",
    "AZURE_OPENAI_API_KEY",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
_HEADER_VARIABLES = ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS")
"""What the SDKs add to every request: `name: value`, one a line."""
_SECRET_NAME = re.compile(r"key|token|secret|passw|credential|auth|cookie|sig\b|signature|session", re.IGNORECASE)
_HARMLESS = re.compile(
    r"v?\d{1,4}([.-]\d{1,4})*(-[a-z]+)?|[A-Za-z]{1,15}([ ,;/_.+*-]+[A-Za-z]{1,15})*([/=]v?\d{1,4}(\.\d{1,4})*)?"
)
"""A version, a date, or words: as a secret each would be found in many a reply."""
_PRIVATE_KEY = (
    # With what follows it: its first line alone is not what has to be masked.
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
    r"(?:[^\"]*?-----END (?:[A-Z]+ )?PRIVATE KEY-----|[A-Za-z0-9+/=\\\s]*)"
)
_BEGINNINGS = {
    "sk-": r"[A-Za-z0-9_-]{20,}",
    "gh[posur]_": r"[A-Za-z0-9_]{20,}",
    "github_pat_": r"[A-Za-z0-9_]{20,}",
    "AKIA": r"[0-9A-Z]{16}\b",
    "AIza": r"[0-9A-Za-z_-]{35}",
    "xox[abposr]-": r"[A-Za-z0-9-]{10,}",
    "gsk_": r"[A-Za-z0-9]{20,}",
    "hf_": r"[A-Za-z0-9]{30,}",
    "eyJ": r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "(?i:bearer)": r"\s+[A-Za-z0-9._~+/-]{20,}",
}
_KEY_SHAPES = (
    *(
        # Not within a word, but after a line break as JSON writes it: in text that is JSON within JSON.
        re.compile(rf"{begins}(?:(?<![A-Za-z0-9_]{begins})|(?<=\\[nrt]{begins})){goes_on}")
        for begins, goes_on in _BEGINNINGS.items()
    ),
    re.compile(_PRIVATE_KEY),
)


def kept_headers(headers: Iterable[tuple[str, str]], allowed: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The headers on the allow-list, names in lower case, values in their order."""
    kept: dict[str, tuple[str, ...]] = {}
    for name, value in headers:
        if name.lower() in allowed:
            kept[name.lower()] = (*kept.get(name.lower(), ()), value)
    return kept


def is_more_than_kept(uri: str) -> bool:
    """Whether an address has a user's name or a query, where keys have been seen."""
    url = _split(uri)
    return bool(url is None or url.query or url.fragment or "@" in url.netloc)


def kept_address(uri: str) -> str:
    """An address without a user's name and a query; nothing of one that cannot be read."""
    url = _split(uri)
    return "" if url is None else url._replace(netloc=url.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def find_secret(places: Mapping[str, str], values: Iterable[str]) -> str:
    """Name of the first place that holds one of the values or something shaped like a key; empty where none does."""
    known = _spellings(values)
    for place, text in places.items():
        if any(value in text for value in known) or any(shape.search(text) for shape in _KEY_SHAPES):
            return place
    return ""


def masked(text: str, values: Iterable[str]) -> str:
    """A message as it may be shown: a server's error may repeat the key it was sent."""
    for value in _spellings(values):
        text = text.replace(value, "***")
    for shape in _KEY_SHAPES:
        text = shape.sub("***", text)
    return text


def masked_excerpt(text: str, values: Iterable[str], most: int = 300) -> str:
    """The beginning of a message as it may be shown: masked before it is cut, for half a key may be too much."""
    found = masked(text, values)
    return found if len(found) <= most else f"{found[: most - 1]}…"


def _spellings(values: Iterable[str]) -> list[str]:
    """The values that are long enough to be secrets, as they are and as JSON and addresses spell them."""
    known = [value for value in values if len(value) >= SHORTEST_SECRET]
    ways = [
        (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value)) for value in known
    ]
    return list(dict.fromkeys(spelled for way in ways for spelled in way))


def environment_secrets(variables: Iterable[str]) -> tuple[str, ...]:
    """The values of the vendors' key variables and of these further ones, as far as they are set."""
    values = [os.environ.get(name, "") for name in (*variables, *_VENDOR_VARIABLES) if name]
    for name in _HEADER_VARIABLES:
        headers = [line.partition(":") for line in os.environ.get(name, "").splitlines()]
        values += secret_values({header.strip(): value.strip() for header, _, value in headers})
    return tuple(dict.fromkeys(value for value in values if value))


def secret_values(named: Mapping[str, object], *, only_by_name: bool = False) -> list[str]:
    """Those of the values of headers, parameters of an address or options that may be secrets.

    A name that speaks of a key makes a value one, whatever it looks like; so does, unless `only_by_name`, what is
    neither a version nor a date, an address, or words.
    """
    found: list[str] = []
    for name, value in named.items():
        if isinstance(value, Mapping):
            found += secret_values(value)
        elif isinstance(value, str) and value.startswith(("http://", "https://")):
            found += secrets_of_address(value)
        elif not isinstance(value, str) or name.lower() in REQUEST_HEADERS:
            continue
        elif _SECRET_NAME.search(name) or not (only_by_name or _HARMLESS.fullmatch(value)):
            # `Bearer …` and `Basic …` may be repeated without their first word.
            found += [value, value.rpartition(" ")[2]]
    return found


def secrets_of_address(uri: str) -> list[str]:
    """The password and the keys in the query of an address."""
    url = _split(uri)
    if url is None:
        return []
    return [unquote(url.password or ""), *secret_values(dict(parse_qsl(url.query)))]


def secret_in(exchange: Exchange, reply: Reply, values: Iterable[str]) -> str:
    """The place of an exchange that holds a secret, what a stream has cut in pieces included; empty where none does."""
    places = {
        "the request": canonical_json(exchange.request.body),
        "the response": exchange.response.body,
        "the reply's text": reply.text,
        "the arguments of a tool call": " ".join(call.arguments_text for call in reply.tool_calls),
        "a text of the response": "\0".join(texts_of(exchange.response) - {reply.text}),
        "the address": exchange.uri.partition("?")[0],
        "a header": " ".join(
            value
            for name, values in exchange.response.headers.items()
            if name.lower() in RESPONSE_HEADERS
            for value in values
        ),
    }
    return find_secret(places, values)
