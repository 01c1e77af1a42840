"""Every message of RFC 4475, and what becomes of it at the message layer.

Where the RFC leaves the choice between being strict and being liberal, the table says which we chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest, SipResponse, response_to
from hubbub.protocol.sip.parser import parse_message, validate_request, validate_response
from hubbub.protocol.sip.stream import MalformedReceived, PingReceived, StreamFramer
from hubbub.protocol.sip.uri import OpaqueUri, SipUri
from hubbub.protocol.sip.values import addresses, option_tags

MESSAGES = Path(__file__).parents[3] / "data" / "rfc4475"

ACCEPTED = 0
"""Well-formed for the message layer; what it means is decided above it."""
DROPPED = -1
"""A response that nobody can be told about."""


@dataclass(frozen=True)
class Row:
    """One message of the RFC."""

    section: str
    name: str
    verdict: int
    """The status it is answered with, or one of the words above."""
    why: str


TABLE = [
    Row("3.1.1.1", "wsinv", ACCEPTED, "folding, odd spacing, compact names"),
    Row("3.1.1.2", "intmeth", ACCEPTED, "every character a token, quoted string and URI may hold"),
    Row("3.1.1.3", "esc01", ACCEPTED, "escapes in URIs"),
    Row("3.1.1.4", "escnull", ACCEPTED, "escaped NUL is data"),
    Row("3.1.1.5", "esc02", ACCEPTED, "% is no escape in methods, names and quoted strings"),
    Row("3.1.1.6", "lwsdisp", ACCEPTED, "no space between display name and <"),
    Row("3.1.1.7", "longreq", ACCEPTED, "long values, 34 Vias"),
    Row("3.1.1.8", "dblreq", ACCEPTED, "what follows the body in a datagram is dropped"),
    Row("3.1.1.9", "semiuri", ACCEPTED, "a semicolon in the user part"),
    Row("3.1.1.10", "transports", ACCEPTED, "transports we have not heard of"),
    Row("3.1.1.11", "mpart01", ACCEPTED, "NUL bytes in the body"),
    Row("3.1.1.12", "unreason", ACCEPTED, "UTF-8 in the reason phrase"),
    Row("3.1.1.13", "noreason", ACCEPTED, "an empty reason phrase"),
    Row("3.1.2.1", "badinv01", 400, "empty parameters"),
    Row("3.1.2.2", "clerr", 400, "Content-Length beyond the datagram"),
    Row("3.1.2.3", "ncl", 400, "negative Content-Length"),
    Row("3.1.2.4", "scalar02", 400, "CSeq beyond 2**31"),
    Row("3.1.2.5", "scalarlg", DROPPED, "CSeq beyond 2**31 in a response"),
    Row("3.1.2.6", "quotbal", 400, "a quote that never closes"),
    Row("3.1.2.7", "ltgtruri", 400, "angle brackets round the Request-URI"),
    Row("3.1.2.8", "lwsruri", 400, "white space in the Request-URI"),
    Row("3.1.2.9", "lwsstart", 400, "two spaces in the request line; strict by choice"),
    Row("3.1.2.10", "trws", 400, "spaces behind the request line; strict by choice"),
    Row("3.1.2.11", "escruri", 400, "headers in the Request-URI; strict by choice"),
    Row("3.1.2.12", "baddate", ACCEPTED, "Date is not ours to read; liberal by choice"),
    Row("3.1.2.13", "regbadct", 400, "a bare Contact with a question mark"),
    Row("3.1.2.14", "badaspec", ACCEPTED, "spaces inside the brackets; liberal by choice"),
    Row("3.1.2.15", "baddn", 400, "an unquoted comma in a display name; strict by choice"),
    Row("3.1.2.16", "badvers", 505, "SIP/7.0"),
    Row("3.1.2.17", "mismatch01", 400, "CSeq names another method"),
    Row("3.1.2.18", "mismatch02", 400, "the same with an unknown method"),
    Row("3.1.2.19", "bigcode", DROPPED, "a status code of ten digits"),
    Row(
        "3.2.1",
        "badbranch",
        ACCEPTED,
        "the cookie alone is no unique branch; the transaction layer compares as RFC 2543",
    ),
    Row("3.3.1", "insuf", 400, "no Call-ID, From and To"),
    Row("3.3.2", "unkscm", 416, "an unknown Request-URI scheme"),
    Row("3.3.3", "novelsc", 416, "a Request-URI scheme of another protocol"),
    Row("3.3.4", "unksm2", ACCEPTED, "unknown schemes in To, From and Contact are the registrar's affair"),
    Row("3.3.5", "bext01", ACCEPTED, "Require is the user agent's affair (420)"),
    Row("3.3.6", "invut", ACCEPTED, "Content-Type is the user agent's affair (415)"),
    Row("3.3.7", "regaut01", ACCEPTED, "an unknown Authorization scheme is the user agent's affair (401)"),
    Row("3.3.8", "multi01", 400, "several of what there may be one of"),
    Row("3.3.9", "mcl01", 400, "two Content-Lengths that differ"),
    Row("3.3.10", "bcast", ACCEPTED, "a second Via is the transport's affair (dropped there)"),
    Row("3.3.11", "zeromf", ACCEPTED, "Max-Forwards 0 concerns proxies"),
    Row("3.3.12", "cparam01", ACCEPTED, "a bare Contact's parameter is the header's"),
    Row("3.3.13", "cparam02", ACCEPTED, "a bracketed Contact's parameter is the URI's"),
    Row("3.3.14", "regescrt", ACCEPTED, "headers inside a Contact URI"),
    Row("3.3.15", "sdp01", ACCEPTED, "Accept without SDP is the user agent's affair"),
    Row("3.4.1", "inv2543", ACCEPTED, "RFC 2543: no branch, no tags, no Max-Forwards, no Content-Length"),
]


def load(name: str) -> bytes:
    return (MESSAGES / f"{name}.dat").read_bytes()


def request(name: str) -> SipRequest:
    message = parse_message(load(name))
    assert isinstance(message, SipRequest)
    return message


def verdict_of(data: bytes) -> int:
    """What a user agent does with a datagram, as far as the message layer says it."""
    try:
        message = parse_message(data)
    except SipParseError as error:
        return error.status if error.request is not None else DROPPED
    if isinstance(message, SipResponse):
        return ACCEPTED if validate_response(message) is None else DROPPED
    refusal = validate_request(message)
    return ACCEPTED if refusal is None else refusal[0]


def test_every_message_of_the_rfc_is_in_the_table() -> None:
    assert sorted(row.name for row in TABLE) == sorted(path.stem for path in MESSAGES.glob("*.dat"))
    assert len(TABLE) == 49


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.section}-{row.name}")
def test_each_message_meets_its_verdict(row: Row) -> None:
    assert verdict_of(load(row.name)) == row.verdict, row.why


@pytest.mark.parametrize("row", [row for row in TABLE if row.verdict > 0], ids=lambda row: row.name)
def test_what_is_refused_can_still_be_answered(row: Row) -> None:
    try:
        message = parse_message(load(row.name))
    except SipParseError as error:
        found = error.request
    else:
        found = message if isinstance(message, SipRequest) else None
    assert found is not None
    answer = response_to(found, row.verdict)
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        assert answer.headers.get_all(name) == found.headers.get_all(name)
    assert answer.to_bytes().startswith(b"SIP/2.0 %d " % row.verdict)


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.verdict == ACCEPTED and row.name != "inv2543"],
    ids=lambda row: row.name,
)
def test_what_is_accepted_survives_writing_and_reading(row: Row) -> None:
    message = parse_message(load(row.name))
    again = parse_message(message.to_bytes())
    assert again.body == message.body
    assert [field for field in again.headers if field[0] != "Content-Length"] == [
        field for field in message.headers if field[0] != "Content-Length"
    ]
    assert again.to_bytes() == message.to_bytes()


def test_wsinv_is_read_through_its_folding() -> None:
    message = request("wsinv")
    assert message.method == "INVITE"
    assert isinstance(message.uri, SipUri)
    assert message.uri.params == (("unknownparam", None),)
    assert message.to_addr.tag == "1918181833n"
    assert message.from_addr.display_name == 'J Rosenberg \\"'
    assert message.from_addr.tag == "98asjd8"
    assert (message.cseq.number, message.cseq.method) == (9, "INVITE")
    vias = message.headers.values("Via")
    assert len(vias) == 3
    assert (message.top_via.transport, message.top_via.host) == ("UDP", "192.0.2.2")
    assert message.top_via.branch == "390skdjuw"
    assert not message.top_via.has_rfc3261_branch
    assert message.headers.get("Subject") == ""
    assert message.headers.get("newfangledheader") == "newfangled value continued newfangled value"
    assert message.headers.values("UnknownHeaderWithUnusualValue") == [";;,,;;,;"]
    (contact,) = addresses(message.headers, "Contact")
    assert contact.display_name == 'Quoted string ""'
    assert contact.params == (("newparam", "newvalue"), ("secondparam", None), ("q", "0.33"))
    (route,) = addresses(message.headers, "Route")
    assert isinstance(route.uri, SipUri)
    assert route.uri.is_loose_router


def test_intmeth_keeps_every_unusual_character() -> None:
    message = request("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert isinstance(message.uri, SipUri)
    assert message.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert message.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.to_addr.display_name == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert message.from_addr.display_name == "token1~` token2'+_ token3*%!.-"
    assert message.from_addr.param("fromparam''~+*_!.-%") == "работающий"
    assert message.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert message.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"


def test_escapes_are_resolved_only_in_uris() -> None:
    message = request("esc01")
    assert isinstance(message.uri, SipUri)
    assert message.uri.decoded_user == "sips:user@example.com"
    assert str(message.uri) == "sip:sips%3Auser%40example.com@example.net"
    message = request("esc02")
    assert message.method == "RE%47IST%45R"
    assert message.to_addr.display_name == "%Z%45"
    assert len(message.headers.get_all("Contact")) == 2
    assert message.headers.get("C%6Fntact") == "<sip:alias2@host2.example.com>"


def test_an_escaped_null_is_a_character_like_any_other() -> None:
    first, second = addresses(request("escnull").headers, "Contact")
    assert isinstance(first.uri, SipUri)
    assert isinstance(second.uri, SipUri)
    assert (first.uri.decoded_user, second.uri.decoded_user) == ("\0", "\0\0")


def test_two_requests_in_a_datagram_are_one_and_on_a_stream_two() -> None:
    assert request("dblreq").method == "REGISTER"
    events = StreamFramer().feed(load("dblreq"))
    methods = [event.method for event in events if isinstance(event, SipRequest)]
    assert methods == ["REGISTER", "INVITE"]


def test_the_semicolon_of_a_user_part_is_no_parameter() -> None:
    uri = request("semiuri").uri
    assert isinstance(uri, SipUri)
    assert (uri.user, uri.params) == ("user;par=u%40example.net", ())


def test_a_binary_body_is_kept_whole() -> None:
    message = request("mpart01")
    assert len(message.body) == 553
    assert message.body.count(b"\0") == 2


def test_a_reason_phrase_may_be_russian_or_empty() -> None:
    russian = parse_message(load("unreason"))
    assert isinstance(russian, SipResponse)
    assert russian.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    empty = parse_message(load("noreason"))
    assert isinstance(empty, SipResponse)
    assert (empty.status, empty.reason) == (100, "")


def test_a_bare_contact_gives_its_parameters_to_the_header() -> None:
    (bare,) = addresses(request("cparam01").headers, "Contact")
    (bracketed,) = addresses(request("cparam02").headers, "Contact")
    assert isinstance(bare.uri, SipUri)
    assert isinstance(bracketed.uri, SipUri)
    assert (bare.params, bare.uri.params) == ((("unknownparam", None),), ())
    assert (bracketed.params, bracketed.uri.params) == ((), (("unknownparam", None),))


def test_contact_uri_headers_stay_escaped() -> None:
    (contact,) = addresses(request("regescrt").headers, "Contact")
    assert isinstance(contact.uri, SipUri)
    assert contact.uri.headers == (("Route", "%3Csip:sip.example.com%3E"),)


def test_unknown_schemes_are_carried() -> None:
    message = request("unksm2")
    assert message.to_addr.uri == OpaqueUri("isbn", "2983792873")
    assert message.from_addr.uri == OpaqueUri("http", "//www.example.com")


def test_required_extensions_are_listed_for_a_420() -> None:
    assert option_tags(request("bext01").headers, "Require") == (
        "nothingsupportsthis",
        "nothingsupportsthiseither",
    )


def test_an_rfc2543_body_reaches_to_the_end_of_the_datagram() -> None:
    message = request("inv2543")
    assert message.body.endswith(b"m=audio 49217 RTP/AVP 0\r\n")
    assert message.top_via.branch is None


def test_a_stream_survives_what_leaves_its_framing_certain() -> None:
    framer = StreamFramer()
    events = framer.feed(load("ltgtruri") + load("lwsdisp"))
    assert isinstance(events[0], MalformedReceived)
    assert not events[0].is_fatal
    assert isinstance(events[1], SipRequest)
    assert events[1].method == "OPTIONS"


@pytest.mark.parametrize("name", ["ncl", "mcl01", "inv2543"])
def test_a_stream_ends_where_its_framing_is_lost(name: str) -> None:
    framer = StreamFramer()
    events = framer.feed(load(name) + load("lwsdisp"))
    assert isinstance(events[-1], MalformedReceived)
    assert events[-1].is_fatal
    assert framer.is_broken
    assert framer.feed(load("lwsdisp")) == []


def test_empty_lines_between_messages_on_a_stream_are_a_ping() -> None:
    assert any(
        isinstance(event, PingReceived) for event in StreamFramer().feed(b"\r\n\r\n" + load("lwsdisp"))
    )
