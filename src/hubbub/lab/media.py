"""The media plane on simulated time: the real core, the mixer included, fed by the simulated network.

Owns what the media thread owns outside: sockets, the 2 ms beat, and handing out rows. The arithmetic is `media.core`,
the very functions that the thread runs. Leaves the thread, its pipes and its real sockets to `media`.

Every leg has a socket of its own here. The beat stops while no leg and no sound is there, so that an empty server lets
time jump.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from random import Random
from typing import Any, Final

import numpy as np

from hubbub.audio import g711
from hubbub.domain.errors import ServerFull
from hubbub.lab.datagrams import SimulatedDatagramTransport
from hubbub.lab.loop import SimulatedLoop
from hubbub.lab.network import Address
from hubbub.media.core import apply as commands
from hubbub.media.core import counters, events, rtcp_in
from hubbub.media.core.ingest import ingest
from hubbub.media.core.layout import NONE, PHASE_US, PHASES, SLOT_BITS, SLOT_MASK, new_state
from hubbub.media.core.tick import tick
from hubbub.media.settings import MediaSettings
from hubbub.services.ports import (
    Clip,
    DigitHeard,
    LocalMedia,
    MediaEvent,
    MediaSilent,
    Mix,
    PlaybackEnded,
    RemoteMedia,
    TalkChanged,
)

LAWS: Final = {"PCMU": g711.ULAW, "PCMA": g711.ALAW}
KEYS: Final = "0123456789*#ABCD"
PAUSES: Final = "wW"
PAUSE: Final = 16


class SimulatedMediaPlane:
    """Implements `services.ports.MediaPlane`.

    Args:
        loop: gives time and network.
        settings: as for the real plane.
        seed: of SSRCs, sequence numbers and timestamps.
    """

    def __init__(self, loop: SimulatedLoop, settings: MediaSettings, seed: int) -> None:
        self._loop = loop
        self._settings = settings
        self._random = Random(f"media {seed}")
        self._state = new_state(settings)
        self._ports = _Rows(0, settings.ports_max)
        self._mixers = _Rows(PHASES, settings.mixers_max)
        self._playbacks = _Rows(0, settings.playbacks_max)
        self._arena = _Arena(settings.arena_samples)
        self._clips: dict[int, int] = {}
        """Playback id to where its sound lies."""
        self._sockets: dict[int, _Socket] = {}
        """By slot; a leg's socket has the slot of the leg."""
        self._listeners: list[Callable[[MediaEvent], None]] = []
        self._beat: asyncio.TimerHandle | None = None
        self._beats = 0

    # --- MediaPlane -------------------------------------------------------------------------------------

    def open_port(self) -> LocalMedia:
        port_id = self._ports.take()
        slot = port_id & SLOT_MASK
        if slot >= (self._settings.rtp_port_last - self._settings.rtp_port_first + 1) // 2:
            self._ports.give_back(port_id)
            raise ServerFull("no RTP port is free")
        rtp_port = self._settings.rtp_port_first + 2 * slot
        self._sockets[slot] = _Socket(self, slot, self._settings.host, rtp_port)
        self._command(commands.OPEN_SOCKET, slot, 1)
        bits = self._random.getrandbits
        self._command(commands.OPEN_PORT, port_id, slot, bits(32), bits(16), bits(32))
        self._start_beat()
        return LocalMedia(port_id, self._settings.advertised_host or self._settings.host, rtp_port)

    def connect(self, port_id: int, remote: RemoteMedia) -> None:
        frames = max(1, remote.ptime_ms // 20)
        event_type = remote.telephone_event_payload_type
        self._command(
            commands.CONNECT,
            port_id,
            int(IPv4Address(remote.host)),
            remote.rtp_port,
            LAWS[remote.codec] | remote.payload_type << 8 | frames << 16,
            NONE if event_type is None else event_type,
            remote.sends | remote.receives << 1,
        )

    def close_port(self, port_id: int) -> None:
        slot = port_id & SLOT_MASK
        if not self._ports.has(port_id):
            return
        self._command(commands.CLOSE_PORT, port_id)
        self._command(commands.CLOSE_SOCKET, slot)
        self._sockets.pop(slot).close()
        self._ports.give_back(port_id)

    def create_mixer(self) -> int:
        mixer_id = self._mixers.take()
        self._command(commands.OPEN_MIXER, mixer_id, mixer_id % PHASES)
        return mixer_id

    def destroy_mixer(self, mixer_id: int) -> None:
        if self._mixers.has(mixer_id):
            self._command(commands.CLOSE_MIXER, mixer_id)
            self._mixers.give_back(mixer_id)

    def join(self, port_id: int, mixer_id: int, mix: Mix) -> None:
        flags = mix.hears_room | mix.heard << 1 | bool(mix.coached) << 2
        self._command(commands.JOIN, port_id, mixer_id, flags)
        for coached in mix.coached:
            self._command(commands.COACH, port_id, coached)

    def leave(self, port_id: int) -> None:
        self._command(commands.LEAVE, port_id)

    def play_to_port(self, port_id: int, clip: Clip, *, loop: bool = False) -> int:
        return self._play(commands.PLAY_TO_PORT, port_id, clip, loop)

    def play_to_mixer(self, mixer_id: int, clip: Clip) -> int:
        return self._play(commands.PLAY_TO_MIXER, mixer_id, clip, False)

    def stop_playback(self, playback_id: int) -> None:
        self._command(commands.STOP_PLAYBACK, playback_id)

    def send_digits(self, port_id: int, digits: str) -> None:
        codes = [PAUSE if digit in PAUSES else KEYS.index(digit.upper()) for digit in digits]
        for start in range(0, len(codes), commands.DIGITS_PER_COMMAND):
            piece = codes[start : start + commands.DIGITS_PER_COMMAND]
            words = [0, 0, 0, 0]
            for at, code in enumerate(piece):
                words[at // commands.DIGITS_PER_WORD] |= code << 5 * (at % commands.DIGITS_PER_WORD)
            self._command(commands.SEND_DIGITS, port_id, len(piece), *words)

    def subscribe(self, listener: Callable[[MediaEvent], None]) -> None:
        self._listeners.append(listener)

    def statistics(self) -> Mapping[str, float]:
        return {name: float(value) for name, value in zip(counters.NAMES, self._state.counters, strict=True)}

    async def aclose(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
        for socket in self._sockets.values():
            socket.close()
        self._sockets.clear()

    def held(self) -> dict[str, int]:
        """Rows in use: what must be as before when all calls are over."""
        return {
            "ports": len(self._ports),
            "mixers": len(self._mixers),
            "playbacks": len(self._playbacks),
            "sockets": len(self._sockets),
        }

    # --- commands ---------------------------------------------------------------------------------------

    def _command(self, *words: int) -> None:
        record = np.zeros(commands.FIELDS, np.int64)
        record[: len(words)] = words
        commands.apply(self._state, record, self._now_us())
        self._pass_on()

    def _play(self, kind: int, target: int, clip: Clip, loop: bool) -> int:
        playback_id = self._playbacks.take()
        pcm = np.frombuffer(clip.pcm, "<i2")
        offset = self._arena.take(len(pcm))
        self._state.arena[offset : offset + len(pcm)] = pcm
        self._clips[playback_id] = offset
        self._command(kind, playback_id, target, offset, len(pcm), int(loop))
        self._start_beat()
        return playback_id

    # --- time -------------------------------------------------------------------------------------------

    def _now_us(self) -> int:
        return round(self._loop.time() * 1_000_000)

    def _start_beat(self) -> None:
        if self._beat is None:
            # The beat keeps to its grid however often it stopped: phase 0 falls on whole 20 ms.
            self._beats = self._now_us() // PHASE_US + 1
            self._beat = self._loop.call_at(self._beats * PHASE_US / 1_000_000, self._on_beat)

    def _on_beat(self) -> None:
        tick(self._state, self._beats % PHASES, self._now_us())
        self._send()
        self._pass_on()
        self._beats += 1
        if len(self._ports) or len(self._playbacks):
            self._beat = self._loop.call_at(self._beats * PHASE_US / 1_000_000, self._on_beat)
        else:
            self._beat = None

    # --- packets and events -----------------------------------------------------------------------------

    def receive(self, slot: int, is_rtcp: bool, data: bytes, source: Address) -> None:
        """A datagram came to a socket."""
        packet = np.frombuffer(data or b"\0", np.uint8)
        take = rtcp_in.ingest if is_rtcp else ingest
        address = int(IPv4Address(source.host))
        take(self._state, slot, packet, len(data), address, source.port, self._now_us())
        self._pass_on()

    def _send(self) -> None:
        state = self._state
        core = state.core[0]
        while core.out_tail != core.out_head:
            row = core.out_tail % len(state.outs)
            out = state.outs[row]
            core.out_tail += 1
            socket = self._sockets.get(int(out.socket))
            if socket is not None:
                data = state.out_bytes[row, : out.length].tobytes()
                socket.send(bool(out.rtcp), data, (str(IPv4Address(int(out.address))), int(out.port)))

    def _pass_on(self) -> None:
        """Tell the listeners what the core reported."""
        state = self._state
        core = state.core[0]
        while core.events_tail != core.events_head:
            row = state.events[core.events_tail % len(state.events)]
            core.events_tail += 1
            event = self._event(*(int(word) for word in row[:4]))
            if event is not None:
                for listener in self._listeners:
                    listener(event)

    def _event(self, kind: int, first: int, second: int, third: int) -> MediaEvent | None:
        if kind == events.DIGIT:
            return DigitHeard(first, KEYS[second], third) if second < len(KEYS) else None
        if kind == events.PLAYBACK_ENDED:
            self._arena.give_back(self._clips.pop(first))
            self._playbacks.give_back(first)
            return PlaybackEnded(first)
        if kind == events.SILENT:
            return MediaSilent(first)
        if kind == events.TALK:
            return TalkChanged(first, bool(second))
        return None


class _Socket:
    """A leg's RTP port, and the RTCP port above it."""

    def __init__(self, plane: SimulatedMediaPlane, slot: int, host: str, rtp_port: int) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self._transports = []
        for is_rtcp in (False, True):
            local = Address(host, rtp_port + is_rtcp)
            protocol = _Receiver(plane, slot, is_rtcp)
            self._transports.append(SimulatedDatagramTransport(loop, loop.network, protocol, local, None))

    def send(self, is_rtcp: bool, data: bytes, to: tuple[str, int]) -> None:
        self._transports[is_rtcp].sendto(data, to)

    def close(self) -> None:
        for transport in self._transports:
            transport.close()


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, plane: SimulatedMediaPlane, slot: int, is_rtcp: bool) -> None:
        self._plane = plane
        self._slot = slot
        self._is_rtcp = is_rtcp

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._plane.receive(self._slot, self._is_rtcp, data, Address(addr[0], addr[1]))


class _Rows:
    """Slots of one kind and their generations: an id is never used twice."""

    def __init__(self, first: int, count: int) -> None:
        self._free = list(range(first + count - 1, first - 1, -1))
        self._generations: dict[int, int] = {}
        self._used: set[int] = set()

    def __len__(self) -> int:
        return len(self._used)

    def has(self, row_id: int) -> bool:
        return row_id in self._used

    def take(self) -> int:
        if not self._free:
            raise ServerFull("no row is free")
        slot = self._free.pop()
        generation = self._generations.get(slot, 0) + 1
        self._generations[slot] = generation
        row_id = generation << SLOT_BITS | slot
        self._used.add(row_id)
        return row_id

    def give_back(self, row_id: int) -> None:
        if row_id in self._used:
            self._used.discard(row_id)
            self._free.append(row_id & SLOT_MASK)


class _Arena:
    """Places for clips: first fit."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken: dict[int, int] = {}

    def take(self, length: int) -> int:
        at = 0
        for offset in sorted(self._taken):
            if offset - at >= length:
                break
            at = max(at, offset + self._taken[offset])
        if at + length > self._size:
            raise ServerFull("no memory for sound is left")
        # Nothing needs a place too, so that two clips never share an offset.
        self._taken[at] = max(1, length)
        return at

    def give_back(self, offset: int) -> None:
        self._taken.pop(offset, None)
