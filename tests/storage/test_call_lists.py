"""Every filter and every way of paging through calls, against the filters said word for word."""

import random
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from hubbub.domain.call import CallLeg, CallStatus, HangupCause
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import CallQuery
from hubbub.services.ports import Store
from hubbub.storage.repositories import keyset
from storage.cast import ACME, GLOBEX, T0, about, call

ROOM = ConferenceId("c0" * 16)
PARENT = CallId("f0" * 16)
HOUR = 3_600_000
ALL = CallQuery(frozenset({ACME}))
BOTH = CallQuery(frozenset({ACME, GLOBEX}))


def calls() -> list[CallLeg]:
    dice, made = random.Random(3), []
    for number in range(60):
        created = T0 + dice.randrange(8) * HOUR
        status = dice.choice(list(CallStatus))
        answered = created + 5000 if status in (CallStatus.IN_PROGRESS, CallStatus.COMPLETED) else None
        made.append(
            call(
                number,
                id=CallId(f"{dice.getrandbits(128):032x}"),
                account_id=GLOBEX if number % 4 == 3 else ACME,
                parent_id=PARENT if number % 5 == 0 else None,
                conference_id=ROOM if number % 3 == 0 else None,
                from_address=f"+1555010{number % 7}",
                to_address=dice.choice(("+15550199", "sip:bob@acme.example", "client:bob", "%", "[b]*")),
                status=status,
                created_at_ms=created,
                updated_at_ms=created,
                answered_at_ms=answered,
                ended_at_ms=created + HOUR if status.is_final else None,
                hangup_cause=dice.choice(list(HangupCause)) if status.is_final else None,
                placed_at_ms=created + number * 50_000 if number % 2 else None,
            )
        )
    return made


def ended(low: int, high: int) -> Callable[[CallLeg], bool]:
    return lambda c: c.ended_at_ms is not None and low <= c.ended_at_ms <= high


def started(c: CallLeg) -> int:
    return c.placed_at_ms or c.created_at_ms


