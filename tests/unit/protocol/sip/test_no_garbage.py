"""A call that is over is freed at once: at hundreds of calls a second, cycles would be pauses of the collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.call import Call
from hubbub.protocol.sip.renegotiation import Renegotiation
from hubbub.protocol.sip.session_keeper import SessionKeeper
from hubbub.protocol.sip.uri import parse_uri
from sip_wire import ANSWER, HOLD, OFFER, Bench, reply_text, request_text

TIMER = "Supported: timer, 100rel\nSession-Expires: 600;refresher=uas\nAllow: UPDATE"


@pytest.fixture(autouse=True)
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> int:
    return sum(isinstance(each, (Call, Renegotiation, SessionKeeper)) for each in gc.get_objects())


@pytest.mark.parametrize("ending", ["their bye", "our bye", "no ack", "cancel", "refusal", "expiry"])
def test_an_inbound_call_is_freed_without_the_collector(ending: str) -> None:
    bench = Bench()
    bench.put(request_text("INVITE", body=OFFER, extra=TIMER))
    call = bench.events.pop().call
    tag = call.local_tag
    call.ring(bench.now)
    if ending == "cancel":
        bench.put(request_text("CANCEL"))
    elif ending == "refusal":
        call.reject(486, bench.now)
    else:
        call.answer(ANSWER, bench.now)
    if ending in ("their bye", "our bye", "expiry"):
        bench.put(request_text("ACK", branch="z9hG4bKa", to_tag=tag))
        bench.put(request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=HOLD, extra=TIMER))
        call.answer_offer(ANSWER, bench.now)
        bench.put(request_text("ACK", branch="z9hG4bKra", cseq=2, to_tag=tag))
        call.reoffer(OFFER, bench.now)
    if ending == "their bye":
        bench.put(request_text("BYE", branch="z9hG4bKb", cseq=3, to_tag=tag))
    elif ending == "our bye":
        call.hang_up(bench.now)
    bench.events.clear()
    bench.assert_idle()
    bench.events.clear()
    del call
    assert alive() == 0


@pytest.mark.parametrize("ending", ["their refusal", "our bye", "cancel", "silence", "fork"])
def test_an_outbound_call_is_freed_without_the_collector(ending: str) -> None:
    bench = Bench()
    bob = NameAddr.parse("<sip:bob@192.0.2.1>")
    call = bench.agent.invite(parse_uri("sip:bob@192.0.2.1"), bob, bob, bench.now, sdp=OFFER)
    invite = bench.one()
    if ending != "silence":
        bench.put(reply_text(invite, 183, body=ANSWER, extra="Require: 100rel\nRSeq: 9"))
    if ending == "their refusal":
        bench.put(reply_text(invite, 486))
    elif ending == "cancel":
        call.hang_up(bench.now)
        bench.put(reply_text(invite, 487))
    elif ending in ("our bye", "fork"):
        bench.put(reply_text(invite, 200, body=ANSWER, extra="Session-Expires: 600;refresher=uac"))
        if ending == "fork":
            bench.put(reply_text(invite, 200, body=ANSWER, to_tag="other"))
        call.reoffer(HOLD, bench.now)
        call.hang_up(bench.now)
    bench.events.clear()
    bench.assert_idle()
    bench.events.clear()
    del call
    assert alive() == 0
