"""The INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.

    Calling ──1xx──▶ Proceeding ──2xx──▶ Accepted ──M──▶ Terminated
       │ └───────2xx──────────────────────▲
       └──3xx-6xx──▶ Completed ──D──▶ Terminated     (also from Proceeding)

Calling repeats the INVITE (A: T1, doubling, unreliable transports only) and gives up after B. A phone may ring for as
long as it likes: Proceeding has no timer. A failure is acknowledged by the machine itself, each time it comes;
a 2xx is not: every 2xx, repeated or from another branch of a fork, goes up to the user, who sends the ACK, for as
long as M runs. Before RFC 6026 the transaction ended at the first 2xx and the others reached nobody.
"""

from __future__ import annotations

from typing import ClassVar

from hubbub.protocol.sip.timers import T1_S, TIMER_B_S, TIMER_D_S, TIMER_M_S
from hubbub.protocol.sip.transaction import Action, Event, State, Table, Transaction


class InviteClient(Transaction):
    """The sender of an INVITE."""

    __slots__ = ()

    TABLE: ClassVar[Table] = {
        (State.CALLING, Event.RESEND): (State.CALLING, (Action.SEND,)),
        (State.CALLING, Event.EXPIRE): (State.TERMINATED, (Action.TIMED_OUT,)),
        (State.CALLING, Event.TRANSPORT_FAILED): (State.TERMINATED, (Action.FAILED,)),
        (State.CALLING, Event.PROVISIONAL): (State.PROCEEDING, (Action.PASS_UP,)),
        (State.CALLING, Event.SUCCESS): (State.ACCEPTED, (Action.PASS_UP,)),
        (State.CALLING, Event.FAILURE): (State.COMPLETED, (Action.ACKNOWLEDGE, Action.PASS_UP)),
        (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Action.PASS_UP,)),
        (State.PROCEEDING, Event.SUCCESS): (State.ACCEPTED, (Action.PASS_UP,)),
        (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Action.ACKNOWLEDGE, Action.PASS_UP)),
        (State.ACCEPTED, Event.SUCCESS): (State.ACCEPTED, (Action.PASS_UP,)),
        (State.ACCEPTED, Event.EXPIRE): (State.TERMINATED, ()),
        (State.COMPLETED, Event.FAILURE): (State.COMPLETED, (Action.ACKNOWLEDGE,)),
        (State.COMPLETED, Event.TRANSPORT_FAILED): (State.TERMINATED, ()),
        (State.COMPLETED, Event.EXPIRE): (State.TERMINATED, ()),
    }

    def __init__(self, now: float, *, reliable: bool) -> None:
        super().__init__(State.CALLING, reliable=reliable)
        self.interval_s = T1_S
        if not reliable:
            self.resend_at = now + T1_S  # timer A
        self.expire_at = now + TIMER_B_S

    def enter(self, state: State, now: float) -> None:
        if state is State.ACCEPTED:
            self.expire_at = now + TIMER_M_S
        elif state is State.COMPLETED:
            self.wait_for_strays(now, TIMER_D_S)

    def next_interval_s(self) -> float:
        return self.interval_s * 2
