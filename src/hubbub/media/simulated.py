"""The media plane on the running event loop's own time and datagrams: for the lab, and for tests.

It calls the same core as the real plane, every 2 ms of the loop's time, and so sends the same packets. While
no leg is open and nothing is played it schedules nothing.
"""

import asyncio
import random
from typing import Any, Self

import numpy as np

from hubbub.media.control import ControlSide, as_records
from hubbub.media.core import apply as commands
from hubbub.media.core import counters, rtcp_in
from hubbub.media.core.apply import apply
from hubbub.media.core.ingest import ingest
from hubbub.media.core.layout import PHASE_US, PHASES
from hubbub.media.core.tick import tick
from hubbub.media.settings import MediaSettings


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
        self._closed = False

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
        host, port = int.from_bytes(map(int, address[0].split(".")), "big"), address[1]
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
        self._schedule()

    def _schedule(self) -> None:
        """Have the next pass called, at a whole number of 2 ms, if there is anything to do then."""
        core = self.state.core[0]
        wanted = self._ports.used or self._clips or self._taps.count or core.events_tail < core.events_head
        if self._timer is not None or self._closed or not wanted:
            return
        self._pass = max(self._pass + 1, self._now_us() // PHASE_US + 1)
        self._timer = self._loop.call_at(self._pass * PHASE_US / 1_000_000, self._tick)

    def _tick(self) -> None:
        self._timer = None
        tick(self.state, self._pass % PHASES, self._now_us())
        self._send_packets()
        self._read_events()
        self._schedule()

    def _send_packets(self) -> None:
        state = self.state
        core = state.core[0]
        for row in range(int(core.out_tail), int(core.out_head)):
            row %= len(state.outs)
            out = state.outs[row]
            transport = self._transports.get(2 * int(out.socket) + int(out.rtcp))
            if transport is None:
                state.counters[counters.DROP_OUTPUT] += 1
                continue
            host = ".".join(map(str, int(out.address).to_bytes(4, "big")))
            transport.sendto(state.out_bytes[row, : out.length].tobytes(), (host, int(out.port)))
        core.out_tail = core.out_head = 0

    def _read_events(self) -> None:
        core = self.state.core[0]
        while core.events_tail < core.events_head:
            row = self.state.events[core.events_tail % len(self.state.events)].tolist()
            core.events_tail += 1
            self._take_event(tuple(row))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, plane: SimulatedPlane, key: int) -> None:
        self._plane = plane
        self._key = key

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._plane.received(self._key, data, addr)
