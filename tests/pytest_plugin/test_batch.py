"""A run by batches: sent, left alone, and collected by the same command."""

import re

import pytest

from batch_server import BatchServer

CONTRACT = """
contract: shop
clauses:
  - {id: says-yes, assumes: It says yes., prompt: Is it?, expect: [{contains: "Yes"}]}
  - {id: says-no, assumes: It says no., prompt: Is it not?, expect: [{contains: "No"}]}
"""


@pytest.fixture
def vendor(server):
    with BatchServer(server) as running:
        yield running


@pytest.fixture(params=["openai-chat", "anthropic-messages"])
def shop(pytester, vendor, request):
    base_url = f"{vendor.url}/v1" if request.param == "openai-chat" else vendor.url
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
        f'[tool.behavior-contract]\nendpoint = "prod"\n[tool.behavior-contract.endpoints.prod]\n'
        f'api = "{request.param}"\nmodel = "m-1"\nbase_url = "{base_url}"\nprice = {{input = 1.0, output = 2.0}}\n'
        "parameters = {max_output_tokens = 50}\n"
    )
    pytester.path.joinpath("shop.contract.yaml").write_text(CONTRACT)
    return pytester


def test_the_first_run_sends_and_a_later_one_collects(shop, vendor):
    vendor.looks_needed = 1_000_000
    first = shop.runpytest_inprocess("-p", "no:cacheprovider", "--contract-batch")
    first.assert_outcomes(errors=2)
    assert re.search(r"0 live · \$0.00[1-9]", first.stdout.str())  # at most, as long as nothing has come back
    first.stdout.fnmatch_lines(["plan: prod (m-1) *", "*batch under way: *run the same command again to collect*"])
    assert first.ret == 1
    assert vendor.created == 1
    assert not list(shop.path.glob("cassettes/**/*.jsonl"))

    second = shop.runpytest_inprocess("-p", "no:cacheprovider", "--contract-batch", "-v")
    second.assert_outcomes(errors=2)
    assert "paid for live calls" not in second.stdout.str()
    vendor.looks_needed = 1
    third = shop.runpytest_inprocess("-p", "no:cacheprovider", "--contract-batch", "-v")
    third.stdout.fnmatch_lines(["batch * of prod: 46 of 46 answered, 46 recorded*"])
    third.assert_outcomes(passed=1, failed=1)
    third.stdout.fnmatch_lines(["in all*46 calls, 322 + 46 tokens, $0.00021"])
    assert vendor.created == 1
    assert not list(shop.path.glob(".behavior-contract/batches/*.json"))

    replayed = shop.runpytest_inprocess("-p", "no:cacheprovider", "--contract")
    replayed.assert_outcomes(passed=1, failed=1)
    replayed.stdout.fnmatch_lines(["*28 replayed, 0 live*"])


def test_who_waits_gets_the_answers_in_one_run(shop, vendor):
    vendor.looks_needed = 1
    result = shop.runpytest_inprocess("-p", "no:cacheprovider", "--contract-batch", "--contract-batch-wait=1", "-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*0 replayed, 46 live*", "in all*46 calls, 322 + 46 tokens, $0.00021"])


def test_what_cannot_be_batched_is_said_before_anything_is_sent(shop, vendor):
    result = shop.runpytest_inprocess("--contract-batch", "--contract-endpoint", "local-1")
    result.stderr.fnmatch_lines(["*--contract-batch: endpoint local-1: *"])
    assert result.ret == 4
    everything = shop.runpytest_inprocess("--contract-batch", "--contract-record=all")
    everything.stderr.fnmatch_lines(["*--contract-batch completes recordings over several runs*"])
    assert vendor.requests == []


def test_what_is_noted_of_a_batch_under_way_holds_no_secret(shop, vendor, monkeypatch):
    hidden = ("a-very-own-key-1234", "gateway-token-value-99", "query-signature-value-55")
    monkeypatch.setenv("OUR_KEY", hidden[0])
    toml = shop.path / "pyproject.toml"
    options = f'{{default_headers = {{x-gateway-token = "{hidden[1]}"}}, default_query = {{sig = "{hidden[2]}"}}}}'
    toml.write_text(f'{toml.read_text()}\napi_key_env = "OUR_KEY"\nclient_options = {options}\n')
    vendor.looks_needed = 1_000_000
    for _ in range(2):
        result = shop.runpytest_inprocess("-p", "no:cacheprovider", "--contract-batch", "-v")
        assert not [one for one in hidden if one in result.stdout.str()]
    states = [path for path in shop.path.glob(".behavior-contract/**/*") if path.is_file()]
    assert states
    for path in states:
        assert not [one for one in hidden if one.encode() in path.read_bytes()], path
