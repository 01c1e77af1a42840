"""Instructions that keep sound.

Owns their data. `instructions` names them with all others; the sound and its files are for the recordings.
"""

from dataclasses import dataclass, field

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.recording import AudioFormat, Layout, RecordingSource


@dataclass(frozen=True, slots=True)
class RecordingWish:
    """How something is to be recorded."""

    source: RecordingSource
    layout: Layout = Layout.MONO
    format: AudioFormat = AudioFormat.WAV
    track: str = "both"
    """`both`, `inbound` (what the far end says) or `outbound` (what it hears)."""
    trim_silence: bool = False
    silent_is_absent: bool = False
    """A recording without a voice in it ends as absent."""
    name: str | None = None
    tag: str | None = None
    callbacks: tuple[SubscriptionWish, ...] = ()
    max_duration_ms: int | None = None
    silence_ms: int | None = None
    """It is over when nobody has spoken for so long."""


@dataclass(frozen=True, slots=True)
class Record:
    """Take a message from the caller."""

    wish: RecordingWish
    beep: bool = True
    """Let the caller hear a tone before it begins."""
    finish_keys: str = "1234567890*#"
    """Any of them ends it; empty: none does."""
    action: WebTarget | None = None
    """Asked for the next document; None: the next instruction runs."""
    action_fallback: WebTarget | None = None
    action_on_empty: bool = True
    """The action is asked also when nothing was said; False: the next instruction runs."""


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record from now on, beside what runs; nothing when a recording of this kind runs already."""

    wish: RecordingWish = field(default_factory=lambda: RecordingWish(RecordingSource.START_VERB))


@dataclass(frozen=True, slots=True)
class StopRecording:
    """End what was started; nothing without one."""


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """Take no sound for a while; nothing without a recording."""

    skip: bool = True
    """Nothing is written meanwhile; False: silence is."""


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    """Take sound again; nothing without a paused recording."""


RecordingControl = StartRecording | StopRecording | PauseRecording | ResumeRecording
