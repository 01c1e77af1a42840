"""What a request outside any dialog must pass before it means anything.

Owns the verdicts of the embedder's `authorise` callback and the checks of RFC 3261 §8.2 that need no state: extensions
that are required (§8.2.2.3). Leaves to others: the shape of a message (parser.py) and what an INVITE starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.station import EXTENSIONS
from hubbub.protocol.sip.values import option_tags


@dataclass(frozen=True, slots=True)
class Allow:
    """Let it in."""

    principal: object = None
    """Whoever it was found to be, for the embedder; it comes back in `IncomingCall`."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Ask for credentials: 401 with these WWW-Authenticate values, the preferred first (RFC 8760 §2.3)."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deny:
    """Refuse."""

    status: int = 403
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not known yet: the embedder asks somebody and calls `UserAgent.admit`. It must, whatever the outcome."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The embedder has served the request itself; this is the answer."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    reason: str | None = None


Verdict: TypeAlias = Allow | Challenge | Deny | Deferred | Answered
Authorise: TypeAlias = Callable[[SipRequest, Peer], Verdict]


def allow_all(request: SipRequest, source: Peer) -> Verdict:
    """The verdict of an embedder that trusts everybody who can reach it."""
    return Allow()


def unsupported_extensions(request: SipRequest) -> list[str]:
    """Option tags that the request requires and we do not have (§8.2.2.3).

    Raises:
        SipParseError: Require cannot be read.
    """
    if request.headers.get("Require") is None:
        return []
    return [tag for tag in option_tags(request.headers, "Require") if tag not in EXTENSIONS]
