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
        "honours": ".honours:Honours",
        "round_trips": ".round_trips:RoundTrips",
    },
    "repeats": {},
    "judges": {},
    "your-own": {
        "all": ".groups:All",
        "any": ".groups:Any",
        "consumer": ".consumer:Consumer",
        "not": ".groups:Not",
    },
}
TABLE: dict[str, str] = {name: place for family in FAMILIES.values() for name, place in family.items()}
