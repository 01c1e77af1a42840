"""A thousand calls come and go: no port, task, timer or row is left of them but history."""

from __future__ import annotations

import asyncio
import os

import pytest

from hubbub.lab.lab import Lab


@pytest.mark.slow
async def test_a_thousand_calls_leave_no_port_task_or_file_behind(lab: Lab) -> None:
    await come_and_go(lab, 0)
    await lab.run_for(120.0)
    before = await what_is_held(lab)
    for batch in range(1, 20):
        await come_and_go(lab, batch)
    # SIP remembers finished transactions for 32 s (RFC 3261, timers B to J).
    await lab.run_for(120.0)
    assert await what_is_held(lab) == before
    kinds = await lab.event_kinds()
    assert kinds.count("call-received") == kinds.count("call-ended") == 1000
    assert kinds.count("participant-joined") == kinds.count("participant-left") == 1000
    assert kinds.count("conference-created") == kinds.count("conference-ended")


async def come_and_go(lab: Lab, batch: int) -> None:
    """Fifty callers meet in seven rooms; half of them hang up, and the others do so a moment later."""
    callers = [lab.caller(f"caller{batch}x{number}", is_silent=True) for number in range(50)]
    await asyncio.gather(*(caller.dial(f"room{number % 7}") for number, caller in enumerate(callers)))
    await lab.run_for(0.3)
    for caller in callers[::2]:
        caller.hangs_up()
    await lab.run_for(0.2)
    for caller in callers:
        await caller.close()


async def what_is_held(lab: Lab) -> dict[str, object]:
    """Everything that a call might leave behind."""
    live = await lab.get("/2010-04-01/Accounts/{AccountSid}/Conferences.json?Status=in-progress")
    return {
        "addresses": len(lab.network.bound),
        "tasks": len(asyncio.all_tasks()),
        "files": len(os.listdir("/proc/self/fd")),
        "calls": len(lab.server.calls),
        "rooms": len(lab.server.rooms),
        "media": {
            name: value for name, value in lab.media.statistics().items() if name.endswith(("_open", "_used"))
        },
        "sip": {name: lab.server.sip.statistics()[name] for name in ("calls", "transactions", "timers")},
        "listed": live.json()["conferences"],
    }
