"""Making digest challenges and checking answers to them (RFC 7616 §3.3 to §3.5, §5; RFC 8760 §2.3; RFC 3261 §22.4).

Owns nonces and their use. A nonce carries the time it was made and an HMAC over it, so nothing is stored for a
challenge that nobody answers; only nonces that were answered correctly are remembered, with the highest count seen.
Who may use which user name, and what a refusal looks like on the wire, are left to the user agent.

A nonce is `TIME.SALT.MAC`: milliseconds, a token from the caller, and the first 32 hex digits of HMAC-SHA-256.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from hubbub.protocol.sip.digest import (
    ALGORITHMS,
    DigestChallenge,
    DigestCredentials,
    compute_ha1,
    compute_response,
    parse_nonce_time,
)
from hubbub.protocol.sip.errors import SipParseError

Ha1Lookup = Callable[[str, str, str], str | None]
"""(username, realm, algorithm) to the HA1 in lower hex, or None when there is no such user or no such hash."""


class DigestVerdict(enum.Enum):
    """What became of credentials."""

    ACCEPTED = "accepted"
    """The user is who he says he is."""
    STALE = "stale"
    """Right password, but the nonce is too old, forgotten, was used already, or is not ours, as after a restart:
    challenge again with stale=TRUE."""
    REFUSED = "refused"
    """Wrong password or unknown user: challenge again."""
    MALFORMED = "malformed"
    """Not digest credentials at all: challenge again, or 400."""


@dataclass(frozen=True, slots=True)
class DigestOutcome:
    """A verdict and the user name that it is about."""

    verdict: DigestVerdict
    username: str | None = None
    """As claimed; proven only when accepted."""


def password_lookup(find_password: Callable[[str], str | None]) -> Ha1Lookup:
    """An `Ha1Lookup` over passwords kept in the clear."""

    def lookup(username: str, realm: str, algorithm: str) -> str | None:
        password = find_password(username)
        return None if password is None else compute_ha1(username, realm, password, algorithm)

    return lookup


class DigestServer:
    """Challenges for one realm.

    Args:
        realm: protection space, shown to users (RFC 3261 §22.1).
        key: secret of the nonces' HMAC; every node that shares it accepts the others' nonces.
        new_salt: gives a fresh token without dots at each call, so that two challenges never share a nonce.
        algorithms: offered, the most preferred first.
        nonce_lifetime_ms: age from which on a nonce is stale.
        max_nonces: how many answered nonces are remembered; past that the oldest become stale early.
    """

    def __init__(
        self,
        realm: str,
        key: bytes,
        new_salt: Callable[[], str],
        *,
        algorithms: tuple[str, ...] = ALGORITHMS,
        nonce_lifetime_ms: int = 300_000,
        max_nonces: int = 10_000,
    ) -> None:
        self._realm = realm
        self._key = key
        self._new_salt = new_salt
        self._algorithms = algorithms
        self._nonce_lifetime_ms = nonce_lifetime_ms
        self._max_nonces = max_nonces
        self._counts: dict[str, int] = {}  # answered nonce: highest count; oldest first
        self._forgotten_before_ms = -1  # nonces made up to here may have been used and forgotten

    @property
    def realm(self) -> str:
        """The realm of every challenge."""
        return self._realm

    def challenges(self, now_ms: int, *, is_stale: bool = False) -> list[str]:
        """Values for WWW-Authenticate or Proxy-Authenticate, one field each, the preferred algorithm first.

        Args:
            now_ms: the time now in milliseconds, of any epoch, the same for every call.
            is_stale: whether the last answer was right but for its nonce.
        """
        nonce = self._make_nonce(now_ms)
        return [
            str(DigestChallenge(self._realm, nonce, algorithm, ("auth",), is_stale=is_stale))
            for algorithm in self._algorithms
        ]

    def verify(self, authorization: str, method: str, lookup: Ha1Lookup, now_ms: int) -> DigestOutcome:
        """Check an Authorization or Proxy-Authorization value.

        The digest-uri is hashed as the client states it and not compared with the Request-URI: proxies on the way
        may have rewritten that one (RFC 3261 §22.4 (1)); replay at another URI fails on the nonce count.

        Args:
            authorization: the header value.
            method: of the request that carried it.
            lookup: finds the user's HA1.
            now_ms: as for `challenges`.
        """
        try:
            given = DigestCredentials.parse(authorization)
        except SipParseError:
            return DigestOutcome(DigestVerdict.MALFORMED)
        algorithm = next((name for name in self._algorithms if name.lower() == given.algorithm.lower()), None)
        made_at_ms = self._nonce_time(given.nonce)
        if algorithm is None or given.realm != self._realm or given.qop not in (None, "auth"):
            return DigestOutcome(DigestVerdict.REFUSED, given.username)
        ha1 = lookup(given.username, self._realm, algorithm)
        expected = compute_response(
            # An unknown user costs the same arithmetic as a known one.
            ha1 or compute_ha1(given.username, self._realm, "", algorithm),
            method=method,
            uri=given.uri,
            nonce=given.nonce,
            algorithm=algorithm,
            qop=given.qop,
            nonce_count=given.nonce_count or 0,
            cnonce=given.cnonce or "",
        )
        matches = hmac.compare_digest(expected.encode(), given.response.encode("utf-8", "surrogateescape"))
        if ha1 is None or not matches:
            return DigestOutcome(DigestVerdict.REFUSED, given.username)
        # Without qop there is no count, so such a nonce is good for one use.
        count = 1 if given.qop is None else given.nonce_count or 0
        if made_at_ms is None or not self._use(given.nonce, made_at_ms, count, now_ms):
            return DigestOutcome(DigestVerdict.STALE, given.username)
        return DigestOutcome(DigestVerdict.ACCEPTED, given.username)

    def _use(self, nonce: str, made_at_ms: int, count: int, now_ms: int) -> bool:
        """Record one use; False when the nonce is past use or the count is not higher than all before."""
        if now_ms - made_at_ms >= self._nonce_lifetime_ms or made_at_ms > now_ms:
            self._counts.pop(nonce, None)
            return False
        highest = self._counts.get(nonce)
        if highest is None and made_at_ms <= self._forgotten_before_ms:
            return False
        if count <= (highest or 0):
            return False
        self._counts[nonce] = count
        if len(self._counts) > self._max_nonces:
            oldest = next(iter(self._counts))
            del self._counts[oldest]
            self._forgotten_before_ms = max(self._forgotten_before_ms, self._nonce_time(oldest) or 0)
        return True

    def _make_nonce(self, now_ms: int) -> str:
        stamp = f"{now_ms}.{self._new_salt()}"
        return f"{stamp}.{self._mac(stamp)}"

    def _mac(self, stamp: str) -> str:
        text = f"{self._realm}:{stamp}".encode("utf-8", "surrogateescape")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:32]

    def _nonce_time(self, nonce: str) -> int | None:
        """When a nonce was made, or None when it is not ours."""
        stamp, _, mac = nonce.rpartition(".")
        if not hmac.compare_digest(self._mac(stamp).encode(), mac.encode("utf-8", "surrogateescape")):
            return None
        try:
            return parse_nonce_time(stamp.partition(".")[0])
        except SipParseError:
            return None
