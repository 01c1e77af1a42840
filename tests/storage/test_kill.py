"""`kill -9` at any moment: what was committed is there, the log has no gap, and state and log agree."""

import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.domain.conference import ConferenceState
from hubbub.domain.delivery import DeliveryState
from hubbub.domain.events import EventKind
from hubbub.domain.ids import ConferenceId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import ConferenceQuery, DeliveryQuery
from hubbub.storage import open_store
from storage.cast import ACME, T0, Dice, call

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


SENDER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from hubbub.domain.delivery import DeliveryState
from hubbub.storage import open_store
from storage.cast import T0, Dice, about, call, subscription

async def main() -> None:
    store = open_store(Path(sys.argv[1]), entropy=Dice(), serving=True)
    async with store.transaction() as tx:
        for number in range(8):
            await tx.put_subscription(subscription(number, call(number).id))
    turn = 0
    while True:
        turn += 1
        async with store.transaction() as tx:
            await tx.append([about(call((turn + n) % 8)) for n in range(3)])
        async with store.transaction() as tx:
            taken = await tx.lease_deliveries(T0, T0 + 1000, 5)
        for each in taken[turn % 2 :]:
            async with store.transaction() as tx:
                await tx.put_delivery(each._replace(state=DeliveryState.DELIVERED, leased_until_ms=None))
        print(turn, flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("turns", [2, 150])
async def test_a_killed_sender_loses_no_delivery_and_no_order(tmp_path: Path, turns: int) -> None:
    tests = str(Path(__file__).parents[1])
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs
        [sys.executable, "-c", SENDER, str(tmp_path), tests], stdout=subprocess.PIPE, text=True
    ) as sender:
        assert sender.stdout is not None
        while int(sender.stdout.readline()) < turns:
            pass
        sender.kill()

    store = open_store(tmp_path, entropy=Dice(2), serving=True)
    log = await store.read.events(0, 1_000_000)
    for number in range(8):
        made = (
            await store.read.deliveries(DeliveryQuery(stream=call(number).id), PageRequest(100_000))
        ).items
        made.sort(key=lambda each: each.event_number)
        assert [d.event_number for d in made] == [e.number for e in log if e.event.call_id == call(number).id]
        assert [each.sequence for each in made] == list(range(len(made)))
        states = [each.state for each in made]
        over = states.count(DeliveryState.DELIVERED)
        assert set(states[:over]) <= {DeliveryState.DELIVERED}
        assert set(states[over + 1 :]) <= {DeliveryState.DUE}
    open_ = frozenset({DeliveryState.DUE, DeliveryState.SENDING})
    left = (await store.read.deliveries(DeliveryQuery(states=open_), PageRequest(100_000))).items
    assert left
    went: dict[str, list[int]] = {}
    async with store.transaction() as tx:
        while taken := await tx.lease_deliveries(T0 + 1000, T0 + 2000, 100):
            for each in taken:
                went.setdefault(each.stream, []).append(each.event_number)
                await tx.put_delivery(each._replace(state=DeliveryState.DELIVERED, leased_until_ms=None))
    assert all(numbers == sorted(numbers) for numbers in went.values())
    assert sum(map(len, went.values())) == len(left)
    await store.aclose()


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
