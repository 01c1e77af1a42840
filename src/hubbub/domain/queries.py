"""What may be asked of the lists: filters in our words, all joined by AND."""

from typing import Final, NamedTuple

from hubbub.domain.call import CallLeg, CallStatus, HangupCause
from hubbub.domain.conference import Participant, Phase
from hubbub.domain.delivery import DeliveryState
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.domain.recording import RecordingState


class ConferenceQuery(NamedTuple):
    """Conferences of exactly one account."""

    account_id: AccountId
    phases: frozenset[Phase] | None = None
    """None: any. An empty set matches nothing."""
    name: str | None = None
    """The exact name."""
    name_like: str | None = None
    """SQL LIKE, case-sensitive, `%` and `_`, no escape character."""
    created_from_ms: int | None = None
    created_until_ms: int | None = None
    updated_from_ms: int | None = None
    updated_until_ms: int | None = None
    """All four bounds are inclusive."""


class ParticipantQuery(NamedTuple):
    """Those present in one conference, ordered by joining and call id."""

    conference_id: ConferenceId
    muted: bool | None = None
    held: bool | None = None
    coaching: bool | None = None


WAITS_MS_MAX: Final = 3_600_000
"""A call of ours that waited longer than this for its turn may be missed by `CallQuery.started_from_ms`: without
some limit the search for what started since yesterday would go through all that was ever made."""


class CallQuery(NamedTuple):
    """Calls, ordered by creation and id."""

    account_ids: frozenset[AccountId]
    """Of any of these."""
    to: str | None = None
    from_: str | None = None
    """Exactly so."""
    to_like: str | None = None
    from_like: str | None = None
    """SQL LIKE, as `ConferenceQuery.name_like`."""
    statuses: frozenset[CallStatus] | None = None
    causes: frozenset[HangupCause] | None = None
    parent_id: CallId | None = None
    conference_id: ConferenceId | None = None
    """It is or was last in this conference."""
    created_from_ms: int | None = None
    created_until_ms: int | None = None
    started_from_ms: int | None = None
    started_until_ms: int | None = None
    """When it came or left; while it has not left, when it was made."""
    answered_from_ms: int | None = None
    answered_until_ms: int | None = None
    ended_from_ms: int | None = None
    ended_until_ms: int | None = None
    """All bounds are inclusive."""


class RecordingQuery(NamedTuple):
    """Recordings, ordered by creation and id."""

    account_ids: frozenset[AccountId]
    conference_id: ConferenceId | None = None
    call_id: CallId | None = None
    of_conferences: bool | None = None
    """True: of conferences only; False: of calls only."""
    states: frozenset[RecordingState] | None = None
    created_from_ms: int | None = None
    created_until_ms: int | None = None
    """Both inclusive."""


class DeliveryQuery(NamedTuple):
    """Deliveries, ordered by creation and id."""

    account_id: AccountId | None = None
    states: frozenset[DeliveryState] | None = None
    stream: str | None = None


class Member(NamedTuple):
    """A participant together with its leg."""

    participant: Participant
    call: CallLeg


def matches_like(pattern: str, text: str) -> bool:
    """Whether `text` matches an SQL LIKE pattern; in time proportional to both lengths multiplied.

    `%` is any text, `_` one character; letter case counts and nothing escapes.
    """
    at = mark = 0
    star = -1
    index = 0
    while at < len(text):
        if index < len(pattern) and pattern[index] == "%":
            star, mark = index, at
            index += 1
        elif index < len(pattern) and pattern[index] in ("_", text[at]):
            index += 1
            at += 1
        elif star >= 0:
            mark += 1
            index, at = star + 1, mark
        else:
            return False
    return all(ch == "%" for ch in pattern[index:])
