"""What a telephone is, and how it takes calls. Frozen; given when it is made."""

from typing import NamedTuple


class PhoneSettings(NamedTuple):
    """What a telephone is."""

    user: str = "caller"
    """User part of its address."""
    display_name: str | None = None
    domain: str | None = None
    """Host part of its address; None: its own IP address."""
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    """Offered in this order."""
    ptime_ms: int = 20
    username: str | None = None
    """For digest authentication."""
    password: str | None = None
    telephone_events: bool = True
    """Offer RFC 4733 for keys."""
    home: str | None = None
    """`host:port` that a target without a host is dialled at, and where the telephone registers."""
    transport: str = "UDP"
    """`UDP` or `TCP`: how names are dialled at home. A SIP URI says it itself."""
    answers: bool = False
    """Take calls; else they are refused as busy."""
    answers_after_s: float = 0.0
    """Ring so long first."""
    only_rings: bool = False
    """Ring and never answer."""
    refuses_with: int | None = None
    """Refuse calls with this SIP status, 400 or above."""
    redirects_to: tuple[str, ...] = ()
    """Refuse calls with 302 and these Contact URIs."""
    early_hz: int | None = None
    """Let the caller hear this tone before the answer: 183 with a description, instead of 180."""
