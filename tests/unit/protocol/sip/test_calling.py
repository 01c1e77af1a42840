"""The client side of a call: RFC 3261 §8.1.3, §9.1, §13.2, §15, forks and races included."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.errors import SipBuildError, SipParseError
from hubbub.protocol.sip.events import (
    CallAnswered,
    CallEnded,
    CallProgress,
    EndCause,
)
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.outbound_call import OutboundCall
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.uri import parse_uri
from sip_wire import ANSWER, OFFER, Bench, reply_text, request_text


@pytest.fixture
def bench() -> Bench:
    return Bench(session_expires_s=0)


def dial(bench: Bench, sdp: bytes | None = OFFER, **options: Any) -> tuple[OutboundCall, SipRequest]:
    """Makes a call to Bob; the call and its INVITE."""
    call = bench.agent.invite(
        parse_uri("sip:bob@192.0.2.1"),
        NameAddr.parse('"Room" <sip:room@192.0.2.10>'),
        NameAddr.parse("<sip:bob@192.0.2.1>"),
        bench.now,
        sdp=sdp,
        **options,
    )
    invite = bench.one()
    assert isinstance(invite, SipRequest)
    return call, invite


def bye_of_bob(
    invite: SipRequest, branch: str = "z9hG4bKbob", to_tag: str = "bt", method: str = "BYE"
) -> str:
    """A request of Bob's within the dialog."""
    return (
        f"{method} sip:192.0.2.10 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch={branch}\n"
        f"From: <sip:bob@192.0.2.1>;tag={to_tag}\nTo: {invite.headers.get('From')}\n"
        f"Call-ID: {invite.call_id}\nCSeq: 1 {method}\nMax-Forwards: 70\nContent-Length: 0\n\n"
    )


def test_rfc3261_8_1_1_an_invite_has_all_that_it_must_have(bench: Bench) -> None:
    _, invite = dial(bench, headers=[("X-Room", "7")])
    assert bench.agent.next_deadline() == bench.now + 0.5
    assert invite.headers.get("Max-Forwards") == "70"
    assert invite.from_addr.tag
    assert invite.to_addr.tag is None
    assert str(invite.cseq) == "1 INVITE"
    assert invite.headers.get("Contact") == "<sip:192.0.2.10:5060>"
    assert invite.top_via.branch is not None
    assert invite.top_via.wants_rport
    assert invite.headers.get("X-Room") == "7"
    assert invite.body == OFFER


def test_a_silent_far_end_ends_the_call_after_32_s_and_seven_invites(bench: Bench) -> None:
    call, _invite = dial(bench)
    bench.wait(33)
    assert [str(request.cseq) for request in bench.requests()] == ["1 INVITE"] * 6
    assert bench.event(CallEnded) == CallEnded(call, EndCause.NO_RESPONSE, 408, "timeout")
    bench.assert_idle()


def test_ringing_and_answer_are_told_and_the_ack_goes_to_the_contact(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 100))
    assert bench.events == []
    bench.put(reply_text(invite, 180))
    assert bench.event(CallProgress) == CallProgress(call, 180, None)
    bench.put(reply_text(invite, 200, body=ANSWER, contact="<sip:bob@192.0.2.99:5070>"))
    assert bench.event(CallAnswered) == CallAnswered(call, ANSWER)
    assert bench.targets == [Peer("UDP", "192.0.2.99", 5070)]
    ack = bench.one()
    assert (ack.method, str(ack.uri), str(ack.cseq)) == ("ACK", "sip:bob@192.0.2.99:5070", "1 ACK")
    assert ack.to_addr.tag == "bt"
    assert ack.top_via.branch != invite.top_via.branch


def test_rfc3261_13_2_2_4_each_repeated_200_is_acknowledged_again_but_told_once(bench: Bench) -> None:
    _, invite = dial(bench)
    for _ in range(3):
        bench.put(reply_text(invite, 200, body=ANSWER))
    first, second, third = bench.requests()
    assert first == second == third
    bench.event(CallAnswered)


