"""Bytes of one whole message in, a `SipRequest` or `SipResponse` out (RFC 3261 §7, §18.3).

Owns message structure: start line, header lines, body length, and the limits of all three. Header values are only
unfolded and stripped here; they are read when asked for. `validate_request` and `validate_response` then read those
that every message must have, and say what a server answers to a request that breaks the rules (§8.2, §16.3).

Lenient where RFC 4475 wants it: folding, white space around the colon, compact and unusual spelling, any byte in a
value. Strict where leniency would let two readers see two messages: line ends are CRLF, Content-Length is one number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubbub.protocol.sip.address import parse_name_addr
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.grammar import is_token, parse_decimal
from hubbub.protocol.sip.headers import CANONICAL, Headers
from hubbub.protocol.sip.message import SIP_VERSION, SipMessage, SipRequest, SipResponse
from hubbub.protocol.sip.uri import OpaqueUri, SipUri, parse_uri

_FOLD = re.compile(r"\r\n[ \t]+")
_VERSION = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE)
_MANDATORY = ("Via", "From", "To", "Call-ID", "CSeq")
# Fields that a message has once (RFC 3261 §20, table 2): two that differ leave it open which one counts.
_SINGLE = frozenset(("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type"))

# Reading an address costs microseconds, so a datagram full of them would cost milliseconds.
_CONTACTS_MAX = 64


@dataclass(frozen=True, slots=True)
class SipLimits:
    """How much of one message is read before it is refused."""

    max_message_bytes: int = 65_535
    """Start line, headers and body together; a UDP datagram cannot hold more."""
    max_headers: int = 128
    """Header lines after unfolding."""
    max_line_bytes: int = 8_192
    """One header line after unfolding, or the start line, in characters."""


DEFAULT_LIMITS = SipLimits()


def parse_message(data: bytes, limits: SipLimits = DEFAULT_LIMITS) -> SipMessage:
    """Read one datagram.

    Bytes behind the body that Content-Length announces are dropped; without Content-Length the body reaches to the
    end of the datagram (§18.3).

    Raises:
        SipParseError: not a SIP message, over a limit (413), or shorter than its Content-Length. Its `request` is set
            when the head was readable enough for an answer.
    """
    if len(data) > limits.max_message_bytes:
        raise SipParseError("message too large", 413)
    if data[:1] in (b"\r", b"\n"):
        data = data.lstrip(b"\r\n")  # §7.5: empty lines before the start line are passed over
    end = data.find(b"\r\n\r\n")
    if end < 0:
        raise SipParseError("no empty line behind the headers")
    message = parse_head(data[:end], limits)
    available = len(data) - end - 4
    length = content_length(message)
    if length is None or length == available:
        message.body = data[end + 4 :]
    elif length < available:
        message.body = data[end + 4 : end + 4 + length]
    else:
        raise SipParseError("body shorter than Content-Length", 400, _as_request(message))
    return message


def parse_head(head: bytes, limits: SipLimits = DEFAULT_LIMITS) -> SipMessage:
    """Read start line and headers: everything before the empty line, without its CRLF. The body is left empty.

    Raises:
        SipParseError: as for `parse_message`.
    """
    text = head.decode("utf-8", "surrogateescape")
    breaks = text.count("\r\n")
    if text.count("\n") != breaks or text.count("\r") != breaks:
        raise SipParseError("line end that is not CRLF")
    if "\r\n " in text or "\r\n\t" in text:
        text = _FOLD.sub(" ", text)
    lines = text.split("\r\n")
    if len(lines) > limits.max_headers + 1:
        raise SipParseError("too many headers")
    longest = limits.max_line_bytes
    start_line = lines[0]
    if len(start_line) > longest:
        raise SipParseError("start line too long", 414)
    fields: list[tuple[str, str]] = []
    known = CANONICAL.get
    fault: str | None = None
    for line in lines[1:]:
        raw, colon, value = line.partition(":")
        name = known(raw)
        if name is None:
            raw = raw.rstrip(" \t")
            name = known(raw) or known(raw.lower())
            if name is None:
                name = raw
                if not is_token(raw):
                    fault = "malformed header name"
                    continue
        if not colon or len(line) > longest:
            fault = "header line without a colon" if not colon else "header line too long"
            continue
        fields.append((name, value.strip(" \t")))
    message = _read_start_line(start_line, Headers.adopt(fields))
    if fault is not None:
        raise SipParseError(fault, 400, _as_request(message))
    return message


def content_length(message: SipMessage) -> int | None:
    """The one Content-Length of a message, or None when it has none (§20.14).

    Raises:
        SipParseError: not a number, or several that differ.
    """
    stated = message.headers.get_all("Content-Length")
    if not stated:
        return None
    if len(stated) > 1 and len(set(stated)) > 1:
        raise SipParseError("several Content-Length values", 400, _as_request(message))
    try:
        return parse_decimal(stated[0], "Content-Length", 2**32 - 1)
    except SipParseError as error:
        raise SipParseError(error.reason, 400, _as_request(message)) from None


def validate_request(request: SipRequest) -> tuple[int, str] | None:
    """What a server answers to a request that breaks RFC 3261's rules for every request; None when it keeps them.

    Checks, in this order: version (505), the headers that every request must have, once each and readable, CSeq's
    method, Max-Forwards and Contact (400), Request-URI scheme (416). Max-Forwards may be missing, as in RFC 2543;
    that it is 0 concerns proxies only. Require, Content-Type and authentication are the user agent's.
    """
    if request.version != SIP_VERSION:
        return 505, "Version Not Supported"
    problem = _mandatory_problem(request)
    if problem is not None:
        return 400, problem
    if request.cseq.method != request.method:
        return 400, "CSeq method does not match"
    headers = request.headers
    try:
        forwards = headers.get("Max-Forwards")
        if forwards is not None:
            parse_decimal(forwards, "Max-Forwards", 255)
        contacts = headers.values("Contact")
        if len(contacts) > _CONTACTS_MAX:
            return 400, "too many contacts"
        for contact in contacts:
            if contact != "*":
                parse_name_addr(contact)
    except SipParseError as error:
        return 400, error.reason
    if not isinstance(request.uri, SipUri) and request.uri.scheme != "tel":
        return 416, "Unsupported URI Scheme"
    return None


def validate_response(response: SipResponse) -> str | None:
    """Why a response is unusable and is dropped (RFC 3261 §8.1.3, §18.1.2), or None."""
    if response.version != SIP_VERSION:
        return "unknown version"
    return _mandatory_problem(response)


def _mandatory_problem(message: SipMessage) -> str | None:
    seen: set[str] = set()
    for name, _ in message.headers:
        if name in seen and name in _SINGLE:
            return f"more than one {name}"
        seen.add(name)
    for name in _MANDATORY:
        if name not in seen:
            return f"missing {name}"
    if not message.call_id:
        return "empty Call-ID"
    try:
        _ = message.cseq, message.from_addr, message.to_addr, message.top_via
    except SipParseError as error:
        return error.reason
    return None


def _read_start_line(line: str, headers: Headers) -> SipMessage:
    if line[:4] == "SIP/":
        version, _, rest = line.partition(" ")
        status, _, reason = rest.partition(" ")
        if _VERSION.fullmatch(version) is None:
            raise SipParseError("malformed version")
        if len(status) != 3 or not (status.isascii() and status.isdigit()) or not "100" <= status <= "699":
            raise SipParseError("malformed status code")
        return SipResponse(int(status), reason, headers, b"", version)
    parts = line.split(" ")
    if len(parts) != 3 or not is_token(parts[0]):
        raise _unreadable_request("malformed request line", line, headers)
    method, target, version = parts
    if version != SIP_VERSION:
        if _VERSION.fullmatch(version) is None:
            raise _unreadable_request("malformed version", line, headers)
        version = version.upper()
    try:
        uri = parse_uri(target)
    except SipParseError as error:
        raise _unreadable_request(error.reason, line, headers) from None
    if isinstance(uri, SipUri) and uri.headers:
        # §19.1.1, table 1: a Request-URI has no headers.
        raise _unreadable_request("headers in Request-URI", line, headers)
    return SipRequest(method, uri, headers, b"", version)


def _unreadable_request(reason: str, line: str, headers: Headers) -> SipParseError:
    """The refusal of a request whose first line is wrong; it can still be answered if its headers are there."""
    method = line.partition(" ")[0]
    if not is_token(method) or "CSeq" not in headers or "Via" not in headers:
        return SipParseError(reason)
    return SipParseError(reason, 400, SipRequest(method, OpaqueUri("invalid", "uri"), headers))


def _as_request(message: SipMessage) -> SipRequest | None:
    return message if isinstance(message, SipRequest) else None
