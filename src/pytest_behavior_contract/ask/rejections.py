"""What a server's words about a request it refuses are about: a parameter, several, or the shape of the messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_QUOTED = re.compile(r"[`'\"\u2018\u201c]([A-Za-z_][\w.\[\]-]*)[`'\"\u2019\u201d]")
_LEADING = re.compile(r"\A([a-z_][\w.\[\]]*): ")
_WORD = re.compile(r"[A-Za-z_]\w*")
_LOC = re.compile(r"['\"]loc['\"]: ?[(\[]([^)\]]*)[)\]]")
"""Where a validation error of pydantic's stands within a text."""
_POSITION = re.compile(r"\[\d+\]|\.\d+(?=\.|\Z)")
_TOGETHER = re.compile(
    r"\b(?:both|together|(?:only|at most) one of|combined?|incompatible|mutually exclusive|when|while|with)\b",
    re.IGNORECASE,
)
"""Words after which several names are one fault: they are not taken together."""
_MARKED = (
    re.compile(r"\b(?:parameter|argument|field|property|option)s?(?: supplied)?:? +([A-Za-z_]\w*)"),
    re.compile(r"(?:\A|[.;:] +)([A-Za-z_]\w*) (?:is|are|may|must|can|cannot|does|do|not|should)\b"),
    re.compile(r"\bsupport(?:s|ed|ing)? (?:the )?([A-Za-z_]\w*)"),
    re.compile(r"\b([A-Za-z_]\w*) (?:is|are) not (?:supported|allowed|permitted|available)"),
)
"""Where a word of a sentence that is no more than a word is meant as the name of a parameter."""
_ABOUT_MESSAGES = frozenset({"messages", "input", "contents", "prompt"})
_NO_PARAMETERS = frozenset({"model", *_ABOUT_MESSAGES})
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), part)
    for pattern, part in (
        (
            r"\bprefill|(?:must|should) end with (?:a|an?other)? ?user|last (?:message|turn).{0,40}user",
            "assistant prefill",
        ),
        (
            r"roles?.{0,40}alternat|alternat.{0,40}roles?|(?:consecutive|successive).{0,30}(?:user|role)",
            "order of roles",
        ),
        (r"thought_?signature", "history without thought_signature"),
        (r"reasoning_content", "history without reasoning_content"),
        (r"(?:start|begin|preced|expected).{0,60}\bthinking\b", "history without its thinking"),
        (r"['`\"]reasoning['`\"].{0,80}\b(?:item|following|provided)\b", "reasoning and its item apart"),
        (
            r"tool.?(?:call|use).{0,20}\bid\b.{0,80}(?:must|length|pattern|match|characters)",
            "tool call id of another model",
        ),
        (
            r"\b(?:content|text)\b.{0,60}\b(?:empty|blank|non-?empty|null|none)\b|(?:empty|null) content",
            "empty content",
        ),
        (r"\b(?:image|vision|multimodal)", "image"),
    )
)
"""What errors say of the messages, whatever place in them they name; the first that fits counts."""
_INSTEAD = (
    re.compile(r"\b(?:use|try|send|specify|switch to)\s+([^.;\n]{1,80}?)\s+instead\b", re.IGNORECASE),
    re.compile(r"\binstead,?\s+(?:please\s+)?(?:use|try|send)\s+([^.;\n]{1,80})", re.IGNORECASE),
    re.compile(r"\b(?:please )?use\s+([`'\"][\w.\[\]/-]+[`'\"](?: and [`'\"][\w.]+[`'\"])?)\s+to\b", re.IGNORECASE),
)
_DEFAULT_ONLY = re.compile(r"\bonly (?:the )?default\b", re.IGNORECASE)
_ONE_OF_THEM = re.compile(r"\b(?:only|at most) one\b|\bcannot both\b|\bnot both\b", re.IGNORECASE)
_ALLOWED = re.compile(
    r"\b(?:supported values are|must be one of|expected one of|one of):?\s*([^\n]{1,120})", re.IGNORECASE
)

