"""How long each text behavior takes on a hostile megabyte, and what the English ones say of ordinary replies.

Run by hand: python benchmarks/text.py [--no-speed | BEHAVIOR ...]
A behavior that takes quadratic time on some shape shows as seconds here; the bound is a second.
"""

from __future__ import annotations

import random
import string
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from development_data import records
from pytest_behavior_contract import registry
from pytest_behavior_contract.declare.expectations import build_behavior
from pytest_behavior_contract.declare.files import Folder
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors import FAMILIES

SIZE = 1_000_000
BOUND = 1.0
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CHECKS: dict[str, tuple[Any, ...]] = {
    "code": ("python", {"language": "sql"}, "json", "yaml", "toml", "xml"),
    "contains": (
        {"text": ["zz", "qq"], "any": True, "whole_words": True, "ignore_case": True},
        {"text": "a", "at_least": 3},
    ),
    "csv": (None,),
    "ends_with": ({"text": "x y", "ignore_case": True},),
    "fence": ({"language": "python", "only": True},),
    "json": (None, {"form": "embedded", "schema": SCHEMA, "keys": ["a[*].b"]}),
    "language": ("en",),
    "length": tuple(
        {"unit": unit, "at_most": 3}
        for unit in (
            "words",
            "sentences",
            "paragraphs",
            "lines",
            "bullets",
            "numbered_items",
            "capital_words",
            "characters",
        )
    ),
    "letter_case": ("lower", "title", "sentence"),
    "matches": (r"Order \d+", {"pattern": "a", "at_least": 2}),
    "max_words": (50,),
    "no_leaked_markup": (None,),
    "no_markdown": (None, {"allow": ["list", "numbered", "bold", "heading", "fence"]}),
    "number": (None, {"form": "embedded"}),
    "one_of": ({"labels": ["yes", "no"], "normalize": True},),
    "parts": ({"separator": "***", "at_most": 3, "different": True}, {"at_most": 3}),
    "placeholders": ({"at_most": 0},),
    "punctuation": ({"without": ["comma", "dash"], "ends": True},),
    "repeats_prompt": ({"text": "Where is Turin, and how do I get there?"},),
    "script": ("Latin",),
    "starts_with": ({"text": "x y", "ignore_case": True},),
    "table": ({"at_least": 1},),
    "tags": ({"names": ["a", "b"], "only": True},),
    "title": (None, {"style": "angle"}),
    "uses_markdown": ({"kinds": ["bold", "italic", "list", "table", "link"], "any": True, "at_least": SIZE},),
    "xml": (None, {"form": "embedded"}),
    "yaml": (None, {"keys": ["a"], "form": "embedded"}),
}
"""What each behavior is given; those that are not named take nothing."""
PIECES = (
    *("x", " ", "\n", "a ", "{", "[", '{"a": ', "[1,", '"', "\\", "```\n", "```x`", "`", "*", "* ", "*a", "- ", "-"),
    *("#", "# a\n", "|", "|-", "|-|\n", "<", "<a>", "<a ", "<<", "(", "[a](", "[a", "1. ", "9", "1,234", "-1 ", "."),
    *("a. ", "É", "火", "\x00", "\ud800", "a,b\n", ',"', "a: b\n", "- a\n", "&a ", "'", "<|", "functions.", "? "),
    *('{"name": "a", ', "\r", "   a", "***", "---\n", "SELECT ", "not ", "a.", "[[a]]\n", "<![CDATA[", "http://"),
    *("Action:\n", "_a "),
)  # fmt: skip


