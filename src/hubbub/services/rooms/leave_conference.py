"""A leg leaves its room, or a whole room ends."""

from collections.abc import Sequence

from hubbub.domain.call import CallStatus
from hubbub.domain.conference import Conference, EndReason, LeaveReason, Outcome, Room
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.events import Event
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.room import finish, remove
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.ports import Clock, Store, Transaction
from hubbub.services.rooms.live_rooms import LiveRooms


async def take_out(
    tx: Transaction,
    rooms: LiveRooms,
    call: LiveCall,
    reason: LeaveReason,
    now_ms: int,
    *,
    call_status: CallStatus = CallStatus.IN_PROGRESS,
    told: Sequence[Event] = (),
) -> Outcome | None:
    """Within a transaction: remove the leg from its room, if it is in one; store what changed.

    Args:
        told: facts to write behind those of the room, or alone.
    """
    room = None
    if call.conference_id is not None:
        room = rooms.room(call.conference_id) or await tx.room(call.conference_id)
    if room is None:
        await tx.append(told)
        return None
    outcome = remove(room, call.call_id, reason, now_ms, call_status=call_status)
    changed = outcome.room.conference != room.conference
    await store_outcome(tx, outcome._replace(events=(*outcome.events, *told)), changed=changed)
    return outcome


async def room_here(tx: Transaction, rooms: LiveRooms, conference_id: ConferenceId) -> Room:
    """Within a transaction: a room that is mixed here.

    Raises:
        NotFound: there is no such conference, or it is over.
        Conflict: it was imported and is live elsewhere.
    """
    room = rooms.room(conference_id) or await tx.room(conference_id)
    if room is None or not room.conference.is_live:
        raise NotFound("conference", conference_id)
    if room.conference.node is None:
        raise Conflict(f"conference {conference_id} was imported and is not held here")
    return room


async def store_outcome(tx: Transaction, outcome: Outcome, *, changed: bool) -> None:
    """Write what a change of a room did."""
    if changed:
        await tx.put_conference(outcome.room.conference)
    await tx.put_participants(outcome.changed)
    await tx.append(outcome.events)


class LeaveConference:
    """Takes legs out of rooms, and ends rooms."""

    def __init__(self, store: Store, rooms: LiveRooms, clock: Clock) -> None:
        self._store = store
        self._rooms = rooms
        self._clock = clock

    async def leave(self, call: LiveCall, reason: LeaveReason) -> None:
        """The leg is out of its room; no-op when it is in none."""
        async with self._store.transaction() as tx:
            outcome = await take_out(tx, self._rooms, call, reason, self._clock.now_ms())
        if outcome is not None:
            self._rooms.apply(outcome)

    async def put_out(self, conference_id: ConferenceId, call_id: CallId, reason: LeaveReason) -> None:
        """Put a leg out of its room; its document goes on.

        Raises:
            NotFound: it is not in this conference.
            Conflict: the conference is not mixed here.
        """
        async with self._store.transaction() as tx:
            room = await room_here(tx, self._rooms, conference_id)
            if room.participant(call_id) is None:
                raise NotFound("participant", call_id)
            outcome = remove(room, call_id, reason, self._clock.now_ms())
            await store_outcome(tx, outcome, changed=outcome.room.conference != room.conference)
        self._rooms.apply(outcome._replace(evicted=(call_id, *outcome.evicted)))

    async def end(self, conference_id: ConferenceId, reason: EndReason) -> Conference:
        """Everybody is out and the room is completed; no-op on one that is over. The conference afterwards.

        Raises:
            NotFound: there never was such a conference.
        """
        async with self._store.transaction() as tx:
            room = self._rooms.room(conference_id) or await tx.room(conference_id)
            if room is None:
                raise NotFound("conference", conference_id)
            outcome = finish(room, reason, self._clock.now_ms())
            await store_outcome(tx, outcome, changed=outcome.room.conference != room.conference)
        self._rooms.apply(outcome)
        return outcome.room.conference
