"""Changing a room from outside: places kept for those being called, flags, and what each change announces."""

import itertools

import pytest

from hubbub.domain.call import CallStatus
from hubbub.domain.conference import (
    Beep,
    ConferenceState,
    EndReason,
    JoinRequest,
    LeaveReason,
    Outcome,
    ParticipantChanges,
    Room,
)
from hubbub.domain.errors import (
    CoachedCallAbsent,
    CoachedCallHeld,
    ConferenceFull,
    InvalidValue,
    LabelTaken,
    NotFound,
    SecondCoach,
)
from hubbub.domain.events import DATA_KEYS, EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.domain.room import admit, create, finish, hearing, modify, remove, reserve

ACME = AccountId("a" * 32)
ALICE, BOB, CAROL = (CallId(ch * 32) for ch in "123")


def empty() -> Room:
    return create(ConferenceId("c" * 32), ACME, "room", 1_000, node="n", request=JoinRequest(ALICE))[0]


def with_inside(*calls: CallId) -> Room:
    room = empty()
    for call in calls:
        room = admit(room, JoinRequest(call), 2_000, participants_max=9).room
    return room


def kept_for(room: Room, call: CallId, **wish: object) -> Outcome:
    return reserve(room, JoinRequest(call, **wish), 3_000, participants_max=3)  # type: ignore[arg-type]


def kinds(outcome: Outcome) -> list[EventKind]:
    return [event.kind for event in outcome.events]


def test_one_who_is_being_called_is_listed_and_does_not_start_the_room() -> None:
    outcome = kept_for(with_inside(ALICE), BOB, label="bob")
    assert outcome.room.conference.state is ConferenceState.INIT
    assert outcome.room.awaits_second
    assert [p.pending for p in outcome.room.participants] == [False, True]
    assert kinds(outcome) == [EventKind.PARTICIPANT_ADDED]


def test_its_answer_lets_it_in_with_the_flags_it_has_by_then() -> None:
    room = kept_for(with_inside(ALICE), BOB).room
    room = modify(room, BOB, ParticipantChanges(muted=True), 3_500).room
    outcome = admit(room, JoinRequest(BOB), 4_000, participants_max=3)
    bob = outcome.room.participant(BOB)
    assert bob is not None
    assert (bob.pending, bob.muted, bob.joined_at_ms) == (False, True, 3_000)
    assert kinds(outcome) == [EventKind.PARTICIPANT_JOINED, EventKind.CONFERENCE_STARTED]
    assert outcome.entered == (BOB,)


def test_a_kept_place_counts_and_its_label_is_taken() -> None:
    room = kept_for(kept_for(with_inside(ALICE), BOB, label="bob").room, CAROL).room
    with pytest.raises(ConferenceFull):
        kept_for(room, CallId("4" * 32))
    with pytest.raises(LabelTaken):
        kept_for(kept_for(empty(), BOB, label="bob").room, CAROL, label="bob")


def test_one_who_cannot_be_reached_leaves_as_a_failed_addition_and_tells_its_call_status() -> None:
    room = kept_for(with_inside(ALICE), BOB, end_on_exit=True).room
    outcome = remove(room, BOB, LeaveReason.HUNG_UP, 5_000, call_status=CallStatus.BUSY)
    assert outcome.room.conference.is_live
    assert outcome.changed[0].leave_reason is LeaveReason.ADD_FAILED
    assert outcome.events[0].data["call_status"] == "busy"


def test_a_room_of_nobody_but_one_who_cannot_be_reached_is_over() -> None:
    outcome = remove(kept_for(empty(), BOB).room, BOB, LeaveReason.HUNG_UP, 5_000)
    assert outcome.room.conference.reason_ended is EndReason.LAST_LEFT


