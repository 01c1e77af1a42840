"""Who may call: trunks by source address, users by digest, and networks that need neither.

Owns the verdict on each INVITE and REGISTER and the account that it finds. A trunk's sources are held against the address that the
request came from, the most specific network first; then credentials are looked at; then the open networks. Anybody
else is challenged (RFC 3261 §22.1, RFC 8760). Leaves to others: where the trunks are kept, and what a call may reach.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple, TypeAlias

from hubbub.domain.application import Trunk
from hubbub.domain.ids import AccountId
from hubbub.endpoints.sip.registrations import Registrations
from hubbub.endpoints.sip.settings import SipSettings
from hubbub.endpoints.sip.throttle import Throttle
from hubbub.protocol.sip.admission import Allow, Challenge, Deferred, Deny, Verdict
from hubbub.protocol.sip.digest import DigestCredentials
from hubbub.protocol.sip.digest_server import DigestServer, DigestVerdict, password_lookup
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.routing import Peer
from hubbub.services.ports import Clock, Entropy, Log, Reader

Network: TypeAlias = IPv4Network | IPv6Network


class Caller(NamedTuple):
    """Who was let in: the principal of a call."""

    account_id: AccountId | None
    """Whose call it is; None when the dialled number decides."""


class Loop(NamedTuple):
    """The credentials with which this server calls itself; new at each start."""

    username: str
    password: str


class Gate:
    """Judges INVITEs and REGISTERs.

    Args:
        settings: realm and open networks.
        reader: knows the trunks.
        clock: for nonces and for how old the list of trunks is.
        entropy: for nonces.
        log: told of wrong passwords, once a minute for each source.
        registrations: serves REGISTERs; None: nobody can register.
        when_known: runs a judgement that has to ask the store, and brings its verdict to the user agent.
    """

    def __init__(
        self,
        settings: SipSettings,
        reader: Reader,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        when_known: Callable[[SipRequest, Peer], None],
        registrations: Registrations | None = None,
    ) -> None:
        self._log = log
        self._registrations = registrations
        self._throttle = Throttle(settings.login_failures_max, clock.mono_s)
        self.loop = Loop(f"loop-{entropy.token(16)}", entropy.token(32))
        self._reader = reader
        self._clock = clock
        self._when_known = when_known
        self._open = tuple(ip_network(text, strict=False) for text in settings.open_networks)
        self._fresh_s = settings.trunks_fresh_s
        self._sources: tuple[tuple[Network, AccountId], ...] = ()
        self._read_at_s = float("-inf")
        self._digest = DigestServer(
            settings.realm,
            entropy.token(64).encode(),
            lambda: entropy.token(16),
            algorithms=settings.digest_algorithms,
        )

    @property
    def logins_refused(self) -> int:
        """Credentials that were refused unseen, after too many wrong ones."""
        return self._throttle.refused

    def judge(self, request: SipRequest, source: Peer) -> Verdict:
        """The verdict, at once when the trunks are freshly known and no password has to be looked up."""
        if request.method == "REGISTER" and self._registrations is not None:
            if request.headers.get("Authorization") is None:
                return self._challenge()
            self._when_known(request, source)
            return Deferred()
        if request.method != "INVITE":
            return Allow()  # OPTIONS tells nothing secret, and nothing else is served outside a call
        is_fresh = self._clock.mono_s() - self._read_at_s < self._fresh_s
        if is_fresh and request.headers.get("Authorization") is None:
            return self._judge_address(source) or self._challenge()
        self._when_known(request, source)
        return Deferred()

    async def find_out(self, request: SipRequest, source: Peer) -> Verdict:
        """The verdict, with the store's help."""
        if request.method == "REGISTER":
            return await self._register(request, source)
        if self._clock.mono_s() - self._read_at_s >= self._fresh_s:
            self._learn(await self._reader.trunks())
        by_trunk = self._judge_trunk(source)
        if by_trunk is not None:
            return by_trunk
        text = request.headers.get("Authorization")
        is_stale = False
        if text is not None:
            verdict, found = await self._judge_password(text, request.method, source)
            if verdict is DigestVerdict.ACCEPTED:
                return Allow(Caller(None if found is None else found.account_id))
            is_stale = verdict is DigestVerdict.STALE
        return self._judge_address(source) or self._challenge(is_stale=is_stale)

    async def _register(self, request: SipRequest, source: Peer) -> Verdict:
        """A REGISTER is served only for a password: where somebody may call from says nothing of who he is."""
        text = request.headers.get("Authorization")
        if self._registrations is None or text is None:
            return self._challenge()
        verdict, found = await self._judge_password(text, request.method, source)
        if verdict is DigestVerdict.ACCEPTED:
            return Deny() if found is None else await self._registrations.serve(request, source, found)
        if verdict is None:
            return Deny(403, "Too Many Wrong Passwords")
        return self._challenge(is_stale=verdict is DigestVerdict.STALE)

    def _learn(self, trunks: list[Trunk]) -> None:
        found: list[tuple[Network, AccountId]] = []
        for trunk in trunks:
            for text in trunk.sources:
                with suppress(ValueError):  # one bad row must not shut everybody out
                    found.append((ip_network(text, strict=False), trunk.account_id))
        found.sort(key=lambda each: each[0].prefixlen, reverse=True)
        self._sources = tuple(found)
        self._read_at_s = self._clock.mono_s()

    def _judge_trunk(self, source: Peer) -> Allow | None:
        address = _address(source.host)
        if address is not None:
            for network, account_id in self._sources:
                if address.version == network.version and address in network:
                    return Allow(Caller(account_id))
        return None

    def _judge_address(self, source: Peer) -> Allow | None:
        by_trunk = self._judge_trunk(source)
        if by_trunk is not None:
            return by_trunk
        address = _address(source.host)
        if address is not None and any(
            address.version == network.version and address in network for network in self._open
        ):
            return Allow(Caller(None))
        return None

    async def _judge_password(
        self, text: str, method: str, source: Peer
    ) -> tuple[DigestVerdict | None, Trunk | None]:
        """What credentials are worth, and whose they are; no verdict when the source has tried too often, and nobody's
        when it is we who call ourselves."""
        try:
            username = DigestCredentials.parse(text).username
        except SipParseError:
            return DigestVerdict.MALFORMED, None
        if self._throttle.refuses(source.host, username):
            return None, None
        found: tuple[Trunk, str] | None = None
        if username == self.loop.username:
            password: str | None = self.loop.password
        else:
            found = await self._reader.trunk_secret(username)
            password = None if found is None else found[1]
        outcome = self._digest.verify(text, method, password_lookup({username: password}.get), self._now_ms())
        if outcome.verdict is DigestVerdict.REFUSED and self._throttle.failed(source.host, username):
            self._log.warning("wrong SIP password", source=source.host, user=username, method=method)
        return outcome.verdict, None if found is None else found[0]

    def _challenge(self, *, is_stale: bool = False) -> Challenge:
        return Challenge(tuple(self._digest.challenges(self._now_ms(), is_stale=is_stale)))

    def _now_ms(self) -> int:
        # Monotonic time: a clock set back must not make yesterday's nonces good again.
        return int(self._clock.mono_s() * 1000)


@lru_cache(maxsize=1024)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
