"""REGISTER on the wire: from behind NAT, without a store, malformed; and the keepalives of a registered telephone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from endpoints.sip.parties import ACME, SERVER, Party, party
from endpoints.sip.test_signalling import FarEnd
from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus
from hubbub.domain.application import Trunk
from hubbub.domain.ids import TrunkId
from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.digest_client import DigestClient
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.parser import parse_message
from hubbub.services.ports import CallTarget
from hubbub.storage.memory import MemoryStore
from sip_wire import ANSWER, reply_text

NAT = ("203.0.113.7", 40_123)
"""Where the telephone's messages come from; it believes to be at 192.168.1.20:5060."""


@asynccontextmanager
async def registrar(**settings: Any) -> AsyncIterator[tuple[Party, MemoryStore]]:
    """A server at which `anna` may register with `secret`."""
    store = MemoryStore()
    async with store.transaction() as tx:
        await tx.put_account(
            Account(ACME, None, "Acme", None, AccountStatus.ACTIVE, ADMINISTRATOR, "9000001", 0, 0)
        )
        await tx.put_trunk(Trunk(TrunkId("d" * 32), ACME, "desk", (), "anna", None, 0), "secret")
    async with party(SERVER, store=store, **settings) as server:
        yield server, store


async def behind_nat() -> FarEnd:
    phone, loop = FarEnd(), asyncio.get_running_loop()
    phone.transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=NAT)
    return phone


def register_text(*lines: str, cseq: int = 1, to: str = "<sip:anna@10.0.0.1>") -> str:
    return "\n".join(
        [
            "REGISTER sip:10.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 192.168.1.20:5060;branch=z9hG4bKr{cseq};rport",
            "Max-Forwards: 70",
            "From: <sip:anna@10.0.0.1>;tag=f",
            f"To: {to}",
            "Call-ID: reg@192.168.1.20",
            f"CSeq: {cseq} REGISTER",
            *lines,
            "Content-Length: 0",
            "",
            "",
        ]
    )


CONTACT = "Contact: <sip:anna@192.168.1.20:5060>;expires=600"


async def register(phone: FarEnd, *lines: str, cseq: int = 1, to: str = "<sip:anna@10.0.0.1>") -> Any:
    """Registers as `anna`, answering the challenge; the last answer."""
    (challenge,) = await phone.say(register_text(*lines, cseq=cseq, to=to))
    assert challenge.status == 401
    asked = parse_message(register_text(*lines, cseq=cseq, to=to).replace("\n", "\r\n").encode())
    assert isinstance(asked, SipRequest)
    client = DigestClient("anna", "secret", lambda: "cnonce")
    assert client.learn(asked, challenge)
    client.authorize(asked)
    authorization = f"Authorization: {asked.headers.get('Authorization')}"
    (answer,) = await phone.say(register_text(authorization, *lines, cseq=cseq + 1, to=to))
    return answer


async def test_a_call_goes_back_through_the_nat_that_the_registration_came_from() -> None:
    async with registrar() as (server, store):
        phone = await behind_nat()
        answer = await register(phone, CONTACT, "User-Agent: Desk 7")
        assert answer.status == 200
        assert [str(NameAddr.parse(text)) for text in answer.headers.get_all("Contact")] == [
            "<sip:anna@192.168.1.20:5060>;expires=600"
        ]
        (kept,) = await store.read.registrations("anna")
        assert (kept.source, kept.contact_uri) == ("udp:203.0.113.7:40123", "sip:anna@192.168.1.20:5060")
        assert (kept.account_id, kept.user_agent) == (ACME, "Desk 7")
        target = CallTarget(kept.contact_uri, kept.source, is_trusted=True)
        server.place("sip:anna@10.0.0.1", targets=(target,))
        await asyncio.sleep(0.1)
        invite = phone.heard[-1]
        assert (invite.method, str(invite.uri)) == ("INVITE", "sip:anna@192.168.1.20:5060")
        assert str(invite.to_addr.uri) == "sip:anna@10.0.0.1"
        await phone.say(reply_text(invite, 200, body=ANSWER, contact="<sip:anna@192.168.1.20:5060>"))
        assert phone.heard[-1].method == "ACK"
        assert str(phone.heard[-1].uri) == "sip:anna@192.168.1.20:5060"
        phone.transport.close()


async def test_a_registered_telephone_keeps_its_nat_open() -> None:
    async with registrar() as (server, _):
        phone = await behind_nat()
        await register(phone, CONTACT)
        assert await phone.say("\n\n") == []
        assert server.endpoint.statistics()["keepalive"] == 1
        options = register_text(cseq=9).replace("REGISTER", "OPTIONS")
        (answer,) = await phone.say(options)
        assert answer.status == 200
        phone.transport.close()


@pytest.mark.parametrize(
    ("lines", "to", "status"),
    [
        (("Contact: *",), "<sip:anna@10.0.0.1>", 400),
        (("Contact: <mailto:anna@acme.example>",), "<sip:anna@10.0.0.1>", 400),
        (("Contact: <sip:anna@192.168.1.20>", "Expires: never"), "<sip:anna@10.0.0.1>", 400),
        (("Contact: <sip:anna@192.168.1.20>;expires=5",), "<sip:anna@10.0.0.1>", 423),
        ((CONTACT,), "<sip:10.0.0.1>", 404),
        ((CONTACT,), "<sip:nobody@10.0.0.1>", 404),
        (("Require: path", CONTACT), "<sip:anna@10.0.0.1>", 420),
    ],
)
async def test_what_cannot_be_registered_is_refused_and_nothing_is_kept(
    lines: tuple[str, ...], to: str, status: int
) -> None:
    async with registrar() as (_, store):
        phone = await behind_nat()
        if status == 420:
            (answer,) = await phone.say(register_text(*lines))
        else:
            answer = await register(phone, *lines, to=to)
        assert answer.status == status
        assert await store.read.registrations("anna") == []
        phone.transport.close()


async def test_credentials_that_are_none_are_challenged_again() -> None:
    async with registrar() as (_, store):
        phone = await behind_nat()
        for number, text in enumerate(("Basic YW5uYTpzZWNyZXQ=", "Digest", "Digest username=", "\x7f"), 1):
            (answer,) = await phone.say(register_text(f"Authorization: {text}", CONTACT, cseq=number))
            assert answer.status == 401
        assert await store.read.registrations("anna") == []
        phone.transport.close()


async def test_without_a_store_nobody_can_register() -> None:
    async with party(SERVER) as server:
        phone = await behind_nat()
        (answer,) = await phone.say(register_text(CONTACT))
        assert answer.status == 405
        assert server.events.notes == []
        phone.transport.close()