def test_rfc3261_13_2_2_4_a_second_phone_that_answers_is_acknowledged_and_hung_up_on(bench: Bench) -> None:
    call, invite = dial(bench)
    for tag in ("b1", "b2"):
        bench.put(reply_text(invite, 180, to_tag=tag))
    assert len(bench.events) == 2
    bench.events.clear()
    bench.put(reply_text(invite, 200, to_tag="b2", body=ANSWER, contact="<sip:two@192.0.2.1>"))
    bench.put(reply_text(invite, 200, to_tag="b1", body=ANSWER, contact="<sip:one@192.0.2.1>"))
    assert bench.event(CallAnswered).call is call
    winner, ack, bye = bench.requests()
    assert (winner.method, winner.to_addr.tag) == ("ACK", "b2")
    assert (ack.method, ack.to_addr.tag, str(ack.uri)) == ("ACK", "b1", "sip:one@192.0.2.1")
    assert (bye.method, bye.to_addr.tag, bye.cseq.number) == ("BYE", "b1", 2)
    bench.put(reply_text(bye, 200))
    bench.put(reply_text(invite, 200, to_tag="b1", body=ANSWER))
    assert [request.method for request in bench.requests()] == ["ACK"]
    assert call.is_confirmed


@pytest.mark.parametrize("status", [404, 486, 503, 603])
def test_a_refusal_is_acknowledged_and_told(bench: Bench, status: int) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, status, extra="Reason: Q.850;cause=17"))
    ack = bench.one()
    assert (ack.method, str(ack.uri), ack.to_addr.tag) == ("ACK", str(invite.uri), "bt")
    assert ack.top_via.branch == invite.top_via.branch
    event = bench.event(CallEnded)
    assert event == CallEnded(call, EndCause.REJECTED, status, "remote", "Q.850;cause=17")
    bench.put(reply_text(invite, status))
    assert bench.one().method == "ACK"
    bench.assert_idle()


def test_rfc3261_8_1_3_4_a_redirect_is_told_with_its_contacts(bench: Bench) -> None:
    _call, invite = dial(bench)
    bench.put(reply_text(invite, 302, contact="<sip:bob@a.example>, <sip:bob@b.example>"))
    event = bench.event(CallEnded)
    assert (event.cause, event.status) == (EndCause.REDIRECTED, 302)
    assert event.contacts == ("<sip:bob@a.example>", "<sip:bob@b.example>")


def test_rfc3261_9_1_no_cancel_goes_before_a_provisional_response(bench: Bench) -> None:
    call, invite = dial(bench)
    call.hang_up(bench.now, 'SIP;cause=200;text="elsewhere"')
    assert bench.event(CallEnded) == CallEnded(call, EndCause.CANCELLED, None, "local")
    assert bench.take() == []
    bench.put(reply_text(invite, 100))
    cancel = bench.one()
    assert (cancel.method, str(cancel.uri), str(cancel.cseq)) == ("CANCEL", str(invite.uri), "1 CANCEL")
    assert cancel.headers.get("Via") == invite.headers.get("Via")
    assert cancel.headers.get("To") == invite.headers.get("To")
    assert cancel.headers.get("Reason") == 'SIP;cause=200;text="elsewhere"'
    bench.put(reply_text(cancel, 200))
    bench.put(reply_text(invite, 487))
    assert bench.one().method == "ACK"
    bench.assert_idle()
    assert bench.events == []


def test_rfc3261_9_1_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 180))
    bench.events.clear()
    call.hang_up(bench.now)
    cancel = bench.one()
    bench.put(reply_text(invite, 200, body=ANSWER))
    ack, bye = bench.requests()
    assert (ack.method, bye.method, bye.cseq.number) == ("ACK", "BYE", 2)
    bench.put(reply_text(cancel, 200))
    bench.put(reply_text(bye, 200))
    assert [type(event) for event in bench.events] == [CallEnded]
    bench.assert_idle()


