"""A clause's `probe` to the requests it stands for: the whole of what is sent, its parts, and shapes of messages."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_behavior_contract.declare.contract import Case
from pytest_behavior_contract.exchange import FollowUp, Prompt
from pytest_behavior_contract.interfaces import Behavior

PROBE_PROMPT = "Say OK."
"""What is asked where a clause only wants to know whether the request is accepted."""

SHAPES: dict[str, str] = {
    "whole": "all that the clause sends, at once",
    "parts": "each parameter, the system prompt, the tools and the stream alone",
    "pairs": "every two parameters together",
    "without": "all that the clause sends but for one parameter, for each of them",
    "system": "a system prompt",
    "developer": "a message of the role developer",
    "user-turns": "two user turns in a row",
    "prefill": "the last turn is the assistant's",
    "image": "an image beside the text",
    "stream": "the reply as a stream",
    "tools": "the clause's tools, with their whole schemas",
    "tool-history": "a tool call, and its result, that another model made",
    "round-trip": "the first reply sent back as it came; with tools, a call and its result",
    "round-trip-plain": "the same without what is neither text nor call: no thinking, no reasoning",
    "round-trip-empty": 'the same as round-trip-plain, with the text "" beside a call',
}
"""What may stand under `probe`, and what each sends."""

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "tool_choice": ("tools",),
    "parallel_tool_calls": ("tools",),
    "stream_options": ("stream",),
    "top_logprobs": ("logprobs",),
    "thinking": _LIMITS,
}
"""What makes no sense alone goes with what it belongs to."""
_TOOL = {"name": "get_order", "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}}}
_RED_SQUARE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAJ0lEQVR42u3NsQkAAAjAsP7/tF7hIASyp6lTCQQCgU"
    "AgEAgEgi/BAjLD/C5w/SM9AAAAAElFTkSuQmCC"
)
_CONVERSATIONS: Mapping[str, list[dict[str, Any]]] = {
    "developer": [{"role": "developer", "content": "Answer briefly."}, {"role": "user", "content": PROBE_PROMPT}],
    "user-turns": [{"role": "user", "content": "Listen."}, {"role": "user", "content": PROBE_PROMPT}],
    "prefill": [{"role": "user", "content": PROBE_PROMPT}, {"role": "assistant", "content": "O"}],
    "image": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Which color is this?"},
                {"type": "image_url", "image_url": {"url": _RED_SQUARE}},
            ],
        }
    ],
    "tool-history": [
        {"role": "user", "content": "Where is order 4711?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_ZvR7kQ2mTn4LxW8b",
                    "type": "function",
                    "function": {"name": "get_order", "arguments": '{"order_id": "4711"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_ZvR7kQ2mTn4LxW8b", "content": '{"city": "Turin"}'},
    ],
}
WHOLE = "all together"
ALL_BUT = "all but "
"""How the probes are called whose difference proves what one had better leave out."""
_WORDS = {
    "developer": "developer role",
    "user-turns": "two user turns",
    "prefill": "assistant prefill",
    "tool-history": "tool calls of another model",
    "round-trip": "its reply sent back",
    "round-trip-plain": "its reply sent back, plain",
    "round-trip-empty": 'its reply sent back, plain with ""',
    "whole": WHOLE,
}
_ECHOES: Mapping[str, FollowUp] = {
    "round-trip": FollowUp(),
    "round-trip-plain": FollowUp(echo="plain"),
    "round-trip-empty": FollowUp(echo="empty-text"),
}
_JSON = frozenset({"response_format", "json_schema", "output_config", "text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One request of a `probe`."""

    what: str
    """What it sends, in words."""
    entry: Mapping[str, Any] = field(default_factory=dict)
    """The keys of a clause that say what is asked."""
    partial: bool = True
    follow: FollowUp | None = None


