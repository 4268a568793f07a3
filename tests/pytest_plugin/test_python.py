"""Contracts written as tests: sync and async, with hypothesis, and around the application's own clients."""

import pytest

from model_server import Raw, Say


@pytest.fixture
def only_python(project):
    project.path.joinpath("orders.contract.yaml").unlink()
    return project


def tape(project, clause, endpoint="old", contract="orders"):
    return project.path / "cassettes" / endpoint / contract / f"{clause}.jsonl"


CLAUSE = """
import json
from pytest_behavior_contract import clause

@clause(assumes="A bare JSON object comes back.", relied_on_by="src/parse.py:3")
def test_bare_json(endpoint):
    assert json.loads(endpoint.ask("Give Ada as JSON.").text)["name"] == "Ada"
"""


def test_a_clause_is_run_once_a_sample_until_it_is_decided(only_python, run, record):
    only_python.makepyfile(test_orders=CLAUSE)
    record("old", "new").assert_outcomes(passed=1, failed=1)
    assert len(tape(only_python, "bare_json").read_text().splitlines()) == 23
    assert len(tape(only_python, "bare_json", "new").read_text().splitlines()) == 5
    result = run("--contract-baseline", "old", "--contract-candidate", "new")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "orders/bare_json is broken at new: 0 of 5 replies pass*",
            "*JSONDecodeError at test_orders.py:6 (5)",
            "can I move  old (models:old) → new (models:new) ?   NO",
            "1 broke *28 replayed, 0 live · $0.00",
            "*again *pytest --contract test_orders.py -k bare_json --contract-endpoint new",
        ]
    )
    assert result.ret == 1


def test_without_the_option_it_is_skipped_and_nothing_is_asked(only_python, run):
    only_python.makepyfile(test_orders=CLAUSE)
    result = run("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*a behavior contract; run it with: pytest --contract"])
    assert not only_python.path.joinpath("cassettes").exists()


def test_without_recordings_it_is_an_error_that_says_how_to_record(only_python, run):
    only_python.makepyfile(test_orders=CLAUSE)
    result = run("--contract")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*orders/bare_json could not be measured at old: missing recording*--contract-record=missing*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert result.ret == 1


def test_a_test_without_the_decorator_is_one_sample_that_passes_or_fails(only_python, record, run):
    only_python.makepyfile(
        test_orders='''
        def test_says_yes(endpoint):
            """The model agrees."""
            assert endpoint.ask("Is it so?").text == "Yes."

        def test_says_no(endpoint):
            assert endpoint.ask("Is it so?").text == "No."
        '''
    )
    record("old").assert_outcomes(passed=1, failed=1)
    assert len(tape(only_python, "says_yes").read_text().splitlines()) == 1
    result = run("--contract")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*orders/says_no is broken at old: 0 of 1 replies pass, 100% was promised, decided without statistics"]
    )


def test_async_tests_need_no_plugin_and_go_with_one(only_python, record, run):
    only_python.makepyfile(
        test_orders="""
        import asyncio, pytest
        from pytest_behavior_contract import clause

        @clause(assumes="It says yes.")
        async def test_alone(endpoint):
            replies = await asyncio.gather(endpoint.ask_async("One?"), endpoint.ask_async("Two?"))
            assert [reply.text for reply in replies] == ["Yes.", "Yes."]

        @pytest.mark.asyncio
        @clause(assumes="It says yes.")
        async def test_with_plugin(endpoint):
            await asyncio.sleep(0)
            assert endpoint.ask("Three?").text == "Yes."
        """
    )
    record("old").assert_outcomes(passed=2)
    assert len(tape(only_python, "alone").read_text().splitlines()) == 46
    run("--contract").assert_outcomes(passed=2)


GIVEN = """
from hypothesis import given, settings, strategies as st
from pytest_behavior_contract import clause

@clause(assumes="Whatever the number, it says yes.")
@given(number=st.integers(0, 10**9))
def test_numbers(endpoint, number):
    assert endpoint.ask(f"Is {number} a number?").text == "Yes."

@clause(assumes="A small choice is asked in rounds.")
@given(city=st.sampled_from(["Rome", "Oslo"]))
@settings(max_examples=500)
def test_cities(endpoint, city):
    assert endpoint.ask(f"Is {city} a city?").text == "Yes."
"""


