"""Changing the media of a running call: re-INVITE both ways, UPDATE and PRACK offers coming in.

Owns the rule that one offer is open at a time (RFC 3261 §14, RFC 3311 §5, RFC 6337 §4): who is refused with 491 and
who with 500, when an offer of ours may go, and how long it waits after a collision. Leaves to others: what an offer
means (the embedder), the ACK of our 2xx and its repetition (call.py), the initial INVITE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.protocol.sip.bodies import UnsupportedBody, sdp_of
from hubbub.protocol.sip.dialog import Dialog, contact_uri
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import EndCause, MediaAnswer, MediaOffer, OfferRefused
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.session_timer import (
    IntervalTooSmall,
    SessionTimer,
    agree_as_server,
    announce_as_server,
)
from hubbub.protocol.sip.station import ALLOW, SDP_TYPE, SUPPORTED, Fields
from hubbub.protocol.sip.timers import TIMER_B_S
from hubbub.protocol.sip.transactions import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from hubbub.protocol.sip.call import Call
    from hubbub.protocol.sip.deadlines import Timer

# §14.1: how long the end that owns the Call-ID waits after 491, and the other one.
_GLARE_OWNER_S = (2.1, 4.0)
_GLARE_OTHER_S = (0.0, 2.0)


class Renegotiation:
    """The offers of one call after its first."""

    __slots__ = (
        "_call",
        "_collisions",
        "_in_flight",
        "_offered_in_2xx",
        "_our_limit",
        "_ours",
        "_refreshes",
        "_retry",
        "_source",
        "_their_limit",
        "_theirs",
        "_timer",
        "_wanted",
    )

    def __init__(self, call: Call) -> None:
        self._call = call
        self._theirs: ServerTransaction | None = None
        self._source: Peer | None = None
        self._timer: SessionTimer | None = None
        self._their_limit: Timer | None = None
        self._ours: ClientTransaction | None = None
        self._our_limit: Timer | None = None
        self._offered_in_2xx = False
        self._wanted: bytes | None = None
        self._in_flight = b""
        self._refreshes = False
        self._retry: Timer | None = None
        self._collisions = 0

    # --- their offers ---------------------------------------------------------------------------------

    def receive_invite(
        self, transaction: ServerTransaction, request: SipRequest, source: Peer, now: float
    ) -> None:
        """A re-INVITE."""
        call = self._call
        if not call.is_confirmed or self._ours is not None:
            # Our 2xx waits for its ACK, or our own re-INVITE is on its way (§14.2). An INVITE of theirs before ours
            # is answered at all is a collision just as well.
            busy = 500 if call.is_inbound and call.is_early else 491
            self._refuse_for_now(transaction, busy, now)
            return
        if self._theirs is not None:
            self._refuse_for_now(transaction, 500, now)
            return
        sdp = sdp_of(request)
        if request.headers.get("Contact") is not None:
            contact_uri(request)
        if self._agree(transaction, request, now):
            transaction.on_cancel = self._on_cancel
            self._ask_embedder(transaction, source, sdp, now)

    def receive_update(
        self, transaction: ServerTransaction, request: SipRequest, dialog: Dialog, source: Peer, now: float
    ) -> None:
        """An UPDATE: an offer, or only a refresh of target and session timer (RFC 3311 §5.2, RFC 4028 §9)."""
        call = self._call
        sdp = sdp_of(request)
        if sdp is not None and (self._theirs is not None or not (call.has_negotiated or call.offered_first)):
            self._refuse_for_now(transaction, 500, now)
            return
        if sdp is not None and (self._ours is not None or not call.has_negotiated or self._offered_in_2xx):
            self._refuse_for_now(transaction, 491, now)
            return
        if request.headers.get("Contact") is not None:
            contact_uri(request)
        if not self._agree(transaction, request, now):
            return
        if sdp is None:
            self._accept(transaction, source, None, now)
        else:
            self._ask_embedder(transaction, source, sdp, now)

    def receive_prack_offer(
        self, transaction: ServerTransaction, source: Peer, sdp: bytes, now: float
    ) -> None:
        """A PRACK that carries an offer (RFC 3262 §5)."""
        if self._theirs is not None or self._ours is not None:
            self._refuse_for_now(transaction, 500, now)
        else:
            self._timer = None
            self._ask_embedder(transaction, source, sdp, now)

    def answer(self, sdp: bytes, now: float) -> bool:
        """The embedder answers the open offer, or makes the offer that an empty re-INVITE asked for."""
        transaction, source = self._theirs, self._source
        if transaction is None or source is None:
            return False
        self._close_theirs()
        self._call.local_sdp = sdp
        self._accept(transaction, source, sdp, now)
        return True

    def refuse(self, status: int, now: float) -> bool:
        """The embedder refuses the open offer."""
        transaction = self._theirs
        if transaction is None:
            return False
        self._close_theirs()
        self._call.station.respond(transaction, status, now)
        self.proceed(now)
        return True

    def _ask_embedder(
        self, transaction: ServerTransaction, source: Peer, sdp: bytes | None, now: float
    ) -> None:
        station = self._call.station
        self._theirs, self._source = transaction, source
        limit_s = station.settings.limits.offer_answer_s_max
        self._their_limit = station.start_timer(now + limit_s, self._overdue)
        station.emit(MediaOffer(self._call, sdp))

    def _overdue(self, now: float) -> None:
        self._call.station.counters["offer_not_answered"] += 1
        self.refuse(500, now)

    def _agree(self, transaction: ServerTransaction, request: SipRequest, now: float) -> bool:
        """Negotiates the session timer; False when the request was answered with 422."""
        settings = self._call.station.settings
        try:
            self._timer = agree_as_server(
                request, wanted_s=settings.session_expires_s, min_se_s=settings.min_se_s
            )
        except IntervalTooSmall as refusal:
            self._call.station.respond(transaction, 422, now, fields=[("Min-SE", str(refusal.min_se_s))])
            return False
        return True

    def _accept(self, transaction: ServerTransaction, source: Peer, sdp: bytes | None, now: float) -> None:
        """200 to their request, with all that a 2xx agrees to."""
        call, request = self._call, transaction.request
        station, dialog = call.station, call.find_dialog(request.from_addr.tag)
        if dialog is not None:
            dialog.refresh_target(request, source)
        call.learn_abilities(request)
        fields = station.dialog_fields(request, source)
        if request.method != "PRACK":
            if self._timer is not None:
                announce_as_server(fields, self._timer)
            if not call.is_early:
                call.keeper.start(self._timer, now)
        station.respond(transaction, 200, now, fields=fields, sdp=sdp)
        if request.method == "INVITE":
            self._offered_in_2xx = sdp_of(request) is None
            call.await_ack(transaction, request.cseq.number, self._on_ack, now)
        else:
            self.proceed(now)

    def _on_ack(self, answer: bytes | None, now: float) -> None:
        if not self._offered_in_2xx:
            return
        self._offered_in_2xx = False
        if answer is None:
            self._call.station.emit(OfferRefused(self._call, 488))
        else:
            self._call.station.emit(MediaAnswer(self._call, answer))

    def _on_cancel(self, now: float) -> None:
        self.refuse(487, now)

    def _refuse_for_now(self, transaction: ServerTransaction, status: int, now: float) -> None:
        station = self._call.station
        fields: Fields = []
        if status == 500:  # §14.2: a random time between 0 and 10 seconds
            fields.append(("Retry-After", str(int(station.identifiers.between(0, 10)))))
        station.respond(transaction, status, now, fields=fields)

    def _close_theirs(self) -> None:
        self._call.station.stop_timer(self._their_limit)
        self._theirs = self._source = self._their_limit = None

    # --- our offers -----------------------------------------------------------------------------------

    def offer(self, sdp: bytes, now: float) -> None:
        """Sends a re-INVITE, now or when the way is free. A newer offer replaces one that still waits."""
        self._wanted = sdp
        self._refreshes = False
        self._collisions = 0
        self.proceed(now)

    def refresh(self, now: float) -> bool:
        """Sends a re-INVITE that changes nothing; False when another exchange runs, which refreshes as well."""
        sdp = self._call.local_sdp
        if sdp is None or self._wanted is not None or self._retry is not None or not self._is_free():
            return False
        self._wanted = sdp
        self._refreshes = True
        self.proceed(now)
        return True

    def proceed(self, now: float) -> None:
        """Sends what waits, if nothing is in its way."""
        if self._wanted is not None and self._retry is None and self._is_free():
            self._in_flight, self._wanted = self._wanted, None
            self._send(self._in_flight, now)

    def stop(self, now: float) -> None:
        """The call ended. Their open request is answered (§15.1.2); ours gets 32 s more to be."""
        call = self._call
        call.station.stop_timer(self._retry)
        self._retry = self._wanted = None
        transaction = self._theirs
        if transaction is not None:
            self._close_theirs()
            call.station.respond(transaction, 487, now)
        if self._our_limit is not None:
            call.station.deadlines.arm(self._our_limit, now + TIMER_B_S)

    def _is_free(self) -> bool:
        call = self._call
        return call.is_confirmed and not call.awaits_ack and self._ours is None and self._theirs is None

    def _send(self, sdp: bytes, now: float) -> None:
        call = self._call
        fields: Fields = [
            ("Contact", call.own_contact),
            ("Allow", ALLOW),
            ("Supported", SUPPORTED),
            ("Content-Type", SDP_TYPE),
        ]
        if call.has_session_timer:
            call.keeper.ask(fields)
        self._expect(call.send_in_dialog("INVITE", fields, sdp, self._on_response, now), now)

    def _expect(self, transaction: ClientTransaction, now: float) -> None:
        station = self._call.station
        self._ours = transaction
        station.stop_timer(self._our_limit)
        self._our_limit = station.start_timer(
            now + station.settings.limits.unanswered_s_max, self._on_no_answer
        )

    def _on_response(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        call, status = self._call, response.status
        if status < 200:
            return
        if status < 300:
            call.acknowledge_reinvite(transaction, now)
        if transaction is not self._ours:
            return  # a 2xx that came again
        self._close_ours()
        if call.has_ended:
            return
        if status < 300:
            self._take_answer(response, now)
            return
        if (
            sent := call.answer_challenge(transaction, response, self._on_response, call.dialog, now)
        ) is not None:
            self._expect(sent, now)
        elif status in (408, 481):
            call.lose(EndCause.DIALOG_LOST, status, now)
        elif status == 491 and self._collisions < call.station.settings.limits.glare_retries_max:
            self._keep_wanting()
            self._wait_after_collision(now)
        elif status == 422 and call.keeper.raise_floor(response):
            self._keep_wanting()
            self.proceed(now)
        else:
            self._fail(status, now)

    def _keep_wanting(self) -> None:
        """What was in flight must go again, unless something newer has taken its place."""
        if self._wanted is None:
            self._wanted = self._in_flight

    def _take_answer(self, response: SipResponse, now: float) -> None:
        call = self._call
        call.learn_abilities(response)
        answer: bytes | None = None
        try:
            if call.dialog is not None:
                call.dialog.refresh_target(response, None)
            answer = sdp_of(response)
        except (SipParseError, UnsupportedBody):
            call.station.counters["malformed_response"] += 1
        if call.has_session_timer:
            call.keeper.learn(response, now)
        if answer is None:
            call.station.emit(OfferRefused(call, response.status))
        else:
            call.local_sdp = self._in_flight
            call.station.emit(MediaAnswer(call, answer))
        self.proceed(now)

    def _wait_after_collision(self, now: float) -> None:
        call = self._call
        self._collisions += 1
        low, high = _GLARE_OTHER_S if call.is_inbound else _GLARE_OWNER_S
        # §14.1 counts in units of 10 ms.
        wait_s = round(call.station.identifiers.between(low, high), 2)
        self._retry = call.station.start_timer(now + wait_s, self._try_again)

    def _try_again(self, now: float) -> None:
        self._retry = None
        self.proceed(now)

    def _fail(self, status: int, now: float) -> None:
        if self._refreshes:
            self._call.keeper.try_later(now)
        else:
            self._call.station.emit(OfferRefused(self._call, status))
        self.proceed(now)

    def _on_no_answer(self, now: float) -> None:
        """Neither an answer nor a timeout of the transaction: provisional responses and then nothing."""
        call, transaction = self._call, self._ours
        self._close_ours()
        if transaction is not None:
            call.station.transactions.abandon(transaction)
        call.lose(EndCause.DIALOG_LOST, 408, now)

    def _close_ours(self) -> None:
        self._call.station.stop_timer(self._our_limit)
        self._ours = self._our_limit = None
