"""Looking for somebody who answers: all the INVITEs of one outbound leg, until one of them has a 2xx.

Owns forking (RFC 3261 §16.6, §16.7: all targets at once, the first to answer has the call, the others are cancelled,
the best refusal is the one that counts) and following redirections (§8.1.3.4: one address after another, so many in
all, none twice). Leaves each single INVITE to the user agent, and what an answer means to signalling.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from hubbub.endpoints.sip.causes import ELSEWHERE
from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.call import Call
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.events import CallEnded, EndCause
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.uri import SipUri, parse_uri, uris_equal
from hubbub.services.ports import CallTarget

REDIRECTIONS_MAX: Final = 5
"""Addresses that one call may be sent on to."""
_FOLLOWED: Final = frozenset((300, 301, 302))
"""305 names a proxy that only the far end's own domain may choose, 380 another service (§21.3.4, §21.3.5)."""
_FOLLOWED_RANK: Final = 9
_BEST_FIRST: Final = {6: 0, 4: 1, 3: 2, 5: 3}
"""§16.7 step 6: a 6xx decides; else the lowest class, except that a 4xx of a user tells more than a 3xx nobody follows."""


class Target(NamedTuple):
    """One address to be called."""

    uri: SipUri
    next_hop: Peer | None
    is_trusted: bool
    """It may be in a network that customers may not reach."""
    has_credentials: bool
    """Challenges may be answered with the call's user name and password."""


class Dial(Protocol):
    """Sends an INVITE to a target, now or after looking its name up."""

    def __call__(self, search: Search, target: Target) -> None:
        """Calls `search.dialled` or `search.failed`, now or later."""


class Search:
    """The search of one leg.

    Args:
        dial: sends an INVITE.
        over: told once, when nobody is left who could answer.
    """

    def __init__(self, dial: Dial, over: Callable[[CallEnded | None], None]) -> None:
        self._dial = dial
        self._over = over
        self._branches: dict[Call, Target] = {}
        self._pending = 0
        """Targets whose names are being looked up."""
        self._later: deque[Target] = deque()
        self._seen: list[SipUri] = []
        self._best: CallEnded | None = None
        self._best_rank = _FOLLOWED_RANK
        self._redirections = 0
        self._is_starting = False
        self.is_over = False
        """Somebody answered, everybody refused, or we gave up."""

    def begin(self, targets: list[Target]) -> None:
        """Call all targets."""
        self._is_starting = True
        for target in targets:
            if not self.is_over:
                self._try(target)
        self._is_starting = False
        self._go_on()

    def owns(self, call: Call) -> bool:
        """Whether this INVITE is one of the search's and may still be answered."""
        return not self.is_over and call in self._branches

    def dialled(self, call: Call, target: Target) -> None:
        """The INVITE to a target is on its way."""
        self._pending -= 1
        self._branches[call] = target

    def failed(self) -> None:
        """A target cannot be called at all."""
        self._pending -= 1
        if not self._is_starting:
            self._go_on()

    def won(self, call: Call, now: float) -> None:
        """This INVITE was answered: the others are cancelled."""
        self.is_over = True
        self._cancel(now, ELSEWHERE, but=call)

    def give_up(self, now: float, reason: str | None) -> None:
        """Cancel everything. `over` is told at once: the far ends' agreement changes nothing."""
        if self.is_over:
            return
        self.is_over = True
        self._cancel(now, reason)
        self._over(None)

    def ended(self, event: CallEnded, now: float) -> None:
        """An INVITE of the search was refused, redirected or never answered."""
        target = self._branches.pop(event.call)
        status = event.status or 0
        followed = self._follow(event, target) if status in _FOLLOWED else False
        # A redirection that is followed counts only if nothing comes of it.
        rank = _FOLLOWED_RANK if followed else _rank(event)
        if self._best is None or rank < self._best_rank:
            self._best, self._best_rank = event, rank
        if status >= 600:
            self.is_over = True
            self._cancel(now, None)
            self._over(event)
            return
        self._go_on()

    def _follow(self, event: CallEnded, target: Target) -> bool:
        """Note where a 3xx leads, the preferred first; False when it leads nowhere that we would go."""
        found: list[tuple[float, SipUri]] = []
        for text in event.contacts:
            try:
                contact = NameAddr.parse(text)
            except SipParseError:
                continue
            if isinstance(contact.uri, SipUri) and contact.uri.scheme == "sip":
                found.append((_quality(contact), contact.uri))
        followed = False
        for _, uri in sorted(found, key=lambda each: -each[0]):
            plain = SipUri(uri.scheme, uri.user, None, uri.host, uri.port, uri.params)
            if self._redirections >= REDIRECTIONS_MAX or any(uris_equal(plain, seen) for seen in self._seen):
                continue
            self._redirections += 1
            self._seen.append(plain)
            same = plain.host.lower() == target.uri.host.lower()
            self._later.append(
                Target(
                    plain,
                    None,
                    is_trusted=target.is_trusted and same,
                    has_credentials=target.has_credentials and same,
                )
            )
            followed = True
        return followed

    def _try(self, target: Target) -> None:
        self._seen.append(target.uri)
        self._pending += 1
        self._dial(self, target)

    def _go_on(self) -> None:
        """With nobody left who may answer, call the next; with no next one, it is over."""
        while not self.is_over and not self._branches and not self._pending:
            if not self._later:
                self.is_over = True
                self._over(self._best)
                return
            self._is_starting = True
            self._try(self._later.popleft())
            self._is_starting = False

    def _cancel(self, now: float, reason: str | None, but: Call | None = None) -> None:
        branches, self._branches = self._branches, {}
        for call in branches:
            if call is not but:
                call.hang_up(now, reason)


def targets_of(targets: tuple[CallTarget, ...], to_uri: str, *, has_credentials: bool) -> list[Target]:
    """The targets of a call as addresses.

    Raises:
        SipParseError: one of them is no SIP address.
    """
    return [
        Target(_sip_uri(each.uri), _peer(each.source), each.is_trusted, has_credentials)
        for each in targets or (CallTarget(to_uri),)
    ]


def _sip_uri(text: str) -> SipUri:
    uri = parse_uri(text)
    if not isinstance(uri, SipUri):
        raise SipParseError("only SIP addresses can be called", 416)
    return uri


def _peer(source: str | None) -> Peer | None:
    """A peer as `str(peer)` writes it."""
    if source is None:
        return None
    transport, _, rest = source.partition(":")
    host, _, port = rest.rpartition(":")
    if not host or not port.isdigit():
        raise SipParseError("malformed source")
    return Peer(transport.upper(), host.strip("[]"), int(port))


def _rank(event: CallEnded) -> int:
    if event.cause is EndCause.NO_RESPONSE:
        return 4
    return _BEST_FIRST.get((event.status or 0) // 100, 5)


def _quality(contact: NameAddr) -> float:
    """RFC 3261 §20.10: 0 to 1; one that is not said is 1."""
    text = contact.param("q")
    try:
        return min(1.0, max(0.0, float(text))) if text else 1.0
    except ValueError:
        return 0.0
