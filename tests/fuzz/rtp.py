"""Fuzz RTP, RTCP and telephone events; and the WAV reader, which meets strangers' headers as they do.

python -m tests.fuzz.rtp --count 100000 --seed 1
"""

from __future__ import annotations

import numpy as np

from hubbub.audio.wav import WavRefused, read_wav, write_wav
from hubbub.protocol.rtp.errors import RtpParseError
from hubbub.protocol.rtp.packet import RtpExtension, RtpPacket
from hubbub.protocol.rtp.rtcp import (
    Bye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    UnknownRtcp,
    build_compound,
    parse_compound,
)
from hubbub.protocol.rtp.telephone_event import TelephoneEvent

from .runner import main

_BLOCK = ReportBlock(2, 1, -5, 70_000, 3, 4, 5)
CORPUS = [
    RtpPacket(0, 1, 160, 7, b"\xff" * 160).build(),
    RtpPacket(
        101, 2, 160, 7, b"\x05\x8a\x03\x20", True, (1, 2, 3), RtpExtension(0xBEDE, b"\x10\x01\0\0")
    ).build(padded_to=16),
    build_compound(
        (
            SenderReport(1, 1 << 40, 2, 3, 4, (_BLOCK,)),
            SourceDescription.cname(1, "alice"),
            Bye((1,), b"over"),
        )
    ),
    build_compound((ReceiverReport(1, (_BLOCK, _BLOCK)), UnknownRtcp(206, 1, b"\0" * 8))),
    write_wav(np.arange(40, dtype=np.int16)),
]
WORDS = [
    b"\x80",
    b"\xbf",
    b"\x90",
    b"\xa0",
    b"\xc8",
    b"\xc9",
    b"\xca",
    b"\xcb",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
]
WORDS += [b"\x81\xca\0\x01", b"\0", b"\xff", b"fmt ", b"data", b"RIFF", b"\xfe\xff", b"\0" * 200, b""]


def target(data: bytes) -> None:
    """Anything but the named errors is a bug, and so is a packet that does not survive writing."""
    try:
        packet = RtpPacket.parse(data)
    except RtpParseError:
        pass
    else:
        assert RtpPacket.parse(packet.build()) == packet
        assert len(packet.payload) + 12 <= len(data)
    try:
        event = TelephoneEvent.parse(data)
    except RtpParseError:
        assert len(data) < 4
    else:
        assert TelephoneEvent.parse(event.build()) == event
    try:
        reports = parse_compound(data)
    except RtpParseError:
        pass
    else:
        if isinstance(reports[0], SenderReport | ReceiverReport):
            assert parse_compound(build_compound(reports)) == reports
    try:
        pcm = read_wav(data)
    except WavRefused:
        return
    assert len(pcm) <= len(data)


if __name__ == "__main__":
    main("rtp", target, CORPUS, WORDS)
