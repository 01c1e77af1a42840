"""Conference and Participant: the nouns of a room, their states and how either may end.

The cast: a `Conference` is one life of a room, from the first join to the end; a `Participant` is one
leg's membership in it (RFC 4353 §2); a `Room` is both together, the unit that changes at once, and an
`Outcome` is what a change did. What may change, and what follows from it, is in `domain.room`.

The life of a room serves three dialects at once:

- it is created by the first join and is `init`;
- `moderator_present` is set by the first participant that may start it (`start_on_enter`) and never
  unset: from then on those inside hear one another;
- it is `in-progress` once two are inside and a moderator has come, and stays so with one;
- it is `completed` when the last one leaves, when one leaves that ends it (`end_on_exit`), when the API
  ends it, or when its age limit or the server's end is reached.

Leaves to `services` the storing and the media, to `dialects` the words.
"""

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import InvalidValue
from hubbub.domain.events import Event
from hubbub.domain.ids import AccountId, CallId, ConferenceId

NAME_LENGTH_MAX: Final = 128
LABEL_LENGTH_MAX: Final = 128


class ConferenceState(StrEnum):
    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class Phase(IntEnum):
    """State and moderator presence as one small number, to filter by."""

    INIT_ABSENT = 0
    INIT_PRESENT = 1
    STARTED_ABSENT = 2
    """Only an import can say so: in progress elsewhere without a moderator."""
    STARTED_PRESENT = 3
    COMPLETED = 4


LIVE_PHASES: Final = frozenset(Phase) - {Phase.COMPLETED}


class EndReason(StrEnum):
    ENDED_BY_API = "ended-by-api"
    END_ON_EXIT_LEFT = "end-on-exit-left"
    END_ON_EXIT_KICKED = "end-on-exit-kicked"
    LAST_LEFT = "last-left"
    LAST_KICKED = "last-kicked"
    AGE_LIMIT = "age-limit"
    SERVER_STOPPED = "server-stopped"
    SERVER_CRASHED = "server-crashed"
    SUPERSEDED = "superseded"
    """It was imported while live elsewhere, and callers now meet under its name here."""


class LeaveReason(StrEnum):
    HUNG_UP = "hung-up"
    KICKED = "kicked"
    REDIRECTED = "redirected"
    """The call was given another document and lives on."""
    DIGIT = "digit"
    """The caller pressed the key that leaves the room."""
    TIME_LIMIT = "time-limit"
    ENDED_BY_API = "ended-by-api"
    MODERATOR_ENDED = "moderator-ended"
    ADD_FAILED = "add-failed"
    SERVER_STOPPED = "server-stopped"
    SERVER_CRASHED = "server-crashed"


class Beep(StrEnum):
    BOTH = "both"
    NONE = "none"
    ON_ENTER = "on-enter"
    ON_EXIT = "on-exit"

    @property
    def on_enter(self) -> bool:
        return self in (Beep.BOTH, Beep.ON_ENTER)

    @property
    def on_exit(self) -> bool:
        return self in (Beep.BOTH, Beep.ON_EXIT)


class Conference(NamedTuple):
    id: ConferenceId
    account_id: AccountId
    name: str
    state: ConferenceState
    moderator_present: bool
    created_at_ms: int
    updated_at_ms: int
    completed_at_ms: int | None = None
    reason_ended: EndReason | None = None
    call_ending: CallId | None = None
    tag: str | None = None
    """The creating call's free text, frozen."""
    event_url: str | None = None
    """Where the conference's events go, frozen by the first to join."""
    event_method: str | None = None
    region: str | None = None
    site: str | None = None
    """Eight hex digits that some dialects print before the id; "" for none; None: this server's own."""
    node: str | None = None
    """The node that mixes it; None: imported, mixed by nobody."""

    @property
    def is_live(self) -> bool:
        return self.state is not ConferenceState.COMPLETED

    @property
    def phase(self) -> Phase:
        if self.state is ConferenceState.COMPLETED:
            return Phase.COMPLETED
        if self.state is ConferenceState.IN_PROGRESS:
            return Phase.STARTED_PRESENT if self.moderator_present else Phase.STARTED_ABSENT
        return Phase.INIT_PRESENT if self.moderator_present else Phase.INIT_ABSENT


