"""Failures of the SIP message layer, named for whose fault they are.

Owns the two kinds every parser and builder below `protocol.sip` raises: the peer's (`SipParseError`: what arrived
is not SIP) and ours (`SipBuildError`: what we were about to send would not be). What to do about either is left to
the caller: a server answers the first with its `status` when `request` is readable enough to be answered, counts
and drops it otherwise (RFC 3261 §16.3, §18.1.2, §21.4.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubbub.protocol.sip.message import SipRequest


class SipError(Exception):
    """Anything the SIP message layer refuses."""


class SipParseError(SipError):
    """The remote side sent something that is not well-formed SIP.

    Args:
        reason: what is wrong, in words fit for a reason phrase or a log line; never echoes more than a few characters.
        status: the status code that a server would answer with (400 unless the RFC names another).
        request: the request as far as it could be read, when its head was readable, so that it can be answered.
    """

    def __init__(self, reason: str, status: int = 400, request: SipRequest | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.request = request


class SipBuildError(SipError, ValueError):
    """Local data cannot be put on the wire: a header value with a line break, a method that is no token."""
