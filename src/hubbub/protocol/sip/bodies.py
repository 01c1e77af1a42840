"""The SDP in a message body (RFC 3261 §8.2.3, §20.11, §20.12; RFC 5621 §3, §5).

Owns finding it, bare or as one part of a multipart body (carriers wrap it together with ISUP or location), and telling
a body that may be passed over from one that must be refused. The SDP itself stays bytes.
"""

from __future__ import annotations

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.values import ContentType

_SDP = "application/sdp"


class UnsupportedBody(Exception):
    """The body is of a kind that we do not understand, and the sender does not call it optional: 415."""


def sdp_of(message: SipRequest | SipResponse) -> bytes | None:
    """The session description in a message, or None when it carries none.

    Raises:
        UnsupportedBody: there is another body, which the sender wants understood.
        SipParseError: Content-Type or the multipart body cannot be read.
    """
    body = message.body
    if not body:
        return None
    headers = message.headers
    encoding = headers.get("Content-Encoding")
    stated = headers.get("Content-Type")
    if encoding is None or encoding.lower() == "identity":
        if stated is None or stated == _SDP:
            return body  # RFC 3261 §7.4.1 wants a type; a body without one can only be meant as the default
        kind = ContentType.parse(stated)
        if kind.media_type == _SDP:
            return body
        if kind.media_type.startswith("multipart/"):
            found = _sdp_part(body, kind)
            if found is not None:
                return found
    disposition = (headers.get("Content-Disposition") or "").replace(" ", "").lower()
    if "handling=optional" in disposition:
        return None
    raise UnsupportedBody


def _sdp_part(body: bytes, kind: ContentType) -> bytes | None:
    """The first part that is SDP (RFC 2046 §5.1.1)."""
    boundary = kind.param("boundary")
    if not boundary or len(boundary) > 70:
        raise SipParseError("multipart body without a boundary")
    delimiter = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    for part in (b"\r\n" + body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            break
        head, empty, content = part.partition(b"\r\n\r\n")
        if not empty:
            continue
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() in (b"content-type", b"c") and _is_sdp(value):
                return content
    return None


def _is_sdp(value: bytes) -> bool:
    return value.partition(b";")[0].strip().lower() == _SDP.encode()
