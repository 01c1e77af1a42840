"""One RTP packet: the fixed header, contributing sources, the extension, the payload and its padding.

Owns the layout of RFC 3550 §5.1 and the arithmetic of its counters, which wrap. Leaves to others: whether a source
is the expected one, the order of packets, and what the payload means.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from hubbub.protocol.rtp.errors import RtpParseError

VERSION: Final = 2
HEADER_BYTES: Final = 12
CSRC_COUNT_MAX: Final = 15
"""The count has four bits."""
SEQUENCE_MODULUS: Final = 1 << 16
TIMESTAMP_MODULUS: Final = 1 << 32

_FIXED: Final = struct.Struct("!BBHII")
_EXTENSION: Final = struct.Struct("!HH")


class RtpExtension(NamedTuple):
    """The header extension (RFC 3550 §5.3.1)."""

    profile: int
    """16 bits that say how to read `data`; 0xBEDE for the one-byte form of RFC 8285."""
    data: bytes
    """A multiple of four bytes."""


class RtpPacket(NamedTuple):
    """One packet, as RFC 3550 §5.1 names its fields."""

    payload_type: int
    """0 to 127."""
    sequence: int
    """0 to 65,535."""
    timestamp_rtp: int
    """0 to 2^32 - 1, in the units of the payload's clock."""
    ssrc: int
    """0 to 2^32 - 1: who sends."""
    payload: bytes = b""
    """Without padding."""
    marker: bool = False
    csrc: tuple[int, ...] = ()
    """Up to 15 sources that a mixer combined."""
    extension: RtpExtension | None = None

    @classmethod
    def parse(cls, datagram: bytes) -> RtpPacket:
        """Read one datagram.

        Raises:
            RtpParseError: too short, another version, or counts that point past the end. RFC 3550 §5.1, §A.1.
        """
        if len(datagram) < HEADER_BYTES:
            raise RtpParseError(f"{len(datagram)} bytes are too few for an RTP header")
        first, second, sequence, timestamp_rtp, ssrc = _FIXED.unpack_from(datagram)
        if first >> 6 != VERSION:
            raise RtpParseError(f"RTP version {first >> 6} is not 2")
        csrc_count = first & 0x0F
        start = HEADER_BYTES + 4 * csrc_count
        if len(datagram) < start:
            raise RtpParseError(f"{csrc_count} contributing sources do not fit")
        csrc = struct.unpack_from(f"!{csrc_count}I", datagram, HEADER_BYTES)
        extension = None
        if first & 0x10:
            extension = _read_extension(datagram, start)
            start += _EXTENSION.size + len(extension.data)
        end = len(datagram)
        if first & 0x20:
            end -= _padding_length(datagram, start)
        return cls(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp_rtp=timestamp_rtp,
            ssrc=ssrc,
            payload=datagram[start:end],
            marker=second >= 0x80,
            csrc=csrc,
            extension=extension,
        )

    def build(self, *, padded_to: int = 1) -> bytes:
        """The packet as bytes.

        Args:
            padded_to: pad the whole packet to a multiple of so many bytes, as a block cipher would want. At most 255.

        Raises:
            ValueError: a field does not fit; the sender's mistake, never the peer's.
        """
        self._validate(padded_to)
        length = HEADER_BYTES + 4 * len(self.csrc) + len(self.payload)
        first = VERSION << 6 | len(self.csrc)
        parts = [b"", struct.pack(f"!{len(self.csrc)}I", *self.csrc)]
        if self.extension is not None:
            first |= 0x10
            words = len(self.extension.data) // 4
            parts += (_EXTENSION.pack(self.extension.profile, words), self.extension.data)
            length += _EXTENSION.size + len(self.extension.data)
        parts.append(self.payload)
        padding = -length % padded_to
        if padding:
            first |= 0x20
            parts.append(bytes(padding - 1) + bytes((padding,)))
        parts[0] = _FIXED.pack(
            first, self.marker << 7 | self.payload_type, self.sequence, self.timestamp_rtp, self.ssrc
        )
        return b"".join(parts)

    def _validate(self, padded_to: int) -> None:
        if not 1 <= padded_to <= 255:
            raise ValueError("padding is at most 255 bytes")
        if not 0 <= self.payload_type < 128:
            raise ValueError("a payload type has 7 bits")
        if not 0 <= self.sequence < SEQUENCE_MODULUS:
            raise ValueError("a sequence number has 16 bits")
        if not all(0 <= word < TIMESTAMP_MODULUS for word in (self.timestamp_rtp, self.ssrc, *self.csrc)):
            raise ValueError("timestamps and sources have 32 bits")
        if len(self.csrc) > CSRC_COUNT_MAX:
            raise ValueError("at most 15 contributing sources")
        if self.extension is not None:
            size = len(self.extension.data)
            if size % 4 or size // 4 >= 1 << 16 or not 0 <= self.extension.profile < 1 << 16:
                raise ValueError("an extension has a 16-bit profile and up to 65,535 words of four bytes")


def is_rtcp(datagram: bytes) -> bool:
    """Whether a datagram on a port that carries both is RTCP: packet types 192 to 223. RFC 5761 §4."""
    return len(datagram) >= 2 and 192 <= datagram[1] <= 223


def sequence_distance(newer: int, older: int) -> int:
    """How far `newer` is ahead of `older`, -32,768 to 32,767, counting over the wrap. RFC 3550 §A.1."""
    return (newer - older + 0x8000) % SEQUENCE_MODULUS - 0x8000


def timestamp_distance(newer: int, older: int) -> int:
    """How far `newer` is ahead of `older`, -2^31 to 2^31 - 1, counting over the wrap."""
    return (newer - older + 0x8000_0000) % TIMESTAMP_MODULUS - 0x8000_0000


def _read_extension(datagram: bytes, start: int) -> RtpExtension:
    if len(datagram) < start + _EXTENSION.size:
        raise RtpParseError("the extension header does not fit")
    profile, words = _EXTENSION.unpack_from(datagram, start)
    start += _EXTENSION.size
    data = datagram[start : start + 4 * words]
    if len(data) != 4 * words:
        raise RtpParseError(f"an extension of {words} words does not fit")
    return RtpExtension(profile, data)


def _padding_length(datagram: bytes, start: int) -> int:
    """RFC 3550 §5.1: the last byte counts the padding, itself included, so it is at least 1."""
    padding = datagram[-1]
    if padding == 0 or padding > len(datagram) - start:
        raise RtpParseError(f"{padding} bytes of padding do not fit")
    return padding
