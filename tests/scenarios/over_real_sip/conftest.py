"""A few scenarios again, over real sockets, the real media thread and real time: what the lab simulates must be so."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest
import pytest_asyncio

from hubbub.audio.tones import VOICES_HZ
from hubbub.config import Settings
from hubbub.phone.phone import Phone, PhoneSettings
from hubbub.server import Server
from hubbub.world import start_real_server

HOST = "127.0.0.1"
OpenPhone = Callable[..., Awaitable[Phone]]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"real": asyncio.new_event_loop}


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    settings = Settings(
        data=str(tmp_path),
        http=f"{HOST}:0",
        sip=f"{HOST}:0",
        rtp=f"{HOST}:30000-31999",
        ports_max=64,
        log_level="warning",
        drain_s=1.0,
    )
    opened = await start_real_server(settings, lambda line: None)
    yield opened
    await opened.drain()


@pytest_asyncio.fixture
async def phones(server: Server) -> AsyncIterator[OpenPhone]:
    """Opens telephones, each with a voice of its own, that dial names at the server."""
    opened: list[Phone] = []

    async def open_phone(**settings: Any) -> Phone:
        home = server.sip_uri.removeprefix("sip:")
        wanted = PhoneSettings(user=f"caller{len(opened)}", home=home, codecs=("PCMU",))
        phone = await Phone.open(wanted._replace(**settings), SystemRandom(), HOST)
        phone.says(VOICES_HZ[len(opened)])
        opened.append(phone)
        return phone

    yield open_phone
    await asyncio.gather(*(phone.close() for phone in opened))


@dataclasses.dataclass
class Patience:
    """Listens again until what is heard is right, because a busy machine may spoil any one second."""

    attempts: int = 12

    async def until_right(self, faults: Callable[[], list[str]]) -> None:
        for _ in range(self.attempts):
            found = faults()
            if not found:
                return
            await asyncio.sleep(1.0)
        pytest.fail("; ".join(found))


@pytest.fixture
def patience() -> Patience:
    return Patience()
