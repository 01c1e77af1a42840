"""The non-INVITE client transaction: RFC 3261 §17.1.2.

    Trying ──1xx──▶ Proceeding ──2xx-6xx──▶ Completed ──K──▶ Terminated
       └──2xx-6xx─────────────────▲

The request is repeated (E: T1, doubling up to T2; every T2 once a provisional response came; unreliable transports
only) until a final response or F, which covers Trying and Proceeding together.
"""

from __future__ import annotations

from typing import ClassVar

from hubbub.protocol.sip.timers import T1_S, T2_S, TIMER_F_S, TIMER_K_S
from hubbub.protocol.sip.transaction import Action, Event, State, Table, Transaction


class NonInviteClient(Transaction):
    """The sender of any request but INVITE and ACK."""

    __slots__ = ("_give_up_at",)

    TABLE: ClassVar[Table] = {
        (State.TRYING, Event.RESEND): (State.TRYING, (Action.SEND,)),
        (State.TRYING, Event.EXPIRE): (State.TERMINATED, (Action.TIMED_OUT,)),
        (State.TRYING, Event.TRANSPORT_FAILED): (State.TERMINATED, (Action.FAILED,)),
        (State.TRYING, Event.PROVISIONAL): (State.PROCEEDING, (Action.PASS_UP,)),
        (State.TRYING, Event.SUCCESS): (State.COMPLETED, (Action.PASS_UP,)),
        (State.TRYING, Event.FAILURE): (State.COMPLETED, (Action.PASS_UP,)),
        (State.PROCEEDING, Event.RESEND): (State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Event.EXPIRE): (State.TERMINATED, (Action.TIMED_OUT,)),
        (State.PROCEEDING, Event.TRANSPORT_FAILED): (State.TERMINATED, (Action.FAILED,)),
        (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Action.PASS_UP,)),
        (State.PROCEEDING, Event.SUCCESS): (State.COMPLETED, (Action.PASS_UP,)),
        (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Action.PASS_UP,)),
        (State.COMPLETED, Event.EXPIRE): (State.TERMINATED, ()),
    }

    def __init__(self, now: float, *, reliable: bool) -> None:
        super().__init__(State.TRYING, reliable=reliable)
        self.interval_s = T1_S
        if not reliable:
            self.resend_at = now + T1_S  # timer E
        self._give_up_at = self.expire_at = now + TIMER_F_S

    def enter(self, state: State, now: float) -> None:
        if state is State.PROCEEDING:
            self.expire_at = self._give_up_at  # F runs on; it is not started anew
            if not self.reliable:
                self.resend_at = now + T2_S
        elif state is State.COMPLETED:
            self.wait_for_strays(now, TIMER_K_S)

    def next_interval_s(self) -> float:
        return T2_S if self.state is State.PROCEEDING else min(self.interval_s * 2, T2_S)
