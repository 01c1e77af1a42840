"""Deliveries are made with their events, one stream one at a time, none twice and none lost."""

import asyncio
from collections import Counter

import pytest

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import Delivery, DeliveryState, queue_of
from hubbub.domain.events import EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId, DeliveryId, SubscriptionId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.services.ports import Store
from storage.cast import ACME, GLOBEX, T0, about, call, event, live, subscription

ONE, TWO = call(1), call(2)
LEASE_MS = 30_000


class Undo(Exception):
    pass


async def all_of(store: Store, **asked: object) -> list[Delivery]:
    query = DeliveryQuery()._replace(**asked)  # type: ignore[arg-type]
    page = await store.read.deliveries(query, PageRequest(1000))
    return sorted(page.items, key=lambda each: (each.event_number, each.subscription_id))


async def lease(store: Store, now_ms: int, limit: int = 100) -> list[Delivery]:
    async with store.transaction() as tx:
        return await tx.lease_deliveries(now_ms, now_ms + LEASE_MS, limit)


async def settle(store: Store, delivery: Delivery, now_ms: int) -> None:
    async with store.transaction() as tx:
        done = delivery._replace(
            state=DeliveryState.DELIVERED, leased_until_ms=None, updated_at_ms=now_ms, status=200
        )
        await tx.put_delivery(done)


async def test_an_event_becomes_a_delivery_for_each_who_wants_its_kind(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id, EventKind.CALL_RANG))
        await tx.put_subscription(subscription(2, ONE.id, account_id=GLOBEX))
        await tx.put_subscription(subscription(3, ONE.id, EventKind.CALL_ENDED))
        await tx.put_subscription(subscription(4, TWO.id))
    async with store.transaction() as tx:
        await tx.append([event(), about(ONE, at_ms=T0 + 7)])
    first, second = made = await all_of(store)
    assert [each.subscription_id for each in made] == [subscription(n, "").id for n in (1, 2)]
    assert first == Delivery(
        id=first.id,
        subscription_id=subscription(1, "").id,
        account_id=ACME,
        event_number=2,
        stream=ONE.id,
        queue=queue_of(ONE.id, "https://acme.example/status"),
        sequence=0,
        token=first.token,
        state=DeliveryState.DUE,
        attempts=0,
        due_at_ms=T0 + 7,
        leased_until_ms=None,
        created_at_ms=T0 + 7,
        updated_at_ms=T0 + 7,
    )
    assert second.account_id == GLOBEX
    assert len({first.id, second.id, first.token, second.token}) == 4
    assert await store.read.delivery(first.id) == first
    assert await store.read.delivery(DeliveryId("0" * 32)) is None


async def test_a_conference_a_call_and_a_recording_are_all_followed(store: Store) -> None:
    room = live(1)
    async with store.transaction() as tx:
        for number, subject in enumerate((room.id, ONE.id, "re" * 16)):
            await tx.put_subscription(subscription(number, subject))
        await tx.append([about(ONE._replace(conference_id=room.id), recording_id="re" * 16)])
    assert [each.stream for each in await all_of(store)] == [room.id, ONE.id, "re" * 16]


async def test_a_subscription_counts_its_deliveries_without_a_gap(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id, EventKind.CALL_RANG))
        await tx.put_subscription(subscription(2, ONE.id))
        await tx.append([about(ONE), about(ONE, EventKind.CALL_ANSWERED), about(ONE)])
        await tx.append([about(ONE)])
    with pytest.raises(Undo):  # noqa: PT012 - the block is what raises
        async with store.transaction() as tx:
            await tx.append([about(ONE)])
            raise Undo
    async with store.transaction() as tx:
        await tx.append([about(ONE)])
    by_subscription: dict[str, list[int]] = {}
    for each in await all_of(store):
        by_subscription.setdefault(each.subscription_id, []).append(each.sequence)
    assert by_subscription == {subscription(1, "").id: [0, 1, 2, 3], subscription(2, "").id: [0, 1, 2, 3, 4]}


