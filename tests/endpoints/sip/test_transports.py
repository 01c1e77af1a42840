"""Bytes on the wire: framing, keepalives and limits of TCP, garbage on UDP, names, re-INVITEs seen from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from endpoints.sip.parties import OTHER, SERVER, Party, party
from hubbub.domain.call import HangupCause
from hubbub.lab.loop import SimulatedLoop
from hubbub.lab.network import Conditions
from hubbub.protocol.sip.message import SipResponse
from hubbub.protocol.sip.parser import parse_message
from hubbub.protocol.sip.stream import PongReceived, StreamFramer
from sip_wire import ANSWER, HOLD, OFFER, request_text

ALICE = "10.0.0.7"


def to_server(text: str) -> bytes:
    """A message of `sip_wire` with its headers moved to the addresses of this folder; the body stays."""
    head, empty, body = text.partition("\n\n")
    moved = head.replace("192.0.2.10", SERVER).replace("192.0.2.1", ALICE)
    return (moved + empty + body).replace("\n", "\r\n").encode()


class Datagrams(asyncio.DatagramProtocol):
    """A far end on UDP that is played by hand."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.transport: Any = None

    async def say(self, data: bytes) -> list[Any]:
        """Sends, waits a little, and gives back what came."""
        self.transport.sendto(data, (SERVER, 5060))
        await asyncio.sleep(0.1)
        received, self.received = self.received, []
        return received

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.received.append(parse_message(data))


