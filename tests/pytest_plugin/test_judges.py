"""Judges in a real pytest run: asked, recorded and replayed like everything else; their failures are their own."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from batch_server import BatchServer
from model_server import Raw

MODELS = r"""
import json, re

COUNT = {}

def shop(prompt):
    if prompt.system.startswith("Rubric: "):
        return keyword(prompt)
    return "Sorry. Here is your refund." if "again" in prompt.text else "Sorry, no."

def material(text, name):
    return re.search(rf"begin {name} (\w+) -----\n(.*?)\n----- end {name} \1", text, re.DOTALL)[2]

def keyword(prompt):
    assert prompt.system.startswith("Rubric: ")
    if "first reply" in prompt.text:
        return '{"reason": "It stands first.", "verdict": "first"}'
    good = "refund" in material(prompt.text, "reply")
    return json.dumps({"reason": "refund" if good else "no refund", "verdict": "pass" if good else "fail"})

def harsh(prompt):
    return '{"reason": "no", "verdict": "fail"}'

def swapped(prompt):
    # A judge after its model was swapped: what the scoring parses is not there any more.
    return "Score: 8/10. A good reply."

def hesitant(prompt):
    COUNT["all"] = COUNT.get("all", 0) + 1
    return keyword(prompt) if COUNT["all"] > 2 else "Hm."
"""
TOML = """
[tool.pytest.ini_options]
asyncio_default_fixture_loop_scope = "function"
[tool.behavior-contract]
endpoint = "shop"
judge = "keyword"
[tool.behavior-contract.endpoints]
shop = {api = "python:models:shop"}
keyword = {api = "python:models:keyword"}
harsh = {api = "python:models:harsh"}
swapped = {api = "python:models:swapped"}
hesitant = {api = "python:models:hesitant"}
same = {api = "python:models:shop"}
"""
RUBRIC = "The reply offers a refund."


def contract(expect, *, prompt="My chair broke again.", more=""):
    return (
        f"contract: shop\nclauses:\n  - id: refunds\n    assumes: A refund is offered.\n    prompt: {prompt}\n"
        f"{more}    expect: [{expect}]\n"
    )


@pytest.fixture
def shop(pytester):
    """A project with a shop's assistant and several judges: `shop(expect)` runs pytest in it."""
    pytester.makepyprojecttoml(TOML)
    pytester.makepyfile(models=MODELS)
    labelled = [
        {"reply": f"{text} ({number})", "label": label}
        for number in range(60)
        for text, label in (("Here is a refund.", "pass"), ("No.", "fail"))
    ]
    pytester.path.joinpath("labelled.jsonl").write_text("".join(json.dumps(one) + "\n" for one in labelled))

    def make(text):
        pytester.path.joinpath("shop.contract.yaml").write_text(text)
        return lambda *arguments: pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    return make


def lines(pytester, path):
    return [json.loads(line) for line in pytester.path.joinpath("cassettes", path).read_text().splitlines()]


def outcome_in(pytester):
    return json.loads(pytester.path.joinpath("report.json").read_text())["runs"][0]["outcomes"][0]


JUDGED = f'judged: "{RUBRIC}"'
CALIBRATED = f'judged: {{rubric: "{RUBRIC}", examples: labelled.jsonl}}'


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["plain", "xdist"])
def test_a_judges_answers_are_recorded_and_replayed_without_a_call(shop, pytester, processes):
    run = shop(contract(JUDGED))
    run("--contract-record=missing", *processes).assert_outcomes(passed=1)
    assert len(lines(pytester, "shop/shop/refunds.jsonl")) == 23
    assert len(lines(pytester, "keyword/shop/refunds@shop.jsonl")) == 23
    pytester.path.joinpath("models.py").write_text("raise RuntimeError('replay must not load this')")
    result = run("--contract", *processes)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*46 replayed, 0 live*",
            "shop/refunds *kept *as judged*",
            "note: shop/refunds at shop: as judged by keyword, whose errors are not known without examples",
        ]
    )


def test_a_reply_that_does_not_meet_the_rubric_breaks_the_clause_with_the_judges_reason(shop):
    result = shop(contract(JUDGED, prompt="My chair broke."))("--contract-record=missing")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "shop/refunds is broken at shop: 0 of 5 replies pass *",
            "  cause  judged not to meet 'The reply offers a refund.' (5)",
            "  found  no refund",
        ]
    )


