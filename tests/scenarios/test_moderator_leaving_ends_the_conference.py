"""A participant marked to end the conference ends it by leaving: everybody else's document goes on."""

from __future__ import annotations

from hubbub.lab.lab import Lab
from scenarios.rooms import URL, by_caller, conference


async def test_the_room_ends_with_the_moderator_and_the_others_are_hung_up(lab: Lab) -> None:
    lab.customer(
        URL, by_caller(alice=conference(endConferenceOnExit="true"), bob=conference(), carol=conference())
    )
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("+15550100")
    await lab.run_for(2.0)
    assert bob.hears(alice, carol)
    alice.hangs_up()
    over = await bob.ends(within_s=2)
    assert over.by_far_end
    await carol.ends(within_s=2)
    await lab.run_for(1.0)
    [ended] = [each.event for each in await lab.events() if each.event.kind == "conference-ended"]
    assert ended.data["reason"] == "end-on-exit-left"
    [call] = [each.event for each in await lab.events() if each.event.kind == "call-received"][:1]
    assert ended.data["call_ending"] == call.call_id


async def test_anybody_else_leaving_ends_nothing(lab: Lab) -> None:
    lab.customer(
        URL, by_caller(alice=conference(endConferenceOnExit="true"), bob=conference(), carol=conference())
    )
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("+15550100")
    await lab.run_for(1.0)
    bob.hangs_up()
    await lab.run_for(2.0)
    assert alice.hears(carol)
    assert carol.hears(alice)
