"""One call as the endpoint holds it: the SIP call, its RTP port, and the offers and answers between the two.

Owns the session description of the leg (RFC 3264): what was offered, what was answered, and telling the media plane
what both mean. Leaves to others: when to offer (the user agent), and mixing (the media plane).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hubbub.domain.call import HangupCause
from hubbub.domain.errors import InvalidValue
from hubbub.domain.ids import CallId
from hubbub.protocol.sdp import offer_answer
from hubbub.protocol.sdp.errors import OfferRefused, SdpError
from hubbub.protocol.sdp.offer_answer import Negotiated, accept_answer, answer_offer, make_offer
from hubbub.protocol.sdp.session import SessionDescription, parse_sdp
from hubbub.protocol.sip.call import Call
from hubbub.services.ports import LocalMedia, MediaPlane, RemoteMedia, Timer

if TYPE_CHECKING:
    from hubbub.endpoints.sip.search import Search

UNUSABLE: Final = (SdpError, OfferRefused)
"""What reading, answering or accepting a description raises: it is malformed, or sound and of no use to us."""


class Leg:
    """A call and its media."""

    __slots__ = (
        "_plane",
        "_remote",
        "_session_id",
        "call",
        "call_id",
        "end_cause",
        "has_early_media",
        "has_rung",
        "is_answered",
        "local",
        "media",
        "offer",
        "search",
        "timer",
    )

    def __init__(self, call_id: CallId, plane: MediaPlane, new_session_id: Callable[[], int]) -> None:
        self.call_id = call_id
        self._plane = plane
        self._session_id = new_session_id()
        self._remote: RemoteMedia | None = None
        self.call: Call | None = None
        """The SIP call; None while a search for whoever answers ours is on."""
        self.search: Search | None = None
        self.has_rung = False
        self.has_early_media = False
        """Sound goes before the answer: the far end's offer was answered in a provisional response, or it ours."""
        self.is_answered = False
        """We have answered an inbound call."""
        self.offer: SessionDescription | None = None
        """The far end's offer in the INVITE, until it is answered."""
        self.local: SessionDescription | None = None
        """Our last description."""
        self.media: LocalMedia | None = None
        self.end_cause: HangupCause | None = None
        """Why the server ended the call, where it did."""
        self.timer: Timer | None = None
        """Ends an outbound call that nobody answers."""

    def open_media(self) -> LocalMedia:
        """The leg's RTP port, opened now if it was not.

        Raises:
            ServerFull: none is left.
        """
        if self.media is None:
            self.media = self._plane.open_port()
        return self.media

    def close_media(self) -> None:
        """Gives the RTP port back."""
        if self.media is not None:
            self._plane.close_port(self.media.port_id)
            self.media = None

    def describe(self) -> bytes:
        """Our offer, the first or a new version of the last.

        Raises:
            ServerFull: no RTP port is left.
        """
        media = self.open_media()
        self.local = make_offer(media.host, media.rtp_port, session_id=self._session_id, previous=self.local)
        return self.local.to_bytes()

    def answer(self, offer: SessionDescription) -> bytes:
        """Our answer to an offer; the media plane learns what both agree on.

        Raises:
            SdpError: the offer is malformed.
            OfferRefused: it has nothing that we speak.
            ServerFull: no RTP port is left.
        """
        media = self.open_media()
        self.local, agreed = answer_offer(
            offer, media.host, media.rtp_port, session_id=self._session_id, previous=self.local
        )
        self._connect(agreed)
        return self.local.to_bytes()

    def begin_anew(self) -> None:
        """From the answer on the far end has to send: what it did not send early is not held against it."""
        if self.media is not None and self._remote is not None:
            self._plane.connect(self.media.port_id, self._remote)

    def take_answer(self, sdp: bytes) -> None:
        """The far end's answer to our last offer; the media plane learns what both agree on.

        Raises:
            SdpError: it is none.
            OfferRefused: it refuses.
        """
        if self.local is not None:
            self._connect(accept_answer(self.local, parse_sdp(sdp)))

    def _connect(self, agreed: Negotiated) -> None:
        if self.media is None:
            return
        remote = RemoteMedia(
            host=agreed.remote_host,
            rtp_port=agreed.remote_port,
            codec=agreed.codec,
            payload_type=agreed.payload_type,
            telephone_event_payload_type=agreed.telephone_event_payload_type,
            ptime_ms=agreed.ptime_ms,
            sends=agreed.may_send,
            receives=agreed.may_receive,
        )
        try:
            self._plane.connect(self.media.port_id, remote)
        except InvalidValue as error:
            # An address that our sockets cannot send to, such as IPv6 from an IPv4 one.
            raise SdpError(str(error)) from None
        self._remote = remote


def check_offer(sdp: bytes) -> SessionDescription:
    """An offer that we can answer.

    Raises:
        SdpError: it cannot be read.
        OfferRefused: it has nothing that we speak.
    """
    offer = parse_sdp(sdp)
    offer_answer.check_offer(offer)
    return offer
