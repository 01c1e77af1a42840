"""Changing media: re-INVITE and UPDATE both ways (RFC 3261 §14, RFC 3311 §5), collisions (491), empty re-INVITEs."""

from __future__ import annotations

import random

import pytest

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.events import (
    CallAnswered,
    CallEnded,
    EndCause,
    IncomingCall,
    MediaAnswer,
    MediaOffer,
    OfferRefused,
)
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.uri import parse_uri
from hubbub.protocol.sip.user_agent import UserAgent
from sip_wire import ANSWER, HOLD, OFFER, Bench, Wire, answered_call, reply_text, request_text, settings


@pytest.fixture
def bench() -> Bench:
    return Bench(session_expires_s=0)


def test_a_reinvite_with_hold_is_put_to_the_embedder_and_its_answer_repeated_until_the_ack(
    bench: Bench,
) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    assert bench.event(MediaOffer) == MediaOffer(call, HOLD)
    assert call.answer_offer(ANSWER, bench.now) is True
    assert call.answer_offer(ANSWER, bench.now) is False
    bench.wait(1)
    first, second = bench.take()
    assert (first.body, second) == (ANSWER, first)
    bench.put(request_text("ACK", branch="z9hG4bKra", cseq=2, to_tag=tag))
    bench.wait(40)
    assert bench.take() == []
    assert bench.events == []
    assert call.is_confirmed


