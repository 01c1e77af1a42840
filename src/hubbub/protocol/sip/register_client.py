"""Telling a registrar where we are (RFC 3261 §10.2): the client's side.

Owns one registration: its Call-ID and CSeq, which stay and grow through all its refreshes (§10.2.4), the answer to a
digest challenge and to 423. When to refresh is the embedder's affair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.challenges import answer_challenge
from hubbub.protocol.sip.digest_client import DigestClient
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.station import Station
from hubbub.protocol.sip.transactions import ClientTransaction, ResponseHandler
from hubbub.protocol.sip.uri import SipUri, uris_equal
from hubbub.protocol.sip.values import parse_seconds

EXPIRES_S_MAX: Final = 86_400
"""The longest interval that a 423 can talk us into."""


class RegisterOutcome(NamedTuple):
    """What a registrar said."""

    status: int
    """408 when it never answered, 503 when it could not be reached."""
    expires_s: int = 0
    """For how long it keeps our contact; 0 when it has none of ours."""


Told = Callable[[RegisterOutcome], None]


class RegisterClient:
    """One registration.

    Args:
        station: of the user agent.
        registrar: the Request-URI.
        address: the address-of-record.
        peer: where to send.
        credentials: how challenges are answered.
    """

    def __init__(
        self,
        station: Station,
        registrar: SipUri,
        address: NameAddr,
        peer: Peer,
        credentials: DigestClient | None,
    ) -> None:
        self._station = station
        self._registrar = registrar
        self._address = address
        self._peer = peer
        self._credentials = credentials
        self._call_id = station.identifiers.call_id()
        self._cseq = 0
        self._expires_s = 0
        self._is_asking_longer = False

    def register(self, expires_s: int, told: Told, now: float) -> None:
        """Registers, refreshes, or (`expires_s` 0) removes our contact. `told` is called once, later."""
        self._is_asking_longer = False
        self._ask(expires_s, told, now)

    def _ask(self, expires_s: int, told: Told, now: float) -> None:
        station = self._station
        self._cseq += 1
        self._expires_s = expires_s
        request = SipRequest(
            "REGISTER",
            self._registrar,
            Headers(
                [
                    ("Max-Forwards", "70"),
                    ("From", str(self._address.with_tag(station.identifiers.tag()))),
                    ("To", str(self._address)),
                    ("Call-ID", self._call_id),
                    ("CSeq", f"{self._cseq} REGISTER"),
                    ("Contact", station.contact(self._peer.transport)),
                    ("Expires", str(expires_s)),
                ]
            ),
            b"",
        )
        if self._credentials is not None:
            self._credentials.authorize(request)
        self._send(request, told, now)

    def _send(self, request: SipRequest, told: Told, now: float) -> None:
        def handle(transaction: ClientTransaction, response: SipResponse, at: float) -> None:
            self._on_response(transaction, response, handle, told, at)

        self._station.send_request(request, self._peer, handle, now)

    def _on_response(
        self,
        transaction: ClientTransaction,
        response: SipResponse,
        handler: ResponseHandler,
        told: Told,
        now: float,
    ) -> None:
        status = response.status
        if status < 200:
            return
        if status in (401, 407) and self._credentials is not None:
            again = answer_challenge(
                self._station, self._credentials, transaction, response, handler, None, now
            )
            if again is not None:
                self._cseq = again.request.cseq.number
                return
        if status == 423 and not self._is_asking_longer:
            longer_s = _seconds(response, "Min-Expires")
            if self._expires_s < longer_s <= EXPIRES_S_MAX:
                self._is_asking_longer = True
                self._ask(longer_s, told, now)
                return
        told(RegisterOutcome(status, self._granted(response) if status < 300 else 0))

    def _granted(self, response: SipResponse) -> int:
        """How long our contact is kept, by the answer's list of contacts (§10.2.4)."""
        ours = NameAddr.parse(self._station.contact(self._peer.transport)).uri
        try:
            for text in response.headers.values("Contact"):
                contact = NameAddr.parse(text)
                if uris_equal(contact.uri, ours):
                    expires = contact.param("expires")
                    if expires is not None:
                        return parse_seconds(expires, "expires")
                    return _seconds(response, "Expires") or self._expires_s
        except SipParseError:
            self._station.counters["malformed_response"] += 1
        return 0


def _seconds(response: SipResponse, name: str) -> int:
    text = response.headers.get(name)
    try:
        return 0 if text is None else parse_seconds(text, name)
    except SipParseError:
        return 0
