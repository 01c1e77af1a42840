"""A leg leaves its room, or a whole room ends."""

from hubbub.domain.conference import EndReason, LeaveReason, Outcome
from hubbub.domain.errors import NotFound
from hubbub.domain.ids import ConferenceId
from hubbub.domain.room import finish, remove
from hubbub.services.live_calls import LiveCall
from hubbub.services.live_rooms import LiveRooms
from hubbub.services.ports import Clock, Store, Transaction


async def take_out(
    tx: Transaction, rooms: LiveRooms, call: LiveCall, reason: LeaveReason, now_ms: int
) -> Outcome | None:
    """Within a transaction: remove the leg from its room, if it is in one; store what changed."""
    if call.conference_id is None:
        return None
    room = rooms.room(call.conference_id) or await tx.room(call.conference_id)
    if room is None:
        return None
    outcome = remove(room, call.call_id, reason, now_ms)
    await store_outcome(tx, outcome, changed=outcome.room.conference != room.conference)
    return outcome


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

    async def end(self, conference_id: ConferenceId, reason: EndReason) -> None:
        """Everybody is out and the room is completed; no-op on one that is over.

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
