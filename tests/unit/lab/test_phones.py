"""Telephones that are called: each takes calls in its own way, and says the same to everybody."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.lab.lab import Lab
from hubbub.phone.phone import CallFailed

EARLY_HZ = 620


async def test_a_telephone_answers_and_both_hear_each_other(lab: Lab) -> None:
    bob = await lab.phone("bob")
    alice = lab.caller("alice")
    await alice.dial(bob.uri)
    await bob.is_answered()
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)
    assert len(bob.invites) == 1


async def test_a_telephone_rings_first(lab: Lab) -> None:
    bob = await lab.phone("bob", answers_after_s=3)
    alice = lab.caller("alice")
    began_s = lab.now_s
    dialling = lab.loop.create_task(alice.dial(bob.uri))
    await lab.run_until(lambda: bob.is_ringing)
    await dialling
    assert lab.now_s - began_s >= 3


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"answers": False}, 486),
        ({"refuses_with": 603}, 603),
        ({"refuses_with": 404}, 404),
        ({"redirects_to": ("sip:carol@10.1.9.9",)}, 302),
    ],
)
async def test_a_telephone_refuses(lab: Lab, settings: dict[str, Any], status: int) -> None:
    bob = await lab.phone("bob", **settings)
    with pytest.raises(CallFailed) as failed:
        await lab.caller("alice").dial(bob.uri)
    assert failed.value.status == status


async def test_a_telephone_only_rings_until_the_caller_gives_up(lab: Lab) -> None:
    bob = await lab.phone("bob", only_rings=True)
    with pytest.raises(CallFailed):
        await lab.caller("alice").dial(bob.uri, ring_s=20)
    await lab.run_for(1.0)
    assert not bob.is_ringing
    assert bob.over is not None
    assert bob.over.cause == "cancelled"


async def test_nobody_is_at_another_address(lab: Lab) -> None:
    with pytest.raises(CallFailed) as failed:
        await lab.caller("alice").dial("sip:nobody@10.9.9.9")
    assert failed.value.status == 408


async def test_a_telephone_is_heard_before_it_answers(lab: Lab) -> None:
    bob = await lab.phone("bob", early_hz=EARLY_HZ, answers_after_s=5)
    alice = lab.caller("alice")
    dialling = lab.loop.create_task(alice.dial(bob.uri))
    await lab.run_for(3.0)
    assert alice.hears_early
    assert not alice.is_talking
    assert alice.hears(EARLY_HZ)
    await dialling
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)
