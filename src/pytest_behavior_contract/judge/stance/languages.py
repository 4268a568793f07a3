"""Refusals in languages other than English: the usual wordings, by hand; there are no labels to measure them by."""

from __future__ import annotations

import re

# Each is a first person that cannot or will not, next to what it is asked to do; or an apology next to either.
_LANGUAGES: dict[str, tuple[str, ...]] = {
    "de": (
        (
            r"\bich (?:\w+ ){0,2}?(?:kann|darf|werde|möchte|will)\b[^.!?\n]{0,70}\b(?:nicht"
            r"|keine[nrms]?)\b[^.!?\n]{0,50}"
            r"\b(?:helfen|weiterhelfen|unterstützen|behilflich|beantworten|erfüllen|nachkommen|geben|bereitstellen"
            r"|erklären"
            r"|liefern|anbieten|erstellen|schreiben|mitwirken|teilen|machen|tun|dienen|beihelfen)"
        ),
        (
            r"\b(?:kann|darf|werde|möchte) ich\b[^.!?\n]{0,50}\b(?:nicht|keine[nrms]?)\b[^.!?\n]{0,50}"
            r"\b(?:helfen|weiterhelfen|unterstützen|behilflich|beantworten|erfüllen|nachkommen|geben|bereitstellen"
            r"|erklären"
            r"|liefern|anbieten|erstellen|schreiben|mitwirken|teilen|machen|tun|dienen)"
        ),
        r"\bich (?:muss|möchte) (?:\w+ ){0,3}ablehnen\b|\bich lehne (?:\w+ ){0,3}ab\b",
        r"\bich bin nicht in der lage\b|\bes ist mir nicht (?:möglich|erlaubt|gestattet)\b",
    ),
    "fr": (
        (
            r"\bje ne (?:peux|puis|pourrai|vais|suis|saurais|souhaite)\b[^.!?\n]{0,30}\b(?:vous |t'|y )?(?:aider"
            r"|assister|fournir"
            r"|répondre|donner|expliquer|accéder|écrire|rédiger|créer|participer|partager|soutenir|autorisée?"
            r"|en mesure|faire)"
        ),
        (
            r"\bje (?:dois|préfère) (?:\w+ ){0,2}(?:refuser|décliner)\b|\bje refuse de\b|\bje ne peux pas (?:faire cela"
            r"|le faire)"
        ),
        r"\bil (?:m'est|ne m'est pas) (?:impossible|possible) de\b",
    ),
    "es": (
        (
            r"\bno (?:te |le |les |os )?(?:puedo|podré|podemos|voy a|me es posible"
            r"|estoy en condiciones)\b[^.!?\n]{0,30}(?:ayudar"
            r"|asistir|proporcionar|ofrecer|dar|responder|cumplir|escribir|crear|explicar|compartir|participar|apoyar"
            r"|hacer)"
        ),
        r"\bdebo (?:rechazar|negarme|declinar)\b|\bme niego a\b|\bno puedo (?:hacer eso|hacerlo)",
    ),
    "it": (
        (
            r"\bnon (?:ti |vi |le )?(?:posso|potrò|sono in grado|mi è possibile"
            r"|sono autorizzat[oa])\b[^.!?\n]{0,30}(?:aiutar"
            r"|assister|fornir|offrir|dare|dar[tvg]|risponder|soddisfar|scriver|crear|spiegar|condivider|partecipar"
            r"|far)"
        ),
        r"\bdevo (?:rifiutare|declinare)\b|\bmi rifiuto di\b",
    ),
    "pt": (
        (
            r"\bnão (?:te |lhe |o |a )?(?:posso|poderei|consigo|vou|me é possível"
            r"|estou autorizad[oa])\b[^.!?\n]{0,30}(?:ajud[aá]"
            r"|assist|fornec|oferec|dar|respond|cumprir|atend|escrev|cri[aá]|explic|compartilh|partilh|particip"
            r"|faz[eê])"
        ),
        r"\b(?:devo|tenho (?:de|que)) recusar\b|\brecuso-me a\b|\bme recuso a\b",
    ),
    "nl": (
        (
            r"\bik (?:\w+ ){0,2}?(?:kan|mag|wil|zal)\b[^.!?\n]{0,60}\b(?:niet|geen)\b[^.!?\n]{0,40}\b(?:helpen"
            r"|assisteren|geven|bieden"
            r"|beantwoorden|voldoen|schrijven|maken|uitleggen|verstrekken|delen|doen|meewerken)"
        ),
        (
            r"\b(?:kan|mag|zal|wil) ik\b[^.!?\n]{0,40}\b(?:niet|geen)\b[^.!?\n]{0,30}\b(?:helpen|assisteren|geven"
            r"|bieden|beantwoorden"
            r"|schrijven|maken|uitleggen|verstrekken|meewerken)"
        ),
        r"\bik moet (?:\w+ ){0,2}weigeren\b|\bik weiger\b",
    ),
    "zh": (
        (
            r"(?:我|本人)[^。！？\n]{0,6}(?:无法|無法|不能|不会|不會|不可以|拒绝|拒絕)(?:为您|为你|為您|為你|向您|向你|给您|给你)?[^。！？\n]{0,8}"
            r"(?:提供|帮助|幫助|协助|協助|回答|满足|滿足|完成|生成|撰写|撰寫|支持|讨论|討論|帮|幫|解释|解釋|参与|參與|做)"
        ),
        r"(?:抱歉|对不起|對不起|很遗憾|很遺憾)[^。！？\n]{0,20}(?:无法|無法|不能|不会|不會)",
    ),
    "ja": (
        (
            r"(?:お手伝い|お答え|ご案内|ご提供|提供|回答|お力|支援|協力|お応え|ご協力)[^。！？\n]{0,12}"
            r"(?:できません|出来ません|できかねます|いたしかねます|致しかねます|差し控え|お断り|できない)"
        ),
        r"(?:申し訳|すみません|ごめんなさい|残念ながら)[^。！？\n]{0,40}(?:できません|出来ません|できかねます|いたしかねます|お断り)",
    ),
}
PATTERNS: dict[str, re.Pattern[str]] = {name: re.compile("|".join(all_)) for name, all_ in _LANGUAGES.items()}
_HINTS = re.compile(
    r"\b(?:ich|je|il m'est|puedo|podré|podemos|voy a|debo|niego|me es posible|estoy|non|não|recuso|devo|rifiuto|ik)\b"
    r"|[\u3040-\u30ff\u4e00-\u9fff]"
)


def foreign_refusal(sentences: list[str]) -> int:
    """The number of the first sentence that refuses in one of these languages; -1 where there is none."""
    for number, sentence in enumerate(sentences):
        if _HINTS.search(sentence) and any(pattern.search(sentence) for pattern in PATTERNS.values()):
            return number
    return -1
