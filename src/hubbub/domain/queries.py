"""What may be asked of the lists: filters in our words, all joined by AND."""

from typing import NamedTuple

from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Participant, Phase
from hubbub.domain.ids import AccountId, ConferenceId


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


class Member(NamedTuple):
    """A participant together with its leg."""

    participant: Participant
    call: CallLeg
