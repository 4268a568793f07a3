"""What is said of outcomes and changes; the same words in every format."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from pytest_behavior_contract.results import Comparison, Decision, Judged, JudgedBy, Outcome, Part, Run, Spending

ORDER = ("broke", "broken", "unmeasured", "undecided", "weakened", "already broken", "improved", "held", "kept")
"""What needs attention first."""
_REMARKS = ("within tolerance", "as judged")


def shown(text: str, most: int = 0) -> str:
    """Text from a model as it may stand on a terminal: line breaks and control characters made visible."""
    visible = "".join(_visible(character) for character in text)
    return visible if not most or len(visible) <= most else visible[: most - 1] + "…"


def percent(rate: float) -> str:
    """A rate without a false certainty: 99.6 % is not 100 %."""
    if 0 < rate < 1:
        return f"{min(99, max(1, round(rate * 100)))}%"
    return f"{rate:.0%}"


def promised(rate: float) -> str:
    """A promised rate as its author wrote it: 0.999 is 99.9 %."""
    return f"{rate * 100:.6g}%"


def deciding_part(outcome: Outcome) -> Part | None:
    """The promise that the outcome's decision comes from."""
    return next((part for part in outcome.parts if part.decision == outcome.decision), None)


def rate_sentence(outcome: Outcome) -> str:
    """`1 of 9 replies pass (0% to 44%), at least 95% was promised`."""
    decision = outcome.decision
    part = deciding_part(outcome)
    if part is not None and part.counted != "replies":
        if _is_of_groups(part):
            return _with_promise(f"{part.name}: {decision.passes} of {decision.n} {part.counted} agree", outcome)
        return f"{part.name}: {_compared(part)}"
    whose = " of the contrast twin" if part is not None and part.name == "contrast" else ""
    return _with_promise(f"{decision.passes} of {decision.n} replies{whose} pass", outcome)


def _with_promise(text: str, outcome: Outcome) -> str:
    decision = outcome.decision
    twin = f"; {of_twin}" if (of_twin := twin_rate(outcome)) else ""
    if decision.basis == "exact":
        return f"{text}, {promised(outcome.rate)} was promised, decided without statistics{twin}"
    return (
        f"{text} ({percent(decision.low)} to {percent(decision.high)}), "
        f"at least {promised(outcome.rate)} was promised{twin}"
    )


def _compared(part: Part) -> str:
    """`mean difference +0.40, margin 0.10, 0 of 16 pairs within it`; for decisions, how many pairs agree."""
    decision = part.decision
    if part.promise.startswith("alike"):
        return f"{decision.note}, {decision.passes} of {decision.n} {part.counted} within it"
    if _is_of_groups(part):
        return f"{decision.passes} of {decision.n} {part.counted} agree"
    promise = part.promise.removeprefix("the same, in ")
    return f"{decision.passes} of {decision.n} {part.counted} decide the same, {promise} was promised"


def _is_of_groups(part: Part) -> bool:
    """Whether it is about replies that should say the same, not about two sides."""
    return not part.promise.startswith(("alike", "the same"))


def measures(outcome: Outcome, most: int) -> list[str]:
    """What each comparison of a clause shows, a line each, where there are several; what differs comes first."""
    parts = [part for part in outcome.parts if part.counted != "replies"]
    if len(parts) < 2:
        return []
    if len(parts) > most:
        parts.sort(key=lambda part: (part.decision.state != "broken", not part.decision.leaning))
    words = [(_short(part.name), part.decision.leaning or part.decision.state, _compared(part)) for part in parts]
    names, states = max(len(name) for name, _, _ in words), max(len(state) for _, state, _ in words)
    lines = [f"{name:<{names}}  {state:<{states}}  {found}" for name, state, found in words[:most]]
    return lines if len(parts) <= most else [*lines, f"… and {len(parts) - most} more (-v lists them)"]


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"


def farthest_topics(outcome: Outcome, most: int) -> str:
    """`abortion +0.80, guns -0.62 of 27 topics`: where the deciding comparison is most apart."""
    part = deciding_part(outcome)
    if part is None or len(part.topics) < 2:
        return ""
    named = ", ".join(f"{topic.name} {topic.difference:+.2f}" for topic in part.topics[:most] if topic.difference)
    return f"{named} of {len(part.topics)} topics" if named else ""


