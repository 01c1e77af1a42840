"""Repeating a 2xx to INVITE until its ACK comes (RFC 3261 §13.3.1.4).

Owns one 2xx on its way: repeated after T1, doubling up to T2, on every transport, because a hop further on may be
UDP. After 64*T1 without an ACK it gives up, and its owner hangs up.
"""

from __future__ import annotations

from collections.abc import Callable

from hubbub.protocol.sip.deadlines import Timer
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.station import Station
from hubbub.protocol.sip.timers import T1_S, T2_S


class AnswerRepeater:
    """One unacknowledged 2xx."""

    __slots__ = (
        "_data",
        "_give_up_at",
        "_interval_s",
        "_on_give_up",
        "_peer",
        "_station",
        "_timer",
        "cseq_number",
    )

    def __init__(
        self,
        station: Station,
        peer: Peer,
        data: bytes,
        cseq_number: int,
        on_give_up: Callable[[float], None],
        now: float,
    ) -> None:
        self.cseq_number = cseq_number
        """CSeq number of the INVITE, which its ACK repeats."""
        self._station = station
        self._peer = peer
        self._data = data
        self._on_give_up = on_give_up
        self._interval_s = T1_S
        self._give_up_at = now + 64 * T1_S
        self._timer: Timer = station.start_timer(now + T1_S, self._fire)

    def stop(self) -> None:
        """The ACK came, or nobody waits for it any more."""
        self._station.stop_timer(self._timer)

    def _fire(self, now: float) -> None:
        if now >= self._give_up_at:
            self.stop()
            self._on_give_up(now)
            return
        self._station.transmit(self._peer, self._data)
        self._interval_s = min(self._interval_s * 2, T2_S)
        self._station.deadlines.arm(self._timer, min(now + self._interval_s, self._give_up_at))
