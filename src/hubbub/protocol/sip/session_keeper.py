"""Keeping a session alive, and noticing that it is not: the running half of session timers (RFC 4028 §10).

Owns two timers of one call. At half the interval the end that refreshes sends UPDATE without SDP where the far end
allows it, a re-INVITE with the description unchanged where not. Both ends hang up when the interval is nearly over and
no refresh succeeded. What the interval is, session_timer.py agrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import EndCause
from hubbub.protocol.sip.message import SipResponse
from hubbub.protocol.sip.session_timer import (
    SessionTimer,
    agree_as_client,
    ask_as_client,
    demanded_interval_s,
)
from hubbub.protocol.sip.station import SUPPORTED, Fields
from hubbub.protocol.sip.transactions import ClientTransaction

if TYPE_CHECKING:
    from hubbub.protocol.sip.call import Call
    from hubbub.protocol.sip.deadlines import Timer

_TRY_AGAIN_S = 10.0
"""How long after a refresh that was turned down for the moment (491, 500, 503) the next is tried."""


class SessionKeeper:
    """The session timer of one call."""

    __slots__ = ("_call", "_expiry", "_floor_s", "_refresh", "agreed")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._refresh: Timer | None = None
        self._expiry: Timer | None = None
        self._floor_s = call.station.settings.min_se_s
        self.agreed: SessionTimer | None = None
        """What holds at the moment; None: no timer runs."""

    def start(self, agreed: SessionTimer | None, now: float) -> None:
        """A 2xx to INVITE or UPDATE went out or came in: whatever it says starts anew."""
        self.stop()
        self.agreed = agreed
        if agreed is None:
            return
        station = self._call.station
        if agreed.we_refresh:
            self._refresh = station.start_timer(now + agreed.refresh_after_s, self._send_refresh)
        self._expiry = station.start_timer(now + agreed.end_after_s, self._expire)

    def learn(self, response: SipResponse, now: float) -> None:
        """Takes over what a 2xx to our request agreed to."""
        try:
            agreed = agree_as_client(response, min_se_s=self._floor_s)
        except SipParseError:
            agreed = self.agreed  # unreadable: the old agreement holds, and its clock starts anew
        self.start(agreed, now)

    def ask(self, fields: Fields) -> None:
        """Writes the present wish into a request that refreshes."""
        settings = self._call.station.settings
        interval_s = settings.session_expires_s if self.agreed is None else self.agreed.interval_s
        if interval_s:
            ask_as_client(fields, max(interval_s, self._floor_s), self._floor_s, self.agreed)

    def raise_floor(self, response: SipResponse) -> bool:
        """Takes the minimum out of a 422; False when it asks for nothing that we did not offer already (§7.3)."""
        demanded = demanded_interval_s(response)
        if demanded is None or demanded <= self._floor_s:
            return False
        self._floor_s = demanded
        return True

    def stop(self) -> None:
        """No timer runs any more."""
        station = self._call.station
        station.stop_timer(self._refresh)
        station.stop_timer(self._expiry)
        self._refresh = self._expiry = None

    def _expire(self, now: float) -> None:
        self._call.lose(EndCause.SESSION_EXPIRED, None, now)

    def _send_refresh(self, now: float) -> None:
        call = self._call
        if not call.allows_update:
            if not call.renegotiation.refresh(now):
                self.try_later(now)
            return
        fields: Fields = [("Contact", call.own_contact), ("Supported", SUPPORTED)]
        self.ask(fields)
        call.send_in_dialog("UPDATE", fields, b"", self._on_response, now)

    def try_later(self, now: float) -> None:
        """The refresh could not be sent, or was turned down for the moment."""
        station = self._call.station
        station.stop_timer(self._refresh)
        self._refresh = station.start_timer(now + _TRY_AGAIN_S, self._send_refresh)

    def _on_response(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        call, status = self._call, response.status
        if status < 200 or self.agreed is None or call.has_ended:
            return
        dialog = call.dialog
        if status < 300:
            if dialog is not None:
                try:
                    dialog.refresh_target(response, None)
                except SipParseError:
                    call.station.counters["malformed_response"] += 1
            self.learn(response, now)
        elif call.answer_challenge(transaction, response, self._on_response, dialog, now):
            return
        elif status in (408, 481):
            call.lose(EndCause.SESSION_EXPIRED, status, now)
        elif status in (405, 501):
            call.allows_update = False
            self._send_refresh(now)
        elif status == 422:
            if self.raise_floor(response):
                self._send_refresh(now)
            # Otherwise the two minimums contradict one another, and the expiry decides.
        else:
            self.try_later(now)