def hostile() -> dict[str, str]:
    """A megabyte of each shape: pieces repeated, runs between two letters, runs that end badly, noise."""
    shapes = {}
    for piece in PIECES:
        run = piece * (SIZE // len(piece))
        shapes[f"{piece!r} repeated"] = run
        shapes[f"a {piece!r} repeated a"] = f"a{run}a"
    shapes["unclosed fence"] = "```json\n" + "a b " * (SIZE // 4)
    chance = random.Random(1)
    shapes["noise"] = "".join(chance.choices(string.printable, k=SIZE))
    shapes["words"] = "The train leaves at nine in the morning. " * (SIZE // 41)
    shapes["json"] = '[{"a": 1},' * (SIZE // 10)
    shapes["objects"] = "[" + ",".join(['{"a": 1, "b": [1, 2]}'] * (SIZE // 22)) + "]"
    return shapes


def made(name: str, arguments: Any) -> Any:
    return build_behavior(registry.resolve("behaviors", name), arguments, Folder(Path()))


def speed() -> None:
    shapes = hostile()
    made("language", "en").check(Reply(text="The train leaves at nine."))  # loads the detector
    print(f"{'behavior':<18} {'median ms':>10} {'worst ms':>10}  of {len(shapes)} shapes of a megabyte; the worst one")
    named = [name for name in sys.argv[1:] if name in FAMILIES["text"]]
    for name in named or FAMILIES["text"]:
        taken = []
        for arguments in CHECKS.get(name, (None,)):
            behavior = made(name, arguments)
            for shape, text in shapes.items():
                began = time.process_time()
                behavior.check(Reply(text=text))
                taken.append((time.process_time() - began, f"{arguments} on {shape}"))
        taken.sort()
        worst, where = taken[-1]
        mark = "  TOO SLOW" if worst > BOUND else ""
        print(f"{name:<18} {taken[len(taken) // 2][0] * 1000:>10.1f} {worst * 1000:>10.1f}  {where}{mark}")


SENTENCES = {
    "en": "The train leaves at nine in the morning.",
    "de": "Der Zug fährt um neun Uhr morgens ab.",
    "fr": "Le train part à neuf heures du matin.",
    "es": "El tren sale a las nueve de la mañana.",
    "it": "Il treno parte alle nove del mattino.",
    "pt": "O trem parte às nove horas da manhã.",
    "nl": "De trein vertrekt om negen uur 's ochtends.",
    "sv": "Tåget går klockan nio på morgonen.",
    "da": "Toget kører klokken ni om morgenen.",
    "pl": "Pociąg odjeżdża o dziewiątej rano.",
    "cs": "Vlak odjíždí v devět hodin ráno.",
    "fi": "Juna lähtee yhdeksältä aamulla.",
    "hu": "A vonat reggel kilenckor indul.",
    "tr": "Tren sabah saat dokuzda kalkıyor.",
    "ro": "Trenul pleacă la ora nouă dimineața.",
    "ru": "Поезд отправляется в девять часов утра.",
    "uk": "Потяг відправляється о дев'ятій годині ранку.",
    "bg": "Влакът тръгва в девет часа сутринта.",
    "el": "Το τρένο φεύγει στις εννέα το πρωί.",
    "zh": "火车早上九点出发。",
    "ja": "電車は朝九時に出発します。",
    "ko": "기차는 아침 아홉 시에 출발합니다.",
    "ar": "يغادر القطار في التاسعة صباحا.",
    "he": "הרכבת יוצאת בתשע בבוקר.",
    "hi": "ट्रेन सुबह नौ बजे निकलती है।",
    "mr": "गाडी सकाळी नऊ वाजता सुटते.",
    "vi": "Tàu khởi hành lúc chín giờ sáng.",
    "id": "Kereta berangkat pada pukul sembilan pagi.",
    "th": "รถไฟออกเวลาเก้าโมงเช้า",
    "fa": "قطار ساعت نه صبح حرکت می‌کند.",
}
"""One sentence of ours in each language."""


def languages() -> None:
    verdicts = {code: made("language", code).check(Reply(text=text)) for code, text in SENTENCES.items()}
    wrong = [f"{code}: {verdict.cause}" for code, verdict in verdicts.items() if not verdict.passed]
    right = len(verdicts) - len(wrong)
    print(f"\nlanguage, one short sentence in each of {len(verdicts)}: {right} right  {', '.join(wrong)}")


def ordinary() -> None:
    replies = records("alpaca_eval")
    if not replies:
        print("alpaca_eval is absent")
        return
    models = sorted({record["model"] for record in replies})
    print(f"\nordinary replies ({len(replies)}, English but for a few), share that fails, by model")
    for name in ("no_preamble", "no_postamble", "no_markdown", "no_leaked_markup"):
        behavior = made(name, None)
        print(name)
        for model in models:
            texts = [record["response"] for record in replies if record["model"] == model]
            causes = Counter(behavior.check(Reply(text=text)).cause for text in texts)
            del causes[""]
            shown = ", ".join(f"{cause} {count / len(texts):.1%}" for cause, count in causes.most_common(4))
            print(f"  {model:<28} {causes.total() / len(texts):6.1%}  {shown}")
    behavior = made("language", "en")
    outcomes: dict[str, list[str]] = {}
    for record in replies:
        verdict = behavior.check(Reply(text=record["response"]))
        outcomes.setdefault(f"{verdict.outcome} {verdict.cause}".strip(), []).append(
            f"{record['model']}:{record['id']}"
        )
    print("language: en")
    for outcome, ids in sorted(outcomes.items(), key=lambda entry: -len(entry[1])):
        print(f"  {outcome:<36} {len(ids):>5}" + (f"  {', '.join(ids[:4])}" if len(ids) < 50 else ""))


if __name__ == "__main__":
    if "--no-speed" not in sys.argv:
        speed()
    languages()
    ordinary()