def test_a_hang_up_before_anything_came_is_still_a_bye_when_the_answer_is_first(bench: Bench) -> None:
    call, invite = dial(bench)
    call.hang_up(bench.now)
    bench.put(reply_text(invite, 200, body=ANSWER))
    assert [request.method for request in bench.requests()] == ["ACK", "BYE"]
    bench.assert_idle()


def test_rfc3261_9_1_an_invite_unanswered_64_t1_after_its_cancel_is_forgotten(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 180))
    call.hang_up(bench.now)
    bench.wait(33)
    assert (bench.agent.call_count, bench.agent.transaction_count) == (0, 0)


def test_a_phone_that_rings_too_long_is_cancelled(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 180))
    bench.events.clear()
    bench.wait(301)
    assert bench.event(CallEnded) == CallEnded(call, EndCause.NO_RESPONSE, None, "timeout")
    assert {request.method for request in bench.requests()} == {"CANCEL"}
    bench.assert_idle()


def test_a_hang_up_is_a_bye_that_is_repeated_until_answered(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 200, body=ANSWER))
    bench.take()
    bench.events.clear()
    call.hang_up(bench.now)
    bench.wait(1)
    first, second = bench.requests()
    assert first == second
    assert (first.method, str(first.cseq)) == ("BYE", "2 BYE")
    assert bench.event(CallEnded) == CallEnded(call, EndCause.HANG_UP, None, "local")
    bench.put(reply_text(first, 200))
    assert bench.agent.call_count == 0
    bench.assert_idle()


def test_the_far_end_hangs_up(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 200, body=ANSWER))
    bench.take()
    bench.events.clear()
    bench.put(bye_of_bob(invite))
    assert bench.statuses() == [200]
    assert bench.event(CallEnded) == CallEnded(call, EndCause.HANG_UP, None, "remote")
    bench.assert_idle()


def test_two_byes_that_cross_are_both_answered(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 200, body=ANSWER))
    call.hang_up(bench.now)
    bye = bench.requests()[-1]
    bench.put(bye_of_bob(invite))
    assert bench.statuses() == [200]
    bench.put(reply_text(bye, 481))
    bench.assert_idle()
    assert [type(event) for event in bench.events] == [CallAnswered, CallEnded]


def test_a_bye_whose_200_was_lost_before_it_ends_the_call(bench: Bench) -> None:
    _call, invite = dial(bench)
    bench.put(reply_text(invite, 180))
    bench.events.clear()
    bench.put(bye_of_bob(invite))
    assert bench.statuses() == [200]
    assert bench.event(CallEnded).by == "remote"
    bench.assert_idle()


def test_an_invite_without_an_offer_is_acknowledged_with_the_answer(bench: Bench) -> None:
    call, invite = dial(bench, sdp=None)
    assert "100rel" not in (invite.headers.get("Supported") or "")
    bench.put(reply_text(invite, 200, body=OFFER))
    assert bench.event(CallAnswered) == CallAnswered(call, OFFER)
    assert bench.take() == []
    call.acknowledge(ANSWER, bench.now)
    ack = bench.one()
    assert (ack.method, ack.body) == ("ACK", ANSWER)
    bench.put(reply_text(invite, 200, body=OFFER))
    assert bench.one() == ack


def test_a_hang_up_instead_of_an_answer_acknowledges_first(bench: Bench) -> None:
    call, invite = dial(bench, sdp=None)
    bench.put(reply_text(invite, 200, body=OFFER))
    call.hang_up(bench.now)
    assert [request.method for request in bench.requests()] == ["ACK", "BYE"]


def test_a_200_without_a_contact_is_acknowledged_and_ended(bench: Bench) -> None:
    _call, invite = dial(bench)
    bench.put(reply_text(invite, 200, body=ANSWER, contact=None))
    assert [request.method for request in bench.requests()] == ["ACK", "BYE"]
    assert bench.event(CallEnded).cause is EndCause.PROTOCOL
    bench.assert_idle()


