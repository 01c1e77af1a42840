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
