"""A coached support call, as for Bandwidth: a supervisor whispers to the agent, steps in so that both hear her, and leaves.

https://dev.bandwidth.com/docs/voice/bxml/conference ("callIdsToCoach")
"""

from __future__ import annotations

import httpx
from examples import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Case:
    """One customer with his agent. A room's name is the customer's call."""

    def __init__(self, application_id: str) -> None:
        self.application_id = application_id
        self.room_id = ""
        self.calls: dict[str, str] = {}
        """The calls that were made, by role."""


class CoachedSupport:
    def __init__(
        self, hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str, supervisor: str
    ) -> None:
        self.hubbub, self.url, self.number = hubbub, url, number
        self.agent, self.supervisor = agent, supervisor
        self.cases: dict[str, Case] = {}

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        told = await web.event(request)
        name = told["callId"]
        self.cases[name] = Case(told["applicationId"])
        await self.call_in(name, "agent", self.agent)
        return self.join(name)

    async def answered(self, request: Request) -> Response:
        """Agent or supervisor has answered; the call's tag is the room's name."""
        told = await web.event(request)
        case = self.cases[told["tag"]]
        if told["callId"] == case.calls.get("supervisor"):
            return self.join(told["tag"], f' callIdsToCoach="{case.calls["agent"]}"')
        return self.join(told["tag"])

    async def room(self, request: Request) -> Response:
        told = await web.event(request)
        name = told["name"]
        if name in self.cases:
            self.cases[name].room_id = told["conferenceId"]
            # Where customer or agent leaves, nobody is left to speak to.
            if told["eventType"] == "conferenceMemberExit" and told["callId"] in (
                name,
                self.cases[name].calls["agent"],
            ):
                await self.hubbub.post(f"/conferences/{told['conferenceId']}", json={"status": "completed"})
                del self.cases[name]
        return web.nothing()

    async def gone(self, request: Request) -> Response:
        return web.nothing()

    # --- the supervisor's desk --------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": name} for name in self.cases])

    async def coach(self, request: Request) -> Response:
        """Call the supervisor in: she hears both, and only the agent hears her."""
        await self.call_in(request.path_params["case"], "supervisor", self.supervisor)
        return web.nothing()

    async def step_in(self, request: Request) -> Response:
        """Let the customer hear her too."""
        case = self.cases[request.path_params["case"]]
        member = f"/conferences/{case.room_id}/members/{case.calls['supervisor']}"
        (await self.hubbub.put(member, json={"callIdsToCoach": []})).raise_for_status()
        return web.nothing()

    async def step_out(self, request: Request) -> Response:
        case = self.cases[request.path_params["case"]]
        call = f"/calls/{case.calls['supervisor']}"
        (await self.hubbub.post(call, json={"state": "completed"})).raise_for_status()
        return web.nothing()

    # --- documents and requests -------------------------------------------------------------------------

    def join(self, room: str, more: str = "") -> Response:
        return web.response(f'<Conference conferenceEventUrl="{self.url}/room"{more}>{room}</Conference>')

    async def call_in(self, name: str, role: str, to: str) -> None:
        case = self.cases[name]
        call = {
            "to": to,
            "from": self.number,
            "applicationId": case.application_id,
            "answerUrl": f"{self.url}/answered",
            "disconnectUrl": f"{self.url}/gone",
            "tag": name,
        }
        made = await self.hubbub.post("/calls", json=call)
        case.calls[role] = made.raise_for_status().json()["callId"]


def application(
    hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str, supervisor: str
) -> Starlette:
    app = CoachedSupport(hubbub, url=url, number=number, agent=agent, supervisor=supervisor)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/answered", app.answered, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/gone", app.gone, methods=["POST"]),
            Route("/desk", app.desk),
            Route("/desk/{case}/coach", app.coach, methods=["POST"]),
            Route("/desk/{case}/step-in", app.step_in, methods=["POST"]),
            Route("/desk/{case}/step-out", app.step_out, methods=["POST"]),
        ]
    )
