"""The user agent: bytes and time in; bytes, events and the next deadline out. No socket, no clock.

Owns reception: which transaction, dialog or call a message belongs to, and what is answered when it belongs to none
(RFC 3261 §8.2, §12.2.2, §17). Cast: transactions.py repeats and absorbs, inbound_call.py and outbound_call.py are the
calls, station.py is what they share. The embedder calls `receive`, `handle_timers` at `next_deadline`, and the
commands of `Call`; after each it drains `take_outputs`.

A message that is not SIP is dropped and counted, or answered when its head can be read; nothing that a peer sends
raises out of here.
"""

from __future__ import annotations

from collections import Counter
from zlib import crc32

from hubbub.protocol.sip.address import NameAddr, Via
from hubbub.protocol.sip.admission import (
    Answered,
    Authorise,
    Challenge,
    Deferred,
    Deny,
    Verdict,
    allow_all,
    unsupported_extensions,
)
from hubbub.protocol.sip.bodies import UnsupportedBody, sdp_of
from hubbub.protocol.sip.dialog import Dialog
from hubbub.protocol.sip.digest_client import DigestClient
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import IncomingCall, Output
from hubbub.protocol.sip.identifiers import RandomSource
from hubbub.protocol.sip.inbound_call import InboundCall
from hubbub.protocol.sip.message import SipMessage, SipRequest, SipResponse, response_to
from hubbub.protocol.sip.outbound_call import OutboundCall
from hubbub.protocol.sip.parser import parse_message, validate_request, validate_response
from hubbub.protocol.sip.register_client import RegisterClient
from hubbub.protocol.sip.routing import Peer, response_peer, stamp_top_via, uri_peer
from hubbub.protocol.sip.session_timer import IntervalTooSmall, agree_as_server
from hubbub.protocol.sip.settings import UserAgentSettings
from hubbub.protocol.sip.station import ALLOW, SUPPORTED, Fields, Station
from hubbub.protocol.sip.transactions import ServerKey, ServerTransaction, server_key
from hubbub.protocol.sip.uri import SipUri, Uri


