"""Every fact we announce: frozen, past tense, numbered by the store when it is written.

Owns the names of the facts and which keys each carries (`DATA_KEYS`, printed in docs/events.md). Leaves
numbering and durability to `storage`, and each vendor's wording to `dialects`.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from hubbub.domain.ids import AccountId, CallId, ConferenceId


class EventKind(StrEnum):
    CALL_RECEIVED = "call-received"
    CALL_QUEUED = "call-queued"
    """An outbound call was asked for; it leaves when its turn comes."""
    CALL_PLACED = "call-placed"
    CALL_RANG = "call-rang"
    CALL_ANSWERED = "call-answered"
    CALL_ENDED = "call-ended"
    CALL_TAGGED = "call-tagged"
    CALL_REDIRECTED = "call-redirected"
    """Somebody gave the call another document."""
    CALL_DELETED = "call-deleted"
    DIGIT_PRESSED = "digit-pressed"
    """On a leg whose document asked to be told of digits; others are not written down."""
    DOCUMENT_FAILED = "document-failed"
    CONFERENCE_CREATED = "conference-created"
    CONFERENCE_STARTED = "conference-started"
    CONFERENCE_ENDED = "conference-ended"
    MODERATOR_ARRIVED = "moderator-arrived"
    PARTICIPANT_JOINED = "participant-joined"
    PARTICIPANT_LEFT = "participant-left"
    PARTICIPANT_ADDED = "participant-added"
    """A call is being made for the room; it joins when it is answered."""
    PARTICIPANT_MUTED = "participant-muted"
    PARTICIPANT_UNMUTED = "participant-unmuted"
    PARTICIPANT_HELD = "participant-held"
    PARTICIPANT_UNHELD = "participant-unheld"
    PARTICIPANT_MODIFIED = "participant-modified"
    SPEECH_STARTED = "speech-started"
    SPEECH_STOPPED = "speech-stopped"
    ANNOUNCEMENT_ENDED = "announcement-ended"
    ANNOUNCEMENT_FAILED = "announcement-failed"
    CONFERENCE_REDIRECTED = "conference-redirected"
    """A document was asked for, to be run in the room."""
    RECORDING_STARTED = "recording-started"
    RECORDING_PAUSED = "recording-paused"
    RECORDING_RESUMED = "recording-resumed"
    RECORDING_STOPPED = "recording-stopped"
    """No more sound is taken; the file is being finished."""
    RECORDING_COMPLETED = "recording-completed"
    RECORDING_ABSENT = "recording-absent"
    """It is over and holds nothing worth keeping: `why` is too-short or silent."""
    RECORDING_FAILED = "recording-failed"
    RECORDING_DELETED = "recording-deleted"
    HISTORY_IMPORTED = "history-imported"
    ACCOUNT_CREATED = "account-created"


PARTICIPANT_KEYS: Final = frozenset(
    {"label", "muted", "held", "coaching", "coached", "start_on_enter", "end_on_exit"}
)
"""What every fact about a participant tells of it, as it was after the fact."""
RECORDING_KEYS: Final = frozenset({"recording_id", "source"})

DATA_KEYS: Final[dict[EventKind, frozenset[str]]] = {
    EventKind.CALL_RECEIVED: frozenset({"from", "to", "direction"}),
    EventKind.CALL_QUEUED: frozenset({"from", "to", "direction"}),
    EventKind.CALL_PLACED: frozenset({"from", "to", "direction"}),
    EventKind.CALL_RANG: frozenset(),
    EventKind.CALL_ANSWERED: frozenset(),
    EventKind.CALL_ENDED: frozenset({"status", "cause", "sip_status"}),
    EventKind.CALL_TAGGED: frozenset({"tag"}),
    EventKind.CALL_REDIRECTED: frozenset({"url"}),
    EventKind.CALL_DELETED: frozenset(),
    EventKind.DIGIT_PRESSED: frozenset({"digit"}),
    EventKind.DOCUMENT_FAILED: frozenset({"code", "message", "url"}),
    EventKind.CONFERENCE_CREATED: frozenset({"name"}),
    EventKind.CONFERENCE_STARTED: frozenset({"name"}),
    EventKind.CONFERENCE_ENDED: frozenset({"name", "reason", "call_ending", "label_ending"}),
    EventKind.MODERATOR_ARRIVED: frozenset({"name"}),
    EventKind.PARTICIPANT_ADDED: PARTICIPANT_KEYS,
    EventKind.PARTICIPANT_JOINED: PARTICIPANT_KEYS,
    EventKind.PARTICIPANT_LEFT: PARTICIPANT_KEYS | {"reason", "call_status"},
    EventKind.PARTICIPANT_MUTED: PARTICIPANT_KEYS,
    EventKind.PARTICIPANT_UNMUTED: PARTICIPANT_KEYS,
    EventKind.PARTICIPANT_HELD: PARTICIPANT_KEYS,
    EventKind.PARTICIPANT_UNHELD: PARTICIPANT_KEYS,
    EventKind.PARTICIPANT_MODIFIED: PARTICIPANT_KEYS | {"changes"},
    EventKind.SPEECH_STARTED: PARTICIPANT_KEYS,
    EventKind.SPEECH_STOPPED: PARTICIPANT_KEYS,
    EventKind.ANNOUNCEMENT_ENDED: PARTICIPANT_KEYS | {"url"},
    EventKind.ANNOUNCEMENT_FAILED: PARTICIPANT_KEYS | {"url", "why"},
    EventKind.CONFERENCE_REDIRECTED: frozenset({"url"}),
    EventKind.RECORDING_STARTED: RECORDING_KEYS,
    EventKind.RECORDING_PAUSED: RECORDING_KEYS,
    EventKind.RECORDING_RESUMED: RECORDING_KEYS,
    EventKind.RECORDING_STOPPED: RECORDING_KEYS,
    EventKind.RECORDING_COMPLETED: RECORDING_KEYS | {"duration_ms", "size_bytes"},
    EventKind.RECORDING_ABSENT: RECORDING_KEYS | {"why"},
    EventKind.RECORDING_FAILED: RECORDING_KEYS | {"why"},
    EventKind.RECORDING_DELETED: RECORDING_KEYS,
    EventKind.HISTORY_IMPORTED: frozenset({"lines", "source"}),
    EventKind.ACCOUNT_CREATED: frozenset({"friendly_name"}),
}
"""The keys of `Event.data`, by kind."""


class Event(NamedTuple):
    """One fact. `data` holds JSON values only."""

    kind: EventKind
    occurred_at_ms: int
    account_id: AccountId
    conference_id: ConferenceId | None
    call_id: CallId | None
    data: dict[str, Any]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The ids of what it tells about: whoever follows one of them is told."""
        recording = self.data.get("recording_id")
        return tuple([each for each in (self.conference_id, self.call_id, recording) if each is not None])


class NumberedEvent(NamedTuple):
    """An event as the log holds it."""

    number: int
    """1, 2, 3 … over the whole server, without a gap."""
    conference_number: int | None
    """1, 2, 3 … within its conference, without a gap; None without a conference."""
    event: Event
