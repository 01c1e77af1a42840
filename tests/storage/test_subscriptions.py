"""Subscriptions come back as they were put, their passwords are sealed, and they end when they may."""

from pathlib import Path

import pytest

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import DeliveryState
from hubbub.domain.errors import InvalidValue
from hubbub.domain.events import EventKind
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.services.ports import Store
from hubbub.storage import open_store
from storage.cast import T0, Dice, about, call, subscription

LEG = call(1)
WHOLE = subscription(
    1,
    LEG.id,
    EventKind.CALL_ANSWERED,
    EventKind.CALL_ENDED,
    target=WebTarget("https://acme.example/a?b=c#d", "GET", "alice", "s3cret-one"),
    fallback=WebTarget("https://acme.example/f", "POST", None, "s3cret-two"),
    timeout_s=2.5,
    details=(("friendly", "näme"), ("friendly", "again"), ("", "")),
)


async def test_a_subscription_comes_back_as_it_was_put(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, "elsewhere"))
        await tx.put_subscription(WHOLE)
        assert await tx.subscription(WHOLE.id) == WHOLE
    assert await store.read.subscription(WHOLE.id) == WHOLE
    assert await store.read.subscription(subscription(2, "").id) is None


async def test_a_subjects_subscriptions_are_listed_oldest_first(store: Store) -> None:
    late, early = subscription(2, LEG.id, created_at_ms=T0 + 9), subscription(3, LEG.id, created_at_ms=T0)
    async with store.transaction() as tx:
        for each in (late, WHOLE, early, subscription(4, "elsewhere")):
            await tx.put_subscription(each)
    assert await store.read.subscriptions(LEG.id) == [early, WHOLE, late]
    assert await store.read.subscriptions("nowhere") == []


async def test_one_purpose_is_ended_and_the_others_go_on(store: Store) -> None:
    async with store.transaction() as tx:
        for number, purpose in enumerate(("status", "recording", "status")):
            await tx.put_subscription(subscription(number, LEG.id, purpose=purpose))
        await tx.delete_subscriptions(LEG.id, "status")
        await tx.append([about(LEG)])
    assert await store.read.subscriptions(LEG.id) == [subscription(1, LEG.id, purpose="recording")]
    made = (await store.read.deliveries(DeliveryQuery(), PageRequest(10))).items
    assert [each.subscription_id for each in made] == [subscription(1, "").id]
    # Nothing was ever due to the others, so nobody will ask for them.
    assert await store.read.subscription(subscription(0, "").id) is None


async def test_an_ended_subscription_is_kept_as_long_as_a_delivery_of_it(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(WHOLE)
        await tx.append([about(LEG, EventKind.CALL_ENDED, T0)])
    async with store.transaction() as tx:
        await tx.delete_subscriptions(LEG.id)
        await tx.append([about(LEG, EventKind.CALL_ENDED, T0)])
    assert await store.read.subscriptions(LEG.id) == []
    assert await store.read.subscription(WHOLE.id) == WHOLE
    async with store.transaction() as tx:
        (due,) = await tx.lease_deliveries(T0, T0 + 1000, 10)
        await tx.put_delivery(due._replace(state=DeliveryState.DELIVERED, updated_at_ms=T0 + 5))
        assert await tx.forget_deliveries(T0 + 5, 10) == 0
        assert await tx.subscription(WHOLE.id) == WHOLE
        assert await tx.forget_deliveries(T0 + 6, 10) == 1
        assert await tx.subscription(WHOLE.id) is None
    assert await store.read.delivery(due.id) is None


async def test_a_subscription_that_goes_on_outlives_its_deliveries(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(WHOLE)
        await tx.append([about(LEG, EventKind.CALL_ENDED, T0)])
        (due,) = await tx.lease_deliveries(T0, T0 + 1000, 10)
        await tx.put_delivery(due._replace(state=DeliveryState.DELIVERED))
        assert await tx.forget_deliveries(T0 + 1, 10) == 1
    assert await store.read.subscriptions(LEG.id) == [WHOLE]


async def test_one_that_is_put_again_follows_again_and_counts_on(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(WHOLE)
        await tx.append([about(LEG, EventKind.CALL_ENDED)])
        await tx.delete_subscriptions(LEG.id)
        await tx.put_subscription(WHOLE)
        await tx.append([about(LEG, EventKind.CALL_ENDED)])
    page = await store.read.deliveries(DeliveryQuery(stream=LEG.id), PageRequest(10))
    assert sorted(each.sequence for each in page.items) == [0, 1]


async def test_no_password_lies_in_the_file(tmp_path: Path) -> None:
    store = open_store(tmp_path, entropy=Dice())
    async with store.transaction() as tx:
        await tx.put_subscription(WHOLE)
        with pytest.raises(InvalidValue):
            await tx.put_subscription(WHOLE._replace(details=(("\ud800", ""),)))
        with pytest.raises(InvalidValue):
            await tx.put_subscription(WHOLE._replace(target=WebTarget("\ud800")))
    await store.aclose()
    kept = (tmp_path / "hubbub.sqlite3").read_bytes()
    assert b"acme.example/a" in kept
    assert b"s3cret" not in kept
    again = open_store(tmp_path, entropy=Dice())
    assert await again.read.subscription(WHOLE.id) == WHOLE
    await again.aclose()
