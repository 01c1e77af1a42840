"""The telephone's SIP: a UDP socket, and connections, round a user agent.

Owns the socket, the timer, and looking host names up. Leaves every decision to the user agent in `protocol.sip` and
every event to `phone`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Final, TypeVar

from hubbub.phone.connections import Connections
from hubbub.protocol.sip.events import SendBytes, UserAgentEvent
from hubbub.protocol.sip.identifiers import RandomSource
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.settings import UserAgentLimits, UserAgentSettings
from hubbub.protocol.sip.user_agent import UserAgent

T = TypeVar("T")

LIMITS: Final = UserAgentLimits(max_calls=64, max_transactions=2000)


class Line(asyncio.DatagramProtocol):
    """One SIP address, over UDP, and over TCP where a far end is called so.

    Args:
        user: the user part of our Contact.
        random: where tags, branches and Call-IDs come from.
        on_event: told of every event of the user agent, in order.
    """

    def __init__(self, user: str, random: RandomSource, on_event: Callable[[UserAgentEvent], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._user = user
        self._random = random
        self._on_event = on_event
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_flushing = False
        self._addresses: dict[str, str] = {}
        self._lookups: set[asyncio.Task[None]] = set()
        self._idle: asyncio.Future[None] | None = None
        self._connections: Connections | None = None
        self.host = ""
        self.port = 0
        self.agent: UserAgent

    async def open(self, host: str, port: int = 0) -> None:
        """Bind. Raises OSError."""
        transport, _ = await self._loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")[:2]
        settings = UserAgentSettings(
            advertised=dict.fromkeys(("UDP", "TCP"), (self.host, self.port)),
            product="Hubbub phone",
            contact_user=self._user,
            limits=LIMITS,
        )
        self.agent = UserAgent(settings, self._random)
        self._connections = Connections(
            self.host,
            lambda message, peer: self.do(lambda now: self.agent.receive(message, peer, now)),
            lambda peer: self.do(lambda now: self.agent.transport_failed(peer, now)),
        )

    def do(self, command: Callable[[float], T]) -> T:
        """Give the user agent a command, with the time, and carry out what follows."""
        try:
            return command(self._loop.time())
        finally:
            self.flush()

    async def find(self, host: str) -> str:
        """The literal address of a host.

        Raises:
            OSError: it has none.
        """
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            pass
        known = self._addresses.get(host)
        if known is None:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            found = await self._loop.getaddrinfo(host, None, family=family, type=socket.SOCK_DGRAM)
            known = self._addresses[host] = str(found[0][4][0])
        return known

    async def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until no call is left whose signalling goes on: until a BYE was answered, say.

        Returns:
            False when the time was up before.
        """
        if self.agent.call_count == 0:
            return True
        if self._idle is None or self._idle.done():
            self._idle = self._loop.create_future()
        try:
            await asyncio.wait_for(asyncio.shield(self._idle), timeout_s)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Free the port; whatever is still to be sent is not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for lookup in self._lookups:
            lookup.cancel()
        if self._connections is not None:
            self._connections.close()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: Any) -> None:
        source = Peer("UDP", addr[0], addr[1])
        self.do(lambda now: self.agent.receive(data, source, now))

    def error_received(self, exc: Exception) -> None:
        """An ICMP error tells no address; the transaction's own timer decides."""

    def flush(self) -> None:
        """Carry out all outputs, those that event handlers cause among them, and set the timer."""
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while outputs := self.agent.take_outputs():
                for output in outputs:
                    if isinstance(output, SendBytes):
                        self._send(output)
                    else:
                        self._on_event(output)
        finally:
            self._is_flushing = False
        if self._idle is not None and not self._idle.done() and self.agent.call_count == 0:
            self._idle.set_result(None)
        self._set_timer()

    def _set_timer(self) -> None:
        deadline = self.agent.next_deadline()
        if self._timer is not None:
            if not self._timer.cancelled() and self._timer.when() == deadline:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None and self._transport is not None:
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.do(self.agent.handle_timers)

    def _send(self, output: SendBytes) -> None:
        if self._transport is None:
            return
        host = self._addresses.get(output.peer.host, output.peer.host)
        try:
            ipaddress.ip_address(host)
        except ValueError:
            lookup = self._loop.create_task(self._send_to_name(output))
            self._lookups.add(lookup)
            lookup.add_done_callback(self._lookups.discard)
            return
        self._send_to(output.peer._replace(host=host), output.data)

    async def _send_to_name(self, output: SendBytes) -> None:
        try:
            host = await self.find(output.peer.host)
        except OSError:
            self.do(lambda now: self.agent.transport_failed(output.peer, now))
            return
        self._send_to(output.peer._replace(host=host), output.data)

    def _send_to(self, peer: Peer, data: bytes) -> None:
        """To a literal address."""
        if self._transport is None or self._connections is None:
            return
        if peer.transport == "TCP":
            self._connections.send(peer, data)
        else:
            self._transport.sendto(data, (peer.host, peer.port))
