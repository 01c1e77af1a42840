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
        """Whether it rings now; no-op on a leg that rang before, is answered, or is over."""
        async with self._store.transaction() as tx:
            leg = await call.row(tx)
            if leg is None or leg.status is not CallStatus.QUEUED:
                return False
            now_ms = self._clock.now_ms()
            leg = leg.moved(CallStatus.RINGING, now_ms)
            rang = Event(EventKind.CALL_RANG, now_ms, leg.account_id, None, leg.id, {})
            await call.put_row(tx, leg, [rang])
        call.wrote(leg)
        return True
