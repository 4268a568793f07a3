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
        "refuses_partly": ".refuses_partly:RefusesPartly",
    },
    "impartiality": {
        "even_handed": ".even_handed:EvenHanded",
    },
    "tools": {
        "calls_no_tool": ".calls_no_tool:CallsNoTool",
        "calls_tool": ".calls_tool:CallsTool",
        "calls_tools": ".calls_tools:CallsTools",
        "no_call_in_text": ".no_call_in_text:NoCallInText",
        "only_declared_tools": ".only_declared_tools:OnlyDeclaredTools",
        "tool_call_count": ".tool_call_count:ToolCallCount",
        "tool_call_ids": ".tool_call_ids:ToolCallIds",
        "valid_tool_arguments": ".valid_tool_arguments:ValidToolArguments",
    },
    "wire": {
        "choices": ".choices:Choices",
        "content_is": ".content_is:ContentIs",
        "finish_matches_tool_calls": ".finish_matches_tool_calls:FinishMatchesToolCalls",
        "finish_reason": ".finish_reason:FinishReason",
        "first_block": ".first_block:FirstBlock",
        "has_logprobs": ".has_logprobs:HasLogprobs",
        "has_usage": ".has_usage:HasUsage",
        "non_empty": ".non_empty:NonEmpty",
        "not_truncated": ".not_truncated:NotTruncated",
        "served_model": ".served_model:ServedModel",
        "stream_well_formed": ".stream_well_formed:StreamWellFormed",
        "streamed_alike": ".streamed_alike:StreamedAlike",
    },
    "probes": {
        "accepted": ".accepted:Accepted",
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
