"""A SIP request and a SIP response (RFC 3261 §7).

Owns the two message classes, their bytes and the views every layer needs: Call-ID, CSeq, From, To, top Via. A view is
parsed when first asked for and kept until the header's text changes. Reading bytes is left to `parser` and `stream`,
deciding what to send to transactions and the user agent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hubbub.protocol.sip.address import CSeq, NameAddr, Via, parse_name_addr
from hubbub.protocol.sip.errors import SipBuildError, SipParseError
from hubbub.protocol.sip.grammar import split_list
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.uri import Uri

SIP_VERSION = "SIP/2.0"

# RFC 3261 §21, with 199 (RFC 6228), 202 (6665), 204 (5839), 417/428/429/430/433/436-438/439/440/469/470/489/494
# (IANA "Response Codes").
REASONS: dict[int, str] = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    199: "Early Dialog Terminated",
    200: "OK",
    202: "Accepted",
    204: "No Notification",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    412: "Conditional Request Failed",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    417: "Unknown Resource-Priority",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    428: "Use Identity Header",
    429: "Provide Referrer Identity",
    430: "Flow Failed",
    433: "Anonymity Disallowed",
    436: "Bad Identity Info",
    437: "Unsupported Credential",
    438: "Invalid Identity Header",
    439: "First Hop Lacks Outbound Support",
    440: "Max-Breadth Exceeded",
    469: "Bad Info Package",
    470: "Consent Needed",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    493: "Undecipherable",
    494: "Security Agreement Required",
    500: "Server Internal Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    580: "Precondition Failure",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
    607: "Unwanted",
    608: "Rejected",
}

_View = TypeVar("_View")


class _Message:
    """What requests and responses share. Not built by itself."""

    __slots__ = ("_views", "body", "headers", "version")

    headers: Headers
    body: bytes
    version: str

    def __init__(self, headers: Headers, body: bytes, version: str) -> None:
        self.headers = headers
        self.body = body
        self.version = version
        self._views: dict[str, tuple[str, object]] = {}

    def _view(self, name: str, parse: Callable[[str], _View]) -> _View:
        """The first header `name` read by `parse`; read again only when its text is another."""
        text = self.headers.get(name)
        if text is None:
            raise SipParseError(f"missing {name}")
        kept = self._views.get(name)
        if kept is not None and kept[0] == text:
            return kept[1]  # type: ignore[return-value]
        view = parse(text)
        self._views[name] = (text, view)
        return view

    @property
    def call_id(self) -> str:
        """Call-ID (§20.8).

        Raises:
            SipParseError: it is missing.
        """
        text = self.headers.get("Call-ID")
        if text is None:
            raise SipParseError("missing Call-ID")
        return text

    @property
    def cseq(self) -> CSeq:
        """CSeq (§20.16).

        Raises:
            SipParseError: it is missing or malformed.
        """
        return self._view("CSeq", CSeq.parse)

    @property
    def from_addr(self) -> NameAddr:
        """From (§20.20).

        Raises:
            SipParseError: it is missing or malformed.
        """
        return self._view("From", parse_name_addr)

    @property
    def to_addr(self) -> NameAddr:
        """To (§20.39).

        Raises:
            SipParseError: it is missing or malformed.
        """
        return self._view("To", parse_name_addr)

    @property
    def top_via(self) -> Via:
        """The first Via, which names whom to answer (§18.2.2).

        Raises:
            SipParseError: there is none, or it is malformed.
        """
        return self._view("Via", _first_via)

    def _encode(self, start_line: str) -> bytes:
        if "\r" in start_line or "\n" in start_line:
            # Headers guard their own values; without this a method or reason could write a header.
            raise SipBuildError("a start line cannot hold a line break")
        text = f"{start_line}\r\n{self.headers.to_text()}Content-Length: {len(self.body)}\r\n\r\n"
        return text.encode("utf-8", "surrogateescape") + self.body


class SipRequest(_Message):
    """A request (RFC 3261 §7.1)."""

    __slots__ = ("method", "uri")

    def __init__(
        self, method: str, uri: Uri, headers: Headers, body: bytes = b"", version: str = SIP_VERSION
    ) -> None:
        super().__init__(headers, body, version)
        self.method = method
        self.uri = uri

    def to_bytes(self) -> bytes:
        """The request on the wire, Content-Length set from the body.

        Raises:
            SipBuildError: a line break in method or URI.
        """
        return self._encode(f"{self.method} {self.uri} {self.version}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SipRequest):
            return NotImplemented
        return (self.method, self.uri, self.version, self.headers, self.body) == (
            other.method,
            other.uri,
            other.version,
            other.headers,
            other.body,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"SipRequest({self.method!r}, {str(self.uri)!r}, {self.headers!r}, {self.body!r})"


class SipResponse(_Message):
    """A response (RFC 3261 §7.2)."""

    __slots__ = ("reason", "status")

    def __init__(
        self, status: int, reason: str, headers: Headers, body: bytes = b"", version: str = SIP_VERSION
    ) -> None:
        super().__init__(headers, body, version)
        self.status = status
        self.reason = reason

    def to_bytes(self) -> bytes:
        """The response on the wire, Content-Length set from the body.

        Raises:
            SipBuildError: a line break in the reason phrase.
        """
        return self._encode(f"{self.version} {self.status} {self.reason}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SipResponse):
            return NotImplemented
        return (self.status, self.reason, self.version, self.headers, self.body) == (
            other.status,
            other.reason,
            other.version,
            other.headers,
            other.body,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"SipResponse({self.status!r}, {self.reason!r}, {self.headers!r}, {self.body!r})"


SipMessage = SipRequest | SipResponse


def response_to(
    request: SipRequest, status: int, reason: str | None = None, to_tag: str | None = None
) -> SipResponse:
    """A response with what RFC 3261 §8.2.6.2 has copied from the request: all Vias, From, To, Call-ID, CSeq.

    Args:
        request: what is answered. Headers that are missing or unreadable are copied as they are.
        status: 100 to 699.
        reason: reason phrase; the RFC's own when None.
        to_tag: added to To when the request's To has no tag yet (§8.2.6.2; not for a 100).
    """
    fields: list[tuple[str, str]] = []
    for name, value in request.headers:
        if name in ("Via", "From", "Call-ID", "CSeq") or (name == "Timestamp" and status == 100):
            fields.append((name, value))
        elif name == "To":
            fields.append((name, _tagged(request, value, to_tag) if to_tag else value))
    return SipResponse(
        status, REASONS.get(status, "Unknown") if reason is None else reason, Headers.adopt(fields)
    )


def _tagged(request: SipRequest, value: str, tag: str) -> str:
    """To with `tag`, changed as little as possible; a To that cannot be read goes back as it came."""
    try:
        address = request.to_addr
    except SipParseError:
        return value
    if address.tag is not None:
        return value
    if "<" in value or ";" not in value:
        return f"{value};tag={tag}"
    return str(address.with_tag(tag))


def _first_via(text: str) -> Via:
    if "," in text:
        members = split_list(text)
        text = members[0] if members else text
    return Via.parse(text)
