"""RTCP: what sender and receiver tell each other about a stream (RFC 3550 §6).

Owns the five packets of that section, compound packets (§6.1), the compact times (§4) and the jitter estimate
(§6.4.1). Packets of other types (feedback, extended reports) are kept as `UnknownRtcp`, since a receiver must pass
over what it does not know. Leaves to others: when to send (§6.2) and what to conclude.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from hubbub.protocol.rtp.errors import RtpParseError

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
SOURCE_DESCRIPTION: Final = 202
BYE: Final = 203
CNAME: Final = 1
"""The one item every source must send (§6.5.1)."""
NTP_EPOCH_MS: Final = 2_208_988_800_000
"""From 1900, where NTP begins, to 1970 (§4)."""
PACKETS_MAX: Final = 64
"""More packets than this in one datagram are nobody's report."""

_HEADER: Final = struct.Struct("!BBH")
_SENDER: Final = struct.Struct("!IQIII")
_BLOCK: Final = struct.Struct("!IIIIII")


class ReportBlock(NamedTuple):
    """How one source is received (§6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Since the last report, in 256ths."""
    cumulative_lost: int
    """Since the beginning, -2^23 to 2^23 - 1; negative when duplicates outnumber losses."""
    highest_sequence: int
    """32 bits: wraps seen, then the highest sequence number."""
    jitter_rtp: int
    """Interarrival jitter, in timestamp units."""
    last_sr: int
    """The middle 32 bits of the NTP time of the last sender report; 0 for none."""
    delay_since_last_sr: int
    """In 65,536ths of a second; 0 for none."""


class SenderReport(NamedTuple):
    """What a source sent, and how it receives others (§6.4.1)."""

    ssrc: int
    ntp_time: int
    """64 bits: seconds since 1900 and their fraction; see `ntp_from_ms`."""
    timestamp_rtp: int
    packet_count: int
    byte_count: int
    """Payload only."""
    blocks: tuple[ReportBlock, ...] = ()

    def build(self) -> bytes:
        body = _SENDER.pack(self.ssrc, self.ntp_time, self.timestamp_rtp, self.packet_count, self.byte_count)
        return _with_header(SENDER_REPORT, len(self.blocks), body + _build_blocks(self.blocks))


