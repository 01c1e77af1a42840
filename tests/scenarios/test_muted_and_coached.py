"""A muted participant hears and is not heard; a coach hears everybody and is heard by whom he coaches only."""

from __future__ import annotations

from hubbub.lab.lab import Lab
from scenarios.rooms import URL, by_caller, conference


async def test_a_muted_one_hears_and_is_not_heard(lab: Lab) -> None:
    lab.customer(URL, by_caller(alice=conference(), bob=conference(muted="true"), carol=conference()))
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("+15550100")
    await lab.run_for(2.0)
    assert alice.hears(carol)
    assert carol.hears(alice)
    assert bob.hears(alice, carol)


async def test_a_coach_is_heard_by_the_coached_alone(lab: Lab) -> None:
    call_sids: dict[str, str] = {}

    def answer(request: object) -> str:
        params = request.params  # type: ignore[attr-defined]
        name = params["From"].removeprefix("sip:").partition("@")[0]
        call_sids[name] = params["CallSid"]
        return conference(coach=call_sids["alice"]) if name == "carol" else conference()

    lab.customer(URL, answer)
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("+15550100")
    await lab.run_for(2.0)
    assert alice.hears(bob, carol)
    assert bob.hears(alice)
    assert carol.hears(alice, bob)
