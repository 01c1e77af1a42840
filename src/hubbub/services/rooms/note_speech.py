"""Who begins and ceases to speak is written down, in the rooms whose subscribers asked to hear of it."""

from hubbub.domain.events import Event, EventKind
from hubbub.domain.room import participant_data
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.ports import Clock, Store
from hubbub.services.rooms.live_rooms import LiveRooms


class NoteSpeech:
    """Writes speech events."""

    def __init__(self, store: Store, rooms: LiveRooms, clock: Clock) -> None:
        self._store = store
        self._rooms = rooms
        self._clock = clock

    def is_wanted(self, call: LiveCall) -> bool:
        """Whether anybody asked to hear of speech in the leg's room."""
        # One who is still being called speaks to nobody: what is heard of it early is its network.
        return (
            call.answered
            and call.conference_id is not None
            and self._rooms.follows_speech(call.conference_id)
        )

    async def __call__(self, call: LiveCall, *, talking: bool) -> None:
        """No-op for a leg that is in no room, or that nobody there can hear."""
        async with self._store.transaction() as tx:
            room = None if call.conference_id is None else self._rooms.room(call.conference_id)
            participant = None if room is None else room.participant(call.call_id)
            if room is None or participant is None or (talking and (participant.muted or participant.held)):
                return
            event = Event(
                EventKind.SPEECH_STARTED if talking else EventKind.SPEECH_STOPPED,
                self._clock.now_ms(),
                room.conference.account_id,
                room.conference.id,
                call.call_id,
                participant_data(participant),
            )
            await tx.append([event])
