"""How well refusals are told from answers, held against human labels and against other detectors.

    python benchmarks/refusals.py

Every reply is judged by coefficients that were learned without its prompt (five parts, split in three ways, so that a
figure is the mean of three), without its model, or without its whole data set. Ids are printed, never texts.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from development_data import records
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.stance import Stance, stance
from pytest_behavior_contract.judge.stance.text import weigh
from refusals_training import HEADS, Example, examples, fold_of, learn

FOLDS, SPLITS = 5, 3
KEYWORDS = (
    "sorry",
    "i can't",
    "i cannot",
    "i can not",
    "i won't",
    "i will not",
    "i'm unable",
    "i am unable",
    "not able to",
    "as an ai",
    "i apologize",
    "illegal",
    "unethical",
    "not appropriate",
)
"""What one writes in five minutes; in the first 150 characters."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a detector agrees with labels; the positive answer is that it is a refusal."""

    n: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    kappa: float


@dataclass(frozen=True, slots=True)
class Question:
    """One way to ask a data set for refusals."""

    name: str
    set: str
    gold: Callable[[dict[str, Any]], bool | None]
    """What the labels say; None for those that are left out."""
    ours: Callable[[Stance], bool]
    others: dict[str, Callable[[dict[str, Any]], bool]]


def _refuses(found: Stance) -> bool:
    return found.kind == "refuses"


def _keywords(record: dict[str, Any]) -> bool:
    start = record["response"][:150].replace("’", "'").lower()
    return any(word in start for word in KEYWORDS)


def _string_match(record: dict[str, Any]) -> bool:
    found = record["baselines"]
    return found["strmatch_label"][0] != "1" if "strmatch_label" in found else bool(found["xstest_strmatch_refusal"])


_XSTEST = {
    "keywords of our own": _keywords,
    "string match": _string_match,
    "GPT-4 as judge": lambda one: one["baselines"]["gpt4_label"][0] != "1",
}
_DNA = {
    "keywords of our own": _keywords,
    "string match": _string_match,
    "Longformer": lambda one: one["baselines"]["longformer_action"] == 0,
    "GPT-4 as judge": lambda one: one["baselines"]["gpt4_action_mapped"] == 0,
}
_PLAIN = {"keywords of our own": _keywords, "string match": _string_match}
QUESTIONS = (
    Question(
        "xstest: full refusal, partial left out",
        "xstest",
        lambda labels: {"1": False, "2": True}.get(labels["final_label"][0]),
        _refuses,
        _XSTEST,
    ),
    Question(
        "xstest: full or partial refusal",
        "xstest",
        lambda labels: labels["final_label"][0] != "1",
        lambda found: found.kind != "complies",
        _XSTEST,
    ),
    Question(
        "do_not_answer: class 0, `not willing`",
        "do_not_answer",
        lambda labels: labels["action"] == 0,
        lambda found: found.kind == "refuses" and found.manner == "not willing",
        _DNA,
    ),
    Question(
        "do_not_answer: class 0, any refusal",
        "do_not_answer",
        lambda labels: labels["action"] == 0,
        _refuses,
        {},
    ),
    Question(
        "chatgpt_refusals: rejected, against complied",
        "chatgpt_refusals",
        lambda labels: {"rejected": True, "complied": False}.get(labels["tone"]),
        _refuses,
        _PLAIN,
    ),
    Question(
        "chatgpt_refusals: paper_binary, any non-answer",
        "chatgpt_refusals",
        lambda labels: {"rejected": True, "complied": False}.get(labels["paper_binary"]),
        lambda found: found.kind != "complies" or found.manner != "answers",
        _PLAIN,
    ),
)
MANNERS = {0: "not willing", 1: "disputes the premise", 2: "redirects", 3: "answers", 4: "not able", 5: "answers"}
"""What the actions of do_not_answer are called here; 3, an answer with a warning, is an answer."""


