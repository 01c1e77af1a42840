"""A pattern means the same in the database and outside it."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.queries import matches_like
from hubbub.storage.engines.sqlite import SqliteConnection, word
from hubbub.storage.patterns import has_wildcards, is_anything, prefix_of

# NUL ends SQLite's patterns, and names have no control characters; surrogates are no text.
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
PATTERNS = st.text(st.sampled_from("%_aAbB*?[]^-é") | LETTERS, max_size=12)
NAMES = st.text(st.sampled_from("aAbB*?[]^-%_é") | LETTERS, max_size=12)
DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
CONNECTION = SqliteConnection(DATABASE, {})


@given(PATTERNS, NAMES)
def test_like_matches_what_sqlite_matches(pattern: str, name: str) -> None:
    sql = f"SELECT {word('matches', 'name')} FROM (SELECT ? AS name)"
    (matches,) = DATABASE.execute(sql, (CONNECTION.pattern(pattern), name)).fetchone()
    assert matches_like(pattern, name) is bool(matches)


@given(PATTERNS, NAMES)
def test_what_is_said_of_a_pattern_is_true_of_its_matches(pattern: str, name: str) -> None:
    matches = matches_like(pattern, name)
    if is_anything(pattern):
        assert matches
    if matches:
        assert name.startswith(prefix_of(pattern))
    if not has_wildcards(pattern):
        assert matches == (name == pattern)
