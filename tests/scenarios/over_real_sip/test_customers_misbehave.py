"""Customers' real web servers that misbehave on the wire: the call that asks them ends, and a room hears nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hubbub.audio.tones import VOICES_HZ
from hubbub.config import Settings
from hubbub.domain.application import Application, Number, WebTarget
from hubbub.domain.events import EventKind
from hubbub.domain.ids import ApplicationId, NumberId
from hubbub.phone.phone import CallFailed, Phone
from hubbub.phone.sounds import VOICE_DBFS
from hubbub.server import Server
from hubbub.world import start_real_server
from scenarios.over_real_sip.conftest import HOST, OpenPhone, Patience
from web_server import Request, answering, serving

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.xdist_group("interop")]

ALLOWED = {"fetch_networks": "127.0.0.0/8", "fetch_timeout_s": 1.5}


@pytest_asyncio.fixture
async def server(tmp_path: Path, more: dict[str, Any]) -> AsyncIterator[Server]:
    settings = Settings(
        data=str(tmp_path),
        http=f"{HOST}:0",
        sip=f"{HOST}:0",
        rtp=f"{HOST}:30000-31999",
        ports_max=64,
        log_level="error",
        drain_s=1.0,
        **more,
    )
    opened = await start_real_server(settings, lambda line: None)
    yield opened
    await opened.drain()


async def closes_at_once(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def closes_early(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 500\r\n\r\n<Response><Say>Hel"
    )


async def drips(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 500\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def hangs(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def ten_megabytes(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<Response>")
    for _ in range(160):
        writer.write(b" " * 65_536)
        await writer.drain()


WRONG = {
    "closes at once": closes_at_once,
    "closes early": closes_early,
    "drips": drips,
    "hangs": hangs,
    "ten megabytes": ten_megabytes,
    "moved to itself": answering(301, b"", Location="/voice"),
    "zipped, and no zip": answering(
        200, b"\x1f\x8b\x08", Content_Type="application/xml", Content_Encoding="gzip"
    ),
    "no XML": answering(200, b"\x89PNG\r\n\x1a\n", Content_Type="image/png"),
}


async def leads_to(server: Server, address: str, url: str) -> None:
    """Let an address lead to a customer's URL."""
    entropy, clock, store = server.world.entropy, server.world.clock, server.world.store
    (account,) = await store.read.accounts()
    application = Application(
        id=ApplicationId(entropy.id()),
        account_id=account.id,
        friendly_name=url,
        dialect="twilio",
        voice=WebTarget(url, "POST"),
        fallback=None,
        status_callback=None,
        created_at_ms=clock.now_ms(),
    )
    async with store.transaction() as tx:
        await tx.put_application(application)
        await tx.put_number(
            Number(NumberId(entropy.id()), account.id, address, application.id, clock.now_ms())
        )


async def calls(phone: Phone, address: str) -> None:
    """Dial, and wait for the end."""
    try:
        await phone.dials(address)
    except CallFailed:
        return
    await asyncio.wait_for(phone.ends(), 15)


async def failures(server: Server) -> list[str]:
    events = await server.world.store.read.events(0, 1000)
    return [str(each.event.data) for each in events if each.event.kind is EventKind.DOCUMENT_FAILED]


@pytest.mark.parametrize("more", [ALLOWED])
async def test_every_call_ends_and_the_room_goes_on(
    server: Server, phones: OpenPhone, patience: Patience
) -> None:
    alice, bob, *others = [await phones() for _ in range(2 + len(WRONG))]
    await alice.dials("standup")
    await bob.dials("standup")
    async with asyncio.timeout(60):
        await asyncio.gather(
            *(
                misbehaves(server, phone, f"wrong{number}", serve)
                for number, (phone, serve) in enumerate(zip(others, WRONG.values(), strict=True))
            )
        )
    assert len(await failures(server)) >= len(WRONG)
    await patience.until_right(
        lambda: alice.listens(VOICES_HZ[:2]).mismatches({float(VOICES_HZ[1]): VOICE_DBFS})
    )
    await patience.until_right(
        lambda: bob.listens(VOICES_HZ[:2]).mismatches({float(VOICES_HZ[0]): VOICE_DBFS})
    )


async def misbehaves(server: Server, phone: Phone, address: str, serve: Any) -> None:
    async with serving(serve) as web:
        await leads_to(server, address, f"{web.url}/voice")
        await calls(phone, address)
        assert web.requests, address


@pytest.mark.parametrize("more", [{}])
async def test_a_url_in_our_own_network_is_never_connected_to(server: Server, phones: OpenPhone) -> None:
    async with serving(answering(200, b"<Response/>")) as web:
        inner = ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0")
        for host in inner:
            await leads_to(server, f"inner-{inner.index(host)}", f"http://{host}:{web.port}/voice")
        callers = [await phones() for _ in inner]
        await asyncio.gather(*(calls(phone, f"inner-{n}") for n, phone in enumerate(callers)))
        assert web.connections == 0
    assert len(await failures(server)) == len(inner)
