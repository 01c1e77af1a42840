"""A name is unique among the rooms that are live: however many join at once, there is one room."""

from __future__ import annotations

import asyncio

from hubbub.lab.lab import Lab


async def test_two_hundred_who_dial_at_one_moment_meet_in_one_room(lab: Lab) -> None:
    callers = [lab.caller(f"caller{number}", is_silent=True) for number in range(200)]
    await asyncio.gather(*(caller.dial("standup") for caller in callers))
    await lab.run_for(0.5)
    kinds = await lab.event_kinds()
    assert kinds.count("conference-created") == 1
    assert kinds.count("conference-started") == 1
    assert kinds.count("participant-joined") == 200
    [room] = (await lab.get("/2010-04-01/Accounts/{AccountSid}/Conferences.json")).json()["conferences"]
    assert room["friendly_name"] == "standup"
    for caller in callers:
        caller.hangs_up()
    await lab.run_for(1.0)
    numbers = [each.number for each in await lab.events()]
    assert numbers == list(range(1, len(numbers) + 1))
