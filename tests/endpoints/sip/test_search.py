"""Several telephones for one call: forks of ours and of a proxy, refusals, redirections, and addresses not to be called."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from endpoints.sip.parties import SERVER, Party, party
from endpoints.sip.test_signalling import FarEnd
from hubbub.domain.call import HangupCause
from hubbub.domain.ids import CallId
from hubbub.services.ports import CallTarget
from sip_wire import ANSWER, reply_text

FIRST = CallId(f"{1:032x}")


async def phone(host: str, port: int = 5060) -> FarEnd:
    one, loop = FarEnd(), asyncio.get_running_loop()
    one.transport, _ = await loop.create_datagram_endpoint(lambda: one, local_addr=(host, port))
    return one


def methods(one: FarEnd) -> list[str]:
    return [message.method for message in one.heard if hasattr(message, "method")]


def fork(server: Party, *hosts: str, **changes: Any) -> None:
    """Calls Bob at several addresses at once."""
    targets = tuple(CallTarget(f"sip:bob@{host}", is_trusted=True) for host in hosts)
    server.place("sip:bob@home.example", targets=targets, **changes)


ANNAS = ("192.0.2.1", "192.0.2.2", "192.0.2.3")


async def test_a_proxy_that_forks_may_ring_and_answer_several_times() -> None:
    """RFC 3261 §13.2.2.4: one of its telephones has the call; the other is acknowledged and hung up on."""
    async with party(SERVER) as server:
        proxy = await phone("192.0.2.1")
        server.place("sip:bob@192.0.2.1")
        await asyncio.sleep(0.1)
        invite = proxy.heard[0]
        for tag in ("one", "two"):
            await proxy.say(reply_text(invite, 180, to_tag=tag))
        await proxy.say(reply_text(invite, 183, to_tag="two", body=ANSWER))
        await proxy.say(reply_text(invite, 200, to_tag="one", body=ANSWER))
        await proxy.say(reply_text(invite, 200, to_tag="two", body=ANSWER))
        assert server.events.notes == [("rang",), ("early media", 1), ("answered", 1)]
        sent = [(each.method, each.to_addr.tag) for each in proxy.heard[1:]]
        assert sent == [("ACK", "one"), ("ACK", "two"), ("BYE", "two")]
        proxy.transport.close()


async def test_an_answer_given_early_counts_when_its_telephone_answers_without_one() -> None:
    """RFC 6337 §3.1.1, with two telephones behind a proxy: the sound is that of the one who answered."""
    async with party(SERVER) as server:
        proxy = await phone("192.0.2.1")
        server.place("sip:bob@192.0.2.1")
        await asyncio.sleep(0.1)
        invite = proxy.heard[0]
        other = ANSWER.replace(b"192.0.2.2", b"192.0.2.9")
        await proxy.say(reply_text(invite, 183, to_tag="one", body=ANSWER))
        await proxy.say(reply_text(invite, 183, to_tag="two", body=other))
        assert server.plane.last.host == "192.0.2.9"
        await proxy.say(reply_text(invite, 200, to_tag="one"))
        assert server.plane.last.host == "192.0.2.2"
        proxy.transport.close()


async def test_the_first_to_answer_has_the_call_and_the_others_are_cancelled() -> None:
    async with party(SERVER) as server:
        phones = [await phone(host) for host in ANNAS]
        fork(server, *ANNAS)
        await asyncio.sleep(0.1)
        assert len({one.heard[0].call_id for one in phones}) == 3
        assert len({one.heard[0].body for one in phones}) == 1
        for one in phones:
            await one.say(reply_text(one.heard[0], 180))
        await phones[1].say(reply_text(phones[1].heard[0], 200, body=ANSWER, contact="<sip:bob@192.0.2.2>"))
        assert [methods(one)[-1] for one in phones] == ["CANCEL", "ACK", "CANCEL"]
        assert phones[0].heard[-1].headers.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
        await phones[0].say(reply_text(phones[0].heard[0], 487))
        # The last one's answer crosses the CANCEL.
        await phones[2].say(reply_text(phones[2].heard[0], 200, body=ANSWER, contact="<sip:bob@192.0.2.3>"))
        assert methods(phones[2])[-2:] == ["ACK", "BYE"]
        assert server.events.notes == [("rang",), ("answered", 1)]
        server.endpoint.hang_up(FIRST, HangupCause.COMPLETED)
        assert server.events.end == (HangupCause.COMPLETED, None)
        for one in phones:
            one.transport.close()


@pytest.mark.parametrize(
    ("statuses", "counts"),
    [
        ((404, 486, 503), 404),
        ((503, 486, 500), 486),
        ((500, 503, 500), 500),
        ((486, 600, None), 600),
    ],
)
async def test_the_best_refusal_counts_and_a_6xx_stops_the_others(
    statuses: tuple[int | None, ...], counts: int
) -> None:
    """RFC 3261 §16.7 step 6."""
    async with party(SERVER) as server:
        phones = [await phone(host) for host in ANNAS]
        fork(server, *ANNAS)
        await asyncio.sleep(0.1)
        for one, status in zip(phones, statuses, strict=True):
            await one.say(reply_text(one.heard[0], status or 180))
        await asyncio.sleep(0.1)
        assert server.events.end[1] == counts
        assert ("CANCEL" in methods(phones[2])) == (counts >= 600)
        for one in phones:
            one.transport.close()


async def test_giving_up_cancels_all_and_is_told_once() -> None:
    async with party(SERVER) as server:
        phones = [await phone(host) for host in ANNAS]
        fork(server, *ANNAS)
        await asyncio.sleep(0.1)
        for one in phones:
            await one.say(reply_text(one.heard[0], 180))
        server.endpoint.hang_up(FIRST, HangupCause.ENDED_BY_API)
        assert server.events.end == (HangupCause.ENDED_BY_API, None)
        await asyncio.sleep(0.1)
        assert [methods(one)[-1] for one in phones] == ["CANCEL"] * 3
        for one in phones:
            await one.say(reply_text(one.heard[0], 487))
            one.transport.close()
        assert server.events.end == (HangupCause.ENDED_BY_API, None)


async def test_a_redirection_prefers_as_it_says_and_passes_over_what_cannot_be_called() -> None:
    async with party(SERVER) as server:
        anna, second = await phone("192.0.2.1"), await phone("192.0.2.2")
        server.place("sip:bob@192.0.2.1", username="bob", password="secret")
        await asyncio.sleep(0.1)
        contacts = (
            "Contact: <sip:low@192.0.2.1:5090>;q=0.2, <tel:+15551>, <sip:bob@192.0.2.2>;q=0.9\n"
            'Contact: nonsense"<'
        )
        await anna.say(reply_text(anna.heard[0], 302, contact=None, extra=contacts))
        assert str(second.heard[0].uri) == "sip:bob@192.0.2.2"
        # The password was for the first host: whoever it sends us to learns nothing from us.
        challenge = 'WWW-Authenticate: Digest realm="evil", nonce="n"'
        await second.say(reply_text(second.heard[0], 401, extra=challenge))
        assert methods(second) == ["INVITE", "ACK"]
        anna.transport.close()
        second.transport.close()


@pytest.mark.parametrize("status", [305, 380])
async def test_a_proxy_or_another_service_is_not_followed(status: int) -> None:
    async with party(SERVER) as server:
        anna, second = await phone("192.0.2.1"), await phone("192.0.2.2")
        server.place("sip:bob@192.0.2.1")
        await asyncio.sleep(0.1)
        await anna.say(reply_text(anna.heard[0], status, contact="<sip:192.0.2.2>"))
        assert second.heard == []
        assert server.events.end == (HangupCause.SIGNALLING_FAILED, status)
        anna.transport.close()
        second.transport.close()


async def test_an_address_that_may_not_be_called_gets_nothing_by_whatever_way() -> None:
    permits = {"192.0.2.1": True}
    async with party(SERVER, permits=lambda address: permits.get(address, False)) as server:
        anna, inside = await phone("192.0.2.1"), await phone("192.0.2.2")
        asyncio.get_running_loop().network.names["inside.example"] = "192.0.2.2"  # type: ignore[attr-defined]
        for uri in (
            "sip:bob@192.0.2.2",
            "sip:bob@inside.example",
            "sip:bob@unknown.example",
            "sip:b@1;maddr=192.0.2.2",
        ):
            server.events.notes.clear()
            server.place(uri)
            await asyncio.sleep(0.1)
            assert server.events.end == (HangupCause.SIGNALLING_FAILED, None)
        server.events.notes.clear()
        server.place("sip:bob@192.0.2.1")
        await asyncio.sleep(0.1)
        await anna.say(reply_text(anna.heard[0], 302, contact="<sip:bob@192.0.2.2>"))
        assert server.events.end == (HangupCause.SIGNALLING_FAILED, 302)
        assert inside.heard == []
        # A trunk or a registered telephone may be there.
        fork(server, "192.0.2.2")
        await asyncio.sleep(0.1)
        assert methods(inside) == ["INVITE"]
        await inside.say(reply_text(inside.heard[0], 486))
        anna.transport.close()
        inside.transport.close()


async def test_a_call_given_up_while_its_name_is_looked_up_is_never_sent() -> None:
    async with party(SERVER) as server:
        anna = await phone("192.0.2.1")
        asyncio.get_running_loop().network.names["anna.example"] = "192.0.2.1"  # type: ignore[attr-defined]
        server.place("sip:anna@anna.example")
        server.endpoint.hang_up(FIRST, HangupCause.ENDED_BY_API)
        assert server.events.end == (HangupCause.ENDED_BY_API, None)
        await asyncio.sleep(0.2)
        assert anna.heard == []
        anna.transport.close()


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.77"])
async def test_whoever_answers_cannot_send_us_into_our_own_network(inside: str) -> None:
    """A Contact may name any address; the ACK and the BYE go back to who was called."""
    async with party(SERVER) as server:
        anna, victim = await phone("20.0.0.1"), await phone(inside)
        asyncio.get_running_loop().network.names["anna.example"] = "20.0.0.1"  # type: ignore[attr-defined]
        server.place("sip:anna@anna.example")
        await asyncio.sleep(0.1)
        await anna.say(reply_text(anna.heard[0], 200, body=ANSWER, contact=f"<sip:x@{inside}:5060>"))
        server.endpoint.hang_up(FIRST, HangupCause.COMPLETED)
        await asyncio.sleep(0.1)
        assert methods(anna) == ["INVITE", "ACK", "BYE"]
        assert victim.heard == []
        anna.transport.close()
        victim.transport.close()
