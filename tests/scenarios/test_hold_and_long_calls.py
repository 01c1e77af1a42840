"""A far end may put the server on hold, and a call may last: session timers keep it, and silence does not end it."""

from __future__ import annotations

import dataclasses

from hubbub.lab.lab import SETTINGS, Lab


async def test_who_puts_the_server_on_hold_hears_nothing_and_the_room_goes_on(lab: Lab) -> None:
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("standup")
    await lab.run_for(1.0)
    alice.holds()
    await lab.run_for(2.0)
    assert bob.hears(alice, carol)  # the holder still speaks
    assert alice.hears_silence()
    alice.resumes()
    await lab.run_for(2.0)
    assert alice.hears(bob, carol)


async def test_a_call_is_kept_by_its_session_timer() -> None:
    """The interval is a minute and a half: without refreshes the call would be over before three (RFC 4028)."""
    async with Lab(settings=dataclasses.replace(SETTINGS, session_expires_s=90)) as lab:
        alice, bob = lab.caller("alice"), lab.caller("bob")
        await alice.dial("standup")
        await bob.dial("standup")
        await lab.run_for(200.0)
        assert alice.hears(bob)
        assert bob.hears(alice)