QUERIES: list[tuple[CallQuery, Callable[[CallLeg], bool]]] = [
    (ALL, lambda c: True),
    (BOTH, lambda c: True),
    (CallQuery(frozenset()), lambda c: False),
    (ALL._replace(to="client:bob"), lambda c: c.to_address == "client:bob"),
    (BOTH._replace(to="client:bob"), lambda c: c.to_address == "client:bob"),
    (ALL._replace(to="%"), lambda c: c.to_address == "%"),
    (ALL._replace(to="Client:bob"), lambda c: False),
    (ALL._replace(from_="+15550103"), lambda c: c.from_address == "+15550103"),
    (
        ALL._replace(to="client:bob", from_="+15550103"),
        lambda c: (c.to_address, c.from_address) == ("client:bob", "+15550103"),
    ),
    (ALL._replace(to_like="%bob%"), lambda c: "bob" in c.to_address),
    (
        BOTH._replace(to_like="sip:%", from_like="%3"),
        lambda c: c.to_address[0] == "s" and c.from_address[-1] == "3",
    ),
    (ALL._replace(to_like="[b]*"), lambda c: c.to_address == "[b]*"),
    (ALL._replace(to_like="%%"), lambda c: True),
    (ALL._replace(to_like="_lient:bob"), lambda c: c.to_address == "client:bob"),
    (ALL._replace(to="client:bob", to_like="sip%"), lambda c: False),
    (ALL._replace(statuses=frozenset({CallStatus.BUSY})), lambda c: c.status is CallStatus.BUSY),
    (
        BOTH._replace(statuses=frozenset({CallStatus.QUEUED, CallStatus.COMPLETED})),
        lambda c: c.status in ("queued", "completed"),
    ),
    (ALL._replace(statuses=frozenset(CallStatus)), lambda c: True),
    (ALL._replace(statuses=frozenset()), lambda c: False),
    (
        ALL._replace(causes=frozenset({HangupCause.HANGUP, HangupCause.BUSY, HangupCause.SERVER_FULL})),
        lambda c: c.hangup_cause in ("hangup", "busy", "server-full"),
    ),
    (ALL._replace(causes=frozenset()), lambda c: False),
    (ALL._replace(parent_id=PARENT), lambda c: c.parent_id == PARENT),
    (BOTH._replace(conference_id=ROOM), lambda c: c.conference_id == ROOM),
    (
        ALL._replace(conference_id=ROOM, parent_id=PARENT, statuses=frozenset({CallStatus.COMPLETED})),
        lambda c: (c.conference_id, c.parent_id, c.status) == (ROOM, PARENT, "completed"),
    ),
    (ALL._replace(created_from_ms=T0 + 2 * HOUR), lambda c: c.created_at_ms >= T0 + 2 * HOUR),
    (
        BOTH._replace(created_from_ms=T0 + HOUR, created_until_ms=T0 + 3 * HOUR),
        lambda c: T0 + HOUR <= c.created_at_ms <= T0 + 3 * HOUR,
    ),
    (ALL._replace(created_from_ms=T0 + HOUR, created_until_ms=T0), lambda c: False),
    (ALL._replace(created_from_ms=-(10**20), created_until_ms=10**20), lambda c: True),
    (ALL._replace(started_from_ms=T0 + 3 * HOUR), lambda c: started(c) >= T0 + 3 * HOUR),
    (BOTH._replace(started_until_ms=T0 + 3 * HOUR + 1), lambda c: started(c) <= T0 + 3 * HOUR + 1),
    (
        ALL._replace(
            started_from_ms=T0 + HOUR, created_from_ms=T0 + 2 * HOUR, created_until_ms=T0 + 5 * HOUR
        ),
        lambda c: T0 + 2 * HOUR <= c.created_at_ms <= T0 + 5 * HOUR,
    ),
    (ALL._replace(started_from_ms=-(10**20), started_until_ms=10**20), lambda c: True),
    (
        ALL._replace(answered_until_ms=T0 + HOUR + 5000),
        lambda c: c.answered_at_ms is not None and c.answered_at_ms <= T0 + HOUR + 5000,
    ),
    (ALL._replace(answered_from_ms=-(10**20)), lambda c: c.answered_at_ms is not None),
    (ALL._replace(ended_from_ms=T0 + 3 * HOUR, ended_until_ms=10**20), ended(T0 + 3 * HOUR, 10**20)),
    (
        ALL._replace(statuses=frozenset({CallStatus.COMPLETED}), ended_until_ms=T0 + 4 * HOUR),
        lambda c: c.status == "completed" and ended(0, T0 + 4 * HOUR)(c),
    ),
]