async def test_what_is_undone_leaves_no_delivery_and_wakes_nobody(store: Store) -> None:
    woken: list[str] = []
    store.on_delivery(lambda: woken.append("x"))
    with pytest.raises(Undo):  # noqa: PT012 - the block is what raises
        async with store.transaction() as tx:
            await tx.put_subscription(subscription(1, ONE.id))
            await tx.append([about(ONE)])
            assert len((await tx.deliveries(DeliveryQuery(), PageRequest(5))).items) == 1
            assert await tx.next_delivery_due_ms() == T0
            raise Undo
    assert await all_of(store) == []
    assert await store.read.next_delivery_due_ms() is None
    assert await store.read.subscription(subscription(1, "").id) is None
    assert await lease(store, T0) == []
    assert woken == []


async def test_a_sender_is_woken_when_a_delivery_may_be_due_and_else_not(store: Store) -> None:
    woken: list[str] = []
    store.on_delivery(lambda: woken.append("x"))
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id, EventKind.CALL_RANG))
        await tx.append([event(), about(TWO), about(ONE, EventKind.CALL_ENDED)])
    assert woken == []
    async with store.transaction() as tx:
        await tx.append([about(ONE)])
        assert woken == []
    assert len(woken) == 1
    (due,) = await lease(store, T0)
    assert len(woken) == 1
    await settle(store, due, T0)
    assert len(woken) == 2


async def test_a_listener_that_fails_undoes_nothing_and_silences_nobody(store: Store) -> None:
    complaints: list[str] = []
    woken: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))

    def broken() -> None:
        raise Undo

    store.on_delivery(broken)
    store.on_delivery(lambda: woken.append("x"))
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id))
        await tx.append([about(ONE)])
    assert (len(complaints), len(woken), len(await all_of(store))) == (1, 1, 1)


async def test_a_queue_goes_out_one_after_another(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id))
        await tx.put_subscription(subscription(2, TWO.id))
        await tx.append([about(ONE, at_ms=T0 + n) for n in range(3)])
        await tx.append([about(TWO, at_ms=T0)])
    first, other = await lease(store, T0 + 10)
    assert (first.event_number, other.event_number) == (1, 4)
    assert await lease(store, T0 + 10) == []
    await settle(store, first, T0 + 11)
    (second,) = await lease(store, T0 + 11)
    assert second.event_number == 2
    # It fails and is to be tried again later: nothing of the stream overtakes it.
    retry = second._replace(
        state=DeliveryState.DUE, leased_until_ms=None, due_at_ms=T0 + 5000, error="refused"
    )
    async with store.transaction() as tx:
        await tx.put_delivery(retry)
    assert await lease(store, T0 + 4999) == []
    assert await store.read.next_delivery_due_ms() == T0 + 5000
    (again,) = await lease(store, T0 + 5000)
    assert (again.id, again.token, again.attempts, again.error) == (second.id, second.token, 2, "refused")
    async with store.transaction() as tx:
        await tx.put_delivery(again._replace(state=DeliveryState.DEAD, leased_until_ms=None))
    (third,) = await lease(store, T0 + 5001)
    assert third.event_number == 3


async def test_two_receivers_of_one_stream_do_not_wait_for_each_other(store: Store) -> None:
    other = WebTarget("https://other.example/status")
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id))
        await tx.put_subscription(subscription(2, ONE.id, target=other))
        await tx.append([about(ONE) for _ in range(3)])
    first, elsewhere = await lease(store, T0)
    assert (first.event_number, elsewhere.event_number) == (1, 1)
    assert first.queue != elsewhere.queue
    failed = first if first.subscription_id == subscription(1, "").id else elsewhere
    went = elsewhere if failed is first else first
    async with store.transaction() as tx:
        await tx.settle_deliveries(
            [failed._replace(state=DeliveryState.DUE, leased_until_ms=None, due_at_ms=T0 + 5000)]
        )
    told = [went]
    while len(told) < 3:
        await settle(store, told[-1], T0)
        told += await lease(store, T0)
    assert [each.event_number for each in told] == [1, 2, 3]
    assert {each.subscription_id for each in told} == {subscription(2, "").id}
    await settle(store, told[-1], T0)
    assert await lease(store, T0 + 4999) == []
    (again,) = await lease(store, T0 + 5000)
    assert again.id == failed.id


