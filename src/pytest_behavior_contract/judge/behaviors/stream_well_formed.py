"""The events of a stream come as the API promises them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.on_record import (
    ANTHROPIC,
    CHAT,
    came_as_stream,
    not_on_record,
    stream_events,
    surface_of,
    usage_was_asked_for,
)
from pytest_behavior_contract.judge.streams import anthropic_faults, chat_faults, responses_faults
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict


@dataclass(frozen=True, kw_only=True)
class StreamWellFormed:
    """The events of the stream are complete, in order, and numbered as the API promises.

    ```yaml
    stream: true
    expect:
      - stream_well_formed
      - stream_well_formed: {every_chunk_has_choice: true}
    ```

    Each API is held to its own promises. OpenAI's Chat API: chunks with choices, indices on choices and on deltas of
    tool calls, nothing after the finish reason, usage at the end where it was asked for, `[DONE]`. Its Responses API:
    numbers without a gap, items added before their deltas and done after them, deltas that add up, an end with usage.
    Anthropic's API: message_start, blocks that start, grow and stop one after the other, a stop reason with usage,
    message_stop.
    `every_chunk_has_choice` also fails the chunk with the usage that OpenAI's Chat API sends last, which has no choice:
    for code that reads `chunk.choices[0]` of every one.
    Causes: `not a stream`, `event that is no JSON`, `event after the end`, `no usage at the end`.
    Chat: `chunk without a choice`, `chunk without a choice: the usage`, `choice without an index`,
    `tool delta without an index`, `tool indices with a gap`, `tool call begun without an id`,
    `tool call begun without a name`, `content after the finish reason`, `two finish reasons`, `no finish reason`,
    `no [DONE]`.
    Responses: `no response.created`, `event without a sequence number`, `sequence numbers out of order`,
    `item added twice`, `delta before its item`, `delta after its item`, `item done before it was added`,
    `item never done`, `deltas do not add up to the text`, `no end of the response`.
    Anthropic: `no message_start`, `two message_starts`, `block without an index`, `block indices with a gap`,
    `block started twice`, `block started before the last one stopped`, `block delta before its start`,
    `block delta after its stop`, `block stop before its start`, `block stopped twice`, `block never stopped`,
    `KIND_delta in a KIND block`, `no stop reason`, `no message_stop`.
    On the latter two `event whose name is not its type`. An error where nothing of the wire is on record, or the
    request asked for no stream.
    Limits: timing is not looked at. A stream that breaks off without any end is never recorded: it is an error before
    anything is judged.
    """

    every_chunk_has_choice: bool = False

    def check(self, reply: Reply) -> Verdict:
        surface = surface_of(reply)
        if not surface or reply.exchange is None:
            return not_on_record(reply, "the events of a stream")
        if not came_as_stream(reply):
            if reply.exchange.request.streamed:
                return failed("not a stream", "a stream was asked for, and the reply came whole")
            return Verdict(
                outcome="error", cause="the request asks for no stream", evidence="give the clause `stream: true`"
            )
        found = stream_events(reply)
        if surface == CHAT:
            faults = chat_faults(
                found, usage_asked=usage_was_asked_for(reply), every_chunk_has_choice=self.every_chunk_has_choice
            )
        elif surface == ANTHROPIC:
            faults = anthropic_faults(found)
        else:
            faults = responses_faults(found)
        if faults:
            others = f"; also {', '.join(faults[1:4])}" if len(faults) > 1 else ""
            return failed(faults[0], f"{faults[0]}{others}; {len(found)} events")
        return passed(f"{len(found)} events")
