"""The network between simulated hosts: who is bound where, and what happens to a packet on its way.

Owns addresses, the dials of a bad network (`Conditions`), chance, and the record of every packet. Leaves transports
to `datagrams` and `streams`, and time to the loop it is given.

Chance is drawn per flow (one source and one destination) from a generator of its own that is seeded by the seed and
both addresses: what happens to one caller's packets does not change because another caller joined.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from random import Random
from typing import Final, NamedTuple, Protocol

LOOPBACK: Final = "127.0.0.1"
EPHEMERAL_PORTS: Final = range(32768, 61000)
"""As on Linux (ip_local_port_range)."""
DATAGRAM_BYTES_MAX: Final = 65_507
"""A UDP payload over IPv4."""
RETRANSMISSION_S: Final = 0.2
"""What one loss costs on a stream: the least retransmission time-out of Linux."""

WILDCARDS: Final = frozenset({"", "0.0.0.0", "::"})


class Address(NamedTuple):
    host: str
    """A literal IP address."""
    port: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """The dials of a path. The default is a perfect network without delay."""

    delay_s: float = 0.0
    """What every packet takes."""
    jitter_s: float = 0.0
    """Up to so much more, drawn evenly for each packet. Does not reorder: a packet waits behind an earlier one."""
    loss: float = 0.0
    """The share of packets that vanish, 0 to 1. On a stream they are sent again, later."""
    duplication: float = 0.0
    """The share of datagrams that arrive twice."""
    reordering: float = 0.0
    """The share of datagrams that are held back by `reordering_s`, so that later ones overtake them."""
    reordering_s: float = 0.03

    def __post_init__(self) -> None:
        if min(self.delay_s, self.jitter_s, self.reordering_s) < 0:
            raise ValueError("a delay is 0 s or more")
        if not all(0 <= share <= 1 for share in (self.loss, self.duplication, self.reordering)):
            raise ValueError("a share lies between 0 and 1")

    @property
    def is_chancy(self) -> bool:
        return bool(self.jitter_s or self.loss or self.duplication or self.reordering)


class Packet(NamedTuple):
    """One packet as the record shows it."""

    sent_s: float
    """Simulated time."""
    protocol: str
    """`udp` or `tcp`."""
    source: Address
    destination: Address
    data: bytes
    arrivals_s: tuple[float, ...]
    """When it arrives: empty when lost, twice when duplicated."""


class Timeline(Protocol):
    """The part of an event loop that a network needs."""

    def time(self) -> float: ...
    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> object: ...


class Receiver(Protocol):
    """Something bound to an address."""

    def receive(self, data: bytes, source: Address) -> None: ...


@dataclass(slots=True)
class _Flow:
    chance: Random
    last_arrival_s: float = 0.0


class Network:
    """All hosts and the paths between them.

    Args:
        timeline: the loop that gives time.
        seed: of all chance.
    """

    def __init__(self, timeline: Timeline, seed: int = 0) -> None:
        self._timeline = timeline
        self._seed = seed
        self._datagrams: dict[Address, Receiver] = {}
        self._listeners: dict[Address, Receiver] = {}
        self._next_port: dict[tuple[bool, str], int] = {}
        self._rules: list[tuple[Address | str | None, Address | str | None, Conditions]] = []
        self._conditions: dict[tuple[Address, Address], Conditions] = {}
        self._flows: dict[tuple[Address, Address], _Flow] = {}
        self._taps: list[Callable[[Packet], None]] = []
        self._hash = hashlib.sha256()
        self._packet_count = 0
        self.names: dict[str, str] = {"localhost": LOOPBACK}
        """Host names and their literal addresses: all the DNS there is."""

    def reseed(self, seed: int) -> None:
        """Begin all chance anew from another seed; what was drawn so far is forgotten."""
        self._seed = seed
        self._flows.clear()

    # --- dials ------------------------------------------------------------------------------------------

    def set_conditions(
        self,
        conditions: Conditions,
        *,
        source: Address | str | None = None,
        destination: Address | str | None = None,
    ) -> None:
        """Set the dials of a direction: a host, one of its addresses, or None for any. What is set last wins."""
        self._rules = [rule for rule in self._rules if rule[:2] != (source, destination)]
        self._rules.append((source, destination, conditions))
        self._conditions.clear()

    def conditions(self, source: Address, destination: Address) -> Conditions:
        """The dials in force for one flow."""
        known = self._conditions.get((source, destination))
        if known is None:
            known = Conditions()
            for wanted_source, wanted_destination, conditions in self._rules:
                if _matches(wanted_source, source) and _matches(wanted_destination, destination):
                    known = conditions
            self._conditions[source, destination] = known
        return known

    # --- the record -------------------------------------------------------------------------------------

    def tap(self, listener: Callable[[Packet], None]) -> Callable[[], None]:
        """Show every packet to `listener` as it is sent. Returns what takes the tap off again."""
        self._taps.append(listener)
        return lambda: self._taps.remove(listener)

    @property
    def packet_count(self) -> int:
        """Packets sent so far, lost ones among them."""
        return self._packet_count

    def trace_digest(self) -> str:
        """SHA-256 over every packet so far, its times and its bytes: equal for equal runs."""
        return self._hash.hexdigest()

    # --- addresses --------------------------------------------------------------------------------------

    def bind_datagram(self, host: str, port: int, receiver: Receiver) -> Address:
        """Take an address for datagrams; port 0 takes a free one. Raises OSError when it is taken."""
        return self._bind(self._datagrams, False, host, port, receiver)

    def bind_listener(self, host: str, port: int, receiver: Receiver) -> Address:
        """Take an address for streams; port 0 takes a free one. Raises OSError when it is taken."""
        return self._bind(self._listeners, True, host, port, receiver)

    def release_datagram(self, address: Address) -> None:
        self._datagrams.pop(address, None)

    def release_listener(self, address: Address) -> None:
        self._listeners.pop(address, None)

    def listener(self, address: Address) -> Receiver | None:
        """Who accepts streams at an address."""
        return _find(self._listeners, address)

    @property
    def bound(self) -> frozenset[Address]:
        """Every address that is taken: what must be empty, or as before, when all calls are over."""
        return frozenset(self._datagrams) | frozenset(self._listeners)

    def resolve(self, host: str | None) -> str:
        """The literal address of a host.

        Raises:
            OSError: a name that the simulated network does not know.
        """
        if host is None or host in WILDCARDS:
            return "0.0.0.0" if host is None or host == "" else host
        if host in self.names:
            return self.names[host]
        try:
            return _literal(host)
        except ValueError:
            raise OSError(errno.ENOENT, f"{host!r} is no host of the simulated network") from None

    def _bind(
        self, table: dict[Address, Receiver], is_stream: bool, host: str, port: int, receiver: Receiver
    ) -> Address:
        host = self.resolve(host)
        if port == 0:
            port = self._free_port(table, is_stream, host)
        address = Address(host, port)
        if address in table:
            raise OSError(errno.EADDRINUSE, f"{host}:{port} is taken: {os.strerror(errno.EADDRINUSE)}")
        table[address] = receiver
        return address

    def _free_port(self, table: dict[Address, Receiver], is_stream: bool, host: str) -> int:
        start = self._next_port.get((is_stream, host), EPHEMERAL_PORTS.start)
        span = len(EPHEMERAL_PORTS)
        for step in range(span):
            port = EPHEMERAL_PORTS.start + (start - EPHEMERAL_PORTS.start + step) % span
            if Address(host, port) not in table:
                self._next_port[is_stream, host] = port + 1
                return port
        raise OSError(errno.EADDRINUSE, f"{host} has no free port left")

    # --- packets ----------------------------------------------------------------------------------------

    def send_datagram(self, data: bytes, source: Address, destination: Address) -> bool:
        """Send one datagram.

        Returns:
            Whether anybody is bound there now: a connected socket would learn of it by ICMP.
        """
        now = self._timeline.time()
        conditions = self.conditions(source, destination)
        arrivals = (
            self._arrivals(conditions, source, destination, now)
            if conditions.is_chancy
            else (now + conditions.delay_s,)
        )
        self._record(Packet(now, "udp", source, destination, data, arrivals))
        for arrival in arrivals:
            self._timeline.call_at(arrival, self._deliver, data, source, destination)
        return _find(self._datagrams, destination) is not None

    def stream_arrival(self, data: bytes, source: Address, destination: Address) -> float:
        """When a piece of a stream arrives: in order, and late by a retransmission for each loss."""
        now = self._timeline.time()
        conditions = self.conditions(source, destination)
        flow = self._flow(source, destination)
        arrival = now + conditions.delay_s + flow.chance.random() * conditions.jitter_s
        late_s = RETRANSMISSION_S
        # Eight losses in a row would be minutes; no test of ours wants a stream that dies of old age.
        for _ in range(8):
            if flow.chance.random() >= conditions.loss:
                break
            arrival += late_s
            late_s *= 2
        flow.last_arrival_s = arrival = max(arrival, flow.last_arrival_s)
        self._record(Packet(now, "tcp", source, destination, data, (arrival,)))
        return arrival

    def forget_flow(self, source: Address, destination: Address) -> None:
        """Drop what is kept for a flow that is over."""
        self._flows.pop((source, destination), None)
        self._conditions.pop((source, destination), None)

    def _arrivals(
        self, conditions: Conditions, source: Address, destination: Address, now: float
    ) -> tuple[float, ...]:
        flow = self._flow(source, destination)
        chance = flow.chance
        # All four are drawn for every packet, so that turning one dial leaves the others' luck alone.
        lost, jitter, held, doubled = (chance.random() for _ in range(4))
        if lost < conditions.loss:
            return ()
        arrival = now + conditions.delay_s + jitter * conditions.jitter_s
        if held < conditions.reordering:
            arrival += conditions.reordering_s
        else:
            flow.last_arrival_s = arrival = max(arrival, flow.last_arrival_s)
        return (arrival, arrival) if doubled < conditions.duplication else (arrival,)

    def _flow(self, source: Address, destination: Address) -> _Flow:
        flow = self._flows.get((source, destination))
        if flow is None:
            text = f"{self._seed} {source.host} {source.port} {destination.host} {destination.port}"
            # Chance here must be repeatable, the opposite of fit for secrets.
            flow = self._flows[source, destination] = _Flow(Random(text))
        return flow

    def _deliver(self, data: bytes, source: Address, destination: Address) -> None:
        receiver = _find(self._datagrams, destination)
        if receiver is not None:
            receiver.receive(data, source)

    def _record(self, packet: Packet) -> None:
        self._packet_count += 1
        head = (
            f"{packet.protocol} {packet.sent_s!r} {packet.arrivals_s!r} {packet.source} {packet.destination} "
        )
        self._hash.update(f"{head}{len(packet.data)} ".encode())
        self._hash.update(packet.data)
        for listener in self._taps:
            listener(packet)


@lru_cache(maxsize=4096)
def _literal(host: str) -> str:
    return str(ip_address(host))


def _matches(wanted: Address | str | None, address: Address) -> bool:
    return wanted is None or wanted == address or wanted == address.host


def _find(table: dict[Address, Receiver], address: Address) -> Receiver | None:
    found = table.get(address)
    if found is None:
        wildcard = "::" if ":" in address.host else "0.0.0.0"
        found = table.get(Address(wildcard, address.port))
    return found
