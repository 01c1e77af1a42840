"""Messages in and out: structure, limits, views, answers (RFC 3261 §7, §8.2.6)."""

from __future__ import annotations

import pytest

from hubbub.protocol.sip.address import CSeq, NameAddr, Via
from hubbub.protocol.sip.errors import SipBuildError, SipParseError
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.message import REASONS, SipRequest, SipResponse, response_to
from hubbub.protocol.sip.parser import SipLimits, parse_message, validate_request, validate_response
from hubbub.protocol.sip.uri import SipUri

INVITE = (
    b"INVITE sip:room@example.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport\r\n"
    b"v: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKb\r\n"
    b"Max-Forwards: 70\r\n"
    b'From: "Alice" <sip:alice@example.com>;tag=1\r\n'
    b"To: <sip:room@example.com>\r\n"
    b"Call-ID: c1@example.com\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Timestamp: 54\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)


def invite(*, without: bytes = b"", add: bytes = b"", data: bytes = INVITE) -> bytes:
    """The INVITE above without the lines that begin with `without`, and with more lines."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not without or not line.startswith(without)]
    return b"\r\n".join([*lines, *([add] if add else [])]) + b"\r\n\r\n" + body


def request(data: bytes = INVITE) -> SipRequest:
    message = parse_message(data)
    assert isinstance(message, SipRequest)
    return message


# Reading


def test_a_request_is_read() -> None:
    message = request()
    assert (message.method, str(message.uri), message.version) == (
        "INVITE",
        "sip:room@example.com",
        "SIP/2.0",
    )
    assert message.body == b"v=0\n"
    assert message.call_id == "c1@example.com"
    assert message.cseq == CSeq(7, "INVITE")
    assert message.from_addr == NameAddr(
        "Alice", SipUri("sip", "alice", None, "example.com"), (("tag", "1"),)
    )
    assert message.to_addr.tag is None
    assert message.top_via == Via("UDP", "192.0.2.1", 5060, (("branch", "z9hG4bKa"), ("rport", None)))
    assert validate_request(message) is None


def test_a_response_is_read() -> None:
    data = INVITE.replace(b"INVITE sip:room@example.com SIP/2.0", b"SIP/2.0 404 Not  Found")
    message = parse_message(data)
    assert isinstance(message, SipResponse)
    assert (message.status, message.reason) == (404, "Not  Found")
    assert validate_response(message) is None


def test_views_follow_the_headers() -> None:
    message = request()
    assert message.to_addr.tag is None
    message.headers.set("To", "<sip:room@example.com>;tag=9")
    assert message.to_addr.tag == "9"
    message.headers.add_first("Via", "SIP/2.0/UDP p;branch=z9hG4bKp")
    assert message.top_via.host == "p"


def test_the_first_via_of_a_comma_list_is_the_top_one() -> None:
    message = request(invite(without=b"V", add=b"Via: SIP/2.0/UDP a;branch=z9hG4bK1 , SIP/2.0/UDP b"))
    assert message.top_via.host == "192.0.2.9"  # the line that is left above it
    message.headers.remove_first("Via")
    assert message.top_via.host == "a"


def test_empty_lines_before_the_start_line_are_passed_over() -> None:
    assert request(b"\r\n\r\n" + INVITE) == request()


def test_bytes_behind_the_body_are_dropped() -> None:
    assert request(INVITE + b"garbage") == request()


def test_without_a_length_the_body_is_all_that_is_left() -> None:
    assert request(invite(without=b"Content-Length") + b"more").body == b"v=0\nmore"


def test_equal_lengths_given_twice_are_one() -> None:
    assert request(invite(add=b"l: 4")).body == b"v=0\n"


def test_bytes_that_are_no_utf8_go_out_as_they_came_in() -> None:
    data = INVITE.replace(b'"Alice"', b'"Al\xffice\xe4"')
    message = request(data)
    assert message.to_bytes() == request(message.to_bytes()).to_bytes()
    assert b'"Al\xffice\xe4"' in message.to_bytes()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\r\n",
        b"\0",
        b"INVITE",
        b"INVITE sip:a@b SIP/2.0\r\n",
        b"INVITE sip:a@b SIP/2.0\n\n",
        b"INVITE sip:a@b\r\n\r\n",
        b"INVITE sip:a@b SIP/2\r\n\r\n",
        b"INVITE sip:a@b HTTP/1.1\r\n\r\n",
        b"IN<VITE sip:a@b SIP/2.0\r\n\r\n",
        b"SIP/2.0 20 OK\r\n\r\n",
        b"SIP/2.0 099 OK\r\n\r\n",
        b"SIP/2.0 700 OK\r\n\r\n",
        b"SIP/2.0 abc OK\r\n\r\n",
        b"SIP/x 200 OK\r\n\r\n",
        INVITE.replace(b"To:", b"To"),
        INVITE.replace(b"To:", b"T<o:"),
        INVITE.replace(b"To:", b":"),
        INVITE.replace(b"To:", b"T\xc3\xb6:"),
        INVITE.replace(b"To: <", b"To: \n<"),
        INVITE.replace(b"To: <", b"To: \r<"),
        INVITE.replace(b"Content-Length: 4", b"Content-Length: 5"),
        INVITE.replace(b"Content-Length: 4", b"Content-Length: -1"),
        INVITE.replace(b"Content-Length: 4", b"Content-Length: "),
        INVITE.replace(b"Content-Length: 4", b"Content-Length: 4, 4"),
        INVITE.replace(b"Content-Length: 4", b"Content-Length: 99999999999999999999"),
        invite(add=b"Content-Length: 3"),
    ],
)
def test_what_is_no_message_is_refused(broken: bytes) -> None:
    with pytest.raises(SipParseError):
        parse_message(broken)


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (SipLimits(max_message_bytes=len(INVITE) - 1), 413),
        (SipLimits(max_headers=8), 400),
        (SipLimits(max_line_bytes=35), 400),
        (SipLimits(max_line_bytes=20), 414),
    ],
)
def test_each_limit_refuses(limits: SipLimits, status: int) -> None:
    with pytest.raises(SipParseError) as refused:
        parse_message(INVITE, limits)
    assert refused.value.status == status


def test_folding_counts_towards_the_length_of_a_line() -> None:
    with pytest.raises(SipParseError):
        parse_message(invite(add=b"X: a" + b"\r\n bbbbbbbb" * 2000))


def test_hostile_white_space_is_read_in_linear_time() -> None:
    # Quadratic reading of either would take minutes at this size.
    limits = SipLimits(max_message_bytes=4_000_000, max_line_bytes=4_000_000)
    blank = b" " * 1_000_000
    assert request_with(limits, invite(add=b"X:" + blank + b"a")).headers.get("X") == "a"
    assert request_with(limits, invite(add=b"X: a\r\n" + blank + b"b")).headers.get("X") == "a b"
    escapes = b'X: "' + b'\\"' * 500_000 + b'"'
    assert len(request_with(limits, invite(add=escapes)).headers.values("X")) == 1


def request_with(limits: SipLimits, data: bytes) -> SipRequest:
    message = parse_message(data, limits)
    assert isinstance(message, SipRequest)
    return message


# Rules for every request (§8.2, §16.3)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (INVITE.replace(b"com SIP/2.0", b"com SIP/3.0"), 505),
        (INVITE.replace(b"com SIP/2.0", b"com sip/2.0"), None),
        (invite(without=b"From"), 400),
        (invite(without=b"To"), 400),
        (invite(without=b"Call-ID"), 400),
        (invite(without=b"CSeq"), 400),
        (invite(without=b"Max"), None),
        (invite(without=b"Via", data=invite(without=b"v:")), 400),
        (invite(add=b"To: <sip:b@c>"), 400),
        (invite(add=b"i: other"), 400),
        (INVITE.replace(b"c1@example.com", b""), 400),
        (INVITE.replace(b"7 INVITE", b"7 BYE"), 400),
        (INVITE.replace(b"7 INVITE", b"7 invite"), 400),
        (INVITE.replace(b"Forwards: 70", b"Forwards: many"), 400),
        (INVITE.replace(b"Forwards: 70", b"Forwards: 256"), 400),
        (INVITE.replace(b"Forwards: 70", b"Forwards: 0"), None),
        (invite(add=b"Contact: <sip:a@b>, <"), 400),
        (invite(add=b"Contact: *"), None),
        (invite(add=b"m: " + b"<sip:a@b>," * 65), 400),
        (INVITE.replace(b"sip:room@example.com SIP", b"tel:+15550100 SIP"), None),
        (INVITE.replace(b"sip:room@example.com SIP", b"http://x SIP"), 416),
    ],
)
def test_a_request_that_breaks_the_rules_is_told_so(data: bytes, status: int | None) -> None:
    refusal = validate_request(request(data))
    assert (refusal and refusal[0]) == status


@pytest.mark.parametrize("without", [b"From", b"To", b"Call-ID", b"CSeq"])
def test_a_response_without_what_it_needs_is_dropped(without: bytes) -> None:
    data = invite(without=without).replace(b"INVITE sip:room@example.com SIP/2.0", b"SIP/2.0 200 OK")
    message = parse_message(data)
    assert isinstance(message, SipResponse)
    assert validate_response(message) is not None


# Writing


def test_a_request_is_written_with_its_true_length() -> None:
    headers = Headers([("Via", "SIP/2.0/UDP h"), ("l", "99")])
    message = SipRequest("OPTIONS", SipUri.parse("sip:a@b"), headers, b"hello")
    assert message.to_bytes() == (
        b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 5\r\n\r\nhello"
    )


def test_a_response_copies_what_identifies_the_request() -> None:
    answer = response_to(request(), 200, to_tag="77")
    assert answer.to_bytes() == (
        b"SIP/2.0 200 OK\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport\r\n"
        b"Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKb\r\n"
        b'From: "Alice" <sip:alice@example.com>;tag=1\r\n'
        b"To: <sip:room@example.com>;tag=77\r\n"
        b"Call-ID: c1@example.com\r\n"
        b"CSeq: 7 INVITE\r\n"
        b"Content-Length: 0\r\n\r\n"
    )


def test_a_trying_has_no_tag_and_keeps_the_timestamp() -> None:
    answer = response_to(request(), 100)
    assert answer.headers.get("Timestamp") == "54"
    assert answer.to_addr.tag is None


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (b"<sip:a@b>;tag=old", "<sip:a@b>;tag=old"),
        (b"sip:a@b", "sip:a@b;tag=new"),
        (b"sip:a@b;x=y", "<sip:a@b>;x=y;tag=new"),
        (b"Bell, A <sip:a@b>", "Bell, A <sip:a@b>"),
    ],
)
def test_a_tag_is_added_once_and_changes_nothing_else(to: bytes, expected: str) -> None:
    message = request(INVITE.replace(b"To: <sip:room@example.com>", b"To: " + to))
    assert response_to(message, 200, to_tag="new").headers.get("To") == expected


def test_a_reason_is_the_rfcs_unless_given() -> None:
    assert response_to(request(), 486).reason == REASONS[486] == "Busy Here"
    assert response_to(request(), 486, "In a meeting").reason == "In a meeting"
    assert response_to(request(), 599).reason == "Unknown"


def test_a_reason_cannot_smuggle_a_header() -> None:
    with pytest.raises(SipBuildError):
        response_to(request(), 486, "x\r\nContact: <sip:evil@h>").to_bytes()


def test_a_method_cannot_smuggle_a_header() -> None:
    with pytest.raises(SipBuildError):
        SipRequest("X\r\nY", SipUri.parse("sip:a@b"), Headers()).to_bytes()
