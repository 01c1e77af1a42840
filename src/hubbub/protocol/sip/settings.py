"""What the embedder decides about a user agent: its addresses, its name, its limits.

Owns `UserAgentSettings` and `UserAgentLimits`, both frozen. RFC constants are in timers.py, limits of one message in parser.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hubbub.protocol.sip.parser import SipLimits
from hubbub.protocol.sip.timers import TRYING_AFTER_S


@dataclass(frozen=True, slots=True)
class UserAgentLimits:
    """How much is taken on before it is refused."""

    max_calls: int = 5_000
    """Calls at once, those on their way out included; further INVITEs get 503."""
    max_transactions: int = 200_000
    """Server transactions at once, completed ones that absorb repetitions included; further requests get 503. At one
    call a second two of them live for 32 s, so this is about 3,000 calls a second."""
    unanswered_s_max: float = 300.0
    """How long a call may ring, either way, before it is given up: above a proxy's timer C of three minutes."""
    offer_answer_s_max: float = 20.0
    """How long the embedder may take over a re-INVITE's or UPDATE's offer before it is refused."""
    glare_retries_max: int = 5
    """How often an offer is repeated after 491 before it is reported as refused."""
    challenges_max: int = 5
    """How often one request is sent again because of a digest challenge, stale nonces included."""
    message: SipLimits = field(default_factory=SipLimits)
    """Limits of one message."""


@dataclass(frozen=True, slots=True)
class UserAgentSettings:
    """A user agent's face to the world."""

    advertised: Mapping[str, tuple[str, int]]
    """Per transport (`UDP`, `TCP`, …) the host and port where others reach us: written in Via and Contact."""
    product: str = "Hubbub"
    """Server and User-Agent."""
    contact_user: str | None = None
    """User part of our Contact; None: none."""
    trying_after_s: float = TRYING_AFTER_S
    """Send 100 Trying when the embedder has said nothing for so long; 0: at once."""
    ring_again_s: float = 60.0
    """Repeat the last provisional response so often, lest proxies give the call up (RFC 3261 §13.3.1.1)."""
    session_expires_s: int = 1800
    """Session interval that is asked for (RFC 4028 §4); 0: no session timers of our own."""
    min_se_s: int = 90
    """Smallest session interval accepted (RFC 4028 §5)."""
    retry_after_s: int = 10
    """Retry-After in a 503."""
    limits: UserAgentLimits = field(default_factory=UserAgentLimits)
