"""Call me back: whoever asks on the web is called, hears who is calling, and is connected; written as for Twilio.

https://www.twilio.com/docs/voice/tutorials/click-to-call
"""

from __future__ import annotations

from twilio.twiml.voice_response import Dial, VoiceResponse

from hubbub.lab.caller import Caller
from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.lab import Lab
from scenarios.twilio_application import FROM, URL, Application


class CallMeBack(Application):
    """Who is called confirms by staying on the line, and is put into a room, into which the agent is called."""

    def __init__(self, lab: Lab, agent: Caller) -> None:
        super().__init__(lab)
        self.agent = agent
        self.outcomes: list[str] = []
        self.on("/outbound", self._outbound)
        self.on("/status", lambda told: self.outcomes.append(told["CallStatus"]) or "")

    def _outbound(self, told: dict[str, str]) -> str:
        response = VoiceResponse()
        response.say("You asked for a call")
        dial = Dial(action="/over")
        dial.conference(told["CallSid"], beep=False, wait_url="", end_conference_on_exit=True)
        response.append(dial)
        return str(response)

    async def calls(self, customer: Caller) -> str:
        call = await self.client.calls.create_async(
            to=customer.uri,
            from_=FROM,
            url=f"{URL}/outbound",
            timeout=20,
            status_callback=f"{URL}/status",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        return str(call.sid)


async def test_customer_and_agent_meet(lab: Lab) -> None:
    agent, customer = await lab.phone("agent"), await lab.phone("customer", answers_after_s=2)
    app = CallMeBack(lab, agent)
    sid = await app.calls(customer)
    await customer.is_answered()
    await lab.run_for(1.0)
    assert customer.listens(SPEECH_HZ, last_s=0.5).audible() == {SPEECH_HZ}
    await lab.run_for(1.0)
    await app.client.conferences(sid).participants.create_async(
        from_=FROM, to=agent.uri, beep="false", end_conference_on_exit=True
    )
    await agent.is_answered()
    await lab.run_for(1.5)
    assert customer.hears(agent, last_s=1.0)
    assert agent.hears(customer, last_s=1.0)
    customer.hangs_up()
    assert (await agent.ends(within_s=3)).by_far_end
    await lab.run_for(1.0)
    assert app.outcomes == ["initiated", "ringing", "in-progress", "completed"]


async def test_whoever_does_not_answer_is_not_waited_for(lab: Lab) -> None:
    agent, customer = await lab.phone("agent"), await lab.phone("customer", only_rings=True)
    app = CallMeBack(lab, agent)
    sid = await app.calls(customer)
    await lab.run_for(24.0)
    assert customer.is_ringing
    await lab.run_for(3.0)
    assert not customer.is_ringing
    assert app.outcomes == ["initiated", "ringing", "no-answer"]
    assert (await app.client.calls(sid).fetch_async()).status == "no-answer"
    assert not agent.is_ringing


async def test_the_end_of_a_recorded_call_tells_where_the_recording_is(lab: Lab) -> None:
    app, customer = Application(lab), await lab.phone("customer")
    app.on("/talk", lambda told: "<Response><Say>You asked for a call</Say><Pause length='20'/></Response>")
    for record in (True, False):
        await app.client.calls.create_async(
            to=customer.uri,
            from_=FROM,
            url=f"{URL}/talk",
            record=record,
            status_callback=f"{URL}/{record}",
        )
        await customer.is_answered()
        await lab.run_for(3.0)
        customer.hangs_up()
        await lab.run_for(2.0)
    (recorded,), (plain,) = app.at("/True"), app.at("/False")
    assert recorded["CallStatus"] == plain["CallStatus"] == "completed"
    assert not [name for name in plain if name.startswith("Recording")]
    (kept,) = await app.client.recordings.list_async()
    assert recorded["RecordingSid"] == kept.sid
    assert kept.media_url == recorded["RecordingUrl"]
    assert recorded.get("RecordingDuration") in (None, kept.duration)
