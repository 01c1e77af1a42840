"""A moderated class, as for Restcomm: a menu asks who one is, pupils wait with music and listen muted, one at a time asks.

The class begins when the teacher comes and is over when he leaves. A tone tells who comes and goes, and for one
too many the document goes on after its Dial; for the others its action is asked when they have left.
Restcomm Connect user guide, RCML: "Conference"; API guide: "Participants".
"""

from __future__ import annotations

from typing import Any

import httpx
from examples import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PLACES = 3
ROOM = "class"


class ModeratedClass:
    def __init__(self, hubbub: httpx.AsyncClient, *, url: str) -> None:
        self.hubbub, self.url = hubbub, url
        self.teacher = ""

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        return web.response(
            f'<Gather action="{self.url}/join" numDigits="1"><Say>One for pupils, two for teachers</Say></Gather>'
        )

    async def join(self, request: Request) -> Response:
        told = await web.form(request)
        teaches = told["Digits"] == "2"
        if teaches:
            self.teacher = told["CallSid"]
        yes, no = str(teaches).lower(), str(not teaches).lower()
        return web.response(
            f'<Dial action="{self.url}/left">',
            f'<Conference muted="{no}" startConferenceOnEnter="{yes}" endConferenceOnExit="{yes}" beep="true"',
            f' maxParticipants="{PLACES}" waitUrl="{self.url}/wait" waitMethod="POST">{ROOM}</Conference></Dial>',
            "<Say>The class is full</Say>",
        )

    async def left(self, request: Request) -> Response:
        return web.response("<Say>Good bye</Say>", "<Hangup/>")

    async def wait(self, request: Request) -> Response:
        return web.response(
            "<Say>The class has not begun</Say>",
            f'<Play loop="20">{self.url}/music.wav</Play>',
            f"<Redirect>{self.url}/wait</Redirect>",
        )

    # --- the teacher's desk -----------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        room = await self.room()
        inside = (await self.hubbub.get(f"/Conferences/{room}/Participants.json")).json()["calls"]
        return web.listing([{"id": each["sid"]} for each in inside if each["sid"] != self.teacher])

    async def ask(self, request: Request) -> Response:
        """A pupil may speak."""
        return await self.mute(request, "false")

    async def thank(self, request: Request) -> Response:
        """A pupil has asked."""
        return await self.mute(request, "true")

    # --- requests ---------------------------------------------------------------------------------------

    async def room(self) -> Any:
        """The SID of the room as it is now."""
        query = {"FriendlyName": ROOM, "Status": "RUNNING%"}
        [found] = (await self.hubbub.get("/Conferences.json", params=query)).json()["conferences"]
        return found["sid"]

    async def mute(self, request: Request, mute: str) -> Response:
        pupil = request.path_params["pupil"]
        path = f"/Conferences/{await self.room()}/Participants/{pupil}.json"
        (await self.hubbub.post(path, data={"Mute": mute})).raise_for_status()
        return web.nothing()


def application(hubbub: httpx.AsyncClient, *, url: str, number: str) -> Starlette:
    app = ModeratedClass(hubbub, url=url)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/join", app.join, methods=["POST"]),
            Route("/left", app.left, methods=["POST"]),
            Route("/wait", app.wait, methods=["POST"]),
            Route("/gone", lambda request: web.nothing(), methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/{pupil}/ask", app.ask, methods=["POST"]),
            Route("/desk/{pupil}/thank", app.thank, methods=["POST"]),
        ]
    )
