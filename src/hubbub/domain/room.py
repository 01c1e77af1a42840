"""What changes a room: creation, entering, leaving, flags, the end. And who hears whom.

Functions here take a room and answer an `Outcome`: the room afterwards, the facts to announce, and the
calls that must leave. They read no clock and write nothing. Leaves the nouns to `domain.conference`, the
storing and the media to `services`, the words to `dialects`.
"""

from typing import Final, NamedTuple

from hubbub.domain.call import CallStatus
from hubbub.domain.conference import (
    Beep,
    Conference,
    ConferenceState,
    EndReason,
    JoinRequest,
    LeaveReason,
    Outcome,
    Participant,
    ParticipantChanges,
    Room,
    validate_name,
)
from hubbub.domain.errors import (
    CoachedCallAbsent,
    CoachedCallHeld,
    ConferenceEnded,
    ConferenceFull,
    InvalidValue,
    LabelTaken,
    NotFound,
    SecondCoach,
)
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId


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
    """Let a leg in whose call is answered. One that was reserved for takes its place.

    Raises:
        ConferenceEnded, ConferenceFull, LabelTaken, CoachedCallAbsent, SecondCoach.
    """
    reserved = room.participant(request.call_id)
    if reserved is not None and reserved.pending and room.conference.is_live:
        others = tuple([p for p in room.participants if p.call_id != request.call_id])
        participant = reserved._replace(pending=False, updated_at_ms=now_ms)
        return _enter(Room(room.conference, others), participant, now_ms)
    _check_entry(room, request, participants_max)
    return _enter(room, _participant(room.conference, request, now_ms), now_ms)


def reserve(room: Room, request: JoinRequest, now_ms: int, *, participants_max: int) -> Outcome:
    """Keep a place for a leg that is being called. It is listed, counted and labelled, and not inside.

    Raises:
        As `admit`.
    """
    _check_entry(room, request, participants_max)
    participant = _participant(room.conference, request, now_ms)._replace(pending=True)
    event = _about(room.conference, participant, EventKind.PARTICIPANT_ADDED, now_ms)
    return Outcome(Room(room.conference, (*room.participants, participant)), (participant,), (event,))


def _check_entry(room: Room, request: JoinRequest, participants_max: int) -> None:
    conference = room.conference
    if not conference.is_live:
        raise ConferenceEnded(f"conference {conference.id} is over")
    limit = min(participants_max, request.max_participants or participants_max)
    if len(room.participants) >= limit:
        raise ConferenceFull(f"conference {conference.name} holds {limit} participants")
    if request.label is not None and any(p.label == request.label for p in room.participants):
        raise LabelTaken(f"label {request.label} is in use")
    if request.coached:
        if request.coached_must_be_present:
            _check_coached(room, request.coached)
        if request.one_coach and any(p.coaching for p in room.participants):
            raise SecondCoach(f"conference {conference.name} has a coach")


def _check_coached(room: Room, coached: tuple[CallId, ...]) -> None:
    for call_id in coached:
        pupil = room.participant(call_id)
        if pupil is None or pupil.pending:
            raise CoachedCallAbsent(f"call {call_id} is not in conference {room.conference.name}")
        if pupil.held:
            raise CoachedCallHeld(f"call {call_id} is on hold")


