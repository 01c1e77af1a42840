"""Entering rooms: one live room a name, made at the first join, mixed as the flags say."""

import asyncio

import pytest

from hubbub.domain.conference import (
    Beep,
    Conference,
    ConferenceState,
    EndReason,
    LeaveReason,
    Participant,
)
from hubbub.domain.errors import ConferenceFull, Conflict, InvalidValue, NotFound
from hubbub.domain.events import EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.services.calls.live_calls import LeftInput, RoomInput
from hubbub.services.ports import Mix
from services.conftest import ACME, Stage


async def test_two_callers_hear_each_other(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    first = await stage.enter(alice)
    assert (await stage.enter(bob)).id == first.id
    assert stage.hears(alice) == stage.hears(bob) == Mix(True, True, ())
    room = await stage.room(first.id)
    assert room.conference.state is ConferenceState.IN_PROGRESS
    assert [p.call_id for p in room.participants] == [alice.call_id, bob.call_id]
    assert await stage.kinds() == [
        EventKind.CONFERENCE_CREATED,
        EventKind.PARTICIPANT_JOINED,
        EventKind.MODERATOR_ARRIVED,
        EventKind.PARTICIPANT_JOINED,
        EventKind.CONFERENCE_STARTED,
    ]


async def test_the_leg_says_which_room_it_is_in(stage: Stage) -> None:
    alice = await stage.call()
    conference = await stage.enter(alice)
    leg = await stage.store.read.call(alice.call_id)
    assert leg is not None
    assert leg.conference_id == alice.conference_id == conference.id


async def test_two_hundred_joins_at_once_make_one_room(stage: Stage) -> None:
    legs = [await stage.call() for _ in range(200)]
    entered = await asyncio.gather(*(stage.enter(leg) for leg in legs))
    assert len({conference.id for conference in entered}) == 1
    room = await stage.room(entered[0].id)
    assert len(room.participants) == 200
    numbers = [e.conference_number for e in await stage.events() if e.event.conference_id == entered[0].id]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(stage.media.mixers) == 1


async def test_one_name_in_two_accounts_is_two_rooms(stage: Stage) -> None:
    globex = AccountId("b" * 32)
    await stage.account(globex)
    here = await stage.enter(await stage.call())
    there = await stage.enter(await stage.call(globex))
    assert here.id != there.id
    assert len(stage.media.mixers) == 2


async def test_a_name_used_after_the_end_is_a_new_room(stage: Stage) -> None:
    alice = await stage.call()
    first = await stage.enter(alice)
    await stage.leave.leave(alice, LeaveReason.HUNG_UP)
    assert (await stage.enter(alice)).id != first.id
    assert stage.media.mixers == {place[0] for place in stage.media.places.values()}


async def test_a_refused_joiner_changes_nothing(stage: Stage) -> None:
    await stage.enter(await stage.call())
    before = await stage.events()
    with pytest.raises(ConferenceFull):
        await stage.enter(await stage.call(), max_participants=1)
    assert await stage.events() == before


async def test_a_bad_name_makes_no_room(stage: Stage) -> None:
    with pytest.raises(InvalidValue):
        await stage.enter(await stage.call(), "")
    assert await stage.events() == []
    assert stage.media.mixers == set()


async def test_a_leg_that_has_ended_does_not_enter(stage: Stage) -> None:
    alice = await stage.call()
    alice.ended = True
    with pytest.raises(Conflict):
        await stage.enter(alice)
    assert await stage.events() == []


async def test_waiters_are_told_when_the_room_opens(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    await stage.enter(alice, start_on_enter=False)
    assert alice.inbox.get_nowait() == RoomInput(True)
    assert stage.hears(alice) == Mix(hears_room=False, heard=False)
    await stage.enter(bob)
    assert alice.inbox.get_nowait() == RoomInput(False)
    assert bob.inbox.empty()
    assert stage.hears(alice) == Mix(True, True, ())


async def test_a_lone_moderator_waits_until_the_second_comes(stage: Stage) -> None:
    alice = await stage.call()
    await stage.enter(alice)
    assert alice.inbox.get_nowait() == RoomInput(True)
    await stage.enter(await stage.call())
    assert alice.inbox.get_nowait() == RoomInput(False)


async def test_a_coach_is_heard_by_the_coached_port_alone(stage: Stage) -> None:
    alice, bob, coach = [await stage.call() for _ in range(3)]
    await stage.enter(alice)
    await stage.enter(bob)
    await stage.enter(coach, coached=(bob.call_id,))
    assert stage.hears(coach) == Mix(True, True, (bob.port_id or 0,))


async def test_a_coach_of_absent_calls_is_heard_by_nobody_until_they_come(stage: Stage) -> None:
    alice, coach, late = [await stage.call() for _ in range(3)]
    await stage.enter(alice)
    await stage.enter(coach, coached=(late.call_id,))
    assert stage.hears(coach) == Mix(True, False, ())
    await stage.enter(late)
    assert stage.hears(coach) == Mix(True, True, (late.port_id or 0,))
    await stage.leave.leave(late, LeaveReason.HUNG_UP)
    assert stage.hears(coach) == Mix(True, False, ())


async def test_beeps_sound_for_those_who_want_them(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    await stage.enter(alice, beep=Beep.NONE)
    await stage.enter(bob, beep=Beep.BOTH)
    assert [name for _, name in stage.media.beeps] == ["beep-enter"]
    await stage.leave.leave(bob, LeaveReason.HUNG_UP)
    assert [name for _, name in stage.media.beeps] == ["beep-enter", "beep-exit"]


async def test_the_first_joiner_decides_the_rooms_tag(stage: Stage) -> None:
    first = await stage.enter(await stage.call(), tag="theirs")
    await stage.enter(await stage.call(), tag="mine")
    assert (await stage.room(first.id)).conference.tag == "theirs"


async def test_a_room_can_be_entered_by_id_but_not_a_foreign_or_finished_one(stage: Stage) -> None:
    from hubbub.domain.conference import JoinRequest

    alice, bob = await stage.call(), await stage.call()
    conference = await stage.enter(alice)
    request = JoinRequest(bob.call_id)
    assert (await stage.join(bob, ACME, "", request, conference_id=conference.id)).id == conference.id
    with pytest.raises(NotFound):
        await stage.join(bob, AccountId("b" * 32), "", request, conference_id=conference.id)
    with pytest.raises(NotFound):
        await stage.join(bob, ACME, "", request, conference_id=ConferenceId("f" * 32))


async def test_a_room_imported_live_makes_way_for_callers_of_its_name(stage: Stage) -> None:
    imported = Conference(ConferenceId("e" * 32), ACME, "standup", ConferenceState.IN_PROGRESS, True, 1, 1)
    ghost = Participant(imported.id, CallId("d" * 32), joined_at_ms=1)
    async with stage.store.transaction() as tx:
        await tx.put_conference(imported)
        await tx.put_participants([ghost])
    conference = await stage.enter(await stage.call())
    assert conference.id != imported.id
    old = await stage.room(imported.id)
    assert old.conference.reason_ended is EndReason.SUPERSEDED
    assert old.participants == ()


async def test_an_old_room_is_reported(stage: Stage) -> None:
    conference = await stage.enter(await stage.call())
    stage.clock.pass_time(3599)
    assert stage.too_old == []
    stage.clock.pass_time(2)
    assert stage.too_old == [conference.id]


async def test_an_ended_room_reports_no_age(stage: Stage) -> None:
    alice = await stage.call()
    await stage.enter(alice)
    await stage.leave.leave(alice, LeaveReason.HUNG_UP)
    stage.clock.pass_time(7200)
    assert stage.too_old == []


async def test_ending_a_room_puts_everybody_out_and_destroys_the_mixer(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    conference = await stage.enter(alice)
    await stage.enter(bob)
    while not alice.inbox.empty():
        alice.inbox.get_nowait()
    await stage.leave.end(conference.id, EndReason.ENDED_BY_API)
    assert alice.inbox.get_nowait() == bob.inbox.get_nowait() == LeftInput(LeaveReason.ENDED_BY_API)
    assert alice.conference_id is None
    assert (stage.media.mixers, stage.media.places) == (set(), {})
    await stage.leave.end(conference.id, EndReason.ENDED_BY_API)
    assert (await stage.kinds()).count(EventKind.CONFERENCE_ENDED) == 1
    with pytest.raises(NotFound):
        await stage.leave.end(ConferenceId("f" * 32), EndReason.ENDED_BY_API)
