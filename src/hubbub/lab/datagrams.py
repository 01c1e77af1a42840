"""UDP over the simulated network, with the transport that asyncio promises.

Owns binding, sending and receiving. Leaves the way between to `network`.
"""

from __future__ import annotations

import asyncio
import contextvars
import errno
from typing import Any

from hubbub.lab.network import DATAGRAM_BYTES_MAX, LOOPBACK, WILDCARDS, Address, Network


class SimulatedDatagramTransport(asyncio.DatagramTransport):
    """What `create_datagram_endpoint` of the simulated loop returns."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        network: Network,
        protocol: asyncio.DatagramProtocol,
        local: Address,
        remote: Address | None,
    ) -> None:
        super().__init__()
        self._loop = loop
        self._network = network
        self._protocol = protocol
        self._remote = remote
        self._closing = False
        # As for a real socket, whose reader keeps the context in which it was opened.
        self._context = contextvars.copy_context()
        self._address = network.bind_datagram(local.host, local.port, self)
        self._extra = {"sockname": _as_sockaddr(self._address)}
        if remote is not None:
            self._extra["peername"] = _as_sockaddr(remote)
        loop.call_soon(protocol.connection_made, self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._address.host}:{self._address.port}>"

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._extra.get(name, default)

    def sendto(self, data: bytes | bytearray | memoryview, addr: Any = None) -> None:
        """Send at once.

        An address that is no literal, and a datagram that is too large, are told to `error_received`, as the
        system would.
        """
        if addr is None and self._remote is None:
            raise ValueError("an unconnected socket needs an address to send to")
        if addr is not None and self._remote is not None and Address(*addr[:2]) != self._remote:
            raise ValueError(f"this socket is connected to {self._remote}")
        if self._closing:
            return
        if len(data) > DATAGRAM_BYTES_MAX:
            self._loop.call_soon(self._tell, OSError(errno.EMSGSIZE, "the datagram is too large"))
            return
        try:
            to = self._remote or Address(self._network.resolve(addr[0]), addr[1])
        except OSError as error:
            self._loop.call_soon(self._tell, error)
            return
        reached = self._network.send_datagram(bytes(data), self._source(), to)
        if not reached and self._remote is not None:
            self._loop.call_soon(
                self._tell, ConnectionRefusedError(errno.ECONNREFUSED, "nobody is bound there")
            )

    def receive(self, data: bytes, source: Address) -> None:
        """Called by the network."""
        if self._closing or (self._remote is not None and source != self._remote):
            return
        self._context.run(self._protocol.datagram_received, data, _as_sockaddr(source))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._network.release_datagram(self._address)
        self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def _tell(self, error: OSError) -> None:
        if not self._closing:
            self._protocol.error_received(error)

    def _source(self) -> Address:
        if self._address.host in WILDCARDS:
            return Address("::1" if self._address.host == "::" else LOOPBACK, self._address.port)
        return self._address


def _as_sockaddr(address: Address) -> tuple[Any, ...]:
    """As the socket module writes addresses: four parts for IPv6."""
    return (*address, 0, 0) if ":" in address.host else tuple(address)
