"""A leg's answer is written down."""

from hubbub.domain.call import CallStatus
from hubbub.domain.events import Event, EventKind
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.ports import Clock, Store


class AnswerCall:
    """Moves a leg to in-progress in the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self, call: LiveCall) -> None:
        """No-op on a leg that is answered already, or over."""
        async with self._store.transaction() as tx:
            leg = await call.row(tx)
            if leg is None or leg.status.is_final or leg.status is CallStatus.IN_PROGRESS:
                return
            now_ms = self._clock.now_ms()
            leg = leg.moved(CallStatus.IN_PROGRESS, now_ms)
            await call.put_row(tx, leg)
            await tx.append([Event(EventKind.CALL_ANSWERED, now_ms, leg.account_id, None, leg.id, {})])
        call.leg = leg
