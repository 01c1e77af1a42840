"""A moderated class, as for Bandwidth: a menu asks who one is, pupils wait with music and listen muted, one at a time asks.

Bandwidth's conferences have no moderator, no waiting music and no tones: pupils wait outside, the application lets them
in when the teacher is there (`/room`), and ends the conference when he leaves.
https://dev.bandwidth.com/docs/voice/guides/conferences
"""

from __future__ import annotations

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
        self.room_id = ""
        self.teacher = ""
        self.pupils: list[str] = []
        self.has_begun = False

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        return web.response(
            f'<Gather gatherUrl="{self.url}/join" maxDigits="1">',
            "<SpeakSentence>One for pupils, two for teachers</SpeakSentence>",
            "</Gather>",
        )

    async def join(self, request: Request) -> Response:
        told = await web.event(request)
        if told["digits"] == "2":
            self.teacher = told["callId"]
            return self.conference(mute=False)
        if len(self.pupils) + 1 >= PLACES:
            return web.response("<SpeakSentence>The class is full</SpeakSentence>", "<Hangup/>")
        self.pupils.append(told["callId"])
        return self.conference(mute=True) if self.has_begun else self.music()

    async def wait(self, request: Request) -> Response:
        return self.music()

    async def inside(self, request: Request) -> Response:
        return self.conference(mute=True)

    async def room(self, request: Request) -> Response:
        told = await web.event(request)
        self.room_id = told["conferenceId"]
        match told["eventType"], told.get("callId") == self.teacher:
            case "conferenceMemberJoin", True:
                self.has_begun = True
                for pupil in self.pupils:
                    await self.hubbub.post(f"/calls/{pupil}", json={"redirectUrl": f"{self.url}/inside"})
            case "conferenceMemberExit", True:
                await self.hubbub.post(f"/conferences/{self.room_id}", json={"status": "completed"})
        return web.nothing()

    async def gone(self, request: Request) -> Response:
        call_id = (await web.event(request))["callId"]
        if call_id in self.pupils:
            self.pupils.remove(call_id)
        return web.nothing()

    # --- the teacher's desk -----------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each} for each in self.pupils])

    async def ask(self, request: Request) -> Response:
        """A pupil may speak."""
        await self.mute(request.path_params["pupil"], mute=False)
        return web.nothing()

    async def thank(self, request: Request) -> Response:
        """A pupil has asked."""
        await self.mute(request.path_params["pupil"], mute=True)
        return web.nothing()

    # --- documents and requests -------------------------------------------------------------------------

    def conference(self, *, mute: bool) -> Response:
        muted = str(mute).lower()
        return web.response(
            f'<Conference mute="{muted}" conferenceEventUrl="{self.url}/room">{ROOM}</Conference>'
        )

    def music(self) -> Response:
        return web.response(
            f"<PlayAudio>{self.url}/music.wav</PlayAudio>", f'<Redirect redirectUrl="{self.url}/wait"/>'
        )

    async def mute(self, call_id: str, *, mute: bool) -> None:
        answer = await self.hubbub.put(f"/conferences/{self.room_id}/members/{call_id}", json={"mute": mute})
        answer.raise_for_status()


def application(hubbub: httpx.AsyncClient, *, url: str, number: str) -> Starlette:
    app = ModeratedClass(hubbub, url=url)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/join", app.join, methods=["POST"]),
            Route("/wait", app.wait, methods=["POST"]),
            Route("/inside", app.inside, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/gone", app.gone, methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/{pupil}/ask", app.ask, methods=["POST"]),
            Route("/desk/{pupil}/thank", app.thank, methods=["POST"]),
        ]
    )
