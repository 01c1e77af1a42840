"""The seam between the SIP shell and the ways that messages travel.

Owns the two protocols that meet here: `Transport`, one way to send and listen (UDP and TCP now; TLS and WebSocket fit
the same shape), and `Receiver`, what a transport tells the shell. A `Peer` names a remote address and, on a
connection, the connection itself.
"""

from __future__ import annotations

from typing import Protocol

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipMessage
from hubbub.protocol.sip.routing import Peer


class Receiver(Protocol):
    """What a transport reports. None of it may raise or block."""

    def received(self, data: bytes | SipMessage, source: Peer) -> None:
        """A datagram, or a message framed on a connection."""

    def malformed(self, error: SipParseError, source: Peer) -> None:
        """Something on a connection was not SIP."""

    def failed(self, peer: Peer) -> None:
        """What was sent to this peer cannot be delivered."""

    def closed(self, peer: Peer) -> None:
        """A connection is gone, whoever closed it."""


class Transport(Protocol):
    """One way to carry messages."""

    async def open(self, host: str, port: int) -> int:
        """Listen. Returns the port, which differs from `port` when that is 0.

        Raises:
            OSError: the address cannot be had.
        """

    def send(self, peer: Peer, data: bytes) -> None:
        """Send one message to a literal address; failures are told to the receiver."""

    async def aclose(self) -> None:
        """Stop listening and let go of every connection."""
