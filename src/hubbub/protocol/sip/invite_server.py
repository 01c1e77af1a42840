"""The INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.

    Proceeding ──2xx──▶ Accepted ──L──▶ Terminated
        └──3xx-6xx──▶ Completed ──ACK──▶ Confirmed ──I──▶ Terminated
                          └──H──▶ Terminated

Proceeding sends 100 Trying by itself when the user says nothing for 200 ms, and answers a repeated INVITE with the
last provisional response. A failure is repeated (G: T1, doubling up to T2, unreliable transports only) until its ACK
comes or H gives up. A 2xx is repeated by the user, not here, because its ACK is an end-to-end matter (RFC 3261
§13.3.1.4); Accepted only absorbs repeated INVITEs, lets the user's repetitions through and hands it any ACK.
"""

from __future__ import annotations

from typing import ClassVar

from hubbub.protocol.sip.timers import T1_S, T2_S, TIMER_H_S, TIMER_I_S, TIMER_L_S
from hubbub.protocol.sip.transaction import Action, Event, State, Table, Transaction


class InviteServer(Transaction):
    """The receiver of an INVITE."""

    __slots__ = ()

    TABLE: ClassVar[Table] = {
        (State.PROCEEDING, Event.RESEND): (State.PROCEEDING, (Action.SEND_TRYING,)),
        (State.PROCEEDING, Event.REQUEST): (State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Event.SUCCESS): (State.ACCEPTED, (Action.SEND,)),
        (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Action.SEND,)),
        (State.ACCEPTED, Event.SUCCESS): (State.ACCEPTED, (Action.SEND,)),
        (State.ACCEPTED, Event.ACK): (State.ACCEPTED, (Action.PASS_UP,)),
        (State.ACCEPTED, Event.EXPIRE): (State.TERMINATED, ()),
        (State.COMPLETED, Event.REQUEST): (State.COMPLETED, (Action.SEND,)),
        (State.COMPLETED, Event.RESEND): (State.COMPLETED, (Action.SEND,)),
        (State.COMPLETED, Event.ACK): (State.CONFIRMED, ()),
        (State.COMPLETED, Event.EXPIRE): (State.TERMINATED, ()),
        (State.COMPLETED, Event.TRANSPORT_FAILED): (State.TERMINATED, ()),
        (State.CONFIRMED, Event.EXPIRE): (State.TERMINATED, ()),
    }

    def __init__(self, now: float, *, reliable: bool, trying_after_s: float) -> None:
        super().__init__(State.PROCEEDING, reliable=reliable)
        self.resend_at = now + trying_after_s

    def enter(self, state: State, now: float) -> None:
        if state is State.ACCEPTED:
            self.expire_at = now + TIMER_L_S
        elif state is State.COMPLETED:
            self.expire_at = now + TIMER_H_S
            self.interval_s = T1_S
            if not self.reliable:
                self.resend_at = now + T1_S  # timer G
        elif state is State.CONFIRMED:
            self.wait_for_strays(now, TIMER_I_S)

    def next_interval_s(self) -> float:
        if self.state is State.PROCEEDING:
            return 0.0  # 100 Trying is sent once; repeated INVITEs fetch it again
        return min(self.interval_s * 2, T2_S)
