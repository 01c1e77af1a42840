"""Basic credentials in the charsets that clients send."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.shared.basic_auth import BasicCredentials, parse_basic


def header(text: str, charset: str = "utf-8") -> str:
    return "Basic " + b64encode(text.encode(charset)).decode()


def test_the_password_may_hold_colons() -> None:
    assert parse_basic(header("alice:a:b")) == BasicCredentials("alice", "a:b")


def test_utf8_is_tried_before_latin1() -> None:
    assert parse_basic(header("zoë:ß", "utf-8")) == BasicCredentials("zoë", "ß")
    assert parse_basic(header("zoë:ß", "latin-1")) == BasicCredentials("zoë", "ß")


def test_scheme_case_and_missing_padding_are_forgiven() -> None:
    assert parse_basic(header("a:b").replace("Basic", "bASIC").rstrip("=")) == BasicCredentials("a", "b")


@pytest.mark.parametrize(
    "value",
    ["", "Basic", "Basic ", "Bearer YTpi", "Basic !!!", header("nocolon"), header("a\x00:b"), "Basic é"],
)
def test_nonsense_is_nobody(value: str) -> None:
    assert parse_basic(value) is None


@given(st.text())
def test_no_header_raises(value: str) -> None:
    parse_basic(value)
    parse_basic("Basic " + value)