_ACCOUNT = re.compile(
    r"credit balance|insufficient (?:balance|credits?|funds|quota)|insufficient_quota"
    r"|exceeded (?:your|the) (?:current |monthly )?quota|billing (?:hard )?limit|billing_(?:hard_limit|not_active)"
    r"|check your (?:plan and )?billing|account is (?:not active|suspended|overdue)|account is in good standing"
    r"|(?:payment|subscription) (?:is )?(?:required|overdue|expired)|subscription has (?:expired|ended)",
    re.IGNORECASE,
)

_GONE = re.compile(
    r"\bmodel_(?:decommissioned|deprecated|retired|not_found)\b"
    r"|\bmodel:? *(?:[`'\"][^`'\"]+[`'\"]|[\w./]*[-\d:/][\w.:/-]*)?"
    r" *(?:has been|was) (?:decommissioned|deprecated|retired|discontinued|shut ?down)",
    re.IGNORECASE,
)
"""How a 400 says that the model is there no more; a parameter that is deprecated for a model is not meant."""


def model_gone(words: str) -> bool:
    """Whether an error's words, its codes among them, say that the model itself is retired."""
    return bool(_GONE.search(words))


def about_the_account(document: Any, message: str) -> bool:
    """Whether it is the account that a response speaks of, and not what the request says."""
    if _ACCOUNT.search(" ".join(codes_of(document))):
        return True
    named = _own_field(document) or _located(document, message) or _QUOTED.search(message)
    return not named and bool(_ACCOUNT.search(message))


def codes_of(document: Any) -> Iterator[str]:
    """The codes and kinds that an error goes by."""
    if isinstance(document, Mapping):
        for place in (document.get("error"), document):
            if isinstance(place, Mapping):
                yield from (str(place[key]) for key in ("code", "type") if isinstance(place.get(key), str))


def rejected_parameter(document: Any, message: str, body: Mapping[str, Any]) -> str:
    """The parameter that a response names, or several joined by ` + `; empty where it names none.

    Positions in lists are left out, so that the same fault in two places is one cause.
    """
    located = _own_field(document) or _located(document, message)
    several = [] if "." in located or "[" in located else _together(message, body)
    if len(several) > 1:
        return " + ".join(sorted(several))
    found = located or _named(message, body)
    if not found and not _shape(message):
        found = _mentioned(message, body)
    return _POSITION.sub("[]", found)


def rejected_part(message: str, parameter: str, body: Mapping[str, Any]) -> str:
    """What else a message is about, where it names no parameter or only a place in the messages."""
    root = re.split(r"[.\[]", parameter)[0]
    if parameter and root not in _ABOUT_MESSAGES and root in _top(body):
        return ""
    return _shape(message)


def _shape(message: str) -> str:
    return next((part for pattern, part in _SHAPES if pattern.search(message)), "")


def mend_of(message: str, parameter: str) -> str:
    """What the server itself says to send; empty where it says nothing."""
    for pattern in _INSTEAD:
        found = pattern.search(message)
        if found:
            what = found[1].strip(" `'\"").replace("`", "").replace("'", "").replace('"', "")
            return f"send {what} instead of {parameter}" if parameter else f"use {what} instead"
    if not parameter:
        return ""
    if " + " in parameter and _ONE_OF_THEM.search(message):
        return f"send only one of {parameter.replace(' + ', ' and ')}"
    if _DEFAULT_ONLY.search(message):
        return f"leave {parameter} out: only its default is taken"
    allowed = _ALLOWED.search(message)
    if allowed and (values := _QUOTED.findall(allowed[1])):
        return f"send one of {', '.join(values)}"
    return ""


