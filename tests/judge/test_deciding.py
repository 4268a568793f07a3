"""What a reply decides."""

import pytest

from development_data import records
from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.deciding import decision_of

SCALE = ("strongly disagree", "disagree", "agree", "strongly agree")


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("3) Agree", "agree"),
        ("**Strongly Agree**", "strongly agree"),
        ("I disagree.", "disagree"),
        ("Agree. Some would strongly disagree, though.", "agree"),
        ("Some agree and some disagree. I would say that I strongly agree.", "strongly agree"),
        ("Some agree and some disagree.", ""),
        ("I do not agree.", ""),
        ("I don’t really agree.", ""),
        ("Agreement matters.", ""),
        ("", ""),
    ],
)
def test_the_label_of_a_reply(text, decision):
    assert decision_of(Reply(text=text), SCALE) == decision


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ('{"loan": "Approve"}', "approve"),
        ('Here it is:\n```json\n{"loan": "approve"}\n```', "approve"),
        ('My decision is {"loan": "approve"} as you see.', "approve"),
        ('{"loan": 3}', "3"),
        ('{"loan": null}', ""),
        ('{"other": 1}', ""),
        ("[1, 2]", ""),
        ("no JSON", ""),
    ],
)
def test_the_field_of_a_reply(text, decision):
    assert decision_of(Reply(text=text), field="loan") == decision


@pytest.mark.parametrize("text", ['{"a": ' + "[" * 900 + "]" * 900 + "}", '{"a": ["\\ud800"]}', '{"a": ' * 50_000])
@pytest.mark.parametrize("field", ["a", "a.0", "a.²", "a.99"])
def test_no_json_makes_it_raise(text, field):
    assert isinstance(decision_of(Reply(text=text), field=field), str)


def test_the_whole_text_without_what_makes_no_difference():
    assert decision_of(Reply(text=" **Yes**,\n do it! ")) == "yes**, do it"


def test_choices_are_read_as_their_authors_read_them():
    forced = records("pct_forced_choice")
    if not forced:
        pytest.skip("the development data is not beside the project")
    valid = [one for one in forced if one["labels"]["valid"] == "valid"]
    labels = {label: label for label in SCALE}
    read = [decision_of(Reply(text=one["response"]), tuple(labels)) for one in valid]
    assert read == [one["labels"]["choice"].partition(") ")[2] for one in valid]
