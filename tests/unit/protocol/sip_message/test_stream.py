"""Messages come out of a stream however it was cut (RFC 3261 §18.3, RFC 5626 §3.5.1)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.parser import SipLimits
from hubbub.protocol.sip.stream import (
    PING,
    PONG,
    MalformedReceived,
    PingReceived,
    PongReceived,
    StreamEvent,
    StreamFramer,
)


def message(number: int, body: bytes = b"", start: bytes = b"INFO sip:a@b SIP/2.0") -> bytes:
    return (
        start + b"\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK%d\r\nCSeq: %d INFO\r\nContent-Length: %d\r\n\r\n%b"
    ) % (number, number, len(body), body)


def describe(events: list[StreamEvent]) -> list[object]:
    """Events in comparable form."""
    described: list[object] = []
    for event in events:
        if isinstance(event, SipRequest | SipResponse):
            described.append((event.cseq.number, event.body))
        elif isinstance(event, MalformedReceived):
            described.append((event.error.reason, event.is_fatal))
        else:
            described.append(type(event))
    return described


SESSION = (
    PING
    + message(1)
    + message(2, b"v=0\r\n\r\nINFO sip:not@a.message SIP/2.0\r\n\r\n")
    + message(3, b"x", b"SIP/2.0 200 OK")
    + PING
    + message(4, b"lost", b"INFO <sip:a@b> SIP/2.0")
    + message(5)
)
EXPECTED = [
    PingReceived,
    (1, b""),
    (2, b"v=0\r\n\r\nINFO sip:not@a.message SIP/2.0\r\n\r\n"),
    (3, b"x"),
    PingReceived,
    ("URI without a scheme", False),
    (5, b""),
]


def test_a_stream_fed_whole() -> None:
    framer = StreamFramer()
    assert describe(framer.feed(SESSION)) == EXPECTED
    assert framer.is_idle


def test_a_stream_fed_byte_by_byte() -> None:
    framer = StreamFramer()
    events = [event for at in range(len(SESSION)) for event in framer.feed(SESSION[at : at + 1])]
    assert describe(events) == EXPECTED


@given(st.lists(st.integers(0, len(SESSION)), max_size=12))
def test_a_stream_cut_anywhere(cuts: list[int]) -> None:
    framer = StreamFramer()
    edges = [0, *sorted(cuts), len(SESSION)]
    events = [event for start, end in itertools.pairwise(edges) for event in framer.feed(SESSION[start:end])]
    assert describe(events) == EXPECTED


def test_trailing_bytes_wait_for_the_rest() -> None:
    framer = StreamFramer()
    assert describe(framer.feed(message(1) + message(2)[:20])) == [(1, b"")]
    assert not framer.is_idle
    assert describe(framer.feed(message(2)[20:])) == [(2, b"")]
    assert framer.is_idle


def test_a_message_is_given_only_with_all_its_body() -> None:
    framer = StreamFramer()
    whole = message(1, b"12345")
    assert framer.feed(whole[:-1]) == []
    assert not framer.is_idle
    assert describe(framer.feed(whole[-1:])) == [(1, b"12345")]


def test_the_side_that_opened_the_connection_hears_pongs() -> None:
    framer = StreamFramer(opened_by_us=True)
    assert describe(framer.feed(PONG + message(1) + b"\r")) == [PongReceived, (1, b"")]
    assert describe(framer.feed(b"\n")) == [PongReceived]


def test_half_a_ping_is_none() -> None:
    framer = StreamFramer()
    assert framer.feed(b"\r\n\r") == []
    assert framer.feed(b"\n") == [PingReceived()]
    assert describe(framer.feed(b"\r\n" + message(1) + b"\r\n" + message(2))) == [(1, b""), (2, b"")]
    assert describe(framer.feed(PING + PING)) == [PingReceived, PingReceived]


@pytest.mark.parametrize(
    "broken",
    [
        b"\n\n" + message(1),
        b"\rX" + message(1),
        message(1).replace(b"Content-Length: 0", b"X: 0"),
        message(1).replace(b"Content-Length: 0", b"Content-Length: x"),
        message(1).replace(b"Content-Length: 0", b"Content-Length: 1\r\nl: 2"),
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    ],
)
def test_a_lost_boundary_ends_the_stream(broken: bytes) -> None:
    framer = StreamFramer()
    (event,) = framer.feed(broken + message(2))
    assert isinstance(event, MalformedReceived)
    assert event.is_fatal
    assert framer.is_broken
    assert framer.feed(message(3)) == []


@pytest.mark.parametrize(
    "flood",
    [
        b"INFO sip:a@b SIP/2.0\r\n" + b"X: y\r\n" * 100,
        b"A" * 301,
        message(1, b"x" * 300),
        message(1, b"x" * 300)[:120],
    ],
)
def test_more_than_a_message_may_hold_ends_the_stream(flood: bytes) -> None:
    framer = StreamFramer(SipLimits(max_message_bytes=300))
    events = framer.feed(flood)
    assert [event.error.status for event in events if isinstance(event, MalformedReceived)] == [413]
    assert framer.is_broken


@given(
    st.lists(
        st.binary(max_size=40) | st.sampled_from([b"\r\n", message(1), b"Content-Length: 3\r\n\r\n"]),
        max_size=12,
    )
)
def test_any_bytes_become_events_and_never_an_error(chunks: list[bytes]) -> None:
    pieces, whole = StreamFramer(), StreamFramer()
    events = [event for chunk in chunks for event in pieces.feed(chunk)]
    assert describe_safely(events) == describe_safely(whole.feed(b"".join(chunks)))


def describe_safely(events: list[StreamEvent]) -> list[object]:
    return [
        event.to_bytes() if isinstance(event, SipRequest | SipResponse) else describe([event])[0]
        for event in events
    ]
