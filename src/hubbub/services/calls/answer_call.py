"""A leg's answer is written down, unless what came of it has been and told of it too."""

from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.ports import Store


class AnswerCall:
    """Moves a leg to in-progress in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, call: LiveCall) -> None:
        """No-op on a leg whose answer is written already, or that is over."""
        if call.answered_at_ms is None:
            return
        async with self._store.transaction() as tx:
            leg = await call.row(tx)
            # Somebody may have written it while we waited for our turn.
            if leg is None or leg.status.is_final or call.answered_at_ms is None:
                return
            await call.put_row(tx, leg)
        call.wrote(leg)
