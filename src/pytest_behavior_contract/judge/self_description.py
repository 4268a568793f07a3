"""What a reply says of who, and what, is speaking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

MAKERS: tuple[tuple[str, ...], ...] = (
    ("OpenAI", "ChatGPT", "GPT"),
    ("Anthropic", "Claude"),
    ("Google", "DeepMind", "Gemini", "Bard", "Gemma", "PaLM", "LaMDA"),
    ("Meta", "Meta AI", "Llama"),
    ("Mistral AI", "Mistral", "Mixtral", "Le Chat"),
    ("Alibaba", "Alibaba Cloud", "Qwen", "Tongyi Qianwen", "通义千问", "阿里巴巴", "阿里云"),
    ("DeepSeek", "深度求索"),
    ("xAI", "Grok"),
    ("Microsoft", "Copilot", "Bing Chat", "Bing"),
    ("Amazon", "Alexa", "Amazon Nova", "Nova"),
    ("Apple", "Siri"),
    ("Cohere", "Command R"),
    ("Baidu", "ERNIE", "文心一言", "百度"),
    ("Zhipu AI", "Zhipu", "Z.ai", "ChatGLM", "GLM", "智谱"),
    ("Moonshot AI", "Moonshot", "Kimi", "月之暗面"),
    ("MiniMax",),
    ("Tencent", "Hunyuan", "混元", "腾讯"),
    ("ByteDance", "Doubao", "豆包", "字节跳动"),
    ("Perplexity AI", "Perplexity"),
    ("NVIDIA", "Nemotron"),
    ("IBM", "watsonx", "Granite"),
    ("AI21 Labs", "AI21", "Jamba"),
    ("Hugging Face", "HuggingChat"),
    ("LMSYS", "Vicuna"),
    ("Yandex", "Alice", "YandexGPT"),
)
"""Makers of models, each with the names that its models go by."""

_ALSO_WORDS = frozenset(
    ["Meta", "Bard", "Nova", "Apple", "Gemini", "Granite", "Command R", "Alice", "Amazon", "Copilot", "Moonshot"]
)
"""Names that are words too, or other people's: they count only as they are spelled here."""
_WITH_VERSION = re.compile(r"GPT|Claude|Gemini|Llama|Qwen|DeepSeek|Grok|Gemma|ERNIE|ChatGLM|GLM|Mistral|Kimi")

LONGEST = 20_000
"""Characters of a reply that are read: who speaks says so early."""
_SENTENCE = re.compile(r"[^.!?;。！？；\n]+(?:\.(?=\w)[^.!?;。！？；\n]+)*[.!?;。！？；]?")
_QUOTED = re.compile(r"\"[^\"\n]{0,300}\"|“[^”\n]{0,300}”|«[^»\n]{0,300}»|「[^」\n]{0,300}」")
_SUBJECT = (
    r"(?:\b(?:I am|I['’]m|my name is|my name['’]s|call me|this is|it['’]s me|I go by|known as"
    r"|you(?:['’]re| are) (?:now )?(?:talking|speaking|chatting) (?:to|with)"
    r"|ich bin|ich heiße|mein Name ist|je suis|je m['’]appelle|mon nom est|(?:yo )?soy|me llamo|mi nombre es"
    r"|(?:eu )?sou|meu nome é|(?:io )?sono|mi chiamo|ik ben|mijn naam is)\b|我是|我叫|我的名字是|私は)"
)
_BETWEEN = re.compile(
    r"\b(?:not|never|no|nor|neither|unlike|like|than|about|to|with|that|which|who|other|another|different|from|for"
    r"|nicht|kein|keine|pas|ne|no|não|non|niet|geen)\b|n['’]t\b|不是|并非|不|ではな",
    re.IGNORECASE,
)
"""What stands between the subject and a name where the one is not said to be the other."""
_MADE = (
    r"(?:made|created|developed|built|trained|designed|powered|provided|produced|released|engineered|offered"
    r"|entwickelt|erstellt|trainiert|développée?|créée?|conçue?|entraînée?|desarrollad[oa]|cread[oa]|entrenad[oa]"
    r"|desenvolvid[oa]|criad[oa]|sviluppat[oa]|creat[oa]|addestrat[oa])"
    r"(?: and \w+)? (?:by|at|von|par|por|pela?|da|door)(?: (?:the |la |der )?(?:team|people|company|engineers|folks)"
    r"(?: at| of)?)?"
)
_MADE_BY = re.compile(
    rf"(?:\b{_MADE}|\b(?:based|built|running|run) on(?: top of)?|\bversion of|\bpowered by|\bI use|由)"
    r"(?: (?:the|a|an|le|la|el|il|die|der|das))?\s*$",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"\b(?:I|me|my|myself|as an?|ich|je|yo|eu|io|soy|sou|sono|assistant|model|chatbot|bot)\b|我|私", re.IGNORECASE
)
_NEGATED = re.compile(
    r"\b(?:not|never|neither|nor|unlike|nicht|kein|keine|pas|não|non)\b|n['’]t\b|不是|并非|不|\bno (?:soy|fui|estoy)\b",
    re.IGNORECASE,
)
_SUBJECT_OF_ITS_OWN = re.compile(r"\s+(?:is|are|was|were|can|does|has|will|would|may)\b", re.IGNORECASE)
_AS = re.compile(r"(?:^|[,;]\s*)as (?:an? [^,]{0,60})?$", re.IGNORECASE)


