"""A twin of the commands that does to the stored rows what the real ones do, without calls, rooms or sound."""

from collections.abc import Sequence
from typing import Any

from commands_twin import CommandsTwin
from desks import CountingEntropy
from dialects.cast import T0
from hubbub.domain import room as rules
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.conference import Conference, EndReason, LeaveReason, Outcome, ParticipantChanges
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId
from hubbub.domain.queries import Member
from hubbub.domain.recording import Recording, RecordingState
from hubbub.markup.effects import Ask
from hubbub.markup.instructions import Document, JoinConference
from hubbub.services.commands import (
    AddedParticipant,
    CallChange,
    CallWish,
    Commands,
    PlacedCall,
    RecordWish,
)

NOW: int = T0 + 60_000
QUEUE_TIME_MS = 1_000


class ActingCommands(CommandsTwin):
    def __init__(self, store: Any) -> None:
        super().__init__()
        self.store = store
        self.entropy = CountingEntropy()
        silent = self.commands.recordings
        self.commands = Commands(_Calls(self), _Rooms(self), _Recordings(self, silent))  # type: ignore[arg-type]

    def leg(self, wish: CallWish) -> CallLeg:
        return CallLeg(
            CallId(f"ca11{self.entropy.token(28)}"),
            wish.account.id,
            wish.parent_id,
            wish.application_id,  # type: ignore[arg-type]
            None,
            wish.from_,
            wish.to,
            Direction.OUTBOUND_API,
            CallStatus.QUEUED,
            NOW,
            NOW,
            tag=wish.tag,
        )

    async def write(self, outcome: Outcome, legs: Sequence[CallLeg] = ()) -> None:
        async with self.store.transaction() as tx:
            for leg in legs:
                await tx.put_call(leg)
            await tx.put_conference(outcome.room.conference)
            await tx.put_participants(outcome.changed)


class _Calls:
    def __init__(self, twin: ActingCommands) -> None:
        self.twin = twin

    async def place(self, wish: CallWish) -> PlacedCall:
        self.twin.note("place", wish)
        leg = self.twin.leg(wish)
        async with self.twin.store.transaction() as tx:
            await tx.put_call(leg)
        return PlacedCall(leg, QUEUE_TIME_MS)

    async def _leg(self, call_id: CallId) -> CallLeg:
        leg = await self.twin.store.read.call(call_id)
        if leg is None:
            raise NotFound("call", call_id)
        return leg  # type: ignore[no-any-return]

    async def change(self, call_id: CallId, change: CallChange) -> CallLeg:
        self.twin.note("change", call_id, change)
        leg = await self._leg(call_id)
        if leg.status is not CallStatus.IN_PROGRESS:
            raise Conflict(f"call {call_id} is {leg.status}")
        return leg

    async def end(self, call_id: CallId, *, only_unanswered: bool = False) -> CallLeg:
        self.twin.note("end", call_id, only_unanswered=only_unanswered)
        leg = await self._leg(call_id)
        if leg.status.is_final or (only_unanswered and leg.status is CallStatus.IN_PROGRESS):
            raise Conflict(f"call {call_id} is {leg.status}")
        answered = leg.status is CallStatus.IN_PROGRESS
        leg = leg.moved(CallStatus.COMPLETED if answered else CallStatus.CANCELED, NOW)
        leg = leg._replace(hangup_cause=HangupCause.ENDED_BY_API)
        async with self.twin.store.transaction() as tx:
            await tx.put_call(leg)
        return leg

    def queue_size(self, account_id: AccountId) -> tuple[int, int]:
        return self.twin.queue

    async def send_digits(self, call_id: CallId, digits: str) -> None:
        self.twin.note("send_digits", call_id, digits)

    async def delete(self, call_id: CallId) -> None:
        self.twin.note("delete", call_id)
        leg = await self._leg(call_id)
        if not leg.status.is_final:
            raise Conflict(f"call {call_id} is {leg.status}")
        async with self.twin.store.transaction() as tx:
            await tx.delete_call(call_id)


