"""A server that is told to stop takes no new calls, ends those there are, and writes how they ended."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.lab.lab import Lab
from hubbub.phone.phone import CallFailed


async def test_draining_hangs_everybody_up_and_records_why(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    await lab.server.control.drain(lambda: lab.clock.sleep(5))
    assert (await alice.ends(within_s=1)).by_far_end
    assert (await bob.ends(within_s=1)).by_far_end
    events = [each.event for each in await lab.events()]
    assert [e.data["cause"] for e in events if e.kind == "call-ended"] == ["server-stopped"] * 2
    assert [e.data["reason"] for e in events if e.kind == "conference-ended"] == ["server-stopped"]


async def test_a_new_call_is_refused_while_others_are_being_ended(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    lab.loss(1.0, alice)  # her BYE is never answered, so draining takes its time
    draining = asyncio.ensure_future(lab.server.control.drain(lambda: lab.clock.sleep(5)))
    await lab.run_for(0.1)
    with pytest.raises(CallFailed, match="503"):
        await bob.dial("standup")
    started = lab.now_s
    await draining
    assert lab.now_s - started <= 5.1
