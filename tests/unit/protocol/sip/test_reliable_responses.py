"""Reliable provisional responses: RFC 3262, both ends."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    EndCause,
    IncomingCall,
    MediaAnswer,
    MediaOffer,
)
from hubbub.protocol.sip.uri import parse_uri
from sip_wire import ANSWER, HOLD, OFFER, Bench, reply_text, request_text


@pytest.fixture
def bench() -> Bench:
    return Bench(session_expires_s=0)


def incoming(bench: Bench, extra: str, body: bytes = OFFER) -> Any:
    bench.put(request_text("INVITE", body=body, extra=extra))
    return bench.event(IncomingCall).call


def prack(call: Any, response: Any, *, cseq: int = 2, rseq: int | None = None, body: bytes = b"") -> str:
    number = rseq if rseq is not None else int(response.headers.get("RSeq"))
    return request_text(
        "PRACK",
        branch=f"z9hG4bKp{cseq}",
        cseq=cseq,
        to_tag=call.local_tag,
        extra=f"RAck: {number} 1 INVITE",
        body=body,
    )


def test_rfc3262_3_ringing_is_reliable_when_the_caller_requires_it_and_repeated_until_its_prack(
    bench: Bench,
) -> None:
    call = incoming(bench, "Require: 100rel")
    call.ring(bench.now)
    bench.wait(4)
    responses = bench.take()
    assert len(responses) == 4  # at 0, 0.5, 1.5 and 3.5 s
    assert all(response == responses[0] for response in responses)
    assert responses[0].headers.get("Require") == "100rel"
    assert 1 <= int(responses[0].headers.get("RSeq") or 0) < 2**31
    bench.put(prack(call, responses[0]))
    assert bench.statuses() == [200]
    bench.wait(20)
    assert bench.take() == []


def test_ringing_is_reliable_for_a_caller_that_only_supports_it_when_it_carries_sdp(bench: Bench) -> None:
    call = incoming(bench, "Supported: 100rel")
    call.ring(bench.now)
    assert bench.one().headers.get("RSeq") is None
    call.ring(bench.now, ANSWER, 183)
    assert bench.one().headers.get("RSeq") is not None


def test_rfc3262_3_a_second_response_waits_for_the_prack_of_the_first(bench: Bench) -> None:
    call = incoming(bench, "Require: 100rel")
    call.ring(bench.now)
    call.ring(bench.now, ANSWER, 183)
    first = bench.one()
    assert first.status == 180
    bench.put(prack(call, first))
    second, to_prack = bench.take()
    assert (second.status, second.body, to_prack.status) == (183, ANSWER, 200)  # type: ignore[union-attr]
    assert int(second.headers.get("RSeq") or 0) == int(first.headers.get("RSeq")) + 1


def test_rfc3262_3_the_200_waits_for_the_prack_of_a_description_and_does_not_repeat_it(bench: Bench) -> None:
    call = incoming(bench, "Supported: 100rel")
    call.ring(bench.now, ANSWER, 183)
    progress = bench.one()
    assert call.answer(ANSWER, bench.now) is True
    assert bench.take() == []
    bench.put(prack(call, progress))
    statuses = bench.take()
    assert [(response.status, response.cseq.method) for response in statuses] == [  # type: ignore[union-attr]
        (200, "PRACK"),
        (200, "INVITE"),
    ]
    assert statuses[1].body == b""
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    bench.event(CallConfirmed)


def test_rfc3262_3_a_prack_for_nothing_gets_481_and_a_repeated_one_its_200(bench: Bench) -> None:
    call = incoming(bench, "Require: 100rel")
    call.ring(bench.now)
    progress = bench.one()
    bench.put(prack(call, progress, rseq=1))
    assert bench.statuses() == [481]
    bench.put(prack(call, progress, cseq=3))
    bench.put(prack(call, progress, cseq=3))
    assert bench.statuses() == [200, 200]
    bench.put(prack(call, progress, cseq=4))
    assert bench.statuses() == [481]


def test_a_prack_that_cannot_be_read_gets_400(bench: Bench) -> None:
    call = incoming(bench, "Require: 100rel")
    call.ring(bench.now)
    bench.take()
    bench.put(request_text("PRACK", branch="z9hG4bKp", cseq=2, to_tag=call.local_tag))
    bench.put(request_text("PRACK", branch="z9hG4bKq", cseq=3, to_tag=call.local_tag, extra="RAck: 1 x"))
    assert bench.statuses() == [400, 400]


def test_rfc3262_3_without_a_prack_the_call_ends_with_504(bench: Bench) -> None:
    call = incoming(bench, "Require: 100rel")
    call.ring(bench.now)
    bench.wait(33)
    statuses = bench.statuses()
    assert statuses[:-1].count(180) == 7
    assert 504 in statuses
    assert bench.event(CallEnded) == CallEnded(call, EndCause.NO_ACK, 504, "timeout")
    bench.assert_idle()


def test_an_offer_in_a_reliable_response_is_answered_by_the_prack(bench: Bench) -> None:
    call = incoming(bench, "Require: 100rel", body=b"")
    call.ring(bench.now, OFFER, 183)
    bench.put(prack(call, bench.one(), body=ANSWER))
    assert bench.event(MediaAnswer) == MediaAnswer(call, ANSWER)
    assert bench.statuses() == [200]


def test_a_prack_may_make_an_offer_of_its_own(bench: Bench) -> None:
    call = incoming(bench, "Require: 100rel")
    call.ring(bench.now, ANSWER, 183)
    bench.put(prack(call, bench.one(), body=HOLD))
    assert bench.event(MediaOffer) == MediaOffer(call, HOLD)
    call.answer_offer(ANSWER, bench.now)
    response = bench.one()
    assert (response.status, response.body) == (200, ANSWER)


def test_a_cancel_stops_the_repetition(bench: Bench) -> None:
    call = incoming(bench, "Require: 100rel")
    call.ring(bench.now)
    bench.take()
    bench.put(request_text("CANCEL"))
    assert bench.statuses() == [200, 487]
    bench.put(request_text("ACK", to_tag=call.local_tag))
    bench.wait(60)
    assert bench.take() == []
    bench.assert_idle()


def dial(bench: Bench) -> tuple[Any, Any]:
    bob = NameAddr.parse("<sip:bob@192.0.2.1>")
    call = bench.agent.invite(parse_uri("sip:bob@192.0.2.1"), bob, bob, bench.now, sdp=OFFER)
    return call, bench.one()


def test_rfc3262_4_a_reliable_response_is_acknowledged_once_and_told_once(bench: Bench) -> None:
    call, invite = dial(bench)
    assert "100rel" in invite.headers.get("Supported")
    reply = reply_text(invite, 183, body=ANSWER, extra="Require: 100rel\nRSeq: 77")
    bench.put(reply)
    acknowledged = bench.one()
    assert (acknowledged.method, acknowledged.headers.get("RAck")) == ("PRACK", "77 1 INVITE")
    assert str(acknowledged.cseq) == "2 PRACK"
    assert acknowledged.to_addr.tag == "bt"
    assert bench.event(CallProgress) == CallProgress(call, 183, ANSWER)
    bench.put(reply_text(acknowledged, 200))
    bench.put(reply)
    assert bench.take() == []
    assert bench.events == []
    bench.put(reply_text(invite, 200))
    assert bench.event(CallAnswered) == CallAnswered(call, None)
    assert str(bench.one().cseq) == "1 ACK"
    call.hang_up(bench.now)
    assert bench.one().cseq.number == 3


def test_rfc3262_4_a_response_out_of_order_is_neither_acknowledged_nor_told(bench: Bench) -> None:
    _, invite = dial(bench)
    bench.put(reply_text(invite, 180, extra="Require: 100rel\nRSeq: 5"))
    bench.take()
    bench.events.clear()
    bench.put(reply_text(invite, 183, extra="Require: 100rel\nRSeq: 7"))
    assert bench.take() == []
    assert bench.events == []
    bench.put(reply_text(invite, 183, extra="Require: 100rel\nRSeq: 6"))
    assert bench.one().headers.get("RAck") == "6 1 INVITE"


def test_each_fork_counts_for_itself(bench: Bench) -> None:
    _, invite = dial(bench)
    for tag, rseq in (("b1", 5), ("b2", 900)):
        bench.put(reply_text(invite, 183, to_tag=tag, extra=f"Require: 100rel\nRSeq: {rseq}"))
    assert [request.headers.get("RAck") for request in bench.requests()] == ["5 1 INVITE", "900 1 INVITE"]


@pytest.mark.parametrize("rseq", ["", "0", "x"])
def test_a_reliable_response_without_a_number_is_dropped(bench: Bench, rseq: str) -> None:
    _, invite = dial(bench)
    bench.put(reply_text(invite, 183, extra=f"Require: 100rel\nRSeq: {rseq}"))
    assert bench.take() == []
    assert bench.agent.counters["malformed_response"] == 1
