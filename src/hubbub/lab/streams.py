"""TCP over the simulated network: listeners, connections, and pieces that arrive as the network pleases.

Owns connecting, the order of bytes, the end of a stream in each direction, and back-pressure. What one `write` sent
arrives in segments of at most `SEGMENT_BYTES`, so a reader that trusts in message boundaries fails here as it would
outside. Leaves delay and loss to `network`. There is no TLS.
"""

from __future__ import annotations

import asyncio
import contextvars
import errno
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from hubbub.lab.network import LOOPBACK, WILDCARDS, Address, Network

SEGMENT_BYTES: Final = 1448
"""A full segment on an Ethernet of 1,500 bytes with timestamps."""
HIGH_WATER_BYTES: Final = 65_536
"""More than this on its way or unread, and the writer is asked to pause. asyncio's own default."""


class SimulatedStreamTransport(asyncio.Transport):
    """One side of a connection."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        network: Network,
        local: Address,
        remote: Address,
        on_close: Callable[[SimulatedStreamTransport], None],
    ) -> None:
        super().__init__()
        self._loop = loop
        self._network = network
        self._local = local
        self._remote = remote
        self._on_close = on_close
        self._peer: SimulatedStreamTransport | None = None
        self._protocol: asyncio.Protocol | None = None
        self._closing = False
        self._lost = False
        self._sent_eof = False
        self._reading = True
        self._inbox: deque[bytes] = deque()
        """Arrived and not yet read; b"" is the end of the stream."""
        self._unread = 0
        """Bytes written by us that the peer's protocol has not got yet."""
        self._paused_writer = False
        # As for a real socket, whose reader keeps the context in which it was opened.
        self._context = contextvars.copy_context()
        self._high, self._low = HIGH_WATER_BYTES, HIGH_WATER_BYTES // 4
        self._extra: dict[str, Any] = {
            "sockname": _as_sockaddr(local),
            "peername": _as_sockaddr(remote),
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._local} -> {self._remote}>"

    def start(self, peer: SimulatedStreamTransport, protocol: asyncio.Protocol) -> None:
        """Tie both sides together and tell this side's protocol."""
        self._peer = peer
        self._protocol = protocol
        self._context.run(protocol.connection_made, self)
        self._read()

    # --- what asyncio promises --------------------------------------------------------------------------

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._extra.get(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol  # type: ignore[assignment]  # asyncio gives stream transports stream protocols

    def get_protocol(self) -> asyncio.BaseProtocol:
        assert self._protocol is not None
        return self._protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        self._loop.call_soon(self._read)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._sent_eof:
            raise RuntimeError("the stream was ended")
        if self._closing or not data:
            return
        whole = bytes(data)
        for start in range(0, len(whole), SEGMENT_BYTES):
            self._send(whole[start : start + SEGMENT_BYTES])
        self._unread += len(whole)
        if self._unread > self._high and not self._paused_writer:
            self._paused_writer = True
            self.get_protocol().pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not self._sent_eof and not self._closing:
            self._sent_eof = True
            self._send(b"")

    def get_write_buffer_size(self) -> int:
        return self._unread

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = HIGH_WATER_BYTES if high is None else high
        self._low = self._high // 4 if low is None else low

    def close(self) -> None:
        """Stop reading, let what was written arrive, then end the stream."""
        if self._closing:
            return
        self.write_eof()
        self._closing = True
        self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        """Drop the connection; the peer gets a reset."""
        if self._lost:
            return
        self._closing = True
        peer = self._peer
        if peer is not None:
            arrival = self._network.stream_arrival(b"", self._local, self._remote)
            self._loop.call_at(
                arrival, peer._lose, ConnectionResetError(errno.ECONNRESET, "reset by the peer")
            )
        self._loop.call_soon(self._lose, None)

    # --- the way between --------------------------------------------------------------------------------

    def _send(self, piece: bytes) -> None:
        assert self._peer is not None
        arrival = self._network.stream_arrival(piece, self._local, self._remote)
        self._loop.call_at(arrival, self._peer._arrive, piece)

    def _arrive(self, piece: bytes) -> None:
        if self._closing:
            return
        self._inbox.append(piece)
        self._read()

    def _read(self) -> None:
        while self._inbox and self._reading and not self._closing and self._protocol is not None:
            piece = self._inbox.popleft()
            if piece:
                if self._peer is not None:
                    self._peer._drained(len(piece))
                self._context.run(self._protocol.data_received, piece)
            elif not self._context.run(self._protocol.eof_received):
                self._context.run(self.close)

    def _drained(self, size: int) -> None:
        self._unread -= size
        if self._paused_writer and self._unread <= self._low:
            self._paused_writer = False
            if not self._lost:
                self.get_protocol().resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._inbox.clear()
        self._on_close(self)
        self._network.forget_flow(self._local, self._remote)
        if self._protocol is not None:
            self._context.run(self._protocol.connection_lost, error)


class SimulatedServer(asyncio.AbstractServer):
    """What `create_server` of the simulated loop returns."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        network: Network,
        protocol_factory: Callable[[], asyncio.Protocol],
    ) -> None:
        self._loop = loop
        self._network = network
        self._protocol_factory = protocol_factory
        self._addresses: list[Address] = []
        # A dict and not a set, so that closing all goes in the order of arrival.
        self._connections: dict[SimulatedStreamTransport, None] = {}
        self._closed: asyncio.Future[None] | None = None
        self._context = contextvars.copy_context()
        self.is_open = False

    @property
    def sockets(self) -> tuple[ListeningSocket, ...]:
        """Stand-ins that know only `getsockname`."""
        return tuple(ListeningSocket(address) for address in self._addresses)

    def bind(self, host: str, port: int) -> None:
        self._addresses.append(self._network.bind_listener(host, port, self))

    def receive(self, data: bytes, source: Address) -> None:
        raise AssertionError("a listener gets connections, not packets")

    def accept(self, local: Address, remote: Address) -> tuple[SimulatedStreamTransport, asyncio.Protocol]:
        transport = self._context.run(
            SimulatedStreamTransport, self._loop, self._network, local, remote, self._forget
        )
        self._connections[transport] = None
        return transport, self._context.run(self._protocol_factory)

    def close(self) -> None:
        for address in self._addresses:
            self._network.release_listener(address)
        self._addresses.clear()
        self.is_open = False
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def close_clients(self) -> None:
        for transport in list(self._connections):
            transport.close()

    def abort_clients(self) -> None:
        for transport in list(self._connections):
            transport.abort()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def is_serving(self) -> bool:
        return self.is_open

    async def start_serving(self) -> None:
        self.is_open = True

    async def serve_forever(self) -> None:
        self.is_open = True
        try:
            await self.wait_closed()
        finally:
            self.close()

    async def wait_closed(self) -> None:
        if not self._addresses:
            return
        if self._closed is None:
            self._closed = self._loop.create_future()
        await asyncio.shield(self._closed)

    def _forget(self, transport: SimulatedStreamTransport) -> None:
        self._connections.pop(transport, None)


class ListeningSocket:
    """The little that callers ask of a listening socket."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def getsockname(self) -> tuple[Any, ...]:
        return _as_sockaddr(self._address)


async def connect(
    loop: asyncio.AbstractEventLoop,
    network: Network,
    protocol_factory: Callable[[], asyncio.BaseProtocol],
    local: Address,
    remote: Address,
) -> tuple[SimulatedStreamTransport, asyncio.Protocol]:
    """Open a connection: one way for the request, one way back for the answer.

    Raises:
        ConnectionRefusedError: nobody listens there.
    """
    holder = _ConnectingSide()
    bound = network.bind_listener(LOOPBACK if local.host in WILDCARDS else local.host, local.port, holder)
    try:
        await _travel(loop, network.stream_arrival(b"SYN", bound, remote))
        server = network.listener(remote)
        if not isinstance(server, SimulatedServer) or not server.is_open:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"nobody listens at {remote.host}:{remote.port}")
        theirs, their_protocol = server.accept(remote, bound)
        ours = SimulatedStreamTransport(
            loop, network, bound, remote, lambda _: network.release_listener(bound)
        )
        # Their side may write as soon as it is connected; ours reads it once it is connected too.
        ours._peer = theirs
        theirs.start(ours, their_protocol)
        await _travel(loop, network.stream_arrival(b"SYN ACK", remote, bound))
    except BaseException:
        network.release_listener(bound)
        raise
    protocol = protocol_factory()
    assert isinstance(protocol, asyncio.Protocol)
    ours.start(theirs, protocol)
    return ours, protocol


class _ConnectingSide:
    """Holds the local port of a connection: nobody can connect to it."""

    def receive(self, data: bytes, source: Address) -> None:
        raise AssertionError("a connecting side gets no packets of its own")


async def _travel(loop: asyncio.AbstractEventLoop, arrival_s: float) -> None:
    await asyncio.sleep(max(0.0, arrival_s - loop.time()))


def _as_sockaddr(address: Address) -> tuple[Any, ...]:
    return (*address, 0, 0) if ":" in address.host else tuple(address)
