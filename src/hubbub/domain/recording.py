"""Recording: sound that is kept, of a conference or of one leg, and the states it goes through.

Owns the state table. Leaves the samples and the files to the recorder, and the vendors' words to `dialects`.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from hubbub.domain.errors import Conflict
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId


class RecordingState(StrEnum):
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    PROCESSING = "processing"
    """No more sound is taken; the file is being finished."""
    COMPLETED = "completed"
    ABSENT = "absent"
    """Nothing worth keeping came: it was too short, or silent where the customer asked not to keep silence."""
    FAILED = "failed"
    DELETED = "deleted"
    """The sound is gone, the row is kept for a while."""

    @property
    def is_open(self) -> bool:
        return self in (RecordingState.IN_PROGRESS, RecordingState.PAUSED)


TRANSITIONS: Final[dict[RecordingState, frozenset[RecordingState]]] = {
    RecordingState.IN_PROGRESS: frozenset(
        {RecordingState.PAUSED, RecordingState.PROCESSING, RecordingState.FAILED}
    ),
    RecordingState.PAUSED: frozenset(
        {RecordingState.IN_PROGRESS, RecordingState.PROCESSING, RecordingState.FAILED}
    ),
    RecordingState.PROCESSING: frozenset(
        {RecordingState.COMPLETED, RecordingState.ABSENT, RecordingState.FAILED}
    ),
    RecordingState.COMPLETED: frozenset({RecordingState.DELETED}),
    RecordingState.ABSENT: frozenset({RecordingState.DELETED}),
    RecordingState.FAILED: frozenset({RecordingState.DELETED}),
    RecordingState.DELETED: frozenset(),
}
"""The state machine of a recording, drawn in docs/states.md."""


class RecordingSource(StrEnum):
    """What asked for it."""

    DIAL = "dial"
    """A Dial of the caller's document: both sides of the call."""
    CONFERENCE = "conference"
    """The document or the request by which somebody joined."""
    OUTBOUND_CALL = "outbound-call"
    """The request that made the call."""
    RECORD_VERB = "record-verb"
    """A message: what one caller says."""
    CALL_COMMAND = "call-command"
    """A request about a live call."""
    CONFERENCE_COMMAND = "conference-command"
    """A request about a live conference."""
    START_VERB = "start-verb"
    """A verb that starts a recording and goes on."""


class Layout(StrEnum):
    """What goes into the file."""

    MONO = "mono"
    """Everything in one channel."""
    STEREO = "stereo"
    """A call: the far end left, what it hears right. A conference: the first to join left, the rest right."""
    TRACKS = "tracks"
    """The mix, and one file for each participant beside it."""


class AudioFormat(StrEnum):
    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"
    OPUS = "opus"
    """Ogg Opus."""


class Recording(NamedTuple):
    id: RecordingId
    account_id: AccountId
    conference_id: ConferenceId | None
    """Of a conference; then `call_id` is the leg whose wish it was, if a leg's."""
    call_id: CallId | None
    state: RecordingState
    source: RecordingSource
    layout: Layout
    format: AudioFormat
    """What was asked for; a WAV file is there at once whatever it is."""
    track: str
    """`both`, `inbound` (what the far end says) or `outbound` (what it hears)."""
    created_at_ms: int
    updated_at_ms: int
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    duration_ms: int | None = None
    """Of the sound, without what was skipped."""
    trim_silence: bool = False
    skips_pauses: bool = False
    """While it is paused nothing is written; False: silence is."""
    name: str | None = None
    tag: str | None = None
    why: str | None = None
    """Of an absent or failed one."""
    size_bytes: int | None = None
    deleted_at_ms: int | None = None
    node: str | None = None

    def moved(self, state: RecordingState, now_ms: int) -> "Recording":
        """The recording in its next state.

        Raises:
            Conflict: the state table has no such step.
        """
        if state not in TRANSITIONS[self.state]:
            raise Conflict(f"a recording that is {self.state} cannot become {state}")
        moved = self._replace(state=state, updated_at_ms=now_ms)
        if state is RecordingState.PROCESSING:
            moved = moved._replace(ended_at_ms=now_ms)
        if state is RecordingState.DELETED:
            moved = moved._replace(deleted_at_ms=now_ms)
        return moved

    @property
    def channels(self) -> int:
        return 2 if self.layout is Layout.STEREO else 1