class _Rooms:
    def __init__(self, twin: ActingCommands) -> None:
        self.twin = twin

    async def add(
        self,
        wish: CallWish,
        join: JoinConference,
        *,
        record_room: RecordWish | None = None,
        early_media: bool = False,
    ) -> AddedParticipant:
        self.twin.note("add", wish, join, record_room=record_room, early_media=early_media)
        leg = self.twin.leg(wish)
        reader = self.twin.store.read
        found = await reader.live_conference(wish.account.id, join.name)
        if join.conference_id is not None:
            found = await reader.conference(join.conference_id)
        request = join.request(leg.id)
        if found is None:
            new_id = ConferenceId(f"c0f{self.twin.entropy.token(29)}")
            room, _ = rules.create(new_id, wish.account.id, join.name, NOW, node="n1", request=request)
        else:
            room = await reader.room(found.id)
        outcome = rules.reserve(room, request, NOW, participants_max=250)
        await self.twin.write(outcome, [leg])
        return AddedParticipant(outcome.room.conference, Member(outcome.changed[0], leg), QUEUE_TIME_MS)

    async def modify(
        self, conference_id: ConferenceId, call_id: CallId, changes: ParticipantChanges, **music: Any
    ) -> Member:
        self.twin.note("modify", conference_id, call_id, changes, **music)
        room = await self.twin.store.read.room(conference_id)
        await self.twin.write(rules.modify(room, call_id, changes, NOW))
        return await self.twin.store.read.member(conference_id, call_id)  # type: ignore[no-any-return]

    async def announce(
        self, conference_id: ConferenceId, call_id: CallId | None, ask: Ask, dialect: str
    ) -> None:
        self.twin.note("announce", conference_id, call_id, ask, dialect)

    async def redirect(self, conference_id: ConferenceId, ask: Ask, dialect: str) -> None:
        self.twin.note("redirect", conference_id, ask, dialect)

    async def run(self, conference_id: ConferenceId, document: Document, dialect: str) -> None:
        self.twin.note("run", conference_id, document, dialect)

    async def kick(self, conference_id: ConferenceId, call_id: CallId) -> None:
        self.twin.note("kick", conference_id, call_id)
        room = await self.twin.store.read.room(conference_id)
        await self.twin.write(rules.remove(room, call_id, LeaveReason.KICKED, NOW))

    async def end(self, conference_id: ConferenceId) -> Conference:
        self.twin.note("end room", conference_id)
        room = await self.twin.store.read.room(conference_id)
        outcome = rules.finish(room, EndReason.ENDED_BY_API, NOW)
        await self.twin.write(outcome)
        return outcome.room.conference


class _Recordings:
    def __init__(self, twin: ActingCommands, sounds: Any) -> None:
        self.twin = twin
        self.open = sounds.open

    async def start_call(self, call_id: CallId, wish: RecordWish) -> Recording:
        self.twin.note("start call", call_id, wish)
        leg = await self.twin.store.read.call(call_id)
        if leg.status is not CallStatus.IN_PROGRESS:
            raise Conflict(f"call {call_id} is {leg.status}")
        return await self._start(leg.account_id, None, call_id, wish)

    async def start_conference(self, conference_id: ConferenceId, wish: RecordWish) -> Recording:
        self.twin.note("start room", conference_id, wish)
        conference = await self.twin.store.read.conference(conference_id)
        if not conference.is_live:
            raise Conflict(f"conference {conference_id} is over")
        return await self._start(conference.account_id, conference_id, None, wish)

    async def _start(self, account_id: Any, conference_id: Any, call_id: Any, wish: RecordWish) -> Recording:
        recording = Recording(
            RecordingId(f"4ec{self.twin.entropy.token(29)}"),
            account_id,
            conference_id,
            call_id,
            RecordingState.IN_PROGRESS,
            wish.source,
            wish.layout,
            wish.format,
            wish.track,
            NOW,
            NOW,
            started_at_ms=NOW,
            trim_silence=wish.trim_silence,
        )
        return await self._put(recording)

    async def _put(self, recording: Recording) -> Recording:
        async with self.twin.store.transaction() as tx:
            await tx.put_recording(recording)
        return recording

    async def _move(self, name: str, recording_id: RecordingId, state: RecordingState) -> Recording:
        self.twin.note(name, recording_id)
        recording = await self.twin.store.read.recording(recording_id)
        return await self._put(recording.moved(state, NOW))

    async def pause(self, recording_id: RecordingId, *, skip: bool = False) -> Recording:
        return await self._move(f"pause{' skipping' * skip}", recording_id, RecordingState.PAUSED)

    async def resume(self, recording_id: RecordingId) -> Recording:
        return await self._move("resume", recording_id, RecordingState.IN_PROGRESS)

    async def stop(self, recording_id: RecordingId) -> Recording:
        return await self._move("stop", recording_id, RecordingState.PROCESSING)

    async def delete(self, recording_id: RecordingId) -> Recording:
        return await self._move("delete recording", recording_id, RecordingState.DELETED)
