"""The `Signalling` port over real SIP between two endpoints: calls in and out, media, causes, and nothing left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from endpoints.sip.parties import OTHER, SERVER, party, two_parties, void
from hubbub.domain.call import HangupCause
from hubbub.domain.errors import Conflict
from hubbub.domain.ids import CallId
from hubbub.lab.network import Conditions
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.parser import parse_message
from sip_wire import ANSWER, OFFER, reply_text, request_text


async def test_a_call_is_answered_and_both_ends_know_where_the_other_hears() -> None:
    async with two_parties() as (server, other):
        other.place(f"sip:room@{SERVER}", headers={"X-Floor": "3", "Via": "forged"})
        await asyncio.sleep(1)
        (call,) = server.events.calls
        assert (call.to_address, call.from_address, call.caller_name) == ("room", "anna", "Anna")
        assert (call.source_host, call.headers, call.account_id) == (OTHER, {"X-Floor": "3"}, None)
        assert server.events.notes == [("incoming", "room"), ("answered", 1)]
        assert other.events.notes == [("answered", 1)]
        assert (server.plane.last.host, server.plane.last.rtp_port) == (OTHER, 10_002)
        assert (other.plane.last.host, other.plane.last.rtp_port) == (SERVER, 10_002)
        assert server.plane.last.codec == other.plane.last.codec == "PCMU"
        assert server.plane.last.telephone_event_payload_type == 101
        assert server.plane.last.sends
        assert server.plane.last.receives


async def test_ringing_is_told_before_the_answer() -> None:
    async with two_parties() as (server, other):
        server.events.on_incoming = lambda call: server.endpoint.ring(call.call_id)
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert other.events.notes == [("rang",)]
        server.endpoint.answer(server.events.calls[0].call_id)
        await asyncio.sleep(1)
        assert other.events.notes == [("rang",), ("answered", 1)]


@pytest.mark.parametrize("by_server", [True, False])
async def test_whoever_hangs_up_both_ends_are_told_why_once_and_ports_are_given_back(by_server: bool) -> None:
    async with two_parties() as (server, other):
        placed = other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        if by_server:
            server.endpoint.hang_up(server.events.calls[0].call_id, HangupCause.ENDED_BY_API)
        else:
            other.endpoint.hang_up(placed, HangupCause.ENDED_BY_API)
        await asyncio.sleep(1)
        mine, theirs = (server, other) if by_server else (other, server)
        assert mine.events.end == (HangupCause.ENDED_BY_API, None)
        assert theirs.events.end == (HangupCause.HANGUP, None)
        assert server.plane.open == other.plane.open == {}
        await asyncio.sleep(60)
        for each in (server, other):
            figures = each.endpoint.statistics()
            assert (figures["calls"], figures["transactions"], figures["timers"], figures["legs"]) == (
                0,
                0,
                0,
                0,
            )


@pytest.mark.parametrize(
    ("cause", "status", "told"),
    [
        (HangupCause.BUSY, 486, HangupCause.BUSY),
        (HangupCause.REJECTED, 603, HangupCause.REJECTED),
        (HangupCause.NO_ANSWER, 480, HangupCause.NO_ANSWER),
        (HangupCause.SERVER_FULL, 503, HangupCause.SIGNALLING_FAILED),
        (HangupCause.CALLBACK_FAILED, 500, HangupCause.SIGNALLING_FAILED),
    ],
)
async def test_a_refusal_has_the_status_of_its_cause(
    cause: HangupCause, status: int, told: HangupCause
) -> None:
    async with two_parties() as (server, other):
        server.events.on_incoming = lambda call: server.endpoint.reject(call.call_id, cause)
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert server.events.end == (cause, status)
        assert other.events.end == (told, status)


async def test_hanging_up_an_unanswered_inbound_call_refuses_it() -> None:
    async with two_parties() as (server, other):
        server.events.on_incoming = lambda call: server.endpoint.hang_up(
            call.call_id, HangupCause.SERVER_STOPPED
        )
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert server.events.end == (HangupCause.SERVER_STOPPED, 503)


async def test_an_outbound_call_is_cancelled_when_its_time_is_over() -> None:
    async with two_parties() as (server, other):
        server.events.on_incoming = lambda call: server.endpoint.ring(call.call_id)
        other.place(f"sip:room@{SERVER}", timeout_s=5.0)
        await asyncio.sleep(4.9)
        assert other.events.notes == [("rang",)]
        await asyncio.sleep(1)
        assert other.events.end == (HangupCause.NO_ANSWER, None)
        assert server.events.end == (HangupCause.CANCELED, 487)
        with pytest.raises(Conflict):
            server.endpoint.answer(server.events.calls[0].call_id)


async def test_an_address_where_nobody_listens_ends_the_call() -> None:
    async with party(SERVER) as server:
        server.place("sip:room@10.0.0.99")
        await asyncio.sleep(40)
        assert server.events.notes == [("ended", HangupCause.NO_ANSWER, None)]
        server.place("sip:room@10.0.0.99", timeout_s=60)
        await asyncio.sleep(40)
        assert server.events.notes[1:] == [("ended", HangupCause.SIGNALLING_FAILED, 408)]


@pytest.mark.parametrize(
    "uri", ["tel:+1555", "sip:room@nowhere.example", "sip:x@10.0.0.9;transport=tls", "junk"]
)
async def test_a_target_that_leads_nowhere_ends_the_call(uri: str) -> None:
    async with party(SERVER) as server:
        server.place(uri)
        await asyncio.sleep(1)
        assert server.events.end[0] is HangupCause.SIGNALLING_FAILED
        assert server.plane.open == {}


async def test_without_a_port_left_a_call_is_not_placed() -> None:
    async with party(SERVER, ports_max=0) as server:
        server.place(f"sip:room@{OTHER}")
        assert server.events.end == (HangupCause.SERVER_FULL, None)


async def test_while_stopping_new_calls_get_503() -> None:
    async with two_parties() as (server, other):
        server.endpoint.stop_taking_calls()
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert server.events.notes == []
        assert other.events.end == (HangupCause.SIGNALLING_FAILED, 503)


async def test_commands_for_calls_that_are_over_do_nothing() -> None:
    async with party(SERVER) as server:
        nobody = CallId("0" * 32)
        server.endpoint.ring(nobody)
        server.endpoint.reject(nobody, HangupCause.BUSY)
        server.endpoint.hang_up(nobody, HangupCause.BUSY)
        with pytest.raises(Conflict):
            server.endpoint.answer(nobody)
        assert server.events.notes == []


async def test_a_fault_in_the_use_cases_ends_that_call_and_no_other() -> None:
    async with two_parties() as (server, other):
        server.events.on_incoming = lambda call: void(1 / 0)
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert other.events.end == (HangupCause.NO_ANSWER, 480)
        assert [line[1] for line in server.log.lines if line[0] == "error"] == [
            "a SIP event could not be handled"
        ]
        server.log.lines.clear()
        server.answers()
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert other.events.notes[-1] == ("answered", 2)


async def test_a_call_over_tcp_stays_on_its_connection() -> None:
    async with two_parties() as (server, other):
        other.place(f"sip:room@{SERVER};transport=tcp")
        await asyncio.sleep(1)
        assert server.events.notes == [("incoming", "room"), ("answered", 1)]
        server.endpoint.hang_up(server.events.calls[0].call_id, HangupCause.COMPLETED)
        await asyncio.sleep(1)
        assert other.events.end == (HangupCause.HANGUP, None)
        assert server.endpoint.statistics()["tcp_connections"] == 1
        assert other.endpoint.statistics()["tcp_connections"] == 1


async def test_a_tcp_address_where_nobody_listens_ends_the_call_at_once() -> None:
    async with party(SERVER) as server:
        server.place("sip:room@10.0.0.99;transport=tcp")
        await asyncio.sleep(6)
        assert server.events.end == (HangupCause.SIGNALLING_FAILED, 503)


async def test_a_hundred_calls_at_once_leave_nothing() -> None:
    async with two_parties() as (server, other):
        placed = [other.place(f"sip:room{number}@{SERVER}") for number in range(100)]
        await asyncio.sleep(2)
        assert [note[0] for note in other.events.notes] == ["answered"] * 100
        assert len({call.call_id for call in server.events.calls}) == 100
        for call_id in placed:
            other.endpoint.hang_up(call_id, HangupCause.COMPLETED)
        await asyncio.sleep(60)
        assert server.plane.open == other.plane.open == {}
        assert server.endpoint.statistics()["timers"] == 0


async def test_an_offerless_call_whose_ack_brings_no_answer_is_hung_up() -> None:
    async with party(SERVER, open_networks=("0.0.0.0/0",)) as server:
        server.answers()
        alice = await far_end()
        (response,) = await alice.say(request_text("INVITE"))
        await alice.say(request_text("ACK", branch="z9hG4bKa", to_tag=response.to_addr.tag))
        assert server.events.notes[-1] == ("ended", HangupCause.SIGNALLING_FAILED, None)
        alice.transport.close()


@pytest.mark.parametrize(
    "body", [b"junk", OFFER.replace(b"RTP/AVP 0", b"RTP/AVP 18"), OFFER + b"m=video 1 X 0\r\n"]
)
async def test_an_answer_that_is_none_ends_the_call(body: bytes) -> None:
    async with party(SERVER) as server:
        alice = await far_end()
        server.place("sip:alice@192.0.2.1")
        await asyncio.sleep(0.1)
        invite = alice.heard[0]
        await alice.say(reply_text(invite, 200, body=body))
        assert server.events.end == (HangupCause.SIGNALLING_FAILED, None)
        assert [message.method for message in alice.heard if isinstance(message, SipRequest)][-2:] == [
            "ACK",
            "BYE",
        ]
        alice.transport.close()


async def test_early_media_of_the_far_end_is_heard_before_the_answer() -> None:
    async with party(SERVER) as server:
        alice = await far_end()
        server.place("sip:alice@192.0.2.1")
        await asyncio.sleep(0.1)
        await alice.say(reply_text(alice.heard[0], 183, body=ANSWER))
        assert server.events.notes == [("rang",), ("early media", 1)]
        assert server.plane.last.host == "192.0.2.2"
        await alice.say(reply_text(alice.heard[0], 200, body=ANSWER))
        assert server.events.notes == [("rang",), ("early media", 1), ("answered", 1)]
        alice.transport.close()


async def test_a_reinvite_with_an_unusable_offer_gets_488_and_the_call_goes_on() -> None:
    async with party(SERVER, open_networks=("0.0.0.0/0",)) as server:
        server.answers()
        alice = await far_end()
        (response,) = await alice.say(request_text("INVITE", body=OFFER))
        tag = response.to_addr.tag
        await alice.say(request_text("ACK", branch="z9hG4bKa", to_tag=tag))
        body = OFFER.replace(b"RTP/AVP 0", b"RTP/AVP 18")
        text = request_text("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=body)
        (refusal,) = await alice.say(text)
        assert refusal.status == 488
        assert server.events.notes[-1] == ("answered", 1)
        await alice.say(request_text("ACK", branch="z9hG4bKr", cseq=2, to_tag=tag))
        (offered,) = await alice.say(request_text("INVITE", branch="z9hG4bKs", cseq=3, to_tag=tag))
        assert b"m=audio 10002" in offered.body
        alice.transport.close()


class FarEnd(asyncio.DatagramProtocol):
    """Alice at 192.0.2.1, played by hand."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.transport: Any = None

    async def say(self, text: str) -> list[Any]:
        """Sends to the server, waits a little, and gives back what came."""
        count = len(self.heard)
        self.transport.sendto(text.replace("\n", "\r\n").encode(), (SERVER, 5060))
        await asyncio.sleep(0.1)
        return self.heard[count:]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.append(parse_message(data))


