"""Dates are exact, UTC, and strict where the vendors are."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.shared.dates import DAY_MS, LAST_MS, iso_ms, iso_s, parse_day, parse_iso, rfc2822

MOMENTS = st.integers(min_value=0, max_value=LAST_MS)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=at_ms)


def test_rfc2822_has_two_digits_for_the_day_unless_told() -> None:
    at_ms = parse_iso("2021-01-01T11:23:45Z")
    assert at_ms is not None
    assert rfc2822(at_ms) == "Fri, 01 Jan 2021 11:23:45 +0000"
    assert rfc2822(at_ms, padded=False) == "Fri, 1 Jan 2021 11:23:45 +0000"


@given(MOMENTS)
def test_rfc2822_agrees_with_the_standard_library(at_ms: int) -> None:
    text = rfc2822(at_ms)
    assert text == format_datetime(moment(at_ms).replace(microsecond=0))
    assert parsedate_to_datetime(text) == moment(at_ms - at_ms % 1000)


@given(MOMENTS)
def test_iso_text_is_read_back(at_ms: int) -> None:
    assert parse_iso(iso_ms(at_ms)) == at_ms
    assert parse_iso(iso_s(at_ms)) == at_ms - at_ms % 1000
    assert iso_ms(at_ms) == moment(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - the strategy wants it naive
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
    )
)
def test_zones_are_taken_into_account(at: datetime) -> None:
    assert parse_iso(at.isoformat(timespec="milliseconds")) == (at - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("2024-02-29", "2024-02-29T00:00:00.000Z"),
        ("2024-02-29T10:11", "2024-02-29T10:11:00.000Z"),
        ("2024-02-29 10:11:12", "2024-02-29T10:11:12.000Z"),
        ("2024-02-29T10:11:12.3456789Z", "2024-02-29T10:11:12.345Z"),
        ("2024-02-29T10:11:12+0530", "2024-02-29T04:41:12.000Z"),
        ("2024-02-29T10:11:12-05", "2024-02-29T15:11:12.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ],
)
def test_iso_forms(text: str, same_as: str) -> None:
    assert parse_iso(text) == parse_iso(same_as) is not None


@pytest.mark.parametrize(
    "text",
    ["", "2023-02-29", "2024-13-01", "2024-00-10", "0000-01-01", "2024-1-1", "2024-01-01T24:00:00Z", "²024-01-01",
     "2024-01-01T10:60Z", "2024-01-01T10:00:00+25:00", "2024-01-01Z", "Fri, 01 Jan 2021 11:23:45 +0000", " 2024-01-01"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    assert parse_iso(text) is None
    assert parse_day(text) is None


@given(st.dates())
def test_a_day_is_its_midnight(day: object) -> None:
    at_ms = parse_day(str(day))
    assert at_ms is not None
    assert at_ms % DAY_MS == 0
    assert iso_s(at_ms) == f"{day}T00:00:00Z"


@given(st.text(alphabet="0123456789-TZ:+. ²", max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    parsed = parse_iso(text)
    assert parsed is None or isinstance(parsed, int)
    assert parse_day(text) is None or parse_day(text) == parsed
