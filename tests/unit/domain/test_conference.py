"""The life of a room: who may enter, when it starts, when and why it ends, and who hears whom."""

import pytest

from hubbub.domain.conference import (
    Beep,
    Conference,
    ConferenceState,
    EndReason,
    JoinRequest,
    LeaveReason,
    Outcome,
    Phase,
    Room,
)
from hubbub.domain.errors import (
    CoachedCallAbsent,
    ConferenceEnded,
    ConferenceFull,
    InvalidValue,
    LabelTaken,
    SecondCoach,
)
from hubbub.domain.events import DATA_KEYS, EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.domain.room import Hearing, admit, create, finish, hearing, remove

ACME = AccountId("a" * 32)
ALICE, BOB, CAROL = (CallId(ch * 32) for ch in "123")


def new_room(request: JoinRequest | None = None) -> Room:
    room, _ = create(
        ConferenceId("c" * 32), ACME, "standup", 1_000, node="n", request=request or JoinRequest(ALICE)
    )
    return room


def join(room: Room, call_id: CallId, now_ms: int = 2_000, cap: int = 250, **wish: object) -> Outcome:
    return admit(room, JoinRequest(call_id, **wish), now_ms, participants_max=cap)  # type: ignore[arg-type]


def room_of(*calls: CallId, **wish: object) -> Room:
    room = new_room()
    for call in calls:
        room = join(room, call, **wish).room
    return room


def kinds(outcome: Outcome) -> list[EventKind]:
    return [event.kind for event in outcome.events]


def test_a_lone_moderator_leaves_the_room_in_init_with_a_moderator_present() -> None:
    outcome = join(new_room(), ALICE)
    assert outcome.room.conference.phase is Phase.INIT_PRESENT
    assert kinds(outcome) == [EventKind.PARTICIPANT_JOINED, EventKind.MODERATOR_ARRIVED]


def test_the_second_participant_starts_the_room() -> None:
    outcome = join(room_of(ALICE), BOB)
    assert outcome.room.conference.state is ConferenceState.IN_PROGRESS
    assert kinds(outcome) == [EventKind.PARTICIPANT_JOINED, EventKind.CONFERENCE_STARTED]


def test_any_number_of_listeners_does_not_start_the_room() -> None:
    room = room_of(ALICE, BOB, CAROL, start_on_enter=False)
    assert room.conference.phase is Phase.INIT_ABSENT
    assert all(hearing(room, p).waiting for p in room.participants)


def test_the_moderator_starts_the_room_for_those_who_waited() -> None:
    outcome = join(room_of(ALICE, BOB, start_on_enter=False), CAROL)
    assert outcome.room.conference.phase is Phase.STARTED_PRESENT
    assert not any(hearing(outcome.room, p).waiting for p in outcome.room.participants)


def test_the_moderator_leaving_does_not_close_the_room_again() -> None:
    room = join(room_of(ALICE, BOB, start_on_enter=False), CAROL).room
    room = remove(room, CAROL, LeaveReason.HUNG_UP, 3_000).room
    assert room.conference.phase is Phase.STARTED_PRESENT
    assert hearing(room, room.participants[0]).hears_room


def test_a_started_room_stays_started_with_one_inside() -> None:
    room = remove(room_of(ALICE, BOB), BOB, LeaveReason.HUNG_UP, 3_000).room
    assert room.conference.state is ConferenceState.IN_PROGRESS
    assert hearing(room, room.participants[0]) == Hearing(
        hears_room=True, heard=True, coached=(), waiting=False
    )


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        (LeaveReason.HUNG_UP, EndReason.LAST_LEFT),
        (LeaveReason.REDIRECTED, EndReason.LAST_LEFT),
        (LeaveReason.KICKED, EndReason.LAST_KICKED),
        (LeaveReason.SERVER_STOPPED, EndReason.SERVER_STOPPED),
    ],
)
def test_the_last_one_out_ends_the_room_and_is_named(leave: LeaveReason, reason: EndReason) -> None:
    outcome = remove(room_of(ALICE), ALICE, leave, 5_000)
    conference = outcome.room.conference
    assert (conference.reason_ended, conference.call_ending) == (reason, ALICE)
    assert conference.completed_at_ms == 5_000
    assert kinds(outcome) == [EventKind.PARTICIPANT_LEFT, EventKind.CONFERENCE_ENDED]


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        (LeaveReason.HUNG_UP, EndReason.END_ON_EXIT_LEFT),
        (LeaveReason.KICKED, EndReason.END_ON_EXIT_KICKED),
    ],
)
def test_a_participant_that_ends_the_room_puts_everybody_out(leave: LeaveReason, reason: EndReason) -> None:
    room = join(room_of(ALICE, BOB), CAROL, end_on_exit=True).room
    outcome = remove(room, CAROL, leave, 5_000)
    assert outcome.evicted == (ALICE, BOB)
    assert outcome.room.conference.reason_ended is reason
    assert [p.leave_reason for p in outcome.changed] == [leave] + [LeaveReason.MODERATOR_ENDED] * 2
    assert kinds(outcome) == [EventKind.PARTICIPANT_LEFT] * 3 + [EventKind.CONFERENCE_ENDED]


