"""What the values of an import mean: ids of three vendors, times of three kinds, words of states.

Every function raises `ValueError` with a message for a person.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from hubbub.domain.account import AccountStatus
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.conference import ConferenceState, EndReason
from hubbub.domain.ids import AccountId, CallId, ConferenceId

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_TIME_MAX_MS: Final = 1 << 46  # the year 4199; beyond it somebody wrote another unit
GIVEN_ID_LENGTH_MAX: Final = 256

_ACCOUNT: Final = re.compile(r"AC([0-9a-f]{32})\Z")
_CONFERENCE: Final = re.compile(r"CF([0-9a-f]{32})\Z")
_CALL: Final = re.compile(r"CA([0-9a-f]{32})\Z")
_DASHED: Final = re.compile(
    r"(conf|c)-(?:([0-9a-f]{8})-)?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\Z"
)
_NUMBER: Final = re.compile(r"[0-9]{1,20}\Z")

STATES: Final = {state.value: state for state in ConferenceState}
STATUSES: Final = {status.value: status for status in CallStatus} | {
    # Twilio's and Bandwidth's words for the same.
    "initiated": CallStatus.QUEUED,
    "answered": CallStatus.IN_PROGRESS,
    "active": CallStatus.IN_PROGRESS,
    "disconnected": CallStatus.COMPLETED,
    "cancelled": CallStatus.CANCELED,
}
DIRECTIONS: Final = {direction.value: direction for direction in Direction} | {
    "outbound": Direction.OUTBOUND_API
}
ACCOUNT_STATUSES: Final = {status.value: status for status in AccountStatus}
REASONS: Final = {reason.value: reason for reason in EndReason} | {
    # https://www.twilio.com/docs/voice/api/conference-resource#conference-properties, ReasonConferenceEnded
    "conference-ended-via-api": EndReason.ENDED_BY_API,
    "participant-with-end-conference-on-exit-left": EndReason.END_ON_EXIT_LEFT,
    "participant-with-end-conference-on-exit-kicked": EndReason.END_ON_EXIT_KICKED,
    "last-participant-left": EndReason.LAST_LEFT,
    "last-participant-kicked": EndReason.LAST_KICKED,
}
METHODS: Final = {"GET": "GET", "POST": "POST"}


class ConferenceKey(NamedTuple):
    id: ConferenceId
    site: str | None


class CallKey(NamedTuple):
    id: CallId
    site: str | None
    given_id: str | None


def read_account_id(text: str) -> AccountId:
    """`AC` and 32 lower-case hex digits."""
    match = _ACCOUNT.match(text)
    if match is None:
        raise ValueError(f"{_shown(text)} is not AC and 32 lower-case hex digits")
    return AccountId(match[1])


def read_conference_id(text: str) -> ConferenceKey:
    """`CF` and 32 hex digits, or `conf-`, a site of 8 digits or none, and a UUID."""
    match = _CONFERENCE.match(text)
    if match is not None:
        return ConferenceKey(ConferenceId(match[1]), None)
    match = _DASHED.match(text)
    if match is not None and match[1] == "conf":
        return ConferenceKey(ConferenceId("".join(match.groups()[2:])), match[2] or "")
    raise ValueError(f"{_shown(text)} is neither CF and 32 hex digits nor conf- and a UUID (lower case)")


def read_call_id(text: str) -> CallKey:
    """Any id. Where ours cannot be turned back into it, it is kept and ours made of its SHA-256."""
    match = _CALL.match(text)
    if match is not None:
        return CallKey(CallId(match[1]), None, None)
    match = _DASHED.match(text)
    if match is not None and match[1] == "c":
        return CallKey(CallId("".join(match.groups()[2:])), match[2] or "", None)
    if not 1 <= len(text) <= GIVEN_ID_LENGTH_MAX or not text.isprintable():
        raise ValueError(f"a call id has 1 to {GIVEN_ID_LENGTH_MAX} printable characters")
    return CallKey(CallId(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]), None, text)


def read_bandwidth_id(text: str) -> str:
    """A decimal number of at most 20 digits."""
    if _NUMBER.match(text) is None:
        raise ValueError(f"{_shown(text)} is not a number of 1 to 20 digits")
    return text


def read_time(value: str | int) -> int:
    """UTC milliseconds. A time without a zone is UTC."""
    at_ms = value if isinstance(value, int) else _read_time_text(value)
    if not 0 <= at_ms < _TIME_MAX_MS:
        raise ValueError(f"{_shown(str(value))} lies outside the years 1970 to 4199")
    return at_ms


def read_word(words: dict[str, T], text: str) -> T:
    """One of a few words."""
    word = words.get(text)
    if word is None:
        *rest, last = words
        raise ValueError(f"{_shown(text)} is not one of {', '.join(rest)} or {last}")
    return word


# One room's lines tend to share their times.
@lru_cache(maxsize=4096)
def _read_time_text(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            raise ValueError(
                f"{_shown(text)} is no time: ISO 8601, RFC 2822 or milliseconds since 1970"
            ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MS


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")
