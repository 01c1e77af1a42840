"""The non-INVITE server transaction: RFC 3261 §17.2.2.

    Trying ──1xx──▶ Proceeding ──2xx-6xx──▶ Completed ──J──▶ Terminated
       └──2xx-6xx─────────────────▲

A repeated request is absorbed until the user has answered, and fetches the same answer again from then on. This is what
makes a repeated BYE get 200 twice and not 481 the second time.
"""

from __future__ import annotations

from typing import ClassVar

from hubbub.protocol.sip.timers import TIMER_J_S
from hubbub.protocol.sip.transaction import Action, Event, State, Table, Transaction


class NonInviteServer(Transaction):
    """The receiver of any request but INVITE and ACK."""

    __slots__ = ()

    TABLE: ClassVar[Table] = {
        (State.TRYING, Event.PROVISIONAL): (State.PROCEEDING, (Action.SEND,)),
        (State.TRYING, Event.SUCCESS): (State.COMPLETED, (Action.SEND,)),
        (State.TRYING, Event.FAILURE): (State.COMPLETED, (Action.SEND,)),
        (State.PROCEEDING, Event.REQUEST): (State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Event.SUCCESS): (State.COMPLETED, (Action.SEND,)),
        (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Action.SEND,)),
        (State.COMPLETED, Event.REQUEST): (State.COMPLETED, (Action.SEND,)),
        (State.COMPLETED, Event.EXPIRE): (State.TERMINATED, ()),
    }

    def __init__(self, *, reliable: bool) -> None:
        super().__init__(State.TRYING, reliable=reliable)

    def enter(self, state: State, now: float) -> None:
        if state is State.COMPLETED:
            self.wait_for_strays(now, TIMER_J_S)
