"""The telephone's SIP over TCP: a connection to each server, opened by what is sent first.

Owns the connections. A telephone does not listen on TCP: a server answers over the connection that we opened (RFC 3261
§18.2.2, RFC 5923). Leaves framing to `protocol.sip.stream`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.parser import SipLimits
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.stream import PONG, MalformedReceived, PingReceived, StreamFramer

CONNECT_S_MAX: Final = 10.0

OnMessage = Callable[[SipRequest | SipResponse, Peer], None]


class Connections:
    """All of one telephone's connections.

    Args:
        host: the local address to connect from.
        on_message: told of every message, in order.
        on_failure: told of a peer that cannot be reached, or that hung up on us.
    """

    def __init__(self, host: str, on_message: OnMessage, on_failure: Callable[[Peer], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._host = host
        self.on_message = on_message
        self._on_failure = on_failure
        self._open: dict[Peer, _Connection] = {}
        self._waiting: dict[Peer, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False

    def send(self, peer: Peer, data: bytes) -> None:
        """Send one message, in order with those before it."""
        connection = self._open.get(peer)
        if connection is not None:
            connection.write(data)
        elif peer in self._waiting:
            self._waiting[peer].append(data)
        elif not self._is_closing:
            self._waiting[peer] = [data]
            task = self._loop.create_task(self._connect(peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Close all; what was written still goes out."""
        self._is_closing = True
        for task in self._tasks:
            task.cancel()
        for connection in list(self._open.values()):
            connection.close()

    def lost(self, peer: Peer) -> None:
        """A connection is gone; called by it."""
        if self._open.pop(peer, None) is not None and not self._is_closing:
            self._on_failure(peer)

    async def _connect(self, peer: Peer) -> None:
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                _, connection = await self._loop.create_connection(
                    lambda: _Connection(self, peer), peer.host, peer.port, local_addr=(self._host, 0)
                )
        except (OSError, TimeoutError):
            self._waiting.pop(peer, None)
            self._on_failure(peer)
            return
        self._open[peer] = connection
        for data in self._waiting.pop(peer, []):
            connection.write(data)


class _Connection(asyncio.Protocol):
    def __init__(self, owner: Connections, peer: Peer) -> None:
        self._owner = owner
        self._peer = peer
        self._framer = StreamFramer(SipLimits(), opened_by_us=True)
        self._transport: asyncio.Transport | None = None

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        for event in self._framer.feed(data):
            if isinstance(event, PingReceived):
                self.write(PONG)
            elif isinstance(event, SipRequest | SipResponse):
                self._owner.on_message(event, self._peer)
            elif isinstance(event, MalformedReceived) and event.is_fatal:
                self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.lost(self._peer)