class ReceiverReport(NamedTuple):
    """How a source receives others (§6.4.2)."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    def build(self) -> bytes:
        body = struct.pack("!I", self.ssrc) + _build_blocks(self.blocks)
        return _with_header(RECEIVER_REPORT, len(self.blocks), body)


class SdesChunk(NamedTuple):
    """What is known of one source: pairs of item type (1 to 255) and text of up to 255 bytes."""

    ssrc: int
    items: tuple[tuple[int, bytes], ...]


class SourceDescription(NamedTuple):
    """Names of sources (§6.5)."""

    chunks: tuple[SdesChunk, ...]

    @classmethod
    def cname(cls, ssrc: int, name: str) -> SourceDescription:
        """The usual one: one source and its canonical name."""
        return cls((SdesChunk(ssrc, ((CNAME, name.encode()),)),))

    def build(self) -> bytes:
        return _with_header(SOURCE_DESCRIPTION, len(self.chunks), b"".join(map(_build_chunk, self.chunks)))


class Bye(NamedTuple):
    """Sources that leave (§6.6)."""

    ssrcs: tuple[int, ...]
    reason: bytes = b""

    def build(self) -> bytes:
        body = struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs)
        if self.reason:
            if len(self.reason) > 255:
                raise ValueError("a reason has at most 255 bytes")
            text = bytes((len(self.reason),)) + self.reason
            body += text + bytes(-len(text) % 4)
        return _with_header(BYE, len(self.ssrcs), body)


class UnknownRtcp(NamedTuple):
    """A packet of a type that is not read here."""

    packet_type: int
    subtype: int
    """The five bits that mean a count in other packets."""
    body: bytes

    def build(self) -> bytes:
        return _with_header(self.packet_type, self.subtype, self.body)


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Bye | UnknownRtcp


def build_compound(packets: tuple[RtcpPacket, ...]) -> bytes:
    """One datagram.

    Raises:
        ValueError: it is empty, does not begin with a report (§6.1), or a field does not fit.
    """
    if not packets or not isinstance(packets[0], SenderReport | ReceiverReport):
        raise ValueError("a compound packet begins with a report")
    try:
        return b"".join(packet.build() for packet in packets)
    except struct.error as error:
        raise ValueError(str(error)) from error


def parse_compound(datagram: bytes) -> tuple[RtcpPacket, ...]:
    """Read one datagram.

    Reduced-size packets (RFC 5506), which need not begin with a report, are read too: refusing them helps nobody.

    Raises:
        RtpParseError: another version, lengths that do not add up, padding anywhere but at the end. §A.2.
    """
    packets: list[RtcpPacket] = []
    at = 0
    while at < len(datagram):
        if len(datagram) - at < _HEADER.size:
            raise RtpParseError("bytes are left over behind the last RTCP packet")
        if len(packets) == PACKETS_MAX:
            raise RtpParseError(f"more than {PACKETS_MAX} RTCP packets in one datagram")
        first, packet_type, words = _HEADER.unpack_from(datagram, at)
        if first >> 6 != 2:
            raise RtpParseError(f"RTCP version {first >> 6} is not 2")
        end = at + 4 * (words + 1)
        if end > len(datagram):
            raise RtpParseError(f"an RTCP packet of {words + 1} words does not fit")
        body = datagram[at + _HEADER.size : end]
        if first & 0x20:
            if end != len(datagram):
                raise RtpParseError("only the last RTCP packet may be padded")
            body = _without_padding(body)
        packets.append(_parse_one(packet_type, first & 0x1F, body))
        at = end
    if not packets:
        raise RtpParseError("an empty datagram is no RTCP")
    return tuple(packets)


def ntp_from_ms(unix_ms: int) -> int:
    """UTC milliseconds since 1970 as 64 bits of NTP time, which wrap in 2036 (§4)."""
    seconds, ms = divmod(unix_ms + NTP_EPOCH_MS, 1000)
    return seconds % (1 << 32) << 32 | (ms << 32) // 1000


def ntp_middle(ntp_time: int) -> int:
    """The 32 bits that `last_sr` holds (§6.4.1)."""
    return ntp_time >> 16 & 0xFFFF_FFFF


class JitterEstimate:
    """Interarrival jitter of one source, kept in 16ths as in RFC 3550 §A.8."""

    __slots__ = ("_sixteenths", "_transit_rtp")

    def __init__(self) -> None:
        self._transit_rtp: int | None = None
        self._sixteenths = 0

    def add(self, timestamp_rtp: int, arrival_rtp: int) -> None:
        """Count a packet that arrived at `arrival_rtp`, both in timestamp units; wraps do not matter."""
        transit_rtp = (arrival_rtp - timestamp_rtp) & 0xFFFF_FFFF
        if self._transit_rtp is not None:
            change = (transit_rtp - self._transit_rtp + 0x8000_0000) % (1 << 32) - 0x8000_0000
            self._sixteenths += abs(change) - (self._sixteenths + 8 >> 4)
        self._transit_rtp = transit_rtp

    @property
    def jitter_rtp(self) -> int:
        return self._sixteenths >> 4


def _with_header(packet_type: int, count: int, body: bytes) -> bytes:
    if not 0 <= count < 32:
        raise ValueError("a packet counts up to 31 blocks, chunks or sources")
    if len(body) % 4:
        raise ValueError("an RTCP packet is a multiple of four bytes")
    return _HEADER.pack(2 << 6 | count, packet_type, len(body) // 4) + body


def _build_blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            b.ssrc,
            _check_bits(b.fraction_lost, 8) << 24 | _check_signed_24(b.cumulative_lost) & 0xFF_FFFF,
            b.highest_sequence,
            b.jitter_rtp,
            b.last_sr,
            b.delay_since_last_sr,
        )
        for b in blocks
    )


def _check_bits(value: int, bits: int) -> int:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{value} does not fit in {bits} bits")
    return value


def _check_signed_24(value: int) -> int:
    if not -(1 << 23) <= value < 1 << 23:
        raise ValueError(f"{value} does not fit in 24 bits with a sign")
    return value


def _build_chunk(chunk: SdesChunk) -> bytes:
    parts = [struct.pack("!I", chunk.ssrc)]
    for kind, text in chunk.items:
        if kind == 0 or len(text) > 255:
            raise ValueError("an item has a type above 0 and at most 255 bytes")
        parts.append(bytes((kind, len(text))) + text)
    body = b"".join(parts)
    # At least one zero ends the list, and zeros fill up to the next word (§6.5).
    return body + bytes(4 - len(body) % 4)


def _without_padding(body: bytes) -> bytes:
    if not body or not 0 < body[-1] <= len(body) or body[-1] % 4:
        raise RtpParseError("RTCP padding does not fit")
    return body[: -body[-1]]


def _parse_one(packet_type: int, count: int, body: bytes) -> RtcpPacket:
    if packet_type == SENDER_REPORT:
        _require(body, _SENDER.size + count * _BLOCK.size)
        ssrc, ntp_time, timestamp_rtp, packet_count, byte_count = _SENDER.unpack_from(body)
        blocks = _parse_blocks(body, _SENDER.size, count)
        return SenderReport(ssrc, ntp_time, timestamp_rtp, packet_count, byte_count, blocks)
    if packet_type == RECEIVER_REPORT:
        _require(body, 4 + count * _BLOCK.size)
        return ReceiverReport(int.from_bytes(body[:4]), _parse_blocks(body, 4, count))
    if packet_type == SOURCE_DESCRIPTION:
        return SourceDescription(_parse_chunks(body, count))
    if packet_type == BYE:
        _require(body, 4 * count)
        return Bye(struct.unpack_from(f"!{count}I", body), _parse_reason(body[4 * count :]))
    return UnknownRtcp(packet_type, count, body)


def _require(body: bytes, size: int) -> None:
    # More is allowed: profiles may append to a report (§6.4.3).
    if len(body) < size:
        raise RtpParseError("an RTCP packet is shorter than its count says")


def _parse_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for at in range(start, start + count * _BLOCK.size, _BLOCK.size):
        ssrc, lost, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at)
        cumulative = ((lost & 0xFF_FFFF) + 0x80_0000) % (1 << 24) - 0x80_0000
        blocks.append(ReportBlock(ssrc, lost >> 24, cumulative, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _parse_chunks(body: bytes, count: int) -> tuple[SdesChunk, ...]:
    chunks = []
    at = 0
    for _ in range(count):
        if at + 4 > len(body):
            raise RtpParseError("a source description is shorter than its count says")
        ssrc = int.from_bytes(body[at : at + 4])
        at += 4
        items = []
        while True:
            if at >= len(body):
                raise RtpParseError("a source description does not end")
            kind = body[at]
            if kind == 0:
                at += 4 - at % 4
                break
            if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
                raise RtpParseError("an item of a source description does not fit")
            items.append((kind, body[at + 2 : at + 2 + body[at + 1]]))
            at += 2 + body[at + 1]
        chunks.append(SdesChunk(ssrc, tuple(items)))
    return tuple(chunks)


def _parse_reason(rest: bytes) -> bytes:
    if not rest:
        return b""
    if 1 + rest[0] > len(rest):
        raise RtpParseError("the reason for leaving does not fit")
    return rest[1 : 1 + rest[0]]
