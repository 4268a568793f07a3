"""The reply ends with the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_TAIL = 700
_ITEM = re.compile(r"\s{0,8}(?:[-*•]|\(?\w{1,3}[.):])\s")
_EARLIER = re.compile(r"[.!:]\s")
_ENDINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (cause, re.compile(rf"(?:^|[.!?:][\"'”’)]?[ \t]{{1,8}}|\n)[*_>#( \t-]{{0,8}}(?:{pattern})", re.IGNORECASE))
    for cause, pattern in (
        (
            "closing offer",
            (
                r"(?:please |just |but |and |so )?(?:let me know|feel free|don['’]t hesitate|do not hesitate)\b|"
                r"if you (?:have|need|want|would like|['’]d like|wish|prefer|share|provide|tell me)\b[^\n]{0,200}?"
                r"\b(?:i can|i['’]ll|i will|i['’]d|let me|feel free|ask|happy|glad|hesitate|reach out)\b|"
                r"i(?:['’]m| am) (?:here|happy|always|glad)\b[^\n]{0,60}\b(?:help|assist)\b|"
                r"happy to (?:help|assist|adjust)\b|"
                r"n['’]hésitez pas\b|zögern sie nicht|no dudes? en\b|如果您|お気軽に"
            ),
        ),
        (
            "closing question",
            (
                r"(?:would you like|do you want|do you need|is there anything|anything else|shall i|"
                r"should i|want me to|"
                r"can i help|may i|what (?:else )?(?:would|do|can) (?:you|i)|how can i|how else|"
                r"does (?:this|that) (?:help|"
                r"answer|work))\b[^\n]{0,200}\?"
            ),
        ),
        (
            "closing wish",
            (
                r"(?:i|we)? ?(?:hope|trust) (?:this|that|it|these|you)\b|hope (?:this|that|it) helps|"
                r"good luck\b|best of luck\b|"
                r"happy (?:coding|cooking|reading|travels|writing|learning)\b|enjoy(?:!| your\b)|"
                r"have (?:a|an) (?:great|nice|"
                r"wonderful|good)\b|thank you for (?:your|asking|reading|using)\b"
            ),
        ),
        (
            "closing note",
            (
                r"(?:please )?(?:note that\b|note:|note\*\*|remember(?:,| that| to)|keep in mind\b|"
                r"disclaimer\b|be aware\b|"
                r"it(?:['’]s| is) (?:important|worth) (?:to (?:note|remember)|noting)\b)"
            ),
        ),
    )
)


@dataclass(frozen=True, kw_only=True)
class NoPostamble:
    """The reply ends with the answer, not with an offer, a wish, a note or a question to the reader.

    ```yaml
    expect:
      - no_postamble
      - no_postamble: {allow: [note], questions: false}
    ```

    `questions` (on) counts any question mark at the very end as a closing question; off, only the usual questions of an
    assistant do. `allow` are kinds that may be there: `offer`, `question`, `wish`, `note`.
    Causes: `closing offer` ("Let me know if"), `closing question`, `closing wish` ("I hope this helps"),
    `closing note` ("Note that"), `empty reply`.
    Limits: read from usual English endings in the last paragraph or, where there is one alone, its last sentences. A
    reply that is nothing but a question or an offer has no postamble: the question is its answer.
    """

    allow: tuple[str, ...] = ()
    questions: bool = True

    def __post_init__(self) -> None:
        for kind in self.allow:
            if f"closing {kind}" not in {cause for cause, _ in _ENDINGS}:
                raise ValueError(f"{kind!r} is no kind of postamble; known: offer, question, wish, note")

    def check(self, reply: Reply) -> Verdict:
        text = reply.text.strip()
        if not text:
            return failed("empty reply")
        before, after = _last_part(text)
        allowed = {f"closing {kind}" for kind in self.allow}
        for cause, pattern in _ENDINGS:
            match = pattern.search(after)
            if match and cause not in allowed and (before or match.start()):
                return failed(cause, after[match.start() :].lstrip(" \t\n.!?:\"'”’)"))
        asks = after.rstrip("*_\"'”’) ").endswith("?") and (before or _EARLIER.search(after))
        asks = asks and not _ITEM.match(after.rpartition("\n")[2])  # a list of questions is an answer
        if self.questions and "closing question" not in allowed and asks:
            return failed("closing question", after)
        return passed("ends with the answer")


def _last_part(text: str) -> tuple[bool, str]:
    """Whether something stands before the last paragraph, and that paragraph or its end."""
    tail = text[-_TAIL:]
    before, gap, last = tail.rpartition("\n\n")
    if gap and last.strip():
        return bool(before.strip()) or len(text) > _TAIL, last
    return len(text) > _TAIL, tail