def test_hypothesis_varies_the_prompts_and_replays_the_same_ones(only_python, record, run):
    only_python.makepyfile(test_orders=GIVEN)
    record("old").assert_outcomes(passed=2)
    numbers = tape(only_python, "numbers").read_text().splitlines()
    assert len(numbers) == 23
    assert len({line.split(":")[1] for line in numbers}) > 15
    assert len(tape(only_python, "cities").read_text().splitlines()) == 23
    run("--contract").assert_outcomes(passed=2)


def test_hypothesis_finds_a_rate_and_not_a_single_counterexample(only_python, record):
    only_python.makepyfile(
        test_orders="""
        from hypothesis import given, strategies as st
        from pytest_behavior_contract import clause

        @clause(assumes="Most numbers are fine.", rate=0.6, floor=0.3)
        @given(number=st.integers(0, 10**6))
        def test_most(endpoint, number):
            endpoint.ask(f"Is {number} a number?")
            assert number % 10 != 7

        @clause(assumes="All numbers are fine.")
        @given(number=st.integers(0, 10**6))
        def test_all(endpoint, number):
            endpoint.ask(f"Is {number} a number?")
            assert number % 2 == 0
        """
    )
    result = record("old")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*orders/all is broken at old: * replies pass*", "*cause *AssertionError at test_orders.py:14*"]
    )


def test_parameters_make_clauses_of_their_own(only_python, record, run):
    only_python.makepyfile(
        test_orders="""
        import pytest
        from pytest_behavior_contract import clause

        class TestCities:
            @pytest.mark.parametrize("city", ["Rome", "a/b: c"])
            @clause(assumes="It is a city.")
            def test_is_one(self, endpoint, city):
                assert endpoint.ask(f"Is {city} one?").text == "Yes."
        """
    )
    record("old").assert_outcomes(passed=2)
    run("--contract").assert_outcomes(passed=2)
    assert sorted(path.name for path in tape(only_python, "x").parent.iterdir()) == [
        "TestCities.is_one[Rome].jsonl",
        "TestCities.is_one[a%2Fb%3A c].jsonl",
    ]


def test_a_file_clause_and_a_test_lead_to_the_same_decision(project, record, run):
    project.makepyfile(test_orders=CLAUSE.replace('assumes="', 'id="as-a-test", assumes="'))
    record("old", "new")
    result = run("--contract-baseline", "old", "--contract-candidate", "new")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(["orders/bare-json *23/23*0/5*broke*", "orders/as-a-test *23/23*0/5*broke*"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('assumes=""', "assumes is empty"),
        ('assumes="x", rate=1.5', "rate should be above 0 and at most 1, is 1.5"),
        ('assumes="x", floor=0.99', "floor should be above 0 and at most the rate 0.95, is 0.99"),
        ('assumes="x", samples=0', "samples should be 'auto' or at least 1, is 0"),
        ('assumes="x", severity="bad"', "severity should be breaking, degrading or cosmetic, is 'bad'"),
        ('assumes="x", review_by="soon"', "Invalid isoformat string: 'soon'"),
    ],
)
def test_wrong_options_are_said_without_a_traceback(only_python, options, message):
    only_python.makepyfile(
        test_orders=f"from pytest_behavior_contract import clause\n@clause({options})\ndef test_x(endpoint): pass"
    )
    result = only_python.runpytest_inprocess("--contract")
    text = result.stdout.str() + result.stderr.str()
    assert message in text
    assert "Traceback" not in text
    assert result.ret == 4


def test_a_clause_without_the_fixture_is_said(only_python):
    only_python.makepyfile(
        test_orders="from pytest_behavior_contract import clause\n@clause(assumes='x')\ndef test_x(): pass"
    )
    result = only_python.runpytest_inprocess("--contract")
    assert "a clause needs the `endpoint` fixture" in result.stdout.str() + result.stderr.str()
    assert result.ret == 4


