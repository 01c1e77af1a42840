"""A room starts when somebody who may start it comes; until then everybody waits and hears nobody."""

from __future__ import annotations

from hubbub.lab.clips import MUSIC_HZ
from hubbub.lab.lab import Lab
from scenarios.rooms import URL, by_caller, conference

WAITS = conference(startConferenceOnEnter="false")


async def test_those_who_wait_do_not_hear_one_another_until_the_moderator_comes(lab: Lab) -> None:
    lab.customer(URL, by_caller(alice=conference(), bob=WAITS, carol=WAITS))
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    await bob.dial("+15550100")
    await carol.dial("+15550100")
    await lab.run_for(3.0)
    assert bob.hears_silence()
    assert carol.hears_silence()
    assert "conference-started" not in await lab.event_kinds()
    await alice.dial("+15550100")
    await lab.run_for(2.0)
    assert bob.hears(alice, carol)
    assert carol.hears(alice, bob)
    assert alice.hears(bob, carol)
    kinds = await lab.event_kinds()
    assert kinds.index("moderator-arrived") < kinds.index("conference-started")


async def test_without_a_wait_url_of_its_own_the_waiting_hear_music(lab: Lab) -> None:
    waits = (
        "<Response><Dial><Conference startConferenceOnEnter='false'>standup</Conference></Dial></Response>"
    )
    lab.customer(URL, lambda request: waits)
    await lab.number("+15550100", URL)
    bob, carol = lab.caller("bob"), lab.caller("carol")
    await bob.dial("+15550100")
    await carol.dial("+15550100")
    await lab.run_for(3.0)
    assert bob.hears(MUSIC_HZ)
    assert carol.hears(MUSIC_HZ)
