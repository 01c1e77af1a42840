"""A customer application as Bandwidth's documentation writes one, for the scenarios: webhooks in, requests out."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from hubbub.domain.ids import uuid_text
from hubbub.lab.customer import CustomerAnswer, CustomerRequest
from hubbub.lab.lab import Lab
from hubbub.lab.web import LabResponse

URL = "https://acme.example"
ACCOUNT = "/api/v2/accounts/{accountId}"
NUMBER = "+15550100"


class Application:
    """Acme's web server. Each webhook is answered by what `on` was given for its `eventType`; others by 204."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.events: list[dict[str, Any]] = []
        """Every webhook so far, in order; `path` holds where it came to."""
        self._answers: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.id = ""

    async def open(self) -> Application:
        """Serve the number that callers dial, and everything beneath the application's address."""
        self.lab.customer(URL, self._answer)
        number = await self.lab.number(NUMBER, f"{URL}/initiate", dialect="bandwidth")
        assert number.application_id is not None
        self.id = uuid_text(number.application_id)
        return self

    def on(self, event_type: str, answer: Callable[[dict[str, Any]], Any]) -> None:
        """Answer webhooks of this type; `answer` takes the event and gives BXML or None, at once or awaited."""
        self._answers[event_type] = answer

    def types(self) -> list[str]:
        return [event["eventType"] for event in self.events]

    def of_type(self, event_type: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["eventType"] == event_type]

    async def _answer(self, request: CustomerRequest) -> CustomerAnswer:
        event = json.loads(request.body)
        self.events.append(event | {"path": request.url.removeprefix(URL)})
        answer = self._answers.get(event["eventType"])
        said = None if answer is None else answer(event)
        if inspect.isawaitable(said):
            said = await said
        return CustomerAnswer(status=204) if said is None else CustomerAnswer(said)

    # --- requests ---------------------------------------------------------------------------------------

    async def get(self, path: str) -> Any:
        answer = await self.lab.get(ACCOUNT + path)
        assert answer.status == 200, answer.text
        return answer.json()

    async def post(self, path: str, **fields: Any) -> LabResponse:
        return await self._send("POST", path, json.dumps(fields), "application/json")

    async def put(self, path: str, **fields: Any) -> LabResponse:
        return await self._send("PUT", path, json.dumps(fields), "application/json")

    async def put_bxml(self, path: str, *verbs: str) -> LabResponse:
        return await self._send("PUT", f"{path}/bxml", bxml(*verbs), "application/xml")

    async def _send(self, method: str, path: str, text: str, content_type: str) -> LabResponse:
        answer = await self.lab.request(method, ACCOUNT + path, body=text.encode(), content_type=content_type)
        assert answer.status < 300, answer.text
        return answer

    async def room(self, name: str) -> dict[str, Any]:
        """The newest conference of this name, with its members."""
        rows = await self.get(f"/conferences?name={name}")
        room: dict[str, Any] = await self.get(f"/conferences/{rows[-1]['id']}")
        return room


def bxml(*verbs: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>'


def conference(name: str, **attributes: str) -> str:
    """A `<Conference>` verb."""
    text = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<Conference{text}>{name}</Conference>"
