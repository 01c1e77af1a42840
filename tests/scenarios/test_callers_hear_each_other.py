"""Whoever dials the same name meets in one room: each hears all the others, and never himself."""

from __future__ import annotations

import numpy as np

from hubbub.audio.ears import hear
from hubbub.audio.tones import generate
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


async def test_four_at_full_scale_are_clipped_and_never_wrap(lab: Lab) -> None:
    """The sum of three full-scale voices is limited once, at the end: distorted, but never turned over."""
    callers = [lab.caller(f"caller{number}", level_dbfs=0.0) for number in range(4)]
    for caller in callers:
        await caller.dial("standup")
    await lab.run_for(2.0)
    for listener in callers:
        others = [caller.tone_hz for caller in callers if caller is not listener and caller.tone_hz]
        heard = listener.listens()
        # What three full-scale voices are when they are added without limit and clipped once.
        voices = [generate([hz], 1000, 0.0).astype(np.int32) for hz in others]
        ideal = hear(np.clip(sum(voices), -32768, 32767).astype(np.int16), sorted(lab.voices_hz))
        for hz in others:
            assert abs(heard.tones_dbfs[hz] - ideal.tones_dbfs[hz]) < 1.5
        assert abs(heard.outside_dbfs - ideal.outside_dbfs) < 1.5
        # Clipping makes tones of its own, one of them near the listener's; louder than those it is not.
        own = listener.tone_hz or 0
        assert heard.tones_dbfs[own] < max(-40.0, ideal.tones_dbfs[own] + 3)


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