async def far_end() -> FarEnd:
    alice, loop = FarEnd(), asyncio.get_running_loop()
    alice.transport, _ = await loop.create_datagram_endpoint(lambda: alice, local_addr=("192.0.2.1", 5060))
    return alice


async def test_closing_waits_until_the_far_end_knows_that_its_call_is_over() -> None:
    loop = asyncio.get_running_loop()
    async with party(OTHER) as other:
        async with party(SERVER) as server:
            loop.network.set_conditions(Conditions(delay_s=0.2))  # type: ignore[attr-defined]
            server.answers()
            other.place(f"sip:room@{SERVER}")
            await asyncio.sleep(0.45)  # the 200 is there, its ACK is not
            server.endpoint.hang_up(server.events.calls[0].call_id, HangupCause.SERVER_STOPPED)
            began = loop.time()
        assert other.events.end == (HangupCause.HANGUP, None)
        assert 0.2 < loop.time() - began < 1


async def test_closing_does_not_wait_for_ever() -> None:
    loop = asyncio.get_running_loop()
    async with party(SERVER) as server:
        alice = await far_end()
        server.place("sip:alice@192.0.2.1")
        await asyncio.sleep(0.1)
        await alice.say(reply_text(alice.heard[0], 200, body=ANSWER))
        server.endpoint.hang_up(CallId(f"{1:032x}"), HangupCause.SERVER_STOPPED)
        alice.transport.close()
        began = loop.time()
    assert loop.time() - began == pytest.approx(2.0, abs=0.1)