def _participant(conference: Conference, request: JoinRequest, now_ms: int) -> Participant:
    return Participant(
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


def _enter(room: Room, participant: Participant, now_ms: int) -> Outcome:
    conference = room.conference
    events = [_about(conference, participant, EventKind.PARTICIPANT_JOINED, now_ms)]
    after = Room(conference, (*room.participants, participant))
    if participant.start_on_enter and not conference.moderator_present:
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
    if conference.state is ConferenceState.INIT and conference.moderator_present and len(after.inside) >= 2:
        conference = conference._replace(state=ConferenceState.IN_PROGRESS, updated_at_ms=now_ms)
        events.append(_event(conference, EventKind.CONFERENCE_STARTED, now_ms, {"name": conference.name}))
    entered = (participant.call_id,)
    return Outcome(after._replace(conference=conference), (participant,), tuple(events), entered)


def modify(room: Room, call_id: CallId, changes: ParticipantChanges, now_ms: int) -> Outcome:
    """Change a participant's flags. What is as wished already changes nothing and is no event.

    Raises:
        NotFound: the call is not in the room.
        InvalidValue: it would coach itself.
        CoachedCallAbsent, CoachedCallHeld, SecondCoach: as the changes ask to be checked.
    """
    conference = room.conference
    before = room.participant(call_id)
    if before is None or not conference.is_live:
        raise NotFound("participant", call_id)
    if changes.coached:
        if call_id in changes.coached:
            raise InvalidValue("coached", "a participant cannot coach itself")
        if changes.coached_must_be_present:
            _check_coached(room, changes.coached)
        if changes.one_coach and any(p.coaching and p.call_id != call_id for p in room.participants):
            raise SecondCoach(f"conference {conference.name} has a coach")
    after, modified = _changed(before, changes)
    flagged = [
        (
            after.muted != before.muted,
            EventKind.PARTICIPANT_MUTED,
            EventKind.PARTICIPANT_UNMUTED,
            after.muted,
        ),
        (after.held != before.held, EventKind.PARTICIPANT_HELD, EventKind.PARTICIPANT_UNHELD, after.held),
    ]
    kinds = [on if value else off for differs, on, off, value in flagged if differs]
    if not kinds and not modified:
        return Outcome(room, (), ())
    after = after._replace(updated_at_ms=now_ms)
    events = [_about(conference, after, kind, now_ms) for kind in kinds]
    if modified:
        events.append(
            _about(conference, after, EventKind.PARTICIPANT_MODIFIED, now_ms, {"changes": modified})
        )
    participants = tuple([after if p.call_id == call_id else p for p in room.participants])
    return Outcome(Room(conference, participants), (after,), tuple(events))


def _changed(before: Participant, changes: ParticipantChanges) -> tuple[Participant, list[str]]:
    """The participant with the changes made, and the names of those that have no event of their own."""
    modified = ["wait"] if changes.wait_changed else []
    after = before
    if changes.muted is not None:
        after = after._replace(muted=changes.muted)
    if changes.held is not None:
        after = after._replace(held=changes.held)
    if changes.coached is not None and changes.coached != before.coached:
        after = after._replace(coached=changes.coached, coaching=bool(changes.coached))
        modified.append("coached")
    if changes.end_on_exit is not None and changes.end_on_exit != before.end_on_exit:
        after = after._replace(end_on_exit=changes.end_on_exit)
        modified.append("end_on_exit")
    if changes.beep_on_exit is not None and changes.beep_on_exit != before.beep.on_exit:
        after = after._replace(beep=_beep(before.beep.on_enter, changes.beep_on_exit))
        modified.append("beep_on_exit")
    return after, modified


def _beep(on_enter: bool, on_exit: bool) -> Beep:
    if on_enter:
        return Beep.BOTH if on_exit else Beep.ON_ENTER
    return Beep.ON_EXIT if on_exit else Beep.NONE


def remove(
    room: Room,
    call_id: CallId,
    reason: LeaveReason,
    now_ms: int,
    *,
    call_status: CallStatus = CallStatus.IN_PROGRESS,
) -> Outcome:
    """Take one leg out; the room ends when its rules say so. A leg that is not inside changes nothing.

    Args:
        call_status: the leg's, as it leaves; a leg whose call failed was only reserved for.
    """
    leaving = room.participant(call_id)
    if leaving is None:
        return Outcome(room, (), ())
    if leaving.pending and reason is LeaveReason.HUNG_UP:
        reason = LeaveReason.ADD_FAILED
    gone = leaving._replace(left_at_ms=now_ms, updated_at_ms=now_ms, leave_reason=reason)
    conference = room.conference
    event = _left(conference, gone, now_ms, call_status)
    rest = tuple([p for p in room.participants if p.call_id != call_id])
    kicked = reason is LeaveReason.KICKED
    stopped = _SERVER_ENDS.get(reason)
    if leaving.end_on_exit and not leaving.pending:
        end = stopped or (EndReason.END_ON_EXIT_KICKED if kicked else EndReason.END_ON_EXIT_LEFT)
    elif not rest:
        end = stopped or (EndReason.LAST_KICKED if kicked else EndReason.LAST_LEFT)
    else:
        return Outcome(Room(conference, rest), (gone,), (event,))
    ending = finish(Room(conference, rest), end, now_ms, ending=leaving)
    return Outcome(ending.room, (gone, *ending.changed), (event, *ending.events), evicted=ending.evicted)


def finish(room: Room, reason: EndReason, now_ms: int, *, ending: Participant | None = None) -> Outcome:
    """End the room and put everybody out. A room that is over stays as it is.

    Args:
        ending: whose leaving ended it; gone already.
    """
    conference = room.conference
    call_ending = None if ending is None else ending.call_id
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
    events = [_left(conference, p, now_ms, CallStatus.IN_PROGRESS) for p in gone]
    events.append(
        _event(
            conference,
            EventKind.CONFERENCE_ENDED,
            now_ms,
            {
                "name": conference.name,
                "reason": str(reason),
                "call_ending": call_ending,
                "label_ending": None if ending is None else ending.label,
            },
            call_id=call_ending,
        )
    )
    evicted = tuple([p.call_id for p in gone])
    return Outcome(Room(conference, ()), gone, tuple(events), evicted=evicted)


class Hearing(NamedTuple):
    """What the mixer must do for one participant."""

    hears_room: bool
    heard: bool
    coached: tuple[CallId, ...]
    """Not empty: only these hear it."""
    waiting: bool
    """It hears waiting music instead of the room."""
    held: bool = False
    """It hears what is played to those on hold instead of the room."""


def hearing(room: Room, participant: Participant) -> Hearing:
    """Who hears whom, from the flags alone.

    Before a moderator has come everybody waits. A coach hears all; only the coached hear the coach. A held
    one neither hears nor is heard; a muted one hears and is not heard. Alone in an `init` room one waits.
    One who is still being called hears nothing and waits for nothing.
    """
    open_ = room.conference.moderator_present
    if participant.pending:
        heard = open_ and not participant.held and not participant.muted
        return Hearing(False, heard, participant.coached if participant.coaching else (), waiting=False)
    return Hearing(
        hears_room=open_ and not participant.held,
        heard=open_ and not participant.held and not participant.muted,
        coached=participant.coached if participant.coaching else (),
        waiting=not participant.held and (not open_ or room.awaits_second),
        held=participant.held,
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


def _left(conference: Conference, gone: Participant, now_ms: int, call_status: CallStatus) -> Event:
    more: dict[str, object] = {"reason": str(gone.leave_reason), "call_status": str(call_status)}
    return _about(conference, gone, EventKind.PARTICIPANT_LEFT, now_ms, more)


def _about(
    conference: Conference,
    participant: Participant,
    kind: EventKind,
    now_ms: int,
    more: dict[str, object] | None = None,
) -> Event:
    return _event(
        conference, kind, now_ms, participant_data(participant) | (more or {}), call_id=participant.call_id
    )


def participant_data(participant: Participant) -> dict[str, object]:
    """What every fact about a participant tells of it (`events.PARTICIPANT_KEYS`)."""
    return {
        "label": participant.label,
        "muted": participant.muted,
        "held": participant.held,
        "coaching": participant.coaching,
        "coached": list(participant.coached),
        "start_on_enter": participant.start_on_enter,
        "end_on_exit": participant.end_on_exit,
    }


def _event(
    conference: Conference,
    kind: EventKind,
    now_ms: int,
    data: dict[str, object],
    call_id: CallId | None = None,
) -> Event:
    return Event(kind, now_ms, conference.account_id, conference.id, call_id, data)
