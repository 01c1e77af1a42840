"""The control side of a media plane: the port's commands as records, the core's events as what they mean.

Owns ids, which socket serves whom, and the arena. Leaves the way of records, and sockets themselves, to the
two planes: `plane` (a thread and the system) and `simulated` (the running loop and its time).
"""

import ipaddress
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush

import numpy as np

from hubbub.audio import g711
from hubbub.domain.errors import InvalidValue, ServerFull
from hubbub.media.arena import Arena
from hubbub.media.core import apply as commands
from hubbub.media.core import counters, events
from hubbub.media.core.dtmf_out import PAUSE
from hubbub.media.core.layout import NONE, PHASES, State, new_state
from hubbub.media.settings import MediaSettings
from hubbub.media.slots import Slots
from hubbub.media.taps import Taps
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
    TapFrame,
    TapKind,
)

DIGITS = "0123456789*#ABCD"
"""In the order of RFC 4733 table 7."""
LAWS = {"PCMU": g711.ULAW, "PCMA": g711.ALAW}
IDLE_SOCKETS_KEPT = 4
"""So many sockets without a leg stay bound, for the next calls."""
BUSY_SCALE = 10_000
_RECORD = struct.Struct(f"={commands.FIELDS}q")
_ZEROS = (0,) * commands.FIELDS


class _Socket:
    """A bound RTP port, as the control side sees it."""

    def __init__(self, index: int, rtp_port: int) -> None:
        self.index = index
        self.rtp_port = rtp_port
        self.legs = 0
        self.waiting: int | None = None
        """The port id whose source is not known yet."""