def test_a_project_with_an_endpoint_fixture_of_its_own_is_left_alone(only_python):
    only_python.makeconftest("import pytest\n@pytest.fixture\ndef endpoint(): return 5")
    only_python.makepyfile(test_own="def test_own(endpoint): assert endpoint == 5")
    only_python.runpytest_inprocess().assert_outcomes(passed=1)
    result = only_python.runpytest_inprocess("--contract")
    result.assert_outcomes(deselected=1)


def test_a_skip_within_a_clause_skips_it(only_python):
    only_python.makepyfile(
        test_orders="import pytest\nfrom pytest_behavior_contract import clause\n"
        "@clause(assumes='x')\ndef test_x(endpoint): pytest.skip('not today')"
    )
    only_python.runpytest_inprocess("--contract").assert_outcomes(skipped=1)


APP = """
import openai, anthropic
client = openai.OpenAI(api_key="key-of-the-app", base_url="http://127.0.0.1:9/v1")
claude = anthropic.Anthropic(api_key="key-of-the-app", base_url="http://127.0.0.1:9")

def order_of(question):
    reply = client.chat.completions.create(model="gpt-old", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content.strip()

def order_by_claude(question):
    reply = claude.messages.create(model="claude-old", max_tokens=50, messages=[{"role": "user", "content": question}])
    return reply.content[0].text.strip()

def forgiving(question):
    try:
        return order_of(question)
    except Exception:
        return "4711"
"""
TESTS = """
import app
from pytest_behavior_contract import clause

@clause(assumes="The order's number comes back.")
def test_order(endpoint):
    with endpoint.as_openai():
        assert app.order_of("Which order?") == "4711"

def test_forgiving(endpoint):
    with endpoint.as_openai():
        assert app.forgiving("Which order now?") == "4711"
"""


@pytest.fixture
def application(only_python, server):
    only_python.makepyfile(app=APP, test_app=TESTS)
    only_python.makepyprojecttoml(
        f"""
        [tool.pytest.ini_options]
        asyncio_default_fixture_loop_scope = "function"
        [tool.behavior-contract]
        endpoint = "prod"
        [tool.behavior-contract.endpoints]
        prod = {{api = "openai-chat", model = "m-1", base_url = "{server.openai_url}", retries = 0}}
        claude = {{api = "anthropic-messages", model = "c-1", base_url = "{server.url}", retries = 0}}
        """
    )
    return only_python


def test_the_applications_own_client_is_recorded_and_replayed(application, server, run):
    server.answer = lambda asked: "4711"
    application.runpytest_subprocess("--contract-record=missing").assert_outcomes(passed=2)
    asked = len(server.asked)
    assert {request.body["model"] for request in server.asked} == {"m-1"}
    server.answer = lambda asked: Raw(status=500)
    run("--contract").assert_outcomes(passed=2)
    assert len(server.asked) == asked
    found = [path for path in application.path.rglob("*") if path.is_file() and "cassettes" in path.parts]
    assert found
    assert all("key-of-the-app" not in path.read_text() for path in found)


def test_a_fallback_of_the_application_does_not_make_a_missing_recording_green(application):
    result = application.runpytest_subprocess("--contract")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*app/forgiving could not be measured at prod: missing recording*"])


def test_an_anthropic_application_at_an_anthropic_endpoint(application, server):
    application.makepyfile(
        test_app="""
        import app
        from pytest_behavior_contract import clause

        @clause(assumes="The order's number comes back.", samples=20)
        def test_order(endpoint):
            with endpoint.as_anthropic():
                assert app.order_by_claude("Which order?") == "4711"
        """
    )
    server.answer = lambda asked: Say("4711")
    result = application.runpytest_subprocess("--contract-endpoint=claude", "--contract-record=missing")
    result.assert_outcomes(passed=1)
    application.runpytest_subprocess("--contract-endpoint=claude").assert_outcomes(passed=1)


def test_an_openai_application_is_not_sent_to_another_vendors_endpoint(application):
    result = application.runpytest_subprocess("--contract-endpoint=claude", "--contract-record=missing")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*as_openai() at an endpoint that does not speak openai's API*"])


