"""Call me back, as for Twilio: who does not want to wait presses 1 and hangs up; a free agent calls him.

The customer's call and what becomes of it (`/call`, `/room`) drive the application: once he is in the room the agent
is called into it, and one who did not answer stays on the list.
https://www.twilio.com/docs/voice/tutorials/callback
"""

from __future__ import annotations

from examples import web
from examples.twilio_requests import Signed
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse


class CallBack:
    def __init__(self, client: Client, *, url: str, number: str, agent: str) -> None:
        self.client, self.url, self.number, self.agent = client, url, number, agent
        self.signed = Signed(client.password, url)
        self.wanted: list[dict[str, str]] = []
        """Who is to be called, the first first: `number`, and `last` is what became of the last call to him."""

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        await self.signed.form(request)
        response = VoiceResponse()
        gather = Gather(num_digits=1, action="/asked")
        gather.say("Everybody is busy. Press one and we call you back")
        response.append(gather)
        return web.xml(response)

    async def asked(self, request: Request) -> Response:
        told = await self.signed.form(request)
        response = VoiceResponse()
        if told["Digits"] == "1":
            self.wanted.append({"number": told["From"], "last": ""})
            response.say("We will call you")
        response.hangup()
        return web.xml(response)

    async def answered(self, request: Request) -> Response:
        told = await self.signed.form(request)
        response, dial = VoiceResponse(), Dial()
        response.say("You asked for a call")
        dial.conference(
            told["CallSid"],
            participant_label="customer",
            end_conference_on_exit=True,
            beep=False,
            wait_url=f"{self.url}/music.wav",
            wait_method="GET",
            status_callback=f"{self.url}/room",
            status_callback_event="join",
        )
        response.append(dial)
        return web.xml(response)

    async def call(self, request: Request) -> Response:
        told = await self.signed.form(request)
        for each in list(self.wanted):
            if each["number"] == told["To"]:
                each["last"] = told["CallStatus"]
                if told["CallStatus"] == "completed":
                    self.wanted.remove(each)
        return web.nothing()

    async def room(self, request: Request) -> Response:
        told = await self.signed.form(request)
        if told["ParticipantLabel"] == "customer":
            await self.client.conferences(told["FriendlyName"]).participants.create_async(
                from_=self.number,
                to=self.agent,
                label="agent",
                beep="false",
                early_media=False,
                end_conference_on_exit=True,
            )
        return web.nothing()

    # --- the agent's desk -------------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each["number"], "last": each["last"]} for each in self.wanted])

    async def free(self, request: Request) -> Response:
        """The agent is free: call whoever waits longest."""
        if self.wanted:
            await self.client.calls.create_async(
                to=self.wanted[0]["number"],
                from_=self.number,
                url=f"{self.url}/answered",
                timeout=10,
                status_callback=f"{self.url}/call",
                status_callback_event=["initiated", "ringing", "answered", "completed"],
            )
        return web.nothing()


def application(client: Client, *, url: str, number: str, agent: str) -> Starlette:
    app = CallBack(client, url=url, number=number, agent=agent)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/asked", app.asked, methods=["POST"]),
            Route("/answered", app.answered, methods=["POST"]),
            Route("/call", app.call, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/free", app.free, methods=["POST"]),
        ]
    )