async def test_what_one_receiver_asked_for_twice_goes_to_it_in_one_order(store: Store) -> None:
    """Whatever its fragment asks of the connection, an address is one receiver."""
    url = "https://acme.example/status"
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id, EventKind.CALL_RANG, target=WebTarget(url)))
        await tx.put_subscription(
            subscription(2, ONE.id, EventKind.CALL_ENDED, target=WebTarget(url + "#rc=3"))
        )
        await tx.append([about(ONE), about(ONE, EventKind.CALL_ENDED), about(ONE)])
    order = []
    while taken := await lease(store, T0):
        (due,) = taken
        order.append(due.event_number)
        await settle(store, due, T0)
    assert order == [1, 2, 3]


async def test_what_one_event_tells_one_receiver_goes_out_in_the_order_of_making(store: Store) -> None:
    async with store.transaction() as tx:
        for number in (3, 1, 2, 5, 4):
            await tx.put_subscription(subscription(number, ONE.id))
        await tx.append([about(ONE), about(ONE)])
    told = []
    while taken := await lease(store, T0):
        (due,) = taken
        told.append((due.event_number, due.subscription_id))
        await settle(store, due, T0)
    assert told == [(event, subscription(number, "").id) for event in (1, 2) for number in range(1, 6)]


async def test_a_node_takes_back_its_own_leases_and_nobody_elses(store: Store) -> None:
    async with store.transaction() as tx:
        for number in range(6):
            account = GLOBEX if number % 2 else ACME
            await tx.put_subscription(subscription(number, call(number).id, account_id=account))
            await tx.append([about(call(number)), about(call(number))])
        here = await tx.lease_deliveries(T0, T0 + LEASE_MS, 3, "here")
        there = await tx.lease_deliveries(T0, T0 + LEASE_MS, 2, "there")
        await tx.settle_deliveries(
            [here[0]._replace(state=DeliveryState.DELIVERED, leased_until_ms=None, updated_at_ms=T0)]
        )
    assert [each.leased_by for each in (*here, *there)] == ["here"] * 3 + ["there"] * 2
    woken: list[str] = []
    store.on_delivery(lambda: woken.append("x"))
    async with store.transaction() as tx:
        assert await tx.release_deliveries("nowhere", T0 + 7) == 0
    assert woken == []
    async with store.transaction() as tx:
        assert await tx.release_deliveries("here", T0 + 7) == 2
    assert len(woken) == 1
    for before in here[1:]:
        assert await store.read.delivery(before.id) == before._replace(
            state=DeliveryState.DUE, leased_until_ms=None, updated_at_ms=T0 + 7
        )
    assert await store.read.delivery(here[0].id) == here[0]._replace(
        state=DeliveryState.DELIVERED, leased_until_ms=None
    )
    assert [await store.read.delivery(each.id) for each in there] == there
    # Each with its token, one attempt more, and in front of what stands behind it in its queue.
    again = {each.id: each for each in await lease(store, T0 + 8)}
    assert len(again) == 4
    for before in here[1:]:
        assert again[before.id].attempts == 2
        assert again[before.id].token == before.token
    assert not set(again) & {each.id for each in there}
    async with store.transaction() as tx:
        assert await tx.release_deliveries("here", T0 + 9) == 0


async def test_many_are_settled_as_one_by_one(store: Store) -> None:
    async with store.transaction() as tx:
        for number in range(8):
            await tx.put_subscription(subscription(number, call(number).id))
            await tx.append([about(call(number)), about(call(number), EventKind.CALL_ENDED)])
    made = await lease(store, T0)
    states = list(DeliveryState)
    settled = [
        each._replace(
            state=states[number % 4],
            attempts=number,
            due_at_ms=T0 + 20 + number,
            leased_until_ms=T0 + 40 if states[number % 4] is DeliveryState.SENDING else None,
            updated_at_ms=T0 + 3,
            status=500 + number,
            error=f"why {number}",
        )
        for number, each in enumerate(made)
    ]
    async with store.transaction() as tx:
        await tx.settle_deliveries(settled)
        await tx.settle_deliveries([])
    assert [await store.read.delivery(each.id) for each in made] == settled
    assert await store.read.next_delivery_due_ms() == T0
    following = await lease(store, T0)
    over = {each.queue for each in settled if each.state in (DeliveryState.DELIVERED, DeliveryState.DEAD)}
    assert {each.queue for each in following} == over
    assert await store.read.next_delivery_due_ms() == min(
        each.due_at_ms for each in settled if each.state is DeliveryState.DUE
    )


