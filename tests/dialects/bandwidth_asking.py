"""How the Bandwidth tests ask: one line from a path to an answer."""

import json
from typing import Any, Final

from dialects.cast import ACME_NUMBER, basic
from hubbub.dialects.bandwidth import DIALECT
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse

BASE: Final = "http://hub.example:8080"
LOGIN: Final = basic("acme", "acme-password")
ROOMS: Final = f"/api/v2/accounts/{ACME_NUMBER}/conferences"


async def ask(
    desk: Desk,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> HttpResponse:
    """The answer to a request; with Acme's login unless `headers` are given."""
    path, _, query = path.partition("?")
    return await DIALECT.handle(
        HttpRequest(method, path, query, LOGIN if headers is None else headers, body, BASE), desk
    )


def read(response: HttpResponse) -> Any:
    assert response.content_type == "application/json"
    return json.loads(response.body)


def refusal(response: HttpResponse) -> tuple[int, str, str]:
    """Status, type and description, having checked that nothing else is in the body."""
    said = read(response)
    assert list(said) == ["type", "description", "id"]
    assert said["id"] is None
    return response.status, said["type"], said["description"]
