"""A server that died in the middle of calls says so when it comes back: every room is closed with an honest reason."""

from __future__ import annotations

from hubbub.lab.lab import Lab


async def test_after_a_crash_rooms_are_closed_and_event_numbers_have_no_gap(lab: Lab) -> None:
    callers = [lab.caller(f"caller{number}", is_silent=True) for number in range(20)]
    for number, caller in enumerate(callers):
        await caller.dial(f"room{number % 4}")
    await lab.run_for(1.0)
    before = await lab.events()
    await lab.crash()
    await lab.run_for(10.0)
    await lab.restart()
    after = await lab.events()
    assert after[: len(before)] == before
    assert [each.number for each in after] == list(range(1, len(after) + 1))
    ended = [each.event for each in after if each.event.kind == "conference-ended"]
    assert [each.data["reason"] for each in ended] == ["server-crashed"] * 4
    causes = [each.event.data["cause"] for each in after if each.event.kind == "call-ended"]
    assert causes == ["server-crashed"] * 20
    live = await lab.get("/2010-04-01/Accounts/{AccountSid}/Conferences.json?Status=in-progress")
    assert live.json()["conferences"] == []


async def test_a_reader_from_number_n_gets_each_event_once(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    read = await lab.events()
    await bob.dial("standup")
    await lab.crash()
    await lab.restart()
    read += await lab.events(after=read[-1].number)
    assert [each.number for each in read] == list(range(1, len(read) + 1))
    assert read == await lab.events()


async def test_after_a_crash_the_name_is_free_again(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await lab.run_for(1.0)
    await lab.crash()
    await lab.restart()
    await alice.close()
    await lab.run_for(40.0)
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert (await lab.event_kinds()).count("conference-created") == 2
