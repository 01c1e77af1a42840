"""SIP goes over TCP as it goes over UDP; a caller may use either, and both meet."""

from __future__ import annotations

from hubbub.lab.lab import Lab


async def test_callers_by_tcp_and_udp_meet_in_one_room(lab: Lab) -> None:
    alice, bob, carol = (
        lab.caller("alice", transport="TCP"),
        lab.caller("bob"),
        lab.caller("carol", transport="TCP"),
    )
    for caller in (alice, bob, carol):
        await caller.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob, carol)
    assert bob.hears(alice, carol)
    assert carol.hears(alice, bob)
    alice.hangs_up()
    await lab.run_for(1.0)
    assert (await lab.event_kinds()).count("call-ended") == 1


async def test_the_server_hangs_up_over_the_callers_own_connection(lab: Lab) -> None:
    alice = lab.caller("alice", transport="TCP")
    await alice.dial("standup")
    await lab.run_for(1.0)
    await lab.server.control.drain(lambda: lab.clock.sleep(5))
    assert (await alice.ends(within_s=1)).by_far_end


async def test_loss_delays_a_call_over_tcp_and_does_not_break_it(lab: Lab) -> None:
    lab.conditions(delay_s=0.05, loss=0.2)
    alice, bob = lab.caller("alice", transport="TCP"), lab.caller("bob", transport="TCP")
    await alice.dial("standup")
    await bob.dial("standup")
    lab.loss(0.0)
    await lab.run_for(2.0)
    assert alice.hears(bob)


async def test_a_hundred_calls_come_and_go_over_connections_and_leave_none(lab: Lab) -> None:
    for batch in range(4):
        callers = [lab.caller(f"c{batch}x{n}", is_silent=True, transport="TCP") for n in range(25)]
        for caller in callers:
            await caller.dial("standup")
        for caller in callers:
            await caller.close()
    await lab.run_for(60.0)
    figures = lab.server.sip.statistics()
    assert (figures["tcp_connections"], figures["calls"], figures["timers"]) == (0, 0, 0)
