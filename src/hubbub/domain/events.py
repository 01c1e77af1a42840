"""Every fact we announce: frozen, past tense, numbered by the store when it is written.

Owns the names of the facts and which keys each carries (`DATA_KEYS`, printed in docs/events.md). Leaves
numbering and durability to `storage`, and each vendor's wording to `dialects`.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from hubbub.domain.ids import AccountId, CallId, ConferenceId


class EventKind(StrEnum):
    CALL_RECEIVED = "call-received"
    CALL_PLACED = "call-placed"
    CALL_RANG = "call-rang"
    CALL_ANSWERED = "call-answered"
    CALL_ENDED = "call-ended"
    CALL_TAGGED = "call-tagged"
    DOCUMENT_FAILED = "document-failed"
    CONFERENCE_CREATED = "conference-created"
    CONFERENCE_STARTED = "conference-started"
    CONFERENCE_ENDED = "conference-ended"
    MODERATOR_ARRIVED = "moderator-arrived"
    PARTICIPANT_JOINED = "participant-joined"
    PARTICIPANT_LEFT = "participant-left"
    PARTICIPANT_MODIFIED = "participant-modified"
    HISTORY_IMPORTED = "history-imported"
    ACCOUNT_CREATED = "account-created"


DATA_KEYS: Final[dict[EventKind, frozenset[str]]] = {
    EventKind.CALL_RECEIVED: frozenset({"from", "to", "direction"}),
    EventKind.CALL_PLACED: frozenset({"from", "to", "direction"}),
    EventKind.CALL_RANG: frozenset(),
    EventKind.CALL_ANSWERED: frozenset(),
    EventKind.CALL_ENDED: frozenset({"status", "cause", "sip_status"}),
    EventKind.CALL_TAGGED: frozenset({"tag"}),
    EventKind.DOCUMENT_FAILED: frozenset({"code", "message", "url"}),
    EventKind.CONFERENCE_CREATED: frozenset({"name"}),
    EventKind.CONFERENCE_STARTED: frozenset({"name"}),
    EventKind.CONFERENCE_ENDED: frozenset({"name", "reason", "call_ending"}),
    EventKind.MODERATOR_ARRIVED: frozenset({"name"}),
    EventKind.PARTICIPANT_JOINED: frozenset(
        {"label", "muted", "held", "coaching", "start_on_enter", "end_on_exit"}
    ),
    EventKind.PARTICIPANT_LEFT: frozenset({"label", "reason"}),
    EventKind.PARTICIPANT_MODIFIED: frozenset({"label", "changes"}),
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


class NumberedEvent(NamedTuple):
    """An event as the log holds it."""

    number: int
    """1, 2, 3 … over the whole server, without a gap."""
    conference_number: int | None
    """1, 2, 3 … within its conference, without a gap; None without a conference."""
    event: Event
