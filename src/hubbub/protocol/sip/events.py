"""What comes out of a user agent: bytes to send, and what happened.

Everything is a small immutable value; the embedder drains them in order with `UserAgent.take_outputs`. SDP is bytes
here: what an offer means is the embedder's affair.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.routing import Peer

if TYPE_CHECKING:
    from hubbub.protocol.sip.call import Call

By: TypeAlias = Literal["local", "remote", "timeout"]


class EndCause(StrEnum):
    """Why a call ended."""

    HANG_UP = "hang-up"
    """BYE, ours or theirs, of a call that had been answered."""
    CANCELLED = "cancelled"
    """The caller gave up before an answer."""
    REJECTED = "rejected"
    """A 4xx, 5xx or 6xx answered the INVITE; `status` says which."""
    REDIRECTED = "redirected"
    """A 3xx answered our INVITE; `contacts` say where to."""
    NO_RESPONSE = "no-response"
    """Nothing answered our INVITE, or the call rang longer than the limit."""
    UNREACHABLE = "unreachable"
    """The transport could not reach the far end."""
    NO_ACK = "no-ack"
    """Our 2xx was never acknowledged (RFC 3261 §13.3.1.4)."""
    SESSION_EXPIRED = "session-expired"
    """The session timer ran out, or its refresh found no dialog (RFC 4028 §10)."""
    DIALOG_LOST = "dialog-lost"
    """The far end answered 481 or 408 inside the dialog (RFC 3261 §12.2.1.2)."""
    PROTOCOL = "protocol"
    """The far end sent what no dialog can be built on."""


class SendBytes(NamedTuple):
    """One whole message for the transport."""

    peer: Peer
    data: bytes


class IncomingCall(NamedTuple):
    """A new INVITE that passed every check. Answered with `ring`, `answer` or `reject`."""

    call: Call
    request: SipRequest
    source: Peer
    principal: object = None
    """From the `Allow` that let it in."""


class CallProgress(NamedTuple):
    """Our INVITE got a provisional response other than 100."""

    call: Call
    status: int
    sdp: bytes | None


class CallAnswered(NamedTuple):
    """Our INVITE got a 2xx. When it went without SDP, `sdp` is an offer, and `call.acknowledge` must answer it."""

    call: Call
    sdp: bytes | None


class CallConfirmed(NamedTuple):
    """Our 2xx was acknowledged; `sdp` is the ACK's, the answer when the INVITE had no offer."""

    call: Call
    sdp: bytes | None


class CallEnded(NamedTuple):
    """The call is over; said exactly once, after which every command is a no-op."""

    call: Call
    cause: EndCause
    status: int | None
    """The final status of the INVITE, where there was one."""
    by: By
    reason: str | None = None
    """The Reason header, as sent."""
    contacts: tuple[str, ...] = ()
    """Where a 3xx leads."""


class MediaOffer(NamedTuple):
    """A re-INVITE, UPDATE or PRACK with an offer, or (`sdp` None) a re-INVITE that asks for one.

    Answered with `call.answer_offer` or `call.refuse_offer`.
    """

    call: Call
    sdp: bytes | None


class MediaAnswer(NamedTuple):
    """The answer to our offer: of `reoffer`, of an offer given to an empty re-INVITE, or of one in a reliable 1xx."""

    call: Call
    sdp: bytes


class OfferRefused(NamedTuple):
    """Our re-INVITE failed; the session goes on as it was (RFC 3261 §14.1)."""

    call: Call
    status: int


class Digit(NamedTuple):
    """A digit that came in an INFO."""

    call: Call
    digit: str
    duration_ms: int


UserAgentEvent: TypeAlias = (
    IncomingCall
    | CallProgress
    | CallAnswered
    | CallConfirmed
    | CallEnded
    | MediaOffer
    | MediaAnswer
    | OfferRefused
    | Digit
)
Output: TypeAlias = SendBytes | UserAgentEvent
