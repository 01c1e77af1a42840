"""Changes happen together or not at all, one writer at a time, and the log has no gap."""

import asyncio
from collections.abc import Sequence

import pytest

from hubbub.domain.call import CallStatus
from hubbub.domain.conference import ConferenceState
from hubbub.domain.errors import NameTaken
from hubbub.domain.events import NumberedEvent
from hubbub.domain.ids import ConferenceId
from hubbub.services.ports import Store
from storage.cast import ACME, GLOBEX, T0, account, call, conference, event, live, participant


class Undo(Exception):
    pass


async def test_nothing_of_a_block_that_raises_stays(store: Store) -> None:
    with pytest.raises(Undo):  # noqa: PT012 - the block is what raises
        async with store.transaction() as tx:
            await tx.put_account(account())
            await tx.append([event()])
            raise Undo
    assert await store.read.accounts() == []
    assert await store.read.events(0, 10) == []


async def test_a_transaction_reads_its_own_writes_and_others_do_not(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.put_account(account())
        assert await tx.account(ACME) == account()
        assert await store.read.account(ACME) is None
    assert await store.read.account(ACME) == account()


async def test_event_numbers_have_no_gap_even_where_a_transaction_was_undone(store: Store) -> None:
    one, two = live(1), live(2)
    async with store.transaction() as tx:
        await tx.append([event(one), event(two), event()])
    with pytest.raises(Undo):  # noqa: PT012 - the block is what raises
        async with store.transaction() as tx:
            await tx.append([event(one), event(two)])
            raise Undo
    async with store.transaction() as tx:
        await tx.append([event(two)])
        await tx.append([event(one), event(two)])
    log = await store.read.events(0, 100)
    assert [entry.number for entry in log] == [1, 2, 3, 4, 5, 6]
    assert [entry.conference_number for entry in log] == [1, 1, None, 2, 2, 3]


async def test_the_log_is_read_from_any_number_on(store: Store) -> None:
    one, two = live(1), live(2)
    async with store.transaction() as tx:
        await tx.append([event(one, n=n) if n % 2 else event(two, n=n) for n in range(10)])
    assert [e.number for e in await store.read.events(4, 3)] == [5, 6, 7]
    mine = await store.read.events(3, 2, one.id)
    assert [(e.number, e.conference_number) for e in mine] == [(4, 2), (6, 3)]
    assert mine[0].event == event(one, n=3)
    assert await store.read.events(10, 5) == []


async def test_listeners_hear_what_was_committed_in_order_and_nothing_else(store: Store) -> None:
    heard: list[NumberedEvent] = []

    def listener(events: Sequence[NumberedEvent]) -> None:
        heard.extend(events)

    store.on_commit(listener)
    with pytest.raises(Undo):  # noqa: PT012 - the block is what raises
        async with store.transaction() as tx:
            await tx.append([event()])
            raise Undo
    async with store.transaction() as tx:
        await tx.append([event(), event()])
        assert heard == []
    assert heard == await store.read.events(0, 10)
    assert [entry.number for entry in heard] == [1, 2]


async def test_a_listener_that_fails_undoes_nothing(store: Store) -> None:
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))

    def listener(events: Sequence[NumberedEvent]) -> None:
        raise Undo

    store.on_commit(listener)
    async with store.transaction() as tx:
        await tx.append([event()])
    assert len(await store.read.events(0, 10)) == 1
    assert len(complaints) == 1


async def test_a_transaction_that_is_over_is_useless(store: Store) -> None:
    async with store.transaction() as tx:
        pass
    with pytest.raises(RuntimeError, match="over"):
        await tx.put_account(account())
    with pytest.raises(RuntimeError, match="over"):
        await tx.account(ACME)


async def test_a_task_cannot_wait_for_itself(store: Store) -> None:
    async with store.transaction():
        with pytest.raises(RuntimeError, match="already"):
            async with store.transaction():
                pass
    async with store.transaction() as tx:
        await tx.put_account(account())


async def test_a_cancelled_transaction_is_undone_and_lets_the_next_in(store: Store) -> None:
    entered = asyncio.Event()

    async def dawdle() -> None:
        async with store.transaction() as tx:
            await tx.put_account(account())
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(dawdle())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.transaction() as tx:
        await tx.append([event()])
    assert await store.read.account(ACME) is None
    assert len(await store.read.events(0, 10)) == 1


async def test_two_hundred_who_create_one_name_at_once_make_one_room(store: Store) -> None:
    async def create(number: int) -> str:
        await asyncio.sleep(0)
        try:
            async with store.transaction() as tx:
                room = live(number, name="standup")
                await tx.put_conference(room)
                await asyncio.sleep(0)
                await tx.append([event(room)])
        except NameTaken:
            return "taken"
        return "created"

    outcomes = await asyncio.gather(*(create(number) for number in range(200)))
    assert sorted(outcomes) == ["created"] + ["taken"] * 199
    assert len(await store.read.events(0, 300)) == 1
    assert await store.read.live_conference(ACME, "standup") is not None


async def test_a_name_is_free_again_when_its_room_is_over_and_for_other_accounts(store: Store) -> None:
    first = live(1, name="standup")
    async with store.transaction() as tx:
        await tx.put_conference(first)
        await tx.put_conference(live(2, name="standup", account_id=GLOBEX))
        with pytest.raises(NameTaken):
            await tx.put_conference(live(3, name="standup"))
        await tx.put_conference(first._replace(state=ConferenceState.COMPLETED))
        assert await tx.live_conference(ACME, "standup") is None
        await tx.put_conference(live(3, name="standup"))
        await tx.put_conference(conference(4, name="standup"))
    found = await store.read.live_conference(ACME, "standup")
    assert found == live(3, name="standup")
    assert await store.read.live_conference(ACME, "Standup") is None


async def test_a_restarted_node_finds_what_it_left_open(store: Store) -> None:
    mine, ended, theirs, imported = (
        live(1, node="n1"),
        conference(2, node="n1"),
        live(3, node="n2"),
        live(4),
    )
    legs = [
        call(1, node="n1"),
        call(2, node="n1", status=CallStatus.RINGING),
        call(3, node="n1", status=CallStatus.COMPLETED, ended_at_ms=T0 + 9),
        call(4, node="n2"),
        call(5),
    ]
    inside = participant(mine, legs[0])
    left = participant(mine, legs[2], left_at_ms=legs[2].created_at_ms + 5)
    async with store.transaction() as tx:
        for room in (mine, ended, theirs, imported):
            await tx.put_conference(room)
        for leg in legs:
            await tx.put_call(leg)
        await tx.put_participants([inside, left])
    async with store.transaction() as tx:
        assert await tx.live_calls("n1") == legs[:2]
        (room,) = await tx.live_rooms("n1")
        assert room == (mine, (inside,))
        assert await tx.live_rooms("n9") == []


async def test_an_unknown_conference_is_none_everywhere(store: Store) -> None:
    nobody = ConferenceId("0" * 32)
    assert await store.read.conference(nobody) is None
    assert await store.read.room(nobody) is None
    assert await store.read.events(0, 10, nobody) == []
