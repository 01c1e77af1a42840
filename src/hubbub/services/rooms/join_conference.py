"""A leg enters a room, or a place is kept for it; the room is made if the account has no live one of that name."""

from hubbub.domain.conference import Conference, EndReason, JoinRequest, Outcome, Room
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, ConferenceId
from hubbub.domain.room import admit, create, finish, reserve
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.deliveries.subscribe import subscribe
from hubbub.services.ports import Clock, Entropy, Store, Transaction
from hubbub.services.rooms.live_rooms import LiveRooms


class JoinConference:
    """Call it with a live leg, a name and a wish.

    The lookup, the creation, the membership, the leg's own row and all events are one transaction under
    the store's writer lock, so that two first joiners meet in one room.
    """

    def __init__(
        self,
        store: Store,
        rooms: LiveRooms,
        clock: Clock,
        entropy: Entropy,
        *,
        node: str,
        participants_max: int,
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._clock = clock
        self._entropy = entropy
        self._node = node
        self._participants_max = participants_max

    async def __call__(
        self,
        call: LiveCall,
        account_id: AccountId,
        name: str,
        request: JoinRequest,
        *,
        conference_id: ConferenceId | None = None,
    ) -> Conference:
        """The conference joined.

        Args:
            conference_id: join exactly this live conference instead of the one named.

        Raises:
            Refusal: as `domain.room.admit`; `InvalidValue` for a bad name; `NotFound` when
                `conference_id` names no live conference of the account; `Conflict` when the leg is over.
        """
        async with self._store.transaction() as tx:
            if call.ended:
                raise Conflict("the call is over")
            now_ms = self._clock.now_ms()
            room, before = await self._room(tx, account_id, name, request, conference_id, now_ms)
            outcome = admit(room, request, now_ms, participants_max=self._participants_max)
            await self._write(tx, room, outcome)
            leg = await call.row(tx)
            if leg is None:
                await tx.append(before + outcome.events)
            else:
                leg = leg._replace(conference_id=outcome.room.conference.id, updated_at_ms=now_ms)
                await call.put_row(tx, leg, before + outcome.events)
        if leg is not None:
            call.wrote(leg)
        self._enter(call, outcome)
        if not room.participants and any(
            EventKind.SPEECH_STARTED in wish.kinds for wish in request.callbacks
        ):
            self._rooms.follow_speech(outcome.room.conference.id)
        return outcome.room.conference

    async def reserve(
        self,
        tx: Transaction,
        account_id: AccountId,
        name: str,
        request: JoinRequest,
        *,
        conference_id: ConferenceId | None = None,
    ) -> Outcome:
        """Within a transaction: keep a place for a leg that is being called. `apply` the outcome after it.

        Raises:
            As when it is called.
        """
        now_ms = self._clock.now_ms()
        room, before = await self._room(tx, account_id, name, request, conference_id, now_ms)
        outcome = reserve(room, request, now_ms, participants_max=self._participants_max)
        leg = await tx.call(request.call_id)
        if leg is not None:
            await tx.move_call(leg._replace(conference_id=outcome.room.conference.id, updated_at_ms=now_ms))
        await self._write(tx, room, outcome)
        await tx.append(before + outcome.events)
        return outcome

    def apply(self, call: LiveCall, outcome: Outcome) -> None:
        """After the transaction of `reserve`."""
        self._enter(call, outcome)

    def _enter(self, call: LiveCall, outcome: Outcome) -> None:
        call.conference_id = outcome.room.conference.id
        for event in outcome.events:
            if event.kind is EventKind.MODERATOR_ARRIVED and event.call_id == call.call_id:
                call.opened_id = event.conference_id
        self._rooms.apply(outcome)

    async def _room(
        self,
        tx: Transaction,
        account_id: AccountId,
        name: str,
        request: JoinRequest,
        conference_id: ConferenceId | None,
        now_ms: int,
    ) -> tuple[Room, tuple[Event, ...]]:
        """The room to enter, and the events that came before the entry. A new room is not stored yet."""
        found = await self._find(tx, account_id, name, conference_id)
        before: tuple[Event, ...] = ()
        if found is not None and found.node is None:
            before = await self._supersede(tx, found, now_ms)
            found = None
        if found is not None:
            existing = self._rooms.room(found.id) or await tx.room(found.id)
            if existing is None:
                raise NotFound("conference", found.id)
            return existing, before
        new_id = ConferenceId(self._entropy.id())
        room, created = create(new_id, account_id, name, now_ms, node=self._node, request=request)
        await subscribe(tx, self._entropy, account_id, new_id, request.dialect, request.callbacks, now_ms)
        return room, before + created

    async def _write(self, tx: Transaction, before: Room, outcome: Outcome) -> None:
        conference = outcome.room.conference
        if conference != before.conference or not before.participants:
            await tx.put_conference(conference)
        await tx.put_participants(outcome.changed)

    async def _find(
        self, tx: Transaction, account_id: AccountId, name: str, conference_id: ConferenceId | None
    ) -> Conference | None:
        if conference_id is None:
            here = self._rooms.named(account_id, name)
            return await tx.live_conference(account_id, name) if here is None else here.conference
        found = await tx.conference(conference_id)
        if found is None or found.account_id != account_id or not found.is_live:
            raise NotFound("conference", conference_id)
        return found

    async def _supersede(self, tx: Transaction, imported: Conference, now_ms: int) -> tuple[Event, ...]:
        """End a room that was imported live: nobody here can be in it, and its name is wanted."""
        room = await tx.room(imported.id)
        if room is None:
            return ()
        ending = finish(room, EndReason.SUPERSEDED, now_ms)
        await tx.put_conference(ending.room.conference)
        await tx.put_participants(ending.changed)
        return ending.events
