"""A coached support call, as for Twilio: a supervisor whispers to the agent, steps in so that both hear her, and leaves.

https://www.twilio.com/docs/voice/api/conference-participant-resource ("Coaching", "CallSidToCoach")
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
from twilio.twiml.voice_response import Dial, VoiceResponse


class Case:
    """One customer with his agent."""

    def __init__(self) -> None:
        self.room_sid = ""
        self.calls: dict[str, str] = {}
        """The call of each who is there, by label."""


class CoachedSupport:
    def __init__(self, client: Client, *, url: str, number: str, agent: str, supervisor: str) -> None:
        self.client, self.url, self.number = client, url, number
        self.agent, self.supervisor = agent, supervisor
        self.signed = Signed(client.password, url)
        self.cases: dict[str, Case] = {}

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        call_sid = (await self.signed.form(request))["CallSid"]
        self.cases[call_sid] = Case()
        response, dial = VoiceResponse(), Dial()
        dial.conference(
            call_sid,
            participant_label="customer",
            end_conference_on_exit=True,
            beep=False,
            status_callback=f"{self.url}/room",
            status_callback_event="end join leave",
        )
        response.append(dial)
        return web.xml(response)

    async def room(self, request: Request) -> Response:
        told = await self.signed.form(request)
        name = told["FriendlyName"]
        case = self.cases[name]
        case.room_sid = told["ConferenceSid"]
        match told["StatusCallbackEvent"]:
            case "participant-join":
                case.calls[told["ParticipantLabel"]] = told["CallSid"]
                if told["ParticipantLabel"] == "customer":
                    await self._call_in(name, "agent", self.agent, end_conference_on_exit=True)
            case "participant-leave":
                case.calls.pop(told["ParticipantLabel"], None)
            case "conference-end":
                del self.cases[name]
        return web.nothing()

    # --- the supervisor's desk --------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": name, "here": sorted(case.calls)} for name, case in self.cases.items()])

    async def coach(self, request: Request) -> Response:
        """Call the supervisor in: she hears both, and only the agent hears her."""
        name = request.path_params["case"]
        agent = self.cases[name].calls["agent"]
        await self._call_in(name, "supervisor", self.supervisor, coaching=True, call_sid_to_coach=agent)
        return web.nothing()

    async def step_in(self, request: Request) -> Response:
        """Let the customer hear her too."""
        await self._supervisor(request).update_async(coaching=False)
        return web.nothing()

    async def step_out(self, request: Request) -> Response:
        await self._supervisor(request).delete_async()
        return web.nothing()

    def _supervisor(self, request: Request) -> Any:
        case = self.cases[request.path_params["case"]]
        return self.client.conferences(case.room_sid).participants("supervisor")

    async def _call_in(self, room: str, label: str, to: str, **more: object) -> None:
        await self.client.conferences(room).participants.create_async(
            from_=self.number, to=to, label=label, beep="false", early_media=False, **more
        )


def application(client: Client, *, url: str, number: str, agent: str, supervisor: str) -> Starlette:
    app = CoachedSupport(client, url=url, number=number, agent=agent, supervisor=supervisor)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/desk", app.desk),
            Route("/desk/{case}/coach", app.coach, methods=["POST"]),
            Route("/desk/{case}/step-in", app.step_in, methods=["POST"]),
            Route("/desk/{case}/step-out", app.step_out, methods=["POST"]),
        ]
    )
