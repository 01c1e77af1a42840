"""Bandwidth ids are a spelling of ours: reversible, and of exactly the vendor's lengths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.cast import call
from hubbub.dialects.bandwidth.ids import CALL, CONFERENCE, call_text, parse, render, unknown_call_text
from hubbub.domain.ids import CallId

hex32 = st.text("0123456789abcdef", min_size=32, max_size=32)
site = st.text("0123456789abcdef", min_size=8, max_size=8)


@given(site, hex32)
def test_a_conference_id_has_50_characters_and_a_call_id_47(site: str, hex32: str) -> None:
    assert len(render(CONFERENCE, site, hex32)) == 50
    assert len(render(CALL, site, hex32)) == 47


@given(st.sampled_from([CONFERENCE, CALL]), site | st.just(""), hex32)
def test_every_id_reads_back_as_what_it_was_made_of(prefix: str, site: str, hex32: str) -> None:
    assert parse(prefix, render(prefix, site, hex32)) == (site, hex32)


def test_the_form_of_2020_has_41_characters_and_no_site() -> None:
    text = "conf-04c62a3d-1cd6-4bb9-8c91-27ed04140964"
    assert len(text) == 41
    assert parse(CONFERENCE, text) == ("", "04c62a3d1cd64bb98c9127ed04140964")


def test_the_vendors_own_examples_are_understood() -> None:
    assert parse(CONFERENCE, "conf-95ac8d8d-28e06798-2afe-434c-b0f4-666a79cd47f8") == (
        "95ac8d8d",
        "28e067982afe434cb0f4666a79cd47f8",
    )
    assert parse(CALL, "c-95ac8d8d-b81437f5-4586-4d5b-9b46-29f8b3fe0aaf") == (
        "95ac8d8d",
        "b81437f545864d5b9b4629f8b3fe0aaf",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Conf-id",
        "conf-",
        "conf-95ac8d8d-28e06798-2afe-434c-b0f4-666a79cd47f",
        "conf-95ac8d8d-28e06798-2afe-434c-b0f4-666a79cd47f80",
        "conf-95ac8d8d_28e06798-2afe-434c-b0f4-666a79cd47f8",
        "conf-95AC8D8D-28e06798-2afe-434c-b0f4-666a79cd47f8",
        "conf-95ac8d8d-28E06798-2afe-434c-b0f4-666a79cd47f8",
        "conf-95ac8d8d-28e067982-afe-434c-b0f4-666a79cd47f8",
        "conf-95ac8d8g-28e06798-2afe-434c-b0f4-666a79cd47f8",
        "c-95ac8d8d-28e06798-2afe-434c-b0f4-666a79cd47f8",
        "CF28e067982afe434cb0f4666a79cd47f8",
    ],
)
def test_a_malformed_conference_id_is_none(text: str) -> None:
    assert parse(CONFERENCE, text) is None


@given(st.text(max_size=60))
def test_what_parses_is_printed_the_same(text: str) -> None:
    parsed = parse(CONFERENCE, text)
    assert parsed is None or render(CONFERENCE, parsed.site, parsed.id) == text


def test_a_call_keeps_the_id_an_import_gave_it() -> None:
    given_id = "ID" + "1" * 32 + "-CA" + "2" * 32
    assert call_text(call(CallId("2" * 32), given_id=given_id), "00000001") == given_id


def test_a_call_of_another_site_keeps_its_site() -> None:
    assert call_text(call(CallId("2" * 32), site="95ac8d8d"), "00000001").startswith("c-95ac8d8d-2222")


def test_a_call_that_is_not_stored_is_named_with_our_site() -> None:
    assert unknown_call_text(CallId("2" * 32), "00000001").startswith("c-00000001-2222")
