"""Whatever is typed into a parameter is a value or a refusal."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.twilio.conferences import read_filters
from hubbub.dialects.twilio.errors import TwilioError
from hubbub.dialects.twilio.ids import path_segment, read_conference_sid
from hubbub.dialects.twilio.paging import make_token, read_token
from hubbub.dialects.twilio.parameters import read_count, read_days
from hubbub.dialects.twilio.representation import split_suffix
from hubbub.domain.paging import Cursor

IDS = st.text(alphabet="0123456789abcdef", min_size=32, max_size=32)
NAMES = st.sampled_from(
    ["Status", "FriendlyName", "DateCreated", "DateCreated<", "DateUpdated>", "PageSize", "Page", "PageToken"]
)


@given(st.sampled_from(["PA", "PB"]), st.integers(1 - 10**15, 10**15 - 1), IDS)
def test_a_token_names_the_place_it_was_made_from(kind: str, at_ms: int, digits: str) -> None:
    assert read_token(make_token(kind, "CF", Cursor(at_ms, digits)), "CF") == Cursor(at_ms, digits)


@given(st.text())
def test_any_token_is_a_place_or_a_refusal(text: str) -> None:
    for token in (text, "PACF" + text, f"PACF{'0' * 32}.{text}"):
        with suppress(TwilioError):
            assert abs(read_token(token, "CF").created_at_ms) < 10**15


@given(st.lists(st.tuples(NAMES, st.text(max_size=40))))
def test_any_query_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    with suppress(TwilioError):
        filters = read_filters("&".join(f"{name}={value}" for name, value in pairs))
        assert 1 <= filters.paging.request.size <= 1000
        assert filters.paging.request.offset >= 0
        assert filters.paging.request.offset == 0 or filters.paging.token is None


@given(st.dates(), st.dates(), st.dates())
def test_inequalities_only_ever_narrow(plain: object, after: object, before: object) -> None:
    alone = read_days({"DateCreated": str(plain)}, "DateCreated")
    both = read_days(
        {"DateCreated": str(plain), "DateCreated>": str(after), "DateCreated<": str(before)}, "DateCreated"
    )
    assert alone.from_ms is not None
    assert alone.until_ms is not None
    assert both.from_ms is not None
    assert both.until_ms is not None
    assert alone.from_ms <= both.from_ms
    assert both.until_ms <= alone.until_ms


@given(st.integers())
def test_a_count_is_read_up_to_a_billion(number: int) -> None:
    assert read_count({"Page": str(number)}, "Page") == max(min(number, 10**9), -(10**9))


@given(st.text())
def test_a_path_is_cut_at_its_suffix_only(text: str) -> None:
    stem, suffix = split_suffix("/a/" + text)
    assert stem + suffix == "/a/" + text
    assert suffix in ("", ".json", ".xml", ".csv")


@given(IDS)
def test_sids_are_our_ids_in_other_clothes(digits: str) -> None:
    assert read_conference_sid("CF" + digits) == digits
    assert path_segment("CA" + digits) == "CA" + digits
