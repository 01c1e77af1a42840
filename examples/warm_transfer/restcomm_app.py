"""A warm transfer, as for Restcomm: the agent asks an expert while the customer hears music, then leaves them together.

Calls are moved between documents. The progress of the calls that were made (`/progress`) and the end of the customer's
(`/gone`) drive the application; the agent has two buttons: consult, and complete.
Restcomm Connect API guide: "Calls", "Modifying live calls"; RCML: "Conference".
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

    def __init__(self, call_sid: str) -> None:
        self.call_sid = call_sid
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
        call_sid = (await web.form(request))["CallSid"]
        case = self.cases[call_sid] = Case(call_sid)
        await self.call_in(case, "agent", self.agent)
        return self.music()

    async def wait(self, request: Request) -> Response:
        case = self.cases[(await web.form(request))["CallSid"]]
        return await self.busy(request) if case.state == "busy" else self.music()

    async def busy(self, request: Request) -> Response:
        return web.response("<Say>Nobody is free. Please call again.</Say>", "<Hangup/>")

    async def inside(self, request: Request) -> Response:
        """The customer comes, or comes back, into the room."""
        return self.join((await web.form(request))["CallSid"])

    async def answered(self, request: Request) -> Response:
        """Agent or expert has answered."""
        told = await web.form(request)
        case = self.cases[told["case"]]
        if told["CallSid"] == case.calls["agent"]:
            case.state = "talking"
            await self.change(case.call_sid, Url=f"{self.url}/inside")
        return self.join(case.call_sid)

    async def progress(self, request: Request) -> Response:
        told = await web.form(request)
        case = self.cases.get(told["case"])
        if case is None or told["CallStatus"] != "completed":  # which is said of every end
            return web.nothing()
        if told["CallSid"] == case.calls.get("agent") and case.state != "transferred":
            case.state = (
                "busy"  # the customer's call may be too young to be moved: then it hears so when it asks
            )
            await self.change(case.call_sid, Url=f"{self.url}/busy")
        elif told["CallSid"] == case.calls.get("expert") and case.state == "consulting":
            case.state = "talking"
            await self.change(case.call_sid, Url=f"{self.url}/inside")
        elif told["CallSid"] == case.calls.get("expert") and case.state == "transferred":
            await self.change(case.call_sid, Status="completed")
        return web.nothing()

    async def gone(self, request: Request) -> Response:
        told = await web.form(request)
        if told["CallStatus"] == "completed":
            for call_sid in self.cases.pop(told["CallSid"]).calls.values():
                await self.change(call_sid, Status="completed")
        return web.nothing()

    # --- the agent's desk -------------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each.call_sid, "state": each.state} for each in self.cases.values()])

    async def consult(self, request: Request) -> Response:
        case = self.cases[request.path_params["case"]]
        case.state = "consulting"
        await self.change(case.call_sid, Url=f"{self.url}/wait")
        await self.call_in(case, "expert", self.expert)
        return web.nothing()

    async def complete(self, request: Request) -> Response:
        case = self.cases[request.path_params["case"]]
        case.state = "transferred"
        await self.change(case.call_sid, Url=f"{self.url}/inside")
        await self.change(case.calls["agent"], Status="completed")
        return web.nothing()

    # --- documents and requests -------------------------------------------------------------------------

    def music(self) -> Response:
        return web.response(f"<Play>{self.url}/music.wav</Play>", f"<Redirect>{self.url}/wait</Redirect>")

    def join(self, room: str) -> Response:
        return web.response(f'<Dial><Conference beep="false" waitUrl="">{room}</Conference></Dial>')

    async def call_in(self, case: Case, role: str, to: str) -> None:
        call = {
            "From": self.number,
            "To": to,
            "Url": f"{self.url}/answered?case={case.call_sid}",
            "StatusCallback": f"{self.url}/progress?case={case.call_sid}",
            "Timeout": "20",
        }
        made = await self.hubbub.post("/Calls.json", data=call)
        case.calls[role] = made.raise_for_status().json()["sid"]

    async def change(self, call_sid: str, **what: str) -> None:
        """Change a call. One that is over already is answered by 410, and that is as well."""
        await self.hubbub.post(f"/Calls/{call_sid}.json", data=what)


def application(hubbub: httpx.AsyncClient, *, url: str, number: str, agent: str, expert: str) -> Starlette:
    app = WarmTransfer(hubbub, url=url, number=number, agent=agent, expert=expert)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/wait", app.wait, methods=["POST"]),
            Route("/busy", app.busy, methods=["POST"]),
            Route("/inside", app.inside, methods=["POST"]),
            Route("/answered", app.answered, methods=["POST"]),
            Route("/progress", app.progress, methods=["POST"]),
            Route("/gone", app.gone, methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/{case}/consult", app.consult, methods=["POST"]),
            Route("/desk/{case}/complete", app.complete, methods=["POST"]),
        ]
    )
