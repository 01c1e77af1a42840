"""Telephones for the tests of this folder: on a simulated network, seeded, each at an address of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from hubbub.lab.loop import SimulatedLoop
from hubbub.lab.network import Network
from hubbub.phone.phone import Phone, PhoneSettings

ALICE_HZ, BOB_HZ = 440, 980
HOSTS = {"alice": "10.0.0.1", "bob": "10.0.0.2", "carol": "10.0.0.3"}


def network() -> Network:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    return loop.network


@asynccontextmanager
async def telephone(user: str, **settings: Any) -> AsyncIterator[Phone]:
    phone = await Phone.open(PhoneSettings(user=user, **settings), Random(user), HOSTS[user], 5060)
    try:
        yield phone
    finally:
        await phone.close()


@asynccontextmanager
async def two_talking(**settings: Any) -> AsyncIterator[tuple[Phone, Phone]]:
    """Alice has called Bob, and both say their tones."""
    async with telephone("bob", answers=True) as bob, telephone("alice", **settings) as alice:
        alice.says(ALICE_HZ)
        bob.says(BOB_HZ)
        await alice.dials(bob.uri)
        yield alice, bob
