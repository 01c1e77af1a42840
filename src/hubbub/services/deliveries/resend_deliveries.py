"""Sends callbacks again, by hand: the dead, those that arrived and were lost there, and those that wait too long."""

from typing import Final

from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.ids import DeliveryId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.services.ports import Clock, Store

BATCH: Final = 200
AT_ONCE_MAX: Final = 10_000
"""How many one command makes due; whoever has more says it again."""


class ResendDeliveries:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def one(self, delivery_id: DeliveryId) -> Delivery:
        """The delivery, due now with all its attempts before it. It goes out before later ones of its queue.

        Raises:
            NotFound; Conflict for one that is being sent at this moment.
        """
        async with self._store.transaction() as tx:
            delivery = await tx.delivery(delivery_id)
            if delivery is None:
                raise NotFound("delivery", delivery_id)
            now_ms = self._clock.now_ms()
            if delivery.state is DeliveryState.SENDING and (delivery.leased_until_ms or 0) > now_ms:
                raise Conflict("the delivery is being sent")
            again = _due(delivery, now_ms)
            await tx.put_delivery(again)
            return again

    async def all(self, query: DeliveryQuery) -> tuple[int, bool]:
        """Make due what matches, which must be dead or delivered, oldest first; how many, and whether more match."""
        count = 0
        while True:
            async with self._store.transaction() as tx:
                # Those that were made due do not match any more, so the first page is always the next one.
                page = await tx.deliveries(query, PageRequest(BATCH))
                now_ms = self._clock.now_ms()
                for delivery in page.items:
                    await tx.put_delivery(_due(delivery, now_ms))
            count += len(page.items)
            if not page.has_more or count >= AT_ONCE_MAX:
                return count, page.has_more


def _due(delivery: Delivery, now_ms: int) -> Delivery:
    return delivery._replace(
        state=DeliveryState.DUE, attempts=0, due_at_ms=now_ms, leased_until_ms=None, updated_at_ms=now_ms
    )
