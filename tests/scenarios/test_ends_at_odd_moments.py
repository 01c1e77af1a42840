"""Calls and servers end at moments that nobody planned for: nothing stays behind, and nobody else suffers."""

from __future__ import annotations

import asyncio

from hubbub.lab.lab import Lab
from scenarios.rooms import URL


def tasks_of(lab: Lab) -> list[str]:
    """What is going on in the process."""
    return sorted(getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks())


async def test_who_hangs_up_during_the_tone_before_a_message_leaves_nothing_behind(lab: Lab) -> None:
    lab.customer(URL, lambda request: '<Response><Record maxLength="5"/></Response>')
    await lab.number("+15550100", URL)
    before = tasks_of(lab)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(0.1)
    alice.hangs_up()
    await lab.run_for(60.0)
    await alice.close()
    assert tasks_of(lab) == before
    assert "recording-started" not in await lab.event_kinds()


async def test_callers_of_a_server_that_died_do_not_deafen_those_of_the_next(lab: Lab) -> None:
    """They go on sending to the ports that they know until they notice."""
    for number in range(4):
        await lab.caller(f"ghost{number}").dial("old")
    await lab.run_for(1.0)
    await lab.crash()
    await lab.restart()
    alice, bob = lab.caller("alice"), lab.caller("bob")
    lab.delay(0.05, alice, bob)
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)


async def test_a_telephone_that_answered_a_server_that_died_is_closed_altogether(lab: Lab) -> None:
    phone = await lab.phone("dora")
    lab.delay(0.05, phone)
    form = {"From": "+15550100", "To": phone.uri, "Twiml": "<Response><Pause/></Response>"}
    await lab.post("/2010-04-01/Accounts/{AccountSid}/Calls.json", form)
    await lab.run_until(lambda: phone.is_talking)
    await lab.crash()
    await phone.close()
    assert not [address for address in lab.network.bound if address.host == phone.host]
    await lab.restart()


async def test_a_socket_whose_opening_is_cancelled_is_closed(lab: Lab) -> None:
    opening = asyncio.ensure_future(
        lab.loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("10.1.9.9", 0))
    )
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await lab.run_for(0.1)
    assert not [address for address in lab.network.bound if address.host == "10.1.9.9"]


async def test_a_recording_that_began_when_the_server_died_is_absent_and_no_alarm(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(0.5)
    root = "/2010-04-01/Accounts/{AccountSid}"
    [room] = (await lab.get(f"{root}/Conferences.json")).json()["conferences"]
    made = await lab.post(f"{root}/Conferences/{room['sid']}/Recordings.json")
    assert made.status == 201
    await lab.crash()
    await lab.restart()
    await lab.run_for(1.0)
    found = (await lab.get(f"{root}/Conferences/{room['sid']}/Recordings/{made.json()['sid']}.json")).json()
    assert found["status"] == "absent"
