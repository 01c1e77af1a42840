"""Signalling for the use cases: the `Signalling` port over a SIP user agent and the media plane.

Owns the legs: which of our call ids is which SIP call, its RTP port and its offers (leg.py). What the user agent
reports becomes calls of `CallEvents`; commands become commands of the user agent. Leaves who may call to gate.py,
sockets to shell.py, and what a call is for to the use cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hubbub.domain.call import HangupCause
from hubbub.domain.errors import Conflict, ServerFull
from hubbub.domain.ids import CallId
from hubbub.endpoints.sip.causes import cause_of_end, reason_header, refusal_status
from hubbub.endpoints.sip.dialler import Dialler, Invitation
from hubbub.endpoints.sip.gate import Caller
from hubbub.endpoints.sip.leg import UNUSABLE, Leg, check_offer
from hubbub.endpoints.sip.search import Search, targets_of
from hubbub.endpoints.sip.shell import SipShell
from hubbub.protocol.sdp.session import parse_sdp
from hubbub.protocol.sip import events as sip
from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.bodies import sdp_of
from hubbub.protocol.sip.call import Call
from hubbub.protocol.sip.diversion import diverting_uri
from hubbub.protocol.sip.errors import SipError
from hubbub.protocol.sip.inbound_call import InboundCall
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.uri import SipUri, Uri, parse_uri
from hubbub.services.ports import (
    CallEvents,
    Clock,
    Entropy,
    IncomingCall,
    LocalMedia,
    Log,
    MediaPlane,
    OutboundCall,
)

_CUSTOM_HEADERS_MAX: Final = 32
_RINGING: Final = frozenset((180, 183))
"""What says that the call has come to somebody; 181 and 182 say that it has not."""
_RESERVED: Final = frozenset(
    [
        "via",
        "route",
        "record-route",
        "from",
        "to",
        "call-id",
        "cseq",
        "contact",
        "content-length",
        "content-type",
        "max-forwards",
        "require",
    ]
)
"""Headers that the protocol itself writes; a customer's must not."""