def probes_of(entry: Mapping[str, Any], *, telling: bool) -> list[Probe]:
    """The requests of a clause with `probe`; raises ValueError where a shape finds nothing to send.

    Where the clause has no prompt, `telling` ones are chosen, whose answers show whether a parameter was heeded.
    """
    wanted = entry["probe"]
    entry = {**entry, "telling": telling}
    found: dict[str, Probe] = {}
    for item in [wanted] if isinstance(wanted, str | Mapping) else wanted:
        if isinstance(item, str):
            probes = list(_of_shape(item, entry))
            if not probes:
                raise ValueError(f"{item}: the clause sends too little for that ({SHAPES[item]})")
        else:
            probes = [_of_mapping(item, entry)]
        for probe in probes:
            number, what = 1, probe.what
            while what in found and found[what].entry != probe.entry:
                number, what = number + 1, f"{probe.what} ({number + 1})"
            found.setdefault(what, dataclasses.replace(probe, what=what))
    return list(found.values())


def suited_prompt(names: Mapping[str, Any], *, telling: bool) -> str:
    """What to ask with these parameters; a `telling` question's answer shows whether they were heeded."""
    if any(name in _JSON for name in names):
        # Some servers take such a request only where its prompt speaks of JSON.
        return "Make up an example of the JSON that is asked for."
    prompts = (_prompt_for(name, value) for name, value in names.items()) if telling else ()
    return next((prompt for prompt in prompts if prompt), PROBE_PROMPT)


def parameters_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a clause sends, under whatever names."""
    return {**entry.get("parameters", {}), **entry.get("request", {})}


def sent_in_words(entry: Mapping[str, Any]) -> str:
    """What a clause sends besides its prompt: `temperature: 0 + stream`."""
    return " + ".join(part.what for part in _parts(entry)) or "the prompt alone"


def all_of(expect: Sequence[Behavior], attribute: str) -> bool:
    """Whether there are expectations, and all of them say so."""
    return bool(expect) and all(getattr(behavior, attribute, False) for behavior in expect)


def decided_at_once(cases: Iterable[Case]) -> bool:
    """Whether one reply to each case decides."""
    return all_of([behavior for case in cases for behavior in case.expect], "deterministic")


def second_requests(expect: Iterable[Any], prompt: Prompt) -> set[FollowUp]:
    """The second requests that expectations need, those within groups too."""
    found: set[FollowUp] = set()
    for one in expect:
        wanted = one.follow_up(prompt) if hasattr(one, "follow_up") else None
        inner = [*getattr(one, "expectations", ()), *([one.expectation] if hasattr(one, "expectation") else [])]
        found |= {*([wanted] if wanted else []), *second_requests(inner, prompt)}
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    what: str
    name: str
    value: Any
    entry: Mapping[str, Any]


def _of_shape(shape: str, entry: Mapping[str, Any]) -> Iterator[Probe]:
    own = {key: entry[key] for key in ("prompt", "messages") if entry.get(key)}
    parts = _parts(entry)
    if shape in _SETS:
        for what, chosen in _SETS[shape](parts):
            yield _joined(what, chosen, parts, entry)
    elif shape == "whole":
        sent = {key: entry[key] for key in ("system", "tools", "parameters", "request", "stream") if entry.get(key)}
        yield Probe(what=_WORDS[shape], entry={**_asking(parts, entry), **sent}, partial=False)
    elif shape in _ECHOES:
        yield _echo(shape, entry, own)
    elif shape in _CONVERSATIONS:
        tools = {"tools": entry.get("tools") or [_TOOL]} if shape == "tool-history" else {}
        yield Probe(what=_WORDS.get(shape, shape), entry={"messages": _CONVERSATIONS[shape], **tools})
    else:
        value = {"system": entry.get("system") or "Answer briefly.", "stream": True, "tools": entry.get("tools")}[shape]
        if value:
            yield Probe(what=shape, entry={"prompt": PROBE_PROMPT, **own, shape: value})


def _echo(shape: str, entry: Mapping[str, Any], own: Mapping[str, Any]) -> Probe:
    """What goes back is what the clause's own request brings, so all of it is sent."""
    sent = {key: entry[key] for key in ("system", "tools", "parameters", "request", "stream") if entry.get(key)}
    follow = _ECHOES[shape]
    if sent.get("tools"):
        if "tool_choice" not in parameters_of(sent) and "prompt" not in own and "messages" not in own:
            own = {"prompt": "Call one of your tools, with made-up arguments."}
        follow = FollowUp(echo=follow.echo, needs_calls=True)
    return Probe(what=_WORDS[shape], entry={"prompt": PROBE_PROMPT, **own, **sent}, follow=follow)