async def test_some_things_are_read_in_one_go(store: Store) -> None:
    rooms = [live(number) for number in range(3)]
    async with store.transaction() as tx:
        for number, room in enumerate(rooms):
            await tx.put_conference(room)
            await tx.put_call(call(number))
            await tx.put_subscription(subscription(number, room.id))
        await tx.append([about(call(number)) for number in range(5)])
    read = store.read
    found = await read.some_conferences([rooms[2].id, ConferenceId("0" * 32), rooms[0].id])
    assert {each.id: each for each in found} == {rooms[0].id: rooms[0], rooms[2].id: rooms[2]}
    legs = await read.some_calls([call(1).id, CallId("0" * 32)])
    assert legs == [call(1)]
    facts = await read.some_events([5, 2, 99])
    assert {each.number: each for each in facts} == {n: await read.event(n) for n in (2, 5)}
    (wish,) = await read.some_subscriptions([subscription(1, "").id, SubscriptionId("0" * 32)])
    assert wish == subscription(1, rooms[1].id)
    assert await read.some_events([]) == []


async def test_nothing_is_handed_out_before_it_is_due(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id))
        await tx.append([about(ONE, at_ms=T0 + 50)])
    assert await store.read.next_delivery_due_ms() == T0 + 50
    assert await lease(store, T0 + 49) == []
    (due,) = await lease(store, T0 + 50)
    assert due == (await all_of(store))[0]
    assert (due.state, due.attempts, due.leased_until_ms, due.updated_at_ms) == (
        DeliveryState.SENDING,
        1,
        T0 + 50 + LEASE_MS,
        T0 + 50,
    )


async def test_a_lease_that_runs_out_is_handed_out_again_with_the_same_token(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id))
        await tx.append([about(ONE), about(ONE)])
    (first,) = await lease(store, T0)
    assert await store.read.next_delivery_due_ms() == T0 + LEASE_MS
    assert await lease(store, T0 + LEASE_MS - 1) == []
    (again,) = await lease(store, T0 + LEASE_MS)
    assert again == first._replace(attempts=2, leased_until_ms=T0 + 2 * LEASE_MS, updated_at_ms=T0 + LEASE_MS)
    assert await lease(store, T0 + LEASE_MS) == []


async def test_two_senders_never_get_one_delivery_both(store: Store) -> None:
    async with store.transaction() as tx:
        for number in range(40):
            await tx.put_subscription(subscription(number, call(number).id))
            await tx.append([about(call(number)), about(call(number))])

    async def sender() -> list[Delivery]:
        got = []
        while batch := await lease(store, T0, limit=3):
            got += batch
            await asyncio.sleep(0)
        return got

    taken = [each for got in await asyncio.gather(*(sender() for _ in range(4))) for each in got]
    assert max(Counter(each.id for each in taken).values()) == 1
    assert Counter(each.stream for each in taken) == {call(number).id: 1 for number in range(40)}


async def test_who_waits_longest_comes_first_and_a_limit_holds(store: Store) -> None:
    async with store.transaction() as tx:
        for number in range(9):
            await tx.put_subscription(subscription(number, call(number).id))
        for number in (4, 2, 7, 1):
            await tx.append([about(call(number), at_ms=T0 + number % 4)])
    assert await lease(store, T0 + 9, limit=0) == []
    got = [await lease(store, T0 + 9, limit=3), await lease(store, T0 + 9, limit=3)]
    assert [[each.event_number for each in batch] for batch in got] == [[1, 4, 2], [3]]