class Participant(NamedTuple):
    conference_id: ConferenceId
    call_id: CallId
    muted: bool = False
    held: bool = False
    coaching: bool = False
    coached: tuple[CallId, ...] = ()
    """The calls that hear this one while it is coaching; they need not be present."""
    start_on_enter: bool = True
    end_on_exit: bool = False
    label: str | None = None
    beep: Beep = Beep.NONE
    joined_at_ms: int = 0
    updated_at_ms: int = 0
    left_at_ms: int | None = None
    leave_reason: LeaveReason | None = None
    pending: bool = False
    """Its call is being made and not answered: it holds a place and a label, and is not inside yet."""

    @property
    def is_present(self) -> bool:
        return self.left_at_ms is None


class JoinRequest(NamedTuple):
    """A leg's wish to enter a room, in our words."""

    call_id: CallId
    muted: bool = False
    held: bool = False
    coached: tuple[CallId, ...] = ()
    """Not empty: join as the coach of these calls."""
    coached_must_be_present: bool = False
    start_on_enter: bool = True
    end_on_exit: bool = False
    label: str | None = None
    beep: Beep = Beep.NONE
    max_participants: int | None = None
    """The joiner's own cap; the room's policy caps too."""
    one_coach: bool = False
    """Refuse to be a second coach."""
    tag: str | None = None
    events: WebTarget | None = None
    region: str | None = None
    dialect: str = ""
    """Whose words `callbacks` are in."""
    callbacks: tuple[SubscriptionWish, ...] = ()
    """Who wants to hear of the conference; only the first joiner's count."""


class ParticipantChanges(NamedTuple):
    """What to change about a participant; None leaves as it is."""

    muted: bool | None = None
    held: bool | None = None
    coached: tuple[CallId, ...] | None = None
    """Empty: it coaches nobody any more."""
    end_on_exit: bool | None = None
    beep_on_exit: bool | None = None
    wait_changed: bool = False
    """What it hears while it waits was changed; the room's rules do not look at it."""
    coached_must_be_present: bool = False
    """Refuse to coach one who is absent or on hold."""
    one_coach: bool = False
    """Refuse to be a second coach."""


class Room(NamedTuple):
    """One conference and everybody present in it, in order of joining; those still being called too."""

    conference: Conference
    participants: tuple[Participant, ...]

    @property
    def inside(self) -> tuple[Participant, ...]:
        """Those whose calls are answered."""
        return tuple([p for p in self.participants if not p.pending])

    @property
    def awaits_second(self) -> bool:
        """Nobody has ever met in it: one in it is alone."""
        return self.conference.state is ConferenceState.INIT and len(self.inside) < 2

    def participant(self, call_id: CallId) -> Participant | None:
        for participant in self.participants:
            if participant.call_id == call_id:
                return participant
        return None


class Outcome(NamedTuple):
    """What a change of a room did."""

    room: Room
    """The room afterwards; `participants` are those still present."""
    changed: tuple[Participant, ...]
    """Memberships to store, those that ended among them."""
    events: tuple[Event, ...]
    entered: tuple[CallId, ...] = ()
    """Calls that came in."""
    evicted: tuple[CallId, ...] = ()
    """Calls that were put out because the room ended; their documents go on or end."""


def validate_name(name: str) -> str:
    """The room name as kept.

    Raises:
        InvalidValue: not 1 to 128 characters, or it holds control characters.
    """
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise InvalidValue("name", f"a room name has 1 to {NAME_LENGTH_MAX} characters")
    if any(ord(ch) < 0x20 or ord(ch) == 0x7F for ch in name):
        raise InvalidValue("name", "a room name has no control characters")
    return name
