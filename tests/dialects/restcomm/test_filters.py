"""LIKE patterns and lenient dates.

Patterns are SQL's (ISO 9075-2 §8.5) without an escape character; dates are java.text.SimpleDateFormat's.
"""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.restcomm.errors import Refused
from hubbub.dialects.restcomm.filters import read_day
from hubbub.domain.queries import matches_like


@given(st.text("ab%_", max_size=8), st.text("ab%_", max_size=10))
def test_like_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    translated = "".join({"%": ".*", "_": "."}.get(ch, re.escape(ch)) for ch in pattern)
    assert matches_like(pattern, text) == (re.fullmatch(translated, text, re.DOTALL) is not None)


def test_a_hostile_pattern_costs_no_more_than_its_length_allows() -> None:
    assert not matches_like("%a" * 5000 + "b", "a" * 20)


def day(text: str) -> str:
    at_ms = read_day([("DateCreated", text)], "DateCreated")
    assert at_ms is not None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-05-31", "2016-05-31"),
        ("2016-5-31", "2016-05-31"),
        (" 2016-05-31", "2016-05-31"),
        ("2016-05-31T10:00:00", "2016-05-31"),
        ("2016-05-31 10:00", "2016-05-31"),
        ("2016-05-31T10:00:00.000Z", "2016-05-31"),
        ("2016-13-45", "2017-02-14"),
        ("2016-02-30", "2016-03-01"),
        ("2016-00-01", "2015-12-01"),
        ("2016-01-00", "2015-12-31"),
    ],
)
def test_a_lenient_date_is_read_from_the_front_and_rolls_over(text: str, expected: str) -> None:
    assert day(text) == f"{expected}T00:00:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2016",
        "2016-05",
        "20160531",
        "31/05/2016",
        "x2016-05-31",
        "0-0-0",
        "999999-999999-999999",
        "٢٠١٦-٠٥-٣١",
    ],
)
def test_a_date_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        day(text)
    assert caught.value.response.status == 400


@given(st.text("0123456789- T:", max_size=24) | st.text(max_size=24))
def test_any_text_is_a_day_or_a_refusal(text: str) -> None:
    at_ms: int | None = 0
    status = 400
    try:
        at_ms = read_day([("DateCreated", text)], "DateCreated")
    except Refused as refused:
        status = refused.response.status
    assert at_ms is not None
    assert (at_ms % 86_400_000, status) == (0, 400)