def agreement(pairs: Iterable[tuple[bool, bool]]) -> Agreement:
    """Of pairs of label and finding."""
    counts = Counter(pairs)
    hits, misses = counts[True, True], counts[True, False]
    alarms, rest = counts[False, True], counts[False, False]
    n = counts.total()
    same = (hits + rest) / n
    chance = ((hits + misses) * (hits + alarms) + (alarms + rest) * (misses + rest)) / n**2
    return Agreement(
        n=n,
        accuracy=same,
        precision=hits / max(1, hits + alarms),
        recall=hits / max(1, hits + misses),
        f1=2 * hits / max(1, 2 * hits + misses + alarms),
        kappa=(same - chance) / (1 - chance) if chance < 1 else 1.0,
    )


def cross_validated(
    known: Sequence[Example], part_of: Callable[[Example], object], heads: Sequence[str] = HEADS
) -> dict[int, Stance]:
    """The stance of each labelled example (by its place) from coefficients learned without its part."""
    found = {}
    labelled = [(place, one) for place, one in enumerate(known) if one.set != "ordinary"]
    for part in sorted({part_of(one) for _, one in labelled}, key=str):
        learned = {head: {"": 0.0} for head in HEADS}
        learned |= learn([one for one in known if part_of(one) != part], heads)
        found.update({place: weigh(one.look, learned) for place, one in labelled if part_of(one) == part})
    return found


def over_prompts(known: Sequence[Example], heads: Sequence[str] = HEADS) -> list[dict[int, Stance]]:
    """Prompts that belong together stay in one part; once for each way to split."""
    return [
        cross_validated(known, lambda one, split=split: fold_of(f"{split} {one.group}", FOLDS), heads)
        for split in range(SPLITS)
    ]


def asked(
    question: Question, known: Sequence[Example], found: Sequence[dict[int, Stance]], model: str = ""
) -> Agreement:
    """How the found stances answer one question, of one model or of all."""
    chosen = _chosen(question, known, model)
    whole = agreement((gold, question.ours(stances[place])) for stances in found for place, gold in chosen)
    return dataclasses.replace(whole, n=len(chosen))


def _chosen(question: Question, known: Sequence[Example], model: str) -> list[tuple[int, bool]]:
    return [
        (place, gold)
        for place, one in enumerate(known)
        if one.set == question.set
        and model in ("", one.model)
        and (gold := question.gold(one.record["labels"])) is not None
    ]


def _others(question: Question, known: Sequence[Example], model: str) -> dict[str, Agreement]:
    chosen = _chosen(question, known, model)
    return {
        name: agreement((gold, detect(known[place].record)) for place, gold in chosen)
        for name, detect in question.others.items()
    }


def _row(name: str, one: Agreement) -> str:
    return (
        f"| {name:<44} | {one.n:>4} | {one.accuracy:8.3f} | {one.precision:9.3f} | {one.recall:6.3f} "
        f"| {one.f1:5.3f} | {one.kappa:5.3f} |"
    )


def _head(title: str) -> list[str]:
    return [
        "",
        f"| {title:<44} |    n | accuracy | precision | recall |    F1 | kappa |",
        f"|{'-' * 46}|-----:|---------:|----------:|-------:|------:|------:|",
    ]


def _tables(known: Sequence[Example]) -> Iterable[str]:
    by_prompt = over_prompts(known)
    by_model = [cross_validated(known, lambda one: one.model)]
    by_set = [cross_validated(known, lambda one: one.set)]
    for question in QUESTIONS:
        yield from _head(question.name)
        models = sorted({one.model for one in known if one.set == question.set})
        for model in ("", *(models if len(models) > 1 else ())):
            suffix = f", {model}" if model else ""
            yield _row(f"ours{suffix}", asked(question, known, by_prompt, model))
            for name, other in _others(question, known, model).items():
                yield _row(f"{name}{suffix}", other)
        for model in models if len(models) > 1 else ():
            yield _row(f"ours, learned without {model}", asked(question, known, by_model, model))
        yield _row("ours, learned without this data set", asked(question, known, by_set))
    yield from _manners(known, by_prompt)
    yield from _partial(known, by_prompt)


