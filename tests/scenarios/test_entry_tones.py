"""Who enters or leaves with a tone is announced to those inside by it."""

from __future__ import annotations

from hubbub.lab.clips import BEEP_ENTER_HZ, BEEP_EXIT_HZ
from hubbub.lab.lab import Lab
from scenarios.rooms import URL, by_caller, conference


async def test_those_inside_hear_a_tone_when_one_enters_and_another_when_he_leaves(lab: Lab) -> None:
    lab.customer(URL, by_caller(alice=conference(), bob=conference(), carol=conference(beep="true")))
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    await alice.dial("+15550100")
    await bob.dial("+15550100")
    await lab.run_for(1.0)
    assert BEEP_ENTER_HZ not in alice.listens().audible()
    await carol.dial("+15550100")
    await lab.run_for(0.5)
    assert BEEP_ENTER_HZ in alice.listens(last_s=0.5).audible()
    assert BEEP_ENTER_HZ in bob.listens(last_s=0.5).audible()
    await lab.run_for(2.0)
    assert alice.hears(bob, carol)
    carol.hangs_up()
    await lab.run_for(0.5)
    assert BEEP_EXIT_HZ in alice.listens(last_s=0.5).audible()
    await lab.run_for(2.0)
    assert alice.hears(bob)
