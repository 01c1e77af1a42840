"""Documents want rooms and calls recorded, in each dialect's way, and it is done from the right moment."""

from __future__ import annotations

import pytest

from hubbub.domain.events import Event
from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab

VOICE = "https://acme.example/voice"


async def recorded(lab: Lab) -> list[Event]:
    events = [each.event for each in await lab.events()]
    return [event for event in events if event.kind == "recording-completed"]


async def hold_a_meeting(lab: Lab, document: str, dialect: str) -> None:
    """Alice is alone for three seconds, talks with Bob for four, and both hang up."""
    lab.customer("https://acme.example/", lambda request: document)
    await lab.number("+15550100", VOICE, dialect=dialect)
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("+15550100")
    await lab.run_for(3.0)
    await bob.dial("+15550100")
    await lab.run_for(4.0)
    alice.hangs_up()
    bob.hangs_up()
    await lab.run_for(3.0)


@pytest.mark.parametrize(
    ("dialect", "document"),
    [
        (
            "twilio",
            '<Response><Dial><Conference record="record-from-start" trim="do-not-trim" beep="false"'
            ">standup</Conference></Dial></Response>",
        ),
        (
            "restcomm",
            '<Response><Dial><Conference record="true" beep="false">standup</Conference></Dial></Response>',
        ),
    ],
)
async def test_a_room_is_recorded_once_from_the_moment_two_are_bridged(
    lab: Lab, dialect: str, document: str
) -> None:
    await hold_a_meeting(lab, document, dialect)
    (event,) = await recorded(lab)
    assert event.data["source"] == "conference"
    assert 3500 <= event.data["duration_ms"] <= 4500


async def test_each_leg_is_recorded_as_long_as_it_stays_where_the_dial_says_so(lab: Lab) -> None:
    document = (
        '<Response><Dial record="record-from-answer"><Conference beep="false">standup</Conference></Dial>'
        "</Response>"
    )
    await hold_a_meeting(lab, document, "twilio")
    events = await recorded(lab)
    assert [event.data["source"] for event in events] == ["dial", "dial"]
    durations = sorted(round(event.data["duration_ms"] / 1000) for event in events)
    assert durations == [4, 7]


@pytest.mark.parametrize("dialect", ["twilio", "restcomm"])
async def test_the_action_after_a_recorded_stay_is_told_where_the_recording_is(
    lab: Lab, dialect: str
) -> None:
    told = []

    def answer(request: CustomerRequest) -> str:
        if not request.url.endswith("/over"):
            return (
                '<Response><Dial record="true" action="/over" timeLimit="3">'
                "<Conference>standup</Conference></Dial></Response>"
            )
        told.append(request.params)
        return "<Response/>"

    lab.customer("https://acme.example/", answer)
    await lab.number("+15550100", VOICE, dialect=dialect)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(6.0)
    assert "/Recordings/RE" in told[0]["RecordingUrl"]
    assert "DialCallSid" not in told[0]


@pytest.mark.parametrize("dialect", ["twilio", "restcomm"])
async def test_the_action_is_told_of_a_stay_that_ended_by_hanging_up(lab: Lab, dialect: str) -> None:
    told = []

    def answer(request: CustomerRequest) -> str:
        if not request.url.endswith("/over"):
            return '<Response><Dial record="true" action="/over"><Conference>standup</Conference></Dial></Response>'
        told.append(request.params)
        return "<Response><Say>nobody hears this</Say></Response>"

    lab.customer("https://acme.example/", answer)
    await lab.number("+15550100", VOICE, dialect=dialect)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(3.0)
    alice.hangs_up()
    await lab.run_for(3.0)
    (after,) = told
    assert after["CallStatus"] == "completed"
    assert after["DialCallStatus"] == ("answered" if dialect == "twilio" else "completed")
    assert "/Recordings/RE" in after["RecordingUrl"]


async def test_a_call_is_recorded_beside_its_document_without_its_pauses(lab: Lab) -> None:
    document = (
        '<Response><StartRecording/><Pause duration="2"/><PauseRecording/><Pause duration="3"/>'
        '<StartRecording/><ResumeRecording/><Pause duration="2"/><StopRecording/><Pause duration="2"/></Response>'
    )
    lab.customer("https://acme.example/", lambda request: document)
    await lab.number("+15550100", VOICE, dialect="bandwidth")
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    assert (await alice.ends(within_s=20)).by_far_end
    await lab.run_for(1.0)
    (event,) = await recorded(lab)
    assert event.data["source"] == "start-verb"
    assert 3700 <= event.data["duration_ms"] <= 4300
