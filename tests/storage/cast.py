"""Acme and Globex, their rooms and callers, and chance that repeats itself."""

import random
from typing import Any

from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.conference import Conference, ConferenceState, Participant
from hubbub.domain.delivery import Subscription
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId, SubscriptionId
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState

ACME = AccountId("ac" * 16)
GLOBEX = AccountId("61" * 16)
T0 = 1_700_000_000_000


class Dice:
    """`ports.Entropy` from a seed."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def token(self, size: int) -> str:
        return f"{self._random.getrandbits(4 * size):0{size}x}"

    def random(self) -> float:
        return self._random.random()


def account(account_id: AccountId = ACME, **changes: Any) -> Account:
    values: dict[str, Any] = {
        "id": account_id,
        "parent_id": None,
        "friendly_name": "Acme",
        "email": "ops@acme.example",
        "status": AccountStatus.ACTIVE,
        "role": "Administrator",
        "bandwidth_id": "9900001",
        "created_at_ms": T0,
        "updated_at_ms": T0,
    }
    return Account(**(values | changes))


def conference(number: int, **changes: Any) -> Conference:
    """Acme's room number `number`: completed, created `number` seconds after T0, ended a minute later."""
    at = changes.get("created_at_ms", T0 + 1000 * number)
    values: dict[str, Any] = {
        "id": ConferenceId(f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}"),
        "account_id": ACME,
        "name": f"room-{number}",
        "state": ConferenceState.COMPLETED,
        "moderator_present": True,
        "created_at_ms": at,
        "updated_at_ms": at + 60_000,
    }
    return Conference(**(values | changes))


def live(number: int, **changes: Any) -> Conference:
    """The same, in progress."""
    return conference(number, **({"state": ConferenceState.IN_PROGRESS} | changes))


def call(number: int, **changes: Any) -> CallLeg:
    values: dict[str, Any] = {
        "id": CallId(f"{0xC0 + number:032x}"),
        "account_id": ACME,
        "parent_id": None,
        "application_id": None,
        "conference_id": None,
        "from_address": "+15550100",
        "to_address": "+15550199",
        "direction": Direction.INBOUND,
        "status": CallStatus.IN_PROGRESS,
        "created_at_ms": T0 + number,
        "updated_at_ms": T0 + number,
    }
    return CallLeg(**(values | changes))


def participant(room: Conference, leg: CallLeg, **changes: Any) -> Participant:
    values: dict[str, Any] = {
        "conference_id": room.id,
        "call_id": leg.id,
        "joined_at_ms": leg.created_at_ms,
        "updated_at_ms": leg.created_at_ms,
    }
    return Participant(**(values | changes))


def event(room: Conference | None = None, at_ms: int = T0, **data: Any) -> Event:
    return Event(
        EventKind.CONFERENCE_CREATED if room else EventKind.ACCOUNT_CREATED,
        at_ms,
        room.account_id if room else ACME,
        room.id if room else None,
        None,
        data,
    )


def about(leg: CallLeg, kind: EventKind = EventKind.CALL_RANG, at_ms: int = T0, **data: Any) -> Event:
    """A fact about a leg, outside any conference unless the leg is in one."""
    return Event(kind, at_ms, leg.account_id, leg.conference_id, leg.id, data)


def recording(number: int, **changes: Any) -> Recording:
    values: dict[str, Any] = {
        "id": RecordingId(f"{0xEC0000 + number:032x}"),
        "account_id": ACME,
        "conference_id": None,
        "call_id": CallId(f"{0xC0 + number % 4:032x}"),
        "state": RecordingState.COMPLETED,
        "source": RecordingSource.RECORD_VERB,
        "layout": Layout.MONO,
        "format": AudioFormat.WAV,
        "track": "both",
        "created_at_ms": T0 + number,
        "updated_at_ms": T0 + number,
    }
    return Recording(**(values | changes))


def subscription(number: int, subject_id: str, *kinds: EventKind, **changes: Any) -> Subscription:
    """Acme's wish to hear of some facts about a subject; of every kind where none is named."""
    values: dict[str, Any] = {
        "id": SubscriptionId(f"{0x50B000 + number:032x}"),
        "account_id": ACME,
        "subject_id": subject_id,
        "dialect": "twilio",
        "purpose": "status",
        "kinds": frozenset(kinds or EventKind),
        "target": WebTarget("https://acme.example/status"),
        "fallback": None,
        "timeout_s": None,
        "created_at_ms": T0 + number,
    }
    return Subscription(**(values | changes))
