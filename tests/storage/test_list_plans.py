"""How lists are answered: by which index, and in how many steps.

SQLite counts its own work in virtual machine steps, which no busy machine disturbs. A page out of 40,000
conferences may take a little more of them than one out of 4,000, never in proportion.
"""

import asyncio
import random
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.domain.conference import Conference, ConferenceState, Phase
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.storage import SqliteStore, open_store
from hubbub.storage.engines import sqlite
from hubbub.storage.migrate import migrate
from storage.cast import ACME, T0, Dice, conference
from storage.steps import counted

FEW, MANY = 4000, 40_000
APART_MS = 30_000
DAY_MS = 86_400_000
RUNNING = frozenset({Phase.STARTED_ABSENT, Phase.STARTED_PRESENT})
ALL = ConferenceQuery(ACME)
READS = (
    r"conferences_(of|by)|live|members|present|tall|events|_member|stay"
    r"|calls|recordings|deliver|subscri|follow|queue|some_|ready|first_open|answer|registrations"
)
SCANS = r"SCAN (?!\(subquery|way|matching|json_each|known|\d+ CONSTANT|CONSTANT)"
"""Going through what is no table is fine: a parameter, a few constants, rows that were counted."""
NEWEST = PageRequest(50, descending=True)
COUNTED = PageRequest(50, total_limit=10_000)


def room(number: int, dice: random.Random) -> Conference:
    live = number % 20 == 7
    created = T0 + APART_MS * number
    return conference(
        number,
        name=f"daily-{number % 30}" if number % 3 == 0 and not live else f"room-{number}",
        state=ConferenceState.IN_PROGRESS if live else ConferenceState.COMPLETED,
        created_at_ms=created,
        updated_at_ms=created + dice.randrange(3_600_000),
    )


async def filled(directory: Path, rows: int) -> SqliteStore:
    store = open_store(directory, entropy=Dice())
    dice = random.Random(rows)
    async with store.transaction() as tx:
        for number in range(rows):
            await tx.put_conference(room(number, dice))
    return store


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqliteStore, SqliteStore]]:
    few = asyncio.run(filled(tmp_path_factory.mktemp("few"), FEW))
    many = asyncio.run(filled(tmp_path_factory.mktemp("many"), MANY))
    yield few, many
    asyncio.run(few.aclose())
    asyncio.run(many.aclose())


async def steps(store: SqliteStore, query: ConferenceQuery, page: PageRequest) -> tuple[int, int]:
    """Virtual machine steps of one page, in tens, and how many rows it answered."""
    count, answer = await counted(store._raw[0], store.read.conferences(query, page))
    return count, len(answer.items)


def lists(rows: int) -> dict[str, tuple[ConferenceQuery, PageRequest]]:
    middle = T0 + APART_MS * rows // 2
    midnight = middle // DAY_MS * DAY_MS
    return {
        "newest": (ALL, NEWEST),
        "after a token": (ALL, NEWEST._replace(after=Cursor(middle, "8" * 32))),
        "before a token": (ALL, NEWEST._replace(before=Cursor(middle, "8" * 32))),
        "running": (ALL._replace(phases=RUNNING), NEWEST),
        "not over": (ALL._replace(phases=frozenset(Phase) - {Phase.COMPLETED}), NEWEST),
        "one name": (ALL._replace(name="daily-3"), NEWEST),
        "one name, running": (ALL._replace(name="daily-3", phases=RUNNING), NEWEST),
        "created since": (ALL._replace(created_from_ms=middle), PageRequest(50)),
        "updated until": (ALL._replace(updated_until_ms=midnight), NEWEST),
        "updated since": (ALL._replace(updated_from_ms=midnight), PageRequest(50)),
        "updated on a day": (
            ALL._replace(updated_from_ms=midnight, updated_until_ms=midnight + DAY_MS),
            NEWEST,
        ),
        "total": (ALL, COUNTED),
        "total of running": (ALL._replace(phases=RUNNING), COUNTED),
        "total of one name": (ALL._replace(name="daily-3"), COUNTED),
        "total created since": (ALL._replace(created_from_ms=middle), COUNTED),
        "total updated until": (ALL._replace(updated_until_ms=midnight), COUNTED),
        "deep": (ALL, COUNTED._replace(offset=min(9950, rows - 50))),
        "deep and running": (ALL._replace(phases=RUNNING), COUNTED._replace(offset=min(9950, rows // 50))),
        "deep, created since": (ALL._replace(created_from_ms=T0 + DAY_MS), COUNTED._replace(offset=1000)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", list(lists(FEW)))
async def test_ten_times_the_rows_take_hardly_more_steps(
    stores: tuple[SqliteStore, SqliteStore], name: str
) -> None:
    few, many = stores
    steps_few, rows_few = await steps(few, *lists(FEW)[name])
    steps_many, rows_many = await steps(many, *lists(MANY)[name])
    assert rows_many == rows_few
    assert steps_many < 2 * steps_few + 150
    # In numbers: under 10,000 steps, whatever is asked; walking the list would take hundreds of thousands.
    assert steps_many < 1000


@pytest.mark.slow
async def test_a_search_through_names_is_made_once(stores: tuple[SqliteStore, SqliteStore]) -> None:
    _, many = stores
    query = ALL._replace(name_like="%-77_")
    first, _ = await steps(many, query, COUNTED)
    second, rows = await steps(many, query, COUNTED._replace(descending=True))
    assert rows > 0
    assert second < 200 < first


def test_no_list_scans_or_sorts() -> None:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    migrate(raw)
    checked = 0
    for name, sql in sqlite.load_statements().items():
        if not re.search(READS, name):
            continue
        if name.startswith("fill_tallies") or name == "list_tally_roots":
            continue  # groups one node's rows, a few hundred; reads a partial index whole
        plan = raw.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
        for *_, step in plan:
            assert "TEMP B-TREE" not in step, name
            assert not re.match(SCANS, step), (name, step)
        checked += 1
    raw.close()
    assert checked > 90


def test_lists_walk_the_index_they_are_meant_for() -> None:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    migrate(raw)
    statements = sqlite.load_statements()

    def plan(name: str) -> str:
        sql = statements[name]
        rows = raw.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
        return " / ".join(row[3] for row in rows)

    place = "SEARCH conferences USING {} (account_id=?{} AND (place,id)>(?,?) AND (place,id)<(?,?))"
    assert plan("list_conferences_of_account") == place.format("INDEX conferences_by_place", "")
    assert plan("list_conferences_of_account_descending") == place.format("INDEX conferences_by_place", "")
    assert plan("count_conferences_of_account").endswith(
        place.format("COVERING INDEX conferences_by_place", "") + " / SCAN matching"
    )
    assert place.format("INDEX conferences_by_phase", " AND phase=?") in plan("list_conferences_of_phase_2")
    assert "MERGE (UNION ALL)" in plan("list_conferences_of_phase_2_descending")
    assert plan("list_conferences_of_name") == place.format("INDEX conferences_by_name", " AND name=?")
    assert "COVERING INDEX conferences_by_name" in plan("find_conferences_by_name")
    raw.close()
