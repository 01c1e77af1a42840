"""Whoever dials the same name meets in one room: each hears all the others, and never himself."""

from __future__ import annotations

from hubbub.lab.lab import Lab


async def test_three_callers_hear_one_another_and_never_themselves(lab: Lab) -> None:
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob, carol)
    assert bob.hears(alice, carol)
    assert carol.hears(alice, bob)


async def test_twelve_callers_each_hear_exactly_the_eleven_others(lab: Lab) -> None:
    callers = [lab.caller(f"caller{number}") for number in range(12)]
    for caller in callers:
        await caller.dial("standup")
    await lab.run_for(2.0)
    for listener in callers:
        others = [caller for caller in callers if caller is not listener]
        assert listener.hears(*others, within_db=1.5, outside_below_dbfs=-40)


async def test_callers_of_different_names_do_not_meet(lab: Lab) -> None:
    alice, bob, carol, dave = (lab.caller(name) for name in ("alice", "bob", "carol", "dave"))
    await alice.dial("standup")
    await bob.dial("standup")
    await carol.dial("retrospective")
    await dave.dial("retrospective")
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert carol.hears(dave)


async def test_four_at_full_scale_are_made_quieter_and_stay_clean(lab: Lab) -> None:
    """The sum of three full-scale voices does not fit: all of it is made quieter, and none of it distorted."""
    callers = [lab.caller(f"caller{number}", level_dbfs=0.0) for number in range(4)]
    for caller in callers:
        await caller.dial("standup")
    await lab.run_for(2.0)
    for listener in callers:
        others = [caller.tone_hz for caller in callers if caller is not listener and caller.tone_hz]
        heard = listener.listens()
        levels = [heard.tones_dbfs[hz] for hz in others]
        assert max(levels) - min(levels) < 0.5
        assert -14 < min(levels) < -9
        assert heard.outside_dbfs < -40
        assert heard.tones_dbfs[listener.tone_hz or 0] < -40


async def test_two_at_full_scale_hear_each_other_as_loud_as_they_are(lab: Lab) -> None:
    alice, bob = (lab.caller(name, level_dbfs=0.0) for name in ("alice", "bob"))
    for caller in (alice, bob):
        await caller.dial("standup")
    await lab.run_for(2.0)
    for listener, speaker in ((alice, bob), (bob, alice)):
        heard = listener.listens()
        assert abs(heard.tones_dbfs[speaker.tone_hz or 0]) < 0.2


async def test_both_laws_meet_in_one_room(lab: Lab) -> None:
    alice = lab.caller("alice", codecs=("PCMA",))
    bob = lab.caller("bob", codecs=("PCMU",))
    carol = lab.caller("carol", codecs=("PCMA",), ptime_ms=40)
    for caller in (alice, bob, carol):
        await caller.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob, carol)
    assert bob.hears(alice, carol)
    assert carol.hears(alice, bob)


async def test_a_caller_who_comes_back_is_heard_again(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    bob.hangs_up()
    await lab.run_for(2.0)
    assert alice.hears_silence()
    await bob.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)
