"""Long lists: the tallies agree with the rows, and every page with the twin that looks at everything.

The thresholds are set low, so that a few hundred rows make the deep trees that a million would.
"""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.domain.conference import Conference, ConferenceState, Phase
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.storage import SqliteStore, open_store
from hubbub.storage.memory import MemoryStore
from hubbub.storage.repositories import conference_list, name_search, stretches, tallies
from storage.cast import ACME, GLOBEX, T0, Dice, conference

ROWS = 700
SPAN_MS = 40 * 86_400_000


class Twins:
    """A database and its twin, written alike."""

    def __init__(self, database: SqliteStore) -> None:
        self.database = database
        self.memory = MemoryStore()

    async def put(self, rooms: list[Conference]) -> None:
        for store in (self.database, self.memory):
            async with store.transaction() as tx:
                for room in rooms:
                    await tx.put_conference(room)

    async def assert_alike(self, query: ConferenceQuery, page: PageRequest) -> None:
        expected = await self.memory.read.conferences(query, page)
        assert await self.database.read.conferences(query, page) == expected, (query, page)


def history(dice: random.Random) -> list[Conference]:
    """Rooms in bursts and lulls over forty days, some at one moment; most are over, a few names are busy."""
    made, at = [], T0
    for number in range(ROWS):
        at += dice.choice((0, 0, 1, 50, 3000, 60_000, SPAN_MS // 200))
        live = dice.random() < 0.1
        state = ConferenceState.COMPLETED
        if live:
            state = dice.choice((ConferenceState.INIT, ConferenceState.IN_PROGRESS))
        made.append(
            conference(
                number,
                account_id=GLOBEX if number % 10 == 9 else ACME,
                name=f"room-{number}" if live or number % 2 else f"daily-{dice.randrange(6)}",
                state=state,
                moderator_present=dice.random() < 0.5,
                created_at_ms=at,
                updated_at_ms=at + dice.choice((0, 1000, 3_600_000, SPAN_MS // 10)),
            )
        )
    return made


def queries(dice: random.Random, rooms: list[Conference]) -> ConferenceQuery:
    def moment() -> int:
        return dice.choice(rooms).created_at_ms + dice.choice((-1, 0, 1, 3_600_000))

    query = ConferenceQuery(dice.choice((ACME, ACME, ACME, GLOBEX)))
    if dice.random() < 0.4:
        query = query._replace(phases=frozenset(dice.sample(list(Phase), dice.randint(1, 4))))
    if dice.random() < 0.3:
        query = query._replace(name=dice.choice(("daily-1", "daily-2", "room-3", "nobody")))
    elif dice.random() < 0.4:
        query = query._replace(
            name_like=dice.choice(("daily-%", "%-1%", "r%7", "room-5__", "%y-_", "_%", "x%"))
        )
    for bound in ("created_from_ms", "created_until_ms", "updated_from_ms", "updated_until_ms"):
        if dice.random() < 0.25:
            query = query._replace(**{bound: moment()})
    return query


def pages(dice: random.Random, rooms: list[Conference]) -> PageRequest:
    page = PageRequest(dice.choice((1, 3, 20)), descending=dice.random() < 0.5)
    kind = dice.randrange(5)
    if kind == 0:
        page = page._replace(offset=dice.randrange(ROWS))
    elif kind in (1, 2):
        room = dice.choice(rooms)
        cursor = Cursor(room.created_at_ms, room.id)
        page = page._replace(after=cursor) if kind == 1 else page._replace(before=cursor)
    if dice.random() < 0.5:
        page = page._replace(total_limit=dice.choice((5, 100, 10_000)))
    return page


@pytest.fixture(autouse=True)
def low_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "SPLIT_AT", 6)
    monkeypatch.setattr(tallies, "LOOK_EVERY", 1)
    monkeypatch.setattr(stretches, "LOOK_AT", 3)
    monkeypatch.setattr(stretches, "PARTS_AT_ONCE", 3)
    monkeypatch.setattr(stretches, "LOOK_AT_WITH_PATTERN", 12)
    monkeypatch.setattr(conference_list, "SKIP_DIRECTLY", 2)
    monkeypatch.setattr(name_search, "MATCHES_MAX", 60)
    monkeypatch.setattr(name_search, "PIECE_ROWS", 7)


@pytest.fixture
async def twins(tmp_path: Path) -> AsyncIterator[Twins]:
    made = Twins(open_store(tmp_path, entropy=Dice()))
    yield made
    await made.database.aclose()


def recounted(store: SqliteStore) -> int:
    """Compare every node with the rows; how many there are."""
    raw = store._raw[0]
    nodes = raw.execute("SELECT * FROM conference_tallies").fetchall()
    for scope, level, bucket, split, *counts, completed_min, live_min, updated_max, _ in nodes:
        account, _, name = scope.partition(" ")
        rows = raw.execute(
            "SELECT phase, updated_at_ms FROM conferences WHERE account_id = ? AND (? = '' OR name = ?)"
            " AND place >> ? = ?",
            (account, name, name, tallies.SHIFTS[level], bucket),
        ).fetchall()
        assert counts == [sum(phase == p for phase, _ in rows) for p in range(5)]
        assert all(updated <= updated_max for _, updated in rows)
        assert all(updated >= (completed_min if phase == 4 else live_min) for phase, updated in rows)
        if split:
            shift = tallies.SHIFTS[level] - tallies.SHIFTS[level + 1]
            (below,) = raw.execute(
                "SELECT sum(n0 + n1 + n2 + n3 + n4) FROM conference_tallies"
                " WHERE scope = ? AND level = ? AND bucket >> ? = ?",
                (scope, level + 1, shift, bucket),
            ).fetchone()
            assert below == len(rows)
        else:
            assert len(rows) < tallies.SPLIT_AT or level + 1 == len(tallies.SHIFTS)
    return len(nodes)


@pytest.mark.parametrize("seed", range(4))
async def test_every_page_of_a_long_list_is_as_the_twin_says(twins: Twins, seed: int) -> None:
    dice = random.Random(seed)
    rooms = history(dice)
    shuffled = rooms[:]
    if seed % 2:
        dice.shuffle(shuffled)
    size = (1, 7, 100, ROWS)[seed]
    for start in range(0, ROWS, size):
        await twins.put(shuffled[start : start + size])
    assert recounted(twins.database) > 200
    for _ in range(300):
        await twins.assert_alike(queries(dice, rooms), pages(dice, rooms))


async def test_tallies_follow_rooms_through_their_lives(twins: Twins) -> None:
    dice = random.Random(5)
    rooms: list[Conference] = []
    for number in range(300):
        at = T0 + 1000 * number
        room = conference(
            number,
            name=f"daily-{number % 3}" if number % 2 else f"room-{number}",
            state=ConferenceState.INIT,
            moderator_present=False,
            created_at_ms=at,
            updated_at_ms=at,
        )
        await twins.put([room])
        started = room._replace(
            state=ConferenceState.IN_PROGRESS, moderator_present=True, updated_at_ms=at + 100
        )
        if number % 5:
            await twins.put([started])
        ended = started._replace(state=ConferenceState.COMPLETED, updated_at_ms=at + dice.randrange(100_000))
        # The name must be free for the next, so the busy ones always end.
        if number % 2 or number % 7:
            await twins.put([ended])
            room = ended
        rooms.append(room)
    recounted(twins.database)
    for _ in range(150):
        await twins.assert_alike(queries(dice, rooms), pages(dice, rooms))


async def test_a_corrected_import_moves_its_row(twins: Twins) -> None:
    dice = random.Random(6)
    rooms = history(dice)
    await twins.put(rooms)
    moved = [
        room._replace(
            name="daily-1",
            account_id=ACME,
            created_at_ms=room.created_at_ms + 86_400_000,
            updated_at_ms=room.updated_at_ms + 86_400_000,
            state=ConferenceState.COMPLETED,
        )
        for room in rooms[::3]
    ]
    await twins.put(moved)
    recounted(twins.database)
    for _ in range(150):
        await twins.assert_alike(queries(dice, rooms), pages(dice, rooms))


async def test_a_list_inside_a_transaction_counts_what_it_wrote(twins: Twins) -> None:
    rooms = history(random.Random(8))
    for store in (twins.database, twins.memory):
        async with store.transaction() as tx:
            for room in rooms[:400]:
                await tx.put_conference(room)
            counted = PageRequest(5, offset=100, total_limit=10_000)
            first = await tx.conferences(ConferenceQuery(ACME), counted)
            await tx.put_conference(rooms[400])
            second = await tx.conferences(ConferenceQuery(ACME), counted)
            assert first.total is not None
            assert second.total == first.total + 1


async def test_a_remembered_search_forgets_when_a_room_changes(twins: Twins) -> None:
    await twins.put(history(random.Random(9)))
    query = ConferenceQuery(ACME, name_like="room-3_")
    page = PageRequest(50, total_limit=100)
    await twins.assert_alike(query, page)
    await twins.put([conference(9000, name="room-3x")])
    await twins.assert_alike(query, page)
    await twins.put([conference(9000, name="board")])
    await twins.assert_alike(query, page)


async def test_a_change_that_is_undone_is_not_counted(twins: Twins) -> None:
    await twins.put(history(random.Random(10)))
    before = recounted(twins.database)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what raises
        async with twins.database.transaction() as tx:
            for number in range(1000, 1100):
                await tx.put_conference(conference(number))
            await tx.conferences(ConferenceQuery(ACME), PageRequest(5))
            raise ZeroDivisionError
    assert recounted(twins.database) == before
