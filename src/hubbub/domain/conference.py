"""Conference and Participant: who may enter, when the room starts, when and why it ends.

The cast: a `Conference` is one life of a room, from the first join to the end; a `Participant` is one
leg's membership in it (RFC 4353 §2); a `Room` is both together, the unit that changes at once. Functions
here take a room and answer an `Outcome`: the room afterwards, the facts to announce, and the calls that
must leave. They read no clock and write nothing.

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
from hubbub.domain.errors import (
    CoachedCallAbsent,
    ConferenceEnded,
    ConferenceFull,
    InvalidValue,
    LabelTaken,
    SecondCoach,
)
from hubbub.domain.events import Event, EventKind
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


class Room(NamedTuple):
    """One conference and everybody present in it, in order of joining."""

    conference: Conference
    participants: tuple[Participant, ...]

    @property
    def awaits_second(self) -> bool:
        """Nobody has ever met in it: one in it is alone."""
        return self.conference.state is ConferenceState.INIT and len(self.participants) < 2

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


def create(
    conference_id: ConferenceId,
    account_id: AccountId,
    name: str,
    now_ms: int,
    *,
    node: str | None,
    request: JoinRequest,
) -> tuple[Room, tuple[Event, ...]]:
    """An empty room, made for its first joiner, whose settings are frozen into it."""
    conference = Conference(
        id=conference_id,
        account_id=account_id,
        name=validate_name(name),
        state=ConferenceState.INIT,
        moderator_present=False,
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
        tag=request.tag,
        event_url=request.events.url if request.events else None,
        event_method=request.events.method if request.events else None,
        region=request.region,
        node=node,
    )
    return Room(conference, ()), (_event(conference, EventKind.CONFERENCE_CREATED, now_ms, {"name": name}),)


def admit(room: Room, request: JoinRequest, now_ms: int, *, participants_max: int) -> Outcome:
    """Let a leg in.

    Raises:
        ConferenceEnded, ConferenceFull, LabelTaken, CoachedCallAbsent, SecondCoach.
    """
    conference = room.conference
    if not conference.is_live:
        raise ConferenceEnded(f"conference {conference.id} is over")
    limit = min(participants_max, request.max_participants or participants_max)
    if len(room.participants) >= limit:
        raise ConferenceFull(f"conference {conference.name} holds {limit} participants")
    if request.label is not None and any(p.label == request.label for p in room.participants):
        raise LabelTaken(f"label {request.label} is in use")
    if request.coached_must_be_present:
        for coached in request.coached:
            if room.participant(coached) is None:
                raise CoachedCallAbsent(f"call {coached} is not in conference {conference.name}")
    if request.coached and request.one_coach and any(p.coaching for p in room.participants):
        raise SecondCoach(f"conference {conference.name} has a coach")

    participant = Participant(
        conference_id=conference.id,
        call_id=request.call_id,
        muted=request.muted,
        held=request.held,
        coaching=bool(request.coached),
        coached=request.coached,
        start_on_enter=request.start_on_enter,
        end_on_exit=request.end_on_exit,
        label=request.label,
        beep=request.beep,
        joined_at_ms=now_ms,
        updated_at_ms=now_ms,
    )
    events = [
        _event(
            conference,
            EventKind.PARTICIPANT_JOINED,
            now_ms,
            {
                "label": participant.label,
                "muted": participant.muted,
                "held": participant.held,
                "coaching": participant.coaching,
                "start_on_enter": participant.start_on_enter,
                "end_on_exit": participant.end_on_exit,
            },
            call_id=participant.call_id,
        )
    ]
    present = (*room.participants, participant)
    if request.start_on_enter and not conference.moderator_present:
        conference = conference._replace(moderator_present=True, updated_at_ms=now_ms)
        events.append(
            _event(
                conference,
                EventKind.MODERATOR_ARRIVED,
                now_ms,
                {"name": conference.name},
                call_id=participant.call_id,
            )
        )
    if conference.state is ConferenceState.INIT and conference.moderator_present and len(present) >= 2:
        conference = conference._replace(state=ConferenceState.IN_PROGRESS, updated_at_ms=now_ms)
        events.append(_event(conference, EventKind.CONFERENCE_STARTED, now_ms, {"name": conference.name}))
    return Outcome(Room(conference, present), (participant,), tuple(events))


def remove(room: Room, call_id: CallId, reason: LeaveReason, now_ms: int) -> Outcome:
    """Take one leg out; the room ends when its rules say so. A leg that is not inside changes nothing."""
    leaving = room.participant(call_id)
    if leaving is None:
        return Outcome(room, (), ())
    gone = leaving._replace(left_at_ms=now_ms, updated_at_ms=now_ms, leave_reason=reason)
    conference = room.conference
    event = _left(conference, gone, now_ms)
    rest = tuple(p for p in room.participants if p.call_id != call_id)
    kicked = reason is LeaveReason.KICKED
    stopped = _SERVER_ENDS.get(reason)
    if leaving.end_on_exit:
        end = stopped or (EndReason.END_ON_EXIT_KICKED if kicked else EndReason.END_ON_EXIT_LEFT)
    elif not rest:
        end = stopped or (EndReason.LAST_KICKED if kicked else EndReason.LAST_LEFT)
    else:
        return Outcome(Room(conference, rest), (gone,), (event,))
    ending = finish(Room(conference, rest), end, now_ms, call_ending=call_id)
    return Outcome(ending.room, (gone, *ending.changed), (event, *ending.events), ending.evicted)


def finish(room: Room, reason: EndReason, now_ms: int, *, call_ending: CallId | None = None) -> Outcome:
    """End the room and put everybody out. A room that is over stays as it is."""
    conference = room.conference
    if not conference.is_live:
        return Outcome(room, (), ())
    leave = _EVICTIONS.get(reason, LeaveReason.MODERATOR_ENDED)
    gone = tuple(
        p._replace(left_at_ms=now_ms, updated_at_ms=now_ms, leave_reason=leave) for p in room.participants
    )
    conference = conference._replace(
        state=ConferenceState.COMPLETED,
        updated_at_ms=now_ms,
        completed_at_ms=now_ms,
        reason_ended=reason,
        call_ending=call_ending,
    )
    events = [_left(conference, p, now_ms) for p in gone]
    events.append(
        _event(
            conference,
            EventKind.CONFERENCE_ENDED,
            now_ms,
            {"name": conference.name, "reason": str(reason), "call_ending": call_ending},
            call_id=call_ending,
        )
    )
    return Outcome(Room(conference, ()), gone, tuple(events), tuple(p.call_id for p in gone))


class Hearing(NamedTuple):
    """What the mixer must do for one participant."""

    hears_room: bool
    heard: bool
    coached: tuple[CallId, ...]
    """Not empty: only these hear it."""
    waiting: bool
    """It hears waiting music instead of the room."""


def hearing(room: Room, participant: Participant) -> Hearing:
    """Who hears whom, from the flags alone.

    Before a moderator has come everybody waits. A coach hears all; only the coached hear the coach. A held
    one neither hears nor is heard; a muted one hears and is not heard. Alone in an `init` room one waits.
    """
    open_ = room.conference.moderator_present
    return Hearing(
        hears_room=open_ and not participant.held,
        heard=open_ and not participant.held and not participant.muted,
        coached=participant.coached if participant.coaching else (),
        waiting=not participant.held and (not open_ or room.awaits_second),
    )


_SERVER_ENDS: Final[dict[LeaveReason, EndReason]] = {
    LeaveReason.SERVER_STOPPED: EndReason.SERVER_STOPPED,
    LeaveReason.SERVER_CRASHED: EndReason.SERVER_CRASHED,
}

_EVICTIONS: Final[dict[EndReason, LeaveReason]] = {
    EndReason.ENDED_BY_API: LeaveReason.ENDED_BY_API,
    EndReason.AGE_LIMIT: LeaveReason.TIME_LIMIT,
    EndReason.SERVER_STOPPED: LeaveReason.SERVER_STOPPED,
    EndReason.SERVER_CRASHED: LeaveReason.SERVER_CRASHED,
}


def _left(conference: Conference, gone: Participant, now_ms: int) -> Event:
    return _event(
        conference,
        EventKind.PARTICIPANT_LEFT,
        now_ms,
        {"label": gone.label, "reason": str(gone.leave_reason)},
        call_id=gone.call_id,
    )


def _event(
    conference: Conference,
    kind: EventKind,
    now_ms: int,
    data: dict[str, object],
    call_id: CallId | None = None,
) -> Event:
    return Event(kind, now_ms, conference.account_id, conference.id, call_id, data)
