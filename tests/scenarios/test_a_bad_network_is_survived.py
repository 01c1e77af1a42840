"""Loss, jitter, duplicates and reordering cost some sound, never a call or a key."""

from __future__ import annotations

from hubbub.lab.lab import Lab


async def test_callers_still_hear_one_another_over_loss_and_jitter(lab: Lab) -> None:
    lab.conditions(delay_s=0.04, jitter_s=0.03, loss=0.03, duplication=0.03, reordering=0.03)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("standup")
    await lab.run_for(10.0)
    for listener, others in ((alice, {bob, carol}), (bob, {alice, carol}), (carol, {alice, bob})):
        heard = listener.listens(last_s=5)
        assert heard.audible(-32) == {caller.tone_hz for caller in others}
        assert heard.tones_dbfs[listener.tone_hz or 0] < -45


async def test_calls_are_set_up_and_ended_though_a_third_of_all_packets_vanish(lab: Lab) -> None:
    lab.loss(0.3)
    callers = [lab.caller(f"caller{number}") for number in range(10)]
    for caller in callers:
        await caller.dial("standup")
    await lab.run_for(2.0)
    for caller in callers:
        assert caller.is_talking
        caller.hangs_up()
    await lab.run_for(70.0)
    kinds = await lab.event_kinds()
    assert kinds.count("call-ended") == 10
    assert kinds.count("conference-ended") == 1


async def test_one_with_a_bad_line_does_not_spoil_it_for_the_others(lab: Lab) -> None:
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    lab.loss(0.5, carol)
    for caller in (alice, bob, carol):
        await caller.dial("standup")
    await lab.run_for(5.0)
    carol.says(None)
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)


async def test_a_caller_whose_line_is_cut_is_put_out_in_time(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(2.0)
    lab.loss(1.0, bob)
    await lab.run_for(lab.settings.media_silence_s + 40)
    left = [each.event for each in await lab.events() if each.event.kind == "call-ended"]
    assert [each.data["cause"] for each in left] == ["media-timeout"]
    assert alice.is_talking
