"""Who is in a conference, who was, and calls as such."""

import pytest

from hubbub.domain.call import CallStatus, HangupCause
from hubbub.domain.conference import Beep, LeaveReason
from hubbub.domain.errors import NameTaken
from hubbub.domain.ids import CallId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import Member, ParticipantQuery
from hubbub.services.ports import Store
from storage.cast import ACME, GLOBEX, call, live, participant

ROOM = live(1)
LEGS = [call(number) for number in range(7)]
EVERYBODY = ParticipantQuery(ROOM.id)


@pytest.fixture
async def store(store: Store) -> Store:
    """A room with six inside (two of them since the same moment) and one gone."""
    stays = [
        participant(ROOM, LEGS[0]),
        participant(ROOM, LEGS[1], muted=True),
        participant(ROOM, LEGS[2], joined_at_ms=LEGS[1].created_at_ms, held=True),
        participant(ROOM, LEGS[3], coaching=True, coached=(LEGS[0].id, LEGS[1].id), label="coach"),
        participant(ROOM, LEGS[4], beep=Beep.ON_EXIT, start_on_enter=False, end_on_exit=True),
        participant(ROOM, LEGS[5], muted=True, held=True),
        participant(ROOM, LEGS[6], label="gone", left_at_ms=99, leave_reason=LeaveReason.KICKED),
    ]
    async with store.transaction() as tx:
        await tx.put_conference(ROOM)
        for leg in LEGS:
            await tx.put_call(leg)
        await tx.put_participants(stays)
    return store


def numbers(members: list[Member]) -> list[int]:
    return [LEGS.index(member.call) for member in members]


async def test_those_present_are_listed_in_order_of_joining(store: Store) -> None:
    page = await store.read.members(EVERYBODY, PageRequest(50, total_limit=10))
    assert numbers(page.items) == [0, 1, 2, 3, 4, 5]
    assert (page.has_more, page.has_previous, page.total) == (False, False, 6)
    assert page.items[3].participant.coached == (LEGS[0].id, LEGS[1].id)
    assert page.items[4].participant.beep is Beep.ON_EXIT
    newest_first = await store.read.members(EVERYBODY, PageRequest(50, descending=True))
    assert numbers(newest_first.items) == [5, 4, 3, 2, 1, 0]
    assert newest_first.total is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EVERYBODY._replace(muted=True), [1, 5]),
        (EVERYBODY._replace(muted=False, held=False), [0, 3, 4]),
        (EVERYBODY._replace(held=True), [2, 5]),
        (EVERYBODY._replace(coaching=True), [3]),
        (EVERYBODY._replace(coaching=True, muted=True), []),
    ],
)
async def test_flags_filter(store: Store, query: ParticipantQuery, expected: list[int]) -> None:
    page = await store.read.members(query, PageRequest(50, total_limit=100))
    assert numbers(page.items) == expected
    assert page.total == len(expected)


@pytest.mark.parametrize("descending", [False, True])
async def test_pages_join_up_in_both_directions(store: Store, descending: bool) -> None:
    whole = (await store.read.members(EVERYBODY, PageRequest(50, descending=descending))).items
    for start in range(len(whole)):
        first = whole[start].participant
        cursor = Cursor(first.joined_at_ms, first.call_id)
        after = await store.read.members(EVERYBODY, PageRequest(2, after=cursor, descending=descending))
        assert after.items == whole[start + 1 : start + 3]
        assert (after.has_more, after.has_previous) == (start + 3 < len(whole), True)
        before = await store.read.members(EVERYBODY, PageRequest(2, before=cursor, descending=descending))
        assert before.items == whole[max(0, start - 2) : start]
        assert (before.has_more, before.has_previous) == (True, start > 2)
        skipped = await store.read.members(EVERYBODY, PageRequest(2, offset=start, descending=descending))
        assert skipped.items == whole[start : start + 2]
        assert (skipped.has_more, skipped.has_previous) == (start + 2 < len(whole), start > 0)


async def test_a_leg_that_comes_back_has_both_stays_and_the_newest_counts(store: Store) -> None:
    gone = await store.read.member(ROOM.id, LEGS[6].id)
    assert gone is not None
    assert gone.participant.leave_reason is LeaveReason.KICKED
    again = participant(ROOM, LEGS[6], joined_at_ms=LEGS[6].created_at_ms + 1)
    async with store.transaction() as tx:
        await tx.put_participants([again])
    assert await store.read.member(ROOM.id, LEGS[6].id) == Member(again, LEGS[6])
    # The stay before is still there: put it again, and it is the same stay, not a third.
    async with store.transaction() as tx:
        await tx.put_participants([gone.participant._replace(updated_at_ms=1)])
    assert await store.read.member(ROOM.id, LEGS[6].id) == Member(again, LEGS[6])
    room = await store.read.room(ROOM.id)
    assert room is not None
    assert room.participants[-1] == again
    assert len(room.participants) == 7


async def test_a_label_is_found_among_those_present_only(store: Store) -> None:
    coach = await store.read.member_by_label(ROOM.id, "coach")
    assert coach is not None
    assert coach.call == LEGS[3]
    assert await store.read.member_by_label(ROOM.id, "gone") is None


async def test_a_stranger_is_no_member(store: Store) -> None:
    assert await store.read.member(ROOM.id, CallId("f" * 32)) is None
    assert await store.read.member(live(2).id, LEGS[0].id) is None


async def test_a_call_comes_back_as_it_was_put(store: Store) -> None:
    leg = call(
        9,
        status=CallStatus.FAILED,
        hangup_cause=HangupCause.MEDIA_TIMEOUT,
        answered_at_ms=5,
        ended_at_ms=6,
        sip_status=500,
        sip_call_id="x@y",
        tag="tag",
        site="0badcafe",
        given_id="IDx-CAy",
        node="n1",
    )
    async with store.transaction() as tx:
        await tx.put_call(call(9))
        await tx.put_call(leg)
        with pytest.raises(NameTaken):
            await tx.put_call(call(10, given_id="IDx-CAy"))
        await tx.put_call(call(11, account_id=GLOBEX, given_id="IDx-CAy"))
    assert await store.read.call(leg.id) == leg
    assert await store.read.call_by_given_id(ACME, "IDx-CAy") == leg
    assert await store.read.call_by_given_id(ACME, "other") is None
    assert await store.read.call(call(10).id) is None