def test_ending_by_api_names_no_call_and_is_done_once() -> None:
    outcome = finish(room_of(ALICE, BOB), EndReason.ENDED_BY_API, 5_000)
    assert outcome.room.conference.call_ending is None
    assert outcome.evicted == (ALICE, BOB)
    assert finish(outcome.room, EndReason.ENDED_BY_API, 6_000).events == ()


def test_a_call_that_is_not_inside_cannot_leave() -> None:
    room = room_of(ALICE)
    assert remove(room, BOB, LeaveReason.HUNG_UP, 3_000) == Outcome(room, (), ())


def test_an_ended_room_admits_nobody() -> None:
    room = finish(room_of(ALICE), EndReason.ENDED_BY_API, 5_000).room
    with pytest.raises(ConferenceEnded):
        join(room, BOB)


def test_the_smaller_of_two_caps_holds() -> None:
    with pytest.raises(ConferenceFull):
        join(room_of(ALICE), BOB, cap=1)
    with pytest.raises(ConferenceFull):
        join(room_of(ALICE), BOB, max_participants=1)
    with pytest.raises(ConferenceFull):
        join(room_of(ALICE), BOB, cap=1, max_participants=5)


def test_a_label_is_unique_among_those_present_only() -> None:
    room = join(room_of(ALICE), BOB, label="agent").room
    with pytest.raises(LabelTaken):
        join(room, CAROL, label="agent")
    room = remove(room, BOB, LeaveReason.HUNG_UP, 3_000).room
    assert join(room, CAROL, label="agent").room.participants[-1].label == "agent"


def test_a_coach_is_heard_by_the_coached_alone_and_hears_all() -> None:
    room = join(room_of(ALICE, BOB), CAROL, coached=(ALICE,)).room
    coach = room.participants[-1]
    assert hearing(room, coach) == Hearing(hears_room=True, heard=True, coached=(ALICE,), waiting=False)


def test_coaching_somebody_absent_is_refused_only_if_asked_to() -> None:
    with pytest.raises(CoachedCallAbsent):
        join(room_of(ALICE), CAROL, coached=(BOB,), coached_must_be_present=True)
    assert join(room_of(ALICE), CAROL, coached=(BOB,)).room.participants[-1].coaching


def test_a_second_coach_is_refused_where_one_is_the_rule() -> None:
    room = join(room_of(ALICE), BOB, coached=(ALICE,)).room
    with pytest.raises(SecondCoach):
        join(room, CAROL, coached=(ALICE,), one_coach=True)
    assert join(room, CAROL, coached=(ALICE,)).room.participants[-1].coaching


@pytest.mark.parametrize(
    ("wish", "hears", "heard"),
    [({"muted": True}, True, False), ({"held": True}, False, False), ({}, True, True)],
)
def test_mute_stops_the_voice_and_hold_stops_both(wish: dict[str, bool], hears: bool, heard: bool) -> None:
    room = join(room_of(ALICE), BOB, **wish).room
    result = hearing(room, room.participants[-1])
    assert (result.hears_room, result.heard, result.waiting) == (hears, heard, False)


def test_the_first_joiner_freezes_tag_region_and_event_target() -> None:
    conference: Conference = new_room(JoinRequest(ALICE, tag="t", region="ie1")).conference
    assert (conference.tag, conference.region, conference.event_url) == ("t", "ie1", None)


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb", "nul\0"])
def test_a_name_that_breaks_the_rule_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        create(ConferenceId("c" * 32), ACME, name, 1, node=None, request=JoinRequest(ALICE))


def test_every_event_carries_exactly_the_documented_keys() -> None:
    room, created = create(ConferenceId("c" * 32), ACME, "r", 1, node=None, request=JoinRequest(ALICE))
    joined = admit(room, JoinRequest(ALICE), 2, participants_max=9)
    events = [*created, *joined.events, *finish(joined.room, EndReason.AGE_LIMIT, 3).events]
    assert {event.kind for event in events} >= {EventKind.CONFERENCE_ENDED, EventKind.PARTICIPANT_LEFT}
    for event in events:
        assert set(event.data) == DATA_KEYS[event.kind]


def test_beeps_say_on_which_side_they_sound() -> None:
    assert [(b.on_enter, b.on_exit) for b in (Beep.BOTH, Beep.NONE, Beep.ON_ENTER, Beep.ON_EXIT)] == [
        (True, True),
        (False, False),
        (True, False),
        (False, True),
    ]
