"""How the Twilio tests ask: one line from a path to an answer."""

import json
from typing import Any, Final

from dialects.cast import ACME, ACME_TOKEN, basic
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.twilio import DIALECT

BASE: Final = "http://hub.example:8080"
LOGIN: Final = basic("AC" + ACME, ACME_TOKEN)
A: Final = f"/2010-04-01/Accounts/AC{ACME}"
ROOMS: Final = f"{A}/Conferences"


async def ask(
    desk: Desk, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b""
) -> HttpResponse:
    """The answer to a request; with Acme's login unless `headers` are given."""
    path, _, query = path.partition("?")
    return await DIALECT.handle(
        HttpRequest(method, path, query, LOGIN if headers is None else headers, body, BASE), desk
    )


def read(response: HttpResponse) -> Any:
    assert response.status == 200, response.body
    assert response.content_type == "application/json"
    return json.loads(response.body)


async def sids(desk: Desk, path: str) -> list[str]:
    """The SIDs, or call SIDs, of a list."""
    page = read(await ask(desk, path))
    [rows] = [value for value in page.values() if isinstance(value, list)]
    return [row.get("sid") or row["call_sid"] for row in rows]


def refusal(response: HttpResponse) -> tuple[int, int | None, str]:
    """Status, code and message of a JSON refusal, having checked that it has Twilio's shape."""
    assert response.content_type == "application/json"
    said = json.loads(response.body)
    assert said["status"] == response.status
    assert set(said) <= {"code", "detail", "message", "more_info", "status"}
    if "code" in said:
        assert said["more_info"] == f"https://www.twilio.com/docs/errors/{said['code']}"
    return response.status, said.get("code"), said["message"]


async def post(desk: Desk, path: str, form: str = "", **more: Any) -> HttpResponse:
    """The answer to a form; `form` as it goes over the wire."""
    headers = {**LOGIN, "content-type": "application/x-www-form-urlencoded"}
    return await ask(desk, path, method="POST", headers=headers, body=form.encode(), **more)


def made(response: HttpResponse) -> Any:
    assert response.status == 201, response.body
    assert response.content_type == "application/json"
    return json.loads(response.body)
