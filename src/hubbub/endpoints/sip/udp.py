"""SIP over UDP: one socket, one message a datagram (RFC 3261 §18).

Owns the socket. An ICMP error names no transaction that we could fail, so those of the protocol's own timers decide.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

from hubbub.endpoints.sip.transport import Receiver
from hubbub.protocol.sip.routing import Peer


class UdpTransport(asyncio.DatagramProtocol):
    """Implements `Transport`."""

    def __init__(self, receiver: Receiver, receive_buffer_bytes: int) -> None:
        self._receiver = receiver
        self._buffer_bytes = receive_buffer_bytes
        self._transport: asyncio.DatagramTransport | None = None
        self._closed: asyncio.Future[None] | None = None

    async def open(self, host: str, port: int) -> int:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self._transport = transport
        self._closed = loop.create_future()
        raw: socket.socket | None = transport.get_extra_info("socket")
        if raw is not None:  # a simulated loop has none
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer_bytes)
        return int(transport.get_extra_info("sockname")[1])

    def send(self, peer: Peer, data: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(data, (peer.host, peer.port))

    async def aclose(self) -> None:
        if self._transport is None or self._closed is None:
            return
        self._transport.close()
        await self._closed
        self._transport = None

    # --- asyncio's side -------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._receiver.received(data, Peer("UDP", addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """ICMP said that somebody is not there; see above."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