def test_a_break_names_the_applications_own_line_and_the_question(application, server):
    application.makepyfile(
        test_app="""
        import json, app
        from pytest_behavior_contract import clause

        def read(question):
            return json.loads(app.order_of(question))

        @clause(assumes="The order's number comes back as JSON.")
        def test_order(endpoint):
            with endpoint.as_openai():
                read("Which order?")
        """
    )
    server.answer = lambda asked: "no JSON"
    result = application.runpytest_subprocess("--contract-record=missing")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*cause *JSONDecodeError at test_app.py:5 (5)", "*prompt *Which order?"])


def test_a_call_outside_of_a_block_goes_to_nobody(application, server):
    application.makepyfile(
        test_app=f"""
        import openai
        from pytest_behavior_contract import clause

        client = openai.OpenAI(api_key="key-of-the-app", base_url="{server.openai_url}")

        def asked():
            return client.chat.completions.create(model="m", messages=[{{"role": "user", "content": "Hi"}}])

        @clause(assumes="It forgets the block.")
        def test_forgotten(endpoint):
            asked()

        @clause(assumes="It swallows what it gets.")
        def test_swallowed(endpoint):
            with endpoint.as_openai():
                asked()
            try:
                asked()
            except Exception:
                pass
        """
    )
    result = application.runpytest_subprocess("--contract-record=missing")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*openai was called outside of a block: put the call inside *as_openai():*"])
    assert {request.body["model"] for request in server.asked} <= {"m-1"}


def test_tools_may_be_given_in_any_vendors_form(application, server):
    application.makepyfile(
        test_app="""
        def test_tools(endpoint):
            assert endpoint.ask("Hi", tools=[{"type": "function", "function": {"name": "look"}}]).text
        """
    )
    server.answer = lambda asked: "Yes"
    application.runpytest_subprocess("--contract-record=missing").assert_outcomes(passed=1)
    assert server.asked[0].body["tools"][0]["function"]["name"] == "look"


def test_an_application_needs_no_key_within_a_block(application, server, run, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "")
    application.makepyfile(
        test_app="""
        import openai
        from pytest_behavior_contract import clause

        @clause(assumes="It answers.")
        def test_keyless(endpoint):
            with endpoint.as_openai():
                made = openai.OpenAI().chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Is it?"}]
                )
            assert made.choices[0].message.content
        """
    )
    application.runpytest_subprocess("--contract-record=missing").assert_outcomes(passed=1)
    run("--contract").assert_outcomes(passed=1)


def test_a_test_that_asks_nothing_has_shown_nothing(only_python, run):
    only_python.makepyfile(
        test_orders="""
        from hypothesis import given, strategies as st
        from pytest_behavior_contract import clause

        @clause(assumes="It passes.")
        def test_passes(endpoint):
            assert endpoint.name

        @clause(assumes="It fails before it asks.")
        def test_fails(endpoint):
            raise RuntimeError("no configuration")

        @clause(assumes="It never asks.")
        @given(number=st.integers())
        def test_given(endpoint, number):
            assert endpoint.name
        """
    )
    result = run("--contract")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines_random(
        [
            "*orders/passes could not be measured at old: nothing was asked: the test ended without a reply",
            "*orders/fails could not be measured at old: nothing was asked: RuntimeError at *: no configuration",
            "*orders/given could not be measured at old: nothing was asked: the test ended without a reply",
        ]
    )


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_an_error_around_one_clause_makes_no_yes_of_the_others(only_python, record, run, when):
    before, after = ("raise RuntimeError", "pass") if when == "setup" else ("pass", "raise RuntimeError")
    only_python.makepyfile(
        test_orders=f"""
        import pytest
        from pytest_behavior_contract import clause

        @pytest.fixture
        def fragile():
            {before}
            yield
            {after}

        @clause(assumes="It says yes.")
        def test_fine(endpoint):
            assert endpoint.ask("Is it?").text == "Yes."

        @clause(assumes="It says yes.")
        def test_fragile(fragile, endpoint):
            assert endpoint.ask("Is it so?").text == "Yes."
        """
    )
    record("old", "new")
    result = run("--contract-baseline", "old", "--contract-candidate", "new")
    result.stdout.fnmatch_lines(["can I move *   COULD NOT TELL"])
    assert result.ret == 6
