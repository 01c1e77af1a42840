"""A participant's flags are changed: muted, on hold, coaching, what its leaving does."""

from hubbub.domain.conference import ParticipantChanges
from hubbub.domain.errors import NotFound
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.queries import Member
from hubbub.domain.room import modify
from hubbub.markup.instructions import WaitMusic
from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.ports import Clock, Store
from hubbub.services.rooms.leave_conference import room_here, store_outcome
from hubbub.services.rooms.live_rooms import LiveRooms


class ModifyParticipant:
    """The change is stored, and given to the mixer before the call returns."""

    def __init__(self, store: Store, calls: LiveCalls, rooms: LiveRooms, clock: Clock) -> None:
        self._store = store
        self._calls = calls
        self._rooms = rooms
        self._clock = clock

    async def __call__(
        self,
        conference_id: ConferenceId,
        call_id: CallId,
        changes: ParticipantChanges,
        *,
        hold_music: WaitMusic | None = None,
        wait_music: WaitMusic | None = None,
    ) -> Member:
        """As `commands.RoomCommands.modify`."""
        async with self._store.transaction() as tx:
            room = await room_here(tx, self._rooms, conference_id)
            outcome = modify(room, call_id, changes, self._clock.now_ms())
            await store_outcome(tx, outcome, changed=False)
            leg = await tx.call(call_id)
        participant = outcome.room.participant(call_id)
        if leg is None or participant is None:
            raise NotFound("participant", call_id)
        self._change_music(call_id, held=participant.held, hold_music=hold_music, wait_music=wait_music)
        self._rooms.apply(outcome)
        return Member(participant, leg)

    def _change_music(
        self, call_id: CallId, *, held: bool, hold_music: WaitMusic | None, wait_music: WaitMusic | None
    ) -> None:
        call = self._calls.get(call_id)
        if call is None:
            return
        before = (call.hold_music, call.wait_music)
        if not held:
            call.hold_music = None
        elif hold_music is not None:
            call.hold_music = hold_music
        if wait_music is not None:
            call.wait_music = wait_music
        if (call.hold_music, call.wait_music) != before and ((held and call.held) or call.waiting):
            self._rooms.tell(call)
