"""A pressed key as an RTP payload (RFC 4733 §2).

Owns the four bytes of the payload, the names of the keys, and the schedule of packets that make one press. Leaves to
others: negotiating the payload type (SDP), the RTP header, and when to send.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from hubbub.protocol.rtp.errors import RtpParseError

DIGITS: Final = "0123456789*#ABCD"
"""Event codes 0 to 15 (RFC 4733 §3.2). Codes above 15 are other signals."""
DURATION_MAX: Final = 0xFFFF
"""In timestamp units; a longer press is sent in segments (§2.5.1.3)."""
END_PACKET_COUNT: Final = 3
"""The last packet is sent three times, because the key would seem to hang if it were lost (§2.5.1.4)."""

_LAYOUT: Final = struct.Struct("!BBH")


class TelephoneEvent(NamedTuple):
    """The payload of one packet."""

    event: int
    """0 to 255; 0 to 15 are keys."""
    duration_rtp: int
    """How long the key has been down, in timestamp units."""
    end: bool = False
    volume: int = 10
    """Power of the tone in dBm0 without its sign, 0 to 63."""

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent:
        """Read one payload. Several events in one packet (§2.5.1.5) are not for keys: the first one counts.

        Raises:
            RtpParseError: fewer than four bytes.
        """
        if len(payload) < _LAYOUT.size:
            raise RtpParseError(f"{len(payload)} bytes are too few for a telephone event")
        event, flags, duration_rtp = _LAYOUT.unpack_from(payload)
        return cls(event, duration_rtp, end=flags >= 0x80, volume=flags & 0x3F)

    def build(self) -> bytes:
        """The payload as four bytes.

        Raises:
            ValueError: a field does not fit.
        """
        if not (0 <= self.event < 256 and 0 <= self.duration_rtp <= DURATION_MAX and 0 <= self.volume < 64):
            raise ValueError("an event has 8 bits, a duration 16, a volume 6")
        return _LAYOUT.pack(self.event, self.end << 7 | self.volume, self.duration_rtp)

    @property
    def digit(self) -> str | None:
        """The key: one of `0123456789*#ABCD`, or None for another signal."""
        return DIGITS[self.event] if self.event < len(DIGITS) else None


def event_of(digit: str) -> int:
    """The event code of a key.

    Raises:
        ValueError: no such key.
    """
    code = DIGITS.find(digit.upper()) if len(digit) == 1 else -1
    if code < 0:
        raise ValueError(f"{digit!r} is no key; keys are {DIGITS}")
    return code


class PressPacket(NamedTuple):
    """One packet of a press, in the order of sending."""

    offset_ms: int
    """After the first packet."""
    marker: bool
    """On the first packet of the press only (§2.5.1.1)."""
    payload: TelephoneEvent


def press(
    digit: str, duration_ms: int, *, clock_hz: int = 8000, packet_ms: int = 20
) -> tuple[PressPacket, ...]:
    """The packets of one press; all carry the RTP timestamp of its beginning (§2.5.1.2).

    Args:
        digit: one of `0123456789*#ABCD`, in either case.
        duration_ms: how long the key is down, 20 to 8,000.
        clock_hz: the timestamp rate of the payload type.
        packet_ms: the distance of the packets.

    Raises:
        ValueError: no such key, or a duration that does not fit.
    """
    event = event_of(digit)
    total_rtp = duration_ms * clock_hz // 1000
    if duration_ms < packet_ms or total_rtp > DURATION_MAX:
        raise ValueError(f"a press lasts {packet_ms} ms or more and fits in 16 bits")
    packets = [
        PressPacket(at, at == 0, TelephoneEvent(event, (at + packet_ms) * clock_hz // 1000))
        for at in range(0, duration_ms - packet_ms, packet_ms)
    ]
    last = len(packets) * packet_ms
    # The ends go out at the usual distance, not in one burst: a burst would be lost as one (§2.5.1.4).
    packets += [
        PressPacket(last + i * packet_ms, last == 0 and i == 0, TelephoneEvent(event, total_rtp, end=True))
        for i in range(END_PACKET_COUNT)
    ]
    return tuple(packets)
