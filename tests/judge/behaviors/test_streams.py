"""stream_well_formed on every surface's promises, and streamed_alike."""

import pytest
from replies import on_wire, read_back, stream_of

from model_server import Say
from pytest_behavior_contract.exchange import Reply, Request, Tool
from pytest_behavior_contract.judge.behaviors.stream_well_formed import StreamWellFormed
from pytest_behavior_contract.judge.behaviors.streamed_alike import StreamedAlike

CHAT, RESPONSES, ANTHROPIC = SURFACES = ("openai-chat", "openai-responses", "anthropic-messages")
FIND = Tool(name="find", parameters={"type": "object", "properties": {"n": {"type": "integer"}}})


@pytest.mark.parametrize("surface", SURFACES)
def test_a_stream_of_text_and_calls_is_well_formed(surface):
    say = Say("Hello world", thinking="" if surface == CHAT else "Hm.", calls=(("find", {"n": 1}), ("find", {"n": 2})))
    assert StreamWellFormed().check(on_wire(surface, say, stream=True, tools=(FIND,))).passed


def delta(index=0, finish=None, **content):
    return {"choices": [{"index": index, "delta": content, "finish_reason": finish}]}


def tool_delta(index, **fields):
    return delta(tool_calls=[{"index": index, **fields}])


BEGUN = {"id": "c", "function": {"name": "find", "arguments": ""}}
END = delta(finish="stop")
USAGE = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}


@pytest.mark.parametrize(
    ("chunks", "cause"),
    [
        ((delta(content="Hi"), END, "[DONE]"), ""),
        ((delta(content="Hi"), END, USAGE, "[DONE]"), ""),
        ((tool_delta(0, **BEGUN), tool_delta(0, function={"arguments": "{}"}), END, "[DONE]"), ""),
        ((END,), "no [DONE]"),
        (({"choices": [], "prompt_filter_results": []}, END, "[DONE]"), "chunk without a choice"),
        (({"id": "x"}, END, "[DONE]"), "chunk without a choice"),
        (({"choices": [{"delta": {"content": "Hi"}}]}, END, "[DONE]"), "choice without an index"),
        ((delta(content="Hi"), "[DONE]"), "no finish reason"),
        ((END, END, "[DONE]"), "two finish reasons"),
        ((END, delta(content="more"), "[DONE]"), "content after the finish reason"),
        ((END, "[DONE]", END), "event after the end"),
        ((delta(content="Hi"), "{broken", END, "[DONE]"), "event that is no JSON"),
        ((delta(tool_calls=[BEGUN]), END, "[DONE]"), "tool delta without an index"),
        ((tool_delta(1, **BEGUN), END, "[DONE]"), "tool indices with a gap"),
        ((tool_delta(0, function={"name": "find"}), END, "[DONE]"), "tool call begun without an id"),
        ((tool_delta(0, id="c", function={"arguments": "{}"}), END, "[DONE]"), "tool call begun without a name"),
    ],
)
def test_faults_of_a_chat_stream_are_named(chunks, cause):
    assert StreamWellFormed().check(stream_of(CHAT, *chunks)).cause == cause


def test_each_choice_of_a_chat_stream_ends_on_its_own():
    well = (delta(0, content="Hi"), delta(1, content="Ho"), delta(0, "stop"), delta(1, "stop"), "[DONE]")
    assert StreamWellFormed().check(stream_of(CHAT, *well)).passed
    assert StreamWellFormed().check(stream_of(CHAT, *well[:3], "[DONE]")).cause == "no finish reason"


def test_usage_is_missed_at_the_end_of_a_chat_stream_that_was_asked_for_it():
    asked = {"stream_options": {"include_usage": True}}
    assert StreamWellFormed().check(stream_of(CHAT, END, "[DONE]", **asked)).cause == "no usage at the end"
    assert StreamWellFormed().check(stream_of(CHAT, END, USAGE, "[DONE]", **asked)).passed
    strict = StreamWellFormed(every_chunk_has_choice=True)
    assert strict.check(stream_of(CHAT, END, USAGE, "[DONE]", **asked)).cause == "chunk without a choice: the usage"


def event(kind, **more):
    return {"type": kind, **more}


def block(step, index=0, **more):
    return event(f"content_block_{step}", index=index, **more)


