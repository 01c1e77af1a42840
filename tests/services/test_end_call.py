"""The end of a leg: out of its room, its last state, its last event, all at once; and after a crash."""

from hubbub.domain.call import CallStatus, HangupCause
from hubbub.domain.conference import ConferenceState, EndReason, LeaveReason
from hubbub.domain.events import EventKind
from hubbub.services.calls.live_calls import EndedInput
from hubbub.services.recover_from_crash import recover_from_crash
from services.conftest import Stage


async def test_a_hang_up_leaves_the_room_and_completes_the_leg(stage: Stage) -> None:
    alice, bob = await stage.call(), await stage.call()
    conference = await stage.enter(alice)
    await stage.enter(bob)
    await stage.end(bob, HangupCause.HANGUP, 200)
    leg = await stage.store.read.call(bob.call_id)
    assert leg is not None
    assert (leg.status, leg.hangup_cause, leg.sip_status) == (CallStatus.COMPLETED, HangupCause.HANGUP, 200)
    assert [p.call_id for p in (await stage.room(conference.id)).participants] == [alice.call_id]
    assert (await stage.kinds())[-2:] == [EventKind.PARTICIPANT_LEFT, EventKind.CALL_ENDED]
    assert stage.calls.get(bob.call_id) is None
    told = [bob.inbox.get_nowait() for _ in iter(bob.inbox.empty, True)]
    assert told[-1] == EndedInput(HangupCause.HANGUP)


async def test_the_last_hang_up_ends_the_room(stage: Stage) -> None:
    alice = await stage.call()
    conference = await stage.enter(alice)
    await stage.end(alice, HangupCause.HANGUP, None)
    ended = (await stage.room(conference.id)).conference
    assert (ended.state, ended.reason_ended, ended.call_ending) == (
        ConferenceState.COMPLETED,
        EndReason.LAST_LEFT,
        alice.call_id,
    )
    assert stage.media.mixers == set()


async def test_an_end_is_written_once(stage: Stage) -> None:
    alice = await stage.call()
    await stage.end(alice, HangupCause.HANGUP, None)
    await stage.end(alice, HangupCause.HANGUP, None)
    assert (await stage.kinds()).count(EventKind.CALL_ENDED) == 1


async def test_a_restart_closes_what_the_crash_left_open_and_only_that(stage: Stage) -> None:
    alice, elsewhere = await stage.call(), await stage.call(node="there")
    conference = await stage.enter(alice)
    assert await recover_from_crash(stage.store, stage.clock, "here") == (1, 1, 0)
    ended = (await stage.room(conference.id)).conference
    assert ended.reason_ended is EndReason.SERVER_CRASHED
    gone = await stage.store.read.member(conference.id, alice.call_id)
    assert gone is not None
    assert gone.participant.leave_reason is LeaveReason.SERVER_CRASHED
    assert gone.call.status is CallStatus.FAILED
    other = await stage.store.read.call(elsewhere.call_id)
    assert other is not None
    assert other.status is CallStatus.IN_PROGRESS
    assert await recover_from_crash(stage.store, stage.clock, "here") == (0, 0, 0)
