"""A call: what both directions have in common once a dialog exists.

Owns the call's state, the dispatch of in-dialog requests (RFC 3261 §12.2.2), BYE both ways (§15), the wait for the ACK
of our 2xx, digits by INFO, and saying exactly once that the call ended. Cast: inbound_call.py and outbound_call.py are
the two ways a call begins; renegotiation.py changes the media of a running one; session_keeper.py refreshes it.

A call is over for the embedder (`CallState.ENDED`, `CallEnded` emitted) the moment nobody can talk on it any more. Its
signalling may live a little longer: the BYE that must wait for an ACK (§15), its answer, a late 2xx.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from hubbub.protocol.sip.answer_repeater import AnswerRepeater
from hubbub.protocol.sip.bodies import UnsupportedBody, sdp_of
from hubbub.protocol.sip.challenges import answer_challenge
from hubbub.protocol.sip.dialog import Dialog
from hubbub.protocol.sip.digest_client import DigestClient
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import By, CallEnded, EndCause
from hubbub.protocol.sip.info_digits import DTMF_RELAY, format_info_digit
from hubbub.protocol.sip.info_requests import receive_info
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.renegotiation import Renegotiation
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.session_keeper import SessionKeeper
from hubbub.protocol.sip.station import Fields, Station
from hubbub.protocol.sip.transactions import ClientTransaction, ServerTransaction
from hubbub.protocol.sip.values import methods

if TYPE_CHECKING:
    from hubbub.protocol.sip.transactions import ResponseHandler

AckHandler = Callable[[bytes | None, float], None]


class CallState(StrEnum):
    """Where a call stands."""

    EARLY = "early"
    """Not answered."""
    ACCEPTED = "accepted"
    """Answered by us; the ACK is still to come."""
    CONFIRMED = "confirmed"
    """Answered and acknowledged, or answered by the far end."""
    ENDED = "ended"


class Call:
    """One call. Commands are no-ops once it has ended."""

    __slots__ = (
        "_bye",
        "_keeper",
        "_on_ack",
        "_renegotiation",
        "_repeater",
        "allows_update",
        "call_id",
        "context",
        "credentials",
        "dialog",
        "has_negotiated",
        "local_sdp",
        "local_tag",
        "offered_first",
        "state",
        "station",
    )

    is_inbound = False

    def __init__(
        self, station: Station, call_id: str, local_tag: str, credentials: DigestClient | None
    ) -> None:
        self.station = station
        self.call_id = call_id
        self.local_tag = local_tag
        self.credentials = credentials
        """How challenges to our requests are answered."""
        self.context: object = None
        """For the embedder; never touched here."""
        self.state = CallState.EARLY
        self.dialog: Dialog | None = None
        self.local_sdp: bytes | None = None
        """The last description of ours that went out."""
        self.has_negotiated = False
        """Whether the first offer has its answer, so that another may follow (RFC 3311 §5.1)."""
        self.offered_first = False
        """Whether that first offer is ours."""
        self.allows_update = False
        """Whether the far end lists UPDATE in Allow."""
        self._repeater: AnswerRepeater | None = None
        self._on_ack: AckHandler | None = None
        self._bye: Fields | None = None
        self._renegotiation: Renegotiation | None = None
        self._keeper: SessionKeeper | None = None
        station.calls[call_id, local_tag] = self

    # --- commands -------------------------------------------------------------------------------------

    def hang_up(self, now: float, reason: str | None = None) -> None:
        """Ends the call in whatever way its state wants. `reason` is a Reason header value (RFC 3326)."""
        if self.state is CallState.ENDED:
            return
        if self.state is CallState.EARLY:
            self._give_up_early(now, reason)
            return
        waits_for_ack = self.state is CallState.ACCEPTED
        self.report_end(EndCause.HANG_UP, None, "local", now)
        self._bye = [("Reason", reason)] if reason else []
        if not waits_for_ack:  # §15: not before the ACK, or until it is certain that none comes
            self._send_bye(now)

    def reoffer(self, sdp: bytes, now: float) -> None:
        """Offers another description by re-INVITE, now or as soon as the RFC permits (§14.1)."""
        if self.state is not CallState.ENDED:
            self.renegotiation.offer(sdp, now)

    def answer_offer(self, sdp: bytes, now: float) -> bool:
        """Answers the last `MediaOffer`; False when it is no longer waiting."""
        return self._renegotiation is not None and self._renegotiation.answer(sdp, now)

    def refuse_offer(self, status: int, now: float) -> bool:
        """Refuses the last `MediaOffer`; the session goes on as it was. False when it is no longer waiting."""
        return self._renegotiation is not None and self._renegotiation.refuse(status, now)

    def send_info_digit(self, digit: str, duration_ms: int, now: float) -> None:
        """Sends one digit as `application/dtmf-relay`. Digits sent at once may overtake one another.

        Raises:
            ValueError: no such key.
        """
        body = format_info_digit(digit, duration_ms)
        if self.state is CallState.CONFIRMED:
            self.send_in_dialog("INFO", [("Content-Type", DTMF_RELAY)], body, self._on_info_response, now)

    # --- incoming -------------------------------------------------------------------------------------

    def find_dialog(self, remote_tag: str | None) -> Dialog | None:
        """The dialog with this far end."""
        dialog = self.dialog
        return dialog if dialog is not None and dialog.remote_tag == remote_tag else None

    def receive_request(
        self, transaction: ServerTransaction, request: SipRequest, source: Peer, now: float
    ) -> None:
        """A request within the dialog, other than ACK and CANCEL."""
        dialog = self.find_dialog(request.from_addr.tag)
        if dialog is None:
            self.station.respond(transaction, 481, now)
            return
        if not dialog.takes(request):
            self.station.respond(transaction, 500, now, reason="Out of Order")
            return
        try:
            self._dispatch(transaction, request, dialog, source, now)
        except UnsupportedBody:
            self.station.respond(transaction, 415, now, fields=[("Accept", "application/sdp")])
        except SipParseError as error:
            self.station.respond(transaction, 400, now, reason=error.reason)

    def receive_ack(self, request: SipRequest, now: float) -> None:
        """An ACK within the dialog: it ends the repetition of our 2xx."""
        repeater, on_ack = self._repeater, self._on_ack
        if repeater is None or on_ack is None or repeater.cseq_number != request.cseq.number:
            return
        self.stop_repeating()
        try:
            sdp = sdp_of(request)
        except (UnsupportedBody, SipParseError):
            sdp = None
        if self.state is CallState.ENDED:
            if self._bye is not None:
                self._send_bye(now)
            return
        on_ack(sdp, now)
        self.proceed(now)

    def _dispatch(
        self, transaction: ServerTransaction, request: SipRequest, dialog: Dialog, source: Peer, now: float
    ) -> None:
        method = request.method
        if method == "BYE":
            self._receive_bye(transaction, request, dialog, now)
        elif self.state is CallState.ENDED:
            self.station.respond(transaction, 481, now)
        elif method == "INFO":
            receive_info(self, transaction, request, now)
        elif method == "INVITE":
            self.renegotiation.receive_invite(transaction, request, source, now)
        elif method == "UPDATE":
            self.renegotiation.receive_update(transaction, request, dialog, source, now)
        elif method == "PRACK":
            self._receive_prack(transaction, request, source, now)
        elif method == "OPTIONS":
            self.station.respond(transaction, 200, now, fields=self.station.dialog_fields(request, source))
        else:
            self.station.refuse_method(transaction, now)

    def _receive_bye(
        self, transaction: ServerTransaction, request: SipRequest, dialog: Dialog, now: float
    ) -> None:
        self.station.respond(transaction, 200, now)
        # In a collision of two BYEs ours is in flight, or waits for an ACK: either way nothing is left to end.
        self.report_end(EndCause.HANG_UP, None, "remote", now, reason=request.headers.get("Reason"))
        self._depart()

    def _receive_prack(
        self, transaction: ServerTransaction, request: SipRequest, source: Peer, now: float
    ) -> None:
        self.station.respond(transaction, 481, now)  # only an inbound call sends what a PRACK could mean

    # --- outgoing -------------------------------------------------------------------------------------

    def send_in_dialog(
        self, method: str, fields: Fields, body: bytes, handler: ResponseHandler, now: float
    ) -> ClientTransaction:
        """Sends a request within the dialog, with answers to the challenges known so far."""
        dialog = self.dialog
        assert dialog is not None
        request = dialog.request(method)
        for name, value in fields:
            request.headers.add(name, value)
        request.body = body
        if self.credentials is not None:
            self.credentials.authorize(request)
        return self.station.send_request(request, dialog.peer, handler, now)

    def answer_challenge(
        self,
        transaction: ClientTransaction,
        response: SipResponse,
        handler: ResponseHandler,
        dialog: Dialog | None,
        now: float,
    ) -> ClientTransaction | None:
        """Sends a challenged request again with our credentials; None when it was no challenge, or a hopeless one."""
        if response.status not in (401, 407) or self.credentials is None:
            return None
        return answer_challenge(self.station, self.credentials, transaction, response, handler, dialog, now)

    def acknowledge_reinvite(self, transaction: ClientTransaction, now: float) -> None:
        """Sends the ACK of a 2xx to our re-INVITE."""
        dialog = self.dialog
        assert dialog is not None
        self.station.send_ack(dialog.request("ACK", transaction.request.cseq.number), dialog.peer)

    def await_ack(
        self, transaction: ServerTransaction, cseq_number: int, on_ack: AckHandler, now: float
    ) -> None:
        """Repeats the 2xx just sent until the ACK of that number comes; then `on_ack` gets the ACK's SDP."""
        assert transaction.data is not None
        self._on_ack = on_ack
        self._repeater = AnswerRepeater(
            self.station, transaction.peer, transaction.data, cseq_number, self._on_no_ack, now
        )

    @property
    def awaits_ack(self) -> bool:
        """Whether a 2xx of ours is not acknowledged yet."""
        return self._repeater is not None

    def stop_repeating(self) -> None:
        """Ends the repetition of a 2xx."""
        if self._repeater is not None:
            self._repeater.stop()
            self._repeater = None
            self._on_ack = None

    def learn_abilities(self, message: SipRequest | SipResponse) -> None:
        """Notes what the far end allows."""
        if message.headers.get("Allow") is not None:
            try:
                self.allows_update = "UPDATE" in methods(message.headers)
            except SipParseError:
                self.allows_update = False

    # --- session --------------------------------------------------------------------------------------

    @property
    def is_early(self) -> bool:
        """Not answered yet."""
        return self.state is CallState.EARLY

    @property
    def is_confirmed(self) -> bool:
        """Answered, and the answer acknowledged."""
        return self.state is CallState.CONFIRMED

    @property
    def has_ended(self) -> bool:
        """Over for the embedder."""
        return self.state is CallState.ENDED

    @property
    def own_contact(self) -> str:
        """Our Contact value towards this far end."""
        assert self.dialog is not None
        return self.station.contact(self.dialog.peer.transport)

    @property
    def renegotiation(self) -> Renegotiation:
        """The part of the call that changes media."""
        if self._renegotiation is None:
            self._renegotiation = Renegotiation(self)
        return self._renegotiation

    @property
    def keeper(self) -> SessionKeeper:
        """The part of the call that runs its session timer."""
        if self._keeper is None:
            self._keeper = SessionKeeper(self)
        return self._keeper

    @property
    def has_session_timer(self) -> bool:
        """Whether a session timer was agreed."""
        return self._keeper is not None and self._keeper.agreed is not None

    def proceed(self, now: float) -> None:
        """An exchange is over: whatever waited for that may go."""
        if self._renegotiation is not None and self.state is CallState.CONFIRMED:
            self._renegotiation.proceed(now)

    # --- ending ---------------------------------------------------------------------------------------

    def lose(self, cause: EndCause, status: int | None, now: float) -> None:
        """Gives an answered call up: BYE into the dark, and out."""
        if self.state is CallState.ENDED:
            return
        self.report_end(cause, status, "timeout", now)
        self._bye = []
        self._send_bye(now)

    def report_end(
        self,
        cause: EndCause,
        status: int | None,
        by: By,
        now: float,
        *,
        reason: str | None = None,
        contacts: tuple[str, ...] = (),
    ) -> None:
        """Says once that the call is over, and stops everything that only a living call needs."""
        if self.state is CallState.ENDED:
            return
        keeps_repeating = self.state is CallState.ACCEPTED and by == "local"
        self.state = CallState.ENDED
        if self._renegotiation is not None:
            self._renegotiation.stop(now)
        if self._keeper is not None:
            self._keeper.stop()
        if not keeps_repeating:
            self.stop_repeating()
        self.station.emit(CallEnded(self, cause, status, by, reason, contacts))

    def _depart(self) -> None:
        """The signalling is done, too: the user agent forgets the call."""
        self.stop_repeating()
        self._bye = None
        # They point back here: without this a call would wait for the garbage collector.
        self._renegotiation = self._keeper = None
        self.station.calls.pop((self.call_id, self.local_tag), None)

    def _give_up_early(self, now: float, reason: str | None) -> None:
        raise AssertionError("each direction gives up in its own way")

    def _on_no_ack(self, now: float) -> None:
        self._repeater = None
        self._on_ack = None
        if self.state is CallState.ENDED:
            self._send_bye(now)
        else:
            self.lose(EndCause.NO_ACK, None, now)

    def _send_bye(self, now: float) -> None:
        self.send_in_dialog("BYE", self._bye or [], b"", self._on_bye_response, now)

    def _on_bye_response(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        if response.status < 200:
            return
        if self.answer_challenge(transaction, response, self._on_bye_response, self.dialog, now) is None:
            self._depart()  # whatever the answer: there is nothing left to end

    def _on_info_response(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        if response.status < 200:
            return
        if self.answer_challenge(transaction, response, self._on_info_response, self.dialog, now):
            return
        if response.status in (408, 481):
            self.lose(EndCause.DIALOG_LOST, response.status, now)
