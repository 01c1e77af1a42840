"""What we can send and receive: the codecs we speak and how sound is cut into packets (RFC 3551 §6, RFC 4733 §3).

Owns data only. `offer_answer` holds it against what the other side says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to encode sound."""

    name: str
    """Encoding name as in the IANA registry."""
    clock_rate_hz: int
    """Rate of RTP timestamps."""
    payload_type: int
    """The static payload type, or the dynamic one that we offer."""
    channels: int = 1
    """Audio channels."""


PCMU = Codec("PCMU", 8000, 0)
"""G.711 µ-law (RFC 3551 §4.5.14)."""
PCMA = Codec("PCMA", 8000, 8)
"""G.711 A-law (RFC 3551 §4.5.14)."""

# RFC 3551 table 4: payload types that need no rtpmap, of audio only.
STATIC_PAYLOAD_TYPES: dict[int, tuple[str, int]] = {
    0: ("PCMU", 8000),
    3: ("GSM", 8000),
    4: ("G723", 8000),
    5: ("DVI4", 8000),
    6: ("DVI4", 16000),
    7: ("LPC", 8000),
    8: ("PCMA", 8000),
    9: ("G722", 8000),
    10: ("L16", 44100),
    11: ("L16", 44100),
    12: ("QCELP", 8000),
    13: ("CN", 8000),
    14: ("MPA", 90000),
    15: ("G728", 8000),
    16: ("DVI4", 11025),
    17: ("DVI4", 22050),
    18: ("G729", 8000),
}


@dataclass(frozen=True, slots=True)
class AudioCapabilities:
    """What one of our audio streams can do."""

    codecs: tuple[Codec, ...] = (PCMU, PCMA)
    """Codecs in the order in which we offer them; in an answer the other side's order counts."""
    telephone_event_payload_type: int | None = 101
    """Payload type for digits that we offer (RFC 4733); None when we do not take them."""
    telephone_events: str = "0-16"
    """Events we understand: the sixteen keys and flash (RFC 4733 §3.2)."""
    ptimes_ms: tuple[int, ...] = (10, 20, 30, 40, 50, 60)
    """Packet lengths that we can send, ascending."""
    default_ptime_ms: int = 20
    """Packet length when the other side has no wish (RFC 3551 §4.2)."""
    has_rtcp_mux: bool = False
    """Whether we can take RTP and RTCP on one port (RFC 5761)."""


DEFAULT_CAPABILITIES = AudioCapabilities()
