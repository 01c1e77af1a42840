"""A thousand calls come and go: no port, task, timer or row is left of them but history."""

from __future__ import annotations

import asyncio
import dataclasses
import os

import pytest

from hubbub.domain.call import HangupCause
from hubbub.lab.lab import SETTINGS, Lab
from scenarios.calling_out import place


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


async def test_calls_out_leave_nothing_behind_either() -> None:
    """Answered, refused, given up, redirected, forked, or never sent."""
    async with Lab(settings=dataclasses.replace(SETTINGS, calls_per_second=20)) as lab:
        await lab.trunk("desk", username="desk", password="right")
        phones = [
            await lab.phone("answers"),
            await lab.phone("busy", answers=False),
            await lab.phone("early", early_hz=620, answers_after_s=2),
            await lab.phone("rings", only_rings=True),
            await lab.phone("forwards", redirects_to=("sip:carol@10.1.0.1:5060",)),
        ]
        for name in ("one", "two"):
            await (await lab.phone(name, user="desk", username="desk", password="right")).register()
        addresses = [phone.uri for phone in phones] + ["client:desk", "client:nobody", "sip:nobody@10.9.9.9"]

        async def round_of_calls() -> None:
            for to in addresses:
                await place(lab, to, timeout_s=8, time_limit_s=3)
            ended = await place(lab, phones[0].uri)
            live = lab.server.calls.get(ended.call_id)
            assert live is not None
            await lab.server.control.end_now(live, HangupCause.ENDED_BY_API)
            await lab.run_for(120.0)

        await round_of_calls()
        before = await what_is_held(lab)
        for _ in range(3):
            await round_of_calls()
        assert await what_is_held(lab) == before
        assert before["calls"] == 0
        kinds = await lab.event_kinds()
        assert kinds.count("call-queued") == kinds.count("call-ended") == 4 * 9


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
