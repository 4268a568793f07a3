import pytest

from pytest_behavior_contract.ask.redaction import RESPONSE_HEADERS, find_secret, kept_headers

# Put together here, so that no scanner of repositories takes them for keys.
KEYS = ["sk-" + "a1" * 20, "ghp_" + "b2" * 18, "AKIA" + "C3" * 8, "AIza" + "d" * 35, "gsk_" + "e" * 30]
KEYS += ["xoxb-" + "1" * 12, "hf_" + "f" * 34, "Bearer " + "g" * 30, "eyJ" + "h" * 12 + "." + "i" * 12 + "." + "j" * 12]
KEYS += ["-----BEGIN RSA PRIVATE KEY-----"]


@pytest.mark.parametrize("key", KEYS)
def test_what_is_shaped_like_a_key_is_found_wherever_it_stands(key):
    assert find_secret({"the request": "fine", "the response": f'{{"text": "use {key} now"}}'}, ()) == "the response"


@pytest.mark.parametrize("text", ["", "sk-short", "a task-force", "ask-me-anything-about-this", "bearer of news"])
def test_ordinary_text_is_no_key(text):
    assert find_secret({"the response": text}, ()) == ""


def test_configured_values_are_found_and_short_ones_are_not_looked_for():
    assert find_secret({"a": "x hunter2hunter2 y"}, ["hunter2hunter2"]) == "a"
    assert find_secret({"a": "x yes y"}, ["yes"]) == ""


def test_only_headers_on_the_list_are_kept():
    headers = [("Content-Type", "json"), ("Set-Cookie", "s"), ("X-New", "?"), ("content-type", "too")]
    assert kept_headers(headers, RESPONSE_HEADERS) == {"content-type": ("json", "too")}
