"""The family of checks; each file is one kind, and its dataclass fields are its YAML keys."""

TABLE = {
    "accepted": ".accepted:Accepted",
    "all": ".groups:All",
    "any": ".groups:Any",
    "calls_tool": ".calls_tool:CallsTool",
    "complies": ".complies:Complies",
    "consumer": ".consumer:Consumer",
    "contains": ".contains:Contains",
    "even_handed": ".even_handed:EvenHanded",
    "finish_matches_tool_calls": ".finish_matches_tool_calls:FinishMatchesToolCalls",
    "finish_reason": ".finish_reason:FinishReason",
    "json": ".json:Json",
    "matches": ".matches:Matches",
    "max_words": ".max_words:MaxWords",
    "not": ".groups:Not",
    "one_of": ".one_of:OneOf",
    "refuses": ".refuses:Refuses",
}
