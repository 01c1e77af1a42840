"""How customers reach this server: what is said wins, and what is guessed is an address that others can use."""

import dataclasses
import socket
from ipaddress import ip_address

import pytest

from hubbub import own_url as module
from hubbub.config import Settings
from hubbub.own_url import OwnUrl, own_url

TLS = {"tls_certificate": "own.pem", "tls_key": "own.key"}


def settings(**said: str) -> Settings:
    return dataclasses.replace(Settings(), **said)  # type: ignore[arg-type]  # texts alone are given


@pytest.mark.parametrize(
    ("said", "port", "url"),
    [
        ({}, None, "http://127.0.0.1:8080"),
        ({"http": "192.0.2.7:0"}, 40_123, "http://192.0.2.7:40123"),
        ({"http": "[2001:db8::7]:8080"}, None, "http://[2001:db8::7]:8080"),
        ({"http": "192.0.2.7:8443", **TLS}, 8443, "https://192.0.2.7:8443"),
        ({"http": "calls.example:80"}, 80, "http://calls.example:80"),
        ({"http": "0.0.0.0:8080", "advertised_host": "203.0.113.9"}, 8080, "http://203.0.113.9:8080"),
        ({"http": "[::]:0", "advertised_host": "2001:db8::9", **TLS}, 444, "https://[2001:db8::9]:444"),
        ({"http": "0.0.0.0:0", "public_url": "https://calls.example"}, 40_123, "https://calls.example"),
    ],
)
def test_what_is_said_is_no_guess(said: dict[str, str], port: int | None, url: str) -> None:
    assert own_url(settings(**said), port) == OwnUrl(url, is_guess=False)


def known(*addresses: str) -> list[tuple[object, ...]]:
    """What the resolver says of this machine's name."""
    families = {4: socket.AF_INET, 6: socket.AF_INET6}
    return [(families[ip_address(each).version], 0, 0, "", (each, 0)) for each in addresses]


@pytest.mark.parametrize(
    ("http", "names", "way_out", "url"),
    [
        ("0.0.0.0:0", known("127.0.1.1", "192.0.2.7"), "198.51.100.1", "http://192.0.2.7:40123"),
        ("0.0.0.0:0", known("127.0.1.1"), "198.51.100.1", "http://198.51.100.1:40123"),
        ("0.0.0.0:0", known("2001:db8::7"), "", "http://127.0.0.1:40123"),
        ("[::]:0", known("::1", "fe80::1", "2001:db8::7"), "", "http://[2001:db8::7]:40123"),
        ("[::]:0", known(), "2001:db8::8", "http://[2001:db8::8]:40123"),
        ("0.0.0.0:0", OSError("nobody knows this machine"), "", "http://127.0.0.1:40123"),
    ],
)
def test_for_all_addresses_one_is_guessed_that_others_may_use(
    http: str, names: object, way_out: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: object, **__: object) -> object:
        if isinstance(names, OSError):
            raise names
        return names

    monkeypatch.setattr(module.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(module, "_way_out", lambda family: way_out)
    assert own_url(settings(http=http), 40_123) == OwnUrl(url, is_guess=True)


def test_the_way_out_is_an_address_or_nothing() -> None:
    for family in (socket.AF_INET, socket.AF_INET6):
        found = module._way_out(family)
        assert found == "" or ip_address(found.partition("%")[0])
