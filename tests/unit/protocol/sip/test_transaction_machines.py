"""The four transaction machines, state by state: RFC 3261 §17 and RFC 6026.

The wire is not here: what goes in is an event and a time, what comes out is a tuple of actions.
"""

from __future__ import annotations

import pytest

from hubbub.protocol.sip.invite_client import InviteClient
from hubbub.protocol.sip.invite_server import InviteServer
from hubbub.protocol.sip.non_invite_client import NonInviteClient
from hubbub.protocol.sip.non_invite_server import NonInviteServer
from hubbub.protocol.sip.timers import NEVER
from hubbub.protocol.sip.transaction import Action, Event, State, Transaction, event_of_status


def run_alone(transaction: Transaction, until: float) -> list[tuple[float, Action]]:
    """Lets time pass with a silent peer; returns when what was done."""
    log: list[tuple[float, Action]] = []
    while transaction.state is not State.TERMINATED and transaction.wake_at <= until:
        now = transaction.wake_at
        log.extend((now, action) for action in transaction.handle_timers(now))
    return log


def test_rfc3261_17_1_1_2_a_silent_peer_gets_seven_invites_and_then_timer_b_fires() -> None:
    machine = InviteClient(0.0, reliable=False)
    assert run_alone(machine, 100.0) == [
        *((at, Action.SEND) for at in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)),
        (32.0, Action.TIMED_OUT),
    ]
    assert machine.state is State.TERMINATED


def test_rfc3261_17_1_1_2_an_invite_over_tcp_is_sent_once() -> None:
    machine = InviteClient(0.0, reliable=True)
    assert run_alone(machine, 100.0) == [(32.0, Action.TIMED_OUT)]


def test_rfc3261_17_1_1_2_a_ringing_phone_stops_retransmission_and_never_times_out() -> None:
    machine = InviteClient(0.0, reliable=False)
    assert machine.step(Event.PROVISIONAL, 0.3) == (Action.PASS_UP,)
    assert machine.state is State.PROCEEDING
    assert machine.wake_at == NEVER


@pytest.mark.parametrize("ringing_first", [False, True])
def test_rfc3261_17_1_1_2_each_repeated_failure_is_acknowledged_but_told_once(ringing_first: bool) -> None:
    machine = InviteClient(0.0, reliable=False)
    if ringing_first:
        machine.step(Event.PROVISIONAL, 0.1)
    assert machine.step(Event.FAILURE, 1.0) == (Action.ACKNOWLEDGE, Action.PASS_UP)
    assert machine.step(Event.FAILURE, 1.5) == (Action.ACKNOWLEDGE,)
    assert machine.step(Event.SUCCESS, 1.6) == ()
    assert machine.step(Event.PROVISIONAL, 1.6) == ()
    assert machine.wake_at == 33.0
    assert machine.handle_timers(33.0) == ()
    assert machine.state is State.TERMINATED


def test_rfc3261_17_1_1_2_timer_d_is_zero_over_a_reliable_transport() -> None:
    machine = InviteClient(0.0, reliable=True)
    assert machine.step(Event.FAILURE, 1.0) == (Action.ACKNOWLEDGE, Action.PASS_UP)
    assert machine.state is State.TERMINATED


@pytest.mark.parametrize("reliable", [False, True])
def test_rfc6026_7_2_every_2xx_reaches_the_user_until_timer_m(reliable: bool) -> None:
    machine = InviteClient(0.0, reliable=reliable)
    machine.step(Event.PROVISIONAL, 0.1)
    assert machine.step(Event.SUCCESS, 1.0) == (Action.PASS_UP,)
    assert machine.state is State.ACCEPTED
    assert machine.step(Event.SUCCESS, 20.0) == (Action.PASS_UP,)
    assert machine.step(Event.FAILURE, 20.0) == ()
    assert machine.step(Event.PROVISIONAL, 20.0) == ()
    assert run_alone(machine, 100.0) == []
    assert machine.state is State.TERMINATED


def test_rfc3261_17_2_1_a_slow_user_gets_100_trying_sent_after_200_ms_and_once() -> None:
    machine = InviteServer(0.0, reliable=False, trying_after_s=0.2)
    assert run_alone(machine, 100.0) == [(0.2, Action.SEND_TRYING)]
    assert machine.state is State.PROCEEDING


def test_rfc3261_17_2_1_a_repeated_invite_fetches_the_last_provisional_response() -> None:
    machine = InviteServer(0.0, reliable=False, trying_after_s=0.2)
    machine.step(Event.PROVISIONAL, 0.1)
    assert machine.step(Event.REQUEST, 0.5) == (Action.SEND,)


def test_rfc3261_17_2_1_a_failure_is_repeated_at_t1_doubling_to_t2_until_timer_h() -> None:
    machine = InviteServer(0.0, reliable=False, trying_after_s=0.2)
    assert machine.step(Event.FAILURE, 0.0) == (Action.SEND,)
    times = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert run_alone(machine, 100.0) == [(at, Action.SEND) for at in times]
    assert machine.state is State.TERMINATED


def test_rfc3261_17_2_1_the_ack_stops_the_repetition_and_strays_are_absorbed_for_timer_i() -> None:
    machine = InviteServer(0.0, reliable=False, trying_after_s=0.2)
    machine.step(Event.FAILURE, 0.0)
    assert machine.step(Event.ACK, 0.7) == ()
    assert machine.state is State.CONFIRMED
    assert machine.step(Event.REQUEST, 0.8) == ()
    assert machine.step(Event.ACK, 0.9) == ()
    assert machine.wake_at == pytest.approx(5.7)
    machine.handle_timers(5.7)
    assert machine.state is State.TERMINATED


