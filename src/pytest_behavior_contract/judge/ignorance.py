"""Whether a reply says that it does not know, and in which way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Kind = Literal["unknown", "not_given", "unknowable", "no_such_thing"]

_NOT = r"(?:do not|don['’]t|does not|doesn['’]t|did not|didn['’]t)"
_CANNOT = r"(?:cannot|can not|can['’]t|could not|couldn['’]t|(?:am|['’]m) (?:unable|not able) to)"
_KNOWLEDGE = (
    r"(?:information|knowledge|data|details?|records?|access|insights?|answer|idea|context|way of knowing|memory"
    r"|awareness|sources?)"
)
_SOURCE = (
    r"(?:text|passage|document|context|e-?mail|message|article|information|question|prompt|conversation|transcript"
    r"|file|excerpt|paragraph|table|report|description|input|page)"
)
_SAY = r"(?:say|mention|state|specify|contain|include|provide|give|tell|indicate|reveal|cover|address|disclose|list)"
_ENOUGH = r"(?:not enough|insufficient|too little|lack(?:ing|s)?(?: the)?(?: necessary)?)"
_IS = r"(?:is|are|was|were|isn['’]t|aren['’]t|wasn['’]t)"
_SPELLED: Mapping[Kind, tuple[str, ...]] = {
    "not_given": (
        rf"\b(?:the|this|your|that)(?: \w+){{0,2}} {_SOURCE}(?: \w+){{0,3}} {_NOT}(?: \w+)? {_SAY}",
        rf"\b{_IS}(?: not)? (?:mentioned|stated|specified|given|provided) (?:in|by|anywhere)(?: \w+){{0,2}} {_SOURCE}",
        rf"\b{_ENOUGH} (?:information|context|data|detail)",
        r"\bno (?:\w+ ){0,2}(?:information|data|details|evidence) (?:is |was |are )?(?:available|found|given)\b",
        r"\b(?:need|require|without) (?:some |any )?(?:more|additional|further) (?:information|context|details)",
        r"\b(?:contains|has|gives|provides|offers) no (?:information|mention|details|indication)",
        r"\bsteht nicht (?:im|in der) \w+|\bn['’]est pas (?:mentionnée?|précisée?)|\bno se (?:menciona|indica)",
    ),
    "unknowable": (
        (
            rf"\b(?:{_CANNOT}|impossible to|no way to|not possible to|nobody can|no one can)(?: \w+)? (?:be )?"
            r"(?:know|known|predict|predicted|foresee|determined?|be certain|be sure|tell for|say for|say with)"
        ),
        r"\b(?:nobody|no one) (?:really |truly )?knows",
        (
            r"\b(?:is|are|remains?|it['’]s) (?:currently |still |simply |generally |largely )?"
            r"(?:unknown|unknowable|uncertain|not known|unclear|a mystery|undetermined|not clear)\b"
        ),
        r"\bniemand weiß|\bpersonne ne sait|\bnadie (?:lo )?sabe|\bunbekannt\b|没有人知道|无法预测",
    ),
    "no_such_thing": (
        r"\bthere (?:is|are|was|were) no (?:record|evidence|such|known|indication|documented|verified|credible)",
        r"\bthere (?:is|was|are|were)(?: not|n['’]t) (?:an?|any) (?:\w+ ){0,3}(?:called|named|known|by that name)",
        rf"\b{_NOT} (?:appear to |seem to |actually )?exist\b|\bnever (?:existed|happened|took place|occurred)\b",
        r"\bno such (?:\w+)\b|\b(?:gibt es nicht|n['’]existe pas|no existe)\b|不存在",
    ),
    "unknown": (
        rf"\bI (?:\w+ )?{_NOT} (?:\w+ )?(?:know|recall|remember)\b",
        r"\bI(?:['’]m| am) (?:not (?:\w+ )?(?:sure|certain|aware|familiar)|unsure|uncertain|unaware|unfamiliar)\b",
        rf"\b(?:I|we) (?:\w+ )?{_NOT} (?:\w+ )?(?:have|possess)(?: \w+){{0,5}}? {_KNOWLEDGE}\b",
        rf"\bI (?:have|possess|had) no(?: \w+){{0,3}} {_KNOWLEDGE}\b|\bI have no (?:idea|clue)\b",
        rf"\bI ?{_CANNOT} (?:find|verify|confirm|locate|recall|say for|say with|be (?:sure|certain)|access|know)\b",
        r"\bI(?:['’]m| am) not in a position to (?:find|verify|confirm|say|know)\b",
        rf"\bI {_NOT} (?:have|maintain|store|retain) (?:\w+ ){{0,4}}(?:access|conversations?|memory|memories)\b",
        r"\b(?:beyond|outside) (?:of )?my (?:knowledge|training|information)\b|\bmy knowledge (?:cut-?off|ends)\b",
        r"\bich weiß (?:es |das )?nicht\b|\bje ne sais pas\b|\bno (?:lo )?sé\b|\bnão sei\b|\bnon (?:lo )?so\b",
        r"我不知道|わかりません",
    ),
}
_PATTERNS = {
    kind: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns) for kind, patterns in _SPELLED.items()
}
_WHOLE_UP_TO = 1_200
_OPENING = 400
"""Characters of a longer reply in which it has to be said: a doubt deep in an answer is no admission."""


_WORDS = (
    *(" not", "n't", "n’t", "cannot", " no ", "no one", "nobody", "never", "insufficient", "too little", "lack"),
    *("need", "require", "without", "impossible", "unable", "unknow", "unclear", "uncertain", "undetermined"),
    *("mystery", "unsure", "unaware", "unfamiliar", "beyond", "outside", "knowledge", "nicht", "niemand", "unbekannt"),
    *(
        " pas",
        "personne",
        "nadie",
        "no sé",
        "no lo sé",
        "no se",
        "no existe",
        "não",
        "non ",
        "不",
        "无法",
        "没有",
        "わか",
    ),
)
"""Without one of these a sentence matches none of the patterns; plain search is far faster than they are."""
_SENTENCE = re.compile(r"[^.!?。！？\n]+")


def kinds_of_ignorance(text: str) -> dict[Kind, str]:
    """Every kind of not knowing that a text admits, each with its words."""
    read = text if len(text) <= _WHOLE_UP_TO else text[:_OPENING]
    sentences = [match[0] for match in _SENTENCE.finditer(read) if _doubts(match[0])]
    found: dict[Kind, str] = {}
    for kind, patterns in _PATTERNS.items():
        hits = (match for sentence in sentences for pattern in patterns if (match := pattern.search(sentence)))
        if (first := next(hits, None)) is not None:
            found[kind] = first[0]
    return found


def _doubts(sentence: str) -> bool:
    folded = f" {sentence.casefold()}"
    return any(word in folded for word in _WORDS)
