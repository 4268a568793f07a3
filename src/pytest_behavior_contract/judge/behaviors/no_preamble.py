"""The reply comes to the point at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import failed, passed
from pytest_behavior_contract.results import Verdict

_HEAD = 400
_SIGN = re.compile(r"\w")
_MARKS = " \t\r\n*_#>\"'“‘"
_I = r"(?:i|we)"
_MACHINE = r"(?:as|being) an? (?:ai|artificial intelligence|(?:large )?language model|virtual (?:ai )?assistant)\b"
_OPENINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (cause, re.compile(pattern, re.IGNORECASE))
    for cause, pattern in (
        (
            "opens with agreement",
            (
                r"(?:yes,? )?(?:sure(?: thing)?|certainly|of course|absolutely|definitely|okay|ok|"
                r"alright|all right|got it|"
                r"understood|no problem|gladly|great|perfect|with pleasure|my pleasure|happy to help|glad to help|"
                r"as (?:you )?requested|claro(?: que sí)?|por supuesto|desde luego|bien sûr|certainement|avec plaisir|"
                r"natürlich|selbstverständlich|gerne?|klar|certo|certamente|volentieri|com certeza|"
                r"当然|好的|もちろん(?:です)?|"
                r"承知しました|물론(?:이죠|입니다)?|конечно)"
                r"(?: thing)?\s?(?:[,.!:;—–。！，、]|-(?![^\W\d_]))"
            ),
        ),
        (
            "opens with praise",
            (
                r"(?:(?:that['’]s|that is|what) an? )?(?:great|good|excellent|interesting|wonderful|fantastic|lovely|"
                r"thoughtful|fascinating|nice) (?:question|idea|choice|topic|request|point|prompt)\b"
            ),
        ),
        ("opens with thanks", r"(?:thank you|thanks) for (?:your|the|asking|reaching|sharing|providing)\b"),
        (
            "announces the answer",
            (
                r"(?:(?:so|well|okay|now), )?(?:here(?:['’]s| is| are)|below (?:is|are|you(?:['’]ll| will) find)|"
                r"the following (?:is|are)|hier (?:ist|sind)|voici|voilà|"
                r"aquí (?:está|están|tienes)|"
                r"aqui está|ecco|以下是|以下は|вот)\b[^\n]{0,250}?(?:[:：]|[.!](?=[ \t]{0,8}(?:\n|\Z))|(?=\n))"
            ),
        ),
        (
            "announces the answer",
            r"(?:(?:this|these) (?:is|are) (?:the|your|an?)\b|这是)[^\n]{0,250}?[:：][*_ \t]{0,8}\n",
        ),
        ("announces the answer", r"here you (?:go|are)\b|there you go\b|the answer is as follows\b"),
        (
            "says what it will do",
            (
                rf"(?:yes,? )?{_I}(?:['’]?(?:d|ll)| will| can| would) (?:certainly |gladly |now |just )?"
                r"(?:help|assist|go ahead)\b|"
                rf"(?:yes,? )?{_I}(?:['’]?m|['’]?re| am| are|(?:['’]?(?:d|ll)| would| will) (?:certainly |gladly )?be) "
                r"(?:certainly |very |more than )?(?:happy|glad|delighted|pleased) "
                r"(?:to (?!inform|announce|report|confirm|say|tell|let you know)|you asked\b)|"
                rf"(?:yes,? )?{_I}(?:['’]?ve| have)? (?:now |just )?(?:written|created|prepared|put together|drafted|"
                r"generated|compiled|formatted|extracted|converted)\b|(?:let me|let['’]s|allow me to) "
                r"(?:break|dive|explain|explore|get started|go over|go through|help|look|start|take|"
                r"walk|see|tackle|work)\b"
            ),
        ),
        ("opens with a disclaimer", _MACHINE),
        ("opens with a disclaimer", r"(?:please )?note(?: that\b|:)|disclaimer[*_ \t]{0,4}[:：.!—–\n]"),
        (
            "opens with an apology",
            (
                rf"(?:{_I}['’]?m |{_I} am |my |{_I} )?"
                r"(?:sorry(?! to hear| for your| about your| that you)|apologi[sz]e|apologies)\b"
            ),
        ),
        ("opens with a greeting", r"(?:hello|hi|hey|greetings|good (?:morning|day|evening))(?: there)?[,.!—–]"),
    )
)


@dataclass(frozen=True, kw_only=True)
class NoPreamble:
    """The reply begins with the answer, not with a chatty word about it.

    ```yaml
    expect: [no_preamble]
    ```

    `also` are openings of your own that count as a preamble, letter case forgiven; `allow` are openings that do not.
    Causes: `opens with agreement` ("Sure!"), `opens with praise` ("Great question"), `opens with thanks`,
    `announces the answer` ("Here is the table:"), `says what it will do`, `opens with a disclaimer`,
    `opens with an apology`, `opens with a greeting`, `opens with 'TEXT'`, `empty reply`.
    Limits: read from usual English openings and a few of other languages; a letter that is asked for may well greet.
    A reply that is nothing but such a word, as "OK." or "Hello!", has no preamble: the word is its answer.
    Where you know what the reply must begin with, `starts_with`, `json` or `code` are stricter.
    """

    also: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()

    def check(self, reply: Reply) -> Verdict:
        whole = reply.text.lstrip(_MARKS)
        text = whole[:_HEAD]
        if not text:
            return failed("empty reply")
        folded = text.casefold()
        if any(folded.startswith(opening.casefold()) for opening in self.allow):
            return passed("opens as allowed")
        own = next((opening for opening in self.also if folded.startswith(opening.casefold())), "")
        if own:
            return failed(f"opens with {own!r}", reply.text)
        for cause, pattern in _OPENINGS:
            match = pattern.match(text)
            if match and _SIGN.search(whole, match.end()):
                return failed(cause, reply.text)
        return passed("begins with the answer")
