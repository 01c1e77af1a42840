"""Call me back, as for Bandwidth: who does not want to wait presses 1 and hangs up; a free agent calls him.

He hears music until the agent, who is called when he answers, is in the room. One who did not answer stays on the list.
https://dev.bandwidth.com/docs/voice/guides/callBack
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
        self.application_id = ""
        self.wanted: list[dict[str, str]] = []
        """Who is to be called, the first first: `number`, and `last` is what became of the last call to him."""

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        self.application_id = (await web.event(request))["applicationId"]
        return web.response(
            f'<Gather gatherUrl="{self.url}/asked" maxDigits="1">',
            "<SpeakSentence>Everybody is busy. Press one and we call you back</SpeakSentence>",
            "</Gather>",
        )

    async def asked(self, request: Request) -> Response:
        told = await web.event(request)
        if told["digits"] != "1":
            return web.response("<Hangup/>")
        self.wanted.append({"number": told["from"], "last": ""})
        return web.response("<SpeakSentence>We will call you</SpeakSentence>", "<Hangup/>")

    async def answered(self, request: Request) -> Response:
        """The customer has answered: call the agent, whose call's tag is the customer's call."""
        told = await web.event(request)
        await self.call(self.agent, "/agent", tag=told["callId"])
        return web.response("<SpeakSentence>You asked for a call</SpeakSentence>", self.music())

    async def wait(self, request: Request) -> Response:
        return web.response(self.music())

    async def agent_answered(self, request: Request) -> Response:
        return self.join((await web.event(request))["tag"])

    async def inside(self, request: Request) -> Response:
        return self.join((await web.event(request))["callId"])

    async def room(self, request: Request) -> Response:
        told = await web.event(request)
        customer = told["name"]
        match told["eventType"], told.get("callId") == customer:
            case "conferenceMemberJoin", False:
                await self.hubbub.post(f"/calls/{customer}", json={"redirectUrl": f"{self.url}/inside"})
            case "conferenceMemberExit", _:
                await self.hubbub.post(f"/conferences/{told['conferenceId']}", json={"status": "completed"})
        return web.nothing()

    async def gone(self, request: Request) -> Response:
        told = await web.event(request)
        for each in list(self.wanted):
            if told["direction"] == "outbound" and each["number"] == told["to"]:
                each["last"] = told["cause"]
                if told["cause"] == "hangup":
                    self.wanted.remove(each)
        return web.nothing()

    # --- the agent's desk -------------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each["number"], "last": each["last"]} for each in self.wanted])

    async def free(self, request: Request) -> Response:
        """The agent is free: call whoever waits longest."""
        if self.wanted:
            await self.call(self.wanted[0]["number"], "/answered")
        return web.nothing()

    # --- documents and requests -------------------------------------------------------------------------

    def music(self) -> str:
        return f'<PlayAudio>{self.url}/music.wav</PlayAudio><Redirect redirectUrl="{self.url}/wait"/>'

    def join(self, room: str) -> Response:
        return web.response(f'<Conference conferenceEventUrl="{self.url}/room">{room}</Conference>')

    async def call(self, to: str, page: str, **more: str) -> None:
        call = {
            "to": to,
            "from": self.number,
            "applicationId": self.application_id,
            "answerUrl": self.url + page,
            "disconnectUrl": f"{self.url}/gone",
            "callTimeout": 10,
            **more,
        }
        (await self.hubbub.post("/calls", json=call)).raise_for_status()


def application(hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str) -> Starlette:
    app = CallBack(hubbub, url=url, number=number, agent=agent)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/asked", app.asked, methods=["POST"]),
            Route("/answered", app.answered, methods=["POST"]),
            Route("/wait", app.wait, methods=["POST"]),
            Route("/agent", app.agent_answered, methods=["POST"]),
            Route("/inside", app.inside, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/gone", app.gone, methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/free", app.free, methods=["POST"]),
        ]
    )
