"""Somebody's telephone sends his calls on to a number here: the application is told whom the caller had wanted."""

from __future__ import annotations

import pytest

from hubbub.lab.lab import Lab
from scenarios.restcomm_application import NUMBER, Application, room

DIVERSION = {"Diversion": '"Sales" <sip:+15550111@acme.example>;reason=no-answer'}
HISTORY = {"History-Info": "<sip:+15550111@acme.example>;index=1, <sip:+15550100@10.0.0.1>;index=2;mp=1"}


@pytest.mark.parametrize("headers", [DIVERSION, HISTORY])
async def test_whom_the_caller_had_wanted_is_told_and_kept(headers: dict[str, str], lab: Lab) -> None:
    app = await Application(lab, voice=room()).open()
    alice = lab.caller("alice", display_name="Alice A.")
    await alice.dial(NUMBER, headers=headers)
    await lab.run_for(1.0)
    (asked,) = app.told("voice")
    assert (asked["CallerName"], asked["ForwardedFrom"]) == ("Alice A.", "+15550111")
    said = await app.get(f"/Calls/{asked['CallSid']}.json")
    assert (said["caller_name"], said["forwarded_from"]) == ("Alice A.", "+15550111")


async def test_of_a_plain_call_nobody_is_told_to_have_sent_it_on(lab: Lab) -> None:
    app = await Application(lab, voice=room()).open()
    await lab.caller("alice").dial(NUMBER)
    (asked,) = app.told("voice")
    assert (asked["CallerName"], asked["ForwardedFrom"]) == ("null", "null")
    assert "forwarded_from" not in await app.get(f"/Calls/{asked['CallSid']}.json")


async def test_the_wait_for_ones_turn_is_no_ringing(lab: Lab) -> None:
    app = await Application(lab, agent=room()).open()
    agents = [await lab.phone(f"agent{number}", answers_after_s=2.0) for number in range(4)]
    sids = [await app.call(agent, "agent") for agent in agents]
    await lab.run_for(10.0)
    rang = [(await app.get(f"/Calls/{sid}.json"))["ring_duration"] for sid in sids]
    assert rang == [2, 2, 2, 2]
