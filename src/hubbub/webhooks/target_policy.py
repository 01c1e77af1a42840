"""Which addresses a customer's URL may lead this server to.

A URL is written by a customer, and the server that follows it stands inside somebody's network: without a
guard it would fetch for strangers what only insiders may see (server-side request forgery: loopback,
private networks, a cloud's metadata service). The rule is held against the address that is really
connected to, in the resolver the connection uses, so that a name which answers differently the second
time (DNS rebinding) gains nothing. Leaves the requests to `web_client`.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052 §2.1: the last 32 bits are an IPv4 address, which a gateway connects to."""


KNOWN_MAX: Final = 1024
_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f]")


class TargetRefused(Exception):
    """The URL leads where this server does not go."""


class TargetPolicy:
    """Public addresses, and the networks that the operator allows besides."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        """
        Args:
            allowed: networks such as `127.0.0.0/8` or `10.1.0.0/16`.

        Raises:
            ValueError: one of them is no network.
        """
        self._allowed: tuple[Network, ...] = tuple(ipaddress.ip_network(text) for text in allowed)
        self._known: dict[str, bool] = {}
        """Addresses that were looked at: a server talks to few, and often."""
        self._passed: set[str] = set()
        """URLs that `check` let pass, likewise: it asks nobody, so it says the same of one every time."""

    def permits(self, address: str) -> bool:
        """Whether a connection to this IP address may be made."""
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            known = self._known[address] = self._permits(address)
        return known

    def _permits(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        faces = _faces(parsed)
        if any(face.version == net.version and face in net for face in faces for net in self._allowed):
            return True
        return all(_is_public(face) for face in faces)

    def check(self, url: str) -> None:
        """Refuse what can be refused without asking a name server.

        Raises:
            TargetRefused: not http or https, no host, or an address that is not permitted.
        """
        if url in self._passed:
            return
        self._check(url)
        if len(self._passed) >= KNOWN_MAX:
            self._passed.clear()
        self._passed.add(url)

    def _check(self, url: str) -> None:
        if _CONTROLS.search(url) is not None:
            raise TargetRefused("the URL holds white space or control characters")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise TargetRefused(f"not a URL: {error}") from None
        if parts.scheme not in ("http", "https"):
            raise TargetRefused(f"scheme {parts.scheme!r} is not http or https")
        if not host or port == 0:
            raise TargetRefused("the URL names no host")
        if host not in self._known:
            try:
                ipaddress.ip_address(host)
            except ValueError:
                return
        if not self.permits(host):
            raise TargetRefused(f"address {host} is not public")


class Resolver(Protocol):
    """What aiohttp asks for a host's addresses."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]: ...

    async def close(self) -> None: ...


class GuardedResolver(AbstractResolver):
    """Answers only with addresses that the policy permits; aiohttp connects to nothing else."""

    def __init__(self, policy: TargetPolicy, resolver: Resolver) -> None:
        self._policy = policy
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """
        Raises:
            OSError: the name has no address.
            TargetRefused: it has, and none is permitted.
        """
        found = await self._resolver.resolve(host, port, family)
        permitted = [result for result in found if self._policy.permits(result["host"])]
        if found and not permitted:
            raise TargetRefused(f"{host} leads to an address that is not public")
        return permitted

    async def close(self) -> None:
        await self._resolver.close()


class SystemResolver:
    """The operating system's name service, asked in the loop's thread pool."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        return [
            ResolveResult(
                hostname=host,
                host=str(sockaddr[0]),
                port=cast(int, sockaddr[1]),
                family=found_family,
                proto=proto,
                flags=int(socket.AI_NUMERICHOST | socket.AI_NUMERICSERV),
            )
            for found_family, _, proto, _, sockaddr in infos
        ]

    async def close(self) -> None:
        """It holds nothing."""


def _faces(address: Address) -> list[Address]:
    """The address and the IPv4 address that it stands for, if any."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    faces: list[Address] = [address]
    if address.sixtofour is not None:
        faces.append(address.sixtofour)
    if address in _NAT64:
        faces = [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return faces


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )
