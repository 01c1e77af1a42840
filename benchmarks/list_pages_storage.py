"""What a page of conferences costs the store, out of 1,000 and out of 1,000,000.

    python benchmarks/list_pages_storage.py [--rows 1000000] [--data DIR] [--json FILE]

Fills two stores by the importer's way (put_conference in batches), asks both for the same pages in turns,
and prints CPU per page (the fastest of several rounds, so that neighbours on the machine do not count) and
the ratio. Pages are 50 rows. With --data the stores are kept and used again.
"""

import argparse
import asyncio
import json
import platform
import random
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.conference import Conference, ConferenceState, Phase
from hubbub.domain.ids import AccountId, ConferenceId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.entropy import SystemEntropy
from hubbub.services.ports import Store
from hubbub.storage import open_store

ACME = AccountId("ac" * 16)
FIRST_MS = 1_700_000_000_000
APART_MS = 31_000
DAY_MS = 86_400_000
BATCH = 2000
ROUNDS = 15
REPEATS = 20
ROUND_NS_MAX = 50_000_000


class Case(NamedTuple):
    label: str
    query: ConferenceQuery
    page: PageRequest


def conference(number: int, dice: random.Random) -> Conference:
    """A room every half minute, lasting up to an hour; one in eight is still live; a third share five names."""
    created = FIRST_MS + APART_MS * number + dice.randrange(APART_MS)
    is_live = number % 8 == 7
    state = ConferenceState.IN_PROGRESS if is_live else ConferenceState.COMPLETED
    if is_live and number % 16 == 7:
        state = ConferenceState.INIT
    updated = created + dice.randrange(3_600_000)
    return Conference(
        id=ConferenceId(f"{dice.getrandbits(128):032x}"),
        account_id=ACME,
        name=f"daily-{number % 15}" if number % 3 == 0 and not is_live else f"room-{number}",
        state=state,
        moderator_present=state is not ConferenceState.INIT,
        created_at_ms=created,
        updated_at_ms=updated,
        completed_at_ms=None if is_live else updated,
        event_url="https://acme.example/events",
        event_method="POST",
    )


async def fill(store: Store, rows: int) -> None:
    """Write `rows` conferences, unless they are there."""
    if await store.read.account(ACME) is not None:
        return
    dice = random.Random(rows)
    for start in range(0, rows, BATCH):
        async with store.transaction() as tx:
            for number in range(start, min(start + BATCH, rows)):
                await tx.put_conference(conference(number, dice))
    async with store.transaction() as tx:
        await tx.put_account(
            Account(ACME, None, "Acme", None, AccountStatus.ACTIVE, "Administrator", "1", 0, 0)
        )


def cases(rows: int) -> list[Case]:
    """The lists that three dialects ask for, placed in the middle of what there is."""
    everything = ConferenceQuery(ACME)
    # The same spots in both stores: some way from the newest and from the oldest row.
    middle = FIRST_MS + APART_MS * rows // 2
    midnight = middle // DAY_MS * DAY_MS
    late = (FIRST_MS + APART_MS * rows * 9 // 10) // DAY_MS * DAY_MS
    running = frozenset({Phase.STARTED_ABSENT, Phase.STARTED_PRESENT})
    newest = PageRequest(50, descending=True)
    oldest = PageRequest(50)
    counted = PageRequest(50, total_limit=10_000)
    deep = PageRequest(50, offset=min(9_950, rows - 100), total_limit=10_000)
    return [
        Case("newest", everything, newest),
        Case("after a token", everything, newest._replace(after=Cursor(middle, "8" * 32))),
        Case("before a token", everything, newest._replace(before=Cursor(middle, "8" * 32))),
        Case("in progress", everything._replace(phases=running), newest),
        Case("completed", everything._replace(phases=frozenset({Phase.COMPLETED})), newest),
        Case("live", everything._replace(phases=frozenset(Phase) - {Phase.COMPLETED}), newest),
        Case("name of many", everything._replace(name="daily-3"), oldest),
        Case("name of one", everything._replace(name="room-500"), newest),
        Case("name and status", everything._replace(name="daily-3", phases=running), newest),
        Case(
            "created on a day",
            everything._replace(created_from_ms=midnight, created_until_ms=midnight + DAY_MS),
            newest,
        ),
        Case("created since", everything._replace(created_from_ms=middle), oldest),
        Case("updated until", everything._replace(updated_until_ms=midnight), newest),
        Case("updated since", everything._replace(updated_from_ms=late), newest),
        Case(
            "updated on a day",
            everything._replace(updated_from_ms=midnight, updated_until_ms=midnight + DAY_MS),
            newest,
        ),
        Case("running, updated since", everything._replace(phases=running, updated_from_ms=late), newest),
        Case("total", everything, counted),
        Case("total, completed", everything._replace(phases=frozenset({Phase.COMPLETED})), counted),
        Case("total, in progress", everything._replace(phases=running), counted),
        Case("total, name", everything._replace(name="daily-3"), counted),
        Case("total, created since", everything._replace(created_from_ms=middle), counted),
        Case("total, updated until", everything._replace(updated_until_ms=midnight), counted),
        Case("deep", everything, deep),
        Case(
            "deep, in progress",
            everything._replace(phases=running),
            deep._replace(offset=min(9950, rows // 100)),
        ),
        Case(
            "deep, created since",
            everything._replace(created_from_ms=FIRST_MS + DAY_MS // 10),
            deep._replace(offset=min(9950, rows // 2)),
        ),
        Case(
            "deep, updated until",
            everything._replace(updated_until_ms=late),
            deep._replace(offset=min(9950, rows // 2)),
        ),
        Case("names like daily-1%", everything._replace(name_like="daily-1%"), counted),
        Case("names like room-50_", everything._replace(name_like="room-50_"), counted),
        Case("names like %ly-3", everything._replace(name_like="%ly-3"), newest),
    ]


async def cost_us(store: Store, case: Case) -> float:
    """CPU per page, microseconds."""
    ask = store.read.conferences
    start = time.process_time_ns()
    asked = spent = 0
    while asked < REPEATS and spent < ROUND_NS_MAX:
        await ask(case.query, case.page)
        asked += 1
        spent = time.process_time_ns() - start
    return spent / asked / 1000


async def measure(directory: Path, rows: int) -> dict[str, object]:
    small = open_store(directory / "1000", entropy=SystemEntropy())
    large = open_store(directory / str(rows), entropy=SystemEntropy())
    try:
        await fill(small, 1000)
        await fill(large, rows)
        results = []
        for few, many in zip(cases(1000), cases(rows), strict=True):
            cost = {
                "small": min([await cost_us(small, few) for _ in range(ROUNDS)]),
                "large": min([await cost_us(large, many) for _ in range(ROUNDS)]),
            }
            found = await large.read.conferences(many.query, many.page)
            results.append(
                {
                    "case": few.label,
                    **cost,
                    "ratio": cost["large"] / cost["small"],
                    "rows": len(found.items),
                    "total": found.total,
                }
            )
    finally:
        await small.aclose()
        await large.aclose()
    return {
        "rows": rows,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cases": results,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        report = asyncio.run(measure(options.data or Path(scratch), options.rows))
    print(f"{'case':28} {'of 1,000':>10} {f'of {options.rows:,}':>13} {'ratio':>6} {'rows':>5} {'total':>6}")
    for case in report["cases"]:  # type: ignore[attr-defined]
        total = "-" if case["total"] is None else case["total"]
        print(
            f"{case['case']:28} {case['small']:8.0f} µs {case['large']:10.0f} µs {case['ratio']:6.2f} {case['rows']:5} {total:>6}"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