def test_rfc3261_8_1_3_3_responses_that_are_not_ours_are_dropped_and_counted(bench: Bench) -> None:
    _, invite = dial(bench)
    reply = reply_text(invite, 200, body=ANSWER)
    bench.put(reply.replace("z9hG4bK", "z9hG4bKx"))
    bench.put(reply.replace("Contact:", "Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKq\nContact:"))
    bench.put(reply.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"))
    assert bench.events == []
    assert bench.take() == []
    assert bench.agent.counters == {"stray_response": 2, "malformed_response": 1}


def test_rfc3261_8_1_3_1_a_dead_transport_ends_the_call_at_once(bench: Bench) -> None:
    peer = Peer("TCP", "192.0.2.1", 5060)
    call, _ = dial(bench, next_hop=peer)
    bench.agent.transport_failed(peer, bench.now)
    assert bench.event(CallEnded) == CallEnded(call, EndCause.UNREACHABLE, 503, "local")
    bench.assert_idle()


def test_an_invite_over_tcp_is_sent_once_and_says_so(bench: Bench) -> None:
    _, invite = dial(bench, next_hop=Peer("TCP", "192.0.2.1", 5060))
    assert invite.top_via.transport == "TCP"
    assert invite.headers.get("Contact") == "<sip:192.0.2.10:5060;transport=tcp>"
    bench.wait(31)
    assert bench.take() == []


def test_a_target_that_leads_nowhere_is_refused_at_once_and_leaves_nothing(bench: Bench) -> None:
    bob = NameAddr.parse("<sip:bob@192.0.2.1>")
    with pytest.raises(SipParseError):
        bench.agent.invite(parse_uri("tel:+15551234"), bob, bob, bench.now, sdp=None)
    with pytest.raises(SipBuildError):
        bench.agent.invite(bob.uri, bob, bob, bench.now, sdp=None, headers=[("X", "a\r\nb: c")])
    bench.assert_idle()


def test_a_telephone_number_goes_to_the_next_hop_that_was_given(bench: Bench) -> None:
    bob = NameAddr.parse("<tel:+15551234>")
    peer = Peer("UDP", "192.0.2.50", 5080)
    call = bench.agent.invite(bob.uri, bob, bob, bench.now, sdp=OFFER, next_hop=peer)
    bench.collect()
    assert bench.targets == [peer]
    invite = bench.one()
    bench.put(reply_text(invite, 200, body=ANSWER, contact="<sip:gw@10.9.9.9>"))
    assert bench.targets == [peer]
    assert call.is_confirmed


def test_digits_go_out_as_info_and_a_lost_dialog_ends_the_call(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 200, body=ANSWER))
    bench.take()
    bench.events.clear()
    call.send_info_digit("5", 160, bench.now)
    info = bench.one()
    assert (info.method, info.body) == ("INFO", b"Signal=5\r\nDuration=160\r\n")
    with pytest.raises(ValueError, match="no such key"):
        call.send_info_digit("x", 160, bench.now)
    bench.put(reply_text(info, 481))
    assert bench.one().method == "BYE"
    assert bench.event(CallEnded) == CallEnded(call, EndCause.DIALOG_LOST, 481, "timeout")


def test_commands_on_a_call_that_is_over_do_nothing(bench: Bench) -> None:
    call, invite = dial(bench)
    bench.put(reply_text(invite, 486))
    bench.take()
    bench.events.clear()
    call.hang_up(bench.now)
    call.reoffer(OFFER, bench.now)
    call.acknowledge(ANSWER, bench.now)
    call.send_info_digit("1", 100, bench.now)
    assert call.answer_offer(ANSWER, bench.now) is False
    assert call.refuse_offer(488, bench.now) is False
    assert bench.take() == []
    assert bench.events == []


def test_an_inbound_invite_to_our_own_early_call_id_is_not_confused_with_it(bench: Bench) -> None:
    _, invite = dial(bench)
    bench.put(request_text("INVITE", call_id=invite.call_id, to_tag=invite.from_addr.tag, body=OFFER))
    assert bench.statuses() == [481]
