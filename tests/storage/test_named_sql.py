"""Statements are found by name, and each says what it is for."""

import pytest

from hubbub.domain.queries import matches_like
from hubbub.storage.named_sql import parse
from hubbub.storage.patterns import has_wildcards, is_anything, prefix_of


def test_a_file_is_names_comments_and_statements() -> None:
    text = "-- name: one\n-- The first.\nSELECT 1;\n\n-- name: two\n-- The second,\n-- in two lines.\nSELECT\n  2;\n"
    assert list(parse(text)) == [("one", "SELECT 1"), ("two", "SELECT\n  2")]


def test_a_statement_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="says nowhere"):
        list(parse("-- name: one\nSELECT 1;\n"))


def test_nothing_stands_before_the_first_name() -> None:
    with pytest.raises(ValueError, match="no name"):
        list(parse("SELECT 1;\n-- name: one\n-- x\nSELECT 1;\n"))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a%", "abc", True),
        ("a%", "Abc", False),
        ("%c", "abc", True),
        ("a_c", "abc", True),
        ("a_c", "ac", False),
        ("%", "", True),
        ("", "", True),
        ("", "a", False),
        ("a.c", "abc", False),
        ("a%", "a\nb", True),
        ("%%%%%%%%%%%%%%%%%%%%%%%%b", "a" * 200, False),
        ("_", "é", True),
    ],
)
def test_like_is_sql_like_with_letter_case(pattern: str, text: str, matches: bool) -> None:
    assert matches_like(pattern, text) is matches


def test_patterns_say_what_they_ask_for() -> None:
    assert has_wildcards("a_")
    assert has_wildcards("%")
    assert not has_wildcards("a*?[")
    assert is_anything("%%")
    assert not is_anything("")
    assert not is_anything("_%")
    assert [prefix_of(p) for p in ("ab%c", "_b", "abc", "%")] == ["ab", "", "abc", ""]
