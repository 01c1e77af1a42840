"""How the Restcomm tests ask: one line from a path to an answer."""

import json
from typing import Any, Final
from urllib.parse import urlencode

from dialects.cast import ACME, ACME_TOKEN, basic
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.restcomm import DIALECT

LOGIN: Final = basic("AC" + ACME, ACME_TOKEN)
ACCOUNT: Final = f"/restcomm/2012-04-24/Accounts/AC{ACME}"
ROOMS: Final = f"{ACCOUNT}/Conferences"
ROOMS_JSON: Final = f"{ROOMS}.json"


async def ask(
    desk: Desk,
    path: str,
    *,
    method: str = "GET",
    accept: str | None = None,
    headers: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    body: bytes = b"",
) -> HttpResponse:
    """The answer to a request; with Acme's login unless `headers` are given."""
    path, _, query = path.partition("?")
    sent = dict(LOGIN if headers is None else headers)
    if accept is not None:
        sent["accept"] = accept
    if form is not None:
        method, body = "POST", urlencode(form).encode()
        sent["content-type"] = "application/x-www-form-urlencoded"
    return await DIALECT.handle(HttpRequest(method, path, query, sent, body, "http://hub.example"), desk)


def read(response: HttpResponse) -> Any:
    assert (response.status, response.content_type) == (200, "application/json")
    return json.loads(response.body)


def is_explained(response: HttpResponse, status: int, words: bytes) -> bool:
    """Whether the answer is a status and a line of text with these words."""
    return (response.status, response.content_type) == (status, "text/plain") and words in response.body


def is_empty(response: HttpResponse, status: int) -> bool:
    """Whether the answer is a bare status: no body and so no content type."""
    return (response.status, response.body, response.content_type) == (status, b"", None)
