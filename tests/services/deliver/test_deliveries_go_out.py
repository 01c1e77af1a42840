"""What is due is sent once, in order, and written down."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from unittest import mock

from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.events import Event, EventKind, NumberedEvent
from hubbub.domain.ids import ConferenceId, SubscriptionId
from hubbub.lab.customer import CustomerAnswer, CustomerRequest
from hubbub.services.deliveries.deliver import LEASE_MAX
from hubbub.services.deliveries.word_delivery import WordDelivery
from hubbub.services.ports import Reader
from hubbub.storage.memory import MemoryTransaction
from services.deliver.conftest import ACME, RECEIVER, PostOffice, numbers


async def test_an_event_is_told_at_once_and_is_delivered(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    room = await post.follow(1)
    await post.happen(room)
    await post.pass_time(0.1)
    (request,) = acme.requests
    assert request.at_s < 0.01
    assert json.loads(request.body)["kind"] == "participant-muted"
    (delivery,) = await post.deliveries()
    assert (delivery.state, delivery.status, delivery.attempts) == (DeliveryState.DELIVERED, 200, 1)
    assert request.headers["token"] == delivery.token


async def test_any_2xx_is_good_whatever_its_body(post: PostOffice) -> None:
    answers = iter([CustomerAnswer("", 204), CustomerAnswer("created", 201), CustomerAnswer(b"x" * 70_000)])
    post.web.add(RECEIVER, lambda request: next(answers))
    await post.happen(await post.follow(1), 2)
    await post.pass_time(1)
    assert {d.state for d in await post.deliveries()} == {DeliveryState.DELIVERED}


async def test_one_room_is_told_in_order_one_after_another(post: PostOffice) -> None:
    under_way = 0

    async def slow(request: CustomerRequest) -> str:
        nonlocal under_way
        under_way += 1
        assert under_way == 1
        await post.clock.sleep(0.2 if len(acme.requests) % 2 else 0.01)
        under_way -= 1
        return ""

    acme = post.web.add(RECEIVER, slow)
    room = await post.follow(1)
    await post.happen(room, 20)
    await post.pass_time(10)
    assert numbers(acme.requests) == list(range(1, 21))


async def test_rooms_are_told_side_by_side(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: CustomerAnswer(after_s=1.0))
    rooms = [await post.follow(number) for number in range(10)]
    for room in rooms:
        await post.happen(room, 3)
    await post.pass_time(3.5)
    assert len(acme.requests) == 30
    for room in rooms:
        assert numbers(acme.requests, room) == [1, 2, 3]


async def test_what_a_dialect_does_not_tell_counts_as_delivered(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    room = await post.follow(1)
    await post.happen(room, untold=True)
    await post.happen(room)
    await post.pass_time(1)
    assert numbers(acme.requests) == [2]
    assert [d.state for d in await post.deliveries()] == [DeliveryState.DELIVERED] * 2


async def test_a_dialects_fault_costs_one_delivery_only(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    room = await post.follow(1)
    await post.happen(room, broken=True)
    await post.happen(room)
    await post.pass_time(1)
    assert numbers(acme.requests) == [2]
    dead, delivered = await post.deliveries()
    assert (dead.state, dead.error) == (DeliveryState.DEAD, "untellable: KeyError")
    assert delivered.state is DeliveryState.DELIVERED
    post.expected_faults = [entry for entry in post.log.entries if entry[1] == "callback not worded"]
    assert len(post.expected_faults) == 1


async def test_a_delivery_of_a_dialect_that_is_gone_is_dead_and_says_why(post: PostOffice) -> None:
    await post.happen(await post.follow(1, dialect="vonage"))
    await post.pass_time(1)
    (delivery,) = await post.deliveries()
    assert delivery.state is DeliveryState.DEAD
    assert "vonage" in (delivery.error or "")


async def test_what_another_process_makes_due_is_found_without_being_told(post: PostOffice) -> None:
    """As `hubbub deliveries resend` does, beside the server."""
    acme = post.web.add(RECEIVER, lambda request: "")
    await post.happen(await post.follow(1))
    await post.pass_time(1)
    (delivery,) = await post.deliveries()
    post.store._lock._delivery_listeners.clear()
    await post.put(delivery._replace(state=DeliveryState.DUE, attempts=0))
    await post.pass_time(6)
    assert len(acme.requests) == 2
    assert len({request.headers["token"] for request in acme.requests}) == 1


async def test_nothing_is_written_while_nothing_happens(post: PostOffice) -> None:
    post.web.add(RECEIVER, lambda request: "")
    await post.happen(await post.follow(1))
    await post.pass_time(1)
    before = post.store.version()
    await post.pass_time(600)
    assert post.store.version() == before


async def test_the_metrics_say_what_is_late(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: CustomerAnswer(after_s=10))
    room = await post.follow(1)
    await post.happen(room, 2)
    await post.pass_time(5)
    assert post.dispatcher.statistics()["sending"] == 1
    await post.pass_time(20)
    counts = post.dispatcher.statistics()
    assert (counts["delivered"], counts["attempts"], counts["sending"], counts["dead"]) == (2, 2, 0, 0)
    assert len(acme.requests) == 2


class Counting:
    """A reader that notes which questions it is asked."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._reader, name)

        async def noted(*values: Any) -> Any:
            self.asked[name] += 1
            return await ask(*values)

        return noted


