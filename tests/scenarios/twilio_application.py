"""A customer of Twilio in the lab: the vendor's own library for requests, and a web server that proves who calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from hubbub.lab.customer import CustomerAnswer, CustomerRequest
from hubbub.lab.lab import Lab

URL = "https://acme.example"
FROM = "+15550100"
SOUND = "/sound"
"""A file: whoever plays it does not sign."""
EVERYTHING = ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"]


class LabHttpClient(AsyncHttpClient):
    """Stands where the library's own HTTP client stands, and asks the lab's server."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.log, is_async=True)  # type: ignore[arg-type]  # it logs nothing here
        self._lab = lab

    async def request(  # type: ignore[override]  # as the library's own asynchronous client
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        allow_redirects: bool = False,
    ) -> Response:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        form = None if data is None or method == "GET" else data
        answer = await self._lab.client.request(
            method, path, params=params, form=form, headers=headers, auth=auth
        )
        return Response(answer.status, answer.text)


class Application:
    """Acme: its library client, and its web server, which checks the signature of every request.

    `on` gives the answer to requests for a path; a status callback is answered with nothing.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        who = lab.credentials["twilio"]
        self.client = Client(who["account_sid"], who["auth_token"], http_client=LabHttpClient(lab))
        self.told: list[dict[str, str]] = []
        """Every request so far, in order; `path` and `token` beside the parameters."""
        self._validator = RequestValidator(who["auth_token"])
        self._answers: dict[str, Callable[[dict[str, str]], Any]] = {}
        lab.customer(URL, self._answer)

    def on(self, path: str, answer: Callable[[dict[str, str]], Any]) -> None:
        self._answers[path] = answer

    def at(self, path: str) -> list[dict[str, str]]:
        """What was told at a path."""
        return [each for each in self.told if each["path"] == path]

    def events(self, path: str = "/room") -> list[str]:
        """The words of the conference events told there."""
        return [each["StatusCallbackEvent"] for each in self.at(path)]

    def _answer(self, request: CustomerRequest) -> Any:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        path = urlsplit(request.url).path
        if path != SOUND:
            signature = request.headers["x-twilio-signature"]
            assert self._validator.validate(request.url, form, signature), request.url
        said = {
            **request.params,
            "path": path,
            "token": request.headers.get("i-twilio-idempotency-token", ""),
        }
        self.told.append(said)
        answer = self._answers.get(path)
        return CustomerAnswer(status=204) if answer is None else answer(said)
