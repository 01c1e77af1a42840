"""A call that somebody made to us: from the INVITE to the ACK of our 2xx.

Owns the server side of RFC 3261 §13.3: ringing (and ringing again every minute), answering, refusing, the CANCEL that
may come at any time before, Expires, reliable provisional responses where the caller wants them (RFC 3262). What
follows the ACK is call.py's.
"""

from __future__ import annotations

from hubbub.protocol.sip.bodies import sdp_of
from hubbub.protocol.sip.call import Call, CallState
from hubbub.protocol.sip.deadlines import Timer
from hubbub.protocol.sip.dialog import Dialog
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import CallConfirmed, EndCause, MediaAnswer
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.reliable_responses import ReliableResponses
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.session_timer import SessionTimer, announce_as_server
from hubbub.protocol.sip.station import Fields, Station
from hubbub.protocol.sip.transactions import ServerTransaction
from hubbub.protocol.sip.values import RAck, option_tags, parse_seconds


class InboundCall(Call):
    """A call whose INVITE came from the far end."""

    __slots__ = (
        "_answer_waiting",
        "_fields",
        "_has_expires",
        "_invite",
        "_limit",
        "_reliable",
        "_requires_reliable",
        "_ring_again",
        "_supports_reliable",
        "_timer",
        "has_offer",
        "request",
    )

    is_inbound = True

    def __init__(
        self,
        station: Station,
        invite: ServerTransaction,
        dialog: Dialog,
        offer: bytes | None,
        timer: SessionTimer | None,
        now: float,
    ) -> None:
        """Takes an INVITE that passed every check; `dialog` was made from it.

        Raises:
            SipParseError: Supported, Require or Expires cannot be read.
        """
        request = invite.request
        tags = (option_tags(request.headers, "Supported"), option_tags(request.headers, "Require"))
        limit_s = station.settings.limits.unanswered_s_max
        expires = request.headers.get("Expires")
        expires_s = None if expires is None else parse_seconds(expires, "Expires")
        super().__init__(station, dialog.call_id, dialog.local_tag, None)
        self.dialog = dialog
        self.learn_abilities(request)
        self.has_offer = offer is not None
        """Whether the INVITE carried an offer; otherwise our answer makes one."""
        self.offered_first = not self.has_offer
        self.request = request
        """The INVITE."""
        self._invite = invite
        invite.to_tag = dialog.local_tag
        invite.on_cancel = self._on_cancel
        self._fields: Fields = station.dialog_fields(request, invite.source)
        self._timer = timer
        self._requires_reliable = "100rel" in tags[1]
        self._supports_reliable = self._requires_reliable or "100rel" in tags[0]
        self._reliable: ReliableResponses | None = None
        self._answer_waiting: bytes | None = None
        self._ring_again: Timer | None = None
        self._has_expires = expires_s is not None and expires_s < limit_s
        if expires_s is not None:
            limit_s = min(limit_s, expires_s)
        self._limit: Timer | None = station.start_timer(now + limit_s, self._on_limit)

    # --- commands -------------------------------------------------------------------------------------

    def ring(self, now: float, sdp: bytes | None = None, status: int = 180) -> None:
        """Sends a provisional response (180, 183 with early media, …).

        It goes reliably where the caller requires that, or supports it and there is a description to deliver.
        """
        if self.state is not CallState.EARLY or self._answer_waiting is not None:
            return
        if self._requires_reliable or (self._supports_reliable and sdp is not None):
            if self._reliable is None:
                self._reliable = ReliableResponses(self.station, self._invite, self._on_no_prack)
            if self.has_negotiated or self._reliable.holds_description:
                sdp = None  # one description per offer (RFC 3262 §5)
            self._reliable.send(status, self._fields, sdp, now)
        else:
            self._respond(status, now, sdp=sdp, fields=self._fields)
        if sdp is not None:
            self.local_sdp = sdp
        self.station.stop_timer(self._ring_again)
        self._ring_again = self.station.start_timer(
            now + self.station.settings.ring_again_s, lambda at: self.ring(at, None, status)
        )

    def answer(self, sdp: bytes, now: float) -> bool:
        """Answers with 200. False when the call is over or answered already.

        While a reliable response with a description waits for its PRACK, the 200 waits too (RFC 3262 §3).
        """
        if self.state is not CallState.EARLY or self._answer_waiting is not None:
            return False
        if self._reliable is not None and self._reliable.holds_description:
            self._answer_waiting = sdp
        else:
            self._answer(sdp, now)
        return True

    def reject(
        self, status: int, now: float, reason: str | None = None, fields: Fields | None = None
    ) -> None:
        """Refuses the call with a status from 300 on. `reason` replaces the status's own phrase."""
        if self.state is CallState.EARLY:
            self._respond(status, now, reason=reason, fields=fields or [])
            self.report_end(EndCause.REJECTED, status, "local", now)
            self._depart()

    # --- incoming -------------------------------------------------------------------------------------

    def _receive_prack(
        self, transaction: ServerTransaction, request: SipRequest, source: Peer, now: float
    ) -> None:
        text = request.headers.get("RAck")
        if text is None:
            raise SipParseError("missing RAck")
        rack, sdp = RAck.parse(text), sdp_of(request)
        acknowledged = None if self._reliable is None else self._reliable.acknowledge(rack, now)
        if acknowledged is None:
            self.station.respond(transaction, 481, now)
            return
        is_answer = sdp is not None and self.offered_first and not self.has_negotiated
        if acknowledged.sdp is not None and (self.has_offer or is_answer):
            self.has_negotiated = True
        if sdp is None:
            self.station.respond(transaction, 200, now)
        elif is_answer:
            self.station.respond(transaction, 200, now)
            self.station.emit(MediaAnswer(self, sdp))
        else:
            self.renegotiation.receive_prack_offer(transaction, source, sdp, now)
        if self._answer_waiting is not None and self._reliable is not None:
            if self._reliable.holds_description:
                return
            waiting, self._answer_waiting = self._answer_waiting, None
            self._answer(waiting, now)

    def _receive_bye(
        self, transaction: ServerTransaction, request: SipRequest, dialog: Dialog, now: float
    ) -> None:
        if self.state is CallState.EARLY:
            self._respond(487, now)  # §15.1.2: the INVITE gets its answer, too
        super()._receive_bye(transaction, request, dialog, now)

    def _on_cancel(self, now: float) -> None:
        if self.state is CallState.EARLY:
            self._respond(487, now)
            self.report_end(EndCause.CANCELLED, 487, "remote", now)
            self._depart()

    # --- progress -------------------------------------------------------------------------------------

    def _answer(self, sdp: bytes, now: float) -> None:
        fields = self._fields
        if self._timer is not None:
            fields = [*fields]
            announce_as_server(fields, self._timer)
        # An answer that a reliable response delivered is not given again (RFC 6337 §3.1.1).
        given = self.has_negotiated and self.local_sdp is not None
        if not given:
            self.local_sdp = sdp
        self._respond(200, now, fields=fields, sdp=None if given else sdp)
        self._stop_waiting()
        self.state = CallState.ACCEPTED
        self.has_negotiated = self.has_negotiated or self.has_offer
        self.await_ack(self._invite, self.request.cseq.number, self._on_first_ack, now)
        if self._timer is not None:
            self.keeper.start(self._timer, now)

    def _on_first_ack(self, sdp: bytes | None, now: float) -> None:
        self.state = CallState.CONFIRMED
        self.has_negotiated = True
        self.station.emit(CallConfirmed(self, sdp))

    def _respond(
        self,
        status: int,
        now: float,
        *,
        reason: str | None = None,
        fields: Fields | None = None,
        sdp: bytes | None = None,
    ) -> None:
        self.station.respond(
            self._invite, status, now, reason=reason, to_tag=self.local_tag, fields=fields or (), sdp=sdp
        )

    # --- ending ---------------------------------------------------------------------------------------

    def _give_up_early(self, now: float, reason: str | None) -> None:
        self.reject(480, now, fields=[("Reason", reason)] if reason else None)

    def _on_limit(self, now: float) -> None:
        """Nobody answered: 487 when the caller set the time by Expires (§13.3.1), 480 when it was our limit."""
        status = 487 if self._has_expires else 480
        self._end_unanswered(EndCause.NO_RESPONSE, status, now)

    def _on_no_prack(self, now: float) -> None:
        self._end_unanswered(EndCause.NO_ACK, 504, now)  # RFC 3262 §3: "a 5xx response"

    def _end_unanswered(self, cause: EndCause, status: int, now: float) -> None:
        if self.state is CallState.EARLY:
            self._respond(status, now)
            self.report_end(cause, status, "timeout", now)
            self._depart()

    def _stop_waiting(self) -> None:
        """The INVITE has its final response."""
        self.station.stop_timer(self._ring_again)
        self.station.stop_timer(self._limit)
        self._ring_again = self._limit = None
        if self._reliable is not None:
            self._reliable.stop()

    def _depart(self) -> None:
        self._stop_waiting()
        super()._depart()
