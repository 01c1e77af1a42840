"""What all calls of one user agent share: outputs, timers, transactions, identifiers, and the building of messages.

Owns the headers that every message of ours has (Via, Contact, Server, Allow, Supported) and the counters. Leaves to
others: deciding which message to send (calls) and to whom an incoming one belongs (user_agent.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from hubbub.protocol.sip.deadlines import Deadlines, Timer
from hubbub.protocol.sip.events import Output, SendBytes, UserAgentEvent
from hubbub.protocol.sip.identifiers import Identifiers, RandomSource
from hubbub.protocol.sip.message import SipRequest, response_to
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.settings import UserAgentSettings
from hubbub.protocol.sip.transactions import (
    ClientTransaction,
    ResponseHandler,
    ServerTransaction,
    TransactionLayer,
)

if TYPE_CHECKING:
    from hubbub.protocol.sip.call import Call

METHODS: Final = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "PRACK")
ALLOW: Final = ", ".join(METHODS)
_KNOWN_METHODS: Final = {*METHODS, "REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE", "REFER"}
EXTENSIONS: Final = ("100rel", "timer")
SUPPORTED: Final = ", ".join(EXTENSIONS)
SDP_TYPE: Final = "application/sdp"

Fields = list[tuple[str, str]]


class Station:
    """The shared state of one user agent."""

    __slots__ = (
        "_contacts",
        "_outputs",
        "calls",
        "counters",
        "deadlines",
        "identifiers",
        "settings",
        "transactions",
    )

    def __init__(self, settings: UserAgentSettings, random: RandomSource) -> None:
        self.settings = settings
        self.identifiers = Identifiers(random)
        self.deadlines = Deadlines()
        self.transactions = TransactionLayer(self.deadlines, self.transmit, settings.trying_after_s)
        self.calls: dict[tuple[str, str], Call] = {}
        """By Call-ID and local tag; a call stays until its signalling is done."""
        self.counters: Counter[str] = Counter()
        self._outputs: list[Output] = []
        self._contacts: dict[str, str] = {}

    # --- outputs --------------------------------------------------------------------------------------

    def transmit(self, peer: Peer, data: bytes) -> None:
        """Puts bytes among the outputs."""
        self._outputs.append(SendBytes(peer, data))

    def emit(self, event: UserAgentEvent) -> None:
        """Puts an event among the outputs."""
        self._outputs.append(event)

    def take_outputs(self) -> list[Output]:
        """All outputs since the last time, in order."""
        outputs = self._outputs
        if outputs:
            self._outputs = []
        return outputs

    # --- timers ---------------------------------------------------------------------------------------

    def start_timer(self, deadline: float, action: Callable[[float], None]) -> Timer:
        """A timer that runs `action` once at `deadline`."""
        timer = Timer(action)
        self.deadlines.arm(timer, deadline)
        return timer

    def stop_timer(self, timer: Timer | None) -> None:
        """Disarms a timer, if there is one, and lets go of what it would have done."""
        if timer is not None:
            self.deadlines.disarm(timer)
            timer.forget()

    # --- messages -------------------------------------------------------------------------------------

    def contact(self, transport: str) -> str:
        """Our Contact value for far ends on a transport."""
        value = self._contacts.get(transport)
        if value is None:
            host, port = self._sent_by(transport)
            user = f"{self.settings.contact_user}@" if self.settings.contact_user else ""
            param = "" if transport == "UDP" else f";transport={transport.lower()}"
            value = self._contacts[transport] = f"<sip:{user}{host}:{port}{param}>"
        return value

    def via(self, transport: str, branch: str) -> str:
        """Our Via value (RFC 3261 §8.1.1.7; rport by RFC 3581 §3)."""
        host, port = self._sent_by(transport)
        return f"SIP/2.0/{transport} {host}:{port};branch={branch};rport"

    def send_request(
        self, request: SipRequest, peer: Peer, handler: ResponseHandler, now: float
    ) -> ClientTransaction:
        """Adds Via and User-Agent to a request and opens its transaction."""
        branch = self.identifiers.branch()
        request.headers.add_first("Via", self.via(peer.transport, branch))
        request.headers.add("User-Agent", self.settings.product)
        return self.transactions.request(request, branch, peer, handler, now)

    def send_ack(self, request: SipRequest, peer: Peer) -> bytes:
        """Adds a Via to the ACK of a 2xx, which has no transaction, and sends it; returns it for repetitions."""
        request.headers.add_first("Via", self.via(peer.transport, self.identifiers.branch()))
        data = request.to_bytes()
        self.transmit(peer, data)
        return data

    def respond(
        self,
        transaction: ServerTransaction,
        status: int,
        now: float,
        *,
        reason: str | None = None,
        to_tag: str | None = None,
        fields: Iterable[tuple[str, str]] = (),
        sdp: bytes | None = None,
    ) -> None:
        """Answers a request. `fields` and `sdp` come behind what §8.2.6.2 has copied.

        A response other than 100 needs a To tag; one is made when neither the request nor the caller has one.
        """
        response = response_to(
            transaction.request, status, reason, to_tag or (self.identifiers.tag() if status > 100 else None)
        )
        headers = response.headers
        for name, value in fields:
            headers.add(name, value)
        headers.add("Server", self.settings.product)
        if sdp is not None:
            headers.add("Content-Type", SDP_TYPE)
            response.body = sdp
        self.transactions.respond(transaction, response, now)

    def refuse_method(self, transaction: ServerTransaction, now: float) -> None:
        """405 to a method of SIP that we do not serve, 501 to one that we never heard of (§8.2.1, §21.5.2)."""
        status = 405 if transaction.request.method in _KNOWN_METHODS else 501
        self.respond(transaction, status, now, fields=[("Allow", ALLOW), ("Supported", SUPPORTED)])

    def dialog_fields(self, request: SipRequest, source: Peer) -> Fields:
        """What a response that makes or refreshes a dialog carries besides (§12.1.1, §13.3.1.4)."""
        fields: Fields = [("Record-Route", value) for value in request.headers.get_all("Record-Route")]
        fields.append(("Contact", self.contact(source.transport)))
        fields.append(("Allow", ALLOW))
        fields.append(("Supported", SUPPORTED))
        return fields

    def _sent_by(self, transport: str) -> tuple[str, int]:
        advertised = self.settings.advertised
        host, port = advertised.get(transport) or next(iter(advertised.values()))
        return (f"[{host}]" if ":" in host else host), port
