"""The shell round a SIP user agent: sockets, time and names on one side, bytes and events on the other.

Owns the transports, the one timer that follows `next_deadline`, looking names up, and the order of outputs. Leaves
every decision to the user agent and every event to `on_event`. The time of the user agent is the loop's: on a
simulated loop everything here runs on simulated time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from hubbub.endpoints.sip.settings import SipSettings
from hubbub.endpoints.sip.tcp import TcpTransport
from hubbub.endpoints.sip.transport import Transport
from hubbub.endpoints.sip.udp import UdpTransport
from hubbub.protocol.sip.admission import Authorise
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import SendBytes, UserAgentEvent
from hubbub.protocol.sip.identifiers import RandomSource
from hubbub.protocol.sip.message import SipMessage
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.settings import UserAgentLimits, UserAgentSettings
from hubbub.protocol.sip.user_agent import UserAgent
from hubbub.services.ports import Log

T = TypeVar("T")

_BIND_TRIES: Final = 20
"""A free UDP port may be taken on TCP; then another is tried."""
_UNANSWERED_S_MAX: Final = 610.0
"""A little above the longest ringing that a dialect lets a customer ask for."""
_NAMES_MAX: Final = 1000
_NAME_FRESH_S: Final = 60.0
"""How long an address is kept for a name: the system's resolver tells no time to live."""


