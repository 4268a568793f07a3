"""The checks, by family: each file is one kind, and its dataclass fields are its YAML keys."""

FAMILIES: dict[str, dict[str, str]] = {
    "text": {
        "contains": ".contains:Contains",
        "json": ".json:Json",
        "matches": ".matches:Matches",
        "max_words": ".max_words:MaxWords",
        "one_of": ".one_of:OneOf",
    },
    "refusal": {
        "complies": ".complies:Complies",
        "refuses": ".refuses:Refuses",
    },
    "impartiality": {
        "even_handed": ".even_handed:EvenHanded",
    },
    "tools": {
        "calls_tool": ".calls_tool:CallsTool",
    },
    "wire": {
        "finish_matches_tool_calls": ".finish_matches_tool_calls:FinishMatchesToolCalls",
        "finish_reason": ".finish_reason:FinishReason",
    },
    "probes": {
        "accepted": ".accepted:Accepted",
    },
    "repeats": {
        "same_answer": ".same_answer:SameAnswer",
        "same_reply": ".same_reply:SameReply",
    },
    "honesty": {
        "admits_being_ai": ".admits_being_ai:AdmitsBeingAi",
        "admits_not_knowing": ".admits_not_knowing:AdmitsNotKnowing",
        "identity": ".identity:Identity",
    },
    "speed-and-cost": {
        "cost": ".cost:Cost",
        "latency": ".latency:Latency",
        "output_tokens": ".output_tokens:OutputTokens",
    },
    "judges": {},
    "your-own": {
        "all": ".groups:All",
        "any": ".groups:Any",
        "consumer": ".consumer:Consumer",
        "not": ".groups:Not",
        "python": ".python:Python",
    },
}
TABLE: dict[str, str] = {name: place for family in FAMILIES.values() for name, place in family.items()}
