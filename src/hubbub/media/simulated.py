"""The media plane on the running event loop's own time and datagrams: for the lab, and for tests.

It calls the same core as the real plane, every 2 ms of the loop's time, and so sends the same packets. Moments at which
no room has anything to do are left out, but for the one in ten that counts the rounds. While no leg is open and nothing
is played it schedules nothing.
"""

import asyncio
import random
from functools import lru_cache
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from hubbub.media.control import ControlSide, as_records
from hubbub.media.core import apply as commands
from hubbub.media.core import counters, rtcp_in
from hubbub.media.core.apply import apply
from hubbub.media.core.ingest import ingest
from hubbub.media.core.layout import NONE, PHASE_US, PHASES
from hubbub.media.core.tick import tick
from hubbub.media.settings import MediaSettings

EVERY_PHASE: Final = frozenset(range(PHASES))


class SimulatedPlane(ControlSide):
    """Implements `services.ports.MediaPlane`.

    Args:
        seed: of SSRCs and first sequence numbers.
    """

    def __init__(self, settings: MediaSettings, seed: int = 0) -> None:
        super().__init__(settings, random.Random(f"media {seed}").getrandbits)
        self._loop = asyncio.get_running_loop()
        self._transports: dict[int, asyncio.DatagramTransport] = {}
        """By socket slot times two, plus one for RTCP."""
        self._binding: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._pass = 0
        """The last that was called."""
        self._next_pass = 0
        """The one that the timer is for."""
        self._all_until = 0
        """Up to this pass every phase is called: a room that has just emptied has something to put away."""
        self._busy = EVERY_PHASE
        """Phases with a room in which anything is."""
        self._closed = False
        # The columns: a record's attributes take ten times as long.
        self._core = _columns(self.state.core, "out_head", "out_tail", "events_head", "events_tail")
        self._outs = _columns(self.state.outs, "socket", "rtcp", "address", "port", "length")
        self._rooms = _columns(self.state.mixers, "first", "playback", "taps", "following")

    @classmethod
    async def open(cls, settings: MediaSettings, seed: int = 0) -> Self:
        return cls(settings, seed)

    async def aclose(self) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._taps.end_all()
        for task in list(self._binding):
            await task
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    # --- sockets --------------------------------------------------------------------------------------

    def _bind(self, index: int, rtp_port: int) -> bool:
        self._send([(commands.OPEN_SOCKET, index, 1)])
        for is_rtcp in (0, 1):
            task = self._loop.create_task(self._listen(2 * index + is_rtcp, rtp_port + is_rtcp))
            self._binding.add(task)
            task.add_done_callback(self._binding.discard)
        return True

    async def _listen(self, key: int, port: int) -> None:
        transport, _ = await self._loop.create_datagram_endpoint(
            lambda: _Datagrams(self, key), local_addr=(self._host, port)
        )
        if self._closed or key >> 1 not in self._sockets:
            transport.close()
        else:
            self._transports[key] = transport

    def _unbind(self, index: int) -> None:
        self._send([(commands.CLOSE_SOCKET, index)])
        for key in (2 * index, 2 * index + 1):
            transport = self._transports.pop(key, None)
            if transport is not None:
                transport.close()
        # The transport lets go of its port in the loop's next turn.
        self._loop.call_soon(self._socket_gone, index)

    def received(self, key: int, data: bytes, address: tuple[Any, ...]) -> None:
        """A datagram for a socket; called by its protocol."""
        host, port = _as_number(address[0]), address[1]
        packet = np.frombuffer(data or b"\0", np.uint8)
        if key & 1:
            rtcp_in.ingest(self.state, key >> 1, packet, len(data), host, port - 1, self._now_us())
        else:
            ingest(self.state, key >> 1, packet, len(data), host, port, self._now_us())
        self._read_events()

    # --- time -----------------------------------------------------------------------------------------

    def _now_us(self) -> int:
        return round(self._loop.time() * 1_000_000)

    def _send(self, records: list[tuple[int, ...]]) -> None:
        now_us = self._now_us()
        for record in as_records(records):
            apply(self.state, record, now_us)
        if all(record[0] == commands.TAPS_READ for record in records):
            return  # room in a ring; no room's business
        soonest = now_us // PHASE_US + 1
        if self._timer is not None and self._next_pass > soonest:
            self._timer.cancel()
            self._timer = None
        self._all_until = max(self._pass + 1, soonest) + PHASES
        self._busy = EVERY_PHASE
        self._schedule()

    def _schedule(self) -> None:
        """Have the next pass called, at a whole number of 2 ms, if there is anything to do then."""
        wanted = self._ports.used or self._clips or self._taps.count or self._has_events()
        if self._timer is not None or self._closed or not wanted:
            return
        wanted_pass = max(self._pass + 1, self._now_us() // PHASE_US + 1)
        if wanted_pass > self._all_until:
            while (phase := wanted_pass % PHASES) and phase not in self._busy:
                wanted_pass += 1
        self._next_pass = wanted_pass
        self._timer = self._loop.call_at(wanted_pass * PHASE_US / 1_000_000, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._pass = self._next_pass
        moves = self.state.counters.item(counters.PHASE_MOVES)
        tick(self.state, self._pass % PHASES, self._now_us())
        if self.state.counters.item(counters.PHASE_MOVES) != moves:
            self._all_until = self._pass + PHASES
            self._busy = EVERY_PHASE
        self._send_packets()
        self._read_events()
        if self._pass >= self._all_until and self._busy is EVERY_PHASE:
            self._busy = frozenset([phase for phase in range(PHASES) if self._is_busy(phase)])
        self._schedule()

    def _is_busy(self, phase: int) -> bool:
        """Whether anything is in a room of this phase. Only a command makes it so; nobody need say when it is over."""
        mixer = int(self.state.phases[phase])
        while mixer != NONE:
            if any(column.item(mixer) != NONE for column in self._rooms[:3]):
                return True
            mixer = self._rooms[3].item(mixer)
        return False

    def _send_packets(self) -> None:
        heads, tails = self._core[:2]
        first, behind = tails.item(0), heads.item(0)
        if first == behind:
            return
        state = self.state
        for row in range(first, behind):
            row %= len(state.outs)
            socket, rtcp, address, port, length = [column.item(row) for column in self._outs]
            transport = self._transports.get(2 * socket + rtcp)
            if transport is None:
                state.counters[counters.DROP_OUTPUT] += 1
                continue
            transport.sendto(state.out_bytes[row, :length].tobytes(), (_as_text(address), port))
        tails[0] = heads[0] = 0

    def _has_events(self) -> bool:
        return self._core[3].item(0) < self._core[2].item(0)

    def _read_events(self) -> None:
        while self._has_events():
            tail = self._core[3].item(0)
            row = self.state.events[tail % len(self.state.events)].tolist()
            self._core[3][0] = tail + 1
            self._take_event(tuple(row))


def _columns(rows: Any, *names: str) -> list[NDArray[np.int64]]:
    """Fields of all rows, as views of their memory."""
    return [rows[name] for name in names]


@lru_cache(maxsize=4096)
def _as_number(host: str) -> int:
    return int.from_bytes(map(int, host.split(".")), "big")


@lru_cache(maxsize=4096)
def _as_text(address: int) -> str:
    return ".".join(map(str, address.to_bytes(4, "big")))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, plane: SimulatedPlane, key: int) -> None:
        self._plane = plane
        self._key = key

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._plane.received(self._key, data, addr)