def test_rfc3261_17_2_1_over_tcp_a_failure_is_sent_once_and_its_ack_ends_everything() -> None:
    machine = InviteServer(0.0, reliable=True, trying_after_s=0.2)
    assert machine.step(Event.FAILURE, 0.0) == (Action.SEND,)
    assert machine.wake_at == 32.0
    machine.step(Event.ACK, 1.0)
    assert machine.state is State.TERMINATED


def test_rfc6026_7_1_accepted_absorbs_invites_and_lets_the_users_2xx_and_any_ack_through() -> None:
    machine = InviteServer(0.0, reliable=False, trying_after_s=0.2)
    assert machine.step(Event.SUCCESS, 1.0) == (Action.SEND,)
    assert machine.state is State.ACCEPTED
    assert machine.step(Event.REQUEST, 1.5) == ()
    assert machine.step(Event.SUCCESS, 1.5) == (Action.SEND,)
    assert machine.step(Event.ACK, 1.7) == (Action.PASS_UP,)
    assert machine.step(Event.FAILURE, 1.8) == ()
    assert machine.wake_at == 33.0
    machine.handle_timers(33.0)
    assert machine.state is State.TERMINATED


def test_rfc3261_17_1_2_2_a_silent_peer_gets_eleven_requests_and_then_timer_f_fires() -> None:
    machine = NonInviteClient(0.0, reliable=False)
    times = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert run_alone(machine, 100.0) == [*((at, Action.SEND) for at in times), (32.0, Action.TIMED_OUT)]


def test_rfc3261_17_1_2_2_a_provisional_response_slows_the_repetition_and_does_not_stop_timer_f() -> None:
    machine = NonInviteClient(0.0, reliable=False)
    assert machine.step(Event.PROVISIONAL, 0.2) == (Action.PASS_UP,)
    sent = run_alone(machine, 100.0)
    assert sent[0] == (pytest.approx(4.2), Action.SEND)
    assert sent[1] == (pytest.approx(8.2), Action.SEND)
    assert sent[-1] == (32.0, Action.TIMED_OUT)


@pytest.mark.parametrize(("reliable", "waits"), [(False, 6.0), (True, NEVER)])
def test_rfc3261_17_1_2_2_repeated_answers_are_absorbed_for_timer_k(reliable: bool, waits: float) -> None:
    machine = NonInviteClient(0.0, reliable=reliable)
    assert machine.step(Event.SUCCESS, 1.0) == (Action.PASS_UP,)
    assert machine.step(Event.SUCCESS, 1.1) == ()
    assert machine.wake_at == waits
    assert (machine.state is State.TERMINATED) == reliable


def test_rfc3261_17_2_2_a_repeated_request_is_absorbed_first_and_answered_again_later() -> None:
    machine = NonInviteServer(reliable=False)
    assert machine.step(Event.REQUEST, 0.5) == ()
    assert machine.step(Event.SUCCESS, 1.0) == (Action.SEND,)
    assert machine.step(Event.REQUEST, 1.5) == (Action.SEND,)
    assert machine.step(Event.FAILURE, 2.0) == ()
    assert machine.wake_at == 33.0
    machine.handle_timers(33.0)
    assert machine.state is State.TERMINATED


def test_rfc3261_17_2_2_timer_j_is_zero_over_a_reliable_transport() -> None:
    machine = NonInviteServer(reliable=True)
    assert machine.step(Event.SUCCESS, 1.0) == (Action.SEND,)
    assert machine.state is State.TERMINATED


def test_rfc3261_17_1_4_a_dead_transport_ends_the_clients_at_once() -> None:
    for machine in (InviteClient(0.0, reliable=True), NonInviteClient(0.0, reliable=True)):
        assert machine.step(Event.TRANSPORT_FAILED, 0.1) == (Action.FAILED,)
        assert machine.state is State.TERMINATED


def test_a_timer_that_is_asked_early_does_nothing() -> None:
    for machine in (InviteClient(0.0, reliable=False), NonInviteClient(0.0, reliable=False)):
        assert machine.handle_timers(0.49) == ()


@pytest.mark.parametrize(
    ("status", "event"),
    [
        (100, Event.PROVISIONAL),
        (199, Event.PROVISIONAL),
        (200, Event.SUCCESS),
        (299, Event.SUCCESS),
        (300, Event.FAILURE),
        (699, Event.FAILURE),
    ],
)
def test_a_status_is_an_event(status: int, event: Event) -> None:
    assert event_of_status(status) is event


@pytest.mark.parametrize("machine", [InviteClient, InviteServer, NonInviteClient, NonInviteServer])
def test_no_state_is_a_trap(machine: type[Transaction]) -> None:
    """From every state that a table mentions, the table leads to Terminated, and nothing leads out of it."""
    targets: dict[State, set[State]] = {}
    for (state, _), (after, _) in machine.TABLE.items():
        targets.setdefault(state, set()).add(after)
    assert State.TERMINATED not in targets
    for start in targets:
        reached, frontier = {start}, [start]
        while frontier:
            for after in targets.get(frontier.pop(), ()):
                if after not in reached:
                    reached.add(after)
                    frontier.append(after)
        assert State.TERMINATED in reached
