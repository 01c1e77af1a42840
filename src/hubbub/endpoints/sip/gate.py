"""Who may call: trunks by source address, users by digest, and networks that need neither.

Owns the verdict on each INVITE and the account that it finds. A trunk's sources are held against the address that the
request came from, the most specific network first; then credentials are looked at; then the open networks. Anybody
else is challenged (RFC 3261 §22.1, RFC 8760). Leaves to others: where the trunks are kept, and what a call may reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple, TypeAlias

from hubbub.domain.application import Trunk
from hubbub.domain.ids import AccountId
from hubbub.endpoints.sip.settings import SipSettings
from hubbub.protocol.sip.admission import Allow, Challenge, Deferred, Verdict
from hubbub.protocol.sip.digest import DigestCredentials
from hubbub.protocol.sip.digest_server import DigestServer, DigestVerdict, password_lookup
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.routing import Peer
from hubbub.services.ports import Clock, Entropy, Reader

Network: TypeAlias = IPv4Network | IPv6Network


class Caller(NamedTuple):
    """Who was let in: the principal of a call."""

    account_id: AccountId | None
    """Whose call it is; None when the dialled number decides."""


class Gate:
    """Judges INVITEs.

    Args:
        settings: realm and open networks.
        reader: knows the trunks.
        clock: for nonces and for how old the list of trunks is.
        entropy: for nonces.
        when_known: runs a judgement that has to ask the store, and brings its verdict to the user agent.
    """

    def __init__(
        self,
        settings: SipSettings,
        reader: Reader,
        clock: Clock,
        entropy: Entropy,
        when_known: Callable[[SipRequest, Peer], None],
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._when_known = when_known
        self._open = tuple(ip_network(text, strict=False) for text in settings.open_networks)
        self._fresh_s = settings.trunks_fresh_s
        self._sources: tuple[tuple[Network, AccountId], ...] = ()
        self._read_at_s = float("-inf")
        self._digest = DigestServer(settings.realm, entropy.token(64).encode(), lambda: entropy.token(16))

    def judge(self, request: SipRequest, source: Peer) -> Verdict:
        """The verdict, at once when the trunks are freshly known and no password has to be looked up."""
        if request.method != "INVITE":
            return Allow()  # OPTIONS tells nothing secret, and nothing else is served outside a call
        is_fresh = self._clock.mono_s() - self._read_at_s < self._fresh_s
        if is_fresh and request.headers.get("Authorization") is None:
            return self._judge_address(source) or self._challenge()
        self._when_known(request, source)
        return Deferred()

    async def find_out(self, request: SipRequest, source: Peer) -> Verdict:
        """The verdict, with the store's help."""
        if self._clock.mono_s() - self._read_at_s >= self._fresh_s:
            self._learn(await self._reader.trunks())
        by_trunk = self._judge_trunk(source)
        if by_trunk is not None:
            return by_trunk
        text = request.headers.get("Authorization")
        is_stale = False
        if text is not None:
            verdict, found = await self._judge_password(text, request.method)
            if verdict is DigestVerdict.ACCEPTED and found is not None:
                return Allow(Caller(found.account_id))
            is_stale = verdict is DigestVerdict.STALE
        return self._judge_address(source) or self._challenge(is_stale=is_stale)

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

    async def _judge_password(self, text: str, method: str) -> tuple[DigestVerdict, Trunk | None]:
        try:
            username = DigestCredentials.parse(text).username
        except SipParseError:
            return DigestVerdict.MALFORMED, None
        found = await self._reader.trunk_secret(username)
        passwords: Mapping[str, str] = {} if found is None else {username: found[1]}
        outcome = self._digest.verify(text, method, password_lookup(passwords.get), self._now_ms())
        return outcome.verdict, None if found is None else found[0]

    def _challenge(self, *, is_stale: bool = False) -> Challenge:
        return Challenge(tuple(self._digest.challenges(self._now_ms(), is_stale=is_stale)))

    def _now_ms(self) -> int:
        # Monotonic time: a clock set back must not make yesterday's nonces good again.
        return int(self._clock.mono_s() * 1000)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
