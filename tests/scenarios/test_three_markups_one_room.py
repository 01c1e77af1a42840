"""TwiML, RCML and BXML are three ways to say the same: callers sent by each meet in one room."""

from __future__ import annotations

from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.lab import Lab

TWIML = '<Response><Dial><Conference beep="false">standup</Conference></Dial></Response>'
RCML = '<Response><Dial><Conference beep="false">standup</Conference></Dial></Response>'
BXML = "<Response><Conference>standup</Conference></Response>"
DOCUMENTS = {"twilio": TWIML, "restcomm": RCML, "bandwidth": BXML}


async def test_callers_of_three_dialects_meet_in_one_room(lab: Lab) -> None:
    callers = []
    for number, (dialect, document) in enumerate(DOCUMENTS.items()):
        url = f"https://{dialect}.example/voice"
        lab.customer(url, lambda request, document=document: document)  # type: ignore[misc]
        await lab.number(f"+1555010{number}", url, dialect=dialect)
        caller = lab.caller(dialect)
        await caller.dial(f"+1555010{number}")
        callers.append(caller)
    await lab.run_for(2.0)
    for listener in callers:
        assert listener.hears(*(caller for caller in callers if caller is not listener))
    assert (await lab.event_kinds()).count("conference-created") == 1


async def test_each_dialect_asks_its_customer_in_its_own_words(lab: Lab) -> None:
    seen = {}
    for number, (dialect, document) in enumerate(DOCUMENTS.items()):
        url = f"https://{dialect}.example/voice"
        seen[dialect] = lab.customer(url, lambda request, document=document: document)  # type: ignore[misc]
        await lab.number(f"+1555010{number}", url, dialect=dialect)
        await lab.caller(f"{dialect}-caller").dial(f"+1555010{number}")
    await lab.run_for(1.0)
    for customer in seen.values():
        assert len(customer.requests) == 1
    assert seen["twilio"].requests[0].params["CallSid"].startswith("CA")
    assert seen["restcomm"].requests[0].params["CallSid"].startswith("CA")
    assert b'"eventType"' in seen["bandwidth"].requests[0].body


async def test_each_dialect_speaks_to_the_caller(lab: Lab) -> None:
    said = {
        "twilio": "<Response><Say>Hello from one</Say></Response>",
        "restcomm": "<Response><Say>Hello from two</Say></Response>",
        "bandwidth": "<Response><SpeakSentence>Hello from three</SpeakSentence></Response>",
    }
    for number, (dialect, document) in enumerate(said.items()):
        url = f"https://{dialect}.example/voice"
        lab.customer(url, lambda request, document=document: document)  # type: ignore[misc]
        await lab.number(f"+1555010{number}", url, dialect=dialect)
        caller = lab.caller(f"{dialect}-caller")
        await caller.dial(f"+1555010{number}")
        await lab.run_for(0.7)
        assert caller.hears(SPEECH_HZ, last_s=0.4)
        assert (await caller.ends(within_s=5)).by_far_end
    assert lab.clips.spoken == ["Hello from one", "Hello from two", "Hello from three"]
