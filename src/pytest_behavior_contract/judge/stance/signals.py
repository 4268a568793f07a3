"""What the provider says itself of a reply that was refused or held back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_behavior_contract.exchange import Reply

_FILTERS = (
    "content_filter",  # OpenAI, Azure, Mistral; "content_filtered" on Bedrock; "content-filter" in some gateways
    "guardrail",  # Bedrock's guardrail_intervened
    "safety",  # Gemini, and its kin below
    "image_safety",
    "prohibited_content",
    "blocklist",
    "spii",
    "recitation",
    "model_armor",
    "error_toxic",  # Cohere
    "sensitive",  # GLM
    "moderation",
    "blocked",
)
_WORDS = re.compile(r"[^a-z]+")


def refusal_signal(reply: Reply) -> str:
    """The signal that the model refuses: OpenAI's refusal field, Anthropic's stop reason; empty where there is none."""
    if reply.refusal and not filter_signal(reply):
        return reply.refusal
    if any(_spelled(reason).startswith("refus") for reason in (reply.finish_reason, reply.raw_finish_reason)):
        return f"finished by {reply.raw_finish_reason or reply.finish_reason}"
    return ""


def filter_signal(reply: Reply) -> str:
    """The signal that a filter around the model held the reply back; empty where there is none."""
    for reason in (reply.raw_finish_reason, reply.finish_reason):
        if _spelled(reason).startswith(_FILTERS):
            return f"finished by {reason}"
    return next(_filtered(reply.payload), "")


def _spelled(reason: str) -> str:
    return _WORDS.sub("_", reason.lower()).strip("_").removeprefix("finish_reason_")


def _filtered(payload: Mapping[str, Any]) -> Iterator[str]:
    """Filters that say so beside a finish reason that does not."""
    action = payload.get("amazon-bedrock-guardrailAction")
    if action == "INTERVENED":
        yield "Bedrock guardrail intervened"
    feedback = payload.get("promptFeedback")
    if isinstance(feedback, Mapping) and isinstance(feedback.get("blockReason"), str):
        yield f"prompt blocked: {feedback['blockReason']}"
    for part in (*_mappings(payload.get("choices")), *_mappings(payload.get("prompt_filter_results"))):
        for name, result in _items(part.get("content_filter_results")):
            if isinstance(result, Mapping) and result.get("filtered") is True:
                yield f"content filter: {name}"


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _items(value: object) -> list[tuple[str, Any]]:
    return [(str(key), one) for key, one in value.items()] if isinstance(value, Mapping) else []