def _of_mapping(item: Mapping[str, Any], entry: Mapping[str, Any]) -> Probe:
    """What an author writes out is sent as it stands, and nothing of the clause besides."""
    sent = {key: value for key, value in item.items() if key != "what"}
    if sent.get("tools") is True:
        sent["tools"] = entry.get("tools", ())
    parts = _parts(sent)
    asking = {} if "prompt" in sent or "messages" in sent else _asking(parts, entry)
    what = item.get("what") or " + ".join(part.what for part in parts) or str(sent.get("prompt", "messages"))[:40]
    return Probe(what=what, entry={**asking, **sent}, partial=True)


def _parts(entry: Mapping[str, Any]) -> list[_Part]:
    """What a clause sends, piece by piece."""
    found = []
    for place in ("parameters", "request"):
        for name, value in (entry.get(place) or {}).items():
            if name == "extra_body" and isinstance(value, Mapping):
                found += [_Part(_shown(key, one), key, one, {place: {name: {key: one}}}) for key, one in value.items()]
            else:
                found.append(_Part(_shown(name, value), name, value, {place: {name: value}}))
    return found + [_Part(key, key, None, {key: entry[key]}) for key in ("system", "tools", "stream") if entry.get(key)]


def _each(parts: list[_Part]) -> Iterator[tuple[str, list[_Part]]]:
    return ((part.what, [part]) for part in parts)


def _every_two(parts: list[_Part]) -> Iterator[tuple[str, list[_Part]]]:
    for one, other in itertools.combinations(parts, 2):
        if one.name not in _NEEDS.get(other.name, ()) and other.name not in _NEEDS.get(one.name, ()):
            yield f"{one.what} + {other.what}", [one, other]


def _all_but_one(parts: list[_Part]) -> Iterator[tuple[str, list[_Part]]]:
    for left_out in parts:
        needing = [part for part in parts if left_out.name in _NEEDS.get(part.name, ())]
        rest = [part for part in parts if part is not left_out and part not in needing]
        yield f"{ALL_BUT}{left_out.name}", rest


_SETS: Mapping[str, Callable[[list[_Part]], Iterator[tuple[str, list[_Part]]]]] = {
    "parts": _each,
    "pairs": _every_two,
    "without": _all_but_one,
}


def _joined(what: str, chosen: list[_Part], all_of_them: list[_Part], entry: Mapping[str, Any]) -> Probe:
    """Some parts in one request, with those that they need."""
    needed = {name for part in chosen for name in _NEEDS.get(part.name, ())}
    chosen = [*chosen, *(part for part in all_of_them if part.name in needed and part not in chosen)]
    sent: dict[str, Any] = {}
    for part in chosen:
        for key, value in part.entry.items():
            sent[key] = _merged(sent[key], value) if key in sent else value
    return Probe(what=what, entry={**_asking(chosen, entry), **sent})


def _merged(one: Any, other: Any) -> Any:
    """Two pieces of `parameters` or `request`, one level down too: `extra_body` comes in pieces as well."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other
    nested = {"extra_body": {**one["extra_body"], **other["extra_body"]}} if "extra_body" in {*one} & {*other} else {}
    return {**one, **other, **nested}


def _asking(parts: list[_Part], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The clause's own question, or one that suits what is sent."""
    own = {key: entry[key] for key in ("prompt", "messages") if entry.get(key)}
    return own or {"prompt": suited_prompt({part.name: part.value for part in parts}, telling=entry["telling"])}


def _prompt_for(name: str, value: Any) -> str:
    if name in ("stop", "stop_sequences"):
        stop = value if isinstance(value, str) else next(iter(value or ()), "")
        # In a prompt, braces around a name would be a slot.
        stop = re.sub(r"\{([A-Za-z_]\w*)\}", r"{{\1}}", stop)
        return f"Write exactly the following, and nothing else:\none{stop}two"
    if name in _LIMITS:
        return "Count from 1 to 300 in digits, with spaces between them, and do not stop earlier."
    if name == "seed":
        return "Make up a nonsense word of ten letters. Answer with the word alone."
    if name == "parallel_tool_calls" or (name == "tool_choice" and value == "none"):
        return "Call your tool twice at once, with made-up arguments."
    return ""


def _shown(name: str, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"{name}: {text}" if len(text) <= 20 else name