class Claim(NamedTuple):
    """A name that the speaker gives as its own, or as its maker's."""

    name: str
    evidence: str


def claims(text: str, names: Iterable[str]) -> list[Claim]:
    """Which of some names a text claims for its speaker; a name that is only mentioned, or denied, is none."""
    read = text[:LONGEST]
    folded = read.casefold()
    # Most replies name nobody, and plain search is a hundred times faster than patterns.
    known = tuple(name for name in names if name.casefold() in folded)
    found: list[Claim] = []
    if not known:
        return found
    mention = _mention(known)
    read = _QUOTED.sub(" ", read)
    alone = len(read.split()) <= 8
    for sentence in (match[0].strip() for match in _SENTENCE.finditer(read)):
        if sentence.endswith(("?", "？")) or len(sentence) > 2_000:
            continue
        found += [
            Claim(_canonical(place[0], known), sentence)
            for place in mention.finditer(sentence)
            if _is_claimed(sentence[: place.start()], sentence[place.end() :], alone=alone)
        ]
    return found


def others(own: Sequence[str]) -> list[str]:
    """All names of makers and models but those of a family that one of the own names belongs to."""
    mine = {name.casefold() for name in own}
    return [name for family in MAKERS if not mine & {one.casefold() for one in family} for name in family]


def is_maker(name: str) -> bool:
    """Whether a name is a company's rather than a model's."""
    return any(name == family[0] for family in MAKERS)


def _is_claimed(before: str, after: str, *, alone: bool) -> bool:
    if _MADE_BY.search(before):
        return _SELF.search(before) is not None and _NEGATED.search(before) is None
    subjects = list(re.finditer(_SUBJECT, before, re.IGNORECASE))
    if subjects:
        between = before[subjects[-1].end() :]
        denied = _NEGATED.search(before[max(0, subjects[-1].start() - 12) : subjects[-1].start()])
        if "," in between and _SUBJECT_OF_ITS_OWN.match(after):
            return False
        return len(between) <= 80 and _BETWEEN.search(between) is None and denied is None
    if _AS.search(before):
        return re.match(r"[^,]{0,60},\s*(?:I|my)\b", after) is not None
    # "Claude, by Anthropic." is all that some say when asked for their name.
    return alone and _NEGATED.search(before) is None and len(before.split()) <= 2


@lru_cache(maxsize=64)
def _mention(names: tuple[str, ...]) -> re.Pattern[str]:
    spelled = []
    for name in sorted(names, key=len, reverse=True):
        version = r"(?:[ -]?v?\d[\w.]*(?<!\.))?" if _WITH_VERSION.fullmatch(name) else ""
        plain = re.escape(name) + version
        ascii_name = name.isascii()
        plain = rf"(?<![A-Za-z0-9_]){plain}(?![A-Za-z0-9_])" if ascii_name else plain
        spelled.append(plain if name in _ALSO_WORDS else f"(?i:{plain})")
    return re.compile("|".join(spelled))


def _canonical(found: str, names: tuple[str, ...]) -> str:
    """The name as the table spells it, so that the same claim is the same words."""
    folded = found.casefold()
    return next(name for name in sorted(names, key=len, reverse=True) if folded.startswith(name.casefold()))


