"""A warm transfer in the way of Twilio's tutorial: the customer on hold with music while agent and expert speak.

https://www.twilio.com/docs/voice/tutorials/warm-transfer. The agents are called into the room that the customer's
TwiML names; the first agent leaves, and the last one's leaving ends the room.
"""

from __future__ import annotations

from twilio.twiml.voice_response import Dial, VoiceResponse

from hubbub.lab.caller import Caller
from hubbub.lab.clips import MUSIC_HZ, SPEECH_HZ
from hubbub.lab.lab import Lab
from scenarios.twilio_application import URL, Application

NUMBER = "+15550101"


class SupportLine(Application):
    """Whoever dials gets a room of his own, named by his call; agents are called into it."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.customer = ""
        self.on("/voice", self._voice)
        self.on("/wait", lambda told: _say("Thank you for calling, an agent will be with you"))

    def _voice(self, told: dict[str, str]) -> str:
        self.customer = told["CallSid"]
        response, dial = VoiceResponse(), Dial()
        dial.conference(
            self.customer,
            start_conference_on_enter=False,
            end_conference_on_exit=True,
            wait_url=f"{URL}/wait",
            participant_label="customer",
            status_callback=f"{URL}/room",
            status_callback_event="start end join leave hold",
            beep=False,
        )
        response.append(dial)
        return str(response)

    async def call_in(self, agent: Caller) -> None:
        await self.client.conferences(self.customer).participants.create_async(
            from_=NUMBER, to=agent.uri, label=agent.name, beep="false", early_media=False
        )
        await agent.is_answered()

    async def update(self, label: str, **flags: object) -> None:
        [room] = await self.client.conferences.list_async(friendly_name=self.customer)
        await self.client.conferences(room.sid).participants(label).update_async(**flags)


def _say(text: str) -> str:
    response = VoiceResponse()
    response.say(text)
    return str(response)


async def test_the_customer_waits_with_music_and_is_handed_over(lab: Lab) -> None:
    app = SupportLine(lab)
    await lab.number(NUMBER, f"{URL}/voice")
    customer = lab.caller("customer")
    agent, expert = await lab.phone("agent"), await lab.phone("expert")
    await customer.dial(NUMBER)
    await lab.run_for(1.5)
    assert customer.listens(SPEECH_HZ, last_s=0.5).audible() == {SPEECH_HZ}
    await app.call_in(agent)
    await lab.run_for(1.5)
    assert customer.hears(agent, last_s=1.0)
    assert agent.hears(customer, last_s=1.0)

    await app.update("customer", hold=True)
    await app.call_in(expert)
    await lab.run_for(1.5)
    assert customer.listens(MUSIC_HZ, last_s=1.0).audible() == {MUSIC_HZ}
    assert agent.hears(expert, last_s=1.0)
    assert expert.hears(agent, last_s=1.0)

    await app.update("customer", hold=False)
    await lab.run_for(1.5)
    assert expert.hears(agent, customer, last_s=1.0)
    agent.hangs_up()
    await lab.run_for(1.5)
    assert customer.hears(expert, last_s=1.0)
    assert expert.hears(customer, last_s=1.0)

    customer.hangs_up()
    assert (await expert.ends(within_s=3)).by_far_end
    await lab.run_for(1.0)
    assert app.events() == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-hold",
        "participant-join",
        "participant-unhold",
        "participant-leave",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    ended = app.at("/room")[-1]
    assert ended["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert ended["ParticipantLabelEndingConference"] == "customer"
