"""SIP and SIPS URIs, and every other absolute URI as an opaque pair (RFC 3261 §19.1).

Owns reading, writing and comparing. The parts are kept as they stand on the wire, percent escapes included, so that
a URI goes out exactly as it came in; `decoded_user` and `uris_equal` look through the escapes. Telephone numbers
(`tel:`, RFC 3966) are carried as `OpaqueUri`. Where a URI leads is left to the user agent.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote as percent_encode
from urllib.parse import unquote_to_bytes

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.grammar import Params, format_params, get_param, parse_decimal, replace_param

_HOSTNAME = re.compile(r"[A-Za-z0-9_.-]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# RFC 3261 §25.1: unreserved, escaped and user-unreserved; bytes above ASCII are let through as they came.
_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()%&=+$,;?/#\x80-\U0010ffff]*")
_PASSWORD = re.compile(r"[A-Za-z0-9\-_.!~*'()%&=+$,:\x80-\U0010ffff]*")
_PARAM = re.compile(r"[A-Za-z0-9\-_.!~*'()%\[\]/:&+$\x80-\U0010ffff]*")
_HEADER = re.compile(r"[A-Za-z0-9\-_.!~*'()%\[\]/?:+$,;@\x80-\U0010ffff]*")
# `sip:user@host:port` without escapes, password, parameters and headers: most of what arrives, read in one step.
_PLAIN = re.compile(r"(sips?):(?:([A-Za-z0-9\-_.!~*'()&=+$,/]+)@)?([A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Characters that RFC 3261 §25.1 lets stand unescaped in a user part.
_USER_SAFE = "-_.!~*'()&=+$,;?/"

# §19.1.4: these parameters, present in one URI only, make two URIs differ.
_DECISIVE_PARAMS = ("user", "ttl", "method", "maddr", "transport")


class SipUri(NamedTuple):
    """A `sip:` or `sips:` URI (RFC 3261 §19.1.1)."""

    scheme: str
    """`sip` or `sips`, in lower case."""
    user: str | None
    """User part as on the wire, escapes kept; None when there is no `@`."""
    password: str | None
    """Text after the user's colon; None when there is none."""
    host: str
    """Host name or address as spelled; an IPv6 address without its brackets."""
    port: int | None = None
    """Port when written, else None; the default depends on the transport (§19.1.2)."""
    params: Params = ()
    """URI parameters in order, names and values as on the wire."""
    headers: tuple[tuple[str, str], ...] = ()
    """Header fields after `?`, still escaped."""

    @classmethod
    def parse(cls, text: str) -> SipUri:
        """Read `text`, which must begin with `sip:` or `sips:`.

        Raises:
            SipParseError: not a SIP URI (status 400; 416 for another scheme).
        """
        plain = _PLAIN.fullmatch(text)
        if plain is not None:
            scheme, user, host, digits = plain.groups()
            port = None if digits is None else int(digits)
            if port is None or port <= 65535:
                return cls(scheme, user, None, host, port)
        scheme, colon, rest = text.partition(":")
        scheme = scheme.lower()
        if not colon or scheme not in ("sip", "sips"):
            raise SipParseError("not a SIP URI", 416)
        user, password = None, None
        before, at, after = rest.rpartition("@")
        if at and "@" in before:
            # `@` may stand, leniently, in a header value; the first one ends the user part.
            before, _, after = rest.partition("@")
        if at:
            rest = after
            user, colon, secret = before.partition(":")
            if not user or _USER.fullmatch(user) is None:
                raise SipParseError("malformed user in URI")
            if colon:
                password = secret
                if _PASSWORD.fullmatch(secret) is None:
                    raise SipParseError("malformed password in URI")
        headers: tuple[tuple[str, str], ...] = ()
        params: Params = ()
        if "?" in rest:
            rest, _, query = rest.partition("?")
            headers = _parse_headers(query)
        if ";" in rest:
            rest, _, listed = rest.partition(";")
            params = _parse_params(listed)
        if "%" in text and _BAD_ESCAPE.search(text):
            raise SipParseError("malformed escape in URI")
        host, port = parse_hostport(rest)
        return cls(scheme, user, password, host, port, params, headers)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        text = f"{self.scheme}:{host}" if self.user is None else f"{self.scheme}:{self._userinfo()}@{host}"
        if self.port is not None:
            text = f"{text}:{self.port}"
        if self.params:
            text += format_params(self.params)
        if self.headers:
            text += "?" + "&".join([f"{name}={value}" for name, value in self.headers])
        return text

    def _userinfo(self) -> str:
        return f"{self.user}" if self.password is None else f"{self.user}:{self.password}"

    @property
    def decoded_user(self) -> str | None:
        """The user part with percent escapes resolved: what a dial plan looks up."""
        if self.user is None or "%" not in self.user:
            return self.user
        return unquote_to_bytes(self.user.encode("utf-8", "surrogateescape")).decode(
            "utf-8", "surrogateescape"
        )

    def param(self, name: str) -> str | None:
        """Value of URI parameter `name` (lower case); "" when it has none, None when it is absent."""
        return get_param(self.params, name)

    def with_param(self, name: str, value: str | None = None) -> SipUri:
        """This URI with parameter `name` set."""
        return self._replace(params=replace_param(self.params, name, value))

    @property
    def is_loose_router(self) -> bool:
        """Whether the URI carries `lr` (§19.1.1, §16.12)."""
        return self.param("lr") is not None