def test_a_reinvite_whose_answer_is_never_acknowledged_ends_the_call(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.event(MediaOffer)
    call.answer_offer(ANSWER, bench.now)
    bench.wait(33)
    assert bench.event(CallEnded).cause is EndCause.NO_ACK
    assert bench.requests()[-1].method == "BYE"
    bench.assert_idle()


def test_a_refused_offer_leaves_the_session_as_it_was(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.event(MediaOffer)
    assert call.refuse_offer(488, bench.now) is True
    assert bench.statuses() == [488]
    bench.put(request_text("ACK", branch="z9hG4bKr", cseq=2, to_tag=tag))
    bench.wait(60)
    assert bench.events == []
    assert call.is_confirmed


def test_an_empty_reinvite_asks_the_embedder_for_an_offer_and_the_ack_answers_it(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag))
    assert bench.event(MediaOffer) == MediaOffer(call, None)
    call.answer_offer(OFFER, bench.now)
    assert bench.one().body == OFFER
    bench.put(request_text("UPDATE", branch="z9hG4bKu", cseq=3, to_tag=tag, body=HOLD))
    assert bench.statuses() == [491]  # ours is still open
    bench.put(request_text("ACK", branch="z9hG4bKra", cseq=2, to_tag=tag, body=ANSWER))
    assert bench.event(MediaAnswer) == MediaAnswer(call, ANSWER)


def test_an_embedder_that_never_answers_an_offer_is_answered_for(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.wait(20.5)
    assert 500 in bench.statuses()
    assert call.answer_offer(ANSWER, bench.now) is False


def test_rfc3261_14_2_a_second_offer_before_the_first_is_answered_gets_500_with_retry_after(
    bench: Bench,
) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.put(request_text("INVITE", branch="z9hG4bKs", cseq=3, to_tag=tag, body=OFFER))
    response = bench.one()
    assert response.status == 500
    assert 0 <= int(response.headers.get("Retry-After")) <= 10


def test_rfc3311_5_2_an_update_with_an_offer_is_answered_in_its_200(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=tag, body=HOLD))
    assert bench.event(MediaOffer) == MediaOffer(call, HOLD)
    call.answer_offer(ANSWER, bench.now)
    response = bench.one()
    assert (response.status, response.body) == (200, ANSWER)
    bench.wait(60)
    assert bench.take() == []


def test_rfc3311_5_2_an_update_before_the_first_offer_is_answered_gets_500(bench: Bench) -> None:
    bench.put(request_text("INVITE", body=OFFER))
    call = bench.event(IncomingCall).call
    call.ring(bench.now)
    bench.take()
    bench.put(request_text("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=call.local_tag, body=HOLD))
    assert bench.statuses() == [500]
    bench.put(request_text("UPDATE", branch="z9hG4bKv", cseq=3, to_tag=call.local_tag))
    assert bench.statuses() == [200]


def test_an_update_moves_the_far_end(bench: Bench) -> None:
    call, tag = answered_call(bench)
    text = request_text("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=tag)
    bench.put(text.replace("<sip:alice@192.0.2.1:5060>", "<sip:alice@192.0.2.44:5066>"))
    bench.take()
    call.hang_up(bench.now)
    bench.collect()
    assert (bench.targets[-1].host, bench.targets[-1].port) == ("192.0.2.44", 5066)


def test_a_cancelled_reinvite_gets_487_and_the_call_goes_on(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.put(request_text("CANCEL", branch="z9hG4bKr", cseq=2, to_tag=tag))
    assert bench.statuses() == [200, 487]
    assert call.is_confirmed
    assert call.answer_offer(ANSWER, bench.now) is False


def test_a_bye_during_a_reinvite_answers_both(bench: Bench) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.put(request_text("BYE", branch="z9hG4bKb", cseq=3, to_tag=tag))
    assert sorted(bench.statuses()) == [200, 487]
    bench.assert_idle()


def test_our_offer_goes_out_as_a_reinvite_and_its_answer_is_told(bench: Bench) -> None:
    call, _ = answered_call(bench)
    call.reoffer(HOLD, bench.now)
    invite = bench.one()
    assert (invite.method, invite.body, invite.cseq.number) == ("INVITE", HOLD, 1)
    bench.put(reply_text(invite, 200, body=ANSWER))
    assert bench.event(MediaAnswer) == MediaAnswer(call, ANSWER)
    assert bench.one().method == "ACK"
    bench.put(reply_text(invite, 200, body=ANSWER))
    assert bench.one().method == "ACK"
    assert bench.events == []


def test_our_offer_waits_until_theirs_is_settled_and_only_the_newest_goes(bench: Bench) -> None:
    call, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.event(MediaOffer)
    call.reoffer(OFFER, bench.now)
    call.reoffer(HOLD, bench.now)
    assert bench.take() == []
    call.answer_offer(ANSWER, bench.now)
    assert bench.statuses() == [200]
    bench.put(request_text("ACK", branch="z9hG4bKra", cseq=2, to_tag=tag))
    assert bench.one().body == HOLD


def test_an_offer_made_while_another_is_in_flight_is_not_lost(bench: Bench) -> None:
    call, _ = answered_call(bench)
    call.reoffer(HOLD, bench.now)
    invite = bench.one()
    call.reoffer(OFFER, bench.now)
    assert bench.take() == []
    bench.put(reply_text(invite, 200, body=ANSWER))
    ack, second = bench.requests()
    assert (ack.method, second.method, second.body) == ("ACK", "INVITE", OFFER)


def test_rfc3261_14_1_a_refused_offer_is_told_and_a_lost_dialog_ends_the_call(bench: Bench) -> None:
    call, _ = answered_call(bench)
    call.reoffer(HOLD, bench.now)
    bench.put(reply_text(bench.one(), 488))
    assert bench.event(OfferRefused) == OfferRefused(call, 488)
    call.reoffer(HOLD, bench.now)
    bench.put(reply_text(bench.requests()[-1], 481))
    assert bench.event(CallEnded).cause is EndCause.DIALOG_LOST
    assert bench.requests()[-1].method == "BYE"


def test_rfc3261_14_1_after_491_the_callee_tries_again_within_two_seconds(bench: Bench) -> None:
    call, _ = answered_call(bench)
    call.reoffer(HOLD, bench.now)
    bench.put(reply_text(bench.one(), 491))
    assert bench.one().method == "ACK"
    bench.wait(2.01)
    again = bench.requests()[0]
    assert (again.method, again.cseq.number, again.body) == ("INVITE", 2, HOLD)
    bench.put(reply_text(again, 200, body=ANSWER))
    assert bench.event(MediaAnswer) == MediaAnswer(call, ANSWER)


def test_endless_491_is_told_after_some_tries(bench: Bench) -> None:
    call, _ = answered_call(bench)
    call.reoffer(HOLD, bench.now)
    for _ in range(6):
        invites = {request.cseq.number: request for request in bench.requests() if request.method == "INVITE"}
        bench.put(reply_text(invites[max(invites)], 491))
        bench.wait(2.01)
    assert bench.event(OfferRefused) == OfferRefused(call, 491)


def test_an_offer_that_nobody_ever_answers_ends_the_call(bench: Bench) -> None:
    call, _ = answered_call(bench)
    call.reoffer(HOLD, bench.now)
    bench.put(reply_text(bench.one(), 100))
    bench.wait(301)
    assert bench.event(CallEnded).cause is EndCause.DIALOG_LOST
    bench.assert_idle()


@pytest.mark.parametrize("seed", range(20))
def test_two_reinvites_that_cross_both_get_through_in_the_end(seed: int) -> None:
    """RFC 3261 §14.1: the owner of the Call-ID waits longer, so the second try of the two does not cross again."""
    wire = Wire(seed)
    wire.keep_sent = True
    calls: dict[str, object] = {}
    answers: list[str] = []

    def on_event(name: str) -> object:
        def handle(event: object) -> None:
            match event:
                case IncomingCall(call=call):
                    calls[name] = call
                    call.answer(ANSWER, wire.now)  # type: ignore[attr-defined]
                case CallAnswered(call=call):
                    calls[name] = call
                case MediaOffer(call=call):
                    call.answer_offer(ANSWER, wire.now)
                case MediaAnswer():
                    answers.append(name)
                case _:
                    pass

        return handle

    for name, host in (("alice", "192.0.2.1"), ("bob", "192.0.2.2")):
        agent = UserAgent(settings(host, session_expires_s=0), random.Random(seed * 7 + len(name)))
        wire.add(agent, host, 5060, on_event(name))  # type: ignore[arg-type]
    alice = wire.agents["192.0.2.1", 5060]
    bob = NameAddr.parse("<sip:bob@192.0.2.2>")
    alice.invite(parse_uri("sip:bob@192.0.2.2"), bob, bob, 0.0, sdp=OFFER)
    wire.run(5.0)
    for call in calls.values():
        call.reoffer(HOLD, wire.now)  # type: ignore[attr-defined]
    wire.run(60.0)
    assert sorted(answers) == ["alice", "bob"]
    statuses = [data.split(b" ")[1] for _, _, data in wire.sent if data.startswith(b"SIP/2.0")]
    assert b"491" in statuses


def test_an_info_between_offers_is_never_held_up(bench: Bench) -> None:
    _, tag = answered_call(bench)
    bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD))
    bench.put(
        request_text(
            "INFO", branch="z9hG4bKi", cseq=3, to_tag=tag, body=b"1", content_type="application/dtmf"
        )
    )
    assert bench.statuses() == [200]


def test_requests_other_than_offers_are_sent_as_they_are(bench: Bench) -> None:
    call, _ = answered_call(bench)
    call.send_info_digit("#", 100, bench.now)
    info = bench.one()
    assert isinstance(info, SipRequest)
    assert info.headers.get("Content-Type") == "application/dtmf-relay"