@pytest.fixture
async def store(store: Store) -> Store:
    async with store.transaction() as tx:
        for leg in calls():
            await tx.put_call(leg)
    return store


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches pause every few rows, as they would in a long history."""
    monkeypatch.setattr(keyset, "PIECE_ROWS_MIN", 2)
    monkeypatch.setattr(keyset, "PIECE_ROWS_MAX", 5)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("number", range(len(QUERIES)))
async def test_every_filter_and_every_way_of_paging(store: Store, number: int, descending: bool) -> None:
    query, wanted = QUERIES[number]
    whole = [c for c in calls() if c.account_id in query.account_ids and wanted(c)]
    whole.sort(key=lambda c: (c.created_at_ms, c.id), reverse=descending)
    page = await store.read.calls(query, PageRequest(100, descending=descending, total_limit=1000))
    assert page.items == whole
    assert (page.has_more, page.has_previous, page.total) == (False, False, len(whole))

    for size, offset in product((1, 3), range(0, len(whole) + 2, 4)):
        skipped = await store.read.calls(query, PageRequest(size, offset=offset, descending=descending))
        assert skipped.items == whole[offset : offset + size]
        assert skipped.has_more == (offset + size < len(whole))
        assert skipped.has_previous == (offset > 0 and len(whole) > 0)

    for index, leg in enumerate(whole):
        cursor = Cursor(leg.created_at_ms, leg.id)
        after = await store.read.calls(query, PageRequest(3, after=cursor, descending=descending))
        assert after.items == whole[index + 1 : index + 4]
        assert (after.has_more, after.has_previous) == (index + 4 < len(whole), True)
        before = await store.read.calls(query, PageRequest(3, before=cursor, descending=descending))
        assert before.items == whole[max(0, index - 3) : index]
        assert (before.has_more, before.has_previous) == (True, index > 3)


def test_every_filter_is_asked_for_and_most_find_something() -> None:
    asked = {name for query, _ in QUERIES for name, value in query._asdict().items() if value is not None}
    assert asked == set(CallQuery._fields)
    found = [sum(c.account_id in q.account_ids and wanted(c) for c in calls()) for q, wanted in QUERIES]
    assert sum(0 < count < 45 for count in found) > len(QUERIES) / 2


async def test_a_total_stops_at_its_limit(store: Store) -> None:
    for query in (ALL, ALL._replace(to_like="%b%"), BOTH):
        assert (await store.read.calls(query, PageRequest(5, total_limit=7))).total == 7
        assert (await store.read.calls(query, PageRequest(5, total_limit=0))).total == 0
        assert (await store.read.calls(query, PageRequest(5))).total is None


async def test_one_way_of_paging_at_a_time(store: Store) -> None:
    cursor = Cursor(T0, "8" * 32)
    for query in (ALL, ALL._replace(statuses=frozenset())):
        with pytest.raises(ValueError, match="page"):
            await store.read.calls(query, PageRequest(5, after=cursor, offset=1))


@pytest.mark.parametrize("text", ["\ud800", "%\udc00%", "%" * 300 + "x", "a" * 60_000, "%" + "a" * 60_000])
async def test_texts_that_nobody_has_are_found_nowhere(store: Store, text: str) -> None:
    for field in ("to", "from_", "to_like", "from_like"):
        asked: dict[str, Any] = {field: text}
        page = await store.read.calls(ALL._replace(**asked), PageRequest(5, total_limit=5))
        assert page == ([], False, False, 0)


async def test_a_list_follows_its_calls_through_their_lives(store: Store) -> None:
    ringing = ALL._replace(to="new", statuses=frozenset({CallStatus.RINGING}))
    busy = ALL._replace(statuses=frozenset({CallStatus.RINGING}), created_from_ms=T0 + 100 * HOUR)
    leg = call(900, to_address="new", status=CallStatus.RINGING, created_at_ms=T0 + 100 * HOUR)
    page = PageRequest(5, total_limit=5)
    async with store.transaction() as tx:
        await tx.put_call(leg)
        for query in (ringing, busy):
            assert await tx.calls(query, page) == ([leg], False, False, 1)
        await tx.put_call(leg._replace(status=CallStatus.COMPLETED))
        for query in (ringing, busy):
            assert await tx.calls(query, page) == ([], False, False, 0)


async def test_a_deleted_call_is_gone_and_its_events_stay(store: Store) -> None:
    leg = call(901, to_address="gone")
    async with store.transaction() as tx:
        await tx.put_call(leg)
        await tx.append([about(leg)])
    async with store.transaction() as tx:
        await tx.delete_call(leg.id)
        await tx.delete_call(CallId("0" * 32))
    assert await store.read.call(leg.id) is None
    assert (await store.read.calls(ALL._replace(to="gone"), PageRequest(5))).items == []
    assert [entry.event.call_id for entry in await store.read.events(0, 10)] == [leg.id]


async def test_an_event_is_read_by_its_number(store: Store) -> None:
    leg = call(902)
    async with store.transaction() as tx:
        await tx.append([about(leg, n=1), about(leg, n=2)])
        assert await tx.event(2) == (2, None, about(leg, n=2))
        assert await store.read.event(2) is None
    assert await store.read.event(1) == (1, None, about(leg, n=1))
    for number in (0, 3, -1):
        assert await store.read.event(number) is None