class UserAgent:
    """A SIP user agent for many calls, server and client alike.

    Args:
        settings: addresses, names and limits.
        random: where branches, tags and Call-IDs come from.
        authorise: asked about every request outside a dialog but ACK and CANCEL. Methods that are not the user agent's
            own, such as REGISTER, it may serve itself (`Answered`).
    """

    def __init__(
        self,
        settings: UserAgentSettings,
        random: RandomSource,
        authorise: Authorise = allow_all,
    ) -> None:
        self._station = Station(settings, random)
        self._settings = settings
        self._authorise = authorise
        self.is_draining = False
        """Refuse new calls with 503 from now on."""

    # --- the embedder's side --------------------------------------------------------------------------

    def take_outputs(self) -> list[Output]:
        """All bytes and events since the last time, in order."""
        return self._station.take_outputs()

    def next_deadline(self) -> float | None:
        """When `handle_timers` wants to be called, in the time of `now`; None: not at all."""
        return self._station.deadlines.next()

    def handle_timers(self, now: float) -> None:
        """Runs every timer that is due."""
        for timed in self._station.deadlines.due(now):
            timed.fire(now)

    def transport_failed(self, peer: Peer, now: float) -> None:
        """The transport cannot deliver to a peer: what waits for it fails at once (§8.1.3.1)."""
        self._station.transactions.transport_failed(peer, now)

    def connection_closed(self, peer: Peer, now: float) -> None:
        """A connection is gone: what waits on it fails, and calls heard over it go back to their Contact."""
        for call in self._station.calls.values():
            if call.dialog is not None:
                call.dialog.forget_connection(peer)
        self.transport_failed(peer, now)

    def admit(self, request: SipRequest, source: Peer, verdict: Verdict, now: float) -> None:
        """The verdict on a request that `authorise` deferred. Nothing happens if it was cancelled meanwhile, or twice."""
        transaction = self._station.transactions.servers.get(server_key(request, request.top_via))
        if transaction is None or transaction.is_answered or transaction.to_tag is not None:
            return  # gone, cancelled, or admitted before
        transaction.on_cancel = None
        try:
            self._judge(transaction, request, source, verdict, now)
        except SipParseError as error:
            self._station.respond(transaction, 400, now, reason=error.reason)

    @property
    def counters(self) -> Counter[str]:
        """What was dropped or refused, by reason."""
        return self._station.counters

    @property
    def call_count(self) -> int:
        """Calls whose signalling is not done."""
        return len(self._station.calls)

    @property
    def ending_count(self) -> int:
        """Calls that are over for the embedder, but whose BYE, CANCEL or ACK is still on its way."""
        return sum(call.has_ended for call in self._station.calls.values())

    @property
    def transaction_count(self) -> int:
        """Live transactions, both sides."""
        return len(self._station.transactions.clients) + len(self._station.transactions.servers)

    @property
    def timer_count(self) -> int:
        """Armed timers."""
        return len(self._station.deadlines)

    def invite(
        self,
        target: Uri,
        from_addr: NameAddr,
        to_addr: NameAddr,
        now: float,
        *,
        sdp: bytes | None,
        headers: Fields | None = None,
        credentials: tuple[str, str] | None = None,
        next_hop: Peer | None = None,
        address: Peer | None = None,
    ) -> OutboundCall:
        """Makes a call.

        Args:
            target: the Request-URI.
            from_addr: From, without a tag.
            to_addr: To, without a tag.
            sdp: the offer; None asks the far end for one.
            headers: further headers.
            credentials: user name and password for challenges.
            next_hop: where the INVITE goes, instead of where its URI leads; and all that follows, while no proxy
                asks for it.
            address: where its URI leads, looked up already.

        Raises:
            SipParseError: the target leads nowhere, and there is no next hop.
            SipBuildError: a header that cannot be on the wire.
        """
        identifiers = self._station.identifiers
        peer = next_hop or address or uri_peer(target)
        client = None if credentials is None else DigestClient(*credentials, identifiers.token)
        call = OutboundCall(self._station, identifiers.tag(), client, next_hop)
        try:
            call.start(target, peer, from_addr, to_addr, sdp, headers or [], now)
        except ValueError:
            self._station.calls.pop((call.call_id, call.local_tag), None)
            raise
        return call

    def registration(
        self,
        registrar: SipUri,
        address: NameAddr,
        *,
        next_hop: Peer | None = None,
        credentials: tuple[str, str] | None = None,
    ) -> RegisterClient:
        """A registration of ours at a registrar; nothing is sent yet.

        Args:
            registrar: the Request-URI, without a user.
            address: the address-of-record, To and From alike.
            next_hop: where the REGISTER goes, instead of where its URI leads.
            credentials: user name and password for challenges.
        """
        client = None if credentials is None else DigestClient(*credentials, self._station.identifiers.token)
        return RegisterClient(self._station, registrar, address, next_hop or uri_peer(registrar), client)

    # --- reception ------------------------------------------------------------------------------------

    def receive(self, data: bytes | SipMessage, source: Peer, now: float) -> None:
        """Takes one datagram, or one message that was framed on a stream."""
        if isinstance(data, bytes):
            if not data.strip(b"\r\n\0 "):
                self.counters["keepalive"] += 1
                return
            try:
                message = parse_message(data, self._settings.limits.message)
            except SipParseError as error:
                self.refuse_malformed(error, source)
                return
        else:
            message = data
        if isinstance(message, SipResponse):
            self._receive_response(message, now)
        else:
            self._receive_request(message, source, now)

    def refuse_malformed(self, error: SipParseError, source: Peer) -> None:
        """Answers what could not be read as a message, when at least its head could."""
        self.counters["malformed"] += 1
        if error.request is not None:
            self._answer_stateless(error.request, error.status, error.reason, source)

    def _receive_response(self, response: SipResponse, now: float) -> None:
        if validate_response(response) is not None or len(response.headers.get_all("Via")) != 1:
            self.counters["malformed_response"] += 1
            return
        if not self._station.transactions.receive_response(response, response.top_via, now):
            self.counters["stray_response"] += 1

    def _receive_request(self, request: SipRequest, source: Peer, now: float) -> None:
        problem = validate_request(request)
        if problem is not None:
            self.counters["malformed"] += 1
            self._answer_stateless(request, *problem, source)
            return
        via = stamp_top_via(request, source)
        transactions = self._station.transactions
        key = server_key(request, via)
        transaction = transactions.servers.get(key)
        if transaction is not None:
            if not transactions.repeat(transaction, request, now):
                return
        elif request.method != "ACK":
            self._receive_new(request, source, via, key, now)
            return
        self._receive_ack(request, now)

    def _receive_ack(self, request: SipRequest, now: float) -> None:
        call = self._station.calls.get((request.call_id, request.to_addr.tag or ""))
        if call is None or call.find_dialog(request.from_addr.tag) is None:
            self.counters["stray_ack"] += 1
        else:
            call.receive_ack(request, now)

    def _receive_new(self, request: SipRequest, source: Peer, via: Via, key: ServerKey, now: float) -> None:
        """A request that repeats none."""
        transactions = self._station.transactions
        to_tag = request.to_addr.tag
        # Requests of running calls get twice the room: refusing a BYE would only make matters worse.
        room = self._settings.limits.max_transactions * (1 if to_tag is None else 2)
        if len(transactions.servers) >= room:
            self.counters["overload"] += 1
            self._answer_stateless(request, 503, None, source)
            return
        transaction = transactions.accept(request, source, via, key, now)
        if transaction.is_merged:
            self._station.respond(transaction, 482, now)
        elif request.method == "CANCEL":
            self._receive_cancel(transaction, now)
        else:
            try:
                self._receive_checked(transaction, request, to_tag, source, now)
            except SipParseError as error:
                self._station.respond(transaction, 400, now, reason=error.reason)

    def _receive_cancel(self, transaction: ServerTransaction, now: float) -> None:
        """§9.2: the INVITE that it means ends with 487, if it has no final response yet."""
        invite = self._station.transactions.find_cancelled(transaction.request)
        if invite is None:
            self._station.respond(transaction, 481, now)
            return
        self._station.respond(transaction, 200, now, to_tag=invite.to_tag)
        if invite.on_cancel is not None:
            invite.on_cancel(now)

    def _receive_checked(
        self,
        transaction: ServerTransaction,
        request: SipRequest,
        to_tag: str | None,
        source: Peer,
        now: float,
    ) -> None:
        station = self._station
        unsupported = unsupported_extensions(request)
        if unsupported:
            station.respond(transaction, 420, now, fields=[("Unsupported", ", ".join(unsupported))])
        elif to_tag is not None:
            call = station.calls.get((request.call_id, to_tag))
            if call is None:
                station.respond(transaction, 481, now)
            else:
                call.receive_request(transaction, request, source, now)
        elif request.method in ("BYE", "INFO", "UPDATE", "PRACK"):
            station.respond(transaction, 481, now)  # these mean nothing outside a dialog
        elif request.method == "INVITE" and not self._has_room():
            self.counters["refused_calls"] += 1
            retry = [("Retry-After", str(self._settings.retry_after_s))]
            station.respond(transaction, 503, now, fields=retry)
        else:
            self._judge(transaction, request, source, self._authorise(request, source), now)

    def _has_room(self) -> bool:
        return not self.is_draining and len(self._station.calls) < self._settings.limits.max_calls

    def _judge(
        self,
        transaction: ServerTransaction,
        request: SipRequest,
        source: Peer,
        verdict: Verdict,
        now: float,
    ) -> None:
        """Carries out what the embedder said about a request outside any dialog."""
        station = self._station
        if isinstance(verdict, Deferred):
            transaction.on_cancel = lambda at: station.respond(transaction, 487, at)
        elif isinstance(verdict, Challenge):
            self.counters["challenged"] += 1
            fields = [("WWW-Authenticate", value) for value in verdict.values]
            station.respond(transaction, 401, now, fields=fields)
            # §26.3.2.4: strangers get one 401 and no repetitions, lest a forged source address be flooded by us.
            station.transactions.forget(transaction, now)
        elif isinstance(verdict, Deny):
            self.counters["denied"] += 1
            station.respond(transaction, verdict.status, now, reason=verdict.reason)
        elif isinstance(verdict, Answered):
            fields = list(verdict.fields)
            station.respond(transaction, verdict.status, now, reason=verdict.reason, fields=fields)
        else:
            self._serve(transaction, request, source, verdict.principal, now)

    def _serve(
        self, transaction: ServerTransaction, request: SipRequest, source: Peer, principal: object, now: float
    ) -> None:
        station = self._station
        if request.method == "INVITE":
            self._receive_invite(transaction, request, source, principal, now)
        elif request.method == "OPTIONS":
            # §11.2: the status that an INVITE would get, and what we can do.
            status = 200 if self._has_room() else 503
            fields = [("Allow", ALLOW), ("Accept", "application/sdp"), ("Supported", SUPPORTED)]
            fields.append(("Contact", station.contact(source.transport)))
            station.respond(transaction, status, now, fields=fields)
        else:
            station.refuse_method(transaction, now)

    def _receive_invite(
        self, transaction: ServerTransaction, request: SipRequest, source: Peer, principal: object, now: float
    ) -> None:
        station, settings = self._station, self._settings
        try:
            offer = sdp_of(request)
            timer = agree_as_server(request, wanted_s=settings.session_expires_s, min_se_s=settings.min_se_s)
        except UnsupportedBody:
            station.respond(transaction, 415, now, fields=[("Accept", "application/sdp")])
            return
        except IntervalTooSmall as refusal:
            station.respond(transaction, 422, now, fields=[("Min-SE", str(refusal.min_se_s))])
            return
        dialog = Dialog.of_request(request, station.identifiers.tag(), source)
        call = InboundCall(station, transaction, dialog, offer, timer, now)
        station.emit(IncomingCall(call, request, source, principal))

    def _answer_stateless(self, request: SipRequest, status: int, reason: str | None, source: Peer) -> None:
        """Answers without keeping anything (§8.2.7). The To tag is the same for every repetition."""
        if request.method == "ACK":
            return
        try:
            peer = response_peer(stamp_top_via(request, source), source)
        except SipParseError:
            return
        seed = (request.headers.get("Call-ID") or "") + (request.headers.get("From") or "")
        tag = f"{crc32(seed.encode('utf-8', 'surrogateescape')):08x}"
        response = response_to(request, status, reason, tag)
        if status == 503:
            response.headers.add("Retry-After", str(self._settings.retry_after_s))
        self._station.transmit(peer, response.to_bytes())
