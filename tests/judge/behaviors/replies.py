"""What every behavior's test needs: replies, good, bad and nasty."""

from __future__ import annotations

import json

from model_server import Asked, Say, _document, _spoilt, _stream
from pytest_behavior_contract import registry
from pytest_behavior_contract.exchange import Exchange, Prompt, Rejection, Reply, Request, Response, Tool, ToolCall

NASTY = (
    Reply(),
    Reply(text=" \n\t "),
    Reply(text="x" * 1_000_000),
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
