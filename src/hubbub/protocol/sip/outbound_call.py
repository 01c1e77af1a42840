"""A call that we make: from the INVITE to the ACK of its 2xx, forks and all.

Owns the client side of RFC 3261 §13.2: early dialogs (one for each To tag that rings), PRACK (RFC 3262 §4), CANCEL and
its races (§9.1), digest challenges, 422, the ACK of every 2xx, and the BYE for each answer beyond the first: a forked
INVITE may be answered by several phones, and all but one must be told that nobody is there. What follows is call.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.bodies import UnsupportedBody, sdp_of
from hubbub.protocol.sip.call import Call, CallState
from hubbub.protocol.sip.challenges import again
from hubbub.protocol.sip.dialog import Dialog
from hubbub.protocol.sip.digest_client import DigestClient
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import CallAnswered, CallProgress, EndCause
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.station import ALLOW, SDP_TYPE, Fields, Station
from hubbub.protocol.sip.timers import TIMER_B_S
from hubbub.protocol.sip.transactions import ClientTransaction, LocalFailure, ServerTransaction
from hubbub.protocol.sip.uri import Uri
from hubbub.protocol.sip.values import option_tags, parse_rseq

if TYPE_CHECKING:
    from hubbub.protocol.sip.deadlines import Timer


class OutboundCall(Call):
    """A call whose INVITE is ours."""

    __slots__ = (
        "_acks",
        "_cancel_fields",
        "_early",
        "_early_sdp",
        "_invite",
        "_is_ack_due",
        "_is_cancel_sent",
        "_limit",
        "_next_hop",
        "_rings",
    )

    def __init__(
        self, station: Station, local_tag: str, credentials: DigestClient | None, next_hop: Peer | None
    ) -> None:
        super().__init__(station, station.identifiers.call_id(), local_tag, credentials)
        self._next_hop = next_hop
        self._invite: ClientTransaction | None = None
        self._early: dict[str | None, Dialog] = {}
        self._early_sdp: dict[str | None, bytes] = {}
        """By To tag: the answer that came before the 2xx, which need not give it again (RFC 6337 §3.1.1). Told again
        with the 2xx of a fork, because another fork's may have been told since."""
        self._acks: dict[str | None, tuple[Peer, bytes] | None] = {}
        """By To tag of each 2xx: the ACK to repeat; None while it still waits for the embedder's answer."""
        self._rings = False
        self._cancel_fields: Fields | None = None
        self._is_cancel_sent = False
        self._is_ack_due = False
        self._limit: Timer | None = None

    def start(
        self,
        target: Uri,
        peer: Peer,
        from_addr: NameAddr,
        to_addr: NameAddr,
        sdp: bytes | None,
        fields: Fields,
        now: float,
    ) -> None:
        """Sends the INVITE."""
        station = self.station
        self.local_sdp = sdp
        self.offered_first = sdp is not None
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", str(from_addr.with_tag(self.local_tag))),
                ("To", str(to_addr)),
                ("Call-ID", self.call_id),
                ("CSeq", "1 INVITE"),
                ("Contact", station.contact(peer.transport)),
                ("Allow", ALLOW),
                # Without an offer of ours a reliable 1xx could bring one, to be answered in the PRACK: not asked for.
                ("Supported", "timer" if sdp is None else "100rel, timer"),
                *fields,
            ]
        )
        wishes: Fields = []
        self.keeper.ask(wishes)
        for name, value in wishes:
            headers.add(name, value)
        if sdp is not None:
            headers.add("Content-Type", SDP_TYPE)
        request = SipRequest("INVITE", target, headers, sdp or b"")
        self._invite = station.send_request(request, peer, self._on_response, now)
        limit_s = station.settings.limits.unanswered_s_max
        self._limit = station.start_timer(now + limit_s, self._on_limit)

    # --- commands -------------------------------------------------------------------------------------

    def acknowledge(self, sdp: bytes, now: float) -> None:
        """Answers the offer of a `CallAnswered` to an INVITE that had none: the ACK carries it (§13.2.1)."""
        if self._is_ack_due and self.state is CallState.CONFIRMED:
            self.local_sdp = sdp
            self._send_due_ack(sdp, now)
            self.proceed(now)

    def hang_up(self, now: float, reason: str | None = None) -> None:
        self._send_due_ack(None, now)  # §15: no BYE before the ACK
        super().hang_up(now, reason)

    def find_dialog(self, remote_tag: str | None) -> Dialog | None:
        return super().find_dialog(remote_tag) or self._early.get(remote_tag)

    # --- responses ------------------------------------------------------------------------------------

    def _on_response(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        status = response.status
        if status < 200:
            if transaction is self._invite:
                self._on_provisional(transaction, response, now)
        elif status < 300:
            self._on_success(transaction, response, now)
        elif transaction is self._invite:
            self._on_failure(transaction, response, now)

    def _on_provisional(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        self._rings = True
        if self.state is CallState.ENDED:
            self._send_cancel(now)  # §9.1: not before a provisional response has come
            return
        tag = response.to_addr.tag
        if response.status == 100 or tag is None or self.state is not CallState.EARLY:
            return
        try:
            dialog = self._early.get(tag)
            if dialog is None:
                dialog = Dialog.of_response(transaction.request, response, transaction.peer)
                dialog.next_hop = self._next_hop
                self._early[tag] = dialog
            if not self._take_reliable(transaction, dialog, response, now):
                return
            sdp = sdp_of(response)
        except (SipParseError, UnsupportedBody):
            self.station.counters["malformed_response"] += 1
            return
        self.learn_abilities(response)
        if sdp is not None and self.offered_first:
            self._early_sdp[tag] = sdp
        self.station.emit(CallProgress(self, response.status, sdp))

    def _take_reliable(
        self, transaction: ClientTransaction, dialog: Dialog, response: SipResponse, now: float
    ) -> bool:
        """Acknowledges a reliable response; False when it is out of order or came before (RFC 3262 §4)."""
        if "100rel" not in option_tags(response.headers, "Require"):
            return True
        rseq = parse_rseq(response.headers.get("RSeq") or "")
        if dialog.remote_rseq is not None and rseq != dialog.remote_rseq + 1:
            return False
        dialog.remote_rseq = rseq
        request = dialog.request("PRACK")
        request.headers.add("RAck", f"{rseq} {transaction.request.cseq}")
        if self.credentials is not None:
            self.credentials.authorize(request)
        self.station.send_request(request, dialog.peer, self._on_prack_response, now)
        if response.body and self.offered_first:
            self.has_negotiated = True
        return True

    def _on_prack_response(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        dialog = self.find_dialog(transaction.request.to_addr.tag)
        if response.status >= 300 and dialog is not None and not self.has_ended:
            self.answer_challenge(transaction, response, self._on_prack_response, dialog, now)

    def _on_success(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        tag = response.to_addr.tag
        if tag in self._acks:
            repeated = self._acks[tag]
            if repeated is not None:
                self.station.transmit(*repeated)
            return
        dialog, is_usable = self._dialog_of_success(transaction, response)
        if self._cancel_fields is not None or self.dialog is not None or not is_usable:
            self._dismiss(transaction, dialog, is_usable, now)
            return
        self._stop_waiting()
        self.state = CallState.CONFIRMED
        self.dialog = dialog
        is_fork = len(self._early) > 1
        self._early.clear()
        self.learn_abilities(response)
        self.keeper.learn(response, now)
        try:
            sdp = sdp_of(response)
        except (SipParseError, UnsupportedBody):
            sdp = None
        if sdp is None and is_fork:
            sdp = self._early_sdp.get(tag)
        self._early_sdp.clear()
        self._is_ack_due = True
        self._acks[tag] = None
        if self.offered_first:
            self._send_due_ack(None, now)
        self.station.emit(CallAnswered(self, sdp))

    def _dialog_of_success(
        self, transaction: ClientTransaction, response: SipResponse
    ) -> tuple[Dialog, bool]:
        """The dialog that a 2xx confirms or makes; where its Contact is unusable, one that the way there will do for."""
        dialog = self._early.get(response.to_addr.tag)
        try:
            if dialog is None:
                dialog = Dialog.of_response(transaction.request, response, transaction.peer)
            else:
                dialog.confirm(response, transaction.peer)
        except SipParseError:
            request = transaction.request
            to = response.headers.get("To") or ""
            from_text = request.headers.get("From") or ""
            tag = response.to_addr.tag
            dialog = Dialog(
                self.call_id, self.local_tag, tag, from_text, to, request.uri, [], transaction.peer
            )
            dialog.local_cseq = request.cseq.number
            dialog.next_hop = transaction.peer
            return dialog, False
        dialog.next_hop = self._next_hop
        return dialog, True

    def _dismiss(self, transaction: ClientTransaction, dialog: Dialog, is_usable: bool, now: float) -> None:
        """A 2xx that nobody wants: acknowledge it and hang up on it (§13.2.2.4, §15)."""
        ack = dialog.request("ACK", transaction.request.cseq.number)
        self._acks[dialog.remote_tag] = (dialog.peer, self.station.send_ack(ack, dialog.peer))
        is_last = self.dialog is None
        if is_last and not is_usable:
            self.report_end(EndCause.PROTOCOL, None, "local", now)
        if is_last:
            # The answer crossed our CANCEL, or cannot be talked to: this BYE is the end of the call itself.
            self._stop_waiting()
            self.dialog = dialog
            self._bye = self._cancel_fields
            self._send_bye(now)
            return
        request = dialog.request("BYE")
        self.station.send_request(request, dialog.peer, _ignore, now)

    def _on_failure(self, transaction: ClientTransaction, response: SipResponse, now: float) -> None:
        status = response.status
        if self.state is CallState.EARLY:
            sent = self.answer_challenge(transaction, response, self._on_response, None, now)
            if sent is None and status == 422 and self.keeper.raise_floor(response):
                sent = self._ask_for_longer(transaction, now)
            if sent is not None:
                self._invite = sent
                self._rings = False
                self._early.clear()
                self._early_sdp.clear()
                return
        self._report_failure(response, now)
        self._depart()

    def _ask_for_longer(self, transaction: ClientTransaction, now: float) -> ClientTransaction:
        """The INVITE again with the interval that a 422 asked for (RFC 4028 §7.3)."""
        request = again(transaction.request, None)
        request.headers.remove("Session-Expires")
        request.headers.remove("Min-SE")
        wishes: Fields = []
        self.keeper.ask(wishes)
        for name, value in wishes:
            request.headers.add(name, value)
        return self.station.send_request(request, transaction.peer, self._on_response, now)

    def _report_failure(self, response: SipResponse, now: float) -> None:
        status = response.status
        if isinstance(response, LocalFailure):
            cause = EndCause.NO_RESPONSE if status == 408 else EndCause.UNREACHABLE
            self.report_end(cause, status, "timeout" if status == 408 else "local", now)
            return
        contacts: tuple[str, ...] = ()
        if status < 400:
            try:
                contacts = tuple(response.headers.values("Contact"))
            except SipParseError:
                self.station.counters["malformed_response"] += 1
        cause = EndCause.REDIRECTED if status < 400 else EndCause.REJECTED
        reason = response.headers.get("Reason")
        self.report_end(cause, status, "remote", now, reason=reason, contacts=contacts)

    # --- the ACK of the 2xx ---------------------------------------------------------------------------

    def _send_due_ack(self, sdp: bytes | None, now: float) -> None:
        dialog, invite = self.dialog, self._invite
        if not self._is_ack_due or dialog is None or invite is None:
            return
        self._is_ack_due = False
        self.has_negotiated = True
        request = dialog.request("ACK", invite.request.cseq.number)
        for name in ("Authorization", "Proxy-Authorization"):  # §22.1: with the credentials of its INVITE
            for value in invite.request.headers.get_all(name):
                request.headers.add(name, value)
        if sdp is not None:
            request.headers.add("Content-Type", SDP_TYPE)
            request.body = sdp
        peer = dialog.peer
        self._acks[dialog.remote_tag] = (peer, self.station.send_ack(request, peer))

    @property
    def awaits_ack(self) -> bool:
        return self._is_ack_due or super().awaits_ack

    # --- ending ---------------------------------------------------------------------------------------

    def _receive_bye(
        self, transaction: ServerTransaction, request: SipRequest, dialog: Dialog, now: float
    ) -> None:
        if self.dialog is not None:
            super()._receive_bye(transaction, request, dialog, now)
            return
        # A BYE before we saw any answer: the 2xx was lost, and that phone has given up waiting for its ACK.
        self.station.respond(transaction, 200, now)
        self._early.pop(dialog.remote_tag, None)
        if not self._early and self.state is CallState.EARLY:
            reason = request.headers.get("Reason")
            self.report_end(EndCause.HANG_UP, None, "remote", now, reason=reason)
        if not self._early:
            self._abandon(now)

    def _give_up_early(self, now: float, reason: str | None) -> None:
        self._cancel_fields = [("Reason", reason)] if reason else []
        self.report_end(EndCause.CANCELLED, None, "local", now)
        self.station.stop_timer(self._limit)
        self._limit = None
        if self._rings:
            self._send_cancel(now)

    def _on_limit(self, now: float) -> None:
        if self.state is CallState.EARLY:
            self._cancel_fields = []
            self.report_end(EndCause.NO_RESPONSE, None, "timeout", now)
            self._send_cancel(now)

    def _send_cancel(self, now: float) -> None:
        invite = self._invite
        if self._is_cancel_sent or invite is None or invite.is_over:
            return
        self._is_cancel_sent = True
        old = invite.request
        # §9.1: Via, Request-URI, Call-ID, To, From, Route and the CSeq number are those of the INVITE.
        fields = [
            (name, value)
            for name, value in old.headers
            if name in ("Via", "Route", "Max-Forwards", "From", "To", "Call-ID")
        ]
        fields.append(("CSeq", f"{old.cseq.number} CANCEL"))
        fields.extend(self._cancel_fields or ())
        cancel = SipRequest("CANCEL", old.uri, Headers.adopt(fields))
        branch = old.top_via.branch or ""
        self.station.transactions.request(cancel, branch, invite.peer, _ignore, now)
        # §9.1: an INVITE without an answer 64*T1 after its CANCEL is considered cancelled.
        self.station.stop_timer(self._limit)
        self._limit = self.station.start_timer(now + TIMER_B_S, self._abandon)

    def _abandon(self, now: float) -> None:
        """The INVITE will not be answered any more."""
        if self._invite is not None and not self._invite.is_over:
            self.station.transactions.abandon(self._invite)
        self._depart()

    def _stop_waiting(self) -> None:
        self.station.stop_timer(self._limit)
        self._limit = None

    def _depart(self) -> None:
        self._stop_waiting()
        self._early.clear()
        super()._depart()


def _ignore(transaction: ClientTransaction, response: SipResponse, now: float) -> None:
    """For requests whose answer changes nothing."""