async def test_one_that_is_sent_again_by_hand_goes_before_its_stream(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id))
        await tx.append([about(ONE) for _ in range(3)])
    (first,) = await lease(store, T0)
    async with store.transaction() as tx:
        await tx.put_delivery(first._replace(state=DeliveryState.DEAD, leased_until_ms=None))
        await tx.put_delivery(first._replace(state=DeliveryState.DUE, leased_until_ms=None, due_at_ms=T0 + 9))
    assert await lease(store, T0 + 8) == []
    order = []
    for step in range(3):
        (due,) = await lease(store, T0 + 9 + step)
        order.append(due.event_number)
        await settle(store, due, T0 + 9 + step)
    assert order == [1, 2, 3]
    assert await store.read.next_delivery_due_ms() is None


async def test_a_late_answer_to_one_that_lost_its_place_changes_no_order(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_subscription(subscription(1, ONE.id))
        await tx.append([about(ONE) for _ in range(3)])
    (first,) = await lease(store, T0)
    await settle(store, first, T0)
    (second,) = await lease(store, T0)
    async with store.transaction() as tx:
        await tx.put_delivery(first._replace(state=DeliveryState.DUE, leased_until_ms=None, due_at_ms=T0 + 5))
    await settle(store, second, T0 + 1)
    assert await store.read.next_delivery_due_ms() == T0 + 5
    (resent,) = await lease(store, T0 + 5)
    assert resent.id == first.id


async def test_only_delivered_ones_are_forgotten_longest_ago_first(store: Store) -> None:
    async with store.transaction() as tx:
        for number in range(6):
            await tx.put_subscription(subscription(number, call(number).id))
            await tx.append([about(call(number), at_ms=T0)])
    made = await lease(store, T0)
    async with store.transaction() as tx:
        for number, each in enumerate(made[:4]):
            await tx.put_delivery(each._replace(state=DeliveryState.DELIVERED, updated_at_ms=T0 + number))
        await tx.put_delivery(made[4]._replace(state=DeliveryState.DEAD, updated_at_ms=T0))
    async with store.transaction() as tx:
        assert await tx.forget_deliveries(T0 + 3, 2) == 2
        assert await tx.delivery(made[1].id) is None
        assert await tx.delivery(made[2].id) is not None
        assert await tx.forget_deliveries(T0 + 3, 2) == 1
        assert await tx.forget_deliveries(T0 + 3, 2) == 0
    assert [each.id for each in await all_of(store)] == [each.id for each in made[3:]]


async def test_lists_by_account_state_and_stream(store: Store) -> None:
    async with store.transaction() as tx:
        for number in range(24):
            account = GLOBEX if number % 3 == 0 else ACME
            await tx.put_subscription(subscription(number, call(number % 8).id, account_id=account))
        for number in range(8):
            await tx.append([about(call(number), at_ms=T0 + number // 2)])
    states = list(DeliveryState)
    made = await all_of(store)
    async with store.transaction() as tx:
        for number, each in enumerate(made):
            await tx.put_delivery(each._replace(state=states[number % 4], status=500, error="why"))
    made = await all_of(store)
    assert len(made) == 24
    for account_id in (None, ACME, GLOBEX, AccountId("0" * 32)):
        for stream in (None, call(3).id, "nothing"):
            for wanted in (None, set(), {states[3]}, {states[2]}, {states[0], states[3]}, set(states)):
                query = DeliveryQuery(account_id, None if wanted is None else frozenset(wanted), stream)
                whole = [
                    each
                    for each in made
                    if account_id in (None, each.account_id)
                    and stream in (None, each.stream)
                    and (wanted is None or each.state in wanted)
                ]
                whole.sort(key=lambda each: (each.created_at_ms, each.id), reverse=True)
                page = await store.read.deliveries(query, PageRequest(4, descending=True, total_limit=50))
                assert page == (whole[:4], len(whole) > 4, False, len(whole)), query
                behind = await store.read.deliveries(query, PageRequest(4, offset=4, descending=True))
                assert behind.items == whole[4:8]
