"""A core on a bench: no socket, no clock; a test hands it packets and ticks it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.media.core import apply as commands
from hubbub.media.core import counters, events
from hubbub.media.core.apply import apply
from hubbub.media.core.ingest import ingest
from hubbub.media.core.layout import FRAME, NONE, PHASE_US, PHASES, SLOT_BITS, State, new_state
from hubbub.media.core.tick import tick
from hubbub.media.settings import MediaSettings

SMALL = MediaSettings(
    rtp_port_first=10000,
    rtp_port_last=10199,
    ports_max=64,
    mixers_max=16,
    playbacks_max=32,
    taps_max=16,
    arena_samples=1 << 16,
)
CALLER_ADDRESS = 0x7F000001


@dataclass
class Packet:
    """One that the core sent."""

    address: int
    port: int
    rtcp: bool
    data: bytes

    @property
    def marker(self) -> bool:
        return self.data[1] >> 7 == 1

    @property
    def payload_type(self) -> int:
        return self.data[1] & 0x7F

    @property
    def sequence(self) -> int:
        return int.from_bytes(self.data[2:4], "big")

    @property
    def timestamp(self) -> int:
        return int.from_bytes(self.data[4:8], "big")

    @property
    def payload(self) -> bytes:
        return self.data[12:]


@dataclass
class Caller:
    """A far end: what it sends next, and where."""

    rig: Rig
    port_id: int
    law: int
    socket: int
    port: int
    ssrc: int
    sequence: int = 100
    timestamp: int = 5000
    address: int = CALLER_ADDRESS
    event_type: int = 101

    @property
    def slot(self) -> int:
        return self.port_id & ((1 << SLOT_BITS) - 1)

    def packet(self, payload: bytes, *, payload_type: int | None = None, marker: bool = False) -> bytes:
        """The next RTP packet; the sequence number moves on, the timestamp by a sample a byte."""
        kind = (0 if self.law == g711.ULAW else 8) if payload_type is None else payload_type
        header = bytes([0x80, kind | marker << 7])
        header += (self.sequence & 0xFFFF).to_bytes(2, "big")
        header += (self.timestamp & 0xFFFFFFFF).to_bytes(4, "big") + self.ssrc.to_bytes(4, "big")
        self.sequence += 1
        if payload_type is None:
            self.timestamp += len(payload)
        return header + payload

    def say(self, pcm: NDArray[np.int16]) -> None:
        """Send one packet of these samples."""
        self.send(self.packet(g711.encode_samples(self.law, pcm)))

    def send(self, data: bytes) -> None:
        self.rig.receive(self.socket, data, self.address, self.port)

    def prove(self) -> None:
        """Two packets of silence, and the time for them to be played."""
        for _ in range(2):
            self.say(np.zeros(FRAME, np.int16))
        self.rig.run(3)


class Rig:
    def __init__(self, settings: MediaSettings = SMALL, **changes: Any) -> None:
        self.settings = replace(settings, **changes)
        self.state: State = new_state(self.settings)
        self.now_us = 1_000_000
        self.passes = 0
        self.sent: list[Packet] = []
        self.events: list[tuple[int, ...]] = []
        self._next = self._taps = 0
        self._taken: dict[int, dict[int, NDArray[np.int16]]] = {}
        self.command(commands.OPEN_SOCKET, 0, 0)

    def command(self, *fields: int) -> None:
        record = np.zeros(commands.FIELDS, np.int64)
        record[: len(fields)] = fields
        apply(self.state, record, self.now_us)
        self.drain()

    def open(self, socket: int = 0) -> int:
        """A leg; returns its port id."""
        slot = self._next % self.settings.ports_max
        port_id = (1 + self._next // self.settings.ports_max) << SLOT_BITS | slot
        self._next += 1
        self.command(commands.OPEN_PORT, port_id, socket, 0x1000 + slot, 7, 0)
        return port_id

    def connect(
        self,
        port_id: int,
        port: int,
        *,
        law: int = g711.ULAW,
        frames: int = 1,
        event_type: int = 101,
        flags: int = 3,
        address: int = CALLER_ADDRESS,
    ) -> None:
        kind = 0 if law == g711.ULAW else 8
        self.command(
            commands.CONNECT, port_id, address, port, law | kind << 8 | frames << 16, event_type, flags
        )

    def caller(self, law: int = g711.ULAW, *, socket: int = 0, frames: int = 1, prove: bool = True) -> Caller:
        """A connected leg with its far end."""
        port_id = self.open(socket)
        slot = port_id & ((1 << SLOT_BITS) - 1)
        caller = Caller(self, port_id, law, socket, 40000 + 2 * slot, 0xA0000 + slot)
        self.connect(port_id, caller.port, law=law, frames=frames)
        if prove:
            caller.prove()
        return caller

    def mixer(self, number: int = 0, phase: int = 0) -> int:
        mixer_id = 1 << SLOT_BITS | (PHASES + number)
        self.command(commands.OPEN_MIXER, mixer_id, phase)
        return mixer_id

    def join(self, caller: Caller, mixer: int, *, hears: bool = True, heard: bool = True) -> None:
        self.command(commands.JOIN, caller.port_id, mixer, hears | heard << 1)

    def coach(self, caller: Caller, mixer: int, *coached: Caller) -> None:
        self.command(commands.JOIN, caller.port_id, mixer, 7)
        for other in coached:
            self.command(commands.COACH, caller.port_id, other.port_id)

    def tap(self, kind: int, target: int, begin: int = 0) -> int:
        """A tap; returns its id."""
        tap_id = 1 << SLOT_BITS | self._taps
        self._taps += 1
        self.command(commands.OPEN_TAP, tap_id, kind, target, begin)
        return tap_id

    def taken(self, tap_id: int) -> dict[int, NDArray[np.int16]]:
        """All that a tap took: its frames by their rounds, in order."""
        for tap, number, pcm in self.read_taps():
            self._taken.setdefault(tap, {})[number] = pcm
        return self._taken.get(tap_id, {})

    def read_taps(self) -> list[tuple[int, int, NDArray[np.int16]]]:
        """What all taps took, in order: tap id, round and frame. The ring is empty then."""
        core = self.state.core[0]
        rows = [at % len(self.state.tap_pcm) for at in range(core.taps_tail, core.taps_head)]
        self.command(commands.TAPS_READ, int(core.taps_head))
        return [(*self.state.tap_marks[row].tolist(), self.state.tap_pcm[row].copy()) for row in rows]

    @property
    def rounds(self) -> int:
        return int(self.state.core[0].rounds)

    def receive(self, socket: int, data: bytes, address: int, port: int) -> None:
        packet = np.frombuffer(data.ljust(1, b"\0"), np.uint8)
        ingest(self.state, socket, packet, len(data), address, port, self.now_us)
        self.drain()

    def run(self, ticks: int = 1) -> list[Packet]:
        """Whole ticks: ten phases each. Returns what was sent."""
        return self.run_phases(ticks * PHASES)

    def run_phases(self, phases: int) -> list[Packet]:
        """So many of the ten phases of a tick. Returns what was sent."""
        before = len(self.sent)
        for _ in range(phases):
            tick(self.state, self.passes % PHASES, self.now_us)
            self.passes += 1
            self.now_us += PHASE_US
            self.drain()
        return self.sent[before:]

    def drain(self) -> None:
        core = self.state.core[0]
        while core.out_tail < core.out_head:
            row = core.out_tail % len(self.state.outs)
            out = self.state.outs[row]
            self.sent.append(
                Packet(
                    int(out.address),
                    int(out.port),
                    bool(out.rtcp),
                    self.state.out_bytes[row, : out.length].tobytes(),
                )
            )
            core.out_tail += 1
        while core.events_tail < core.events_head:
            row = core.events_tail % len(self.state.events)
            self.events.append(tuple(int(value) for value in self.state.events[row]))
            core.events_tail += 1

    def heard_by(self, caller: Caller, packets: list[Packet]) -> NDArray[np.int16]:
        """The samples of the packets that went to this caller."""
        data = b"".join(p.payload for p in packets if p.port == caller.port and p.payload_type in (0, 8))
        return g711.decode_bytes(caller.law, data)

    def count(self, name: str) -> int:
        return int(self.state.counters[counters.NAMES.index(name)])

    def events_of(self, kind: int) -> list[tuple[int, ...]]:
        return [event[1:] for event in self.events if event[0] == kind]


__all__ = ["NONE", "Caller", "Packet", "Rig", "events"]
