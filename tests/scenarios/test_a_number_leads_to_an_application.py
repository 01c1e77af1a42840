"""A number leads to an application: its URL is asked what to do, and the answer is done."""

from __future__ import annotations

import pytest

from hubbub.audio.tones import generate
from hubbub.audio.wav import write_wav
from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.customer import CustomerAnswer
from hubbub.lab.lab import Lab
from hubbub.phone.phone import CallFailed
from scenarios.rooms import URL, conference


async def test_the_customer_is_asked_who_calls_and_where_to(lab: Lab) -> None:
    acme = lab.customer(URL, lambda request: conference())
    await lab.number("+15550100", URL)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(1.0)
    [asked] = acme.requests
    assert asked.method == "POST"
    assert asked.params["To"] == "+15550100"
    assert asked.params["From"] == "alice"
    assert asked.params["CallSid"].startswith("CA")
    assert asked.params["AccountSid"] == lab.credentials["twilio"]["account_sid"]


async def test_text_is_spoken_and_files_are_played_in_order(lab: Lab) -> None:
    sound = write_wav(generate([1370], 1000, -20))
    lab.customer("https://acme.example/hello.wav", lambda request: sound)
    lab.customer(
        URL,
        lambda request: (
            "<Response><Say>Welcome to the standup</Say><Play>/hello.wav</Play><Pause length='2'/></Response>"
        ),
    )
    await lab.number("+15550100", URL)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(1.2)
    assert alice.hears(SPEECH_HZ, last_s=0.6)
    assert lab.clips.spoken == ["Welcome to the standup"]
    await lab.run_for(1.0)
    assert alice.hears(1370, last_s=0.4)
    await lab.run_for(1.5)
    assert alice.hears_silence(last_s=0.5)
    over = await alice.ends(within_s=3)
    assert over.by_far_end


async def test_when_the_customer_is_down_the_fallback_is_asked(lab: Lab) -> None:
    acme = lab.customer(URL, lambda request: conference())
    acme.is_down = True
    spare = lab.customer("https://spare.example/", lambda request: conference("spare"))
    await lab.number("+15550100", URL, fallback_url="https://spare.example/voice")
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(1.0)
    assert len(spare.requests) == 1
    [room] = [each.event for each in await lab.events() if each.event.kind == "conference-created"]
    assert room.data["name"] == "spare"


@pytest.mark.parametrize(
    "answer",
    [
        CustomerAnswer("<Response><Dial></Respo", 200),
        CustomerAnswer("not markup at all", 200),
        CustomerAnswer(status=500),
        CustomerAnswer("<!DOCTYPE x [<!ENTITY a 'b'>]><Response>&a;</Response>", 200),
    ],
    ids=["broken", "text", "error", "entities"],
)
async def test_a_customer_who_answers_nonsense_loses_the_call_and_nobody_else_does(
    lab: Lab, answer: CustomerAnswer
) -> None:
    lab.customer(URL, lambda request: answer)
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    await bob.dial("standup")
    await carol.dial("standup")
    try:
        await alice.dial("+15550100")
        await alice.ends(within_s=30)
    except CallFailed:
        pass
    await lab.run_for(2.0)
    assert not alice.is_talking
    assert "document-failed" in await lab.event_kinds()
    assert bob.hears(carol)
    assert carol.hears(bob)


async def test_star_leaves_the_room_and_the_document_goes_on(lab: Lab) -> None:
    join = conference().replace("<Dial>", '<Dial hangupOnStar="true">')
    lab.customer(URL, lambda request: join.replace("</Response>", "<Say>Goodbye</Say></Response>"))
    await lab.number("+15550100", URL)
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("+15550100")
    await bob.dial("+15550100")
    await lab.run_for(2.0)
    alice.presses("5*")
    await alice.ends(within_s=5)
    assert lab.clips.spoken == ["Goodbye"]
    left = [each.event for each in await lab.events() if each.event.kind == "participant-left"]
    assert [each.data["reason"] for each in left] == ["digit"]
    assert bob.is_talking
