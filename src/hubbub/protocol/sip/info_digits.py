"""Digits in INFO bodies: `application/dtmf-relay` and `application/dtmf`.

Neither is an RFC; both are what gateways and phones send (the first after Cisco's SIP INFO method for DTMF, the second
a bare digit). Owns reading and writing them. RFC 6086 calls this legacy use: no Info-Package.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from hubbub.protocol.sip.errors import SipParseError

DTMF_RELAY: Final = "application/dtmf-relay"
DTMF: Final = "application/dtmf"
INFO_TYPES: Final = (DTMF_RELAY, DTMF)

DIGITS: Final = frozenset("0123456789*#ABCD")
DEFAULT_DURATION_MS: Final = 250
"""Taken when the sender gives none: Cisco's documented default."""
_DURATION_MAX_MS: Final = 60_000
_NAMES: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""RFC 4733 event numbers, which some senders write instead of the character."""


class InfoDigit(NamedTuple):
    """One key press."""

    digit: str
    duration_ms: int


def parse_info_digit(media_type: str, body: bytes) -> InfoDigit:
    """Reads the digit in an INFO body.

    Raises:
        SipParseError: no digit there, or one that no telephone has.
    """
    text = body.decode("ascii", "replace").strip()
    duration_ms = DEFAULT_DURATION_MS
    signal = text if media_type == DTMF else ""
    if media_type == DTMF_RELAY or "=" in text:
        for line in text.splitlines():
            name, _, value = line.partition("=")
            if name.strip().lower() == "signal":
                signal = value.strip()
            elif name.strip().lower() == "duration":
                duration_ms = _duration_ms(value.strip())
    digit = _NAMES.get(signal, signal.upper())
    if digit not in DIGITS:
        raise SipParseError("no digit in the body")
    return InfoDigit(digit, duration_ms)


def format_info_digit(digit: str, duration_ms: int) -> bytes:
    """The `application/dtmf-relay` body for one key press."""
    if digit not in DIGITS:
        raise ValueError(f"no such key: {digit!r}")
    return f"Signal={digit}\r\nDuration={duration_ms}\r\n".encode("ascii")


def _duration_ms(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise SipParseError("malformed duration")
    return min(int(text), _DURATION_MAX_MS)
