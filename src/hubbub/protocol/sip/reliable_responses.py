"""Provisional responses that must arrive: the server half of 100rel (RFC 3262 §3).

Owns RSeq, the repetition of one unacknowledged response (T1, doubling, for 64*T1) and the queue behind it: the next
one waits until the PRACK of the one before has come. Leaves to others: what the PRACK carries, and the 2xx that must
wait while a description is unacknowledged (inbound_call.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from hubbub.protocol.sip.deadlines import Timer
from hubbub.protocol.sip.station import Fields, Station
from hubbub.protocol.sip.timers import T1_S
from hubbub.protocol.sip.transactions import ServerTransaction
from hubbub.protocol.sip.values import RAck


class _Response(NamedTuple):
    status: int
    fields: Fields
    sdp: bytes | None


class ReliableResponses:
    """The reliable provisional responses of one INVITE."""

    __slots__ = (
        "_cseq",
        "_data",
        "_give_up_at",
        "_interval_s",
        "_invite",
        "_on_give_up",
        "_pending",
        "_queue",
        "_rseq",
        "_station",
        "_timer",
    )

    def __init__(
        self, station: Station, invite: ServerTransaction, on_give_up: Callable[[float], None]
    ) -> None:
        self._station = station
        self._invite = invite
        self._cseq = invite.request.cseq
        self._on_give_up = on_give_up
        # §3: the first is chosen at random between 1 and 2^31 - 1.
        self._rseq = int(station.identifiers.between(1, 2**31 - 10_000))
        self._queue: deque[_Response] = deque(maxlen=16)
        self._pending: _Response | None = None
        self._data = b""
        self._timer: Timer | None = None
        self._interval_s = T1_S
        self._give_up_at = 0.0

    @property
    def holds_description(self) -> bool:
        """Whether a description is among what was not acknowledged: a 2xx has to wait for that (§3)."""
        return (self._pending is not None and self._pending.sdp is not None) or any(
            response.sdp is not None for response in self._queue
        )

    def send(self, status: int, fields: Fields, sdp: bytes | None, now: float) -> None:
        """Sends a response, or queues it behind the one that is not acknowledged yet."""
        response = _Response(status, fields, sdp)
        if self._pending is not None:
            self._queue.append(response)
        else:
            self._send(response, now)

    def acknowledge(self, rack: RAck, now: float) -> _Response | None:
        """What a PRACK acknowledges; None when it means nothing that is waiting (481, §3)."""
        pending = self._pending
        invite = self._cseq
        if pending is None or (rack.rseq, rack.cseq_number, rack.method) != (
            self._rseq,
            invite.number,
            invite.method,
        ):
            return None
        self._station.stop_timer(self._timer)
        self._pending = self._timer = None
        if self._queue:
            self._send(self._queue.popleft(), now)
        return pending

    def stop(self) -> None:
        """The INVITE has its final response, or the call is over."""
        self._station.stop_timer(self._timer)
        self._timer = None
        self._queue.clear()

    def _send(self, response: _Response, now: float) -> None:
        self._rseq += 1
        self._pending = response
        self._interval_s = T1_S
        self._give_up_at = now + 64 * T1_S
        fields = [*response.fields, ("Require", "100rel"), ("RSeq", str(self._rseq))]
        invite = self._invite
        self._station.respond(
            invite, response.status, now, to_tag=invite.to_tag, fields=fields, sdp=response.sdp
        )
        self._data = invite.data or b""
        self._timer = self._station.start_timer(now + T1_S, self._fire)

    def _fire(self, now: float) -> None:
        if now >= self._give_up_at:
            self.stop()
            self._on_give_up(now)
            return
        assert self._timer is not None
        self._station.transmit(self._invite.peer, self._data)
        self._interval_s *= 2
        self._station.deadlines.arm(self._timer, min(now + self._interval_s, self._give_up_at))