TEXT_START = block("start", content_block={"type": "text", "text": ""})
TEXT_DELTA = block("delta", delta={"type": "text_delta", "text": "Hi"})
HEAD = (event("message_start", message={"role": "assistant", "content": []}), event("ping"))
TAIL = (event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1}), event("message_stop"))


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ((*HEAD, TEXT_START, TEXT_DELTA, block("stop"), *TAIL), ""),
        ((*HEAD, *TAIL), ""),
        ((TEXT_START, block("stop"), *TAIL), "no message_start"),
        ((*HEAD, HEAD[0], *TAIL), "two message_starts"),
        ((*HEAD, TEXT_DELTA, block("stop"), *TAIL), "block delta before its start"),
        ((*HEAD, TEXT_START, TEXT_DELTA, *TAIL), "block never stopped"),
        ((*HEAD, TEXT_START, block("stop"), TEXT_DELTA, *TAIL), "block delta after its stop"),
        ((*HEAD, TEXT_START, block("stop"), block("stop"), *TAIL), "block stopped twice"),
        ((*HEAD, block("stop"), *TAIL), "block stop before its start"),
        ((*HEAD, TEXT_START, TEXT_START, block("stop"), *TAIL), "block started before the last one stopped"),
        ((*HEAD, TEXT_START, block("stop"), TEXT_START, block("stop"), *TAIL), "block started twice"),
        ((*HEAD, {**TEXT_START, "index": 1}, block("stop", 1), *TAIL), "block indices with a gap"),
        ((*HEAD, {**TEXT_START, "index": None}, *TAIL), "block without an index"),
        (
            (*HEAD, TEXT_START, block("delta", delta={"type": "thinking_delta"}), block("stop"), *TAIL),
            "thinking_delta in a text block",
        ),
        ((*HEAD, event("message_delta", delta={"stop_reason": "end_turn"}), TAIL[1]), "no usage at the end"),
        ((*HEAD, event("message_delta", delta={}, usage={"output_tokens": 1}), TAIL[1]), "no stop reason"),
        ((*HEAD, TAIL[0]), "no message_stop"),
        ((*HEAD, *TAIL, TAIL[1]), "event after the end"),
        ((*HEAD, "{broken", *TAIL), "event that is no JSON"),
    ],
)
def test_faults_of_an_anthropic_stream_are_named(events, cause):
    assert StreamWellFormed().check(stream_of(ANTHROPIC, *events)).cause == cause


def numbered(*events, start=0):
    return [{"sequence_number": number, **one} for number, one in enumerate(events, start)]


CREATED = event("response.created")
ADDED = event("response.output_item.added", output_index=0)
PIECE = event("response.output_text.delta", output_index=0, content_index=0, delta="Hi")
TEXT_DONE = event("response.output_text.done", output_index=0, content_index=0, text="Hi")
ITEM_DONE = event("response.output_item.done", output_index=0)
COMPLETED = event("response.completed", response={"status": "completed", "usage": {"output_tokens": 1}})


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        (numbered(CREATED, ADDED, PIECE, TEXT_DONE, ITEM_DONE, COMPLETED), ""),
        (numbered(ADDED, ITEM_DONE, COMPLETED), "no response.created"),
        (numbered(CREATED, PIECE, COMPLETED), "delta before its item"),
        (numbered(CREATED, ADDED, ITEM_DONE, PIECE, COMPLETED), "delta after its item"),
        (numbered(CREATED, ITEM_DONE, COMPLETED), "item done before it was added"),
        (numbered(CREATED, ADDED, ADDED, ITEM_DONE, COMPLETED), "item added twice"),
        (numbered(CREATED, ADDED, COMPLETED), "item never done"),
        (numbered(CREATED, ADDED, PIECE, PIECE, TEXT_DONE, ITEM_DONE, COMPLETED), "deltas do not add up to the text"),
        (numbered(CREATED, ADDED, ITEM_DONE), "no end of the response"),
        (numbered(CREATED, event("response.completed", response={})), "no usage at the end"),
        (numbered(CREATED, COMPLETED, COMPLETED), "event after the end"),
        ([CREATED, *numbered(COMPLETED)], "event without a sequence number"),
        ([*numbered(CREATED), *numbered(COMPLETED, start=5)], "sequence numbers out of order"),
        (["{broken", *numbered(CREATED, COMPLETED)], "event that is no JSON"),
    ],
)
def test_faults_of_a_responses_stream_are_named(events, cause):
    assert StreamWellFormed().check(stream_of(RESPONSES, *events)).cause == cause


def test_a_stream_is_judged_only_where_one_was_asked_for():
    whole = on_wire(CHAT, Say("Hi"))
    assert StreamWellFormed().check(whole).cause == "the request asks for no stream"
    request = Request(surface=CHAT, path="/x", body={"stream": True})
    assert StreamWellFormed().check(read_back(request, '{"choices": []}')).cause == "not a stream"


def test_every_fault_of_a_stream_is_in_the_evidence():
    verdict = StreamWellFormed().check(stream_of(ANTHROPIC, TEXT_DELTA))
    assert (
        verdict.evidence
        == "no message_start; also block delta before its start, no stop reason, no usage at the end; 1 events"
    )


def test_streamed_and_whole_replies_differ_by_measures_that_flip_with_the_sides():
    alike = StreamedAlike(measures=("calls", "ends", "blocks", "length", "usage"))
    whole = on_wire(CHAT, Say("one two three four", calls=(("find", {}),)))
    cut = Reply(text="one", finish_reason="length", blocks=("thinking", "text"))
    for measure in alike.margins():
        assert alike.difference(measure, whole, whole) == 0
        assert alike.difference(measure, whole, cut) == -alike.difference(measure, cut, whole) > 0
    assert alike.direction("calls", "whole", "streamed") == "more tool calls whole than streamed"
    assert set(StreamedAlike().margins()) == {"calls", "ends", "blocks", "length"}


@pytest.mark.parametrize("wrong", [{"measures": ()}, {"within": 0}, {"length": 1}])
def test_bounds_of_streamed_alike_are_checked(wrong):
    with pytest.raises(ValueError, match="empty|above"):
        StreamedAlike(**wrong)
