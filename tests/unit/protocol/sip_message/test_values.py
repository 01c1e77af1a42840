"""Header values of extensions: parse and str are inverses, and nonsense is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.values import (
    ContentType,
    MinSe,
    RAck,
    Reason,
    Replaces,
    RetryAfter,
    SessionExpires,
    accepted_types,
    addresses,
    methods,
    option_tags,
    parse_rseq,
    parse_seconds,
)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (SessionExpires.parse, "1800", SessionExpires(1800)),
        (SessionExpires.parse, "90 ;Refresher=UAC; x=y", SessionExpires(90, "uac", (("x", "y"),))),
        (SessionExpires.parse, "90;refresher=uas", SessionExpires(90, "uas")),
        (MinSe.parse, "90;a", MinSe(90, (("a", None),))),
        (RAck.parse, "776656 1 INVITE", RAck(776656, 1, "INVITE")),
        (RetryAfter.parse, "18000;duration=3600", RetryAfter(18000, (("duration", "3600"),))),
        (RetryAfter.parse, "120 (I'm in (a) meeting);duration=1", RetryAfter(120, (("duration", "1"),))),
        (ContentType.parse, "application/SDP", ContentType("application/sdp")),
        (
            ContentType.parse,
            'multipart/mixed ; boundary="a b"',
            ContentType("multipart/mixed", (("boundary", '"a b"'),)),
        ),
        (
            Reason.parse,
            'Q.850;cause=16;text="Terminated"',
            Reason("Q.850", (("cause", "16"), ("text", '"Terminated"'))),
        ),
        (Replaces.parse, "a@b;to-tag=1;from-tag=2", Replaces("a@b", "1", "2")),
        (Replaces.parse, "a@b;from-tag=2;early-only;to-tag=1;x=y", Replaces("a@b", "1", "2", True)),
    ],
)
def test_values_are_read_and_written(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value
    assert parse(str(value)) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (SessionExpires.parse, ""),
        (SessionExpires.parse, "x"),
        (SessionExpires.parse, "-1"),
        (SessionExpires.parse, "4294967296"),
        (SessionExpires.parse, "90;refresher=me"),
        (SessionExpires.parse, "90;refresher"),
        (MinSe.parse, "90,90"),
        (RAck.parse, "1 INVITE"),
        (RAck.parse, "1 4294967296 INVITE"),
        (RAck.parse, "1 1 IN<"),
        (RetryAfter.parse, "1 (open"),
        (RetryAfter.parse, "1 close)"),
        (ContentType.parse, "sdp"),
        (ContentType.parse, "/sdp"),
        (ContentType.parse, "a/b c"),
        (Reason.parse, ";cause=1"),
        (Reason.parse, "a b"),
        (Replaces.parse, "a@b;to-tag=1"),
        (Replaces.parse, "a@b;to-tag=1;to-tag=2;from-tag=3"),
        (Replaces.parse, ";to-tag=1;from-tag=2"),
        (Replaces.parse, "a@b;to-tag;from-tag=2"),
        (parse_rseq, "0"),
        (parse_rseq, "4294967296"),
        (parse_seconds, "soon"),
    ],
)
def test_nonsense_is_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(SipParseError):
        parse(text)


def test_a_reason_tells_cause_and_text() -> None:
    reason = Reason.parse('SIP;cause=487;text="Call \\"gone\\""')
    assert (reason.cause, reason.text) == (487, 'Call "gone"')
    assert Reason.parse("SIP;cause=x").cause is None
    assert (Reason.parse("SIP").cause, Reason.parse("SIP").text) == (None, None)


def test_a_boundary_is_unquoted() -> None:
    assert ContentType.parse('multipart/mixed;Boundary="a b"').param("boundary") == "a b"
    assert ContentType.parse("a/b").param("boundary") is None


def test_lists_are_read_over_several_lines() -> None:
    headers = Headers(
        [
            ("Supported", "100rel, Timer"),
            ("k", "replaces"),
            ("Allow", "INVITE,ACK"),
            ("Allow", "BYE"),
            ("Accept", "application/sdp;level=1, text/plain"),
            ("Route", "<sip:a;lr>, <sip:b;lr>"),
        ]
    )
    assert option_tags(headers, "Supported") == ("100rel", "timer", "replaces")
    assert option_tags(headers, "Require") == ()
    assert methods(headers) == ("INVITE", "ACK", "BYE")
    assert accepted_types(headers) == ("application/sdp", "text/plain")
    assert [str(route.uri) for route in addresses(headers, "Route")] == ["sip:a;lr", "sip:b;lr"]


def test_without_accept_sdp_is_accepted_and_an_empty_one_accepts_nothing() -> None:
    assert accepted_types(Headers()) == ("application/sdp",)
    assert accepted_types(Headers([("Accept", "")])) == ()


@pytest.mark.parametrize("name", ["Require", "Supported"])
def test_a_malformed_tag_is_refused(name: str) -> None:
    with pytest.raises(SipParseError):
        option_tags(Headers([(name, "a b")]), name)


def test_a_malformed_method_is_refused() -> None:
    with pytest.raises(SipParseError):
        methods(Headers([("Allow", "IN VITE")]))


def test_a_star_is_no_address() -> None:
    with pytest.raises(SipParseError):
        addresses(Headers([("Contact", "*")]), "Contact")