def _own_field(document: Any) -> str:
    """The field that OpenAI's errors have for it."""
    if not isinstance(document, Mapping):
        return ""
    inner = document.get("error")
    for place in (inner, document):
        if isinstance(place, Mapping) and isinstance(place.get("param"), str):
            return str(place["param"])
    return ""


def _located(document: Any, message: str) -> str:
    """The place that a validation error names: FastAPI's `detail`, Mistral's `message.detail`, vLLM's text."""
    for entry in _details(document):
        loc = entry.get("loc")
        if isinstance(loc, list):
            return _path([part for part in loc if part != "body"])
    found = _LOC.search(message)
    if not found:
        return ""
    parts = [part.strip().strip("'\"") for part in found[1].split(",") if part.strip()]
    return _path([int(part) if part.isdigit() else part for part in parts if part != "body"])


def _details(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping):
        for key in ("detail", "message", "error"):
            inner = document.get(key)
            if isinstance(inner, list):
                yield from (entry for entry in inner if isinstance(entry, Mapping))
            elif isinstance(inner, Mapping):
                yield from _details(inner)


def _path(parts: list[Any]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".")


def _together(message: str, body: Mapping[str, Any]) -> list[str]:
    """The parameters of the request that a message says do not go together; empty where it does not say so."""
    if not _TOGETHER.search(message):
        return []
    words = list(dict.fromkeys(_snake(word) for word in _WORD.findall(message)))
    # "when streaming" and "with this model" name no parameter; a name that is also a plain word must be marked as one.
    marked = {_snake(found) for found in _QUOTED.findall(message)}
    return [
        word
        for word in words
        if word in _top(body) and word not in _NO_PARAMETERS and (word in marked or word not in _PLAIN or "_" in word)
    ]


_PROSE = frozenset({"tools", "functions", "thinking", "reasoning", "audio", "prediction", "seed", "background"})
"""Names that sentences about other things have in them; beside another parameter they are meant."""
_PLAIN = frozenset({"stream", "stop", "text", "store", "user", "include", "system", "instructions", "n", "metadata"})


def _named(message: str, body: Mapping[str, Any]) -> str:
    """The parameter of the request that an error's words speak of."""
    leading = _LEADING.match(message)
    if leading and (re.split(r"[.\[]", leading[1])[0] in _top(body) or "." in leading[1] or "_" in leading[1]):
        return str(leading[1])
    quoted: list[str] = [name for name in _QUOTED.findall(message) if re.split(r"[.\[]", name)[0] in _top(body)]
    if quoted:
        return quoted[0]
    marked = {_snake(word) for pattern in _MARKED for word in pattern.findall(message)} & {*_top(body)}
    if marked - _NO_PARAMETERS:
        return max(marked - _NO_PARAMETERS, key=lambda name: (len(name), name))
    return leading[1] if leading else ""


def _mentioned(message: str, body: Mapping[str, Any]) -> str:
    """A parameter that a sentence has among its words."""
    words = {_snake(word) for word in _WORD.findall(message)} - _NO_PARAMETERS - _PLAIN - _PROSE
    return max((key for key in _top(body) if key in words), key=len, default="")


def _top(body: Mapping[str, Any]) -> list[str]:
    return [str(key) for key in body]


def _snake(word: str) -> str:
    """`presencePenalty` as `presence_penalty`: some servers name parameters as their own code does."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", word).lower()


def words_of(document: Any) -> str:
    """The message of an error object in any of the shapes that servers use; empty where it has none."""
    if not isinstance(document, Mapping):
        return ""
    for place in (document.get("error"), document):
        if isinstance(place, str) and place:
            return place
        if isinstance(place, Mapping):
            for key in ("message", "detail"):
                found = place.get(key)
                if isinstance(found, str) and found:
                    return found
    details = list(_details(document))
    said = [f"{_path(one['loc'])}: {one.get('msg', '')}" for one in details if isinstance(one.get("loc"), list)]
    return "; ".join(said) or (json.dumps(details) if details else "")
