"""Pages of calls and leases cost what they answer, however long the history and the queue are."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.domain.call import CallStatus
from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.ids import AccountId, CallId, ConferenceId, DeliveryId, SubscriptionId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import CallQuery, DeliveryQuery
from hubbub.storage import SqliteStore, open_store
from storage.cast import ACME, GLOBEX, T0, Dice, about, call, subscription
from storage.steps import counted

FEW, MANY = 1000, 10_000
ROOM, PARENT = ConferenceId("c0" * 16), CallId("f0" * 16)
ALL = CallQuery(frozenset({ACME}))
NEWEST = PageRequest(50, descending=True)


async def filled(directory: Path, rows: int) -> SqliteStore:
    """A store with so many calls and delivered deliveries of the past."""
    store = open_store(directory, entropy=Dice())
    async with store.transaction() as tx:
        for number in range(rows):
            rare = number % (rows // 100) == 3
            await tx.put_call(
                call(
                    number,
                    account_id=GLOBEX if number % 7 == 0 else ACME,
                    status=CallStatus.BUSY if rare else CallStatus.COMPLETED,
                    to_address="client:bob" if rare else f"+1555{number}",
                    from_address="client:eve" if rare else "+15550100",
                    conference_id=ROOM if rare else None,
                    parent_id=PARENT if rare else None,
                )
            )
        for number in range(rows):
            await tx.put_delivery(
                Delivery(
                    id=DeliveryId(f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}"),
                    subscription_id=SubscriptionId("5" * 32),
                    account_id=ACME,
                    event_number=number + 1,
                    stream=call(number % 700).id,
                    queue=number % 700,
                    sequence=number,
                    token="7" * 32,
                    state=DeliveryState.DEAD if number % (rows // 100) == 3 else DeliveryState.DELIVERED,
                    attempts=1,
                    due_at_ms=T0 + number,
                    leased_until_ms=None,
                    created_at_ms=T0 + number,
                    updated_at_ms=T0 + number,
                )
            )
    return store


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqliteStore, SqliteStore]]:
    few = asyncio.run(filled(tmp_path_factory.mktemp("few"), FEW))
    many = asyncio.run(filled(tmp_path_factory.mktemp("many"), MANY))
    yield few, many
    asyncio.run(few.aclose())
    asyncio.run(many.aclose())


BUSY = frozenset({CallStatus.BUSY})
LIVE = frozenset({CallStatus.RINGING, CallStatus.IN_PROGRESS})
CALLS = {
    "newest": (ALL, NEWEST),
    "oldest": (ALL, PageRequest(50)),
    "two accounts": (ALL._replace(account_ids=frozenset({ACME, GLOBEX})), NEWEST),
    "no such account": (ALL._replace(account_ids=frozenset({AccountId("0" * 32)})), NEWEST),
    "after a token": (ALL, NEWEST._replace(after=Cursor(T0 + FEW // 2, "8" * 32))),
    "before a token": (ALL, NEWEST._replace(before=Cursor(T0 + FEW // 2, "8" * 32))),
    "of a day": (ALL._replace(created_from_ms=T0 + 300, created_until_ms=T0 + 500), NEWEST),
    "in one state": (ALL._replace(statuses=BUSY), NEWEST),
    "live": (ALL._replace(statuses=LIVE), NEWEST),
    "to": (ALL._replace(to="client:bob"), NEWEST),
    "from": (ALL._replace(from_="client:eve"), NEWEST),
    "of a conference": (ALL._replace(conference_id=ROOM), NEWEST),
    "of a parent": (ALL._replace(parent_id=PARENT), NEWEST),
    "total of one state": (ALL._replace(statuses=BUSY), NEWEST._replace(total_limit=1000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CALLS))
async def test_ten_times_the_calls_are_no_more_work(
    stores: tuple[SqliteStore, SqliteStore], name: str
) -> None:
    few, many = stores
    query, page = CALLS[name]
    steps_few, answer_few = await counted(few._raw[0], few.read.calls(query, page))
    steps_many, answer_many = await counted(many._raw[0], many.read.calls(query, page))
    assert abs(len(answer_many.items) - len(answer_few.items)) < 20
    assert steps_many < 1.3 * steps_few + 20
    # In numbers: under 10,000 steps; walking the list would take a hundred thousand.
    assert steps_many < 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        DeliveryQuery(),
        DeliveryQuery(ACME),
        DeliveryQuery(ACME, frozenset({DeliveryState.DEAD})),
        DeliveryQuery(None, frozenset({DeliveryState.DEAD})),
        DeliveryQuery(None, frozenset({DeliveryState.DUE})),
    ],
)
async def test_ten_times_the_deliveries_are_no_more_work(
    stores: tuple[SqliteStore, SqliteStore], query: DeliveryQuery
) -> None:
    few, many = stores
    steps_few, answer_few = await counted(few._raw[0], few.read.deliveries(query, NEWEST))
    steps_many, answer_many = await counted(many._raw[0], many.read.deliveries(query, NEWEST))
    assert len(answer_many.items) == len(answer_few.items)
    assert steps_many < 1.3 * steps_few + 20


@pytest.mark.slow
async def test_a_lease_looks_at_what_it_takes_and_not_at_the_queue_or_the_past(tmp_path: Path) -> None:
    async def work(past: int, streams: int, waiting: int) -> list[int]:
        """Steps of a lease of ten, of a settled delivery, of asking when, and of an event for one."""
        store = await filled(tmp_path / f"{past}-{waiting}", past)
        raw = store._raw[1]
        async with store.transaction() as tx:
            for number in range(streams):
                await tx.put_subscription(subscription(number, call(number).id))
            for _ in range(waiting):
                await tx.append([about(call(number)) for number in range(streams)])
        async with store.transaction() as tx:
            leasing, taken = await counted(raw, tx.lease_deliveries(T0, T0 + 1000, 10))
            assert len(taken) == 10
            done = taken[0]._replace(state=DeliveryState.DELIVERED, leased_until_ms=None)
            settling, _ = await counted(raw, tx.put_delivery(done))
            asking, at_ms = await counted(raw, tx.next_delivery_due_ms())
            assert at_ms == T0
            making, _ = await counted(raw, tx.append([about(call(3))]))
        await store.aclose()
        return [leasing, settling, asking, making]

    few = await work(past=500, streams=20, waiting=2)
    many = await work(past=5000, streams=500, waiting=10)
    for small, large in zip(few, many, strict=True):
        assert large < 1.2 * small + 10
    assert many[0] < 300
