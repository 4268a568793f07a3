"""Probes in a run of pytest: asked first, decided without statistics, and shown as a table."""

import json

import pytest

from batch_server import BatchServer
from model_server import Say, error

CONTRACT = """
contract: shop
clauses:
  - {id: says-yes, assumes: It says yes., prompt: Is it?, expect: [{contains: "Yes"}]}
  - id: taken
    assumes: Our requests are taken.
    request: {temperature: 0, stop: [END], max_completion_tokens: 20}
    probe: [whole, parts, prefill]
    expect: [honours]
"""


@pytest.fixture
def shop(pytester, server):
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
        '[tool.behavior-contract]\nendpoint = "prod"\n'
        f'[tool.behavior-contract.endpoints]\nprod = {{api = "openai-chat", model = "m", base_url = "{server.openai_url}"}}\n'
    )
    pytester.path.joinpath("shop.contract.yaml").write_text(CONTRACT)
    return lambda *arguments: pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def strict(asked):
    if "temperature" in asked.body:
        return error(400, "Unsupported value. Only the default is supported.", param="temperature")
    return Say("one END two" if "stop" in asked.body else "Yes.")


def test_probes_are_asked_before_anything_else(shop, server):
    shop("--contract-record=missing").assert_outcomes(passed=2)
    asked = [asked.prompt for asked in server.asked]
    assert "Is it?" not in asked[:5]
    assert set(asked[5:]) == {"Is it?"}


@pytest.mark.parametrize("more", [(), ("-n", "2")])
def test_the_table_stands_on_the_screen_and_in_the_report(shop, server, pytester, more):
    server.answer = strict
    result = shop("--contract-record=missing", "--contract-report", "report.json", *more)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*cause*parameter rejected: temperature (2), ignored: stop (1)",
            "*mend*leave temperature out: only its default is taken",
            "probes of shop/taken*prod*",
            "  all together * rejected  Unsupported value. Only the default is *",
            "  temperature: 0 * rejected  Unsupported value*",
            "  stop: ?\"END\"? * ignored   the text goes on behind 'END'*",
            "  max_completion_tokens: 20  accepted*",
            "  assistant prefill * accepted*",
        ]
    )
    report = json.loads(pytester.path.joinpath("report.json").read_text())
    outcome = next(one for one in report["runs"][0]["outcomes"] if one["clause"] == "shop/taken")
    assert [(one["what"], one["result"], one["parameter"]) for one in outcome["probes"]] == [
        ("all together", "rejected", "temperature"),
        ("temperature: 0", "rejected", "temperature"),
        ('stop: ["END"]', "ignored", "stop"),
        ("max_completion_tokens: 20", "accepted", ""),
        ("assistant prefill", "accepted", ""),
    ]
    assert outcome["probes"][0]["words"] == "Unsupported value. Only the default is supported."


def test_what_the_probes_find_is_replayed_without_a_call(shop, server):
    server.answer = strict
    shop("--contract-record=missing")
    before = len(server.asked)
    result = shop("--contract")
    result.stdout.fnmatch_lines(["probes of shop/taken*prod*", "  all together * rejected *"])
    assert len(server.asked) == before


def test_what_a_probe_proves_is_the_mend(shop, server, pytester):
    text = CONTRACT.replace("[whole, parts, prefill]", "[whole, without]").replace("[honours]", "[accepted]")
    pytester.path.joinpath("shop.contract.yaml").write_text(text)
    server.answer = lambda asked: error(400, "no") if {"temperature", "stop"} <= {*asked.body} else "Yes."
    result = shop("--contract-record=missing", "-k", "taken")
    result.stdout.fnmatch_lines(["*mend*leave temperature or stop out: all the rest together is accepted"])


def test_the_plan_counts_both_requests_and_leaves_out_what_the_api_has_no_word_for(shop, server, pytester):
    pytester.path.joinpath("shop.contract.yaml").write_text(
        "contract: shop\nclauses:\n  - id: x\n    assumes: It is taken.\n    parameters: {top_k: 3, temperature: 0}\n"
        "    probe: [parts, image, round-trip]\n    expect: [accepted]\n"
    )
    result = shop("--contract-record=missing")
    result.stdout.fnmatch_lines(["plan: prod (m)  about 2 calls, at most 2 *", "*openai-chat has no top_k (2)*"])
    assert len(server.asked) == 2


def test_two_requests_are_two_batches(pytester, server):
    server.answer = lambda asked: "It is."
    with BatchServer(server) as vendor:
        vendor.looks_needed = 1
        pytester.makepyprojecttoml(
            '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
            '[tool.behavior-contract]\nendpoint = "prod"\n[tool.behavior-contract.endpoints]\n'
            f'prod = {{api = "openai-chat", model = "m", base_url = "{vendor.url}/v1"}}\n'
        )
        pytester.path.joinpath("shop.contract.yaml").write_text(
            "contract: shop\nclauses:\n  - {id: x, assumes: It goes round., prompt: Is it?, expect: [round_trips]}\n"
        )
        for arguments in (["--contract-batch", "--contract-batch-wait=5"], ["--contract"]):
            pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments).assert_outcomes(passed=1)
        assert vendor.created == 2


def test_a_probe_that_is_never_answered_is_unknown_and_no_yes(shop, server):
    server.answer = lambda asked: error(500, "out of order") if "stop" in asked.body else "Yes."
    result = shop("--contract-record=missing", "--contract-endpoint", "prod", "-k", "taken")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*stop: ?"END"?*unknown   HTTP 500*'])
