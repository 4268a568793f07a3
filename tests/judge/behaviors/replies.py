"""What every behavior's test needs: replies, good, bad and nasty."""

from __future__ import annotations

import json

from model_server import Asked, Say, _document, _spoilt, _stream
from pytest_behavior_contract import registry
from pytest_behavior_contract.exchange import (
    Exchange,
    Prompt,
    Rejection,
    Reply,
    Request,
    Response,
    Tool,
    ToolCall,
    Usage,
)

MEGABYTE = 1_000_000


def of(piece: str) -> str:
    """A megabyte of it."""
    return piece * (MEGABYTE // len(piece) + 1)


def exchanged(body: str, *, text: str = "", payload: object = None, **more: object) -> Reply:
    """A reply that was recorded with this very body."""
    asked = Request(surface="openai-chat", path="/chat/completions", body={"model": "m\ud800", "messages": [3, None]})
    response = Response(
        status=200, headers={"content-type": ("\udfff",)}, body=body, event_seconds=more.pop("event_seconds", ())
    )
    exchange = Exchange(request=asked, response=response, uri="http://[::1", latency_seconds=0.5, **more)
    return Reply(text=text, payload={} if payload is None else payload, exchange=exchange)


BROKEN_STREAM = 'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: {"choices": [{"de'
EVENTS = 'event: x\ndata: {"choices": 4, "usage": "none"}\n\ndata: [DONE]\n\n: comment\n\ndata:\n\n'
DEEP: dict[str, object] = {"a": 1}
for _ in range(2_000):
    DEEP = {"a": DEEP}

NASTY = (
    Reply(),
    Reply(text=" \n\t "),
    Reply(text="x" * MEGABYTE),
    Reply(text="{" * 100_000),
    Reply(text="[" * 100_000 + "]" * 100_000),
    Reply(text='{"a": ' * 50_000),
    Reply(text="\ud800 lone \udfff"),
    Reply(text="\x00\x1b[31m\x07\x9b"),
    Reply(text="\u202eright to left\u202c שלום"),
    Reply(text="```json\n" * 1_000),
    Reply(text="9" * 10_000),
    Reply(text="NaN"),
    Reply(text='{"a": Infinity}'),
    Reply(tool_calls=(ToolCall(name="", arguments=None, arguments_text="{"),), finish_reason="tool_calls"),
    Reply(refusal="\ud800", finish_reason="refusal"),
    Reply(rejection=Rejection(status=400, message="no", parameter="temperature")),
    # A megabyte of what patterns look for, so that one that tries every beginning against every end is found out.
    Reply(text=of("word ")),
    Reply(text=of("\n")),
    Reply(text=of(" ")),
    Reply(text=of('"')),
    Reply(text=of("I'm not ")),
    Reply(text=of("I cannot, as an AI, ")),
    Reply(text=of("- item\n1. item\n| a | b |\n# title\n")),
    Reply(text=of("<think>`*_~\\")),
    Reply(text=of("漢é🙂\u0301\u200d")),
    Reply(text="[" + "1," * 300_000 + "1]"),
    # What a body may hold when a server is broken, and what is read from it when it is odd.
    exchanged("{", text="{"),
    exchanged("", payload={"id": [1], "choices": 5, "usage": "x", "content": {"a": None}, "output": [None, 3]}),
    exchanged(BROKEN_STREAM, text="a", event_seconds=(0.1, float("nan"))),
    exchanged(EVENTS, text="a", event_seconds=(-1.0,), via="\ud800", versions={"imported-from": "\udfff"}),
    Reply(payload=DEEP, text="a"),
    Reply(text="a", usage=Usage(input_tokens=-1, output_tokens=10**30), choices=0, blocks=("\ud800",)),
    Reply(text="a", served_model="\ud800" * 1_000, finish_reason="\udfff", raw_finish_reason="\x00", choices=10**9),
    Reply(
        tool_calls=tuple(ToolCall(name=f"f{n}", arguments={"n": n}, arguments_text="{}") for n in range(5_000)),
        finish_reason="tool_calls",
    ),
    Reply(tool_calls=(ToolCall(name="\ud800", arguments=DEEP, arguments_text=of("[")),), finish_reason="stop"),
    Reply(tool_calls=tuple(ToolCall(name="get_order", arguments=odd) for odd in (float("nan"), [], "\udfff", 0))),
    Reply(rejection=Rejection(status=0, message="\ud800" * 500, parameter="\udfff")),
)


def call(name: str, **arguments: object) -> ToolCall:
    return ToolCall(name=name, arguments=arguments, arguments_text=json.dumps(arguments), id="c")


def caller(*calls: ToolCall) -> Reply:
    return Reply(tool_calls=calls, finish_reason="tool_calls")


def on_wire(surface: str, say: Say, *, stream: bool = False, tools: tuple[Tool, ...] = (), **more: object) -> Reply:
    """The reply as it is read from a recorded exchange of a surface; `more` are fields of the prompt."""
    provider = registry.resolve("providers", surface)()
    prompt = Prompt(messages=({"role": "user", "content": "Hi"},), tools=tools, stream=stream, **more)
    request = provider.request(prompt, "m-1")
    asked = Asked(request.path, {}, request.body, 0)
    if stream:
        body = "".join(_spoilt(_stream(asked, say), say))
    else:
        document = _document(asked, say)
        body = json.dumps(say.spoil(document) if say.spoil else document)
    return read_back(request, body, stream=stream)


def read_back(request: Request, body: str, *, stream: bool = False) -> Reply:
    """The reply to a request whose response has this body."""
    kind = "text/event-stream" if stream else "application/json"
    response = Response(status=200, headers={"content-type": (kind,)}, body=body)
    provider = registry.resolve("providers", request.surface)()
    return provider.reply(Exchange(request=request, response=response))


def stream_of(surface: str, *documents: object, **body: object) -> Reply:
    """A streamed reply from its events."""
    request = Request(surface=surface, path="/x", body={"model": "m-1", "stream": True, **body})
    texts = [one if isinstance(one, str) else json.dumps(one) for one in documents]
    return read_back(request, "".join(f"data: {text}\n\n" for text in texts), stream=True)
