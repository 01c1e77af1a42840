"""The state machine of a leg, and what an end means."""

import pytest

from hubbub.domain.call import (
    FINAL,
    TRANSITIONS,
    CallLeg,
    CallStatus,
    Direction,
    HangupCause,
    final_status,
)
from hubbub.domain.errors import Conflict
from hubbub.domain.ids import AccountId, CallId


def leg(status: CallStatus) -> CallLeg:
    return CallLeg(
        CallId("1" * 32),
        AccountId("a" * 32),
        None,
        None,
        None,
        "alice",
        "room",
        Direction.INBOUND,
        status,
        0,
        0,
    )


def test_a_call_of_ours_starts_when_it_leaves_and_one_that_came_when_it_came() -> None:
    ringing = leg(CallStatus.RINGING)._replace(node="n1")
    assert ringing.started_at_ms == 0
    ours = ringing._replace(direction=Direction.OUTBOUND_API, status=CallStatus.QUEUED)
    assert ours.started_at_ms is None
    assert ours.moved(CallStatus.CANCELED, 7000).started_at_ms is None
    assert ours.moved(CallStatus.CANCELED, 7000).ringing_ms == 0
    ours = ours._replace(placed_at_ms=5000)
    assert (ours.started_at_ms, ours.ringing_ms) == (5000, None)
    assert ours.moved(CallStatus.IN_PROGRESS, 8000).ringing_ms == 3000
    assert leg(CallStatus.COMPLETED)._replace(direction=Direction.OUTBOUND_API).started_at_ms == 0


@pytest.mark.parametrize("before", list(CallStatus))
@pytest.mark.parametrize("after", list(CallStatus))
def test_a_leg_moves_only_along_the_table(before: CallStatus, after: CallStatus) -> None:
    if after in TRANSITIONS[before]:
        assert leg(before).moved(after, 5).status is after
    else:
        with pytest.raises(Conflict):
            leg(before).moved(after, 5)


def test_final_states_lead_nowhere() -> None:
    assert all(not TRANSITIONS[status] for status in FINAL)
    assert all(TRANSITIONS[status] for status in set(CallStatus) - FINAL)


def test_the_duration_runs_from_answer_to_end() -> None:
    answered = leg(CallStatus.RINGING).moved(CallStatus.IN_PROGRESS, 10_000)
    assert answered.duration_s is None
    assert answered.moved(CallStatus.COMPLETED, 14_999).duration_s == 4
    assert leg(CallStatus.RINGING).moved(CallStatus.BUSY, 9_000).duration_s == 0


@pytest.mark.parametrize(
    ("cause", "answered", "status"),
    [
        (HangupCause.HANGUP, True, CallStatus.COMPLETED),
        (HangupCause.SERVER_CRASHED, True, CallStatus.FAILED),
        (HangupCause.SERVER_STOPPED, True, CallStatus.COMPLETED),
        (HangupCause.CANCELED, False, CallStatus.CANCELED),
        (HangupCause.BUSY, False, CallStatus.BUSY),
        (HangupCause.NO_ANSWER, False, CallStatus.NO_ANSWER),
        (HangupCause.CALLBACK_FAILED, False, CallStatus.FAILED),
    ],
)
def test_why_a_leg_ended_decides_its_last_state(
    cause: HangupCause, answered: bool, status: CallStatus
) -> None:
    assert final_status(cause, answered) is status


@pytest.mark.parametrize("cause", list(HangupCause))
@pytest.mark.parametrize("answered", [True, False])
def test_every_cause_leads_to_a_state_the_table_allows(cause: HangupCause, answered: bool) -> None:
    before = CallStatus.IN_PROGRESS if answered else CallStatus.RINGING
    status = final_status(cause, answered)
    assert status in TRANSITIONS[before]
