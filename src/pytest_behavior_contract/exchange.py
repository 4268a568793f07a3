"""What is asked and what comes back: the nouns that every API surface shares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)
_ARRAYS = (list, tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function the model may call."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema of the arguments."""
    strict: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is asked, before any API surface has spelled it."""

    messages: tuple[Mapping[str, Any], ...]
    """Turns in the shape of OpenAI's Chat API: role and content, tool_calls, tool_call_id."""
    system: str = ""
    tools: tuple[Tool, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters under their neutral names; each provider has the table that spells them."""
    request: Mapping[str, Any] = field(default_factory=dict)
    """Parameters under the surface's own names, sent as they are."""
    stream: bool = False
    partial: bool = False
    """Only a part of what the application sends, so that a surface adds what it takes no request without."""

    @property
    def text(self) -> str:
        """The last message as plain text, for people to read."""
        return content_text(self.messages[-1].get("content")) if self.messages else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The second request of a case, made from the reply to the first."""

    kind: Literal["echo", "again"] = "echo"
    """Send the reply back and go on, or ask the very same again."""
    echo: Literal["whole", "plain", "empty-text"] = "whole"
    """How the reply is sent back; see the behavior `round_trips`."""
    say: str = "Thank you. Go on."
    """The user's next turn, where the reply called no tool."""
    result: str = "{}"
    """What each called tool is said to have returned."""
    needs_calls: bool = False
    """Whether a reply without a tool call is nothing that could be sent back."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request of an API surface, without host, headers and key."""

    surface: str
    path: str
    body: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Name of the whole normalised request: same question, same digest.

        Key order, white space and 1 against 1.0 make no difference; every other change does.
        """
        # Kept as cached_property would, without the lock that it takes in Python 3.11.
        known: str | None = self.__dict__.get("_digest")
        if known is None:
            known = self.__dict__["_digest"] = self._made_digest()
        return known

    def _made_digest(self) -> str:
        whole = {"surface": self.surface, "path": self.path, "body": _normalised(self.body)}
        return hashlib.sha256(canonical_json(whole).encode()).hexdigest()[:32]

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def question(self) -> str:
        """The last message as plain text, for people to read; empty where the body has none."""
        asked = self.body.get("messages", self.body.get("input", ""))
        last = asked[-1] if isinstance(asked, list | tuple) and asked else asked
        return content_text(last.get("content") if isinstance(last, Mapping) else last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The whole answer as it came over the wire."""

    status: int
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: str = ""
    event_seconds: tuple[float, ...] = ()
    """For a stream: when each event arrived, in seconds after the request was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and the whole response to it, as recorded."""

    request: Request
    response: Response
    sample: int = 0
    """Which of the repeats of this request it is, from 0."""
    occurrence: int = 0
    """Which of the identical requests within one sample it is, from 0."""
    recorded_at: str = ""
    """UTC, ISO 8601."""
    latency_seconds: float = 0.0
    retries: int = 0
    uri: str = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    """Those that change what is asked, such as anthropic-version; never authorization."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Packages that asked it. Where it was imported instead: `imported-from`, and what the log did not say."""
    via: str = ""
    """`batch` where it came through a batch API, so that there is no latency; empty where it was asked directly."""

    @property
    def key(self) -> str:
        return exchange_key(self.request.digest, self.sample, self.occurrence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call the model asks for."""

    name: str
    arguments: Any = None
    """The parsed arguments; None where they do not parse."""
    arguments_text: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """The server's refusal of the request itself (a 4xx that is not about keys, quotas or addresses)."""

    status: int
    message: str
    parameter: str = ""
    """The parameter the server names, or several with ` + ` between them; empty where it names none."""
    part: str = ""
    """What else of the request its words are about: `order of roles`, `assistant prefill`."""
    mend: str = ""
    """What the server itself says would be taken."""

    @property
    def cause(self) -> str:
        if self.part:
            return f"request rejected: {self.part}"
        return f"parameter rejected: {self.parameter}" if self.parameter else "request rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The part of an exchange that behaviors look at, the same shape for every surface."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = ""
    """stop, length, tool_calls, content_filter or refusal; the surface's own word where it is none of these."""
    raw_finish_reason: str = ""
    refusal: str = ""
    """The provider's own signal of a refusal: its text, or the name of the signal."""
    served_model: str = ""
    usage: Usage | None = None
    blocks: tuple[str, ...] = ()
    """Kinds of the content blocks in their order: text, tool_use, thinking."""
    choices: int = 1
    rejection: Rejection | None = None
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The response's JSON; for a stream, put together from its events."""
    exchange: Exchange | None = field(default=None, repr=False, compare=False)
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict, repr=False)
    """What judges have answered about it, by the key of the question and in the order of the attempts."""
    first: Reply | None = field(default=None, repr=False)
    """The reply to the first request of a case that asks two."""

    def json(self) -> Any:
        """The text parsed as JSON; raises ValueError as json.loads does."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a check asks another endpoint about a reply before it says anything of it."""

    key: str
    """How the check calls it; the answers come back under this name."""
    judge: str
    """The endpoint to ask; empty for the judge that the configuration names."""
    prompt: Prompt
    attempt: int = 0
    """How often it was asked before: an answer that says nothing may be followed by another attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a question: a reply, or the reason why there is none."""

    reply: Reply | None = None
    error: str = ""
    detail: str = ""


@dataclass(slots=True, kw_only=True)
class Sample:
    """The k-th reply to one case of a clause, or the reason why there is none."""

    case: str
    k: int
    reply: Reply | None = None
    error: str = ""
    """Why the question could not be asked or answered; empty where there is a reply."""
    detail: str = ""
    replayed: bool = True


def exchange_key(digest: str, sample: int, occurrence: int = 0) -> str:
    """Name of one recording: the request's digest, the sample number, and which of several alike."""
    return f"{digest}:{sample}.{occurrence}" if occurrence else f"{digest}:{sample}"


def canonical_json(document: object) -> str:
    """JSON in which equal documents are equal text; lone surrogates survive as escapes."""
    return _CANONICAL.encode(document)


def parse_json(text: str | bytes) -> Any:
    """What json.loads makes of a text, in a third of its time; raises ValueError and RecursionError as it does."""
    try:
        return _json_decoder().decode(text)
    except (ValueError, RecursionError):
        # msgspec takes less than json does (no lone surrogates, no NaN), and means the same by all that it takes.
        return json.loads(text)


def content_text(content: object) -> str:
    """The text in a message's content, be it a string or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list | tuple):
        return "\n".join(
            str(part["text"]) for part in content if isinstance(part, Mapping) and isinstance(part.get("text"), str)
        )
    return ""


def _normalised(document: Any) -> Any:
    # Every request that is looked up comes here: common kinds stand first, and Mapping, slow to ask for, last.
    if isinstance(document, str):
        return document
    if isinstance(document, dict):
        return {str(key): value if isinstance(value, str) else _normalised(value) for key, value in document.items()}
    if isinstance(document, _ARRAYS):
        return list(map(_normalised, document))
    if isinstance(document, float) and document.is_integer():
        return int(document)
    if isinstance(document, Mapping):
        return _normalised(dict(document))
    return document


@cache
def _json_decoder() -> Any:
    import msgspec

    return msgspec.json.Decoder()
