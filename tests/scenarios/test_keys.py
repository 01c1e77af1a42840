"""Keys reach the server as telephone events or by INFO, once each; nobody else hears them."""

from __future__ import annotations

from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab
from scenarios.rooms import URL, conference

LEAVES_ON_STAR = conference().replace("<Dial>", '<Dial hangupOnStar="true">')


async def test_keys_by_info_count_as_keys_do(lab: Lab) -> None:
    lab.customer(URL, lambda request: LEAVES_ON_STAR)
    await lab.number("+15550100", URL)
    alice = lab.caller("alice", telephone_events=False)
    await alice.dial("+15550100")
    await lab.run_for(1.0)
    alice.presses("1*", by_info=True)
    await alice.ends(within_s=5)
    left = [each.event for each in await lab.events() if each.event.kind == "participant-left"]
    assert [each.data["reason"] for each in left] == ["digit"]


async def test_others_hear_no_key_and_the_voice_comes_back(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    alice.presses("123456789")
    await lab.run_for(1.0)
    heard = bob.listens(697, 770, 852, 941, 1209, 1336, 1477)
    assert heard.audible() <= {alice.tone_hz}
    await lab.run_for(2.0)
    assert bob.hears(alice)


async def test_keys_get_through_a_lossy_line_once_each(lab: Lab) -> None:
    """Three end packets make one key, and a key whose first packets are lost is a key all the same."""
    pressed: list[str] = []

    def answer(request: CustomerRequest) -> str:
        pressed.append(request.params["CallSid"])
        return LEAVES_ON_STAR

    lab.customer(URL, answer)
    await lab.number("+15550100", URL)
    callers = [lab.caller(f"caller{number}") for number in range(8)]
    for caller in callers:
        await caller.dial("+15550100")
    lab.conditions(delay_s=0.03, jitter_s=0.02, loss=0.2, reordering=0.05)
    await lab.run_for(1.0)
    for caller in callers:
        caller.presses("*")
    await lab.run_for(40.0)
    left = [each.event for each in await lab.events() if each.event.kind == "participant-left"]
    assert [each.data["reason"] for each in left] == ["digit"] * 8
