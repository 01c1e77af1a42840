"""RTCP: RFC 3550 §6, read and written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.rtp.errors import RtpParseError
from hubbub.protocol.rtp.rtcp import (
    Bye,
    JitterEstimate,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SdesChunk,
    SenderReport,
    SourceDescription,
    UnknownRtcp,
    build_compound,
    ntp_from_ms,
    ntp_middle,
    parse_compound,
)

u32 = st.integers(0, 0xFFFF_FFFF)
blocks = st.lists(
    st.builds(
        ReportBlock, u32, st.integers(0, 255), st.integers(-(1 << 23), (1 << 23) - 1), u32, u32, u32, u32
    ),
    max_size=31,
).map(tuple)
senders = st.builds(SenderReport, u32, st.integers(0, (1 << 64) - 1), u32, u32, u32, blocks)
receivers = st.builds(ReceiverReport, u32, blocks)
items = st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=255)), max_size=4).map(tuple)
descriptions = st.builds(SourceDescription, st.lists(st.builds(SdesChunk, u32, items), max_size=5).map(tuple))
byes = st.builds(Bye, st.lists(u32, max_size=31).map(tuple), st.binary(max_size=255))
unknown = st.builds(
    UnknownRtcp, st.integers(204, 207), st.integers(0, 31), st.binary(max_size=5).map(lambda b: b * 4)
)
compounds = st.tuples(
    senders | receivers, st.lists(senders | receivers | descriptions | byes | unknown, max_size=5)
).map(lambda pair: (pair[0], *pair[1]))


@given(compounds)
def test_a_compound_packet_is_read_back_as_written(packets: tuple[RtcpPacket, ...]) -> None:
    datagram = build_compound(packets)
    assert len(datagram) % 4 == 0
    assert parse_compound(datagram) == packets


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused_by_name(datagram: bytes) -> None:
    try:
        packets = parse_compound(datagram)
    except RtpParseError:
        return
    assert packets


@given(compounds, st.data())
def test_a_damaged_report_is_read_or_refused_by_name(
    packets: tuple[RtcpPacket, ...], data: st.DataObject
) -> None:
    datagram = bytearray(build_compound(packets))
    for _ in range(data.draw(st.integers(1, 4))):
        datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RtpParseError):
        assert parse_compound(bytes(datagram))


def test_the_bytes_of_a_receiver_report_are_those_of_the_rfc() -> None:
    report = ReceiverReport(1, (ReportBlock(2, 64, -1, 0x1_0005, 7, 8, 9),))
    assert build_compound((report,)) == bytes.fromhex(
        "81c90007 00000001 00000002 40ffffff 00010005 00000007 00000008 00000009"
    )


def test_a_name_is_ended_by_a_zero_and_filled_to_the_word() -> None:
    assert SourceDescription.cname(1, "ab").build() == bytes.fromhex("81ca0003 00000001 01026162 00000000")
    assert SourceDescription.cname(1, "a").build() == bytes.fromhex("81ca0002 00000001 01016100")


def test_padding_at_the_end_is_taken_off() -> None:
    assert parse_compound(bytes.fromhex("a1cb0002 00000007 00000004")) == (Bye((7,)),)


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        ("", "empty"),
        ("81c9", "left over"),
        ("41c90001 00000001", "version 1"),
        ("80c90002 00000001", "does not fit"),
        ("81c90001 00000001", "shorter"),
        ("a0c90002 00000001 00000004 80c90001 00000001", "only the last"),
        ("a0c90001 00000000", "padding"),
        ("a0c90001 00000008", "padding"),
        ("81ca0001 00000001", "does not end"),
        ("81ca0002 00000001 01ff6100", "item"),
        ("81cb0002 00000001 ff000000", "reason"),
        ("80c90001 00000001" * 65, "more than 64"),
    ],
)
def test_lengths_that_do_not_add_up_are_refused(datagram: str, reason: str) -> None:
    with pytest.raises(RtpParseError, match=reason):
        parse_compound(bytes.fromhex(datagram))


@pytest.mark.parametrize(
    "packets",
    [
        (),
        (Bye((1,)),),
        (ReceiverReport(1 << 32),),
        (ReceiverReport(1, (ReportBlock(1, 256, 0, 0, 0, 0, 0),)),),
        (ReceiverReport(1, (ReportBlock(1, 0, 1 << 23, 0, 0, 0, 0),)),),
        (ReceiverReport(1), Bye((1,), b"x" * 256)),
        (ReceiverReport(1), SourceDescription((SdesChunk(1, ((0, b""),)),))),
        (ReceiverReport(1), UnknownRtcp(204, 32, b"")),
        (ReceiverReport(1), UnknownRtcp(204, 0, b"123")),
    ],
)
def test_our_own_mistakes_are_not_sent(packets: tuple[RtcpPacket, ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        build_compound(packets)


def test_times_of_the_wire_begin_in_1900() -> None:
    assert ntp_from_ms(0) == 2_208_988_800 << 32
    assert ntp_from_ms(500) == (2_208_988_800 << 32) + (1 << 31)
    assert ntp_middle(0x1122_3344_5566_7788) == 0x3344_5566


def test_even_arrivals_have_no_jitter_and_uneven_ones_approach_their_spread() -> None:
    even, uneven = JitterEstimate(), JitterEstimate()
    start = 0xFFFF_FF00  # the wrap must not count as jitter
    for n in range(500):
        even.add((start + 160 * n) % (1 << 32), 1000 + 160 * n)
        uneven.add((start + 160 * n) % (1 << 32), 1000 + 160 * n + 80 * (n % 2))
    assert even.jitter_rtp == 0
    assert 78 <= uneven.jitter_rtp <= 80
