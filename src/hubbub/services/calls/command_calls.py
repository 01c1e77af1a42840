"""What an API may do to calls: make one, give it another document, end it, make it send digits, forget it."""

from hubbub.domain.call import CallLeg, CallStatus, HangupCause
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, CallId
from hubbub.markup.effects import Ask
from hubbub.services.calls.control_calls import ControlCalls
from hubbub.services.calls.live_calls import LiveCall, LiveCalls, RedirectInput
from hubbub.services.commands import CallChange, CallWish, PlaceCalls, PlacedCall
from hubbub.services.deliveries.subscribe import subscribe
from hubbub.services.ports import Clock, Entropy, MediaPlane, Reader, Store


class CommandCalls:
    """Implements `commands.CallCommands`."""

    def __init__(
        self,
        store: Store,
        calls: LiveCalls,
        control: ControlCalls,
        media: MediaPlane,
        clock: Clock,
        entropy: Entropy,
        place: PlaceCalls,
    ) -> None:
        self._store = store
        self._calls = calls
        self._control = control
        self._media = media
        self._clock = clock
        self._entropy = entropy
        self._place = place

    async def place(self, wish: CallWish) -> PlacedCall:
        return await self._place(wish)

    def queue_size(self, account_id: AccountId) -> tuple[int, int]:
        return self._place.queue_size(account_id)

    async def change(self, call_id: CallId, change: CallChange) -> CallLeg:
        live = self._calls.get(call_id)
        async with self._store.transaction() as tx:
            leg = (None if live is None else await live.row(tx)) or await _leg(tx, call_id)
            if leg.status is not CallStatus.IN_PROGRESS or live is None or live.ended:
                raise Conflict(f"call {call_id} is {leg.status}, not in progress")
            now_ms = self._clock.now_ms()
            if change.callbacks is not None:
                await tx.delete_subscriptions(call_id)
                await subscribe(
                    tx, self._entropy, leg.account_id, call_id, change.dialect, change.callbacks, now_ms
                )
            events = []
            if change.tag is not None and (change.tag or None) != leg.tag:
                leg = leg._replace(tag=change.tag or None, updated_at_ms=now_ms)
                events.append(_event(leg, EventKind.CALL_TAGGED, now_ms, {"tag": leg.tag}))
            if change.begin is not None:
                url = change.begin.target.url if isinstance(change.begin, Ask) else None
                leg = leg._replace(updated_at_ms=now_ms)
                events.append(_event(leg, EventKind.CALL_REDIRECTED, now_ms, {"url": url}))
            await live.put_row(tx, leg, events)
        live.wrote(leg)
        self._redirect(live, change)
        if change.time_limit_s is not None:
            live.limit(
                self._clock, change.time_limit_s, lambda: self._control.hang_up(live, HangupCause.COMPLETED)
            )
        return leg

    def _redirect(self, live: LiveCall, change: CallChange) -> None:
        if change.begin is None:
            return
        redirect = RedirectInput(change.begin, change.fallback)
        partner = self._calls.get(live.partner) if live.partner is not None else None
        live.inbox.put_nowait(redirect)
        if change.move_partner and partner is not None:
            partner.inbox.put_nowait(redirect)

    async def end(self, call_id: CallId, *, only_unanswered: bool = False) -> CallLeg:
        live = self._calls.get(call_id)
        leg = await _leg(self._store.read, call_id)
        if leg.status.is_final or live is None:
            raise Conflict(f"call {call_id} is over: {leg.status}")
        if only_unanswered and leg.status is CallStatus.IN_PROGRESS:
            raise Conflict(f"call {call_id} is answered")
        await self._control.end_now(live, HangupCause.ENDED_BY_API)
        return await _leg(self._store.read, call_id)

    async def delete(self, call_id: CallId) -> None:
        async with self._store.transaction() as tx:
            leg = await _leg(tx, call_id)
            if not leg.status.is_final:
                raise Conflict(f"call {call_id} is {leg.status}: only one that is over can be deleted")
            await tx.delete_call(call_id)
            await tx.append([_event(leg, EventKind.CALL_DELETED, self._clock.now_ms(), {})])

    async def send_digits(self, call_id: CallId, digits: str) -> None:
        live = self._calls.get(call_id)
        await _leg(self._store.read, call_id)
        if live is None or live.port_id is None or live.ended:
            raise Conflict(f"call {call_id} is not in progress")
        self._media.send_digits(live.port_id, digits)


async def _leg(reader: Reader, call_id: CallId) -> CallLeg:
    leg = await reader.call(call_id)
    if leg is None:
        raise NotFound("call", call_id)
    return leg


def _event(leg: CallLeg, kind: EventKind, now_ms: int, data: dict[str, object]) -> Event:
    return Event(kind, now_ms, leg.account_id, None, leg.id, data)
