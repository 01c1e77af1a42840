"""A coached support call: the supervisor whispers to the agent, then speaks to both; written as for Twilio.

https://www.twilio.com/docs/voice/twiml/conference#attributes-coach
"""

from __future__ import annotations

from twilio.twiml.voice_response import Dial, VoiceResponse

from hubbub.lab.lab import Lab
from scenarios.twilio_application import URL, Application

NUMBER = "+15550103"


class CallCentre(Application):
    """Customer and agent meet; a supervisor who dials coaches the agent."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.calls: dict[str, str] = {}
        self.on("/voice", self._voice)

    def _voice(self, told: dict[str, str]) -> str:
        name = told["From"].removeprefix("sip:").partition("@")[0]
        self.calls[name] = told["CallSid"]
        response, dial = VoiceResponse(), Dial()
        coach = {"coach": self.calls["agent"]} if name == "supervisor" else {}
        dial.conference("case 7", beep=False, wait_url="", participant_label=name, **coach)
        response.append(dial)
        return str(response)


async def test_a_supervisor_whispers_and_then_steps_in(lab: Lab) -> None:
    app = CallCentre(lab)
    await lab.number(NUMBER, f"{URL}/voice")
    customer, agent, supervisor = (lab.caller(name) for name in ("customer", "agent", "supervisor"))
    for caller in (customer, agent, supervisor):
        await caller.dial(NUMBER)
        await lab.run_for(1.0)
    await lab.run_for(0.5)
    assert customer.hears(agent, last_s=1.0)
    assert agent.hears(customer, supervisor, last_s=1.0)
    assert supervisor.hears(customer, agent, last_s=1.0)

    [room] = await app.client.conferences.list_async(friendly_name="case 7")
    coach = app.client.conferences(room.sid).participants("supervisor")
    said = await coach.fetch_async()
    assert (said.coaching, said.call_sid_to_coach) == (True, app.calls["agent"])
    await coach.update_async(coaching=False)
    await lab.run_for(1.5)
    assert customer.hears(agent, supervisor, last_s=1.0)
    await coach.update_async(coaching=True, call_sid_to_coach=app.calls["agent"])
    await lab.run_for(1.5)
    assert customer.hears(agent, last_s=1.0)


async def test_nobody_coaches_who_is_not_there(lab: Lab) -> None:
    app = CallCentre(lab)
    app.calls["agent"] = "CA" + "9" * 32
    await lab.number(NUMBER, f"{URL}/voice")
    customer, supervisor = lab.caller("customer"), lab.caller("supervisor")
    await customer.dial(NUMBER)
    await supervisor.dial(NUMBER)
    assert (await supervisor.ends(within_s=5)).by_far_end
    assert customer.is_talking
