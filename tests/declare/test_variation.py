"""Slots, cases and swaps."""

import pytest

from pytest_behavior_contract.declare.variation import UnknownSlot, fill, swapped, unique_ids


def test_slots_are_filled_wherever_they_stand():
    template = [{"role": "user", "content": "Hi {name}, {n} times"}]
    assert fill(template, {"name": "Ada", "n": 2}) == [{"role": "user", "content": "Hi Ada, 2 times"}]


@pytest.mark.parametrize("text", ['{"a": 1}', "{}", "{ name }", "{a b}", "{1}", "f(x) { return }"])
def test_braces_that_are_no_slot_are_left_alone(text):
    assert fill(text, {}) == text


def test_doubled_braces_stand_for_plain_ones():
    assert fill("{{name}} {name}", {"name": "x"}) == "{name} x"


def test_a_slot_without_a_value_is_named():
    with pytest.raises(UnknownSlot, match="mial"):
        fill("{mial}", {"mail": "x"})


def test_in_expectations_unknown_slots_are_left_alone():
    assert fill(r"\d{n} {{x}}", {}, strict=False) == r"\d{n} {{x}}"


def test_values_that_are_no_text_become_json():
    assert fill("{a} {b}", {"a": {"k": [1, None]}, "b": True}) == '{"k": [1, null]} true'


def test_a_value_with_braces_is_not_filled_again():
    assert fill("{a}", {"a": "{b}", "b": "x"}) == "{b}"


def test_swaps_of_one_slot_and_of_several():
    assert swapped({"city": ["Rome", "Oslo"]}) == [("Rome", {"city": "Rome"}), ("Oslo", {"city": "Oslo"})]
    pair = [{"name": "John", "he": "he"}, {"name": "Mary", "he": "she"}]
    assert swapped(pair) == [("John", pair[0]), ("Mary", pair[1])]


def test_sides_are_named_by_their_own_name_or_by_the_slot_that_fills_them():
    assert swapped({"request": {"left": "{a}", "right": "{b}"}}) == [
        ("left", {"request": "{a}"}),
        ("right", {"request": "{b}"}),
    ]
    assert [name for name, _ in swapped({"request": ["{a}", "{b}"]})] == ["a", "b"]
    assert [name for name, _ in swapped({"request": ["{a} now", "{{b}}"]})] == ["{a} now", "{{b}}"]


def test_ids_that_come_again_get_a_number():
    assert unique_ids(["a", "b", "a", "a"]) == ["a", "b", "a~2", "a~3"]