class SipSignalling:
    """Implements `services.ports.Signalling`."""

    def __init__(self, media: MediaPlane, clock: Clock, entropy: Entropy, log: Log) -> None:
        self._media = media
        self._clock = clock
        self._entropy = entropy
        self._log = log
        self._legs: dict[CallId, Leg] = {}
        self._events: CallEvents
        self._shell: SipShell
        self._dialler: Dialler

    # --- Signalling -----------------------------------------------------------------------------------

    def ring(self, call_id: CallId) -> None:
        leg = self._legs.get(call_id)
        if leg is not None and isinstance(call := leg.call, InboundCall):
            self._shell.do(call.ring)

    def early(self, call_id: CallId) -> LocalMedia:
        leg, call = self._unanswered(call_id)
        if not leg.has_early_media:
            if leg.offer is None:
                # Our offer would have to go reliably, and its answer to come with the PRACK (RFC 3262 §5).
                raise Conflict("the caller made no offer that could be answered early")
            sdp = self._agree(leg, call)
            leg.has_early_media = True
            self._shell.do(lambda now: call.ring(now, sdp, 183))
        return leg.open_media()

    def answer(self, call_id: CallId) -> LocalMedia:
        leg, call = self._unanswered(call_id)
        # What was said before the answer is said again with it (RFC 3261 §13.2.1).
        if leg.has_early_media and leg.local is not None:
            sdp = leg.local.to_bytes()
            leg.begin_anew()
        else:
            sdp = self._agree(leg, call)
        leg.is_answered = True
        media = leg.open_media()
        self._shell.do(lambda now: call.answer(sdp, now))
        return media

    def _unanswered(self, call_id: CallId) -> tuple[Leg, InboundCall]:
        leg = self._legs.get(call_id)
        call = None if leg is None else leg.call
        if leg is None or not isinstance(call, InboundCall) or not call.is_early or leg.is_answered:
            raise Conflict("the call cannot be answered any more")
        return leg, call

    def _agree(self, leg: Leg, call: InboundCall) -> bytes:
        """Our description for a call that is made to us; without one that fits, the call is refused."""
        try:
            sdp = leg.describe() if leg.offer is None else leg.answer(leg.offer)
        except UNUSABLE as error:
            leg.close_media()
            self._log.info("no media could be agreed on", why=str(error))
            self._shell.do(lambda now: call.reject(488, now))
            raise Conflict("no media could be agreed on") from error
        leg.offer = None
        return sdp

    def reject(self, call_id: CallId, cause: HangupCause) -> None:
        leg = self._legs.get(call_id)
        if leg is not None and isinstance(call := leg.call, InboundCall) and call.is_early:
            leg.end_cause = leg.end_cause or cause
            self._shell.do(lambda now: call.reject(refusal_status(cause), now))

    def hang_up(self, call_id: CallId, cause: HangupCause) -> None:
        leg = self._legs.get(call_id)
        if leg is None:
            return
        leg.end_cause = leg.end_cause or cause
        call, search = leg.call, leg.search
        if call is None:
            if search is not None:
                self._shell.do(lambda now: search.give_up(now, reason_header(cause)))
        elif isinstance(call, InboundCall) and call.is_early:
            self._shell.do(lambda now: call.reject(refusal_status(cause), now))
        else:
            self._shell.do(lambda now: call.hang_up(now, reason_header(cause)))

    def place(self, call: OutboundCall) -> None:
        leg = self._new_leg(call.call_id)
        try:
            credentials = None if call.username is None else (call.username, call.password or "")
            targets = targets_of(call.targets, call.to_uri, has_credentials=credentials is not None)
            invitation = Invitation(
                leg=leg,
                from_addr=NameAddr(call.display_name, parse_uri(call.from_uri)),
                to_addr=NameAddr(None, parse_uri(call.to_uri)),
                headers=[
                    (name, value) for name, value in call.headers.items() if name.lower() not in _RESERVED
                ],
                credentials=credentials,
                sdp=leg.describe(),
            )
        except ServerFull:
            self._fail(leg, HangupCause.SERVER_FULL)
            return
        except (SipError, ValueError) as error:
            self._log.info("a call cannot be placed", to=call.to_uri, why=str(error))
            self._fail(leg, HangupCause.SIGNALLING_FAILED)
            return
        leg.timer = self._clock.call_later(call.timeout_s, lambda: self._give_up(leg))
        search = leg.search = Search(
            lambda search, target: self._dialler.dial(invitation, search, target),
            lambda event: self._on_nobody(leg, event),
        )
        self._shell.do(lambda now: search.begin(targets))

    def stop_taking_calls(self) -> None:
        self._shell.agent.is_draining = True

    # --- the user agent's events ----------------------------------------------------------------------

    def on_event(self, event: sip.UserAgentEvent) -> None:
        """One event of the user agent."""
        if isinstance(event, sip.IncomingCall):
            self._on_incoming(event)
            return
        call = event.call
        leg = call.context
        if not isinstance(leg, Leg):
            return  # refused before it became a leg
        search = leg.search
        if leg.call is not call and (search is None or not search.owns(call)):
            return  # one of several calls for a leg, and not the one that was answered
        match event:
            case sip.CallProgress(status=status, sdp=sdp):
                self._on_progress(leg, status, sdp)
            case sip.CallAnswered(sdp=sdp):
                if search is not None:
                    search.won(call, self._shell.now())
                    leg.call = call
                self._on_answered(leg, sdp)
            case sip.CallConfirmed(sdp=sdp):
                self._on_confirmed(leg, sdp)
            case sip.CallEnded():
                if leg.call is None and search is not None:
                    search.ended(event, self._shell.now())
                else:
                    self._on_ended(leg, event)
            case sip.MediaOffer(sdp=sdp):
                self._on_offer(leg, call, sdp)
            case sip.MediaAnswer(sdp=sdp):
                self._take_answer(leg, sdp)
            case sip.Digit(digit=digit, duration_ms=duration_ms):
                self._events.digit(leg.call_id, digit, duration_ms)
            case sip.OfferRefused(status=status):
                self._log.info("an offer was refused", call=leg.call_id, status=status)

    def _on_incoming(self, event: sip.IncomingCall) -> None:
        call, request = event.call, event.request
        assert isinstance(call, InboundCall)
        now = self._shell.now()
        address = dialled_address(request.uri)
        if not address:
            call.reject(484, now)
            return
        leg = self._new_leg(CallId(self._entropy.id()))
        try:
            sdp = sdp_of(request)
            leg.offer = None if sdp is None else check_offer(sdp)
        except UNUSABLE as error:
            del self._legs[leg.call_id]
            call.reject(488, now)
            self._log.info("an offer cannot be answered", source=str(event.source), why=str(error))
            return
        leg.call = call
        call.context = leg
        caller = event.principal
        account_id = caller.account_id if isinstance(caller, Caller) else None
        from_addr, diverting = request.from_addr, diverting_uri(request.headers)
        self._events.incoming(
            IncomingCall(
                call_id=leg.call_id,
                account_id=account_id,
                from_address=dialled_address(from_addr.uri),
                to_address=address,
                from_uri=str(from_addr.uri),
                to_uri=str(request.uri),
                caller_name=from_addr.display_name,
                sip_call_id=request.call_id,
                source_host=event.source.host,
                headers=custom_headers(request),
                forwarded_from=None if diverting is None else dialled_address(diverting) or None,
            )
        )

    def _on_progress(self, leg: Leg, status: int, sdp: bytes | None) -> None:
        """Our INVITE got a provisional response. Sound that cannot be agreed on yet may be with the answer."""
        if status in _RINGING and not leg.has_rung:
            leg.has_rung = True
            self._events.rang(leg.call_id)
        if sdp is None:
            return
        try:
            leg.take_answer(sdp)
        except UNUSABLE as error:
            self._log.info("early media cannot be used", call=leg.call_id, why=str(error))
            return
        if leg.media is not None and not leg.has_early_media:
            leg.has_early_media = True
            self._events.early_media(leg.call_id, leg.media)

    def _on_nobody(self, leg: Leg, event: sip.CallEnded | None) -> None:
        """Nobody answered an outbound call; `event` is the refusal that counts."""
        self._close(leg)
        cause = HangupCause.SIGNALLING_FAILED if event is None else cause_of_end(event)
        self._events.ended(leg.call_id, leg.end_cause or cause, None if event is None else event.status)

    def _on_answered(self, leg: Leg, sdp: bytes | None) -> None:
        """Our INVITE was answered. Without a usable description there is nothing to talk over."""
        if leg.timer is not None:
            leg.timer.cancel()
            leg.timer = None
        if sdp is not None and not self._take_answer(leg, sdp):
            return
        if leg.media is not None:
            self._events.answered(leg.call_id, leg.media)

    def _on_confirmed(self, leg: Leg, sdp: bytes | None) -> None:
        call = leg.call
        offered = isinstance(call, InboundCall) and not call.has_offer
        if offered and sdp is None:
            self.hang_up(leg.call_id, HangupCause.SIGNALLING_FAILED)
            return
        if offered and sdp is not None and not self._take_answer(leg, sdp):
            return
        if leg.media is not None:
            self._events.answered(leg.call_id, leg.media)

    def _on_offer(self, leg: Leg, call: Call, sdp: bytes | None) -> None:
        now = self._shell.now()
        try:
            answer = leg.describe() if sdp is None else leg.answer(parse_sdp(sdp))
        except UNUSABLE:
            call.refuse_offer(488, now)
        except ServerFull:
            call.refuse_offer(500, now)
        else:
            call.answer_offer(answer, now)

    def _take_answer(self, leg: Leg, sdp: bytes) -> bool:
        """False when the answer is none, and the call is ended for that."""
        try:
            leg.take_answer(sdp)
        except UNUSABLE as error:
            self._log.info("an answer cannot be used", call=leg.call_id, why=str(error))
            self.hang_up(leg.call_id, HangupCause.SIGNALLING_FAILED)
            return False
        return True

    def _on_ended(self, leg: Leg, event: sip.CallEnded) -> None:
        self._close(leg)
        self._events.ended(leg.call_id, leg.end_cause or cause_of_end(event), event.status)

    # --- legs -----------------------------------------------------------------------------------------

    def _new_leg(self, call_id: CallId) -> Leg:
        leg = Leg(call_id, self._media, lambda: int(self._entropy.token(12), 16))
        self._legs[call_id] = leg
        return leg

    def _close(self, leg: Leg) -> None:
        if leg.timer is not None:
            leg.timer.cancel()
            leg.timer = None
        leg.close_media()
        leg.call = None
        self._legs.pop(leg.call_id, None)

    def _fail(self, leg: Leg, cause: HangupCause) -> None:
        """A call that could not even be placed."""
        self._close(leg)
        self._events.ended(leg.call_id, cause, None)

    def _give_up(self, leg: Leg) -> None:
        leg.timer = None
        if leg.call is None:
            self.hang_up(leg.call_id, HangupCause.NO_ANSWER)


def dialled_address(uri: Uri) -> str:
    """What was dialled: the user part of a SIP URI, the number of a `tel:` URI; empty when there is neither."""
    if isinstance(uri, SipUri):
        return (uri.decoded_user or "").partition(";")[0]
    return uri.rest.partition(";")[0] if uri.scheme == "tel" else ""


def custom_headers(request: SipRequest) -> Mapping[str, str]:
    """The `X-` headers of a request, the first of each name."""
    found: dict[str, str] = {}
    for name, value in request.headers:
        if name[:2].lower() == "x-" and len(found) < _CUSTOM_HEADERS_MAX:
            found.setdefault(name, value)
    return found
