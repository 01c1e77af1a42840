"""Every application of examples/ on simulated time: a customer's own web server, and those who call it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from twilio.rest import Client

from example_stories import MUSIC_HZ, NUMBER, STORIES
from hubbub.lab.caller import Caller
from hubbub.lab.clips import BEEP_ENTER_HZ, BEEP_EXIT_HZ
from hubbub.lab.customer import CustomerAnswer, CustomerRequest
from hubbub.lab.lab import BASE_URL, Lab
from scenarios.twilio_application import LabHttpClient

URL = "https://acme.example"


class LabStage:
    """The lab as a stage."""

    def __init__(self, lab: Lab, dialect: str) -> None:
        self.lab = lab
        self.dialect = dialect
        self._web: httpx.AsyncClient

    async def phone(self, name: str, **settings: Any) -> Caller:
        return await self.lab.phone(name, **{"answers": True, **settings})

    async def carrier(self, phone: Caller) -> None:
        await self.lab.trunk("carrier", target=f"sip:{phone.host}:5060")

    async def serve(self, example: str, **people: str) -> None:
        module = importlib.import_module(f"examples.{example}.{self.dialect}_app")
        app: Starlette = module.application(self._client(), url=URL, number=NUMBER, **people)
        self._web = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL)
        self.lab.customer(URL, self._answer)
        gone = None if self.dialect == "twilio" else f"{URL}/gone"
        await self.lab.number(NUMBER, f"{URL}/voice", dialect=self.dialect, status_url=gone)

    def _client(self) -> Any:
        from examples.clients import account

        who = self.lab.credentials[self.dialect]
        if self.dialect == "twilio":
            return Client(who["account_sid"], who["auth_token"], http_client=LabHttpClient(self.lab))
        base_url, auth = account(self.dialect, BASE_URL, who)
        transport = httpx.ASGITransport(self.lab.server.shell)  # type: ignore[arg-type]  # as typed by uvicorn
        return httpx.AsyncClient(transport=transport, base_url=base_url, auth=auth)

    async def _answer(self, request: CustomerRequest) -> CustomerAnswer:
        answer = await self._web.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        assert answer.status_code < 300, (request.url, answer.text)
        return CustomerAnswer(answer.content, answer.status_code, answer.headers.get("content-type", ""))

    async def dials(self, phone: Caller) -> None:
        await phone.dial(NUMBER)

    async def hears(self, phone: Caller, *voices: Caller | int) -> None:
        for _ in range(24):
            await self.lab.run_for(0.25)
            if judgement := phone.hears(*voices):
                return
        assert judgement

    async def comes(self, what: Callable[[], object], within_s: float = 15.0) -> None:
        await self.lab.run_until(what, within_s)

    async def passes(self, seconds: float) -> None:
        await self.lab.run_for(seconds)

    async def cases(self) -> Any:
        return (await self._web.get("/desk")).json()

    async def push(self, button: str) -> None:
        answer = await self._web.post(f"/desk/{button}")
        assert answer.status_code == 204, answer.text

    async def kinds(self) -> list[str]:
        return await self.lab.event_kinds()


@pytest.mark.parametrize(
    ("story", "dialect"), [(name, dialect) for name, (_, said) in STORIES.items() for dialect in said]
)
async def test_a_customer_application_does_what_it_says(lab: Lab, story: str, dialect: str) -> None:
    await STORIES[story][0](LabStage(lab, dialect))


@pytest.mark.parametrize("dialect", ["twilio", "restcomm"])
async def test_a_tone_tells_the_class_who_comes_and_goes_and_one_too_many_is_told_so(
    lab: Lab, dialect: str
) -> None:
    stage = LabStage(lab, dialect)
    teacher, pat, kim, late = [await stage.phone(name) for name in ("teacher", "pat", "kim", "late")]
    await stage.serve("moderated_class")

    async def enters(phone: Caller, key: str) -> None:
        await stage.dials(phone)
        await stage.passes(0.5)
        phone.presses(key)

    def sounds(hz: int) -> bool:
        return hz in teacher.listens(last_s=0.4).audible()

    await enters(teacher, "2")
    await stage.hears(teacher, MUSIC_HZ) if dialect == "twilio" else await stage.passes(1.0)
    await enters(pat, "1")
    await stage.comes(lambda: sounds(BEEP_ENTER_HZ), 2.0)
    await stage.hears(teacher)
    await enters(kim, "1")
    await stage.comes(lambda: sounds(BEEP_ENTER_HZ), 2.0)
    await enters(late, "1")
    await stage.comes(lambda: not late.is_talking)
    assert "The class is full" in lab.clips.spoken
    kim.hangs_up()
    await stage.comes(lambda: sounds(BEEP_EXIT_HZ), 2.0)
    await stage.hears(pat, teacher)
