"""From an open network anybody may call; from elsewhere a caller must be a trunk, by address or by password."""

from __future__ import annotations

import dataclasses

import pytest

from hubbub.lab.lab import SETTINGS, Lab
from hubbub.phone.phone import CallFailed

CLOSED = dataclasses.replace(SETTINGS, sip_open_networks="")


async def test_a_stranger_is_challenged_and_refused_and_learns_nothing() -> None:
    async with Lab(settings=CLOSED) as lab:
        for mallory in (lab.caller("mallory"), lab.caller("eve", username="desk7", password="guess")):
            with pytest.raises(CallFailed) as failed:
                await mallory.dial("standup")
            assert failed.value.status in (401, 403, 407)
        assert "call-received" not in await lab.event_kinds()


async def test_a_trunk_with_a_password_calls_as_its_account() -> None:
    async with Lab(settings=CLOSED) as lab:
        await lab.trunk("desk", username="desk7", password="correct horse")
        alice = lab.caller("alice", username="desk7", password="correct horse")
        bob = lab.caller("bob", username="desk7", password="correct horse")
        await alice.dial("standup")
        await bob.dial("standup")
        await lab.run_for(2.0)
        assert alice.hears(bob)
        with pytest.raises(CallFailed):
            await lab.caller("eve", username="desk7", password="wrong").dial("standup")


async def test_a_trunk_with_an_address_needs_no_password() -> None:
    async with Lab(settings=CLOSED) as lab:
        alice, mallory = lab.caller("alice"), lab.caller("mallory")
        await lab.trunk("carrier", sources=(f"{alice.host}/32",))
        await alice.dial("standup")
        assert alice.is_talking
        with pytest.raises(CallFailed):
            await mallory.dial("standup")
