"""Webhooks that do not arrive, and what becomes of the room and of the call.

https://dev.bandwidth.com/docs/voice/webhooks
"""

from __future__ import annotations

import json

import pytest

from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.customer import CustomerAnswer, CustomerRequest
from hubbub.lab.lab import Lab
from scenarios.bandwidth_application import NUMBER, Application, bxml, conference

EVENTS = "https://events.example/"
PLAN_B = "https://plan-b.example/"
FLAGS = {
    "conferenceEventUrl": EVENTS,
    "conferenceEventFallbackUrl": PLAN_B,
    "conferenceEventFallbackMethod": "GET",
    "username": "u",
    "password": "p",
    "fallbackUsername": "fu",
    "fallbackPassword": "fp",
}


@pytest.mark.parametrize("fault", ["down", "500", "404", "slow"])
async def test_a_conference_event_goes_to_the_fallback_with_its_own_method_and_login(
    lab: Lab, fault: str
) -> None:
    def fails(request: CustomerRequest) -> CustomerAnswer:
        return CustomerAnswer(status=int(fault) if fault.isdigit() else 200, after_s=60.0 * (fault == "slow"))

    app = await Application(lab).open()
    flags = FLAGS | {"callbackTimeout": "2"}
    app.on("initiate", lambda event: bxml(conference("standup", **flags)))
    first = lab.customer(EVENTS, fails)
    first.is_down = fault == "down"
    speak = bxml("<SpeakSentence>The fallback says hello</SpeakSentence>")
    second = lab.customer(
        PLAN_B,
        lambda request: (
            speak if request.params["eventType"] == "conferenceCreated" else CustomerAnswer(status=204)
        ),
    )
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await lab.run_for(8.0)
    assert alice.is_talking
    assert lab.clips.spoken == ["The fallback says hello"]
    assert [request.params["eventType"] for request in second.requests] == [
        "conferenceCreated",
        "conferenceMemberJoin",
    ]
    assert {(request.method, request.username, request.password) for request in second.requests} == {
        ("GET", "fu", "fp")
    }
    tries = [json.loads(request.body)["eventType"] for request in first.requests]
    again = 2 if fault == "down" else 1
    assert tries == ["conferenceCreated"] * again + ["conferenceMemberJoin"] * again
    assert {(request.username, request.password) for request in first.requests} == {("u", "p")}


async def test_a_room_goes_on_when_nobody_hears_of_it(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml(conference("standup", conferenceEventUrl=EVENTS)))
    lab.customer(EVENTS, lambda request: "").is_down = True
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await bob.dial(NUMBER)
    await lab.run_for(5.0)
    assert alice.hears(bob)


async def test_a_room_takes_over_the_patience_of_the_call_that_makes_it(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("answer", lambda event: bxml(conference("standup", conferenceEventUrl=EVENTS)))
    slow = lab.customer(EVENTS, lambda request: CustomerAnswer(status=204, after_s=8.0))
    alice = await lab.phone("alice")
    wish = {
        "to": alice.uri,
        "from": NUMBER,
        "applicationId": app.id,
        "answerUrl": "https://acme.example/answer",
        "callbackTimeout": 2,
    }
    await app.post("/calls", **wish)
    await alice.is_answered()
    await lab.run_for(3.0)
    # The second event is not kept waiting for eight seconds, nor for the usual fifteen.
    assert len(slow.requests) == 2


async def test_a_call_whose_answer_webhook_fails_ends_and_its_end_says_so(lab: Lab) -> None:
    app = await Application(lab).open()
    lab.customer("https://broken.example/", lambda request: CustomerAnswer(status=500))
    alice = await lab.phone("alice")
    wish = {
        "to": alice.uri,
        "from": NUMBER,
        "applicationId": app.id,
        "answerUrl": "https://broken.example/",
        "disconnectUrl": "https://acme.example/bye",
    }
    await app.post("/calls", **wish)
    await alice.is_answered()
    assert (await alice.ends(within_s=10)).by_far_end
    await lab.run_for(1.0)
    (bye,) = app.of_type("disconnect")
    assert bye["cause"] == "callback-error"

    app.on("answer", lambda event: bxml("<SpeakSentence>The fallback answers instead</SpeakSentence>"))
    await app.post("/calls", **wish, answerFallbackUrl="https://acme.example/plan-b")
    await alice.is_answered()
    await lab.run_for(0.7)
    assert alice.hears(SPEECH_HZ, last_s=0.4)


async def test_invalid_bxml_ends_a_call_with_its_own_cause(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("answer", lambda event: "<Response><Nonsense/></Response>")
    alice = await lab.phone("alice")
    await app.post(
        "/calls",
        **{
            "to": alice.uri,
            "from": NUMBER,
            "applicationId": app.id,
            "answerUrl": "https://acme.example/answer",
            "disconnectUrl": "https://acme.example/bye",
        },
    )
    await alice.is_answered()
    await alice.ends(within_s=10)
    await lab.run_for(1.0)
    assert [event["cause"] for event in app.of_type("disconnect")] == ["invalid-bxml"]
