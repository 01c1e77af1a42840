"""Key presses in RTP: RFC 4733."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.rtp.errors import RtpParseError
from hubbub.protocol.rtp.telephone_event import DIGITS, TelephoneEvent, event_of, press


@given(st.integers(0, 255), st.integers(0, 65_535), st.booleans(), st.integers(0, 63))
def test_a_payload_is_read_back_as_written(event: int, duration: int, end: bool, volume: int) -> None:
    payload = TelephoneEvent(event, duration, end, volume)
    assert len(payload.build()) == 4
    assert TelephoneEvent.parse(payload.build()) == payload


def test_the_bytes_are_those_of_the_rfc() -> None:
    assert TelephoneEvent(11, 800, end=True, volume=7).build() == bytes.fromhex("0b 87 0320")


@given(st.binary(max_size=12))
def test_any_bytes_are_read_or_refused_by_name(payload: bytes) -> None:
    if len(payload) < 4:
        with pytest.raises(RtpParseError):
            TelephoneEvent.parse(payload)
    else:
        assert 0 <= TelephoneEvent.parse(payload).event < 256


def test_sixteen_events_are_keys_and_the_rest_are_not() -> None:
    assert [TelephoneEvent(code, 0).digit for code in range(16)] == list(DIGITS)
    assert TelephoneEvent(16, 0).digit is None
    assert event_of("#") == 11
    assert event_of("d") == 15


@pytest.mark.parametrize("digit", ["", "x", "12", "é"])
def test_what_is_no_key_is_refused(digit: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        event_of(digit)


def test_a_press_counts_up_marks_its_first_packet_and_ends_three_times() -> None:
    packets = press("5", 100)
    assert [p.offset_ms for p in packets] == [0, 20, 40, 60, 80, 100, 120]
    assert [p.marker for p in packets] == [True] + [False] * 6
    assert [p.payload.end for p in packets] == [False] * 4 + [True] * 3
    assert [p.payload.duration_rtp for p in packets] == [160, 320, 480, 640, 800, 800, 800]
    assert {p.payload.digit for p in packets} == {"5"}


def test_the_shortest_press_is_three_ends_of_which_the_first_is_marked() -> None:
    packets = press("1", 20)
    assert [(p.marker, p.payload.end) for p in packets] == [(True, True), (False, True), (False, True)]


@pytest.mark.parametrize("duration_ms", [0, 19, 8200])
def test_a_press_that_does_not_fit_is_refused(duration_ms: int) -> None:
    with pytest.raises(ValueError, match="press lasts"):
        press("1", duration_ms)
