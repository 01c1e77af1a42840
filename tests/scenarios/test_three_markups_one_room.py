"""TwiML, BXML and RCML are three spellings: callers of three applications of one account meet in one room."""

from __future__ import annotations

import json

import pytest

from hubbub.lab.caller import Caller
from hubbub.lab.clips import MUSIC_HZ, SPEECH_HZ
from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab
from hubbub.phone.phone import CallFailed

TWIML = (
    "<Response><Dial><Conference beep='false' waitUrl=''>standup</Conference></Dial><Say>bye</Say></Response>"
)
BXML = "<Bxml><Conference>standup</Conference><SpeakSentence>bye</SpeakSentence></Bxml>"
RCML = (
    "<Response><Dial><Conference beep='false' waitUrl=''>standup</Conference></Dial><Say>bye</Say></Response>"
)
DOCUMENTS = {"twilio": TWIML, "bandwidth": BXML, "restcomm": RCML}


async def three_callers(lab: Lab, documents: dict[str, str]) -> dict[str, Caller]:
    """One caller for each dialect, named after it, inside its application's document."""
    callers = {}
    for index, (dialect, document) in enumerate(documents.items()):
        url = f"https://{dialect}.example/voice"
        lab.customer(url, lambda request, document=document: document)
        await lab.number(f"+1555010{index}", url, dialect=dialect)
        callers[dialect] = lab.caller(dialect)
        await callers[dialect].dial(f"+1555010{index}")
    return callers


async def test_they_all_hear_one_another(lab: Lab) -> None:
    callers = await three_callers(lab, DOCUMENTS)
    await lab.run_for(3.0)
    for name, listener in callers.items():
        others = [caller for other, caller in callers.items() if other != name]
        assert listener.hears(*others)
    kinds = await lab.event_kinds()
    assert kinds.count("conference-created") == 1
    assert kinds.count("participant-joined") == 3


async def test_each_is_asked_for_in_its_own_words(lab: Lab) -> None:
    asked: dict[str, CustomerRequest] = {}

    def remember(name: str) -> object:
        def answer(request: CustomerRequest) -> str:
            asked[name] = request
            return DOCUMENTS[name]

        return answer

    for index, dialect in enumerate(DOCUMENTS):
        url = f"https://{dialect}.example/voice"
        lab.customer(url, remember(dialect))  # type: ignore[arg-type]
        await lab.number(f"+1555010{index}", url, dialect=dialect)
        await lab.caller(dialect).dial(f"+1555010{index}")
    await lab.run_for(1.0)
    assert asked["twilio"].params["CallSid"].startswith("CA")
    assert asked["twilio"].headers["x-twilio-signature"]
    assert asked["restcomm"].params["InstanceId"].startswith("ID")
    event = json.loads(asked["bandwidth"].body)
    assert (event["eventType"], event["to"]) == ("initiate", "+15550101")
    assert event["callId"].startswith("c-")


async def test_a_verb_that_is_not_there_yet_ends_each_call_in_its_dialects_way(lab: Lab) -> None:
    gather = dict.fromkeys(("twilio", "bandwidth", "restcomm"), "<Response><Gather/><Hangup/></Response>")
    for index, (dialect, document) in enumerate(gather.items()):
        url = f"https://{dialect}.example/voice"
        lab.customer(url, lambda request, document=document: document)
        await lab.number(f"+1555010{index}", url, dialect=dialect)
    apologised = lab.caller("alice")
    await apologised.dial("+15550100")
    await lab.run_for(1.0)
    assert apologised.hears(SPEECH_HZ, last_s=0.5)
    await apologised.ends(within_s=20)
    for refused, address in (("bob", "+15550101"), ("carol", "+15550102")):
        with pytest.raises(CallFailed):
            await lab.caller(refused).dial(address)
    await lab.run_for(0.1)
    notes = [each.event.data["code"] for each in await lab.events() if each.event.kind == "document-failed"]
    assert notes == ["12200", "application-error", "12200"]
    assert lab.clips.spoken == ["We are sorry. An application error has occurred. Goodbye."]


async def test_waiting_music_stops_when_the_moderator_comes_and_the_star_leaves(lab: Lab) -> None:
    waits = (
        "<Response><Dial hangupOnStar='true' action='/after'><Conference startConferenceOnEnter='false'"
        " beep='true'>standup</Conference></Dial></Response>"
    )
    lab.customer("https://acme.example/voice", lambda request: waits)
    after = lab.customer(
        "https://acme.example/after", lambda request: "<Response><Say>welcome back</Say></Response>"
    )
    await lab.number("+15550100", "https://acme.example/voice")
    bob = lab.caller("bob")
    await bob.dial("+15550100")
    await lab.run_for(2.0)
    assert bob.hears(MUSIC_HZ)
    moderator = lab.caller("moderator")
    await moderator.dial("standup")
    await lab.run_for(2.0)
    assert bob.hears(moderator)
    bob.presses("*")
    await lab.run_until(lambda: after.requests)
    assert after.requests[0].params["DialCallStatus"] == "answered"
    await lab.run_for(0.6)
    assert bob.hears(SPEECH_HZ, last_s=0.3)
    await bob.ends(within_s=5)
    reasons = [e.event.data["reason"] for e in await lab.events() if e.event.kind == "participant-left"]
    assert reasons == ["digit"]