def twin_rate(outcome: Outcome) -> str:
    """`contrast twin 23/23`: the rate that the decision does not come from; empty where there is no contrast."""
    rates = {part.name: part for part in outcome.parts if part.name in ("replies", "contrast")}
    if "contrast" not in rates:
        return ""
    deciding = deciding_part(outcome)
    of_twin = deciding is None or deciding.name != "contrast"
    decision = rates["contrast" if of_twin else "replies"].decision
    return f"{'contrast twin' if of_twin else 'the clause itself'} {decision.passes}/{decision.n}"


def undecided_sentence(outcome: Outcome) -> str:
    """`12 of 12 replies pass, not enough to decide; about 11 more would settle it`."""
    decision = outcome.decision
    text = rate_sentence(outcome)
    if decision.leaning:
        text += "; it is tilted" if decision.leaning == "tilted" else f"; it leans towards {decision.leaning}"
    return f"{text}; {more_needed(decision)}"


def more_needed(decision: Decision) -> str:
    if not decision.more:
        return "no number of samples like these would settle it"
    return f"about {decision.more} more samples would settle it"


def cause_sentence(outcome: Outcome) -> str:
    """`fenced in ```json (8), cut off by the token limit (1)`."""
    if outcome.decision.state == "unmeasured":
        return shown(outcome.problem)
    return ", ".join(f"{shown(cause.text)} ({cause.count})" for cause in outcome.causes[:3])


def broken_lines(outcome: Outcome) -> list[str]:
    """The few lines that stand under pytest's FAILURES; the screen at the end has the rest."""
    lines = [f"{outcome.clause} is broken at {outcome.endpoint}: {rate_sentence(outcome)}"]
    if outcome.causes:
        lines.append(f"  cause  {cause_sentence(outcome)}")
    first = first_failed(outcome)
    if first is not None and (first.reply or first.verdict.evidence):
        found = found_in(first) or first.reply
        lines += [f"  {label:<5}  {shown(line, 200)}" for label, line in beside("found", found, first.part)]
    return lines


def remark(decision: Decision) -> str:
    """What is said of a decision that is fine: `within tolerance`, `as judged`."""
    return ", ".join(part for part in decision.note.split(", ") if part in _REMARKS)


def judge_sentences(outcome: Outcome) -> list[str]:
    """What is known of the judges that verdicts come from."""
    return [sentence for one in outcome.judged_by for sentence in _judge_sentences(one, outcome.rate)]


def _judge_sentences(one: JudgedBy, rate: float) -> Iterable[str]:
    name = one.endpoint if not one.model or one.endpoint.endswith(one.model) else f"{one.endpoint} ({one.model})"
    of_twin = " (of the contrast twin)" if one.part == "contrast" else ""
    if one.examples:
        text = f"{name}{of_twin} passes {one.true_passes} of {one.true_passes + one.false_fails} labelled pass "
        text += f"({percent(one.sensitivity_low)} to {percent(one.sensitivity_high)}), fails {one.true_fails} of "
        text += f"{one.true_fails + one.false_passes} labelled fail "
        text += f"({percent(one.specificity_low)} to {percent(one.specificity_high)})"
        text += "" if one.kappa is None else f", kappa {one.kappa:.2f}"
        if one.unjudged:
            text += f", no verdict on {one.unjudged}"
        if one.shown_rate is not None:
            text += f"; a rate of {promised(rate)} may look like {percent(one.shown_rate)} through it"
        if one.corrected is not None:
            text += f"; without its errors the replies pass at {percent(one.corrected)}"
        yield text
    if one.pairs:
        yield f"{name} saw {one.pairs} pairs in both orders; with the order its choice changes in {one.flips} of them"


def first_failed(outcome: Outcome) -> Judged | None:
    """The first failure of a broken promise, or of any where none is broken."""
    broken = {part.name for part in outcome.parts if part.decision.state == "broken"}
    failures = [judged for judged in outcome.judged if judged.verdict.outcome == "fail"]
    return next((judged for judged in failures if judged.part in broken or not broken), None)


