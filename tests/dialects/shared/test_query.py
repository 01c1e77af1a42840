"""Query strings keep what was sent."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.shared.query import (
    count_pairs,
    decode_path,
    encode_query,
    first,
    last,
    parse_form,
    parse_query,
)


def test_order_and_duplicates_are_kept() -> None:
    assert parse_query("b=1&a=2&b=3") == [("b", "1"), ("a", "2"), ("b", "3")]
    assert first(parse_query("b=1&b=3"), "b") == "1"
    assert last(parse_query("b=1&b=3"), "b") == "3"
    assert last(parse_query("b=1"), "a") is None


def test_a_raw_inequality_is_a_parameter_whose_name_ends_in_the_sign() -> None:
    assert parse_query("DateCreated>=2009-07-06") == [("DateCreated>", "2009-07-06")]
    assert parse_query("DateCreated%3C=2009-07-06") == [("DateCreated<", "2009-07-06")]


def test_an_empty_value_is_not_an_absent_one() -> None:
    assert parse_query("WaitUrl=&&x") == [("WaitUrl", ""), ("x", "")]
    assert parse_query("") == []


def test_plus_is_a_space_in_a_query_and_a_plus_in_a_path() -> None:
    assert parse_query("a+b=%2B1+2") == [("a b", "+1 2")]
    assert decode_path("a+b%20c") == "a+b c"


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    assert parse_query("a=%ff") == [("a", "\ufffd")]
    assert parse_form(b"a=\xff%zz") == [("a", "\ufffd%zz")]


def test_pairs_are_counted_without_decoding() -> None:
    assert count_pairs("") == 0
    assert count_pairs("a=1&b=2&c") == 3


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_encoding_is_undone_by_parsing(pairs: list[tuple[str, str]]) -> None:
    clean = [tuple(part.encode("utf-8", "replace").decode() for part in pair) for pair in pairs]
    assert parse_query(encode_query(pairs)) == clean


@given(st.text())
def test_any_text_parses(text: str) -> None:
    assert len(parse_query(text)) <= count_pairs(text)
