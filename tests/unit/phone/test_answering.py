"""A telephone that is called in unusual ways: without an offer, with nonsense, with another offer later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from hubbub.phone.line import Line
from hubbub.phone.media import Agreed, PhoneMedia
from hubbub.phone.phone import Phone, PhoneState
from hubbub.protocol.sdp.offer_answer import accept_answer, answer_offer, make_offer
from hubbub.protocol.sdp.session import parse_sdp
from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.events import (
    CallAnswered,
    CallEnded,
    MediaAnswer,
    OfferRefused,
    UserAgentEvent,
)
from hubbub.protocol.sip.outbound_call import OutboundCall
from hubbub.protocol.sip.uri import parse_uri
from unit.phone.telephones import BOB_HZ, telephone

HOST = "10.0.0.1"


class Caller:
    """A bare user agent that calls as a test wants, and keeps what happens."""

    def __init__(self) -> None:
        self.events: list[UserAgentEvent] = []
        self.line = Line("alice", Random("caller"), self.events.append)

    def invite(self, phone: Phone, sdp: bytes | None) -> OutboundCall:
        target = parse_uri(phone.uri)
        ours = NameAddr(None, parse_uri(f"sip:alice@{HOST}"))
        return self.line.do(
            lambda now: self.line.agent.invite(target, ours, NameAddr(None, target), now, sdp=sdp)
        )

    def last(self, kind: type[UserAgentEvent]) -> UserAgentEvent:
        return [event for event in self.events if isinstance(event, kind)][-1]


@asynccontextmanager
async def caller_and_bob() -> AsyncIterator[tuple[Caller, Phone]]:
    async with telephone("bob", answers=True) as bob:
        bob.says(BOB_HZ)
        caller = Caller()
        await caller.line.open(HOST, 5060)
        yield caller, bob
        caller.line.close()


async def test_a_call_without_an_offer_is_answered_with_one_and_talks_after_the_acknowledgement() -> None:
    async with caller_and_bob() as (caller, bob):
        call = caller.invite(bob, None)
        await asyncio.sleep(1)
        answered = caller.last(CallAnswered)
        assert isinstance(answered, CallAnswered)
        assert answered.sdp is not None
        assert bob.state is PhoneState.CALLING
        media = PhoneMedia(Random(1))
        host, port = await media.open(HOST)
        answer, agreed = answer_offer(parse_sdp(answered.sdp), host, port)
        caller.line.do(lambda now: call.acknowledge(answer.to_bytes(), now))
        media.start(Agreed(agreed.remote_host, agreed.remote_port, agreed.codec, 0, 0, None, None, 20, True))
        await asyncio.sleep(1)
        assert bob.state is PhoneState.TALKING
        assert media.counters.received > 40
        media.close()


async def test_a_later_offer_moves_the_sound_elsewhere() -> None:
    async with caller_and_bob() as (caller, bob):
        offer = make_offer(HOST, 40_000)
        call = caller.invite(bob, offer.to_bytes())
        await asyncio.sleep(1)
        media = PhoneMedia(Random(1))
        host, port = await media.open(HOST)
        moved = make_offer(host, port, previous=offer)
        caller.line.do(lambda now: call.reoffer(moved.to_bytes(), now))
        await asyncio.sleep(1)
        event = caller.last(MediaAnswer)
        assert isinstance(event, MediaAnswer)
        agreed = accept_answer(moved, parse_sdp(event.sdp))
        media.start(Agreed(agreed.remote_host, agreed.remote_port, agreed.codec, 0, 0, None, None, 20, True))
        await asyncio.sleep(1)
        assert media.counters.received > 40
        media.close()


async def test_a_later_offer_of_nonsense_is_refused_and_the_call_goes_on() -> None:
    async with caller_and_bob() as (caller, bob):
        call = caller.invite(bob, make_offer(HOST, 40_000).to_bytes())
        await asyncio.sleep(1)
        caller.line.do(lambda now: call.reoffer(b"v=0\r\nnonsense", now))
        await asyncio.sleep(1)
        refused = caller.last(OfferRefused)
        assert isinstance(refused, OfferRefused)
        assert refused.status == 488
        assert bob.state is PhoneState.TALKING


async def test_a_call_with_an_offer_of_nonsense_is_refused() -> None:
    async with caller_and_bob() as (caller, bob):
        caller.invite(bob, b"v=0\r\nnonsense")
        await asyncio.sleep(1)
        ended = caller.last(CallEnded)
        assert isinstance(ended, CallEnded)
        assert ended.status == 488
        assert bob.state is PhoneState.IDLE
        caller.invite(bob, make_offer(HOST, 40_000).to_bytes())
        await asyncio.sleep(1)
        assert bob.state is PhoneState.TALKING


async def test_an_acknowledgement_without_the_answer_ends_the_call() -> None:
    async with caller_and_bob() as (caller, bob):
        call = caller.invite(bob, None)
        await asyncio.sleep(1)
        caller.line.do(lambda now: call.acknowledge(b"v=0\r\nnonsense", now))
        await asyncio.sleep(1)
        assert bob.state is PhoneState.IDLE
        ended = caller.last(CallEnded)
        assert isinstance(ended, CallEnded)
        assert ended.by == "remote"
