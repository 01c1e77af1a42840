"""Session timers (RFC 4028): who refreshes, how, and what happens when nobody does."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.events import CallEnded, EndCause, IncomingCall
from hubbub.protocol.sip.uri import parse_uri
from sip_wire import ANSWER, OFFER, Bench, answered_call, reply_text, request_text

TIMER = "Supported: timer\nSession-Expires: "


def answer(bench: Bench, extra: str) -> tuple[Any, Any]:
    """An inbound call, answered and acknowledged; the call and the 200."""
    bench.put(request_text("INVITE", body=OFFER, extra=extra))
    call = bench.event(IncomingCall).call
    call.answer(ANSWER, bench.now)
    response = bench.one()
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    bench.events.clear()
    return call, response


def dial(bench: Bench, extra: str = "", allow: str = "INVITE, ACK, BYE, CANCEL, UPDATE") -> Any:
    """An outbound call, answered with these headers."""
    bob = NameAddr.parse("<sip:bob@192.0.2.1>")
    call = bench.agent.invite(parse_uri("sip:bob@192.0.2.1"), bob, bob, bench.now, sdp=OFFER)
    invite = bench.one()
    bench.put(reply_text(invite, 200, body=ANSWER, extra=f"Allow: {allow}\n{extra}"))
    bench.take()
    bench.events.clear()
    return call


@pytest.mark.parametrize(
    ("asked", "agreed", "required"),
    [
        (TIMER + "600", "600;refresher=uac", "timer"),
        (TIMER + "600;refresher=uac", "600;refresher=uac", "timer"),
        (TIMER + "600;refresher=uas", "600;refresher=uas", None),
        ("Supported: timer", "1800;refresher=uac", "timer"),
        ("Supported: timer\nMin-SE: 2000", "2000;refresher=uac", "timer"),
        ("Session-Expires: 600", "600;refresher=uas", None),
        ("Subject: no timer", None, None),
    ],
)
def test_rfc4028_9_the_200_says_the_interval_and_who_refreshes(
    asked: str, agreed: str | None, required: str | None
) -> None:
    _, response = answer(Bench(), asked)
    assert response.headers.get("Session-Expires") == agreed
    assert response.headers.get("Require") == required


def test_rfc4028_6_an_interval_that_is_too_small_gets_422_with_min_se() -> None:
    bench = Bench()
    bench.put(request_text("INVITE", body=OFFER, extra=TIMER + "30"))
    response = bench.one()
    assert (response.status, response.headers.get("Min-SE")) == (422, "90")
    assert bench.events == []


@pytest.mark.parametrize("value", ["x", "600;refresher=me", "-1", "99999999999999999999"])
def test_a_malformed_session_interval_gets_400(value: str) -> None:
    bench = Bench()
    bench.put(request_text("INVITE", body=OFFER, extra=TIMER + value))
    assert bench.statuses() == [400]
    bench.assert_idle()


def test_rfc4028_10_without_a_refresh_the_callee_hangs_up_32_s_early() -> None:
    bench = Bench()
    call, _ = answer(bench, TIMER + "600")
    bench.wait(567)
    assert call.is_confirmed
    bench.wait(2)
    assert bench.event(CallEnded) == CallEnded(call, EndCause.SESSION_EXPIRED, None, "timeout")
    assert bench.requests()[0].method == "BYE"
    bench.assert_idle()


def test_a_refresh_by_update_starts_the_interval_anew() -> None:
    bench = Bench()
    call, _ = answer(bench, TIMER + "600")
    for number in range(4):
        bench.wait(300)
        extra = TIMER + "600;refresher=uac"
        bench.put(
            request_text(
                "UPDATE", branch=f"z9hG4bKu{number}", cseq=2 + number, to_tag=call.local_tag, extra=extra
            )
        )
        response = bench.one()
        assert response.headers.get("Session-Expires") == "600;refresher=uac"
    assert call.is_confirmed


def test_a_refresh_by_reinvite_starts_the_interval_anew_and_may_swap_the_roles() -> None:
    bench = Bench()
    call, _ = answer(bench, TIMER + "600")
    bench.wait(500)
    extra = TIMER + "600;refresher=uas\nAllow: UPDATE"
    bench.put(
        request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=call.local_tag, body=OFFER, extra=extra)
    )
    call.answer_offer(ANSWER, bench.now)
    assert bench.one().headers.get("Session-Expires") == "600;refresher=uas"
    bench.put(request_text("ACK", branch="z9hG4bKra", cseq=2, to_tag=call.local_tag))
    bench.wait(300)
    update = bench.one()
    assert (update.method, update.headers.get("Session-Expires")) == ("UPDATE", "600;refresher=uac")


def test_rfc4028_7_1_our_invite_asks_for_a_timer() -> None:
    bench = Bench()
    bob = NameAddr.parse("<sip:bob@192.0.2.1>")
    bench.agent.invite(parse_uri("sip:bob@192.0.2.1"), bob, bob, bench.now, sdp=OFFER)
    invite = bench.one()
    assert invite.headers.get("Session-Expires") == "1800"
    assert invite.headers.get("Min-SE") == "90"
    assert "timer" in invite.headers.get("Supported")


def test_rfc4028_10_the_refresher_sends_update_at_half_the_interval() -> None:
    bench = Bench()
    call = dial(bench, "Session-Expires: 600;refresher=uac\nRequire: timer")
    for _ in range(3):
        bench.wait(299)
        assert bench.take() == []
        bench.wait(1.1)
        update = bench.one()
        assert (update.method, update.body) == ("UPDATE", b"")
        assert update.headers.get("Session-Expires") == "600;refresher=uac"
        bench.put(reply_text(update, 200, extra="Session-Expires: 600;refresher=uac"))
    assert call.is_confirmed


def test_the_refresher_sends_a_reinvite_where_update_is_not_allowed() -> None:
    bench = Bench()
    call = dial(bench, "Session-Expires: 600;refresher=uac", allow="INVITE, ACK, BYE, CANCEL")
    bench.wait(300.1)
    invite = bench.one()
    assert (invite.method, invite.body) == ("INVITE", OFFER)
    assert invite.headers.get("Session-Expires") == "600;refresher=uac"
    bench.put(reply_text(invite, 200, body=ANSWER, extra="Session-Expires: 600;refresher=uac"))
    assert bench.one().method == "ACK"
    bench.wait(301)
    assert bench.requests()[0].method == "INVITE"
    assert call.is_confirmed


def test_an_update_that_is_not_allowed_after_all_becomes_a_reinvite() -> None:
    bench = Bench()
    dial(bench, "Session-Expires: 600;refresher=uac")
    bench.wait(300.1)
    bench.put(reply_text(bench.one(), 405))
    assert bench.one().method == "INVITE"


@pytest.mark.parametrize("status", [408, 481])
def test_rfc4028_10_a_refresh_that_finds_no_dialog_ends_the_call(status: int) -> None:
    bench = Bench()
    call = dial(bench, "Session-Expires: 600;refresher=uac")
    bench.wait(300.1)
    bench.put(reply_text(bench.one(), status))
    assert bench.event(CallEnded) == CallEnded(call, EndCause.SESSION_EXPIRED, status, "timeout")
    assert bench.requests()[0].method == "BYE"


def test_a_refresh_that_nobody_answers_ends_the_call() -> None:
    bench = Bench()
    call = dial(bench, "Session-Expires: 600;refresher=uac")
    bench.wait(300 + 33)
    assert bench.event(CallEnded) == CallEnded(call, EndCause.SESSION_EXPIRED, 408, "timeout")
    bench.assert_idle()


def test_a_refresh_turned_down_for_the_moment_is_tried_again_until_the_end() -> None:
    bench = Bench()
    call = dial(bench, "Session-Expires: 600;refresher=uac")
    bench.wait(300.1)
    bench.put(reply_text(bench.one(), 500))
    bench.wait(10.1)
    update = bench.one()
    assert update.method == "UPDATE"
    bench.put(reply_text(update, 500))
    for _ in range(40):
        bench.wait(10)
        for request in bench.requests():
            if request.method == "UPDATE":
                bench.put(reply_text(request, 500))
    assert bench.event(CallEnded).cause is EndCause.SESSION_EXPIRED
    assert call.has_ended


def test_the_far_end_refreshes_when_it_says_so_and_the_caller_watches() -> None:
    bench = Bench()
    call = dial(bench, "Session-Expires: 600;refresher=uas")
    bench.wait(567)
    assert bench.take() == []
    bench.wait(2)
    assert bench.event(CallEnded) == CallEnded(call, EndCause.SESSION_EXPIRED, None, "timeout")


def test_a_far_end_without_timers_is_left_alone() -> None:
    bench = Bench()
    call = dial(bench)
    bench.wait(100_000)
    assert bench.take() == []
    assert call.is_confirmed


def test_rfc4028_7_3_a_422_makes_the_invite_go_again_with_a_longer_interval() -> None:
    bench = Bench(session_expires_s=100)
    bob = NameAddr.parse("<sip:bob@192.0.2.1>")
    bench.agent.invite(parse_uri("sip:bob@192.0.2.1"), bob, bob, bench.now, sdp=OFFER)
    invite = bench.one()
    assert invite.headers.get("Session-Expires") == "100"
    bench.put(reply_text(invite, 422, extra="Min-SE: 600"))
    ack, second = bench.requests()
    assert ack.method == "ACK"
    assert (second.headers.get("Session-Expires"), second.headers.get("Min-SE")) == ("600", "600")
    assert (second.cseq.number, second.call_id) == (2, invite.call_id)
    assert second.top_via.branch != invite.top_via.branch
    bench.put(reply_text(second, 422, extra="Min-SE: 600"))
    assert bench.event(CallEnded).status == 422


def test_a_far_end_that_wants_to_be_refreshed_every_second_is_not() -> None:
    bench = Bench()
    dial(bench, "Session-Expires: 1;refresher=uac")
    bench.wait(44)
    assert bench.take() == []
    bench.wait(2)
    assert bench.requests()[0].method == "UPDATE"


def test_a_hang_up_stops_the_timers() -> None:
    bench = Bench()
    call, tag = answered_call(bench, extra=TIMER + "600")
    bench.put(request_text("BYE", branch="z9hG4bKb", cseq=2, to_tag=tag))
    bench.assert_idle()
    assert call.has_ended
