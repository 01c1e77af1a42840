"""The server side of a call: every row of the transaction probe, and RFC 3261 §8.2, §9.2, §13.3, §15.1.2."""

from __future__ import annotations

import pytest

from hubbub.protocol.sip.events import CallConfirmed, CallEnded, Digit, EndCause, IncomingCall
from hubbub.protocol.sip.message import SipRequest, SipResponse
from sip_wire import ANSWER, OFFER, Bench, answered_call, request_text


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_same_invite_twice_is_one_call_with_one_tag(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.ring(bench.now)
    bench.put(request_text(body=OFFER))
    assert bench.events == []
    first, second = bench.take()
    assert first == second
    assert first.to_addr.tag == call.local_tag
    assert bench.agent.call_count == 1


def test_an_invite_again_after_the_200_is_absorbed(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    bench.event(IncomingCall).call.answer(ANSWER, bench.now)
    assert bench.statuses() == [200]
    bench.put(request_text(body=OFFER))
    assert bench.take() == []
    assert bench.events == []


def test_the_200_is_repeated_until_the_ack(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.answer(ANSWER, bench.now)
    bench.wait(4)
    assert bench.statuses() == [200, 200, 200, 200]  # at 0, 0.5, 1.5 and 3.5 s
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    assert bench.event(CallConfirmed).call is call
    bench.wait(20)
    assert bench.take() == []


def test_the_same_bye_twice_gets_200_twice(bench: Bench) -> None:
    call, tag = answered_call(bench)
    for _ in range(2):
        bench.put(request_text("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag))
    assert bench.statuses() == [200, 200]
    assert bench.event(CallEnded) == CallEnded(call, EndCause.HANG_UP, None, "remote")
    bench.assert_idle()


def test_a_new_bye_after_the_call_is_gone_gets_481(bench: Bench) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag))
    bench.put(request_text("BYE", branch="z9hG4bKbye2", cseq=3, to_tag=tag))
    assert bench.statuses() == [200, 481]


@pytest.mark.parametrize(
    ("content_type", "body", "digit", "duration_ms"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5", 160),
        ("application/dtmf-relay", b"Signal= *\r\nDuration= 100", "*", 100),
        ("application/dtmf-relay", b"Signal=11", "#", 250),
        ("application/dtmf", b"7", "7", 250),
        ("application/dtmf", b"d\r\n", "D", 250),
    ],
)
def test_a_digit_in_an_info_is_answered_and_told(
    bench: Bench, content_type: str, body: bytes, digit: str, duration_ms: int
) -> None:
    call, tag = answered_call(bench)
    bench.put(
        request_text("INFO", branch="z9hG4bKi", cseq=2, to_tag=tag, body=body, content_type=content_type)
    )
    assert bench.statuses() == [200]
    assert bench.event(Digit) == Digit(call, digit, duration_ms)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/dtmf-relay", b"Signal=x\r\n", 400),
        ("application/dtmf-relay", b"Duration=x\r\nSignal=5\r\n", 400),
        ("application/dtmf", b"55", 400),
        ("text/plain", b"5", 415),
    ],
)
def test_an_info_that_holds_no_digit_is_refused(
    bench: Bench, content_type: str, body: bytes, status: int
) -> None:
    _, tag = answered_call(bench)
    bench.put(
        request_text("INFO", branch="z9hG4bKi", cseq=2, to_tag=tag, body=body, content_type=content_type)
    )
    assert bench.statuses() == [status]
    assert bench.events == []


def test_an_empty_info_is_a_keepalive_and_an_info_package_is_not_ours(bench: Bench) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("INFO", branch="z9hG4bKi", cseq=2, to_tag=tag))
    bench.put(request_text("INFO", branch="z9hG4bKj", cseq=3, to_tag=tag, extra="Info-Package: g.x"))
    assert bench.statuses() == [200, 469]


def test_an_update_within_the_dialog_is_answered(bench: Bench) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=tag))
    assert bench.statuses() == [200]


def test_an_unknown_extension_that_is_required_gets_420_and_is_named(bench: Bench) -> None:
    bench.put(request_text(body=OFFER, extra="Require: 100rel, bogusext"))
    response = bench.one()
    assert response.status == 420
    assert response.headers.get("Unsupported") == "bogusext"
    assert bench.events == []


