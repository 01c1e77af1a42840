"""Rooms changed from outside: what is stored, what the mixer is told, what the leg hears of it."""

import pytest

from hubbub.domain.conference import ConferenceState, EndReason, JoinRequest, LeaveReason, ParticipantChanges
from hubbub.domain.errors import NotFound
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.markup.instructions import WaitKind, WaitMusic
from hubbub.services.calls.live_calls import LeftInput, LiveCall, RoomInput
from hubbub.services.rooms.modify_participant import ModifyParticipant
from services.conftest import ACME, Stage

MUSIC = WaitMusic(WaitKind.STOCK)


def modify(stage: Stage) -> ModifyParticipant:
    return ModifyParticipant(stage.store, stage.calls, stage.rooms, stage.clock)


def told(call: LiveCall) -> list[object]:
    inputs = []
    while not call.inbox.empty():
        inputs.append(call.inbox.get_nowait())
    return inputs


async def test_a_mute_is_stored_and_in_the_mixer_when_it_returns(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    conference = await stage.enter(alice)
    await stage.enter(bob)
    member = await modify(stage)(conference.id, alice.call_id, ParticipantChanges(muted=True))
    assert member.participant.muted
    assert (await stage.room(conference.id)).participants[0].muted
    assert alice.port_id is not None
    mix = stage.media.places[alice.port_id][1]
    assert (mix.heard, mix.hears_room) == (False, True)


async def test_a_hold_with_music_tells_the_leg_what_to_hear_and_its_end_when_to_cease(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    conference = await stage.enter(alice)
    await stage.enter(bob)
    told(alice)
    await modify(stage)(conference.id, alice.call_id, ParticipantChanges(held=True), hold_music=MUSIC)
    assert told(alice) == [RoomInput(waiting=False, held=True, hold_music=MUSIC)]
    other = WaitMusic(WaitKind.SILENCE)
    await modify(stage)(conference.id, alice.call_id, ParticipantChanges(held=True), hold_music=other)
    assert told(alice) == [RoomInput(waiting=False, held=True, hold_music=other)]
    await modify(stage)(conference.id, alice.call_id, ParticipantChanges(held=False))
    assert told(alice) == [RoomInput(waiting=False, held=False)]


async def test_one_who_is_put_out_leaves_as_kicked_and_is_told(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    conference = await stage.enter(alice)
    await stage.enter(bob)
    told(bob)
    await stage.leave.put_out(conference.id, bob.call_id, LeaveReason.KICKED)
    assert told(bob) == [LeftInput(LeaveReason.KICKED)]
    assert bob.conference_id is None
    assert bob.port_id not in stage.media.places
    with pytest.raises(NotFound):
        await stage.leave.put_out(conference.id, bob.call_id, LeaveReason.KICKED)
    await stage.leave.put_out(conference.id, alice.call_id, LeaveReason.KICKED)
    ended = (await stage.room(conference.id)).conference
    assert (ended.state, ended.reason_ended) == (ConferenceState.COMPLETED, EndReason.LAST_KICKED)


async def test_a_leg_that_was_being_called_is_given_up_when_its_room_ends(stage: Stage) -> None:
    alice = await stage.call()
    conference = await stage.enter(alice)
    called = LiveCall(CallId("d" * 32), ACME)
    stage.calls.add(called)
    async with stage.store.transaction() as tx:
        outcome = await stage.join.reserve(tx, ACME, "standup", JoinRequest(called.call_id))
    stage.join.apply(called, outcome)
    assert [p.pending for p in (await stage.room(conference.id)).participants] == [False, True]
    await stage.leave.end(conference.id, EndReason.ENDED_BY_API)
    assert stage.abandoned == [called.call_id]
    assert told(called) == []


async def test_a_room_that_is_not_there_cannot_be_changed(stage: Stage) -> None:
    with pytest.raises(NotFound):
        await modify(stage)(ConferenceId("e" * 32), CallId("d" * 32), ParticipantChanges(muted=True))
