"""Call me back, as for Restcomm: who does not want to wait presses 1 and hangs up; a free agent calls him.

He waits with music in a room, into which the agent is called when he answers. What becomes of his call (`/progress`)
takes him from the list. Restcomm Connect API guide: "Making calls"; RCML: "Gather", "Conference".
"""

from __future__ import annotations

import httpx
from examples import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class CallBack:
    def __init__(self, hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str) -> None:
        self.hubbub, self.url, self.number, self.agent = hubbub, url, number, agent
        self.wanted: list[dict[str, str]] = []
        """Who is to be called, the first first: `number`, and `last` is what became of the last call to him."""

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        return web.response(
            f'<Gather action="{self.url}/asked" numDigits="1">',
            "<Say>Everybody is busy. Press one and we call you back</Say></Gather>",
        )

    async def asked(self, request: Request) -> Response:
        told = await web.form(request)
        if told["Digits"] != "1":
            return web.response("<Hangup/>")
        self.wanted.append({"number": told["From"], "last": ""})
        return web.response("<Say>We will call you</Say>", "<Hangup/>")

    async def answered(self, request: Request) -> Response:
        """The customer has answered: call the agent into his room, which is named by his call."""
        room = (await web.form(request))["CallSid"]
        await self.call(self.agent, f"/agent?room={room}")
        return web.response("<Say>You asked for a call</Say>", self.join(room, waits=True))

    async def agent_answered(self, request: Request) -> Response:
        return web.response(self.join((await web.form(request))["room"]))

    async def progress(self, request: Request) -> Response:
        told = await web.form(request)
        if told["CallStatus"] != "completed":
            return web.nothing()
        # That word means "over"; how it ended is said by the call itself.
        status = (await self.hubbub.get(f"/Calls/{told['CallSid']}.json")).json()["status"]
        for each in list(self.wanted):
            if each["number"] == told["To"]:
                each["last"] = status
                if status == "completed":
                    self.wanted.remove(each)
        return web.nothing()

    # --- the agent's desk -------------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each["number"], "last": each["last"]} for each in self.wanted])

    async def free(self, request: Request) -> Response:
        """The agent is free: call whoever waits longest."""
        if self.wanted:
            await self.call(
                self.wanted[0]["number"], "/answered", StatusCallback=f"{self.url}/progress", Timeout="10"
            )
        return web.nothing()

    # --- documents and requests -------------------------------------------------------------------------

    def join(self, room: str, *, waits: bool = False) -> str:
        """Only who does not start the conference hears music before it starts."""
        starts = f'startConferenceOnEnter="{str(not waits).lower()}" endConferenceOnExit="true"'
        music = f'waitUrl="{self.url}/music.wav" waitMethod="GET"'
        return f'<Dial><Conference beep="false" {starts} {music}>{room}</Conference></Dial>'

    async def call(self, to: str, page: str, **more: str) -> None:
        call = {"From": self.number, "To": to, "Url": self.url + page, **more}
        (await self.hubbub.post("/Calls.json", data=call)).raise_for_status()


def application(hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str) -> Starlette:
    app = CallBack(hubbub, url=url, number=number, agent=agent)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/asked", app.asked, methods=["POST"]),
            Route("/answered", app.answered, methods=["POST"]),
            Route("/agent", app.agent_answered, methods=["POST"]),
            Route("/progress", app.progress, methods=["POST"]),
            Route("/gone", lambda request: web.nothing(), methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/free", app.free, methods=["POST"]),
        ]
    )