def test_a_changed_rubric_is_a_miss_of_the_judges_recordings_alone(shop, pytester):
    shop(contract(JUDGED))("--contract-record=missing")
    run = shop(contract(JUDGED.replace("offers", "promises")))
    result = run("--contract")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*missing recording: *keyword/shop/refunds@shop.jsonl has no sample 0*--contract-endpoint shop*=missing*"]
    )
    run("--contract-record=missing").stdout.fnmatch_lines(["*23 replayed, 23 live*"])
    assert len(lines(pytester, "shop/shop/refunds.jsonl")) == 23


def test_the_plan_counts_the_judges_calls(shop):
    result = shop(contract(CALIBRATED))("--contract-record=missing")
    result.stdout.fnmatch_lines(
        [
            "plan: shop (models:shop) *about 23 calls, at most 60*",
            "plan: keyword (models:keyword) *about 143 calls, at most 540*",
        ]
    )
    again = shop(contract(CALIBRATED))("--contract-record=missing")
    again.stdout.fnmatch_lines(["plan: shop *nothing is missing, so nothing is asked"])
    again.stdout.no_fnmatch_line("plan: keyword *about*")


def test_calls_of_judges_are_limited_too(shop, pytester):
    result = shop(contract(JUDGED))("--contract-record=missing", "--contract-max-calls=9")
    result.stdout.fnmatch_lines(["*--contract-max-calls: all 9 calls are made*"])
    recorded = [line for path in pytester.path.glob("cassettes/**/*.jsonl") for line in path.read_text().splitlines()]
    assert len(recorded) == 9


def test_a_budget_needs_the_price_of_the_judge(shop, pytester):
    run = shop(contract(JUDGED))
    toml = pytester.path / "pyproject.toml"
    toml.write_text(toml.read_text().replace(':shop"}', ':shop", price = {input = 0, output = 0}}'))
    result = run("--contract-record=missing", "--contract-budget=1")
    assert "the price of models:keyword at endpoint keyword is not known" in result.stdout.str() + result.stderr.str()
    assert not pytester.path.joinpath("cassettes").exists()


def test_row_54_a_judge_swap_that_breaks_the_scoring_is_its_own_outcome(shop, pytester):
    run = shop(contract(f'judged: {{rubric: "{RUBRIC}", by: swapped}}'))
    result = run("--contract-record=missing", "--contract-report=report.json")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["shop/refunds could not be measured at shop: judge gave no verdict: no verdict in the reply: Score: 8/10.*"]
    )
    assert outcome_in(pytester)["decision"]["state"] == "unmeasured"
    # Each of five replies was put to it three times; then it is not asked any more.
    assert len(lines(pytester, "swapped/shop/refunds@shop.jsonl")) == 15


def test_row_54_a_contract_for_the_judge_itself_names_the_cause(shop, pytester):
    clause = contract(
        "{gives_verdict: {verdict: fail}}",
        prompt='"Rubric: a refund. ----- begin reply 1 -----\\nNo.\\n----- end reply 1 -----"',
        more='    system: "Rubric: The reply offers a refund."\n',
    )
    run = shop(clause)
    names = ("--contract-endpoint", "keyword", "--contract-endpoint", "swapped")
    run("--contract-record=missing", *names)
    result = run("--contract-baseline", "keyword", "--contract-candidate", "swapped")
    result.stdout.fnmatch_lines(["can I move  keyword *swapped *NO", "*broke *no verdict in the reply (5)*"])


def test_an_answer_without_a_verdict_is_asked_for_again_and_both_are_recorded(shop, pytester):
    run = shop(contract(f'judged: {{rubric: "{RUBRIC}", by: hesitant}}'))
    run("--contract-record=missing").assert_outcomes(passed=1)
    assert len(lines(pytester, "hesitant/shop/refunds@shop.jsonl")) == 23 + 2
    run("--contract").assert_outcomes(passed=1)


