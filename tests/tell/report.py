"""One report with everything in it that a format has to show."""

from pytest_behavior_contract.compare.migration import compare_runs
from pytest_behavior_contract.results import Cause, Decision, Judged, Outcome, Part, Report, Run, Verdict

FENCED = '```json\n{"items": [{"sku": "B-7"}]}\n```'


def outcome(name, state, passes, n, endpoint, **more):
    decision = Decision(
        **{
            "state": state,
            "n": n,
            "passes": passes,
            "low": 0.1,
            "high": 0.9,
            "basis": "e-value",
            **more.pop("decision", {}),
        }
    )
    kept = [
        Judged(case="1", k=k, verdict=Verdict(outcome="pass"), prompt="Extract it.", reply='{"items": []}')
        for k in range(passes)
    ]
    failed = more.pop("failed", ())
    return Outcome(
        clause=name,
        endpoint=endpoint,
        decision=decision,
        assumes=more.pop("assumes", "It is as it was."),
        source="contracts/orders.contract.yaml:7",
        rate=0.95,
        floor=0.85,
        parts=(Part(name=more.pop("part", "replies"), promise="at least 95%", decision=decision),),
        judged=(*kept, *failed),
        recorded_from="2026-11-20T10:00:00Z",
        recorded_until="2026-11-21T10:00:00Z",
        replayed=n,
        **more,
    )


def fenced(k, reply=FENCED):
    verdict = Verdict(outcome="fail", cause="fenced in ```json", evidence=reply, mend="strip the fence before parsing")
    return Judged(case="1", k=k, verdict=verdict, prompt="Extract the order as JSON: two chairs", reply=reply)


def prod(name, state="kept", passes=23, n=23, **more):
    return outcome(name, state, passes, n, "prod", **more)


def following(name, state="kept", passes=23, n=23, **more):
    return outcome(name, state, passes, n, "next", **more)


BASELINE = Run(
    endpoint="prod",
    api="openai-chat",
    model="gpt-x",
    outcomes=(
        prod("orders/bare-json"),
        prod("orders/labels", decision={"low": 0.8}),
        prod("orders/was-bad", "broken", 2, 9),
        prod("support/slow"),
        prod("support/gone"),
        prod("support/tools", passes=1, n=1, decision={"basis": "exact"}),
    ),
)
CANDIDATE = Run(
    endpoint="next",
    api="anthropic-messages",
    model="claude-y",
    outcomes=(
        following(
            "orders/bare-json",
            "broken",
            1,
            9,
            assumes="An order comes back as one bare JSON object, without a fence and without a word before it.",
            why="json.loads is called on the text as it comes.",
            relied_on_by=("src/orders/parse.py:42", "src/orders/retry.py:7"),
            causes=(Cause(text="fenced in ```json", count=8, mend="strip the fence before parsing"),),
            failed=tuple(fenced(k, "\x1b[2J" + FENCED) for k in range(8)),
            notes=("answered by claude-y-mini, not by claude-y",),
        ),
        following("orders/labels", "undecided", 12, 13, decision={"more": 14, "basis": "none"}),
        following("orders/was-bad", "broken", 1, 9, causes=(Cause(text="refuses", count=8),)),
        following("support/slow", "unmeasured", 0, 0, problem="timeout: no answer within 120 s"),
        following("support/tools", passes=1, n=1, decision={"basis": "exact"}),
        following(
            "support/looks", "broken", 0, 5, severity="cosmetic", causes=(Cause(text="more than 3 words", count=5),)
        ),
    ),
)
MIGRATION = Report(
    product="pytest-behavior-contract 0.1.0",
    created_at="2026-11-23T10:00:00Z",
    runs=(BASELINE, CANDIDATE),
    comparisons=(compare_runs(BASELINE, CANDIDATE),),
)
SINGLE = Report(product="pytest-behavior-contract 0.1.0", created_at="2026-11-23T10:00:00Z", runs=(CANDIDATE,))