class Stream(asyncio.Protocol):
    """A far end on TCP that is played by hand."""

    def __init__(self) -> None:
        self.framer = StreamFramer(opened_by_us=True)
        self.received: list[Any] = []
        self.transport: Any = None
        self.is_lost = False

    async def say(self, data: bytes) -> list[Any]:
        """Sends, waits a little, and gives back what came."""
        self.transport.write(data)
        await asyncio.sleep(0.1)
        received, self.received = self.received, []
        return received

    def data_received(self, data: bytes) -> None:
        self.received.extend(self.framer.feed(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True


@asynccontextmanager
async def datagrams() -> AsyncIterator[Datagrams]:
    alice, loop = Datagrams(), asyncio.get_running_loop()
    alice.transport, _ = await loop.create_datagram_endpoint(lambda: alice, local_addr=(ALICE, 5060))
    yield alice
    alice.transport.close()


@asynccontextmanager
async def stream() -> AsyncIterator[Stream]:
    alice, loop = Stream(), asyncio.get_running_loop()
    alice.transport, _ = await loop.create_connection(lambda: alice, SERVER, 5060, local_addr=(ALICE, 0))
    await asyncio.sleep(0.01)
    yield alice
    alice.transport.close()
    await asyncio.sleep(0.01)


async def test_garbage_on_udp_is_counted_and_the_next_call_goes_through() -> None:
    async with party(SERVER) as server, datagrams() as alice:
        server.answers()
        for garbage in (b"", b"\x00\x01\x02", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 2000):
            assert await alice.say(garbage) == []
        (response,) = await alice.say(to_server(request_text("INVITE", body=OFFER)))
        assert isinstance(response, SipResponse)
        assert response.status == 200
        assert response.headers.get("Contact") == f"<sip:{SERVER}:5060>"


async def test_an_offer_with_nothing_that_we_speak_gets_488_and_no_user_484() -> None:
    async with party(SERVER) as server, datagrams() as alice:
        body = OFFER.replace(b"RTP/AVP 0", b"RTP/AVP 18")
        (response,) = await alice.say(to_server(request_text("INVITE", body=body)))
        assert response.status == 488  # type: ignore[union-attr]
        text = request_text("INVITE", body=OFFER, branch="z9hG4bK2", call_id="2").replace("room@192", "192")
        responses = await alice.say(to_server(text))
        assert responses[-1].status == 484  # type: ignore[union-attr]
        assert server.events.notes == []
        assert server.endpoint.statistics()["legs"] == 0


async def answered(server: Party, alice: Datagrams, body: bytes = OFFER) -> tuple[str, SipResponse]:
    server.answers()
    (response,) = await alice.say(to_server(request_text("INVITE", body=body)))
    assert isinstance(response, SipResponse)
    tag = response.to_addr.tag or ""
    answer = b"" if body else ANSWER
    await alice.say(to_server(request_text("ACK", branch="z9hG4bKa", to_tag=tag, body=answer)))
    return tag, response


async def test_a_hold_by_reinvite_reaches_the_media_plane_and_its_answer_the_phone() -> None:
    async with party(SERVER) as server, datagrams() as alice:
        tag, first = await answered(server, alice)
        assert server.plane.last.receives
        (held,) = await alice.say(
            to_server(request_text("INVITE", branch="z9hG4bKh", cseq=2, to_tag=tag, body=HOLD))
        )
        assert b"a=recvonly" in held.body
        assert b"IN IP4 " + SERVER.encode() in held.body
        version = next(line for line in first.body.split(b"\r\n") if line.startswith(b"o=")).split()[2]
        assert int(next(line for line in held.body.split(b"\r\n") if line.startswith(b"o=")).split()[2]) == (
            int(version) + 1
        )
        assert not server.plane.last.sends
        assert server.plane.last.receives


async def test_a_call_without_an_offer_gets_one_and_media_starts_with_the_ack() -> None:
    async with party(SERVER) as server, datagrams() as alice:
        _, response = await answered(server, alice, b"")
        assert b"m=audio" in response.body
        assert server.plane.last.host == "192.0.2.2"
        assert server.events.notes[-1] == ("answered", 1)


async def test_a_digit_by_info_is_told() -> None:
    async with party(SERVER) as server, datagrams() as alice:
        tag, _ = await answered(server, alice)
        text = request_text(
            "INFO", branch="z9hG4bKi", cseq=2, to_tag=tag, body=b"9", content_type="application/dtmf"
        )
        (response,) = await alice.say(to_server(text))
        assert response.status == 200  # type: ignore[union-attr]
        assert server.events.notes[-1] == ("digit", "9", 250)


async def test_tcp_messages_may_come_in_pieces_or_several_at_once() -> None:
    async with party(SERVER), stream() as alice:
        first, second = (
            to_server(
                request_text("OPTIONS", branch=f"z9hG4bK{number}", call_id=f"{number}", transport="TCP")
            )
            for number in (1, 2)
        )
        for at in range(0, len(first), 50):
            alice.transport.write(first[at : at + 50])
            await asyncio.sleep(0.01)
        (response,) = await alice.say(b"")
        assert response.status == 200
        responses = await alice.say(first.replace(b"z9hG4bK1", b"z9hG4bK3") + b"\r\n\r\n" + second)
        statuses = [each.status for each in responses if isinstance(each, SipResponse)]
        assert statuses == [200, 200]


async def test_a_tcp_ping_gets_a_pong() -> None:
    async with party(SERVER), stream() as alice:
        assert await alice.say(b"\r\n\r\n") == [PongReceived()]


async def test_a_tcp_peer_that_loses_the_framing_is_answered_if_possible_and_closed() -> None:
    async with party(SERVER) as server, stream() as alice:
        assert await alice.say(b"\x00" * 100 + b"\r\n\r\n") == []
        assert alice.is_lost
        assert server.endpoint.statistics()["tcp_connections"] == 0
        assert server.endpoint.statistics()["malformed"] == 1


async def test_idle_and_slow_tcp_peers_are_cut_off() -> None:
    limits = {"connection_idle_s": 100.0, "message_s_max": 20.0}
    async with party(SERVER, **limits) as server, stream() as idle, stream() as slow:
        slow.transport.write(b"OPTIONS sip:x SIP/2.0\r\n")
        await asyncio.sleep(31)
        assert (idle.is_lost, slow.is_lost) == (False, True)
        await asyncio.sleep(80)
        assert idle.is_lost
        assert server.endpoint.statistics()["tcp_connections"] == 0
        assert server.endpoint.statistics()["tcp_cut_off"] == 2


async def test_a_slow_peer_cannot_stretch_one_message_by_sending_a_byte_at_a_time() -> None:
    async with party(SERVER, message_s_max=20.0), stream() as slow:
        for _ in range(40):
            if not slow.is_lost:
                slow.transport.write(b"O")
            await asyncio.sleep(1)
        assert slow.is_lost


async def test_connections_beyond_the_limit_are_closed_as_they_come() -> None:
    async with party(SERVER, connections_max=1) as server, stream() as first, stream() as second:
        await asyncio.sleep(0.1)
        assert (first.is_lost, second.is_lost) == (False, True)
        assert server.endpoint.statistics()["tcp_refused"] == 1
        (response,) = await first.say(to_server(request_text("OPTIONS", transport="TCP")))
        assert response.status == 200


async def test_a_peer_that_does_not_read_is_cut_off() -> None:
    async with party(SERVER, unsent_bytes_max=10_000) as server, stream() as alice:
        alice.transport.pause_reading()
        for number in range(200):
            text = request_text("OPTIONS", branch=f"z9hG4bK{number}", call_id=f"{number}", transport="TCP")
            alice.transport.write(to_server(text))
            await asyncio.sleep(0.001)
        assert server.endpoint.statistics()["tcp_cut_off"] == 1


async def test_a_call_whose_connection_broke_is_hung_up_at_its_contact() -> None:
    heard: list[bytes] = []

    class Listener(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            heard.append(data)

    async with party(SERVER) as server:
        server.answers()
        contact = await asyncio.get_running_loop().create_server(Listener, ALICE, 5060)
        async with stream() as alice:
            text = request_text("INVITE", body=OFFER, transport="TCP").replace(
                "<sip:alice@192.0.2.1:5060>", "<sip:alice@192.0.2.1:5060;transport=tcp>"
            )
            (response,) = await alice.say(to_server(text))
            ack = request_text("ACK", branch="z9hG4bKa", to_tag=response.to_addr.tag, transport="TCP")
            await alice.say(to_server(ack))
        server.endpoint.hang_up(server.events.calls[0].call_id, HangupCause.COMPLETED)
        await asyncio.sleep(1)
        contact.close()
    assert heard[0].startswith(b"BYE sip:alice@")


async def test_a_name_is_looked_up() -> None:
    async with party(SERVER) as server, party(OTHER) as other:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        loop.network.names["pbx.example"] = SERVER
        server.answers()
        for transport in ("udp", "tcp"):
            other.place(f"sip:room@pbx.example;transport={transport}")
            await asyncio.sleep(1)
        assert [note[0] for note in other.events.notes] == ["answered", "answered"]


@pytest.mark.parametrize("drops", [0.1, 0.3])
async def test_calls_get_through_a_lossy_network(drops: float) -> None:
    async with party(SERVER) as server, party(OTHER) as other:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        loop.network.set_conditions(Conditions(delay_s=0.02, jitter_s=0.05, loss=drops, duplication=0.1))
        server.answers()
        for number in range(20):
            other.place(f"sip:room{number}@{SERVER}")
        await asyncio.sleep(20)
        assert len(server.events.calls) == 20
        assert len([note for note in other.events.notes if note[0] == "answered"]) == 20
