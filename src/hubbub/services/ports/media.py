"""Mixers and ports, sounds played, and taps for recorders."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol


class LocalMedia(NamedTuple):
    """Where a leg's RTP is expected."""

    port_id: int
    """Names the mixer port in commands and events; never used again for another leg."""
    host: str
    rtp_port: int


class RemoteMedia(NamedTuple):
    """Where a leg's RTP goes, as negotiated."""

    host: str
    rtp_port: int
    codec: str
    """`PCMU` or `PCMA`."""
    payload_type: int
    telephone_event_payload_type: int | None
    ptime_ms: int
    sends: bool
    """We may send to it."""
    receives: bool
    """It may send to us."""


class Mix(NamedTuple):
    """One port's place in its mixer."""

    hears_room: bool = True
    heard: bool = True
    coached: tuple[int, ...] = ()
    """Port ids that alone hear this one; empty: everybody does."""


class Clip(NamedTuple):
    """Sound ready to play: 16-bit mono at 8 kHz, little-endian."""

    pcm: bytes
    name: str

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) // 16


class DigitHeard(NamedTuple):
    port_id: int
    digit: str
    duration_ms: int


class PlaybackEnded(NamedTuple):
    playback_id: int


class MediaSilent(NamedTuple):
    """No RTP came from the far end for as long as the setting allows."""

    port_id: int


class TalkChanged(NamedTuple):
    """Somebody who is heard began to talk in the mixer that the port is in, or ceased: 60 ms above a level, and
    half a second below a lower one. One who is muted ceases; one who leaves the mixer does so unsaid."""

    port_id: int
    talking: bool


MediaEvent = DigitHeard | PlaybackEnded | MediaSilent | TalkChanged


class TapKind(StrEnum):
    """What a tap takes."""

    MIX = "mix"
    """All that is said in a mixer, summed once and limited once, and what is played to it. What coaches whisper
    and what is played to one port are left out."""
    SPOKEN = "spoken"
    """What one port's far end adds to its mixer: silence while it is muted, on hold, in no mixer, pressing a key
    or whispering as a coach. The sum of all a mixer's is its mix, where that fits and nothing is played."""
    RECEIVED = "received"
    """What one port's far end says, whatever becomes of it; lost packets concealed."""
    HEARD = "heard"
    """What one port's far end is given to hear, as it decodes it, in a mixer or in none; also while it takes none."""


class TapFrame(NamedTuple):
    """Sound that a tap took."""

    tap_id: int
    position: int
    """Samples at 8 kHz since a start that all taps of one plane share; a multiple of 160. The frame after it is
    `len(pcm) // 2` later; a greater distance was lost and is silence. Never less: positions of a tap only grow."""
    pcm: bytes
    """16-bit mono, little-endian; whole ticks of 320 bytes, several where nothing is missing between them."""
    last: bool = False
    """The tap is closed; nothing follows. `pcm` is empty and `position` is where the tap ended: what was not
    given before it was lost."""


class MediaPlane(Protocol):
    """Mixers and ports. Commands take effect at the next tick, in the order given."""

    def open_port(self) -> LocalMedia:
        """Raises ServerFull when no port or no time on the core is left."""

    def connect(self, port_id: int, remote: RemoteMedia) -> None:
        """Set or change the far end."""

    def close_port(self, port_id: int) -> None: ...
    def create_mixer(self) -> int: ...
    def destroy_mixer(self, mixer_id: int) -> None: ...
    def join(self, port_id: int, mixer_id: int, mix: Mix) -> None:
        """Put a port in a mixer, or change its place there."""

    def leave(self, port_id: int) -> None: ...
    def play_to_port(self, port_id: int, clip: Clip, *, loop: bool = False) -> int:
        """Play to one far end, instead of the room while it lasts. Returns a playback id."""

    def play_to_mixer(self, mixer_id: int, clip: Clip) -> int:
        """Play to everybody who hears the room, added like one more speaker."""

    def stop_playback(self, playback_id: int) -> None: ...
    def send_digits(self, port_id: int, digits: str) -> None:
        """Send telephone events (RFC 4733) to the far end."""

    def subscribe(self, listener: Callable[[MediaEvent], None]) -> None: ...
    def open_tap(self, kind: TapKind, target: int) -> int:
        """Take sound on the mixer's own tick, 20 to 40 ms from now on; silence where there is none.

        All taps opened and closed in one turn of the event loop begin and end at one sample, so that a tap that
        is opened where another is closed goes on where that one ends. What is taken in one tick of a mixer
        stands at one position in all of its taps.

        Args:
            target: the mixer id for `MIX`, else the port id. A port keeps its taps when it changes rooms, and
                while it is in none. Rooms tick at different moments of the same 20 ms, so at each change one
                frame may be missing (silence) or have been left out; all stays aligned.

        Raises:
            ServerFull: no tap is left.
        """

    def close_tap(self, tap_id: int) -> None:
        """Its `last` frame follows exactly once, within a tenth of a second; so it does, unasked, when the port
        or the mixer is closed, is gone already, or the plane is closed."""

    def subscribe_taps(self, listener: Callable[[Sequence[TapFrame]], None]) -> None:
        """`listener` gets what all taps took, each tap's in order, ten times a second; whole ticks of a mixer:
        after each batch its taps stand at one position."""

    def statistics(self) -> Mapping[str, float]:
        """Counters for the metrics page: packets, late ticks, drops by cause, busy share."""

    async def aclose(self) -> None: ...
