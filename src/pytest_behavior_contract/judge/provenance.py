"""Replies to where they come from: which models answered, when, and with how many tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_behavior_contract.exchange import Reply


@dataclass(slots=True)
class Provenance:
    """Where replies come from, added up one by one: a reply that has been judged need not be kept."""

    served: set[str] = field(default_factory=set)
    earliest: str = ""
    latest: str = ""
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, reply: Reply) -> None:
        if reply.served_model:
            self.served.add(reply.served_model)
        if reply.usage is not None:
            self.input_tokens += reply.usage.input_tokens
            self.output_tokens += reply.usage.output_tokens
        moment = reply.exchange.recorded_at if reply.exchange is not None else ""
        if moment:
            self.earliest = min(self.earliest or moment, moment)
            self.latest = max(self.latest, moment)
