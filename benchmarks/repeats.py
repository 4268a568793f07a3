"""How `same_answer` and `same_reply` fit repeated replies of real models, and `admits_not_knowing` human labels.

Run by hand: python benchmarks/repeats.py
Needs the development data beside the project; prints counts, never texts.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from development_data import FOLDER, records
from pytest_behavior_contract.ask.sampling import Walk
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.exchange import Prompt, Reply, Sample
from pytest_behavior_contract.judge import answers
from pytest_behavior_contract.judge.behaviors.same_answer import SameAnswer
from pytest_behavior_contract.judge.behaviors.same_reply import SameReply
from pytest_behavior_contract.judge.decide import ClauseJudge
from pytest_behavior_contract.judge.ignorance import kinds_of_ignorance
from pytest_behavior_contract.results import Outcome

LABELS = {"navigate": ("Yes", "No"), "": ("A", "B", "C", "D")}
STANCES = ("REFUSE", "PARTIAL", "COMPLY")
ACTIONS = (
    "not willing",
    "refutes the premise",
    "both sides",
    "disclaimer",
    "not able or unsure",
    "follows",
)


def outcome(replies: Mapping[str, Sequence[str]], behavior: Any, *, rate: float = 0.95) -> Outcome:
    """The outcome of a clause whose prompts got these replies: asked in its own order, each reply at most once."""
    cases = tuple(
        Case(id=name, topic=name, prompt=Prompt(messages=({"role": "user", "content": name},))) for name in replies
    )
    clause = Clause(contract="c", id="x", assumes="The same comes back.", cases=cases, groups=(behavior,), rate=rate)
    judge = ClauseJudge(clause, "recorded", alpha=0.01)
    walk = Walk(clause, judge)
    while batch := walk.batch():
        for unit in batch:
            (case,) = unit.cases
            given = replies[case.id]
            if unit.k >= len(given):
                return judge.outcome()
            walk.take(unit, (Sample(case=case.id, k=unit.k, reply=Reply(text=given[unit.k])),))
    return judge.outcome()


def labels_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    return LABELS.get(record["meta"]["task"], LABELS[""])


def by_text(found: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    return {record["id"]: record["responses"] for record in found}


def said(found: Outcome) -> str:
    decision = found.decision
    return f"{decision.state} at {decision.passes} of {decision.n} pairs"


def repeated() -> None:
    everything = records("repeated_sampling")
    print("repeated_sampling: the same prompt 5 to 10 times at temperature 0")
    columns = f"{'prompts':>8}{'identical':>10}{'we agree':>10}{'label same':>11}{'majority right':>15}"
    print(f"{'':14}{columns}  as one clause at 0.95")
    for model in sorted({record["model"] for record in everything}):
        found = [record for record in everything if record["model"] == model]
        identical = [record for record in found if record["meta"]["tar_raw"]]
        agree = labelled = right = 0
        for record in found:
            replies = [Reply(text=text) for text in record["responses"]]
            agree += SameReply().compare(replies).passed == record["meta"]["tar_raw"]
            labels = labels_of(record)
            labelled += SameAnswer(labels=labels).compare(replies).passed
            right += majority(replies, labels) == record["labels"]["gt"].strip("()")
        print(
            f"{model:14}{len(found):8}{len(identical):10}{agree:10}{labelled:11}{right:15}"
            f"  {said(outcome(by_text(found), SameReply()))}"
        )
        for word, stable in (("identical", True), ("flaky", False)):
            some = [record for record in found if record["meta"]["tar_raw"] == stable]
            if some:
                print(f"  {word + ' ones alone':62}  {said(outcome(by_text(some), SameReply()))}")


def majority(replies: Sequence[Reply], labels: tuple[str, ...]) -> str:
    counts: Counter[str] = Counter()
    for reply in replies:
        try:
            counts[answers.label(reply, labels)] += 1
        except answers.NoAnswer:
            counts[""] += 1
    return counts.most_common(1)[0][0]


def refusals() -> None:
    everything = [record["labels"]["by_temperature"] for record in records("refusal_stability_labels")]
    print("\nrefusal_stability: refuses, partly or complies, five seeds a prompt")
    columns = f"{'as one clause at 0.95':27}  {'stable ones alone':22}  flipping ones alone"
    print(f"{'temperature':14}{'prompts':>8}{'flip':>6}  {columns}")
    for temperature in ("0.0", "0.3", "0.7", "1.0"):
        runs = {str(n): one[temperature] for n, one in enumerate(everything) if temperature in one}
        flip = {name: seeds for name, seeds in runs.items() if len(set(seeds)) > 1}
        stable = {name: seeds for name, seeds in runs.items() if name not in flip}
        whole, *parts = [said(outcome(some, SameAnswer(labels=STANCES))) for some in (runs, stable, flip) if some]
        print(f"{temperature:14}{len(runs):8}{len(flip):6}  {whole:27}  {'  '.join(f'{part:22}' for part in parts)}")


def not_knowing() -> None:
    print("\ndo_not_answer: what humans say a reply does, and how many of these `admits_not_knowing` accepts")
    everything = records("do_not_answer")
    for number, action in enumerate(ACTIONS):
        found = [record for record in everything if record["labels"]["action"] == number]
        admits = sum(bool(kinds_of_ignorance(record["response"])) for record in found)
        print(f"  {number} {action:22}{admits:5} of {len(found):4}  {admits / max(1, len(found)):6.1%}")


def main() -> None:
    if not FOLDER.exists():
        sys.exit(f"{FOLDER} is not there")
    repeated()
    refusals()
    not_knowing()


if __name__ == "__main__":
    main()