def test_an_end_puts_out_those_being_called_too() -> None:
    outcome = finish(kept_for(with_inside(ALICE), BOB).room, EndReason.ENDED_BY_API, 5_000)
    assert set(outcome.evicted) == {ALICE, BOB}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        (ParticipantChanges(muted=True), EventKind.PARTICIPANT_MUTED),
        (ParticipantChanges(held=True), EventKind.PARTICIPANT_HELD),
        (ParticipantChanges(coached=(BOB,)), EventKind.PARTICIPANT_MODIFIED),
        (ParticipantChanges(end_on_exit=True), EventKind.PARTICIPANT_MODIFIED),
        (ParticipantChanges(beep_on_exit=True), EventKind.PARTICIPANT_MODIFIED),
        (ParticipantChanges(wait_changed=True), EventKind.PARTICIPANT_MODIFIED),
    ],
)
def test_a_change_is_one_event_that_tells_how_it_is_now(changes: ParticipantChanges, kind: EventKind) -> None:
    outcome = modify(with_inside(ALICE, BOB), ALICE, changes, 5_000)
    assert kinds(outcome) == [kind]
    event = outcome.events[0]
    assert set(event.data) == DATA_KEYS[kind]
    assert (event.call_id, event.data["muted"], event.data["held"]) == (
        ALICE,
        changes.muted is True,
        changes.held is True,
    )
    assert outcome.changed[0].updated_at_ms == 5_000


def test_what_is_as_wished_already_changes_nothing() -> None:
    room = with_inside(ALICE)
    outcome = modify(room, ALICE, ParticipantChanges(muted=False, held=False, coached=()), 5_000)
    assert outcome == Outcome(room, (), ())


def test_several_changes_at_once_are_told_one_by_one() -> None:
    changes = ParticipantChanges(muted=True, held=True, end_on_exit=True, beep_on_exit=True)
    outcome = modify(with_inside(ALICE), ALICE, changes, 5_000)
    assert kinds(outcome) == [
        EventKind.PARTICIPANT_MUTED,
        EventKind.PARTICIPANT_HELD,
        EventKind.PARTICIPANT_MODIFIED,
    ]
    assert outcome.events[-1].data["changes"] == ["end_on_exit", "beep_on_exit"]


@pytest.mark.parametrize(("before", "wish"), list(itertools.product(Beep, (True, False))))
def test_the_exit_beep_changes_without_the_entry_beep(before: Beep, wish: bool) -> None:
    room = admit(empty(), JoinRequest(ALICE, beep=before), 2_000, participants_max=9).room
    after = modify(room, ALICE, ParticipantChanges(beep_on_exit=wish), 5_000).room.participants[0].beep
    assert (after.on_enter, after.on_exit) == (before.on_enter, wish)


def test_whom_one_may_coach() -> None:
    room = with_inside(ALICE, BOB, CAROL)
    with pytest.raises(InvalidValue):
        modify(room, ALICE, ParticipantChanges(coached=(ALICE,)), 5_000)
    with pytest.raises(CoachedCallAbsent):
        modify(room, ALICE, ParticipantChanges(coached=(CallId("9" * 32),), coached_must_be_present=True), 1)
    held = modify(room, BOB, ParticipantChanges(held=True), 4_000).room
    with pytest.raises(CoachedCallHeld):
        modify(held, ALICE, ParticipantChanges(coached=(BOB,), coached_must_be_present=True), 5_000)
    coached = modify(room, ALICE, ParticipantChanges(coached=(BOB,)), 5_000).room
    with pytest.raises(SecondCoach):
        modify(coached, CAROL, ParticipantChanges(coached=(BOB,), one_coach=True), 6_000)
    changed_pupil = modify(coached, ALICE, ParticipantChanges(coached=(CAROL,), one_coach=True), 6_000).room
    assert hearing(changed_pupil, changed_pupil.participants[0]).coached == (CAROL,)
    stopped = modify(coached, ALICE, ParticipantChanges(coached=()), 6_000).room
    assert not stopped.participants[0].coaching


def test_only_one_who_is_there_can_be_changed() -> None:
    with pytest.raises(NotFound):
        modify(with_inside(ALICE), BOB, ParticipantChanges(muted=True), 5_000)
    over = finish(with_inside(ALICE), EndReason.ENDED_BY_API, 4_000).room
    with pytest.raises(NotFound):
        modify(over, ALICE, ParticipantChanges(muted=True), 5_000)