def test_folded_and_compact_headers_are_understood(bench: Bench) -> None:
    bench.put(
        "INVITE sip:room@192.0.2.10 SIP/2.0\n"
        "v: SIP/2.0/UDP\n 192.0.2.1:5060;branch=z9hG4bKfold\n"
        "f: <sip:alice@192.0.2.1>\n ;tag=at\n"
        "t: <sip:room@192.0.2.10>\n"
        "i: c2@alice\n"
        "CSeq: 1\n  INVITE\n"
        "m: <sip:alice@192.0.2.1>\n"
        "l: 0\n\n"
    )
    call = bench.event(IncomingCall).call
    call.ring(bench.now)
    assert bench.statuses() == [180]


@pytest.mark.parametrize(
    "garbage", [b"\x00", b"hello", b"\r\n\r\n", b"\xff" * 1500, b"SIP/2.0 200 OK\r\n\r\n"]
)
def test_garbage_is_dropped_and_the_next_call_goes_through(bench: Bench, garbage: bytes) -> None:
    bench.put(garbage)
    assert bench.take() == []
    assert sum(bench.agent.counters.values()) == 1
    bench.put(request_text(body=OFFER))
    assert bench.event(IncomingCall)


def test_a_malformed_request_whose_head_can_be_read_gets_400(bench: Bench) -> None:
    bench.put(request_text(body=OFFER).replace("CSeq: 1 INVITE", "CSeq: 1 BYE"))
    assert bench.statuses() == [400]
    bench.put(request_text(body=OFFER).replace("Content-Length: ", "Content-Length: 9"))
    assert bench.statuses() == [400]
    assert bench.events == []


def test_rfc3261_8_2_1_methods_that_are_not_served_get_405_and_unknown_ones_501(bench: Bench) -> None:
    bench.put(request_text("SUBSCRIBE", branch="z9hG4bKs", call_id="s"))
    bench.put(request_text("BREW", branch="z9hG4bKb", call_id="b"))
    first, second = bench.take()
    assert isinstance(first, SipResponse)
    assert isinstance(second, SipResponse)
    assert (first.status, second.status) == (405, 501)
    assert "INVITE" in (first.headers.get("Allow") or "")


def test_rfc3261_8_2_2_2_an_invite_that_came_by_two_paths_gets_482(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    bench.put(request_text(body=OFFER, branch="z9hG4bKother"))
    assert bench.statuses() == [482]
    assert len(bench.events) == 1


def test_rfc3261_8_2_3_a_body_that_is_not_understood_gets_415(bench: Bench) -> None:
    bench.put(request_text(body=b"<x/>", content_type="application/xml"))
    response = bench.one()
    assert response.status == 415
    assert response.headers.get("Accept") == "application/sdp"


def test_a_body_that_is_optional_is_passed_over(bench: Bench) -> None:
    bench.put(
        request_text(
            body=b"<x/>",
            content_type="application/xml",
            extra="Content-Disposition: render; handling=optional",
        )
    )
    assert bench.event(IncomingCall).call.has_offer is False


def test_the_sdp_in_a_multipart_body_is_found(bench: Bench) -> None:
    body = (
        b"--x\r\nContent-Type: application/isup\r\n\r\n\x01\x02\r\n"
        b"--x\r\nContent-Type: application/sdp\r\n\r\n" + OFFER + b"\r\n--x--\r\n"
    )
    bench.put(request_text(body=body, content_type='multipart/mixed;boundary="x"'))
    assert bench.event(IncomingCall).call.has_offer is True


def test_rfc3261_12_2_2_a_request_for_no_dialog_gets_481(bench: Bench) -> None:
    for number, method in enumerate(("BYE", "INVITE", "INFO", "UPDATE", "PRACK")):
        bench.put(request_text(method, branch=f"z9hG4bK{number}", to_tag="nobody", call_id=str(number)))
    bench.put(request_text("BYE", branch="z9hG4bK9", call_id="9"))
    assert bench.statuses() == [481] * 6


def test_rfc3261_12_2_2_a_request_out_of_order_gets_500(bench: Bench) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("OPTIONS", branch="z9hG4bKo", cseq=9, to_tag=tag))
    bench.put(request_text("INFO", branch="z9hG4bKi", cseq=8, to_tag=tag))
    assert bench.statuses() == [200, 500]