class ControlSide(ABC):
    """Implements `services.ports.MediaPlane`, but for the way to the core.

    Args:
        chance: gives so many random bits, for SSRCs and first numbers (RFC 3550 §5.1).
    """

    def __init__(self, settings: MediaSettings, chance: Callable[[int], int]) -> None:
        self.settings = settings
        self.state: State = new_state(settings)
        self._chance = chance
        self._host = str(ipaddress.IPv4Address(settings.host))
        self._first_port = settings.rtp_port_first + settings.rtp_port_first % 2
        self._ports = Slots(0, settings.ports_max)
        self._mixers = Slots(PHASES, settings.mixers_max)
        self._playbacks = Slots(0, settings.playbacks_max)
        self._taps = Taps(self.state, settings.taps_max, lambda records: self._send(records))
        self._arena = Arena(self.state.arena)
        self._clips: dict[int, bytes] = {}
        self._sockets: dict[int, _Socket] = {}
        self._socket_of: dict[int, _Socket] = {}
        self._takers: list[int] = []
        """Heap of sockets that may have room for a leg whose source is not known."""
        self._unbound = list(range((settings.rtp_port_last - self._first_port + 1) // 2))
        self._pairs = len(self._unbound)
        self._first_index = chance(16) % max(1, self._pairs)
        """Which of the pairs of ports is taken first: another one in each life of the server, because those who
        called the one that died go on sending to the ports that they know."""
        self._mixers_made = 0
        self._listeners: list[Callable[[MediaEvent], None]] = []

    # --- what the two planes do each in its way -------------------------------------------------------

    @abstractmethod
    def _bind(self, index: int, rtp_port: int) -> bool:
        """Bind a socket and make it known to the core. False when the port is taken."""

    @abstractmethod
    def _unbind(self, index: int) -> None:
        """Take a socket without legs from the core; `_socket_gone` is called when it is closed."""

    @abstractmethod
    def _send(self, records: list[tuple[int, ...]]) -> None:
        """Hand records to the core, in order."""

    def _busy_share(self) -> float:
        return 0.0

    # --- ports ----------------------------------------------------------------------------------------

    def open_port(self) -> LocalMedia:
        """A place for a leg. Raises ServerFull when no port, or no time on the core, is left."""
        if self._busy_share() > self.settings.busy_share_max:
            raise ServerFull("the media thread has no time for another call")
        port_id = self._ports.take()
        if port_id is None:
            raise ServerFull("all media ports are in use")
        socket = self._socket_for_a_stranger()
        if socket is None:
            self._ports.give_back(port_id)
            raise ServerFull("no RTP port of the range is free")
        socket.legs += 1
        socket.waiting = port_id
        self._socket_of[port_id] = socket
        drawn = self._chance(32 + 15 + 31)
        ssrc, sequence, timestamp = drawn & 0xFFFF_FFFF, drawn >> 32 & 0x7FFF, drawn >> 47
        self._send([(commands.OPEN_PORT, port_id, socket.index, ssrc, sequence, timestamp)])
        return LocalMedia(port_id, self.settings.advertised_host or self._host, socket.rtp_port)

    def connect(self, port_id: int, remote: RemoteMedia) -> None:
        """Set or change the far end. Raises InvalidValue for an address or codec that we do not speak."""
        try:
            address = int(ipaddress.IPv4Address(remote.host))
        except ValueError:
            raise InvalidValue("host", f"{remote.host} is not an IPv4 address") from None
        law = LAWS.get(remote.codec)
        if law is None:
            raise InvalidValue("codec", f"{remote.codec} is not spoken here")
        frames = {40: 2, 60: 3}.get(remote.ptime_ms, 1)
        event_type = remote.telephone_event_payload_type
        self._send(
            [
                (
                    commands.CONNECT,
                    port_id,
                    address,
                    remote.rtp_port,
                    law | remote.payload_type << 8 | frames << 16,
                    NONE if event_type is None else event_type,
                    remote.sends | remote.receives << 1,
                )
            ]
        )

    def close_port(self, port_id: int) -> None:
        socket = self._socket_of.pop(port_id, None)
        if socket is None:
            return
        self._send([(commands.CLOSE_PORT, port_id)])
        self._ports.give_back(port_id)
        socket.legs -= 1
        self._stop_waiting(socket, port_id)
        idle = [other for other in self._sockets.values() if not other.legs]
        if not socket.legs and len(idle) > IDLE_SOCKETS_KEPT:
            del self._sockets[socket.index]
            self._unbind(socket.index)

    # --- mixers ---------------------------------------------------------------------------------------

    def create_mixer(self) -> int:
        """Raises ServerFull when there are as many as the settings allow."""
        mixer_id = self._mixers.take()
        if mixer_id is None:
            raise ServerFull("all mixers are in use")
        # Rooms are spread over the phases, so that each of the ten has its share of the work.
        self._send([(commands.OPEN_MIXER, mixer_id, self._mixers_made % PHASES)])
        self._mixers_made += 1
        return mixer_id

    def destroy_mixer(self, mixer_id: int) -> None:
        if mixer_id in self._mixers.used:
            self._send([(commands.CLOSE_MIXER, mixer_id)])
            self._mixers.give_back(mixer_id)

    def join(self, port_id: int, mixer_id: int, mix: Mix) -> None:
        """Put a port in a mixer, or change its place there."""
        flags = mix.hears_room | mix.heard << 1 | bool(mix.coached) << 2
        records: list[tuple[int, ...]] = [(commands.JOIN, port_id, mixer_id, flags)]
        records += [(commands.COACH, port_id, coached) for coached in mix.coached]
        self._send(records)

    def leave(self, port_id: int) -> None:
        self._send([(commands.LEAVE, port_id)])

    # --- sound and digits -----------------------------------------------------------------------------

    def play_to_port(self, port_id: int, clip: Clip, *, loop: bool = False) -> int:
        """Play to one far end, instead of the room while it lasts. Returns a playback id.

        A clip begun later is heard first; the one before goes on when it is over.
        Raises ServerFull when no memory is left for sound.
        """
        return self._play(commands.PLAY_TO_PORT, port_id, clip, loop)

    def play_to_mixer(self, mixer_id: int, clip: Clip) -> int:
        """Play to everybody who hears the room, added like one more speaker."""
        return self._play(commands.PLAY_TO_MIXER, mixer_id, clip, False)

    def stop_playback(self, playback_id: int) -> None:
        """End a playback; PlaybackEnded follows, unless it was over."""
        if playback_id in self._clips:
            self._send([(commands.STOP_PLAYBACK, playback_id)])

    def send_digits(self, port_id: int, digits: str) -> None:
        """Send telephone events (RFC 4733) to the far end; `w` waits half a second.

        Raises InvalidValue for anything but digits, `*`, `#`, `A` to `D` and `w`.
        """
        codes = []
        for digit in digits:
            code = PAUSE if digit in "wW" else DIGITS.find(digit.upper())
            if code < 0:
                raise InvalidValue("digits", f"{digit!r} is not a digit")
            codes.append(code)
        for start in range(0, len(codes), commands.DIGITS_PER_COMMAND):
            part = codes[start : start + commands.DIGITS_PER_COMMAND]
            words = [0, 0, 0, 0]
            for i, code in enumerate(part):
                words[i // commands.DIGITS_PER_WORD] |= code << 5 * (i % commands.DIGITS_PER_WORD)
            self._send([(commands.SEND_DIGITS, port_id, len(part), *words)])

    # --- recording ------------------------------------------------------------------------------------

    def open_tap(self, kind: TapKind, target: int) -> int:
        """Take sound on the mixer's own tick; see the port for what a recorder may build on."""
        return self._taps.open(kind, target)

    def close_tap(self, tap_id: int) -> None:
        self._taps.close(tap_id)

    def subscribe_taps(self, listener: Callable[[Sequence[TapFrame]], None]) -> None:
        self._taps.subscribe(listener)

    # --- what is heard of it --------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[MediaEvent], None]) -> None:
        self._listeners.append(listener)

    def statistics(self) -> Mapping[str, float]:
        """Counters for the metrics page; read from the core while it works, so torn at worst by one tick."""
        values: dict[str, float] = {
            name: float(value) for name, value in zip(counters.NAMES, self.state.counters, strict=True)
        }
        values["ports_open"] = len(self._ports.used)
        values["mixers_open"] = len(self._mixers.used)
        values["playbacks_open"] = len(self._clips)
        values["taps_open"] = self._taps.count
        values["sockets_open"] = len(self._sockets)
        values["arena_samples_used"] = self._arena.used
        values["busy_share"] = self._busy_share()
        return values

    def _take_event(self, event: tuple[int, ...]) -> None:
        """Do what one of the core's events asks for, and tell the listeners."""
        kind, subject, second, third = event[:4]
        told: MediaEvent
        if kind == events.FIXED:
            socket = self._socket_of.get(subject)
            if socket is not None:
                self._stop_waiting(socket, subject)
            return
        if kind == events.SOCKET_GONE:
            self._socket_gone(subject)
            return
        if kind == events.TAPPED:
            self._taps.read(subject)
            return
        if kind == events.TAP_CLOSED:
            self._taps.closed(subject, second, third)
            return
        if kind == events.PLAYBACK_ENDED:
            self._arena.release(self._clips.pop(subject))
            self._playbacks.give_back(subject)
            told = PlaybackEnded(subject)
        elif subject not in self._socket_of:
            return
        elif kind == events.DIGIT:
            told = DigitHeard(subject, DIGITS[second], third)
        elif kind == events.SILENT:
            told = MediaSilent(subject)
        else:
            told = TalkChanged(subject, bool(second))
        for listener in self._listeners:
            listener(told)

    # --- inside ---------------------------------------------------------------------------------------

    def _play(self, kind: int, target: int, clip: Clip, loop: bool) -> int:
        playback_id = self._playbacks.take()
        if playback_id is None:
            raise ServerFull("as much sound as allowed is being played")
        try:
            offset, length = self._arena.hold(clip.pcm)
        except ServerFull:
            self._playbacks.give_back(playback_id)
            raise
        self._clips[playback_id] = clip.pcm
        self._send([(kind, playback_id, target, offset, length, int(loop))])
        return playback_id

    def _socket_for_a_stranger(self) -> _Socket | None:
        """A socket with no leg that waits for its source: the first such, so that many legs share one."""
        while self._takers:
            socket = self._sockets.get(heappop(self._takers))
            if socket is not None and socket.waiting is None:
                return socket
        taken = []
        try:
            while self._unbound:
                index = heappop(self._unbound)
                rtp_port = self._first_port + 2 * ((self._first_index + index) % self._pairs)
                if self._bind(index, rtp_port):
                    self._sockets[index] = _Socket(index, rtp_port)
                    return self._sockets[index]
                taken.append(index)
            return None
        finally:
            for index in taken:
                heappush(self._unbound, index)

    def _stop_waiting(self, socket: _Socket, port_id: int) -> None:
        if socket.waiting == port_id:
            socket.waiting = None
            heappush(self._takers, socket.index)

    def _socket_gone(self, index: int) -> None:
        heappush(self._unbound, index)


def as_records(records: list[tuple[int, ...]]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Commands as the core reads them: int64, shape (count, 8)."""
    return np.frombuffer(bytearray(as_bytes(records)), np.int64).reshape(-1, commands.FIELDS)


def as_bytes(records: list[tuple[int, ...]]) -> bytes:
    """The same as they go through the pipe; fields that a command has not are 0."""
    return b"".join([_RECORD.pack(*record, *_ZEROS[len(record) :]) for record in records])