def found_in(failed: Judged) -> str:
    """What a check found, where the reply itself does not say it already."""
    found = failed.verdict.evidence
    if failed.part not in ("replies", "contrast") or (
        failed.reply and (found in failed.reply or failed.reply in found)
    ):
        return ""
    return found


def beside(label: str, text: str, part: str) -> list[tuple[str, str]]:
    """A text under its label; of a pair, what belongs to each of its sides is on a line of its own."""
    lines = [text] if part in ("replies", "contrast") else text.split("\n")
    return [("" if number else label, line) for number, line in enumerate(lines)]


def reliance(outcome: Outcome) -> str:
    """`src/orders/parse.py:42: json.loads is called on the text as it comes.`"""
    return ": ".join(part for part in (", ".join(outcome.relied_on_by), outcome.why) if part)


def provenance(runs: Iterable[Run]) -> str:
    """`recorded 2026-11-20 · 380 replayed, 0 live · $0.00`."""
    outcomes = [outcome for run in runs for outcome in run.outcomes]
    days = sorted({moment[:10] for one in outcomes for moment in (one.recorded_from, one.recorded_until) if moment})
    replayed = sum(outcome.replayed for outcome in outcomes)
    live = sum(outcome.live for outcome in outcomes)
    when = f"recorded {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "") + " · " if days else ""
    usd = spent_on(outcomes).usd
    return f"{when}{replayed} replayed, {live} live · {'$ unknown' if usd is None else dollars(usd)}"


def dollars(usd: float) -> str:
    """`$1.23`, `$0.0042`: two digits that say something."""
    if usd >= 0.995 or usd == 0:
        return f"${usd:,.2f}"
    return f"${usd:.{max(2, 1 - math.floor(math.log10(usd)))}f}"


def duration(seconds: float) -> str:
    """`8 s`, `4 min`, `2.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def spent_on(outcomes: Iterable[Outcome]) -> Spending:
    """What was paid for some clauses together."""
    paid = [outcome.spent for outcome in outcomes]
    known = [one.usd for one in paid if one.usd is not None]
    return Spending(
        calls=sum(one.calls for one in paid),
        input_tokens=sum(one.input_tokens for one in paid),
        output_tokens=sum(one.output_tokens for one in paid),
        usd=sum(known) if len(known) == len(paid) else None,
    )


def spending(spent: Spending) -> str:
    """`46 calls, 4,512 + 1,203 tokens, $0.0042`."""
    money = "$ unknown" if spent.usd is None else dollars(spent.usd)
    calls = "1 call" if spent.calls == 1 else f"{spent.calls} calls"
    return f"{calls}, {spent.input_tokens:,} + {spent.output_tokens:,} tokens, {money}"


def counts(words: Iterable[tuple[str, bool]]) -> str:
    """`2 broke · 1 (broke) · 14 held`; each word comes with whether it binds."""
    tally: dict[tuple[str, bool], int] = {}
    for entry in words:
        tally[entry] = tally.get(entry, 0) + 1
    ordered = sorted(tally, key=lambda entry: (ORDER.index(entry[0]), not entry[1]))
    return " · ".join(f"{tally[word, binding]} {bracketed(word, binding=binding)}" for word, binding in ordered)


def bracketed(word: str, *, binding: bool) -> str:
    """What decides nothing stands in brackets."""
    return word if binding else f"({word})"


def run_answer(run: Run) -> str:
    """Whether an endpoint keeps its contracts; never yes where something binding was not shown."""
    binding = {outcome.decision.state for outcome in run.outcomes if outcome.binding}
    if "broken" in binding:
        return "no"
    if not binding or binding & {"undecided", "unmeasured"}:
        return "could not tell"
    return "yes"


def answer_reason(comparison: Comparison) -> str:
    """What an answer other than yes or no rests on, in one sentence."""
    if comparison.answer == "review":
        return "nothing broke, but the clauses marked weakened, leaning or already broken deserve a look"
    if comparison.answer == "could not tell":
        return "a binding clause is undecided or could not be measured, or there is none"
    return ""


def _visible(character: str) -> str:
    if character == "\n":
        return "⏎"
    if character == "\t":
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
    return character
