"""Who is alone in a room that he dialled hears music until somebody else comes."""

from __future__ import annotations

from hubbub.lab.clips import MUSIC_HZ
from hubbub.lab.lab import Lab


async def test_the_first_caller_hears_music_until_the_second_comes(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(MUSIC_HZ)
    await bob.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)


async def test_the_last_one_left_hears_silence_and_the_room_goes_on(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    bob.hangs_up()
    await lab.run_for(2.0)
    assert alice.is_talking
    assert alice.hears_silence()
    assert "conference-ended" not in await lab.event_kinds()
    alice.hangs_up()
    await lab.run_for(1.0)
    assert (await lab.event_kinds())[-2:] in (
        ["conference-ended", "call-ended"],
        ["call-ended", "conference-ended"],
    )
