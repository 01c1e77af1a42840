"""Where recorded sound is kept, as a port: written while it is taken, finished, read back, removed.

Owns what the use cases may ask of it. Leaves disks, formats and object stores to `hubbub.recordings`. All
sound is 16-bit mono, little-endian, at 8 kHz, track by track; a position is a number of samples since the
recording's first.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.services.commands import MediaFile

RATE_HZ: Final = 8000
SAMPLES_MAX: Final = 2**32 // 4 - 1024
"""What a WAV file of two channels can count: 37 hours."""


class Blend(StrEnum):
    """How the tracks make the sound that is handed out."""

    SUM = "sum"
    """One channel: all tracks added, and clipped once."""
    SIDE_BY_SIDE = "side-by-side"
    """Two channels: track `left` and track `right`."""
    FIRST_AND_REST = "first-and-rest"
    """Two channels: track `first`, and track `mix` without it."""
    MIX_AND_TRACKS = "mix-and-tracks"
    """One channel: track `mix`; all other tracks are handed out too, each by its name."""


class SoundPlan(NamedTuple):
    """How a recording is to be finished; kept with it, for the case that another process does so."""

    blend: Blend
    format: AudioFormat = AudioFormat.WAV
    """Made at once when the recording is finished, beside the WAV file."""
    trim_silence: bool = False
    silent_is_absent: bool = False


class FinishedSound(NamedTuple):
    plan: SoundPlan
    samples: int
    """How long it is; all tracks alike."""
    size_bytes: int
    """Of the file in the plan's format."""
    has_voice: bool | None
    """Whether anybody speaks in it; None: nobody asked."""

    @property
    def duration_ms(self) -> int:
        return self.samples * 1000 // RATE_HZ


class SoundLost(Exception):
    """The sound could not be kept or cannot be read: the disk's fault. The message says how."""


class NothingKept(SoundLost):
    """There is no file of it at all."""


class SoundWriter(Protocol):
    """A recording being written. Nothing blocks; what cannot be written is told to `failed`, once."""

    def append(self, track: str, position: int, pcm: bytes) -> None:
        """Add sound to a track. Positions of one track only grow; what they leave out is silence."""

    def note(self, position: int, what: str, details: Mapping[str, object]) -> None:
        """Add a line to the timeline."""

    def abandon(self) -> None:
        """Stop writing and remove what was written."""


class RecordingFiles(Protocol):
    def begin(
        self, recording_id: RecordingId, plan: SoundPlan, failed: Callable[[str], None]
    ) -> SoundWriter: ...

    async def finish(self, recording_id: RecordingId, samples: int | None = None) -> FinishedSound:
        """Write what is still to be written, bring all tracks to one length, and blend them.

        Args:
            samples: the length; None: of the longest track, for what a crash left behind.

        Raises:
            NothingKept: nothing was ever written, or it is gone.
            SoundLost: the disk refuses.
        """

    async def open(
        self,
        recording_id: RecordingId,
        format_: AudioFormat,
        *,
        channels: int | None,
        track: str | None,
        first_byte: int,
        last_byte: int | None,
    ) -> MediaFile:
        """A finished recording's sound, converted if need be.

        Args:
            last_byte: inclusive; None: the end.

        Raises:
            NotFound: no such recording or track.
            InvalidValue: channels it has not, or a range outside the file.
            SoundLost: the disk or the object store refuses.
        """

    async def delete(self, recording_id: RecordingId) -> None:
        """Remove everything of it; no-op when nothing is there. Raises SoundLost."""

    async def unfinished(self) -> list[RecordingId]:
        """Those that were begun and not finished, by whichever process."""

    async def tidy(self) -> None:
        """Move what could not be moved before to where it belongs."""

    def has_voice(self, pcm: bytes) -> bool:
        """Whether anybody speaks in it."""

    def statistics(self) -> Mapping[str, float]: ...

    async def aclose(self) -> None:
        """Write what is still to be written, and end the threads."""
