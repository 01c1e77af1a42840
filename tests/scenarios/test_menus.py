"""A menu is heard until a key is pressed; the customer is told which, in his own words, and says what follows."""

from __future__ import annotations

import json

import pytest

from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab

MENUS = {
    "twilio": '<Response><Gather numDigits="2" action="/chosen"><Say>Press two keys</Say></Gather></Response>',
    "restcomm": '<Response><Gather numDigits="2" action="/chosen"><Say>Press two keys</Say></Gather></Response>',
    "bandwidth": '<Response><Gather maxDigits="2" gatherUrl="/chosen">'
    "<SpeakSentence>Press two keys</SpeakSentence></Gather></Response>",
}
ROOM = {
    "twilio": "<Response><Dial><Conference>room {}</Conference></Dial></Response>",
    "restcomm": "<Response><Dial><Conference>room {}</Conference></Dial></Response>",
    "bandwidth": "<Response><Conference>room-{}</Conference></Response>",
}


@pytest.mark.parametrize("dialect", MENUS)
async def test_what_is_pressed_decides_which_room_is_joined(lab: Lab, dialect: str) -> None:
    chosen: list[CustomerRequest] = []

    def answer(request: CustomerRequest) -> str:
        if "chosen" not in request.url:
            return MENUS[dialect]
        chosen.append(request)
        if dialect == "bandwidth":
            return ROOM[dialect].format(json.loads(request.body)["digits"])
        return ROOM[dialect].format(request.params["Digits"])

    lab.customer("https://acme.example/", answer)
    await lab.number("+15550100", "https://acme.example/voice", dialect=dialect)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(0.6)
    assert alice.hears(SPEECH_HZ, last_s=0.3)
    alice.presses("42")
    await lab.run_for(2.0)
    assert len(chosen) == 1
    created = [each.event for each in await lab.events() if each.event.kind == "conference-created"]
    assert [event.data["name"][-2:] for event in created] == ["42"]


async def test_keys_pressed_in_a_conference_are_on_record_for_whoever_follows_them(lab: Lab) -> None:
    lab.customer(
        "https://acme.example/",
        lambda request: '<Response><StartGather dtmfUrl="/keys"/><Conference>standup</Conference></Response>',
    )
    await lab.number("+15550100", "https://acme.example/voice", dialect="bandwidth")
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("+15550100")
    await bob.dial("standup")
    await lab.run_for(1.0)
    alice.presses("19")
    bob.presses("5")
    await lab.run_for(3.0)
    pressed = [each.event for each in await lab.events() if each.event.kind == "digit-pressed"]
    assert [event.data["digit"] for event in pressed] == ["1", "9"]
    assert alice.hears(bob)