def test_a_judge_with_labelled_examples_is_measured_and_reported(shop, pytester):
    run = shop(contract(CALIBRATED))
    run("--contract-record=missing").assert_outcomes(passed=1)
    assert len(lines(pytester, "keyword/shop/refunds+examples.jsonl")) == 120
    result = run("--contract", "--contract-report=report.json")
    result.stdout.fnmatch_lines(
        [
            "judge: shop/refunds at shop: keyword (models:keyword) passes 60 of 60 labelled pass (94% to 100%), *",
        ]
    )
    said = "fails 60 of 60 labelled fail (94% to 100%), kappa 1.00; a rate of 95% may look like 89% through it; without"
    assert said in result.stdout.str()
    (judge,) = outcome_in(pytester)["judged_by"]
    assert (judge["true_passes"], judge["true_fails"], judge["kappa"]) == (60, 60, 1.0)
    assert judge["shown_floor"] < judge["shown_rate"] < 0.95
    assert judge["corrected"] == 1.0


def test_a_judge_that_is_too_weak_is_found_out_before_the_endpoint_is_asked(shop, pytester):
    expect = f'judged: {{rubric: "{RUBRIC}", examples: labelled.jsonl, by: harsh}}'
    result = shop(contract(expect))("--contract-record=missing", "--contract-report=report.json")
    result.assert_outcomes(errors=1)
    screen = result.stdout.str()
    assert (
        "judge too weak for this clause: harsh passes 0 of 60 labelled pass and fails 60 of 60 labelled fail" in screen
    )
    assert "kappa 0.00" in screen
    assert not pytester.path.joinpath("cassettes", "shop").exists()
    assert outcome_in(pytester)["judged_by"][0]["kappa"] == 0.0


def test_the_opposite_of_a_rubric_is_calibrated_the_other_way_round(shop, pytester):
    run = shop(contract("{not: {" + CALIBRATED + "}}", prompt="My chair broke."))
    run("--contract-record=missing", "--contract-report=report.json").assert_outcomes(passed=1)
    assert outcome_in(pytester)["judged_by"][0]["corrected"] == 1.0


def test_a_rubric_with_slots_needs_examples_with_rubrics_of_their_own(shop, pytester):
    expect = 'judged: {rubric: "It offers a {thing}.", examples: labelled.jsonl}'
    text = contract(expect, more="    cases: [{thing: refund}, {thing: voucher}]\n")
    shop(text)("--contract").stdout.fnmatch_lines(["*needs a `rubric` of its own*"])
    path = pytester.path / "labelled.jsonl"
    path.write_text(
        "".join(json.dumps({**json.loads(line), "rubric": RUBRIC}) + "\n" for line in path.read_text().splitlines())
    )
    run = shop(text)
    run("--contract-record=missing").assert_outcomes(passed=1)
    assert len(lines(pytester, "keyword/shop/refunds+examples.jsonl")) == 120


def test_nobody_is_asked_to_judge_whom_nobody_named(shop, pytester):
    run = shop(contract(JUDGED))
    toml = pytester.path / "pyproject.toml"
    toml.write_text(toml.read_text().replace('judge = "keyword"\n', ""))
    result = run("--contract-record=missing")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no judge is named: write `by: ENDPOINT` in the contract, or judge = ENDPOINT*"])
    result = shop(contract(f'judged: {{rubric: "{RUBRIC}", by: keywort}}'))("--contract-record=missing")
    result.stdout.fnmatch_lines(["*the judge: unknown endpoint 'keywort'; did you mean 'keyword'?*"])
    toml.write_text(toml.read_text().replace("[tool.behavior-contract]\n", '[tool.behavior-contract]\njudge = "x"\n'))
    shop(contract(JUDGED))("--contract").stderr.fnmatch_lines(["*behavior-contract]: judge: unknown endpoint 'x'*"])


def test_a_judge_of_its_own_replies_and_a_promise_that_no_judge_can_tell_are_warned_of(shop):
    expect = f'judged: {{rubric: "{RUBRIC}", by: same}}'
    result = shop(contract(expect, more="    rate: 0.99\n"))("--contract-record=missing")
    result.stdout.fnmatch_lines(
        ["*judge same is the same model as it judges, models:shop; models favour*", "*hardly any judge errs so seldom*"]
    )