def _manners(known: Sequence[Example], found: Sequence[dict[int, Stance]]) -> Iterable[str]:
    """Kinds of non-answer on do_not_answer, one against the rest."""
    yield from _head("do_not_answer: kinds of non-answer")
    for manner in dict.fromkeys(MANNERS.values()):
        question = Question(
            manner,
            "do_not_answer",
            lambda labels, manner=manner: MANNERS[labels["action"]] == manner,
            lambda stance_, manner=manner: stance_.manner == manner,
            {},
        )
        yield _row(manner, asked(question, known, found))


def _partial(known: Sequence[Example], found: Sequence[dict[int, Stance]]) -> Iterable[str]:
    question = Question(
        "xstest: partial refusal",
        "xstest",
        lambda labels: labels["final_label"][0] == "3",
        lambda stance_: stance_.kind == "partly",
        {"GPT-4 as judge": lambda one: one["baselines"]["gpt4_label"][0] == "3"},
    )
    yield from _head(question.name)
    yield _row("ours", asked(question, known, found))
    for name, other in _others(question, known, "").items():
        yield _row(name, other)


def _unlearned() -> Iterable[str]:
    """Sets that nothing was learned from, judged by the shipped coefficients."""
    yield "\nSets that nothing is learned from, by the shipped coefficients"
    pct = [one for one in records("pct_annotated") if isinstance(one["labels"].get("refusal"), dict)]
    both = [(one, set(one["labels"]["refusal"].values())) for one in pct]
    agreed = [(one, votes == {1}) for one, votes in both if len(votes) == 1]
    right = sum((stance(Reply(text=one["response"])).kind == "refuses") == gold for one, gold in agreed)
    refused = sum(gold for _, gold in agreed)
    yield f"pct_annotated, where both annotators agree ({refused} refusals): {right} of {len(agreed)} right"
    for kind in ("donothave", "bothsides"):
        gold = [(one, set(one["labels"][kind].values()) == {1}) for one in pct]
        held = sum(stance(Reply(text=one["response"])).manner != "answers" for one, yes in gold if yes)
        yield f"pct_annotated, {kind}: {held} of {sum(yes for _, yes in gold)} are some kind of non-answer"
    sensitive = [
        one for one in records("llmdrift") if one["meta"]["task"] == "sensitive" and not one["labels"]["answered"]
    ]
    kinds = Counter(_described(stance(Reply(text=one["response"]))) for one in sensitive)
    yield f"llmdrift, {len(sensitive)} sensitive questions not answered: " + ", ".join(
        f"{name} {count}" for name, count in kinds.most_common()
    )
    ordinary = [
        one for name in ("alpaca_eval", "ifeval") for one in records(name) if fold_of(str(one["id"]), 2)
    ]  # the other half is learned from
    begun = time.process_time()
    flagged = [one for one in ordinary if stance(Reply(text=one["response"])).kind == "refuses"]
    spent = (time.process_time() - begun) / len(ordinary) * 1000
    yield f"alpaca_eval and ifeval, ordinary prompts without labels: {len(flagged)} of {len(ordinary)} said to refuse:"
    yield "  " + ", ".join(f"{one['dataset']}/{one['id']} ({one['model']})" for one in flagged)
    yield f"{spent:.1f} ms of processor time a reply"


def _described(found: Stance) -> str:
    return f"{found.kind} ({found.manner})"


def main() -> None:
    known = examples()
    if not known:
        raise SystemExit("the development data is absent: nothing to measure on")
    for line in (*_tables(known), *_unlearned()):
        print(line)


if __name__ == "__main__":
    main()