class OpaqueUri(NamedTuple):
    """Any absolute URI that is not SIP's own: `tel:`, `mailto:`, schemes we never heard of (RFC 3986 §3)."""

    scheme: str
    """Scheme in lower case."""
    rest: str
    """Everything after the first colon, as on the wire."""

    def __str__(self) -> str:
        return f"{self.scheme}:{self.rest}"


Uri = SipUri | OpaqueUri


def parse_uri(text: str) -> Uri:
    """Read any absolute URI.

    Raises:
        SipParseError: no scheme, white space or angle brackets inside, or a malformed SIP URI.
    """
    scheme, colon, rest = text.partition(":")
    lower = scheme.lower()
    if lower in ("sip", "sips"):
        return SipUri.parse(text)
    if not colon or _SCHEME.fullmatch(scheme) is None:
        raise SipParseError("URI without a scheme")
    if not rest or not rest.isprintable() or any(char in rest for char in ' <>"'):
        # isprintable is also False for the surrogates of undecodable bytes, which no absolute URI may hold.
        raise SipParseError("malformed URI")
    return OpaqueUri(lower, rest)


def parse_hostport(text: str) -> tuple[str, int | None]:
    """`host[:port]` as host without brackets and port or None (RFC 3261 §25.1 hostport).

    Raises:
        SipParseError: no host, characters no host has, a port above 65535.
    """
    if text[:1] == "[":
        literal, bracket, tail = text[1:].partition("]")
        try:
            ipaddress.IPv6Address(literal)
        except ValueError:
            raise SipParseError("malformed IPv6 address") from None
        if not bracket or "%" in literal or (tail and tail[0] != ":"):
            raise SipParseError("malformed IPv6 address")
        return literal, parse_decimal(tail[1:], "port", 65535) if tail else None
    host, colon, digits = text.partition(":")
    if _HOSTNAME.fullmatch(host) is None:
        raise SipParseError("malformed host")
    return host, parse_decimal(digits, "port", 65535) if colon else None


def escape_user(text: str) -> str:
    """`text` as a URI's user part, everything escaped that RFC 3261 §25.1 does not let stand."""
    return percent_encode(text.encode("utf-8", "surrogateescape"), safe=_USER_SAFE)


def uris_equal(one: Uri, other: Uri) -> bool:
    """Whether two URIs are equivalent by RFC 3261 §19.1.4. Not transitive, as the RFC itself has it."""
    if isinstance(one, OpaqueUri) or isinstance(other, OpaqueUri):
        return one == other
    if (one.scheme, one.port) != (other.scheme, other.port) or _host_key(one.host) != _host_key(other.host):
        return False
    if _decoded(one.user) != _decoded(other.user) or _decoded(one.password) != _decoded(other.password):
        return False
    mine, theirs = _param_map(one.params), _param_map(other.params)
    for name in mine.keys() | theirs.keys():
        if name in mine and name in theirs:
            if mine[name] != theirs[name]:
                return False
        elif name in _DECISIVE_PARAMS:
            return False
    return _header_key(one) == _header_key(other)


def _parse_params(text: str) -> Params:
    params: list[tuple[str, str | None]] = []
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not name or _PARAM.fullmatch(name) is None or _PARAM.fullmatch(value) is None:
            raise SipParseError("malformed URI parameter")
        params.append((name, value if equals else None))
    return tuple(params)


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for part in text.split("&"):
        name, equals, value = part.partition("=")
        if not name or not equals or _HEADER.fullmatch(name) is None or _HEADER.fullmatch(value) is None:
            raise SipParseError("malformed header in URI")
        headers.append((name, value))
    return tuple(headers)


def _decoded(text: str | None) -> bytes | None:
    return None if text is None else unquote_to_bytes(text.encode("utf-8", "surrogateescape"))


def _host_key(host: str) -> str:
    return str(ipaddress.IPv6Address(host)) if ":" in host else host.lower()


def _param_map(params: Params) -> dict[bytes | str, bytes]:
    return {
        (_decoded(name) or b"").lower().decode("latin-1"): (_decoded(value) or b"").lower()
        for name, value in params
    }


def _header_key(uri: SipUri) -> list[tuple[bytes, bytes]]:
    return sorted(((_decoded(name) or b"").lower(), _decoded(value) or b"") for name, value in uri.headers)
