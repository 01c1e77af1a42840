"""The telephone's side of SDP: what it offers, what it answers, and what that makes of both.

Owns our last description of a call, from which the next one follows (RFC 3264 §8). Leaves the rules to
`protocol.sdp.offer_answer`, and who may offer when to the user agent.
"""

from __future__ import annotations

from hubbub.phone.media import Agreed
from hubbub.protocol.sdp.capabilities import AudioCapabilities
from hubbub.protocol.sdp.offer_answer import Negotiated, accept_answer, answer_offer, make_offer
from hubbub.protocol.sdp.session import Direction, SessionDescription, parse_sdp


class Description:
    """Our description of one call.

    Args:
        host, port: where our RTP is received.
        capabilities: what we speak.
        session_id: of `o=`.
    """

    def __init__(self, host: str, port: int, capabilities: AudioCapabilities, session_id: int) -> None:
        self._host = host
        self._port = port
        self._capabilities = capabilities
        self._session_id = session_id
        self._local: SessionDescription | None = None

    def offer(self, direction: Direction = "sendrecv") -> bytes:
        """The next offer: the first of the call, or one that changes it."""
        self._local = make_offer(
            self._host,
            self._port,
            self._capabilities,
            session_id=self._session_id,
            direction=direction,
            previous=self._local,
        )
        return self._local.to_bytes()

    def answer(self, offer: bytes) -> tuple[bytes, Agreed]:
        """The answer to an offer, and what was agreed.

        Raises:
            SdpError: it cannot be understood, or nothing is in common. Ours stays as it was.
        """
        self._local, negotiated = answer_offer(
            parse_sdp(offer),
            self._host,
            self._port,
            self._capabilities,
            session_id=self._session_id,
            previous=self._local,
        )
        return self._local.to_bytes(), _agreed(negotiated)

    def accept(self, answer: bytes) -> Agreed:
        """What the answer to our last offer agreed.

        Raises:
            SdpError: it is no answer to it.
        """
        assert self._local is not None
        return _agreed(accept_answer(self._local, parse_sdp(answer), self._capabilities))


def _agreed(negotiated: Negotiated) -> Agreed:
    return Agreed(
        host=negotiated.remote_host,
        port=negotiated.remote_port,
        codec=negotiated.codec,
        payload_type=negotiated.payload_type,
        receive_payload_type=negotiated.receive_payload_type,
        telephone_event=negotiated.telephone_event_payload_type,
        receive_telephone_event=negotiated.receive_telephone_event_payload_type,
        ptime_ms=negotiated.ptime_ms,
        may_send=negotiated.may_send,
    )
