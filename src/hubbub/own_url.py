"""How customers reach this server: the beginning of every URL of ours that a webhook tells.

Owns the guess where nobody said it. The real server asks once its port is bound and before anything can be told;
what an API answers uses the address that its client used. A room of `bootstrap`.
"""

import socket
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, NamedTuple

from hubbub.config import Settings, parse_address

ELSEWHERE: Final = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses for documentation (RFC 5737, RFC 3849): the way to them is the way out. Nothing is sent there."""


class OwnUrl(NamedTuple):
    url: str
    """Scheme, host and port; no trailing slash."""
    is_guess: bool
    """HTTP listens on all addresses, and nobody said which of them customers can use."""


def own_url(settings: Settings, port: int | None = None) -> OwnUrl:
    """`--public-url`, or else the address of `--http`.

    Args:
        port: where HTTP really listens; None: as the settings say.
    """
    if settings.public_url:
        return OwnUrl(settings.public_url, is_guess=False)
    host, wanted = parse_address(settings.http, "http")
    scheme = "https" if settings.tls_certificate else "http"
    everywhere = is_wildcard(host)
    if everywhere:
        host = settings.advertised_host or outward_address(host)
    shown = f"[{host}]" if ":" in host else host
    number = wanted if port is None else port
    return OwnUrl(f"{scheme}://{shown}:{number}", is_guess=everywhere and not settings.advertised_host)


def is_wildcard(host: str) -> bool:
    """Whether to listen on `host` is to listen on every address."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def outward_address(wildcard: str) -> str:
    """An address of this machine that others may reach: its name's, or else the one it speaks to others from.

    Args:
        wildcard: `0.0.0.0`, or `::`, which takes IPv4 as well.
    """
    families = [socket.AF_INET] if ip_address(wildcard).version == 4 else [socket.AF_INET, socket.AF_INET6]
    found = [*_addresses_of_name(families), *(_way_out(family) for family in families)]
    usable = (each for each in found if each and not ip_address(each).is_loopback)
    return next(usable, "127.0.0.1")


def _addresses_of_name(families: list[socket.AddressFamily]) -> list[str]:
    with suppress(OSError, UnicodeError):
        known = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
        # A link-local address is one only together with a link.
        addresses = [str(each[4][0]) for each in known if each[0] in families]
        return [each for each in addresses if not ip_address(each.partition("%")[0]).is_link_local]
    return []


def _way_out(family: socket.AddressFamily) -> str:
    """The source address of what is sent far away; empty without a route."""
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((ELSEWHERE[family], 9))
        return str(probe.getsockname()[0])
    return ""
