"""The 25 instruction types of IFEval in our behaviors: each a list of expectations, as they stand in a contract file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Expectations = list[Any]

CLOSED_ANSWERS = ["My answer is yes.", "My answer is no.", "My answer is maybe."]


def bounds(relation: str, number: int) -> dict[str, int]:
    """IFEval knows two relations."""
    return {"at_least": number} if relation == "at least" else {"at_most": number - 1}


def keyword_frequency(keyword: str, relation: str, frequency: int) -> Expectations:
    return [{"contains": {"text": keyword, "ignore_case": True, **bounds(relation, frequency)}}]


def letter_frequency(letter: str, let_relation: str, let_frequency: int) -> Expectations:
    return keyword_frequency(letter, let_relation, let_frequency)


def postscript(postscript_marker: str) -> Expectations:
    letters = [letter for letter in postscript_marker if letter.isalpha()]
    return [{"matches": {"pattern": r"\.\s?".join(letters), "ignore_case": True}}]


def sections(section_spliter: str, num_sections: int) -> Expectations:
    pattern = rf"\s?{re.escape(section_spliter)}\s?\d+"
    return [{"matches": {"pattern": pattern, "at_least": num_sections}}]


def nth_paragraph(num_paragraphs: int, nth_paragraph: int, first_word: str) -> Expectations:
    exactly = {"at_least": num_paragraphs, "at_most": num_paragraphs}
    return [{"parts": {**exactly, "nth": nth_paragraph, "begins_with": first_word}}]


def exactly(behavior: str, number: int, **fields: object) -> Expectations:
    return [{behavior: {**fields, "at_least": number, "at_most": number}}]


MAPPING: Mapping[str, Callable[..., Expectations]] = {
    "change_case:capital_word_frequency": lambda capital_frequency, capital_relation: [
        {"length": {"unit": "capital_words", **bounds(capital_relation, capital_frequency)}}
    ],
    "change_case:english_capital": lambda: [
        {"letter_case": "upper"},
        {"language": {"codes": "en", "throughout": False}},
    ],
    "change_case:english_lowercase": lambda: [
        {"letter_case": "lower"},
        {"language": {"codes": "en", "throughout": False}},
    ],
    "combination:repeat_prompt": lambda prompt_to_repeat: [{"repeats_prompt": {"text": prompt_to_repeat}}],
    "combination:two_responses": lambda: exactly("parts", 2, separator="******", different=True),
    "detectable_content:number_placeholders": lambda num_placeholders: [
        {"placeholders": {"style": "square", "at_least": num_placeholders}}
    ],
    "detectable_content:postscript": postscript,
    "detectable_format:constrained_response": lambda: [{"contains": {"text": CLOSED_ANSWERS, "any": True}}],
    "detectable_format:json_format": lambda: [{"json": {"form": "fenced"}}],
    "detectable_format:multiple_sections": sections,
    "detectable_format:number_bullet_lists": lambda num_bullets: exactly("length", num_bullets, unit="bullets"),
    "detectable_format:number_highlighted_sections": lambda num_highlights: [
        {"uses_markdown": {"kinds": ["bold", "italic"], "any": True, "at_least": num_highlights}}
    ],
    "detectable_format:title": lambda: [{"title": {"style": "angle"}}],
    "keywords:existence": lambda keywords: [{"contains": {"text": keywords, "ignore_case": True}}],
    "keywords:forbidden_words": lambda forbidden_words: [
        {"not": {"contains": {"text": forbidden_words, "any": True, "ignore_case": True, "whole_words": True}}}
    ],
    "keywords:frequency": keyword_frequency,
    "keywords:letter_frequency": letter_frequency,
    "language:response_language": lambda language: [{"language": {"codes": language, "throughout": False}}],
    "length_constraints:nth_paragraph_first_word": nth_paragraph,
    "length_constraints:number_paragraphs": lambda num_paragraphs: exactly("parts", num_paragraphs, separator="***"),
    "length_constraints:number_sentences": lambda relation, num_sentences: [
        {"length": {"unit": "sentences", **bounds(relation, num_sentences)}}
    ],
    "length_constraints:number_words": lambda relation, num_words: [
        {"length": {"unit": "words", **bounds(relation, num_words)}}
    ],
    "punctuation:no_comma": lambda: [{"not": {"contains": ","}}],
    "startend:end_checker": lambda end_phrase: [
        {"ends_with": {"text": [end_phrase, f'{end_phrase}"'], "ignore_case": True}}
    ],
    "startend:quotation": lambda: [
        {"starts_with": '"'},
        {"ends_with": '"'},
        {"length": {"unit": "characters", "at_least": 2}},
    ],
}


def expectations(instruction: str, arguments: Mapping[str, Any]) -> Expectations:
    """What a contract would expect of a reply to a prompt with this instruction."""
    return MAPPING[instruction](**{key: value for key, value in arguments.items() if value is not None})


def format_of(verdict: Any) -> str:
    """The word of the zeroeval_json labels for what `json` found in its bare form."""
    if verdict.passed:
        return "bare_json"
    cause = verdict.cause
    if cause in ("broken JSON", "no JSON", "broken JSON in a fence"):
        return {"broken JSON": "broken_json", "no JSON": "no_json"}.get(cause, "fenced_broken_json")
    return "fenced_json" if cause.startswith("fenced in") else "json_inside_text"
