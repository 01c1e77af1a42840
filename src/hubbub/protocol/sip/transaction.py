"""What the four transaction machines have in common: the words, and the step through a table.

A transaction is one request and all that answers it, seen from one end. It makes an unreliable transport reliable: it
repeats what may have been lost and absorbs what came twice. RFC 3261 §17 defines four machines; each is one file here
(invite_client, invite_server, non_invite_client, non_invite_server) and each is a table

    (state, event) -> (next state, actions)

beside the two timers that run in each state: one that repeats (`resend_at`) and one that ends the state (`expire_at`).
No state of SIP needs more than these two. What the table does not list is absorbed without a trace, which is
just what the RFC asks for stray messages.

A machine knows no socket, no clock and no message format: the events are "a provisional response came", the actions
are "send what you sent last". transactions.py carries them out and matches messages to machines.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, TypeAlias

from hubbub.protocol.sip.timers import NEVER


class State(StrEnum):
    """The states of RFC 3261 §17, with Accepted from RFC 6026."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"


class Event(StrEnum):
    """What can happen to a transaction. A server's `PROVISIONAL`, `SUCCESS` and `FAILURE` come from its own user."""

    REQUEST = "request"
    """The request came again."""
    ACK = "ack"
    """An ACK that matches came."""
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "3xx-6xx"
    RESEND = "resend timer"
    """Timer A, E or G."""
    EXPIRE = "expire timer"
    """Timer B, D, F, H, I, J, K, L or M."""
    TRANSPORT_FAILED = "transport failed"


class Action(StrEnum):
    """What the transaction layer is to do."""

    SEND = "send"
    """Send what was sent last (again, or for the first time)."""
    SEND_TRYING = "send 100"
    """Send 100 Trying on behalf of a user that takes its time, unless it has said something meanwhile."""
    ACKNOWLEDGE = "acknowledge"
    """Send the ACK of a failure (RFC 3261 §17.1.1.3)."""
    PASS_UP = "pass up"  # noqa: S105 - no password
    """Hand the message to the user."""
    TIMED_OUT = "timed out"
    """Tell the user: nobody answered."""
    FAILED = "failed"
    """Tell the user: the transport cannot reach the other side."""


Actions: TypeAlias = tuple[Action, ...]
Table: TypeAlias = Mapping[tuple[State, Event], tuple[State, Actions]]

NOTHING: Actions = ()


def event_of_status(status: int) -> Event:
    """The event that a response of this status is."""
    if status < 200:
        return Event.PROVISIONAL
    return Event.SUCCESS if status < 300 else Event.FAILURE


class Transaction:
    """One request and what answers it, at one end. Subclasses give the table and say which timers a state runs."""

    __slots__ = ("expire_at", "interval_s", "reliable", "resend_at", "state")

    TABLE: ClassVar[Table]

    def __init__(self, state: State, *, reliable: bool) -> None:
        self.state = state
        self.reliable = reliable
        self.resend_at = NEVER
        self.expire_at = NEVER
        self.interval_s = 0.0

    @property
    def wake_at(self) -> float:
        """The earlier of the two timers: when `handle_timers` wants to be called."""
        return self.resend_at if self.resend_at < self.expire_at else self.expire_at

    def handle_timers(self, now: float) -> Actions:
        """Runs the timer that is due, if one is."""
        if now >= self.expire_at:
            self.expire_at = NEVER
            return self.step(Event.EXPIRE, now)
        if now >= self.resend_at:
            self.interval_s = self.next_interval_s()
            self.resend_at = now + self.interval_s if self.interval_s else NEVER
            return self.step(Event.RESEND, now)
        return NOTHING

    def step(self, event: Event, now: float) -> Actions:
        """Looks the event up in the table, moves, and says what to do."""
        row = self.TABLE.get((self.state, event))
        if row is None:
            return NOTHING
        state, actions = row
        if state is not self.state:
            self.state = state
            self.resend_at = NEVER
            self.expire_at = NEVER
            self.enter(state, now)
        return actions

    def enter(self, state: State, now: float) -> None:
        """Starts the timers of a state that was just entered."""
        raise AssertionError("every machine says which timers its states run")

    def next_interval_s(self) -> float:
        """How long after the repetition that is due now the next one follows; 0 when none does."""
        return 0.0

    def wait_for_strays(self, now: float, wait_s: float) -> None:
        """Lingers to absorb repetitions; over a reliable transport there are none, and it ends at once."""
        if self.reliable:
            self.state = State.TERMINATED
        else:
            self.expire_at = now + wait_s
