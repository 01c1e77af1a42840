"""What an API may do to rooms: call somebody in, change a participant, announce, put out, end, run a document."""

from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, EndReason, LeaveReason, Outcome, ParticipantChanges
from hubbub.domain.errors import ConferenceEnded, Conflict, NotFound
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.queries import Member
from hubbub.markup.effects import Ask
from hubbub.markup.instructions import Document, JoinConference, WaitMusic
from hubbub.services.calls.early_sounds import FollowEarly, Hear
from hubbub.services.calls.live_calls import LiveCall, LiveCalls
from hubbub.services.commands import (
    AddedParticipant,
    CallWish,
    PlaceCalls,
    RecordingCommands,
    RecordWish,
)
from hubbub.services.ports import Clock, Store, Transaction
from hubbub.services.rooms.join_conference import JoinConference as Join
from hubbub.services.rooms.leave_conference import LeaveConference
from hubbub.services.rooms.modify_participant import ModifyParticipant
from hubbub.services.rooms.room_programs import Programme, RoomPrograms


class CommandRooms:
    """Implements `commands.RoomCommands`."""

    def __init__(
        self,
        store: Store,
        calls: LiveCalls,
        clock: Clock,
        *,
        place: PlaceCalls,
        join: Join,
        leave: LeaveConference,
        modify: ModifyParticipant,
        programs: RoomPrograms,
        hear_early: Hear,
        recordings: RecordingCommands | None,
    ) -> None:
        self._store = store
        self._calls = calls
        self._clock = clock
        self._place = place
        self._join = join
        self._leave = leave
        self._modify = modify
        self._programs = programs
        self._hear_early = hear_early
        self._recordings = recordings

    async def add(
        self,
        wish: CallWish,
        join: JoinConference,
        *,
        record_room: RecordWish | None = None,
        early_media: bool = False,
    ) -> AddedParticipant:
        reserved: list[Outcome] = []
        early = FollowEarly(self._calls, self._hear_early)

        async def reserve(tx: Transaction, leg: CallLeg) -> None:
            early.call_id = leg.id
            request = join.request(leg.id, leg.tag)._replace(dialect=wish.dialect)
            reserved.append(
                await self._join.reserve(
                    tx, wish.account.id, join.name, request, conference_id=join.conference_id
                )
            )

        placed = await self._place(
            wish._replace(begin=Document((join,), base_url=None)),
            within=reserve,
            watch=early.watch if early_media else None,
        )
        outcome = reserved[-1]
        conference = outcome.room.conference
        live = self._calls.get(placed.leg.id) or LiveCall(placed.leg.id, wish.account.id)
        self._join.apply(live, outcome)
        if record_room is not None and self._recordings is not None:
            await self._recordings.record_from_start(conference.id, record_room, placed.leg.id)
        leg = await self._store.read.call(placed.leg.id) or placed.leg
        return AddedParticipant(conference, Member(outcome.changed[0], leg), placed.queue_time_ms)

    async def modify(
        self,
        conference_id: ConferenceId,
        call_id: CallId,
        changes: ParticipantChanges,
        *,
        hold_music: WaitMusic | None = None,
        wait_music: WaitMusic | None = None,
    ) -> Member:
        return await self._modify(
            conference_id, call_id, changes, hold_music=hold_music, wait_music=wait_music
        )

    async def announce(
        self, conference_id: ConferenceId, call_id: CallId | None, ask: Ask, dialect: str
    ) -> None:
        self._programs.check(conference_id, call_id)
        self._programs.enqueue(Programme(conference_id, call_id, ask, dialect, announces=True))

    async def kick(self, conference_id: ConferenceId, call_id: CallId) -> None:
        await self._leave.put_out(conference_id, call_id, LeaveReason.KICKED)

    async def end(self, conference_id: ConferenceId) -> Conference:
        conference = await self._store.read.conference(conference_id)
        if conference is not None and conference.is_live and conference.node is None:
            raise Conflict(f"conference {conference_id} was imported and is not held here")
        return await self._leave.end(conference_id, EndReason.ENDED_BY_API)

    async def redirect(self, conference_id: ConferenceId, ask: Ask, dialect: str) -> None:
        conference = await self._live(conference_id)
        self._programs.enqueue(Programme(conference_id, None, ask, dialect, announces=False))
        async with self._store.transaction() as tx:
            event = Event(
                EventKind.CONFERENCE_REDIRECTED,
                self._clock.now_ms(),
                conference.account_id,
                conference_id,
                None,
                {"url": ask.target.url},
            )
            await tx.append([event])

    async def run(self, conference_id: ConferenceId, document: Document, dialect: str) -> None:
        await self._live(conference_id)
        self._programs.enqueue(Programme(conference_id, None, document, dialect, announces=False))

    async def _live(self, conference_id: ConferenceId) -> Conference:
        conference = await self._store.read.conference(conference_id)
        if conference is None:
            raise NotFound("conference", conference_id)
        if not conference.is_live or conference.node is None:
            raise ConferenceEnded(f"conference {conference_id} is over, or not held here")
        return conference
