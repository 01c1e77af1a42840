"""Who may call: open networks, trunks by address, users by password."""

from __future__ import annotations

import asyncio

import pytest

from endpoints.sip.parties import ACME, GLOBEX, OTHER, SERVER, party, two_parties
from hubbub.domain.call import HangupCause
from sip_wire import OFFER, request_text


async def test_a_stranger_is_challenged_and_the_call_is_never_told() -> None:
    async with two_parties(open_networks=("127.0.0.0/8",)) as (server, other):
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert server.events.notes == []
        assert other.events.end == (HangupCause.SIGNALLING_FAILED, 401)
        assert server.endpoint.statistics()["challenged"] == 1


async def test_a_trunks_source_lets_in_as_its_account_and_the_most_specific_counts() -> None:
    async with two_parties(open_networks=()) as (server, other):
        server.book.add(GLOBEX, sources=("10.0.0.0/8",))
        server.book.add(ACME, sources=(f"{OTHER}/32", "2001:db8::/32"))
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert [call.account_id for call in server.events.calls] == [ACME]


async def test_a_trunks_source_counts_on_an_open_network_too() -> None:
    async with two_parties() as (server, other):
        server.book.add(ACME, sources=(OTHER,))
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert [call.account_id for call in server.events.calls] == [ACME]


@pytest.mark.parametrize(("password", "is_in"), [("secret", True), ("wrong", False)])
async def test_a_user_comes_in_with_the_right_password_only(password: str, is_in: bool) -> None:
    async with two_parties(open_networks=()) as (server, other):
        server.book.add(GLOBEX, username="anna", password="secret")
        other.place(f"sip:room@{SERVER}", username="anna", password=password)
        await asyncio.sleep(1)
        assert [call.account_id for call in server.events.calls] == ([GLOBEX] if is_in else [])
        if not is_in:
            assert other.events.end == (HangupCause.SIGNALLING_FAILED, 401)


async def test_an_unknown_user_is_refused_like_a_wrong_password() -> None:
    async with two_parties(open_networks=()) as (server, other):
        other.place(f"sip:room@{SERVER}", username="nobody", password="x")
        await asyncio.sleep(1)
        assert other.events.end == (HangupCause.SIGNALLING_FAILED, 401)
        assert server.endpoint.statistics()["challenged"] == 2


async def test_a_new_trunk_counts_within_a_second_and_many_calls_ask_the_store_once() -> None:
    async with two_parties(open_networks=()) as (server, other):
        for _ in range(20):
            other.place(f"sip:room@{SERVER}")
            await asyncio.sleep(0.04)
        assert server.book.asked == 1
        assert server.events.calls == []
        server.book.add(ACME, sources=(OTHER,))
        await asyncio.sleep(1)
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert [call.account_id for call in server.events.calls] == [ACME]


async def test_a_store_that_fails_gives_the_caller_500_and_says_so() -> None:
    async with party(SERVER) as server, party(OTHER) as other:
        server.book.fails = True
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert other.events.end == (HangupCause.SIGNALLING_FAILED, 500)
        assert [line[1] for line in server.log.lines if line[0] == "error"] == [
            "a caller could not be judged"
        ]


async def test_a_source_that_is_no_network_shuts_nobody_else_out() -> None:
    async with two_parties(open_networks=()) as (server, other):
        server.book.add(GLOBEX, sources=("not a network",))
        server.book.add(ACME, sources=(OTHER,))
        other.place(f"sip:room@{SERVER}")
        await asyncio.sleep(1)
        assert [call.account_id for call in server.events.calls] == [ACME]


async def test_a_stranger_gets_one_401_and_no_repetitions() -> None:
    async with two_parties(open_networks=()) as (server, _):
        heard: list[bytes] = []

        class Stranger(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: object) -> None:
                heard.append(data)

        loop = asyncio.get_running_loop()
        transport, _protocol = await loop.create_datagram_endpoint(Stranger, local_addr=("192.0.2.1", 5060))
        text = request_text("INVITE", body=OFFER).replace("\n", "\r\n").encode()
        transport.sendto(text, (SERVER, 5060))
        await asyncio.sleep(40)
        assert [data[:11] for data in heard] == [b"SIP/2.0 401"]
        assert server.endpoint.statistics()["transactions"] == 0
        transport.close()