async def test_a_batch_is_worded_as_one_by_one_and_asks_once_for_each_kind(post: PostOffice) -> None:
    await post.dispatcher.aclose()
    for number in range(5):
        await post.happen(await post.follow(number), 2)
    gone = ConferenceId("e" * 32)
    subscription = (await post.store.read.subscriptions(f"{1:032x}"))[0]
    async with post.store.transaction() as tx:
        await tx.put_subscription(subscription._replace(id=SubscriptionId("5" * 32), subject_id=gone))
    await post.happen(gone)
    batch = await post.deliveries()
    assert len(batch) == 11
    counting = Counting(post.store.read)

    def wording(reader: Any) -> WordDelivery:
        writers = {"plain": post.callbacks}
        return WordDelivery(reader, writers, base_url="http://x", site="1", body_bytes_max=100)

    together, alone = wording(counting), wording(post.store.read)
    gathered = await together.gather(batch)
    worded = [together.word(each, gathered) for each in batch]
    assert worded == [alone.word(each, await alone.gather([each])) for each in batch]
    assert [each.context.conference for each in worded].count(None) == 1, "that room is not there"
    assert counting.asked == {
        "some_subscriptions": 1,
        "some_events": 1,
        "some_conferences": 1,
        "account": 1,
        "signing_secret": 1,
    }


async def test_hundreds_that_are_due_at_once_wait_for_nothing(post: PostOffice) -> None:
    """They are leased some at a time, for the sake of the calls, and one lot right after the other."""
    acme = post.web.add(RECEIVER, lambda request: "")
    rooms = [await post.follow(number) for number in range(3 * LEASE_MAX)]
    async with post.store.transaction() as tx:
        await tx.append([Event(EventKind.PARTICIPANT_MUTED, 0, ACME, room, None, {}) for room in rooms])
    largest = 0
    lease = MemoryTransaction.lease_deliveries

    async def noted(tx: MemoryTransaction, *values: Any) -> list[Delivery]:
        nonlocal largest
        leased = await lease(tx, *values)
        largest = max(largest, len(leased))
        return leased

    with mock.patch.object(MemoryTransaction, "lease_deliveries", noted):
        await post.pass_time(0.2)
    assert len(acme.requests) == 3 * LEASE_MAX
    assert largest == LEASE_MAX


async def test_a_row_that_cannot_be_read_costs_one_delivery_only(post: PostOffice) -> None:
    await post.dispatcher.aclose()
    acme = post.web.add(RECEIVER, lambda request: "")
    rooms = [await post.follow(number) for number in range(3)]
    for room in rooms:
        await post.happen(room)
    some_events = type(post.store.read).some_events

    async def broken(reader: Any, numbers: Sequence[int]) -> list[NumberedEvent]:
        if 2 in numbers:
            raise ValueError("not JSON")
        return await some_events(reader, numbers)

    with mock.patch.object(type(post.store.read), "some_events", broken):
        post.open()
        await post.pass_time(1)
    assert {json.loads(request.body)["room"] for request in acme.requests} == {rooms[0], rooms[2]}
    states = {each.event_number: each.state for each in await post.deliveries()}
    assert states == {1: DeliveryState.DELIVERED, 2: DeliveryState.DEAD, 3: DeliveryState.DELIVERED}
    post.expected_faults = [entry for entry in post.log.entries if entry[0] == "error"]
    assert [what for _, what, _ in post.expected_faults] == ["callbacks not gathered", "callback not worded"]
