"""URIs are read, written and compared as RFC 3261 §19.1 says."""

from __future__ import annotations

import pytest

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.uri import OpaqueUri, SipUri, escape_user, parse_uri, uris_equal

# RFC 3261 §19.1.3, the examples.
RFC_EXAMPLES = [
    "sip:alice@atlanta.com",
    "sip:alice:secretword@atlanta.com;transport=tcp",
    "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
    "sip:+1-212-555-1212:1234@gateway.com;user=phone",
    "sips:1212@gateway.com",
    "sip:alice@192.0.2.4",
    "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
    "sip:alice;day=tuesday@atlanta.com",
]


@pytest.mark.parametrize("text", RFC_EXAMPLES)
def test_the_rfcs_examples_come_out_as_they_went_in(text: str) -> None:
    assert str(parse_uri(text)) == text


def test_each_part_is_found() -> None:
    uri = SipUri.parse("SIPS:al%69ce:pw@Example.COM:5071;transport=tcp;lr?Subject=hi&X=%20")
    assert uri == SipUri(
        scheme="sips",
        user="al%69ce",
        password="pw",
        host="Example.COM",
        port=5071,
        params=(("transport", "tcp"), ("lr", None)),
        headers=(("Subject", "hi"), ("X", "%20")),
    )
    assert uri.decoded_user == "alice"
    assert uri.param("transport") == "tcp"
    assert uri.param("lr") == ""
    assert uri.param("maddr") is None
    assert uri.is_loose_router


def test_ipv6_hosts_lose_and_regain_their_brackets() -> None:
    uri = SipUri.parse("sip:room@[2001:db8::1]:5060;transport=udp")
    assert (uri.host, uri.port) == ("2001:db8::1", 5060)
    assert str(uri) == "sip:room@[2001:db8::1]:5060;transport=udp"


def test_other_schemes_are_carried_whole() -> None:
    assert parse_uri("TEL:+1-201-555-0123;phone-context=x") == OpaqueUri(
        "tel", "+1-201-555-0123;phone-context=x"
    )
    assert str(parse_uri("mailto:alice@atlanta.com")) == "mailto:alice@atlanta.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip",
        "sip:",
        "sip:@host",
        "sip:a b@host",
        "sip:a@",
        "sip:a@ho st",
        "sip:a@host:port",
        "sip:a@host:65536",
        "sip:a@host:-1",
        "sip:a@host:",
        "sip:a@[::1",
        "sip:a@[not:an:address]",
        "sip:a@[fe80::1%25eth0]",
        "sip:a@[::1]x",
        "sip:a@host;;lr",
        "sip:a@host;=x",
        "sip:a@host?",
        "sip:a@host?x",
        "sip:a@host?=y",
        "sip:a%zz@host",
        "sip:a%4@host",
        "sip:a@b@host",
        "sip:a<b@host",
        "sip:a@ho\u00a0st",
        "1sip:a",
        "tel:",
        "tel:+1 2",
        "urn:<x>",
        "no-scheme",
    ],
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        parse_uri(text)


def test_a_sip_uri_of_another_scheme_is_refused_with_416() -> None:
    with pytest.raises(SipParseError) as refused:
        SipUri.parse("tel:+1")
    assert refused.value.status == 416


# RFC 3261 §19.1.4: equivalent, and not.
EQUAL = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]"),
    ("tel:+12015550123", "tel:+12015550123"),
]
UNEQUAL = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on"),
    ("sip:a@b.c", "sips:a@b.c"),
    ("sip:a@b.c", "sip:b.c"),
    ("sip:a:x@b.c", "sip:a@b.c"),
    ("sip:a@b.c", "tel:+1"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equivalent_uris_are_equal_both_ways(one: str, other: str) -> None:
    assert uris_equal(parse_uri(one), parse_uri(other))
    assert uris_equal(parse_uri(other), parse_uri(one))


@pytest.mark.parametrize(("one", "other"), UNEQUAL)
def test_differing_uris_are_not(one: str, other: str) -> None:
    assert not uris_equal(parse_uri(one), parse_uri(other))
    assert not uris_equal(parse_uri(other), parse_uri(one))


def test_any_text_can_become_a_user_part() -> None:
    user = escape_user('a b@c:"<>ä/')
    uri = SipUri.parse(f"sip:{user}@host")
    assert uri.decoded_user == 'a b@c:"<>ä/'


def test_a_parameter_is_replaced_in_its_place() -> None:
    uri = SipUri.parse("sip:a@h;Transport=udp;lr")
    assert str(uri.with_param("transport", "tcp")) == "sip:a@h;Transport=tcp;lr"
    assert str(uri.with_param("maddr", "1.2.3.4")) == "sip:a@h;Transport=udp;lr;maddr=1.2.3.4"
