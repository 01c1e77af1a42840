"""Lists of conferences: every filter, every way of paging, the same answer from every store."""

import random
from itertools import product

import pytest

from hubbub.domain.conference import Conference, ConferenceState, EndReason, Phase
from hubbub.domain.ids import ConferenceId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.services.ports import Store
from storage.cast import ACME, GLOBEX, T0, conference, live

ALL = ConferenceQuery(ACME)
HOUR = 3_600_000


def rooms() -> list[Conference]:
    """Sixty rooms over a few hours, some at the same moment, in all phases, some under one name."""
    dice = random.Random(7)
    made = []
    for number in range(60):
        created = T0 + dice.randrange(8) * HOUR // 2
        state = (ConferenceState.COMPLETED, ConferenceState.INIT, ConferenceState.IN_PROGRESS)[number % 3]
        name = f"{'daily' if number % 2 else 'Board'}-{number % 5 if number % 3 == 0 else number}"
        made.append(
            conference(
                number,
                name=name,
                state=state,
                moderator_present=number % 4 < 2,
                created_at_ms=created,
                updated_at_ms=created + dice.randrange(3) * HOUR,
            )
        )
    return made


@pytest.fixture
async def store(store: Store) -> Store:
    async with store.transaction() as tx:
        for room in rooms():
            await tx.put_conference(room)
        await tx.put_conference(live(99, account_id=GLOBEX))
    return store


QUERIES = [
    ALL,
    ALL._replace(phases=frozenset({Phase.COMPLETED})),
    ALL._replace(phases=frozenset({Phase.STARTED_ABSENT, Phase.STARTED_PRESENT})),
    ALL._replace(phases=frozenset(Phase) - {Phase.COMPLETED}),
    ALL._replace(phases=frozenset(Phase)),
    ALL._replace(phases=frozenset()),
    ALL._replace(name="daily-1"),
    ALL._replace(name="DAILY-1"),
    ALL._replace(name="Board-0", phases=frozenset({Phase.COMPLETED})),
    ALL._replace(name="Board-0", phases=frozenset({Phase.INIT_ABSENT, Phase.INIT_PRESENT})),
    ALL._replace(name_like="daily%"),
    ALL._replace(name_like="%-1_"),
    ALL._replace(name_like="%"),
    ALL._replace(name_like="daily-1"),
    ALL._replace(name_like="[bB]oard%"),
    ALL._replace(name_like="%ai%", phases=frozenset({Phase.COMPLETED, Phase.INIT_ABSENT})),
    ALL._replace(name_like="d%", name="daily-3"),
    ALL._replace(name_like="x%", name="daily-3"),
    ALL._replace(created_from_ms=T0 + HOUR),
    ALL._replace(created_until_ms=T0 + HOUR),
    ALL._replace(created_from_ms=T0 + HOUR, created_until_ms=T0 + 2 * HOUR),
    ALL._replace(created_from_ms=T0 + HOUR, created_until_ms=T0),
    ALL._replace(updated_from_ms=T0 + 2 * HOUR),
    ALL._replace(updated_until_ms=T0 + 2 * HOUR),
    ALL._replace(updated_from_ms=T0 + HOUR, updated_until_ms=T0 + 3 * HOUR, created_from_ms=T0 + HOUR),
    ALL._replace(updated_until_ms=T0 + 2 * HOUR, phases=frozenset({Phase.COMPLETED, Phase.STARTED_PRESENT})),
    ALL._replace(name="daily-1", updated_from_ms=T0 + 2 * HOUR),
    ALL._replace(name_like="daily%", updated_from_ms=T0 + 2 * HOUR, created_until_ms=T0 + HOUR),
    ALL._replace(created_from_ms=-(10**20), created_until_ms=10**20),
    ALL._replace(updated_from_ms=-(10**20), updated_until_ms=10**20),
]


def expected(query: ConferenceQuery, descending: bool) -> list[Conference]:
    """The filters as one would say them, word for word."""
    found = []
    for room in rooms():
        if query.phases is not None and room.phase not in query.phases:
            continue
        if query.name is not None and room.name != query.name:
            continue
        like = query.name_like
        if like == "daily%" and not room.name.startswith("daily"):
            continue
        if like == "%-1_" and not (len(room.name) > 2 and room.name[-3:-1] == "-1"):
            continue
        if like == "daily-1" and room.name != "daily-1":
            continue
        if like == "[bB]oard%":
            continue
        if like == "%ai%" and "ai" not in room.name:
            continue
        if like == "x%":
            continue
        if query.created_from_ms is not None and room.created_at_ms < query.created_from_ms:
            continue
        if query.created_until_ms is not None and room.created_at_ms > query.created_until_ms:
            continue
        if query.updated_from_ms is not None and room.updated_at_ms < query.updated_from_ms:
            continue
        if query.updated_until_ms is not None and room.updated_at_ms > query.updated_until_ms:
            continue
        found.append(room)
    return sorted(found, key=lambda room: (room.created_at_ms, room.id), reverse=descending)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("query", QUERIES)
