"""That a far end rings is written down."""

from hubbub.domain.call import CallStatus
from hubbub.domain.events import Event, EventKind
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.ports import Clock, Store


class RingCall:
    """Moves a leg that was placed to ringing in the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self, call: LiveCall) -> bool:
        """Whether it rings now; no-op on a leg that rang before, is over, or was written to be answered.

        One that is answered while it waits for its turn has rung all the same, and is told so before its answer.
        """
        async with self._store.transaction() as tx:
            leg = call.leg or await tx.call(call.call_id)
            if leg is None or leg.status is not CallStatus.QUEUED:
                return False
            now_ms = self._clock.now_ms() if call.answered_at_ms is None else call.answered_at_ms
            leg = leg.moved(CallStatus.RINGING, now_ms)
            call.leg = None
            await tx.put_call(leg)
            await tx.append([Event(EventKind.CALL_RANG, now_ms, leg.account_id, None, leg.id, {})])
        call.leg = leg
        return True
