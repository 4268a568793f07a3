"""The checks, by family: each file is one kind, and its dataclass fields are its YAML keys."""

FAMILIES: dict[str, dict[str, str]] = {
    "text": {
        "code": ".code:Code",
        "contains": ".contains:Contains",
        "csv": ".csv:Csv",
        "ends_with": ".ends_with:EndsWith",
        "fence": ".fence:Fence",
        "json": ".json:Json",
        "language": ".language:Language",
        "length": ".length:Length",
        "letter_case": ".letter_case:LetterCase",
        "matches": ".matches:Matches",
        "max_words": ".max_words:MaxWords",
        "no_code_fence": ".no_code_fence:NoCodeFence",
        "no_leaked_markup": ".no_leaked_markup:NoLeakedMarkup",
        "no_markdown": ".no_markdown:NoMarkdown",
        "no_postamble": ".no_postamble:NoPostamble",
        "no_preamble": ".no_preamble:NoPreamble",
        "number": ".number:Number",
        "one_of": ".one_of:OneOf",
        "parts": ".parts:Parts",
        "placeholders": ".placeholders:Placeholders",
        "punctuation": ".punctuation:Punctuation",
        "repeats_prompt": ".repeats_prompt:RepeatsPrompt",
        "script": ".script:Script",
        "starts_with": ".starts_with:StartsWith",
        "table": ".table:Table",
        "tags": ".tags:Tags",
        "title": ".title:Title",
        "uses_markdown": ".uses_markdown:UsesMarkdown",
        "xml": ".xml:Xml",
        "yaml": ".yaml:Yaml",
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
