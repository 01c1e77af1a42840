"""SIP over TCP: framing, keepalives, connections opened both ways and used both ways (RFC 3261 §18, RFC 5626 §3.5.1).

Owns the connections, named by the far end's address. A message to a peer that has a connection goes over it; to any
other one is opened, and what is sent meanwhile waits in order. Limits: connections in all, idle time, the time that
one message may take to arrive, bytes that wait for a peer that does not read.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

from hubbub.endpoints.sip.settings import SipSettings
from hubbub.endpoints.sip.transport import Receiver
from hubbub.protocol.sip.parser import SipLimits
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.stream import (
    PONG,
    MalformedReceived,
    PingReceived,
    PongReceived,
    StreamFramer,
)

_SWEEP_S: Final = 10.0
"""How often idle and slow connections are looked for."""


class TcpTransport:
    """Implements `Transport`."""

    def __init__(self, receiver: Receiver, settings: SipSettings, limits: SipLimits) -> None:
        self.receiver = receiver
        self.settings = settings
        self.limits = limits
        self.connections: dict[Peer, TcpConnection] = {}
        self.refused = 0
        """Connections closed because there were too many."""
        self.cut_off = 0
        """Connections closed because they were idle, slow or not reading."""
        self._opening: dict[Peer, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.AbstractServer | None = None
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._is_closing = False

    async def open(self, host: str, port: int) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: TcpConnection(self, None), host, port)
        return int(self._server.sockets[0].getsockname()[1])

    def send(self, peer: Peer, data: bytes) -> None:
        connection = self.connections.get(peer)
        if connection is not None:
            connection.write(data)
        elif peer in self._opening:
            self._opening[peer].append(data)
        elif not self._is_closing:
            self._opening[peer] = [data]
            task = asyncio.get_running_loop().create_task(self._connect(peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        self._is_closing = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self.connections.values()):
            connection.close()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    # --- connections ----------------------------------------------------------------------------------

    def admit(self, connection: TcpConnection) -> bool:
        """Takes a new connection in; False when there are too many."""
        if len(self.connections) >= self.settings.connections_max or self._is_closing:
            self.refused += 1
            return False
        self.connections[connection.peer] = connection
        if self._sweep_timer is None:
            self._sweep_timer = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)
        return True

    def forget(self, connection: TcpConnection) -> None:
        """A connection is gone."""
        if self.connections.get(connection.peer) is connection:
            del self.connections[connection.peer]
            if not self._is_closing:
                self.receiver.closed(connection.peer)

    async def _connect(self, peer: Peer) -> None:
        loop, host = asyncio.get_running_loop(), self.settings.host
        # From the address that we are known by, as UDP does, unless we listen on all of them.
        local = None if host in ("", "0.0.0.0", "::") else (host, 0)
        try:
            async with asyncio.timeout(self.settings.connect_s_max):
                await loop.create_connection(
                    lambda: TcpConnection(self, peer), peer.host, peer.port, local_addr=local
                )
        except (OSError, TimeoutError):
            self._opening.pop(peer, None)
            self.receiver.failed(peer)
            return
        waiting = self._opening.pop(peer, [])
        connection = self.connections.get(peer)
        if connection is None:
            self.receiver.failed(peer)
            return
        for data in waiting:
            connection.write(data)

    def _sweep(self) -> None:
        """Closes what is idle for too long, or has been at one message for too long."""
        self._sweep_timer = None
        now = asyncio.get_running_loop().time()
        for connection in list(self.connections.values()):
            if connection.is_overdue(now):
                self.cut_off += 1
                connection.abort()
        if self.connections:
            self._sweep_timer = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)


class TcpConnection(asyncio.Protocol):
    """One connection. `target` is the peer that it was opened to; None when the peer opened it."""

    def __init__(self, owner: TcpTransport, target: Peer | None) -> None:
        self._owner = owner
        self._target = target
        self._loop = asyncio.get_running_loop()
        self._framer = StreamFramer(owner.limits, opened_by_us=target is not None)
        self._transport: asyncio.Transport | None = None
        self._last_at = self._loop.time()
        self._began_at: float | None = None
        self.peer = target or Peer("TCP", "", 0)

    def write(self, data: bytes) -> None:
        """Sends, unless the peer has stopped reading: then it is cut off."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        self._last_at = self._loop.time()
        if transport.get_write_buffer_size() > self._owner.settings.unsent_bytes_max:
            self._owner.cut_off += 1
            self.abort()

    def close(self) -> None:
        """Closes once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()

    def is_overdue(self, now: float) -> bool:
        """Whether the peer has been silent for too long, or in the middle of a message for too long."""
        settings = self._owner.settings
        if self._began_at is not None and now - self._began_at > settings.message_s_max:
            return True
        return now - self._last_at > settings.connection_idle_s

    # --- asyncio's side -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's and the lab's are no subclasses
        if self._target is None:
            host, port = self._transport.get_extra_info("peername")[:2]
            self.peer = Peer("TCP", host, port)
        if not self._owner.admit(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        now = self._last_at = self._loop.time()
        receiver = self._owner.receiver
        for event in self._framer.feed(data):
            self._began_at = None
            if isinstance(event, PingReceived):
                self.write(PONG)
            elif isinstance(event, MalformedReceived):
                receiver.malformed(event.error, self.peer)
                if event.is_fatal:
                    self.close()
            elif not isinstance(event, PongReceived):
                receiver.received(event, self.peer)
        if self._framer.is_idle:
            self._began_at = None
        elif self._began_at is None:
            self._began_at = now

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._owner.forget(self)
