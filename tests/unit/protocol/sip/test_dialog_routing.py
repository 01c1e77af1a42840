"""Where in-dialog requests go: RFC 3261 §12.1, §12.2.1.1, §16.12 seen from an end, NAT and connections that are open."""

from __future__ import annotations

import pytest

from hubbub.protocol.sip.address import Via
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.parser import parse_message
from hubbub.protocol.sip.routing import Peer, reachable_peer, response_peer, stamp_top_via, uri_peer
from hubbub.protocol.sip.uri import parse_uri
from sip_wire import ANSWER, OFFER, Bench, request_text

LOOSE = "<sip:p2.example;lr>, <sip:p1.example:5070;lr>"


def confirmed(bench: Bench, extra: str = "", contact: str | None = None) -> tuple[object, Peer, SipRequest]:
    """An inbound call that we hang up; where the BYE went, and the BYE."""
    text = request_text("INVITE", body=OFFER, extra=extra)
    if contact is not None:
        text = text.replace("Contact: <sip:alice@192.0.2.1:5060>", f"Contact: {contact}")
    bench.put(text)
    call = bench.events[-1].call
    call.answer(ANSWER, bench.now)
    response = bench.one()
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    call.hang_up(bench.now)
    bench.collect()
    target = bench.targets[-1]
    bye = bench.one()
    return response, target, bye


def test_without_a_route_the_bye_goes_to_the_contact() -> None:
    _, target, bye = confirmed(Bench(), contact="<sip:alice@192.0.2.44:5090>")
    assert target == Peer("UDP", "192.0.2.44", 5090)
    assert str(bye.uri) == "sip:alice@192.0.2.44:5090"
    assert bye.headers.get("Route") is None


def test_rfc3261_12_1_1_the_route_of_a_callee_is_the_record_in_order() -> None:
    response, target, bye = confirmed(Bench(), extra=f"Record-Route: {LOOSE}")
    assert response.headers.get_all("Record-Route") == [LOOSE]  # type: ignore[attr-defined]
    assert target == Peer("UDP", "p2.example", 5060)
    assert str(bye.uri) == "sip:alice@192.0.2.1:5060"
    assert bye.headers.values("Route") == ["<sip:p2.example;lr>", "<sip:p1.example:5070;lr>"]


def test_rfc3261_12_2_1_1_a_strict_router_becomes_the_request_uri() -> None:
    _, target, bye = confirmed(Bench(), extra="Record-Route: <sip:strict.example>, <sip:p1.example;lr>")
    assert target == Peer("UDP", "strict.example", 5060)
    assert str(bye.uri) == "sip:strict.example"
    assert bye.headers.values("Route") == ["<sip:p1.example;lr>", "<sip:alice@192.0.2.1:5060>"]


@pytest.mark.parametrize(
    "broken",
    [
        "Contact: <sip:alice@192.0.2.1>, <sip:b@192.0.2.1>",
        "Contact: *",
        "Contact: <tel:+1555>",
        "Subject: no contact at all",
    ],
)
def test_an_invite_that_no_dialog_can_be_made_of_gets_400(broken: str) -> None:
    bench = Bench()
    bench.put(request_text("INVITE", body=OFFER).replace("Contact: <sip:alice@192.0.2.1:5060>", broken))
    assert bench.statuses() == [400]
    assert bench.events == []
    bench.assert_idle()


def test_a_record_route_that_leads_nowhere_gets_400() -> None:
    bench = Bench()
    bench.put(request_text("INVITE", body=OFFER, extra="Record-Route: <mailto:x@y>"))
    assert bench.statuses() == [400]
    bench.assert_idle()


def test_a_private_contact_heard_from_a_public_address_is_behind_nat() -> None:
    public = Peer("UDP", "203.0.114.9", 40000)
    assert reachable_peer(Peer("UDP", "10.0.0.5", 5060), public) == public
    assert reachable_peer(Peer("UDP", "10.0.0.5", 5060), Peer("UDP", "10.0.0.9", 5060)).host == "10.0.0.5"
    assert reachable_peer(Peer("UDP", "198.41.0.4", 5060), public).host == "198.41.0.4"
    assert reachable_peer(Peer("UDP", "203.0.114.9", 5060), public).port == 5060


def test_an_open_connection_is_used_again() -> None:
    heard = Peer("TCP", "192.0.2.1", 49152)
    assert reachable_peer(Peer("TCP", "192.0.2.1", 5060), heard) == heard
    assert reachable_peer(Peer("UDP", "192.0.2.1", 5060), heard) == Peer("UDP", "192.0.2.1", 5060)
    assert reachable_peer(Peer("TCP", "192.0.2.2", 5060), heard) == Peer("TCP", "192.0.2.2", 5060)
    assert reachable_peer(Peer("TCP", "192.0.2.2", 5060), None) == Peer("TCP", "192.0.2.2", 5060)


@pytest.mark.parametrize(
    ("uri", "peer"),
    [
        ("sip:a@h.example", Peer("UDP", "h.example", 5060)),
        ("sip:a@h.example:5070;transport=tcp", Peer("TCP", "h.example", 5070)),
        ("sips:a@h.example", Peer("TLS", "h.example", 5061)),
        ("sips:a@h.example;transport=tcp", Peer("TLS", "h.example", 5061)),
        ("sip:a@h.example;maddr=192.0.2.9", Peer("UDP", "192.0.2.9", 5060)),
        ("sip:a@[2001:db8::1]", Peer("UDP", "2001:db8::1", 5060)),
        ("sip:h.example;transport=ws", Peer("WS", "h.example", 80)),
    ],
)
def test_a_uri_leads_to_an_address(uri: str, peer: Peer) -> None:
    assert uri_peer(parse_uri(uri)) == peer


@pytest.mark.parametrize("uri", ["tel:+1555", "sip:h;transport=sctp"])
def test_a_uri_that_leads_nowhere_is_refused(uri: str) -> None:
    with pytest.raises(SipParseError):
        uri_peer(parse_uri(uri))


@pytest.mark.parametrize(
    ("via", "peer"),
    [
        ("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1", Peer("UDP", "192.0.2.7", 5070)),
        ("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1", Peer("UDP", "192.0.2.7", 5060)),
        ("SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1", Peer("UDP", "192.0.2.7", 7777)),
        ("SIP/2.0/UDP 10.0.0.1;maddr=239.1.1.1;branch=z9hG4bK1", Peer("UDP", "239.1.1.1", 5060)),
    ],
)
def test_rfc3261_18_2_2_a_response_over_udp_finds_its_way(via: str, peer: Peer) -> None:
    assert response_peer(Via.parse(via), Peer("UDP", "192.0.2.7", 7777)) == peer


def test_rfc3261_18_2_2_a_response_over_tcp_takes_the_connection() -> None:
    source = Peer("TCP", "192.0.2.7", 7777)
    assert response_peer(Via.parse("SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK1"), source) == source


def test_rfc3261_18_2_1_only_the_top_via_is_stamped_and_claims_of_the_sender_are_overwritten() -> None:
    text = request_text("OPTIONS").replace(
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa1",
        "Via: SIP/2.0/UDP proxy.example;branch=z9hG4bKp;received=6.6.6.6, SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa",
    )
    request = parse_message(text.replace("\n", "\r\n").encode())
    assert isinstance(request, SipRequest)
    stamp_top_via(request, Peer("UDP", "192.0.2.7", 5060))
    vias = request.headers.values("Via")
    assert len(vias) == 2
    assert Via.parse(vias[0]).received == "192.0.2.7"
    assert Via.parse(vias[1]).received is None
