"""Every change of a room is one numbered event: without gaps over the server, and within each room."""

from __future__ import annotations

from hubbub.lab.lab import Lab


async def test_numbers_have_no_gap_over_the_server_and_within_each_room(lab: Lab) -> None:
    callers = [lab.caller(f"caller{number}", is_silent=True) for number in range(12)]
    for number, caller in enumerate(callers):
        await caller.dial(f"room{number % 3}")
        await lab.run_for(0.1)
    for caller in callers[::-1]:
        caller.hangs_up()
        await lab.run_for(0.1)
    events = await lab.events()
    assert [each.number for each in events] == list(range(1, len(events) + 1))
    rooms: dict[str, list[int | None]] = {}
    for each in events:
        if each.event.conference_id is not None:
            rooms.setdefault(each.event.conference_id, []).append(each.conference_number)
    assert len(rooms) == 3
    for numbers in rooms.values():
        assert numbers == list(range(1, len(numbers) + 1))


async def test_a_room_tells_its_life_in_order(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await lab.run_for(1.0)
    await bob.dial("standup")
    await lab.run_for(1.0)
    bob.hangs_up()
    await lab.run_for(1.0)
    alice.hangs_up()
    await lab.run_for(1.0)
    told = [str(e.event.kind) for e in await lab.events() if e.event.conference_id is not None]
    assert [kind for kind in told if not kind.startswith("call")] == [
        "conference-created",
        "participant-joined",
        "moderator-arrived",
        "participant-joined",
        "conference-started",
        "participant-left",
        "participant-left",
        "conference-ended",
    ]
    times = [each.event.occurred_at_ms for each in await lab.events()]
    assert times == sorted(times)