async def test_every_filter_and_every_way_of_paging(
    store: Store, query: ConferenceQuery, descending: bool
) -> None:
    whole = expected(query, descending)
    page = await store.read.conferences(query, PageRequest(100, descending=descending, total_limit=1000))
    assert page.items == whole
    assert (page.has_more, page.has_previous, page.total) == (False, False, len(whole))

    for size, offset in product((1, 3), range(0, len(whole) + 2, 3)):
        skipped = await store.read.conferences(query, PageRequest(size, offset=offset, descending=descending))
        assert skipped.items == whole[offset : offset + size]
        assert skipped.has_more == (offset + size < len(whole))
        assert skipped.has_previous == (offset > 0 and len(whole) > 0)

    for index, room in enumerate(whole):
        cursor = Cursor(room.created_at_ms, room.id)
        after = await store.read.conferences(query, PageRequest(3, after=cursor, descending=descending))
        assert after.items == whole[index + 1 : index + 4]
        assert (after.has_more, after.has_previous) == (index + 4 < len(whole), True)
        before = await store.read.conferences(query, PageRequest(3, before=cursor, descending=descending))
        assert before.items == whole[max(0, index - 3) : index]
        assert (before.has_more, before.has_previous) == (True, index > 3)


@pytest.mark.parametrize("descending", [False, True])
async def test_a_cursor_need_not_be_a_row_that_matches(store: Store, descending: bool) -> None:
    cursor = Cursor(T0 + 2 * HOUR, "8" * 32)
    query = ALL._replace(phases=frozenset({Phase.COMPLETED}))
    whole = expected(query, descending)
    place = (cursor.created_at_ms, cursor.id)
    behind = [r for r in whole if ((r.created_at_ms, r.id) > place) is not descending]
    page = await store.read.conferences(query, PageRequest(100, after=cursor, descending=descending))
    assert page.items == behind
    assert page.has_previous == (len(behind) < len(whole))
    page = await store.read.conferences(query, PageRequest(100, before=cursor, descending=descending))
    assert page.items == whole[: len(whole) - len(behind)]
    assert page.has_more == bool(behind)


async def test_a_total_stops_at_its_limit(store: Store) -> None:
    page = await store.read.conferences(ALL, PageRequest(5, total_limit=17))
    assert page.total == 17
    page = await store.read.conferences(ALL._replace(name_like="daily%"), PageRequest(5, total_limit=7))
    assert page.total == 7
    assert (await store.read.conferences(ALL, PageRequest(5))).total is None


async def test_a_page_of_nothing_still_knows_whether_there_is_something(store: Store) -> None:
    page = await store.read.conferences(ALL, PageRequest(0, total_limit=100))
    assert (page.items, page.has_more, page.total) == ([], True, 60)


async def test_one_way_of_paging_at_a_time(store: Store) -> None:
    cursor = Cursor(T0, "8" * 32)
    for wrong in (
        PageRequest(5, after=cursor, before=cursor),
        PageRequest(5, after=cursor, offset=1),
        PageRequest(-1),
    ):
        with pytest.raises(ValueError, match="page"):
            await store.read.conferences(ALL, wrong)


async def test_a_conference_comes_back_as_it_was_put(store: Store) -> None:
    room = conference(
        500,
        completed_at_ms=T0 + 5,
        reason_ended=EndReason.END_ON_EXIT_KICKED,
        call_ending="c" * 32,
        tag="tag",
        event_url="https://acme.example/events",
        event_method="GET",
        region="us1",
        site="",
        node="n1",
    )
    async with store.transaction() as tx:
        await tx.put_conference(room._replace(state=ConferenceState.INIT, moderator_present=False))
        await tx.put_conference(room)
    assert await store.read.conference(room.id) == room
    page = await store.read.conferences(ALL._replace(name="room-500"), PageRequest(5))
    assert page.items == [room]


async def test_ids_that_begin_alike_at_one_moment_keep_their_order(store: Store) -> None:
    ids = [ConferenceId(f"{'abcd' * 7}{n:04x}") for n in (3, 1, 2)]
    async with store.transaction() as tx:
        for own_id in ids:
            await tx.put_conference(conference(0, id=own_id, created_at_ms=T0 - 5, name="alike"))
    page = await store.read.conferences(ALL._replace(name="alike"), PageRequest(2))
    assert [room.id for room in page.items] == sorted(ids)[:2]
    cursor = Cursor(T0 - 5, sorted(ids)[0])
    page = await store.read.conferences(ALL, PageRequest(2, after=cursor))
    assert [room.id for room in page.items] == sorted(ids)[1:]
