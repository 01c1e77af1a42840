"""`kill -9` at any moment: what was committed is there, the log has no gap, and state and log agree."""

import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.domain.conference import ConferenceState
from hubbub.domain.events import EventKind
from hubbub.domain.ids import ConferenceId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.storage import open_store
from storage.cast import ACME, Dice

WRITER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from hubbub.domain.conference import ConferenceState
from hubbub.domain.events import Event, EventKind
from hubbub.storage import open_store
from storage.cast import ACME, Dice, live

async def main() -> None:
    store = open_store(Path(sys.argv[1]), entropy=Dice(), serving=True, durability=sys.argv[3])
    number = 0
    while True:
        number += 1
        room = live(number, name="standup")
        async with store.transaction() as tx:
            await tx.put_conference(room)
            await tx.append([Event(EventKind.CONFERENCE_CREATED, number, ACME, room.id, None, {"name": "standup"})])
        async with store.transaction() as tx:
            await tx.put_conference(room._replace(state=ConferenceState.COMPLETED))
            await tx.append([Event(EventKind.CONFERENCE_ENDED, number, ACME, room.id, None, {})])
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("durability", "rooms"), [("normal", 3), ("normal", 700), ("full", 20)])
async def test_a_killed_writer_leaves_state_and_log_in_agreement(
    tmp_path: Path, durability: str, rooms: int
) -> None:
    tests = str(Path(__file__).parents[1])
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs
        [sys.executable, "-c", WRITER, str(tmp_path), tests, durability], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        reported = 0
        while reported < rooms:
            reported = int(writer.stdout.readline())
        writer.kill()
        # What it still got out before it died was committed too.
        reported = max([reported, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    assert writer.returncode == -9

    store = open_store(tmp_path, entropy=Dice(), serving=True)
    log = await store.read.events(0, 1_000_000)
    assert [entry.number for entry in log] == list(range(1, len(log) + 1))
    by_room: dict[ConferenceId | None, list[EventKind]] = {}
    for entry in log:
        kinds = by_room.setdefault(entry.event.conference_id, [])
        kinds.append(entry.event.kind)
        assert entry.conference_number == len(kinds)
    page = await store.read.conferences(ConferenceQuery(ACME), PageRequest(100_000, total_limit=100_000))
    assert page.total == len(page.items) == len(by_room) >= reported
    for room in page.items:
        ended = room.state is ConferenceState.COMPLETED
        expected = [EventKind.CONFERENCE_CREATED] + [EventKind.CONFERENCE_ENDED] * ended
        assert by_room[room.id] == expected
    assert sum(room.is_live for room in page.items) <= 1
    await store.aclose()
