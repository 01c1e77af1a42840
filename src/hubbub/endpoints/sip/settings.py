"""What the SIP endpoint is told about itself: addresses, realm, limits. Frozen; read once by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.protocol.sip.registrar import REGISTRAR_LIMITS, RegistrarLimits


@dataclass(frozen=True, slots=True)
class SipSettings:
    """The SIP side of a server."""

    host: str = "127.0.0.1"
    """Address to listen on, UDP and TCP alike."""
    port: int = 5060
    """Port to listen on; 0 picks a free one, the same for both."""
    advertised_host: str = ""
    """Host in Via and Contact; empty: `host`."""
    realm: str = "hubbub"
    """Realm of digest challenges."""
    digest_algorithms: tuple[str, ...] = ("MD5",)
    """Offered in challenges, the preferred first, of `digest.ALGORITHMS`."""
    open_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks whose callers need neither a trunk nor a password."""
    calls_max: int = 2000
    """Calls at once; more get 503."""
    session_expires_s: int = 1800
    """Session interval asked for (RFC 4028), seconds; 0: none."""
    receive_buffer_bytes: int = 4 << 20
    """Kernel's receive buffer of the UDP socket: bursts wait there while the loop does something else."""
    connections_max: int = 2000
    """TCP connections at once; more are closed as they come."""
    connection_idle_s: float = 900.0
    """A TCP connection without traffic for so long is closed; keepalives count as traffic."""
    message_s_max: float = 30.0
    """A TCP peer that takes longer to finish one message is cut off."""
    connect_s_max: float = 5.0
    """Longest wait for a TCP connection of ours."""
    unsent_bytes_max: int = 1 << 20
    """Bytes waiting for a TCP peer that does not read; beyond that it is cut off."""
    linger_s: float = 2.0
    """Longest wait, when closing, for the far ends to confirm that calls are over."""
    login_failures_max: int = 20
    """Wrong passwords of one user from one source in a minute, before they are refused unseen."""
    register: RegistrarLimits = REGISTRAR_LIMITS
    """Bounds of registrations."""
    trunks_fresh_s: float = 1.0
    """How old the list of trunks may be when a caller is judged by it."""