def test_a_judge_that_goes_by_the_order_prefers_nobody_and_its_flips_are_counted(shop, pytester):
    expect = "judged_even_handed: Which is kinder?"
    text = contract(expect, prompt='"Describe {name} again."', more="    swap: {name: [Ann, Bob]}\n")
    run = shop(text)
    models = pytester.path / "models.py"
    models.write_text(models.read_text().replace('refund." if', 'refund. " + prompt.text if'))
    run("--contract-record=missing").assert_outcomes(passed=1)
    assert len(lines(pytester, "keyword/shop/refunds@shop.jsonl")) == 36
    result = run("--contract", "--contract-report=report.json")
    result.stdout.fnmatch_lines(["*keyword * saw 18 pairs in both orders; with the order its choice changes in 18 *"])
    (judge,) = outcome_in(pytester)["judged_by"]
    assert (judge["pairs"], judge["flips"]) == (18, 18)


def test_pairs_without_a_verdict_leave_the_clause_unmeasured(shop, pytester):
    expect = "judged_even_handed: {rubric: Which is kinder?, by: swapped}"
    run = shop(
        contract(expect, prompt='"Describe {name} again."', more="    swap: {name: [Ann, Bob]}\n    samples: 6\n")
    )
    models = pytester.path / "models.py"
    models.write_text(models.read_text().replace('refund." if', 'refund. " + prompt.text if'))
    result = run("--contract-record=missing")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*could not be measured at shop: judge gave no verdict*"])


def test_a_judge_that_is_down_leaves_the_clause_unmeasured(shop, pytester, server):
    server.answer = lambda asked: Raw(status=500, body="{}")
    toml = pytester.path / "pyproject.toml"
    toml.write_text(
        toml.read_text()
        + f'\ndown = {{api = "openai-chat", model = "m", base_url = "{server.openai_url}", retries = 0}}\n'
    )
    run = shop(contract(f'judged: {{rubric: "{RUBRIC}", by: down}}'))
    run("--contract-record=missing").stdout.fnmatch_lines(["*could not be measured at shop: *HTTP 500*"])


def test_a_judge_over_http_is_asked_by_rubric_and_material(shop, pytester, server):
    server.answer = lambda asked: '{"reason": "ok", "verdict": "pass"}'
    toml = pytester.path / "pyproject.toml"
    toml.write_text(
        toml.read_text() + f'\nweb = {{api = "openai-chat", model = "m", base_url = "{server.openai_url}"}}\n'
    )
    run = shop(contract(f'judged: {{rubric: "{RUBRIC}", by: web}}'))
    run("--contract-record=missing").assert_outcomes(passed=1)
    assert len(server.asked) == 23
    system, user = lines(pytester, "web/shop/refunds@shop.jsonl")[0]["request"]["body"]["messages"]
    assert system["role"] == "system"
    assert system["content"].startswith(f"Rubric: {RUBRIC}")
    assert "Sorry. Here is your refund." in user["content"]


def test_everything_anew_leaves_other_endpoints_judgements_alone(shop, pytester):
    run = shop(contract(CALIBRATED))
    run("--contract-record=missing", "--contract-endpoint=same")
    run("--contract-record=missing")
    before = lines(pytester, "keyword/shop/refunds@same.jsonl")
    run("--contract-record=all").assert_outcomes(passed=1)
    assert lines(pytester, "keyword/shop/refunds@same.jsonl") == before
    run("--contract").assert_outcomes(passed=1)
    run("--contract", "--contract-endpoint=same").assert_outcomes(passed=1)


def test_in_python_a_test_can_ask_the_judge_too(shop, pytester):
    pytester.makepyfile(
        test_shop=f"""
        import pytest
        from pytest_behavior_contract import clause

        @clause(assumes="A refund is offered.")
        def test_refunds(endpoint):
            reply = endpoint.ask("My chair broke again.")
            verdict = endpoint.check(reply, judged="{RUBRIC}", contains="Sorry")
            assert verdict.passed, verdict.evidence

        @clause(assumes="A refund is offered.")
        def test_no_refund(endpoint):
            verdict = endpoint.check(endpoint.ask("My chair broke."), judged={{"rubric": "{RUBRIC}"}})
            assert verdict.passed, verdict.evidence

        @clause(assumes="A refund is offered.")
        def test_no_verdict(endpoint):
            assert endpoint.check(endpoint.ask("Hi"), judged={{"rubric": "x", "by": "swapped"}}).passed

        def test_wrong(endpoint):
            reply = endpoint.ask("Hi")
            for wrong in ({{"judget": 1}}, {{"judged": {{}}}}, {{"any": []}}):
                with pytest.raises(ValueError):
                    endpoint.check(reply, **wrong)
        """
    )
    pytester.path.joinpath("shop.contract.yaml").unlink(missing_ok=True)

    def run(*arguments):
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    run("--contract-record=missing").assert_outcomes(passed=2, failed=1, errors=1)
    result = run("--contract", "-v")
    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*judge gave no verdict*", "*AssertionError at test_shop.py*"])
    result.stdout.fnmatch_lines(["note: shop/refunds at shop: as judged by keyword*"])
    assert len(lines(pytester, "keyword/shop/refunds@shop.jsonl")) == 23


