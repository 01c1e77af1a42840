"""A warm transfer, as for Bandwidth: the agent asks an expert while the customer hears music, then leaves them together.

Bandwidth's conferences have no music, so the customer's call is moved out of the room to hear it, and back. Who comes
into the room (`/room`) and whose call is over (`/gone`) drive the application; the agent has two buttons: consult, and
complete. https://dev.bandwidth.com/docs/voice/guides/conferences
"""

from __future__ import annotations

import httpx
from examples import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Case:
    """One customer."""

    def __init__(self, call_id: str, application_id: str) -> None:
        self.call_id = call_id
        self.application_id = application_id
        self.calls: dict[str, str] = {}
        """The calls of agent and expert."""
        self.state = "waiting"


class WarmTransfer:
    def __init__(self, hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str, expert: str) -> None:
        self.hubbub, self.url, self.number = hubbub, url, number
        self.agent, self.expert = agent, expert
        self.cases: dict[str, Case] = {}

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        told = await web.event(request)
        case = self.cases[told["callId"]] = Case(told["callId"], told["applicationId"])
        await self.call_in(case, "agent", self.agent)
        return self.music()

    async def wait(self, request: Request) -> Response:
        case = self.cases[(await web.event(request))["callId"]]
        return await self.busy(request) if case.state == "busy" else self.music()

    async def inside(self, request: Request) -> Response:
        """The customer comes, or comes back, into the room."""
        return self.join((await web.event(request))["callId"])

    async def answered(self, request: Request) -> Response:
        """Agent or expert has answered; his call's tag is the customer's call."""
        return self.join((await web.event(request))["tag"])

    async def busy(self, request: Request) -> Response:
        return web.response("<SpeakSentence>Nobody is free. Please call again.</SpeakSentence>", "<Hangup/>")

    async def room(self, request: Request) -> Response:
        told = await web.event(request)
        case = self.cases.get(told["name"])
        if case and told["eventType"] == "conferenceMemberJoin" and told["callId"] == case.calls["agent"]:
            case.state = "talking"
            await self.move(case.call_id, "/inside")
        return web.nothing()

    async def gone(self, request: Request) -> Response:
        told = await web.event(request)
        call_id = told["callId"]
        if call_id in self.cases:
            for other in self.cases.pop(call_id).calls.values():
                await self.end(other)
        elif case := self.cases.get(told.get("tag", "")):
            if call_id == case.calls["agent"] and case.state != "transferred":
                case.state = (
                    "busy"  # his call may be too young to be moved: then it hears so when it asks again
                )
                await self.move(case.call_id, "/busy")
            elif call_id == case.calls.get("expert") and case.state == "consulting":
                case.state = "talking"
                await self.move(case.call_id, "/inside")
            elif call_id == case.calls.get("expert") and case.state == "transferred":
                await self.end(case.call_id)
        return web.nothing()

    # --- the agent's desk -------------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each.call_id, "state": each.state} for each in self.cases.values()])

    async def consult(self, request: Request) -> Response:
        case = self.cases[request.path_params["case"]]
        case.state = "consulting"
        await self.move(case.call_id, "/wait")
        await self.call_in(case, "expert", self.expert)
        return web.nothing()

    async def complete(self, request: Request) -> Response:
        case = self.cases[request.path_params["case"]]
        case.state = "transferred"
        await self.move(case.call_id, "/inside")
        await self.end(case.calls["agent"])
        return web.nothing()

    # --- documents and requests -------------------------------------------------------------------------

    def music(self) -> Response:
        return web.response(
            f"<PlayAudio>{self.url}/music.wav</PlayAudio>", f'<Redirect redirectUrl="{self.url}/wait"/>'
        )

    def join(self, room: str) -> Response:
        return web.response(f'<Conference conferenceEventUrl="{self.url}/room">{room}</Conference>')

    async def call_in(self, case: Case, role: str, to: str) -> None:
        call = {
            "to": to,
            "from": self.number,
            "applicationId": case.application_id,
            "answerUrl": f"{self.url}/answered",
            "disconnectUrl": f"{self.url}/gone",
            "callTimeout": 20,
            "tag": case.call_id,
        }
        made = await self.hubbub.post("/calls", json=call)
        case.calls[role] = made.raise_for_status().json()["callId"]

    async def move(self, call_id: str, page: str) -> None:
        """Give a call another document. One that is over already is told so by 404 or 409, and that is as well."""
        await self.hubbub.post(f"/calls/{call_id}", json={"redirectUrl": self.url + page})

    async def end(self, call_id: str) -> None:
        await self.hubbub.post(f"/calls/{call_id}", json={"state": "completed"})


def application(hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str, expert: str) -> Starlette:
    app = WarmTransfer(hubbub, url=url, number=number, agent=agent, expert=expert)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/wait", app.wait, methods=["POST"]),
            Route("/inside", app.inside, methods=["POST"]),
            Route("/answered", app.answered, methods=["POST"]),
            Route("/busy", app.busy, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/gone", app.gone, methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/{case}/consult", app.consult, methods=["POST"]),
            Route("/desk/{case}/complete", app.complete, methods=["POST"]),
        ]
    )
