"""YAML to plain data, whatever the text holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_behavior_contract.declare.document import DocumentError, parse


def test_plain_values_are_those_of_yaml_1_2():
    document = parse("a: [yes, no, true, ~, 3, -4, 0x1f, 0o17, 1.5, 1e3, 2027-06-01, '7', 1_000]")
    assert document.content["a"] == ["yes", "no", True, None, 3, -4, 31, 15, 1.5, 1000.0, "2027-06-01", "7", "1_000"]


def test_every_key_and_item_has_its_line():
    document = parse("a: 1\nb:\n  - x\n  - c: 2\n")
    assert document.line(("b",)) == 2
    assert document.line(("b", 1, "c")) == 4
    assert document.line(("b", 1, "c", "deeper")) == 4
    assert document.line(("nowhere",)) == 1


def test_aliases_stand_for_what_they_name():
    assert parse("a: &x {k: 1}\nb: *x\nc: &t text\nd: *t").content == {
        "a": {"k": 1},
        "b": {"k": 1},
        "c": "text",
        "d": "text",
    }


def test_a_key_that_stands_twice_is_noted():
    assert parse("a: 1\na: 2").duplicate_keys == ((("a",), 2),)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [1, 2", 2, "is not YAML"),
        ("a: 1\n b: 2\n", 2, "is not YAML"),
        ("a: 1\n---\nb: 2", 2, "a second document"),
        ("a: !!python/object/apply:os.system [ls]", 1, "not allowed"),
        ("a: !mine x", 1, "not allowed"),
        ("a: *nothing", 1, "names nothing"),
        ("a: &a [*a]", 1, "names nothing"),
        ("? [a, b]\n: c", 1, "key must be plain text"),
        ("\x00", 1, "is not YAML"),
        ("[" * 100, 1, "levels deep"),
        ("- " * 5000, 1, "levels deep"),
    ],
)
def test_everything_else_is_an_error_with_a_line(text, line, message):
    with pytest.raises(DocumentError, match=message) as caught:
        parse(text)
    assert caught.value.line == line


def test_a_bomb_of_aliases_is_refused_before_it_goes_off():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(DocumentError, match="expands to more than"):
        parse("\n".join(lines))


def test_an_empty_text_is_nothing():
    assert parse("").content is None
    assert parse("# only a comment\n").content is None


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text):
    try:
        parse(text)
    except DocumentError as error:
        assert error.line >= 1
