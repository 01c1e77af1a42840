"""RTP packets: RFC 3550 §5.1, read and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.rtp.errors import RtpParseError
from hubbub.protocol.rtp.packet import (
    RtpExtension,
    RtpPacket,
    is_rtcp,
    sequence_distance,
    timestamp_distance,
)

words = st.integers(0, 0xFFFF_FFFF)
extensions = st.builds(
    RtpExtension,
    profile=st.integers(0, 0xFFFF),
    data=st.binary(max_size=40).map(lambda data: data[: len(data) // 4 * 4]),
)
packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp_rtp=words,
    ssrc=words,
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    csrc=st.lists(words, max_size=15).map(tuple),
    extension=st.none() | extensions,
)


def test_a_plain_packet_is_twelve_bytes_and_its_payload() -> None:
    packet = RtpPacket(
        payload_type=0, sequence=0x1234, timestamp_rtp=160, ssrc=0xDEADBEEF, payload=b"\xff" * 3
    )
    assert packet.build() == bytes.fromhex("80 00 1234 000000a0 deadbeef ffffff")


def test_every_field_has_its_place() -> None:
    datagram = bytes.fromhex("92 e5 0001 00000002 00000003 00000004 00000005 bede 0001 aabbccdd 99")
    assert RtpPacket.parse(datagram) == RtpPacket(
        payload_type=101,
        sequence=1,
        timestamp_rtp=2,
        ssrc=3,
        payload=b"\x99",
        marker=True,
        csrc=(4, 5),
        extension=RtpExtension(0xBEDE, bytes.fromhex("aabbccdd")),
    )


@given(packets, st.integers(1, 255))
def test_what_is_built_is_read_back_and_padding_never_reaches_the_payload(packet: RtpPacket, to: int) -> None:
    built = packet.build(padded_to=to)
    assert len(built) % to == 0
    assert RtpPacket.parse(built) == packet


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused_by_name(datagram: bytes) -> None:
    try:
        packet = RtpPacket.parse(datagram)
    except RtpParseError:
        return
    assert RtpPacket.parse(packet.build()) == packet


@given(packets, st.data())
def test_a_packet_cut_short_never_reads_past_its_end(packet: RtpPacket, data: st.DataObject) -> None:
    built = packet.build()
    cut = data.draw(st.integers(0, len(built) - len(packet.payload) - 1))
    with pytest.raises(RtpParseError):
        RtpPacket.parse(built[:cut])


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        ("", "too few"),
        ("80000001000000020000", "too few"),
        ("400000010000000200000003", "version 1"),
        ("c00000010000000200000003", "version 3"),
        ("8f0000010000000200000003", "contributing"),
        ("900000010000000200000003", "extension header"),
        ("900000010000000200000003bede000100", "1 words"),
        ("a00000010000000200000003", "padding"),
        ("a0000001000000020000000300", "0 bytes of padding"),
        ("a0000001000000020000000302", "2 bytes of padding"),
    ],
)
def test_counts_that_point_past_the_end_are_refused(datagram: str, reason: str) -> None:
    with pytest.raises(RtpParseError, match=reason):
        RtpPacket.parse(bytes.fromhex(datagram))


@pytest.mark.parametrize(
    "changes",
    [
        {"payload_type": 128},
        {"sequence": 65_536},
        {"timestamp_rtp": -1},
        {"ssrc": 1 << 32},
        {"csrc": (0,) * 16},
        {"extension": RtpExtension(0, b"123")},
        {"extension": RtpExtension(1 << 16, b"")},
    ],
)
def test_our_own_mistakes_are_not_sent(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"has|have|at most"):
        RtpPacket(0, 0, 0, 0)._replace(**changes).build()  # type: ignore[arg-type]


def test_rtcp_is_told_from_rtp_on_one_port() -> None:
    assert is_rtcp(bytes.fromhex("80c8"))
    assert not is_rtcp(RtpPacket(0, 0, 0, 0, marker=True).build())
    assert not is_rtcp(b"\x80")


@given(st.integers(0, 0xFFFF), st.integers(-0x8000, 0x7FFF))
def test_sequence_numbers_count_over_the_wrap(older: int, ahead: int) -> None:
    assert sequence_distance((older + ahead) % 65_536, older) == ahead


@given(words, st.integers(-(1 << 31), (1 << 31) - 1))
def test_timestamps_count_over_the_wrap(older: int, ahead: int) -> None:
    assert timestamp_distance((older + ahead) % (1 << 32), older) == ahead