def test_a_budget_is_kept_in_python_too(shop, pytester):
    pytester.makepyfile(
        test_shop="""
        def test_refunds(endpoint):
            assert endpoint.check(endpoint.ask("My chair broke again."), judged="It is kind.").passed
        """
    )
    toml = pytester.path / "pyproject.toml"
    toml.write_text(toml.read_text().replace(':shop"}', ':shop", price = {input = 0, output = 0}}'))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--contract-record=missing", "--contract-budget=1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*not asked: the price of models:keyword is not known, so a budget in dollars*"])


@pytest.mark.parametrize("judge", ["keyword", "vendor"])
def test_batches_are_collected_first_and_then_the_judge_is_asked_in_its_own_way(shop, pytester, server, judge):
    server.answer = lambda asked: (
        '{"verdict": "pass"}' if asked.body["messages"][0]["role"] == "system" else "A refund."
    )
    with BatchServer(server) as vendor:
        vendor.looks_needed = 1_000_000
        toml = pytester.path / "pyproject.toml"
        for name in ("prod", "vendor"):
            described = f'{name} = {{api = "openai-chat", model = "{name}", base_url = "{vendor.url}/v1"}}'
            toml.write_text(f"{toml.read_text()}\n{described}\n")
        run = shop(contract(f'judged: {{rubric: "{RUBRIC}", by: {judge}}}'))
        screens = []
        for _ in range(6):
            screens.append(run("--contract-batch", "--contract-endpoint=prod", "-v"))
            vendor.looks_needed = 1
            if screens[-1].ret == 0:
                break
        screens[-1].assert_outcomes(passed=1)
        assert "batch under way" in screens[0].stdout.str()
        assert vendor.created == (2 if judge == "vendor" else 1)
        assert len(lines(pytester, f"{judge}/shop/refunds@prod.jsonl")) >= 23
        run("--contract", "--contract-endpoint=prod").assert_outcomes(passed=1)


def test_ctrl_c_while_a_judge_thinks_reports_what_is_known_and_goes_on_from_there(shop, pytester, server):
    server.answer = lambda asked: '{"verdict": "pass"}' if asked.number < 6 else Raw(body="{}", wait_seconds=30)
    toml = pytester.path / "pyproject.toml"
    described = f'web = {{api = "openai-chat", model = "m", base_url = "{server.openai_url}", concurrency = 2}}'
    toml.write_text(f"{toml.read_text()}\n{described}\n")
    run = shop(contract(f'judged: {{rubric: "{RUBRIC}", by: web}}'))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--contract-record=missing"]
    process = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True, start_new_session=True)
    while len(server.asked) < 7:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    screen, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "interrupted: what has come by then is recorded" in " ".join(screen.split())
    recorded = len(lines(pytester, "web/shop/refunds@shop.jsonl"))
    assert recorded >= 5
    server.answer = lambda asked: '{"verdict": "pass"}'
    before = len(server.asked)
    run("--contract-record=missing").assert_outcomes(passed=1)
    assert len(server.asked) - before == 23 - recorded


def test_what_two_endpoints_and_a_twin_are_judged_by_is_planned_and_counted_once(shop, pytester):
    twin = f"  - id: twin\n    assumes: Likewise.\n    prompt: Try again.\n    expect: [{CALIBRATED}]\n"
    run = shop(contract(CALIBRATED, more="    contrast: twin\n") + twin)
    result = run("--contract-record=missing", "--contract-baseline=shop", "--contract-candidate=same")
    result.stdout.fnmatch_lines(
        ["plan: shop *about 69 calls,*", "plan: same *about 69 calls,*", "plan: keyword *about 378 calls,*"]
    )
    recorded = sum(len(path.read_text().splitlines()) for path in pytester.path.glob("cassettes/keyword/shop/*"))
    assert recorded == 2 * 120 + 2 * 2 * 25  # so many straight passes suffice through this judge
