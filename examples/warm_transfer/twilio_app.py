"""A warm transfer, as for Twilio: the agent asks an expert while the customer hears music, then leaves the two together.

Whoever dials the number gets a room of his own, named by his call. What happens in it (`/room`) calls the agent in,
and brings the customer back when the expert cannot be had. The agent has two buttons: consult, and complete.
https://www.twilio.com/docs/voice/tutorials/warm-transfer
"""

from __future__ import annotations

from examples import web
from examples.twilio_requests import Signed
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, VoiceResponse

BUSY = "<Response><Say>Nobody is free. Please call again.</Say></Response>"


class Case:
    """One customer."""

    def __init__(self, call_sid: str) -> None:
        self.call_sid = call_sid
        self.room_sid = ""
        self.state = "waiting"


class WarmTransfer:
    def __init__(self, client: Client, *, url: str, number: str, agent: str, expert: str) -> None:
        self.client, self.url, self.number = client, url, number
        self.agent, self.expert = agent, expert
        self.signed = Signed(client.password, url)
        self.cases: dict[str, Case] = {}

    # --- asked by Hubbub --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        call_sid = (await self.signed.form(request))["CallSid"]
        self.cases[call_sid] = Case(call_sid)
        response, dial = VoiceResponse(), Dial()
        dial.conference(
            call_sid,
            participant_label="customer",
            start_conference_on_enter=False,
            end_conference_on_exit=True,
            beep=False,
            wait_url=f"{self.url}/wait",
            status_callback=f"{self.url}/room",
            status_callback_event="start end join leave",
        )
        response.append(dial)
        return web.xml(response)

    async def wait(self, request: Request) -> Response:
        await self.signed.form(request)
        response = VoiceResponse()
        response.play(f"{self.url}/music.wav")
        response.redirect(f"{self.url}/wait")
        return web.xml(response)

    async def room(self, request: Request) -> Response:
        told = await self.signed.form(request)
        case = self.cases[told["FriendlyName"]]
        case.room_sid = told["ConferenceSid"]
        match told["StatusCallbackEvent"], told.get("ParticipantLabel"):
            case "participant-join", "customer":
                await self.call_in(case, "agent", self.agent)
            case "participant-join", "agent":
                case.state = "talking"
            case "participant-leave", "customer":
                case.state = "over"
            case "participant-leave", "agent" if case.state in ("waiting", "talking", "consulting"):
                await self.client.calls(case.call_sid).update_async(twiml=BUSY)
            case "participant-leave", "expert" if case.state == "consulting":
                await self.bring_back(case)
            case "conference-end", _:
                del self.cases[case.call_sid]
        return web.nothing()

    # --- the agent's desk -------------------------------------------------------------------------------

    async def desk(self, request: Request) -> Response:
        return web.listing([{"id": each.call_sid, "state": each.state} for each in self.cases.values()])

    async def consult(self, request: Request) -> Response:
        case = self.cases[request.path_params["case"]]
        case.state = "consulting"
        customer = self.client.conferences(case.room_sid).participants("customer")
        await customer.update_async(hold=True, hold_url=f"{self.url}/wait", hold_method="POST")
        await self.call_in(case, "expert", self.expert)
        return web.nothing()

    async def complete(self, request: Request) -> Response:
        case = self.cases[request.path_params["case"]]
        case.state = "transferred"
        participants = self.client.conferences(case.room_sid).participants
        await participants("expert").update_async(end_conference_on_exit=True)
        await participants("customer").update_async(hold=False)
        await participants("agent").delete_async()
        return web.nothing()

    # --- what both do -----------------------------------------------------------------------------------

    async def call_in(self, case: Case, label: str, to: str) -> None:
        await self.client.conferences(case.call_sid).participants.create_async(
            from_=self.number, to=to, label=label, beep="false", early_media=False, timeout=20
        )

    async def bring_back(self, case: Case) -> None:
        case.state = "talking"
        await self.client.conferences(case.room_sid).participants("customer").update_async(hold=False)


def application(client: Client, *, url: str, number: str, agent: str, expert: str) -> Starlette:
    app = WarmTransfer(client, url=url, number=number, agent=agent, expert=expert)
    return Starlette(
        routes=[
            Route("/voice", app.voice, methods=["POST"]),
            Route("/wait", app.wait, methods=["POST"]),
            Route("/room", app.room, methods=["POST"]),
            Route("/music.wav", web.music),
            Route("/desk", app.desk),
            Route("/desk/{case}/consult", app.consult, methods=["POST"]),
            Route("/desk/{case}/complete", app.complete, methods=["POST"]),
        ]
    )
