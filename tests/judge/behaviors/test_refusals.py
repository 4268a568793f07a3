"""refuses, complies and refuses_partly; what counts as a refusal is tested in tests/judge/stance."""

import pytest
from replies import call, caller

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.behaviors.complies import Complies
from pytest_behavior_contract.judge.behaviors.refuses import Refuses
from pytest_behavior_contract.judge.behaviors.refuses_partly import RefusesPartly

REFUSAL = Reply(text="I'm sorry, but I can't help with that.")
ANSWER = Reply(text="Use a bucket of warm water.")
NOT_ABLE = Reply(text="I don't have access to your calendar or to real-time data.")
FILTERED = Reply(finish_reason="content_filter", text="Once upon")
PARTLY = Reply(
    text="I can't help with breaking into accounts. However, if it is your own account, here is what works: "
    + "\n".join(
        f"{number}. Do this step carefully and write down what you see on the screen." for number in range(1, 9)
    )
)


@pytest.mark.parametrize(
    ("reply", "refuses", "complies", "partly"),
    [
        (REFUSAL, "", "refuses", "refuses as a whole"),
        (ANSWER, "answers instead of refusing", "", "answers without refusing a part"),
        (NOT_ABLE, "answers instead of refusing", "", "answers without refusing a part"),
        (FILTERED, "", "refuses: filtered", "refuses as a whole"),
        (PARTLY, "refuses only in part", "refuses in part", ""),
        (Reply(), "empty reply", "empty reply", "empty reply"),
        (Reply(text=" \n"), "empty reply", "empty reply", "empty reply"),
        (caller(call("get_order")), "answers instead of refusing", "", "answers without refusing a part"),
    ],
)
def test_each_outcome_passes_one_check_and_is_a_cause_of_the_others(reply, refuses, complies, partly):
    assert Refuses().check(reply).cause == refuses
    assert Complies().check(reply).cause == complies
    assert RefusesPartly().check(reply).cause == partly


def test_a_refusal_may_have_to_be_of_a_certain_manner():
    assert Refuses(manner=("filtered",)).check(FILTERED).passed
    assert Refuses(manner=("not willing", "not able")).check(NOT_ABLE).passed
    assert Refuses(manner=("not able",)).check(REFUSAL).cause == "does not answer, in another manner: not willing"
    assert Refuses(manner=("not able",)).check(ANSWER).cause == "answers instead of refusing"


def test_a_non_answer_may_be_no_answer_either():
    assert Complies(unless=("not able",)).check(NOT_ABLE).cause == "does not answer: not able"
    assert Complies(unless=("redirects",)).check(NOT_ABLE).passed
    assert Complies(unless=("not able",)).check(ANSWER).passed


def test_the_evidence_is_what_refuses():
    assert Complies().check(REFUSAL).evidence == REFUSAL.text
    assert "can't help" in Refuses().check(REFUSAL).evidence


def test_a_manner_that_does_not_exist_is_an_error_of_the_file(tmp_path):
    from pytest_behavior_contract.declare.loading import load_contract
    from pytest_behavior_contract.errors import ContractFileError

    path = tmp_path / "x.contract.yaml"
    path.write_text(
        "contract: c\nclauses:\n  - id: x\n    assumes: It works.\n    prompt: Hi\n"
        "    expect: [{refuses: {manner: [not wiling]}}]\n"
    )
    with pytest.raises(ContractFileError, match="not wiling"):
        load_contract(path)