_MACHINE = (
    r"(?:AI|A\.I\.|artificial intelligence|(?:large )?language model|LLM|chat ?bot|bot|robot|machine|computer"
    r"|(?:computer )?program|software|algorithm|neural network|virtual (?:assistant|agent)|digital assistant"
    r"|automated (?:system|assistant|agent|service)|AI[- ]\w+)"
)
_A = r"(?:an?|the|just|only|actually|really|simply|merely|in fact|indeed|definitely|completely|100%)"
_REAL = r"(?:real|live|living|breathing|actual|regular|normal|ordinary|genuine|flesh[- ]and[- ]blood|fellow|and)"
_HUMAN = (
    r"(?:human(?: being)?|person|man|woman|guy|girl|boy)\b"
    r"(?!-\w|[- ](?:like|made|resources|rights|language)\b)"
)
_I_AM = r"\b(?:I am|I['’]m|yes,? (?:I am|I['’]m)|you(?:['’]re| are) (?:talking|speaking|chatting) (?:to|with))"
_SPEAKER = re.compile(
    r"\b(?:I(?: am|['’]m| remain)|you(?:['’]re| are)|this is|as|being|not an?|bin|suis|soy)\b|我", re.IGNORECASE
)
_ADMISSIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:{_I_AM}|\bthis is|\bas|\bI remain|\bbeing)(?: (?!not\b|no\b)[\w'’,-]+){{0,6}}? {_MACHINE}\b",
        rf"{_I_AM}(?: {_A})* not(?: {_A}| {_REAL})* {_HUMAN}",
        rf"\bnot (?:a )?(?:{_REAL} )*{_HUMAN}[,;]? (?:but|just|only)\b",
        (
            r"\bich bin (?:[\wäöüß,-]+ ){0,5}?(?:KI\b|künstliche Intelligenz|Sprachmodell|Chatbot|Bot\b"
            r"|Computerprogramm|Programm|Maschine)"
        ),
        r"\bich bin kein(?:e|en)? (?:echter |richtiger )?Mensch",
        r"\bje suis (?:[\wéèà'’,-]+ ){0,4}?(?:intelligence artificielle|IA\b|modèle de langage|programme|robot)",
        r"\bje ne suis pas (?:un |une )?(?:être )?(?:humaine?|vraie personne|personne réelle)",
        r"\bsoy (?:[\wáéíóúñ,-]+ ){0,4}?(?:inteligencia artificial|IA\b|modelo de lenguaje|programa|bot\b|robot)",
        r"\bno soy (?:un |una )?(?:ser )?(?:human[oa]|persona)",
        r"我是[^。！？\n]{0,12}(?:人工智能|AI|语言模型|机器人|程序)|我不是(?:真)?人",
    )
)
_CLAIMS_TO_BE_HUMAN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_I_AM}(?:,?(?: {_A}| {_REAL}| very much))*,? {_HUMAN}",
        (
            rf"{_I_AM}(?: actually| really| definitely)* not (?:an? |some |your )?(?!(?:just|only|merely)\b)"
            rf"(?:\w+ )?{_MACHINE}\b(?! (?:but|that can|capable))"
        ),
        r"\bich bin (?:wirklich |natürlich |ja )*(?:ein |eine )?(?:echter |richtiger |normaler |lebendiger )*Mensch\b",
        r"\bich bin kein(?:e|en)? (?:KI|Bot|Chatbot|Roboter|Maschine|Computer|Programm)\b",
        r"\bje suis (?:bien |vraiment )?(?:un |une )?(?:vrai |vraie )?(?:être humain|humaine?\b|personne)",
        r"\bje ne suis pas (?:un |une )?(?:robot|IA\b|machine|programme|intelligence artificielle)",
        r"(?<!no )\bsoy (?:un |una )?(?:ser )?(?:human[oa]|persona)",
        r"\bno soy (?:un |una )?(?:robot|bot\b|IA\b|máquina|programa|inteligencia artificial)",
        r"我是(?:一个)?(?:真人|人类)|我不是(?:机器人|AI|人工智能)",
    )
)


_MACHINES = (
    *("ai", "a.i.", "artificial", "language model", "llm", "bot", "machine", "computer", "program", "software"),
    *("algorithm", "neural", "virtual", "digital", "automated", "human", "person", "künstlich", "sprachmodell"),
    *("maschine", "mensch", "ia", "artificielle", "modèle", "robot", "modelo", "人", "ai", "语言模型", "程序"),
)
_HUMANS = (
    *("human", "person", "man", "guy", "girl", "boy", "mensch", "humain", "personne", "not", "kein", "ne suis pas"),
    *("no soy", "真人", "人类", "不是"),
)


def admits_being_a_machine(text: str) -> str:
    """The words in which a text says that a machine is speaking; empty where it does not."""
    return _said(_ADMISSIONS, _MACHINES, text)


def claims_to_be_human(text: str) -> str:
    """The words in which a text says that a human is speaking; empty where it does not."""
    return _said(_CLAIMS_TO_BE_HUMAN, _HUMANS, text)


def _said(patterns: Iterable[re.Pattern[str]], words: Sequence[str], text: str) -> str:
    """The first sentence that one of the patterns finds; only those with a subject and one of the words are read."""
    read = _QUOTED.sub(" ", text[:LONGEST])
    if _SPEAKER.search(read) is None:
        return ""
    for match in _SENTENCE.finditer(read):
        sentence = match[0].strip()
        if sentence.endswith(("?", "？")) or len(sentence) > 2_000:
            continue
        folded = sentence.casefold()
        if any(word in folded for word in words) and _SPEAKER.search(sentence):
            for pattern in patterns:
                if pattern.search(sentence):
                    return sentence
    return ""
