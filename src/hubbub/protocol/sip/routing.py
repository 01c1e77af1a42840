"""Where a message goes next: the transport address behind a Via or a URI.

Owns `Peer` (transport, host, port), the stamp that a server puts on the top Via (RFC 3261 §18.2.1, RFC 3581 §4), the
address a response returns to (§18.2.2) and the address a request is sent to (§8.1.2, §12.2.1.1).
Leaves to others: turning a host name into an address (the shell's resolver) and opening connections.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from hubbub.protocol.sip.address import Via
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.grammar import split_list
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.uri import SipUri, Uri

_DEFAULT_PORTS = {"TLS": 5061, "WS": 80, "WSS": 443}


class Peer(NamedTuple):
    """One transport address of a far end. Over a reliable transport it also names the connection."""

    transport: str
    """`UDP`, `TCP`, `TLS`, `WS` or `WSS`."""
    host: str
    """Address or host name; an IPv6 address without brackets."""
    port: int

    @property
    def is_reliable(self) -> bool:
        """Whether the transport delivers what it accepted, so that nothing is sent twice (§17)."""
        return self.transport != "UDP"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport.lower()}:{host}:{self.port}"


def default_port(transport: str) -> int:
    """The port of a transport when none is written (RFC 3261 §19.1.2, RFC 7118 §5)."""
    return _DEFAULT_PORTS.get(transport, 5060)


def stamp_top_via(request: SipRequest, source: Peer) -> Via:
    """Notes on the top Via where the request really came from, and returns that Via.

    `received` is added when sent-by is not the source address, and always beside `rport` when the sender asks for that
    (RFC 3581 §4). Whatever the sender wrote in either itself is overwritten: it would steer our answer.
    """
    via = request.top_via
    wants_rport = via.wants_rport
    if not wants_rport and via.host == source.host and via.received is None:
        return via
    params = [pair for pair in via.params if pair[0].lower() not in ("received", "rport")]
    params.append(("received", source.host))
    if wants_rport:
        params.append(("rport", str(source.port)))
    stamped = Via(via.transport, via.host, via.port, tuple(params))
    text = request.headers.get("Via") or ""
    value = str(stamped)
    if "," in text:
        value = ", ".join([value, *split_list(text)[1:]])
    request.headers.remove_first("Via")
    request.headers.add_first("Via", value)
    return stamped


def response_peer(via: Via, source: Peer) -> Peer:
    """Where the response to a request with this (stamped) top Via goes (RFC 3261 §18.2.2, RFC 3581 §4)."""
    if source.is_reliable:
        return source
    maddr = via.param("maddr")
    if maddr:
        return Peer(source.transport, maddr.strip("[]"), via.port or default_port(source.transport))
    if via.wants_rport:
        return source
    return Peer(source.transport, source.host, via.port or default_port(source.transport))


def uri_peer(uri: Uri) -> Peer:
    """The address that a request to this URI is sent to, host names unresolved.

    Raises:
        SipParseError: the URI names no host that SIP can reach (`tel:` needs a next hop), or a transport unknown here.
    """
    if not isinstance(uri, SipUri):
        raise SipParseError("URI without a host", 416)
    transport = (uri.param("transport") or "").upper() or ("TLS" if uri.scheme == "sips" else "UDP")
    if uri.scheme == "sips" and transport == "TCP":
        transport = "TLS"
    if transport not in ("UDP", "TCP", "TLS", "WS", "WSS"):
        raise SipParseError("unknown transport", 416)
    host = uri.param("maddr") or uri.host
    return Peer(transport, host.strip("[]"), uri.port or default_port(transport))


def reachable_peer(target: Peer, heard_from: Peer | None) -> Peer:
    """Prefers, over the address a far end claims, the one it was heard from, where the claim cannot be trusted.

    A connection that is open is used again, also when the far end named its listening port (RFC 5923 §3, and what
    every phone behind a firewall needs). A private address claimed by a far end heard from a public one is its
    address behind NAT; a loopback address leads to the far end's own machine, never to ours.
    """
    if heard_from is None or target == heard_from:
        return target
    if heard_from.is_reliable:
        if target.transport == heard_from.transport and target.host == heard_from.host:
            return heard_from
    elif target.host == heard_from.host:
        return target
    if _is_private(target.host) and not _is_private(heard_from.host, default=True):
        return heard_from
    if _is_loopback(target.host) and not _is_loopback(heard_from.host, default=True):
        return heard_from
    return target


def _is_private(host: str, default: bool = False) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return default
    return address.is_private and not address.is_loopback


def _is_loopback(host: str, default: bool = False) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return default
