"""What arrived long ago is forgotten, a few at a time; what did not arrive is kept."""

from desks import HandClock, KeptLog
from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import DeliveryState, Subscription
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, ConferenceId, SubscriptionId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.services.deliveries.forget_old_rows import BATCH, ForgetOldRows
from hubbub.services.ports import KeptAnswer
from hubbub.storage.memory import MemoryStore

ACME, ROOM = AccountId("a" * 32), ConferenceId("c" * 32)
DAY_MS = 86_400_000


async def test_only_what_arrived_and_is_old_is_forgotten() -> None:
    store, clock = MemoryStore(), HandClock()
    forget = ForgetOldRows(store, clock, KeptLog(), keep_deliveries_ms=3 * DAY_MS, keep_answers_ms=DAY_MS)
    events = [
        Event(EventKind.PARTICIPANT_MUTED, clock.now_ms(), ACME, ROOM, None, {}) for _ in range(BATCH + 10)
    ]
    target, kinds = WebTarget("https://acme.example"), frozenset(EventKind)
    async with store.transaction() as tx:
        await tx.put_subscription(
            Subscription(SubscriptionId("5" * 32), ACME, ROOM, "plain", "x", kinds, target, None, None, 0)
        )
        await tx.append(events)
        await tx.keep_answer(ACME, "k", KeptAnswer("f", 200, None, (), b"", clock.now_ms()))
    async with store.transaction() as tx:
        page = await tx.deliveries(DeliveryQuery(), PageRequest(10_000))
        for each in page.items[:-2]:
            await tx.put_delivery(each._replace(state=DeliveryState.DELIVERED))
        await tx.put_delivery(page.items[-1]._replace(state=DeliveryState.DEAD))
    clock.advance(2 * 86_400)
    assert await forget.once() == 0
    assert await store.read.kept_answer(ACME, "k") is None
    clock.advance(2 * 86_400)
    assert await forget.once() == BATCH + 8
    left = await store.read.deliveries(DeliveryQuery(), PageRequest(10_000))
    assert {each.state for each in left.items} == {DeliveryState.DUE, DeliveryState.DEAD}
    assert await store.read.subscription(SubscriptionId("5" * 32)) is not None