def test_a_request_with_a_strangers_from_tag_gets_481_and_the_call_lives(bench: Bench) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("BYE", branch="z9hG4bKx", cseq=2, to_tag=tag).replace("tag=at", "tag=mallory"))
    assert bench.statuses() == [481]
    assert bench.agent.call_count == 1


def test_rfc3261_8_2_6_1_silence_of_the_embedder_makes_100_after_200_ms(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    bench.wait(0.19)
    assert bench.take() == []
    bench.wait(0.02)
    response = bench.one()
    assert response.status == 100
    assert response.to_addr.tag is None


def test_100_goes_at_once_when_the_setting_says_so() -> None:
    bench = Bench(trying_after_s=0.0)
    bench.put(request_text(body=OFFER))
    assert bench.statuses() == [100]


def test_rfc3261_9_2_a_cancel_ends_a_ringing_call_with_487(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.ring(bench.now)
    bench.put(request_text("CANCEL"))
    ringing, to_cancel, to_invite = bench.take()
    assert isinstance(to_cancel, SipResponse)
    assert isinstance(to_invite, SipResponse)
    assert (to_cancel.status, to_cancel.cseq.method) == (200, "CANCEL")
    assert (to_invite.status, to_invite.cseq.method) == (487, "INVITE")
    assert ringing.to_addr.tag == to_cancel.to_addr.tag == to_invite.to_addr.tag
    assert bench.event(CallEnded) == CallEnded(call, EndCause.CANCELLED, 487, "remote")
    assert call.answer(ANSWER, bench.now) is False
    bench.put(request_text("ACK", to_tag=call.local_tag))
    assert bench.take() == []
    bench.assert_idle()


def test_rfc3261_9_2_a_cancel_after_the_200_changes_nothing(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.answer(ANSWER, bench.now)
    bench.put(request_text("CANCEL"))
    assert bench.statuses() == [200, 200]
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    assert bench.event(CallConfirmed).call is call


def test_rfc3261_9_2_a_cancel_for_nothing_gets_481(bench: Bench) -> None:
    bench.put(request_text("CANCEL"))
    assert bench.statuses() == [481]


def test_rfc3261_13_3_1_4_without_an_ack_the_call_ends_with_bye_after_32_s(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.answer(ANSWER, bench.now)
    bench.wait(31.9)
    assert set(bench.statuses()) == {200}
    bench.wait(0.2)
    bye = bench.one()
    assert isinstance(bye, SipRequest)
    assert bye.method == "BYE"
    assert bench.event(CallEnded) == CallEnded(call, EndCause.NO_ACK, None, "timeout")
    bench.assert_idle()


def test_rfc3261_15_a_hang_up_before_the_ack_waits_for_it(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.answer(ANSWER, bench.now)
    bench.take()
    call.hang_up(bench.now)
    assert bench.event(CallEnded).by == "local"
    bench.wait(0.6)
    assert bench.statuses() == [200]
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    bye = bench.one()
    assert bye.method == "BYE"
    bench.assert_idle()


def test_rfc3261_15_1_2_a_bye_before_the_answer_ends_the_invite_with_487(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.ring(bench.now)
    bench.take()
    bench.put(request_text("BYE", branch="z9hG4bKbye", cseq=2, to_tag=call.local_tag))
    assert sorted(bench.statuses()) == [200, 487]
    assert bench.event(CallEnded).by == "remote"
    bench.assert_idle()


def test_a_bye_that_overtakes_the_ack_ends_the_call_and_the_repetition(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.answer(ANSWER, bench.now)
    bench.take()
    bench.put(request_text("BYE", branch="z9hG4bKbye", cseq=2, to_tag=call.local_tag))
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    bench.wait(10)
    assert bench.statuses() == [200]
    assert bench.event(CallEnded).cause is EndCause.HANG_UP
    bench.assert_idle()


def test_a_refused_call_is_repeated_until_its_ack_and_then_forgotten(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    call = bench.event(IncomingCall).call
    call.reject(486, bench.now)
    assert bench.event(CallEnded) == CallEnded(call, EndCause.REJECTED, 486, "local")
    bench.wait(1)
    assert bench.statuses() == [486, 486]
    bench.put(request_text("ACK", to_tag=call.local_tag))
    bench.wait(10)
    assert bench.take() == []
    bench.assert_idle()


def test_rfc3261_13_3_1_1_ringing_is_repeated_every_minute(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    bench.event(IncomingCall).call.ring(bench.now)
    bench.wait(121)
    assert bench.statuses() == [180, 180, 180]


def test_rfc3261_13_3_1_expires_ends_an_unanswered_call_with_487(bench: Bench) -> None:
    bench.put(request_text(body=OFFER, extra="Expires: 30"))
    call = bench.event(IncomingCall).call
    bench.wait(31)
    assert bench.statuses()[:2] == [100, 487]
    assert bench.event(CallEnded) == CallEnded(call, EndCause.NO_RESPONSE, 487, "timeout")
    bench.assert_idle()


def test_a_call_that_nobody_ever_answers_is_given_up(bench: Bench) -> None:
    bench.put(request_text(body=OFFER))
    bench.event(IncomingCall)
    bench.wait(301)
    assert 480 in bench.statuses()
    bench.assert_idle()


def test_an_invite_without_an_offer_gets_one_and_the_ack_answers_it(bench: Bench) -> None:
    bench.put(request_text())
    call = bench.event(IncomingCall).call
    assert call.has_offer is False
    call.answer(OFFER, bench.now)
    assert bench.one().body == OFFER
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag, body=ANSWER))
    assert bench.event(CallConfirmed) == CallConfirmed(call, ANSWER)


def test_options_says_what_an_invite_would_get(bench: Bench) -> None:
    bench.put(request_text("OPTIONS"))
    response = bench.one()
    assert response.status == 200
    assert "UPDATE" in response.headers.get("Allow")
    assert response.headers.get("Accept") == "application/sdp"
    bench.agent.is_draining = True
    bench.put(request_text("OPTIONS", branch="z9hG4bK2", cseq=2))
    assert bench.statuses() == [503]


def test_while_draining_new_calls_get_503_and_running_ones_go_on(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.agent.is_draining = True
    bench.put(request_text(branch="z9hG4bKnew", call_id="c2"))
    response = bench.one()
    assert (response.status, response.headers.get("Retry-After")) == (503, "10")
    bench.put(request_text("INFO", branch="z9hG4bKi", cseq=2, to_tag=tag))
    assert bench.statuses() == [200]
    assert call.is_confirmed


def test_calls_and_transactions_beyond_the_limit_get_503() -> None:
    from hubbub.protocol.sip.settings import UserAgentLimits

    bench = Bench(limits=UserAgentLimits(max_calls=1))
    answered_call(bench)
    bench.put(request_text(branch="z9hG4bK2", call_id="c2"))
    assert bench.statuses() == [503]
    bench = Bench(limits=UserAgentLimits(max_transactions=2))
    for number in range(3):
        bench.put(request_text("OPTIONS", branch=f"z9hG4bK{number}", call_id=f"{number}"))
    assert bench.statuses() == [200, 200, 503]
    assert bench.agent.transaction_count == 2


def test_rfc3581_the_answer_goes_back_to_where_the_request_came_from() -> None:
    from hubbub.protocol.sip.routing import Peer

    bench = Bench()
    nat = Peer("UDP", "198.51.100.7", 31337)
    text = request_text("OPTIONS").replace("branch=z9hG4bKa1", "branch=z9hG4bKa1;rport")
    bench.put(text, nat)
    assert bench.targets == [nat]
    response = bench.one()
    assert response.top_via.received == "198.51.100.7"
    assert response.top_via.rport == 31337
    bench.put(request_text("OPTIONS", branch="z9hG4bKa2", cseq=2), nat)
    assert bench.targets == [Peer("UDP", "198.51.100.7", 5060)]  # without rport: to the port of sent-by


def test_rfc2543_requests_without_the_cookie_are_told_apart_by_everything_else(bench: Bench) -> None:
    for _ in range(2):
        bench.put(request_text(body=OFFER, branch="1"))
    assert len(bench.events) == 1
    bench.put(request_text(body=OFFER, branch="1", call_id="another"))
    assert len(bench.events) == 2
