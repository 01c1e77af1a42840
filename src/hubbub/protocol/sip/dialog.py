"""A dialog: the relation of two user agents that in-dialog requests run on (RFC 3261 §12).

Owns the dialog's identity, its route set, remote target and sequence numbers, and building requests from them
(§12.2.1.1, loose and strict routing alike). Leaves to others: which requests make a dialog, what its requests mean
and when it ends. Via is added by whoever sends, because it depends on the transport.
"""

from __future__ import annotations

from hubbub.protocol.sip.address import parse_name_addr
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.routing import Peer, reachable_peer, uri_peer
from hubbub.protocol.sip.uri import SipUri, Uri


class Dialog:
    """State that both ends share, seen from ours.

    A dialog is early until a 2xx; a fork of our INVITE makes one for each To tag that answers (§12.1.2, §13.2.2.4).
    """

    __slots__ = (
        "call_id",
        "heard_from",
        "local_cseq",
        "local_party",
        "local_tag",
        "next_hop",
        "remote_cseq",
        "remote_party",
        "remote_rseq",
        "remote_tag",
        "remote_target",
        "route_set",
    )

    def __init__(
        self,
        call_id: str,
        local_tag: str,
        remote_tag: str | None,
        local_party: str,
        remote_party: str,
        remote_target: Uri,
        route_set: list[str],
        heard_from: Peer | None,
    ) -> None:
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote_tag = remote_tag
        self.local_party = local_party
        """From of our requests, tag included."""
        self.remote_party = remote_party
        """To of our requests, tag included."""
        self.remote_target = remote_target
        self.route_set = route_set
        """Route values, first hop first."""
        self.local_cseq = 0
        self.remote_cseq: int | None = None
        self.remote_rseq: int | None = None
        """RSeq of the last reliable provisional response that was taken (RFC 3262 §4)."""
        self.heard_from = heard_from
        """Where the far end's last message came from."""
        self.next_hop: Peer | None = None
        """A next hop that the embedder fixed (an outbound proxy); it counts while there is no route set."""

    @classmethod
    def of_request(cls, request: SipRequest, local_tag: str, source: Peer) -> Dialog:
        """The dialog that our answer to this INVITE makes (§12.1.1).

        Raises:
            SipParseError: Contact or Record-Route is missing or malformed.
        """
        dialog = cls(
            request.call_id,
            local_tag,
            request.from_addr.tag,
            tagged(request.headers.get("To") or "", local_tag),
            request.headers.get("From") or "",
            contact_uri(request),
            _routes(request),
            source,
        )
        dialog.remote_cseq = request.cseq.number
        return dialog

    @classmethod
    def of_response(cls, request: SipRequest, response: SipResponse, source: Peer | None) -> Dialog:
        """The dialog that a 1xx or 2xx with a To tag to our INVITE makes (§12.1.2).

        A response without Contact, which only a 1xx may be, leaves the request's own target in place.

        Raises:
            SipParseError: Contact or Record-Route is malformed, or a 2xx has no Contact.
        """
        has_contact = response.headers.get("Contact") is not None
        target = contact_uri(response) if has_contact or response.status >= 200 else request.uri
        dialog = cls(
            response.call_id,
            request.from_addr.tag or "",
            response.to_addr.tag,
            request.headers.get("From") or "",
            response.headers.get("To") or "",
            target,
            _routes(response)[::-1],
            source,
        )
        dialog.local_cseq = request.cseq.number
        return dialog

    def confirm(self, response: SipResponse, source: Peer | None) -> None:
        """A 2xx confirms an early dialog: the route set is computed anew (§13.2.2.4), the target refreshed.

        Raises:
            SipParseError: Contact or Record-Route is malformed.
        """
        self.route_set = _routes(response)[::-1]
        self.refresh_target(response, source)

    def refresh_target(self, message: SipRequest | SipResponse, source: Peer | None) -> None:
        """A target refresh (INVITE, UPDATE and their 2xx) may move the far end (§12.2.1.2, §12.2.2).

        Raises:
            SipParseError: Contact is malformed.
        """
        if message.headers.get("Contact") is not None:
            self.remote_target = contact_uri(message)
        if source is not None:
            self.heard_from = source

    def forget_connection(self, peer: Peer) -> None:
        """A connection is gone: the far end is not to be found on it any more."""
        if self.heard_from == peer:
            self.heard_from = None
        if self.next_hop == peer:
            self.next_hop = None

    def takes(self, request: SipRequest) -> bool:
        """Notes an incoming request's sequence number; False when it is out of order (500, §12.2.2)."""
        number = request.cseq.number
        if self.remote_cseq is not None and number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def request(self, method: str, cseq: int | None = None) -> SipRequest:
        """A request within the dialog, without Via (§12.2.1.1). ACK and CANCEL pass the INVITE's number as `cseq`."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        uri, routes = self._target_and_routes()
        fields = [("Route", route) for route in routes]
        fields.append(("Max-Forwards", "70"))
        fields.append(("From", self.local_party))
        fields.append(("To", self.remote_party))
        fields.append(("Call-ID", self.call_id))
        fields.append(("CSeq", f"{cseq} {method}"))
        return SipRequest(method, uri, Headers.adopt(fields))

    @property
    def peer(self) -> Peer:
        """Where the dialog's requests are sent. Target and routes were checked when they were taken in."""
        if not self.route_set:
            if self.next_hop is not None:
                return self.next_hop
            return reachable_peer(uri_peer(self.remote_target), self.heard_from)
        return reachable_peer(uri_peer(parse_name_addr(self.route_set[0]).uri), self.heard_from)

    def _target_and_routes(self) -> tuple[Uri, list[str]]:
        if not self.route_set:
            return self.remote_target, self.route_set
        first = parse_name_addr(self.route_set[0]).uri
        if isinstance(first, SipUri) and first.is_loose_router:
            return self.remote_target, self.route_set
        # A strict router wants to see itself as the Request-URI; our target goes to the end of the list.
        return first, [*self.route_set[1:], f"<{self.remote_target}>"]


def tagged(to: str, tag: str) -> str:
    """A To value without a tag, with one. A bare URI's parameters are the header's already (§20.10)."""
    return f"{to};tag={tag}"


def contact_uri(message: SipRequest | SipResponse) -> Uri:
    """The URI of the one Contact of a message that makes or refreshes a dialog (RFC 3261 §8.1.1.8).

    Raises:
        SipParseError: there is none, several, `*`, it cannot be read, or no request could be sent to it.
    """
    contacts = message.headers.values("Contact")
    if len(contacts) != 1:
        raise SipParseError("exactly one Contact is needed")
    uri = parse_name_addr(contacts[0]).uri
    uri_peer(uri)
    return uri


def _routes(message: SipRequest | SipResponse) -> list[str]:
    """The Record-Route values, each checked, as they stand.

    Raises:
        SipParseError: one that cannot be read.
    """
    if message.headers.get("Record-Route") is None:
        return []
    routes = message.headers.values("Record-Route")
    for route in routes:
        uri_peer(parse_name_addr(route).uri)
    return routes
