"""Addresses, Via and CSeq: parse and str are inverses, and nonsense is refused."""

from __future__ import annotations

import pytest

from hubbub.protocol.sip.address import CSeq, NameAddr, Via
from hubbub.protocol.sip.errors import SipBuildError, SipParseError
from hubbub.protocol.sip.uri import SipUri


@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("sip:a@h", None, "sip:a@h", ()),
        ("sip:a@h;tag=1", None, "sip:a@h", (("tag", "1"),)),
        ("sip:h ; tag = 1", None, "sip:h", (("tag", "1"),)),
        ("<sip:a@h;lr>;tag=1", None, "sip:a@h;lr", (("tag", "1"),)),
        ("Alice <sip:a@h>", "Alice", "sip:a@h", ()),
        ("Alice<sip:a@h>", "Alice", "sip:a@h", ()),
        ("Alice  B. <sip:a@h>", "Alice B.", "sip:a@h", ()),
        ('"Alice, \\"A\\" \\\\" <sip:a@h>', 'Alice, "A" \\', "sip:a@h", ()),
        ('"" <sip:a@h>', "", "sip:a@h", ()),
        ('"<sip:x>"<sip:a@h>', "<sip:x>", "sip:a@h", ()),
        ("Zoë <sip:a@h>", "Zoë", "sip:a@h", ()),
        ('<sip:a@h>;x="a;b,c>";y', None, "sip:a@h", (("x", '"a;b,c>"'), ("y", None))),
        ("<tel:+1>;tag=2", None, "tel:+1", (("tag", "2"),)),
        ("< sip:a@h >", None, "sip:a@h", ()),
    ],
)
def test_addresses_are_read_in_every_form(text: str, display: str | None, uri: str, params: object) -> None:
    address = NameAddr.parse(text)
    assert (address.display_name, str(address.uri), address.params) == (display, uri, params)
    assert NameAddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Alice",
        '"Alice"',
        '"Alice" sip:a@h',
        '"Alice <sip:a@h>',
        "<sip:a@h",
        "<>",
        "<sip:a@h> tag=1",
        "<sip:a@h>;",
        "<sip:a@h>;;tag=1",
        "<sip:a@h>;tag=a b",
        '<sip:a@h>;tag="a',
        '<sip:a@h>;tag="a"b',
        "<sip:a@h>;=1",
        "<sip:a@h>;t<g=1",
        "Bell, A <sip:a@h>",
        "a@b <sip:a@h>",
        "sip:a@h?x=y",
        "sip:a,b@h",
        "*",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        NameAddr.parse(text)


def test_a_tag_is_read_and_set() -> None:
    address = NameAddr.parse("<sip:a@h>;TAG=x")
    assert address.tag == "x"
    assert str(address.with_tag("y")) == "<sip:a@h>;TAG=y"
    assert NameAddr.parse("<sip:a@h>").tag is None
    assert NameAddr.parse("<sip:a@h>;tag=").tag is None
    assert NameAddr(None, SipUri.parse("sip:a@h")).with_tag("z").tag == "z"


def test_a_parameter_is_unquoted_when_asked_for() -> None:
    address = NameAddr.parse('<sip:a@h>;x="a \\"b\\""')
    assert address.param("x") == 'a "b"'
    assert address.param("y") is None


def test_a_display_name_with_a_line_break_is_never_written() -> None:
    with pytest.raises(SipBuildError):
        str(NameAddr("a\r\nVia: x", SipUri.parse("sip:a@h")))


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("SIP/2.0/UDP h;branch=z9hG4bKx", Via("UDP", "h", None, (("branch", "z9hG4bKx"),))),
        ("SIP/2.0/tcp h:5060", Via("TCP", "h", 5060)),
        (
            "sip / 2.0 / UDP   first.example.com: 4000;ttl=16",
            Via("UDP", "first.example.com", 4000, (("ttl", "16"),)),
        ),
        ("SIP/2.0/UDP [2001:db8::9:1]:5;rport", Via("UDP", "2001:db8::9:1", 5, (("rport", None),))),
        ("SIP/2.0/ WSS\th", Via("WSS", "h")),
    ],
)
def test_vias_are_read_in_every_form(text: str, via: Via) -> None:
    assert Via.parse(text) == via
    assert Via.parse(str(via)) == via


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0/ h",
        "SIP/3.0/UDP h",
        "HTTP/2.0/UDP h",
        "SIP/2.0/UDP h x",
        "SIP/2.0/UDP h:x",
        "UDP h",
    ],
)
def test_what_is_no_via_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        Via.parse(text)


def test_a_via_says_where_its_sender_was_seen() -> None:
    via = Via.parse("SIP/2.0/UDP h;rport=4000;received=[2001:db8::1];branch=z9hG4bKa")
    assert (via.rport, via.received, via.wants_rport) == (4000, "2001:db8::1", True)
    assert Via.parse("SIP/2.0/UDP h;rport").rport is None
    assert Via.parse("SIP/2.0/UDP h;rport").wants_rport
    assert not Via.parse("SIP/2.0/UDP h").wants_rport
    assert Via.parse("SIP/2.0/UDP h;rport=99999").rport is None
    assert Via.parse("SIP/2.0/UDP h;rport=x").rport is None
    filled = (
        Via.parse("SIP/2.0/UDP h;rport;branch=z9hG4bKa")
        .with_param("rport", "5")
        .with_param("received", "1.2.3.4")
    )
    assert str(filled) == "SIP/2.0/UDP h;rport=5;branch=z9hG4bKa;received=1.2.3.4"


def test_only_a_cookie_with_something_behind_it_identifies_a_transaction() -> None:
    assert Via.parse("SIP/2.0/UDP h;branch=z9hG4bKa").has_rfc3261_branch
    assert not Via.parse("SIP/2.0/UDP h;branch=z9hG4bK").has_rfc3261_branch
    assert not Via.parse("SIP/2.0/UDP h;branch=1").has_rfc3261_branch
    assert not Via.parse("SIP/2.0/UDP h").has_rfc3261_branch


def test_cseq_is_read_and_written() -> None:
    assert CSeq.parse("  0009\t INVITE ") == CSeq(9, "INVITE")
    assert str(CSeq(2**31 - 1, "foo")) == "2147483647 foo"


@pytest.mark.parametrize(
    "text", ["", "1", "INVITE", "1 INVITE x", "2147483648 A", "-1 A", "+1 A", "1_0 A", "² A", "1 A<"]
)
def test_what_is_no_cseq_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        CSeq.parse(text)
