"""Customers' URLs never lead into the network this server stands in."""

import pytest
from aiohttp.abc import ResolveResult

from hubbub.webhooks.target_policy import GuardedResolver, TargetPolicy, TargetRefused


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.0.1",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a00:1::",
        "2001:0:7f00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "nonsense",
        "127.1",
        "0x7f000001",
    ],
)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not TargetPolicy().permits(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_what_is_public_is_permitted(address: str) -> None:
    assert TargetPolicy().permits(address)


def test_an_operator_may_allow_networks() -> None:
    policy = TargetPolicy(["127.0.0.0/8", "fd00::/8"])
    assert policy.permits("127.0.0.1")
    assert policy.permits("::ffff:127.0.0.1")
    assert policy.permits("fd00::1")
    assert not policy.permits("10.0.0.1")
    with pytest.raises(ValueError, match="does not appear"):
        TargetPolicy(["the office"])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://acme.example/",
        "file:///etc/passwd",
        "gopher://acme.example/",
        "//acme.example/",
        "http:///path",
        "http://",
        "",
        "http://[::1/",
        "http://acme.example:99999/",
        "http://acme.example:0/",
        "http://127.0.0.1/",
        "http://user:pw@127.0.0.1/",
        "http://[::1]:8080/",
        "http://169.254.169.254/latest/meta-data/",
        "http://acme.example/a b",
        "http://acme.example/\r\nX: y",
    ],
)
def test_a_url_that_leads_nowhere_good_is_refused_unasked(url: str) -> None:
    policy = TargetPolicy()
    for _ in range(2):
        with pytest.raises(TargetRefused):
            policy.check(url)


@pytest.mark.parametrize(
    "url", ["http://acme.example/", "https://u:p@acme.example:8443/x?y=z", "http://8.8.8.8/"]
)
def test_an_ordinary_url_passes(url: str) -> None:
    TargetPolicy().check(url)


class Names:
    """A name server with one name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=2, proto=6, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


async def test_a_name_is_as_good_as_its_addresses() -> None:
    mixed = GuardedResolver(TargetPolicy(), Names("10.0.0.1", "8.8.8.8", "127.0.0.1"))
    assert [each["host"] for each in await mixed.resolve("acme.example", 80)] == ["8.8.8.8"]
    inside = GuardedResolver(TargetPolicy(), Names("10.0.0.1"))
    with pytest.raises(TargetRefused):
        await inside.resolve("acme.example", 80)
    nowhere = GuardedResolver(TargetPolicy(), Names())
    assert await nowhere.resolve("acme.example", 80) == []
