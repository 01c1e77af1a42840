"""Calls and servers end at moments that nobody planned for: nothing stays behind, and nobody else suffers."""

from __future__ import annotations

import asyncio

from hubbub.lab.lab import Lab
from scenarios.rooms import URL


def tasks_of(lab: Lab) -> list[str]:
    """What is going on in the process."""
    return sorted(getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks())


async def test_who_hangs_up_during_the_tone_before_a_message_leaves_nothing_behind(lab: Lab) -> None:
    lab.customer(URL, lambda request: '<Response><Record maxLength="5"/></Response>')
    await lab.number("+15550100", URL)
    before = tasks_of(lab)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(0.1)
    alice.hangs_up()
    await lab.run_for(60.0)
    await alice.close()
    assert tasks_of(lab) == before
    assert "recording-started" not in await lab.event_kinds()


async def test_callers_of_a_server_that_died_do_not_deafen_those_of_the_next(lab: Lab) -> None:
    """They go on sending to the ports that they know until they notice."""
    for number in range(4):
        await lab.caller(f"ghost{number}").dial("old")
    await lab.run_for(1.0)
    await lab.crash()
    await lab.restart()
    alice, bob = lab.caller("alice"), lab.caller("bob")
    lab.delay(0.05, alice, bob)
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)
