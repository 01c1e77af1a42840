"""A moderated class, as for Twilio: a menu asks who one is, pupils wait with music and listen muted, one at a time asks.

The class begins when the teacher comes and is over when he leaves. A tone tells who comes and goes, and one too many
hears that there is no place left. https://www.twilio.com/docs/voice/twiml/conference
"""

from __future__ import annotations

from typing import Any

from examples import web
from examples.twilio_requests import Signed
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

PLACES = 3
ROOM = "class"


class ModeratedClass:
    def __init__(self, client: Client, *, url: str) -> None:
        self.client, self.url = client, url
        self.signed = Signed(client.password, url)
        self.room_sid = ""
        self.pupils: list[str] = []

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        await self.signed.form(request)
        response = VoiceResponse()
        gather = Gather(num_digits=1, action="/join")
        gather.say("One for pupils, two for teachers")
        response.append(gather)
        return web.xml(response)

    async def join(self, request: Request) -> Response:
        told = await self.signed.form(request)
        teaches = told["Digits"] == "2"
        response, dial = VoiceResponse(), Dial(action="/left")
        dial.conference(
            ROOM,
            participant_label="teacher" if teaches else told["CallSid"][2:],
            muted=not teaches,
            start_conference_on_enter=teaches,
            end_conference_on_exit=teaches,
            beep="true",
            max_participants=PLACES,
            wait_url=f"{self.url}/wait",
            status_callback=f"{self.url}/room",
            status_callback_event="start end join leave mute",
        )
        response.append(dial)
        return web.xml(response)

    async def left(self, request: Request) -> Response:
        told = await self.signed.form(request)
        response = VoiceResponse()
        if told["CallSid"][2:] not in self.pupils:
            response.say("The class is full")
        response.hangup()
        return web.xml(response)

    async def wait(self, request: Request) -> Response:
        await self.signed.form(request)
        response = VoiceResponse()
        response.say("The class has not begun")
        response.play(f"{self.url}/music.wav", loop=20)
        response.redirect(f"{self.url}/wait")
        return web.xml(response)

    async def room(self, request: Request) -> Response:
        told = await self.signed.form(request)
        self.room_sid = told["ConferenceSid"]
        label = told.get("ParticipantLabel", "")
        if told["StatusCallbackEvent"] == "participant-join" and label != "teacher":
            self.pupils.append(label)
        return web.nothing()

    # --- the teacher's desk -----------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each} for each in self.pupils])

    async def ask(self, request: Request) -> Response:
        """A pupil may speak."""
        await self._pupil(request).update_async(muted=False)
        return web.nothing()

    async def thank(self, request: Request) -> Response:
        """A pupil has asked."""
        await self._pupil(request).update_async(muted=True)
        return web.nothing()

    def _pupil(self, request: Request) -> Any:
        return self.client.conferences(self.room_sid).participants(request.path_params["pupil"])


def application(client: Client, *, url: str, number: str) -> Starlette:
    app = ModeratedClass(client, url=url)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/join", app.join, methods=["POST"]),
            Route("/left", app.left, methods=["POST"]),
            Route("/wait", app.wait, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/{pupil}/ask", app.ask, methods=["POST"]),
            Route("/desk/{pupil}/thank", app.thank, methods=["POST"]),
        ]
    )
