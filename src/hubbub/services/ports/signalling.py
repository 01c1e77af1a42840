"""Calls in and out, and how signalling reports of them."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from hubbub.domain.call import HangupCause
from hubbub.domain.ids import (
    AccountId,
    CallId,
)
from hubbub.services.ports.media import LocalMedia


class IncomingCall(NamedTuple):
    """An INVITE that passed the gate."""

    call_id: CallId
    account_id: AccountId | None
    """Whose it is by trunk or user; None: by the number dialled, else the default account."""
    from_address: str
    """E.164, or the user part of the From URI."""
    to_address: str
    """The user part of the Request-URI."""
    from_uri: str
    to_uri: str
    caller_name: str | None
    sip_call_id: str
    source_host: str
    headers: Mapping[str, str]
    """Custom headers (`X-…`), as sent."""
    forwarded_from: str | None = None
    """Whom the caller had called, where the call was sent on to us; as `from_address`."""


class CallEvents(Protocol):
    """How signalling reports. Implemented by the use cases; never blocks, never raises."""

    def incoming(self, call: IncomingCall) -> None: ...
    def rang(self, call_id: CallId) -> None: ...
    def early_media(self, call_id: CallId, media: LocalMedia) -> None:
        """The far end of an outbound call may be heard before it answers."""

    def answered(self, call_id: CallId, media: LocalMedia) -> None:
        """The far end of an outbound call answered, or our answer to an inbound one was acknowledged."""

    def digit(self, call_id: CallId, digit: str, duration_ms: int) -> None:
        """A digit that came by SIP INFO."""

    def ended(self, call_id: CallId, cause: HangupCause, sip_status: int | None) -> None:
        """The leg is over, whoever ended it; said exactly once for each call."""


class CallTarget(NamedTuple):
    """One address that an outbound call is tried at."""

    uri: str
    source: str | None = None
    """`udp:host:port` or `tcp:host:port`: where it is sent, instead of where `uri` leads; as in `Registration`."""
    is_trusted: bool = False
    """The operator or a registration named it: it may be in a network that customers may not reach."""


class OutboundCall(NamedTuple):
    call_id: CallId
    to_uri: str
    from_uri: str
    display_name: str | None
    timeout_s: float
    username: str | None = None
    """Digest credentials for `targets`; where one sends us on to another host, they stay behind."""
    password: str | None = None
    headers: Mapping[str, str] = {}
    targets: tuple[CallTarget, ...] = ()
    """Called all at once; the first to answer has the call. Empty: `to_uri` alone, which is not trusted."""


class Signalling(Protocol):
    """Calls in and out. Every command is a no-op on a call that is over."""

    def ring(self, call_id: CallId) -> None: ...
    def early(self, call_id: CallId) -> LocalMedia:
        """Let an inbound call hear us before it is answered (183 with SDP); again: the same media.

        Raises Conflict if it cannot be: it is answered or over, or made no offer that we could answer."""

    def answer(self, call_id: CallId) -> LocalMedia:
        """Answer an inbound call (200 with SDP). Raises Conflict if it cannot be answered any more."""

    def reject(self, call_id: CallId, cause: HangupCause) -> None:
        """Refuse an inbound call that is not answered."""

    def hang_up(self, call_id: CallId, cause: HangupCause) -> None:
        """End a call in any state: CANCEL, a refusal or BYE. `CallEvents.ended` follows with `cause`."""

    def place(self, call: OutboundCall) -> None:
        """Make a call. `CallEvents.ended` follows in any case, and may come before this returns."""

    def stop_taking_calls(self) -> None:
        """Refuse new calls with 503 from now on."""