class SipShell:
    """One user agent on the network.

    Args:
        settings: addresses and limits.
        random: where tags, branches and Call-IDs come from.
        authorise: who may call.
        on_event: told of every event, in order.
        log: told of events that a fault of ours kept from being handled.
    """

    def __init__(
        self,
        settings: SipSettings,
        random: RandomSource,
        authorise: Authorise,
        on_event: Callable[[UserAgentEvent], None],
        log: Log,
    ) -> None:
        self._settings = settings
        self._random = random
        self._authorise = authorise
        self._on_event = on_event
        self._log = log
        self._limits = UserAgentLimits(max_calls=settings.calls_max, unanswered_s_max=_UNANSWERED_S_MAX)
        self._transports: dict[str, Transport] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_flushing = False
        self._finished: asyncio.Future[None] | None = None
        self._names: dict[str, tuple[str, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._tcp: TcpTransport | None = None
        self.agent: UserAgent
        self.port = 0
        self.reached_at = ""
        """The host in our Via and Contact."""

    async def open(self) -> None:
        """Listen on UDP and TCP, on one port.

        Raises:
            OSError: the address cannot be had.
        """
        self._loop = asyncio.get_running_loop()
        settings = self._settings
        for attempt in range(_BIND_TRIES):
            udp = UdpTransport(self, settings.receive_buffer_bytes)
            tcp = TcpTransport(self, settings, self._limits.message)
            port = await udp.open(settings.host, settings.port)
            try:
                await tcp.open(settings.host, port)
            except OSError:
                await udp.aclose()
                if settings.port or attempt == _BIND_TRIES - 1:
                    raise
                continue
            break
        self.port = port
        self._tcp = tcp
        self._transports = {"UDP": udp, "TCP": tcp}
        self.reached_at = await self._own_host()
        self.agent = UserAgent(
            UserAgentSettings(
                advertised=dict.fromkeys(self._transports, (self.reached_at, port)),
                session_expires_s=settings.session_expires_s,
                limits=self._limits,
            ),
            self._random,
            self._authorise,
        )

    async def _own_host(self) -> str:
        """The host in our Via and Contact. Listening on all addresses, it is the one that faces the world."""
        host = self._settings.advertised_host or self._settings.host
        if host not in ("", "0.0.0.0", "::"):
            return host
        outside = "2001:db8::1" if host == "::" else "192.0.2.1"
        try:
            # No packet goes out: connecting a datagram socket only asks the kernel for the route.
            probe, _ = await self._loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=(outside, 9)
            )
        except OSError:
            return "::1" if host == "::" else "127.0.0.1"
        try:
            return str(probe.get_extra_info("sockname")[0])
        finally:
            probe.close()

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return bool(self._transports)

    def now(self) -> float:
        """The user agent's time."""
        return self._loop.time()

    def do(self, command: Callable[[float], T]) -> T:
        """Gives the user agent a command, with the time, and carries out what follows."""
        try:
            return command(self._loop.time())
        finally:
            self.flush()

    async def finish(self) -> None:
        """Wait for the far ends to confirm that the calls we ended are over, within a limit."""
        if not self._transports or self.agent.ending_count == 0:
            return
        self._finished = self._loop.create_future()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._finished, self._settings.linger_s)

    async def aclose(self) -> None:
        """Stop listening. What is not sent yet is not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        transports, self._transports = self._transports, {}
        for task in list(self._tasks):
            task.cancel()
        for transport in transports.values():
            await transport.aclose()

    def statistics(self) -> Mapping[str, float]:
        """Counters and gauges for the metrics page."""
        if not self._transports:
            return {}
        figures: dict[str, float] = {
            "calls": self.agent.call_count,
            "transactions": self.agent.transaction_count,
            "timers": self.agent.timer_count,
        }
        if self._tcp is not None:
            figures["tcp_connections"] = len(self._tcp.connections)
            figures["tcp_refused"] = self._tcp.refused
            figures["tcp_cut_off"] = self._tcp.cut_off
        figures.update(self.agent.counters)
        return figures

    # --- Receiver -------------------------------------------------------------------------------------

    def received(self, data: bytes | SipMessage, source: Peer) -> None:
        self.agent.receive(data, source, self._loop.time())
        self.flush()

    def malformed(self, error: SipParseError, source: Peer) -> None:
        self.agent.refuse_malformed(error, source)
        self.flush()

    def failed(self, peer: Peer) -> None:
        for each in self._known_as(peer):
            self.agent.transport_failed(each, self._loop.time())
        self.flush()

    def closed(self, peer: Peer) -> None:
        for each in self._known_as(peer):
            self.agent.connection_closed(each, self._loop.time())
        self.flush()

    def _known_as(self, peer: Peer) -> list[Peer]:
        """A peer under every name that the user agent may know it by."""
        names = [name for name, (host, _) in self._names.items() if host == peer.host and name != host]
        return [peer, *(peer._replace(host=name) for name in names)]

    # --- outputs --------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Carries out all outputs, those that event handlers cause among them, and sets the timer."""
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while outputs := self.agent.take_outputs():
                for output in outputs:
                    if isinstance(output, SendBytes):
                        self._send(output.peer, output.data)
                    else:
                        self._tell(output)
        finally:
            self._is_flushing = False
        if self._finished is not None and not self._finished.done() and self.agent.ending_count == 0:
            self._finished.set_result(None)
        self._set_timer()

    def _tell(self, event: UserAgentEvent) -> None:
        try:
            self._on_event(event)
        except Exception as error:  # a fault of ours must end one call, not the endpoint
            self._log.error("a SIP event could not be handled", kind=type(event).__name__, exc_info=error)
            event.call.hang_up(self._loop.time())

    def _set_timer(self) -> None:
        deadline = self.agent.next_deadline()
        if deadline is None or not self._transports:
            return
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return  # it fires early and is set again: cheaper than moving it with every message
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.agent.handle_timers(self._loop.time())
        self.flush()

    def _send(self, peer: Peer, data: bytes) -> None:
        transport = self._transports.get(peer.transport)
        if transport is None:
            # TLS or WebSocket, or nothing any more: told later, because a failure is news, not an answer.
            self._loop.call_soon(self._fail_unless_closed, peer)
        elif (host := self.literal(peer.host)) is not None:
            transport.send(peer if host == peer.host else peer._replace(host=host), data)
        else:
            task = self._loop.create_task(self._send_to_name(transport, peer, data))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _fail_unless_closed(self, peer: Peer) -> None:
        if self._transports:
            self.failed(peer)

    def literal(self, host: str) -> str | None:
        """The address of a host, when it is one or was looked up of late."""
        known = self._names.get(host)
        if known is not None:
            if self._loop.time() < known[1]:
                return known[0]
            del self._names[host]
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return None
        if len(self._names) < _NAMES_MAX:
            self._names[host] = (host, float("inf"))
        return host

    async def look_up(self, host: str) -> str:
        """The address of a host, remembered for a while. RFC 3263's NAPTR and SRV are not asked.

        Raises:
            OSError: it has none.
        """
        family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
        found = await self._loop.getaddrinfo(host, None, family=family, type=socket.SOCK_DGRAM)
        address = str(found[0][4][0])
        if len(self._names) >= _NAMES_MAX:
            self._names.clear()
        self._names[host] = (address, self._loop.time() + _NAME_FRESH_S)
        return address

    async def _send_to_name(self, transport: Transport, peer: Peer, data: bytes) -> None:
        try:
            host = await self.look_up(peer.host)
        except OSError:
            self._fail_unless_closed(peer)
            return
        transport.send(peer._replace(host=host), data)
