"""A leg is over: it leaves its room, gets its final state and its last event, all in one transaction."""

from hubbub.domain.call import CallLeg, CallStatus, HangupCause, final_status
from hubbub.domain.conference import LeaveReason
from hubbub.domain.events import Event, EventKind
from hubbub.services.calls.answer_call import AnswerCall
from hubbub.services.calls.live_calls import EndedInput, LiveCall, LiveCalls
from hubbub.services.ports import Clock, Store
from hubbub.services.rooms.leave_conference import take_out
from hubbub.services.rooms.live_rooms import LiveRooms


def ended(leg: CallLeg, cause: HangupCause, sip_status: int | None, now_ms: int) -> tuple[CallLeg, Event]:
    """A leg that was open, in its final state, and the fact to announce."""
    status = final_status(cause, answered=leg.answered_at_ms is not None)
    final = leg.moved(status, now_ms)._replace(hangup_cause=cause, sip_status=sip_status)
    event = Event(
        EventKind.CALL_ENDED,
        now_ms,
        leg.account_id,
        None,  # the room's own numbering is for what happened to the room
        leg.id,
        {"status": str(status), "cause": str(cause), "sip_status": sip_status},
    )
    return final, event


class EndCall:
    """Ends live legs in the store and forgets them."""

    def __init__(self, store: Store, calls: LiveCalls, rooms: LiveRooms, clock: Clock) -> None:
        self._store = store
        self._calls = calls
        self._rooms = rooms
        self._clock = clock
        self._answer = AnswerCall(store)

    async def __call__(self, call: LiveCall, cause: HangupCause, sip_status: int | None) -> CallStatus:
        """Write the end of a leg that signalling says is over, and tell whoever serves it. The status it ended in."""
        reason = LeaveReason.SERVER_STOPPED if cause is HangupCause.SERVER_STOPPED else LeaveReason.HUNG_UP
        # An answer that is not written yet comes first: no leg goes from ringing to completed.
        await self._answer(call)
        async with self._store.transaction() as tx:
            now_ms = self._clock.now_ms()
            leg = await call.row(tx)
            over = (
                ended(leg, cause, sip_status, now_ms) if leg is not None and not leg.status.is_final else None
            )
            status = over[0].status if over is not None else CallStatus.COMPLETED
            told = (over[1],) if over is not None else ()
            if over is not None:
                await call.put_row(tx, over[0])
            outcome = await take_out(tx, self._rooms, call, reason, now_ms, call_status=status, told=told)
        if over is not None:
            call.wrote(over[0])
        if outcome is not None:
            self._rooms.apply(outcome)
        self._calls.remove(call)
        call.inbox.put_nowait(EndedInput(cause))
        return status
